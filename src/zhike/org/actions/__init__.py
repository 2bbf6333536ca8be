"""Writes of this room: people, departments, roles, sharing and lending, approvals."""

from zhike.org.actions.access import ask_access, decide_access, share_by_ids, share_record, unshare_record
from zhike.org.actions.approvals import (
    decide_approval,
    delegate_approval,
    open_of,
    recall_approval,
    remind_of_approvals,
    request_approval,
)
from zhike.org.actions.company import (
    change_department,
    change_role,
    copy_role,
    create_department,
    create_role,
    delete_department,
    delete_role,
    rename_company,
)
from zhike.org.actions.people import (
    change_person,
    create_person,
    end_sessions,
    leave_company,
    note_sign_in_failure,
    save_account,
    set_own_password,
    set_password,
    set_profile,
)

__all__ = [
    "ask_access",
    "change_department",
    "change_person",
    "change_role",
    "copy_role",
    "create_department",
    "create_person",
    "create_role",
    "decide_access",
    "decide_approval",
    "delegate_approval",
    "delete_department",
    "delete_role",
    "end_sessions",
    "leave_company",
    "note_sign_in_failure",
    "open_of",
    "recall_approval",
    "remind_of_approvals",
    "rename_company",
    "request_approval",
    "save_account",
    "set_own_password",
    "set_password",
    "set_profile",
    "share_by_ids",
    "share_record",
    "unshare_record",
]
