"""When this company works: the hours of a working day, by which answers and reminders are timed (SAL-1)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from zhike.kit.workdays import HOURS, Hours
from zhike.records import config
from zhike.records.config import Configuration

(_MORNING, _NOON), (_AFTER_NOON, _EVENING) = HOURS


class WorkingHours(Configuration):
    """The one row of it. Which days are worked the calendar says; the break may be left out."""

    ROW = 1

    begins = models.TimeField(_("work begins"), default=_MORNING)
    ends = models.TimeField(_("work ends"), default=_EVENING)
    break_begins = models.TimeField(_("break from"), null=True, blank=True, default=_NOON)
    break_ends = models.TimeField(_("break until"), null=True, blank=True, default=_AFTER_NOON)

    class Meta:
        verbose_name = _("working hours")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="working_hours_once"),
            models.CheckConstraint(
                condition=Q(ends__gt=F("begins")), name="working_hours_in_order",
                violation_error_message=_("Work ends after it begins, on the same day."),
            ),
            models.CheckConstraint(
                condition=Q(break_begins__isnull=True, break_ends__isnull=True)
                | Q(break_begins__isnull=False, break_ends__isnull=False, break_begins__gt=F("begins"))
                & Q(break_ends__gt=F("break_begins"), ends__gt=F("break_ends")),
                name="working_hours_break_within",
                violation_error_message=_("The break lies within working hours, with a beginning and an end."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return ", ".join(f"{begins:%H:%M}–{stops:%H:%M}" for begins, stops in self.spans())

    def spans(self) -> Hours:
        """The spans of a working day: before the break and after it."""
        if self.break_begins is None or self.break_ends is None:
            return ((self.begins, self.ends),)
        return ((self.begins, self.break_begins), (self.break_ends, self.ends))


@config.cached
def working_hours() -> WorkingHours:
    """The hours of this company; the shipped ones until somebody changes them."""
    return WorkingHours.objects.first() or WorkingHours(pk=WorkingHours.ROW)


def working_spans() -> Hours:
    """The same as spans, for whoever counts working minutes."""
    return working_hours().spans()
