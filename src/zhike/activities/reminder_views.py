"""Pages of reminders: one's own, and the rules behind them (ACT-6)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import actions, clocks, reminding
from zhike.activities.actions.reminders import CHANGE
from zhike.activities.forms import RuleForm
from zhike.activities.models import Reminder, ReminderRule
from zhike.kit import dates, htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.filters import Filter
from zhike.records.prepared import prepared, prepared_count

MOST = 200
ON_HOME = 5


def reminders_of(viewer: Viewer):
    """One's own open reminders, newest first."""
    return Reminder.objects.filter(person_id=viewer.person_id, status=Reminder.Status.OPEN).order_by("-id")


@prepared_count
def open_count(viewer: Viewer) -> QuerySet[Reminder]:
    """How many reminders wait for one, for the navigation."""
    return reminders_of(viewer)[:100]


@require_safe
def reminder_list(request: HttpRequest) -> HttpResponse:
    """What one was reminded of and has not seen to; `?rule=` shows those of one rule."""
    rows = reminders_of(request.viewer).select_related("rule")
    if pk := key_of(rule := request.GET.get("rule", "")):
        rows = rows.filter(rule_id=pk)
    return htmx.part(request, "activities/reminder_list.html#items", {"reminders": list(rows[:MOST]), "rule": rule})


@require_POST
def reminder_put_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Be reminded of it again later."""
    actions.put_off(_own(request, pk), by=request.viewer, until=request.POST.get("until", ""))
    return htmx.redirect(request, _back(request), _("You will be reminded again."))


@require_POST
def reminder_done(request: HttpRequest, pk: int) -> HttpResponse:
    """It is seen to."""
    actions.finish(_own(request, pk), by=request.viewer)
    return htmx.redirect(request, _back(request), _("Done."))


def _own(request: HttpRequest, pk: int) -> Reminder:
    found = Reminder.objects.filter(pk=pk, person_id=request.viewer.person_id).first()
    if found is None:
        raise NotVisible
    return found


def _back(request: HttpRequest) -> str:
    return reverse("activities:home") if request.POST.get("back") == "home" else reverse("activities:reminder_list")


@prepared
def _latest(viewer: Viewer) -> QuerySet[Reminder]:
    return reminders_of(viewer)[: ON_HOME + 1]


def home_card(viewer: Viewer) -> SafeString:
    """The card of the workbench: worth noting."""
    found = _latest(viewer)
    context = {"reminders": found[:ON_HOME], "more": len(found) > ON_HOME}
    return render_to_string("activities/parts/worth_noting.html", context)


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """Settings: the rules, what each is about and how its last pass went."""
    require(request.viewer, CHANGE)
    rows = [_said(rule, request.viewer) for rule in ReminderRule.objects.all() if kinds.find(rule.kind)]
    return htmx.part(request, "activities/rule_list.html", {"rules": rows})


def _said(rule: ReminderRule, viewer: Viewer) -> dict[str, Any]:
    kind, clock = kinds.get(rule.kind), clocks.find(rule)
    words = dict(RuleForm.recipient_choices())
    return {
        "rule": rule, "kind": kind, "clock": clock.label if clock else "", "unit": clock.unit if clock else "",
        "condition": Filter.from_json(kind, rule.filter).words(viewer),
        "recipients": [words.get(word, word) for word in rule.recipients],
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a rule or change one; a rule under `?kind=` is about that kind."""
    require(request.viewer, CHANGE)
    rule = _rule(pk) if pk else ReminderRule(kind=_kind_asked(request), order=1000)
    form = RuleForm(request.POST or None, rule=rule, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.save_rule, rule, by=request.viewer):
        return htmx.redirect(request, reverse("activities:rule_list"), _("Saved."))
    due = reminding.due_count(rule, dates.now()) if rule.pk else None
    context = {"form": form, "rule": rule, "due": due, "title": rule.name or _("New reminder rule"),
               "kinds": kinds.heard_of()}  # fmt: skip
    return htmx.part(request, "activities/rule_form.html#dialog", context, status=422 if form.errors else 200)


def _kind_asked(request: HttpRequest) -> str:
    kind = kinds.find(request.GET.get("kind", "customers"))
    if kind is None or kind.is_log:
        raise NotVisible
    return kind.label


@require_POST
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule somebody made."""
    require(request.viewer, CHANGE)
    actions.delete_rule(_rule(pk), by=request.viewer)
    return htmx.redirect(request, reverse("activities:rule_list"), _("Deleted."))


def _rule(pk: int) -> ReminderRule:
    found = ReminderRule.objects.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found
