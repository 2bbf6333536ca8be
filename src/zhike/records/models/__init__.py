"""Tables any record uses: audit, custom fields, files, tags, saved views, jobs, outbox, inbox.

A record is named by its kind ("customers.customer") and its id; no generic foreign key is followed by accident.
"""

from zhike.records.models.attached import StoredFile, Tag, Tagging
from zhike.records.models.audit import Audited, AuditEntry, OwnedRecord, Record, person_key
from zhike.records.models.setting_up import CustomField, PicklistOption, SavedView
from zhike.records.models.work import ImportBatch, InboxItem, Job, NumberSequence, OutboxEvent

__all__ = [
    "AuditEntry",
    "Audited",
    "CustomField",
    "ImportBatch",
    "InboxItem",
    "Job",
    "NumberSequence",
    "OutboxEvent",
    "OwnedRecord",
    "PicklistOption",
    "Record",
    "SavedView",
    "StoredFile",
    "Tag",
    "Tagging",
    "person_key",
]
