"""Follow-ups and reminders (ACT-1, ACT-2, ACT-6)."""

from zhike.activities.models.followups import Activity, ActivityComment
from zhike.activities.models.reminders import Reminder, ReminderRule

__all__ = ["Activity", "ActivityComment", "Reminder", "ReminderRule"]
