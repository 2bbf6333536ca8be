"""Follow-ups, tasks and reminders (ACT-1…4, ACT-6)."""

from zhike.activities.models.calendars import CalendarFeed, ReminderLead
from zhike.activities.models.followups import Activity, ActivityComment, ActivityTemplate, FeedMark, headings_of_kinds
from zhike.activities.models.reminders import Reminder, ReminderRule
from zhike.activities.models.reports import ReportCall, ReportComment, ReportRead, ReportRules, WorkReport
from zhike.activities.models.tasks import Task, TaskParticipant

__all__ = [
    "Activity",
    "ActivityComment",
    "ActivityTemplate",
    "CalendarFeed",
    "FeedMark",
    "Reminder",
    "ReminderLead",
    "ReminderRule",
    "ReportCall",
    "ReportComment",
    "ReportRead",
    "ReportRules",
    "Task",
    "TaskParticipant",
    "WorkReport",
    "headings_of_kinds",
]
