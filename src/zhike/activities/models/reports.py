"""Work reports: what somebody did in a day or a week, written from the log, and who has read it (ACT-4)."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhike.kit.scope import Scope, ScopedModel, through
from zhike.kit.workdays import next_workday
from zhike.records import config
from zhike.records.config import Configuration
from zhike.records.models import OwnedRecord, person_key

# Lets those whose scope is the whole company read everybody's reports; others read along the line only.
OVERSEE = "activities.workreport.oversee"


class AlongTheLine(Scope):
    """The author's, and read by everybody above them: who sees all customers does not thereby see all reports."""

    def arms(self, viewer, model):
        if viewer.people is None and (viewer.person_id is None or viewer.can(OVERSEE)):
            return [Q()]
        return [Q(author_id__in=sorted({viewer.person_id, *viewer.subordinates}))]

    def allows_change(self, viewer, record):
        return record.author_id == viewer.person_id


class WorkReport(OwnedRecord):
    """A daily or weekly report. It is written by its author alone; what was read is not rewritten."""

    class Rhythm(models.TextChoices):
        DAY = "day", pgettext_lazy("work report", "Daily report")
        WEEK = "week", pgettext_lazy("work report", "Weekly report")

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("work report", "Draft")
        SUBMITTED = "submitted", pgettext_lazy("work report", "Submitted")

    name = models.CharField(pgettext_lazy("work report", "report"), max_length=80, editable=False)
    rhythm = models.CharField(
        pgettext_lazy("work report", "kind"), max_length=4, choices=Rhythm.choices, default=Rhythm.DAY
    )
    first_on = models.DateField(pgettext_lazy("work report", "from"))
    last_on = models.DateField(pgettext_lazy("work report", "until"), editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, editable=False,
        verbose_name=_("author"),
    )  # fmt: skip
    status = models.CharField(
        pgettext_lazy("work report", "state"), max_length=10, choices=Status.choices, default=Status.DRAFT,
        editable=False,
    )  # fmt: skip
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True, editable=False)
    is_late = models.BooleanField(_("handed in late"), default=False, editable=False)
    done = models.TextField(_("what was done"), blank=True, max_length=10_000)
    plan = models.TextField(_("what comes next"), blank=True, max_length=10_000)
    trouble = models.TextField(_("problems, and help needed"), blank=True, max_length=10_000)

    scope = AlongTheLine()

    class Meta:
        verbose_name = _("work report")
        verbose_name_plural = _("work reports")
        constraints = [
            models.UniqueConstraint(
                fields=["author", "rhythm", "first_on"], name="work_report_once",
                violation_error_message=_("There is a report of these days already."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft", submitted_at__isnull=True)
                | Q(status="submitted", submitted_at__isnull=False),
                name="work_report_submitted_when",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["author", "-first_on", "-id"], name="work_reports_of_author"),
            models.Index(fields=["-first_on", "-id"], name="work_reports_by_day"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("activities:report_page", args=[self.pk])

    @property
    def is_submitted(self) -> bool:
        """Whether those above may count on it."""
        return self.status == self.Status.SUBMITTED


class ReportRead(ScopedModel):
    """Somebody other than its author has read a report."""

    report = models.ForeignKey(WorkReport, models.CASCADE, related_name="reads")
    person = person_key()
    read_at = models.DateTimeField(auto_now_add=True)

    scope = through("report")

    class Meta:
        verbose_name = _("reading of a report")
        verbose_name_plural = _("readings of reports")
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="report_read_once")]

    def __str__(self):
        return f"{self.person_id} read {self.report_id}"


class ReportComment(ScopedModel):
    """A word to a report."""

    report = models.ForeignKey(WorkReport, models.CASCADE, related_name="comments")
    author = person_key()
    text = models.TextField(_("comment"))
    created_at = models.DateTimeField(auto_now_add=True)

    scope = through("report")

    class Meta:
        verbose_name = _("comment on a report")
        verbose_name_plural = _("comments on reports")
        ordering = ["id"]

    def __str__(self):
        return self.text[:60]


class ReportCall(models.Model):
    """Somebody was told, once, that their report of a day or week is missing."""

    person = person_key()
    rhythm = models.CharField(max_length=4)
    first_on = models.DateField()

    class Meta:
        verbose_name = _("reminder of a report")
        verbose_name_plural = _("reminders of reports")
        constraints = [models.UniqueConstraint(fields=["person", "rhythm", "first_on"], name="report_called_once")]

    def __str__(self):
        return f"{self.person_id} {self.rhythm} {self.first_on}"


class ReportRules(Configuration):
    """The one row of settings: which reports are asked for, of whom, and until when."""

    wants_daily = models.BooleanField(_("a daily report is asked for"), default=True)
    daily_until = models.TimeField(_("until, on the same day"), default=time(20, 0))
    wants_weekly = models.BooleanField(_("a weekly report is asked for"), default=True)
    weekly_until = models.TimeField(_("until, on the first working day after"), default=time(10, 0))
    roles = models.JSONField(_("of people with the roles"), default=list)

    class Meta:
        verbose_name = _("rules of work reports")
        verbose_name_plural = _("rules of work reports")

    def __str__(self):
        return str(_("rules of work reports"))

    def wants(self, rhythm: str) -> bool:
        """Whether this kind of report is asked for at all."""
        return self.wants_daily if rhythm == WorkReport.Rhythm.DAY else self.wants_weekly

    def deadline(self, rhythm: str, last_on: date) -> datetime:
        """Until when a report that ends on this day is on time."""
        zone = timezone.get_default_timezone()
        if rhythm == WorkReport.Rhythm.DAY:
            return datetime.combine(last_on, self.daily_until, zone)
        return datetime.combine(next_workday(last_on), self.weekly_until, zone)


@config.cached
def report_rules() -> ReportRules:
    """The settings in force; the shipped ones until somebody changes them."""
    return ReportRules.objects.first() or ReportRules(roles=["sales"])


DAY, WEEK = WorkReport.Rhythm.DAY, WorkReport.Rhythm.WEEK


def span(rhythm: str, day: date) -> tuple[date, date]:
    """The first and last day of the report of this day: the day itself, or its week from Monday to Sunday."""
    if rhythm == DAY:
        return day, day
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def title_of(rhythm: str, first: date, last: date) -> str:
    """What a report is called."""
    if rhythm == DAY:
        return gettext("Daily report %(day)s") % {"day": first.isoformat()}
    return gettext("Weekly report %(first)s – %(last)s") % {"first": first.isoformat(), "last": f"{last:%m-%d}"}
