"""Forms of work reports: writing one, and the settings (ACT-4)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.activities.kinds import WORK_REPORT
from zhike.activities.models import WorkReport
from zhike.activities.models.reports import report_rules
from zhike.kit.forms import ActionForm, ClockInput
from zhike.kit.viewer import Viewer
from zhike.org.models import Role
from zhike.records.forms import RecordForm


class ReportForm(RecordForm):
    """A report of given days; they are not asked for."""

    def __init__(self, data=None, *, viewer: Viewer, record: WorkReport | None, initial: dict[str, Any]):
        names = ["done", "plan", "trouble"] if record else ["rhythm", "first_on", "done", "plan", "trouble"]
        super().__init__(data, kind=WORK_REPORT, viewer=viewer, record=record, only=names, initial=initial)
        for name, rows in (("done", 10), ("plan", 6), ("trouble", 3)):
            self.fields[name].widget.attrs["rows"] = rows
        for name in ("rhythm", "first_on"):
            if name in self.fields:
                self.fields[name].widget = forms.HiddenInput()


class ReportRulesForm(ActionForm):
    """Which reports are asked for, of whom, until when."""

    wants_daily = forms.BooleanField(label=_("a daily report is asked for"), required=False)
    daily_until = forms.TimeField(label=_("until, on the same day"), widget=ClockInput())
    wants_weekly = forms.BooleanField(label=_("a weekly report is asked for"), required=False)
    weekly_until = forms.TimeField(label=_("until, on the first working day after"), widget=ClockInput())
    roles = forms.MultipleChoiceField(
        label=_("of people with the roles"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data=None):
        rules = report_rules()
        names = ("wants_daily", "daily_until", "wants_weekly", "weekly_until", "roles")
        super().__init__(data, initial={name: getattr(rules, name) for name in names})
        for name in ("daily_until", "weekly_until"):
            self.initial[name] = f"{self.initial[name]:%H:%M}"
            self.fields[name].widget.attrs["class"] = "inp"
        self.fields["roles"].choices = [(role.key, role.name) for role in Role.objects.all()]
