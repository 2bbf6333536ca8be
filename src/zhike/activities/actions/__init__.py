"""Writes of this room: follow-ups and comments, tasks, reminders."""

from zhike.activities.actions.appointments import (
    answer_invitation,
    arrange,
    choose_leads,
    move_task,
    note_reading,
    renew_feed,
    revoke_feed,
)
from zhike.activities.actions.followups import (
    activity_saved,
    comment_on,
    move_activities,
    move_with_lead,
    prepare_activity,
)
from zhike.activities.actions.reminders import delete_rule, finish, put_off, save_rule
from zhike.activities.actions.tasks import (
    accept_task,
    cancel_task,
    complete_task,
    decline_task,
    move_tasks,
    prepare_task,
    remind_of_tasks,
    reopen_task,
    set_participants,
    task_saved,
)

__all__ = [
    "accept_task",
    "activity_saved",
    "answer_invitation",
    "arrange",
    "cancel_task",
    "choose_leads",
    "comment_on",
    "complete_task",
    "decline_task",
    "delete_rule",
    "finish",
    "move_activities",
    "move_task",
    "move_tasks",
    "move_with_lead",
    "note_reading",
    "prepare_activity",
    "prepare_task",
    "put_off",
    "remind_of_tasks",
    "renew_feed",
    "reopen_task",
    "revoke_feed",
    "save_rule",
    "set_participants",
    "task_saved",
]
