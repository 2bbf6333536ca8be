"""The response clock of a lead: how many working minutes it waits, or waited, for its first answer (SAL-1)."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.workdays import minutes_of, working_hours, working_minutes
from zhike.records.fields import EMPTY, Field
from zhike.sales.models import Lead

AMBER, RED = 15, 30  # working minutes
LEAD_TONES = {"new": "info", "working": "warn", "qualified": "vio", "unqualified": "mute", "converted": "ok"}


class WaitField(Field):
    """Waiting for an answer, amber and then red; once answered, how long it took."""

    type = "wait"
    numeric = True
    empty = None

    def bind(self, kind):
        self.kind, self.required = kind, False  # no column of its own
        return self

    @property
    def paths(self):
        return ("created_at", "responded_at", "response_minutes", "status")

    def values_of(self, record):
        return tuple(getattr(record, path) for path in self.paths)

    def read(self, record):
        return record.waited()

    def cell(self, values):
        return response_badge(*values)

    def export(self, values):
        return _waited(*values)

    def api(self, values):
        return _waited(*values)

    def text(self, value):
        return "" if value is None else in_words(value)


def _waited(created_at: Any, responded_at: Any, minutes: int | None, status: str) -> int | None:
    if responded_at:
        return working_minutes(created_at, responded_at) if minutes is None else minutes
    return working_minutes(created_at, dates.now()) if status in Lead.OPEN else None


def response_badge(created_at: Any, responded_at: Any, minutes: int | None, status: str) -> SafeString:
    """How long a lead waits, amber past a quarter of an hour and red past half an hour; how long its answer took."""
    waited = _waited(created_at, responded_at, minutes, status)
    if waited is None:
        return EMPTY
    if responded_at:
        return fmt.badge(_("took %(time)s") % {"time": in_words(waited)}, "mute" if waited <= RED else "warn")
    tone = "bad" if waited > RED else "warn" if waited > AMBER else "info"
    return fmt.badge(_("waiting %(time)s") % {"time": in_words(waited)}, tone, "clock")


def in_words(minutes: int) -> str:
    """Working minutes as minutes, hours or working days."""
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    a_day = minutes_of(working_hours())
    if minutes < a_day:
        return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
    days = minutes // a_day
    return ngettext("%(n)s working day", "%(n)s working days", days) % {"n": days}
