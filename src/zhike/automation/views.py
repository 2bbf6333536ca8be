"""Settings: what the system does by itself: rules, conditions, steps, a rehearsal, and what was done (ACT-6)."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.activities import clocks
from zhike.automation import actions, engine, steps
from zhike.automation.actions import CHANGE
from zhike.automation.forms import RuleForm, TryForm
from zhike.automation.models import AutomationRule, AutomationRun
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import LARGEST_KEY
from zhike.org.viewers import the_system
from zhike.records import conditions, events, kinds
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind

RUNS_ON_PAGE = 50
TO_TRY_ON = 50
log = logging.getLogger(__name__)


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """The rules in words, with how their last run went."""
    require(request.viewer, CHANGE)
    rules = [rule for rule in AutomationRule.objects.all() if kinds.find(rule.kind)]
    last = _last_runs()
    rows = [{"rule": rule, "run": last.get(rule.pk), **_said(request, rule)} for rule in rules]
    return htmx.part(request, "automation/rule_list.html", {"rules": rows})


def _last_runs() -> dict[int, AutomationRun]:
    newest = AutomationRun.objects.raw(
        "SELECT * FROM automation_automationrun WHERE id IN"
        " (SELECT max(id) FROM automation_automationrun GROUP BY rule_id)"
    )
    return {run.rule_id: run for run in newest}


def _said(request: HttpRequest, rule: AutomationRule) -> dict[str, Any]:
    """A rule in words: when, if, then."""
    kind = engine.kind_of(rule)
    then = [{"step": steps.find(kept["do"]), "words": _step_in_words(kind, kept)} for kept in rule.steps]
    return {"kind": kind, "when": _when(rule, kind), "then": then,
            "condition": Filter.from_json(kind, rule.filter).words(request.viewer) if rule.filter else ""}  # fmt: skip


def _step_in_words(kind: RecordKind, kept: dict[str, Any]) -> str:
    if (step := steps.find(kept["do"])) is None:
        return _("a step that is gone")
    try:
        return step.words(kind, kept["with"])
    except (LookupError, TypeError, ValueError):  # kept by other code than this
        return _("a step that makes no sense any more")


def _when(rule: AutomationRule, kind: RecordKind) -> str:
    if not rule.clock:
        said = str(events.names_of(kind).get(rule.trigger, rule.trigger))
        return _("%(what)s: %(field)s") % {"what": said, "field": kind.field(rule.field).label} if rule.field else said
    clock = clocks.of(kind).get(rule.clock)
    words = {"clock": clock.label if clock else rule.clock, "n": abs(rule.offset)}
    if not rule.offset:
        return str(words["clock"])
    if clock and clock.unit == "minutes":
        return _("%(clock)s, %(n)s working minutes") % words
    return (_("%(n)s days after: %(clock)s") if rule.offset > 0 else _("%(n)s days before: %(clock)s")) % words


@require_safe
def rule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One rule: when, if, then, and what it did."""
    require(request.viewer, CHANGE)
    rule = _rule(pk)
    runs = list(rule.runs.order_by("-id")[:RUNS_ON_PAGE])
    kind = engine.kind_of(rule)
    addresses = _addresses(kind, runs)
    for run in runs:
        run.url = addresses.get(run.object_id, "")
    context = {"rule": rule, "runs": runs, "offered": steps.offered_for(kind),
               "query": conditions.query_of(kind, rule.filter), **_said(request, rule)}  # fmt: skip
    return htmx.part(request, "automation/rule_page.html", context)


def _addresses(kind: RecordKind, runs: list[AutomationRun]) -> dict[int, str]:
    """Where the records of runs open, for those still there."""
    if not hasattr(kind.model, "get_absolute_url"):
        return {}
    rows = kind.rows(the_system(), few=True).filter(pk__in={run.object_id for run in runs})
    return {record.pk: record.get_absolute_url() for record in rows}


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a rule about `?kind=`, or change when one acts."""
    require(request.viewer, CHANGE)
    rule = _rule(pk) if pk else AutomationRule(order=1000)
    kind = engine.kind_of(rule) if pk else kinds.find(request.GET.get("kind", "opportunities"))
    if kind is None or kind.is_log:
        raise NotVisible
    form = RuleForm(request.POST or None, rule=rule, kind=kind, chosen=request.GET)
    if request.method == "POST" and form.run(actions.save_rule, rule, by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Saved."))
    here = request.path if pk else f"{request.path}?kind={kind.slug}"
    context = {"form": form, "here": here, "rule": rule, "kind": kind, "kinds": kinds.heard_of(),
               "title": rule.name or _("New rule")}  # fmt: skip
    return htmx.part(request, "automation/rule_form.html#dialog", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def rule_conditions(request: HttpRequest, pk: int) -> HttpResponse:
    """Which records a rule is about: conditions as in their list, kept in the address until they are saved."""
    require(request.viewer, CHANGE)
    rule = _rule(pk)
    kind = engine.kind_of(rule)
    if request.method == "POST":
        actions.set_conditions(rule, by=request.viewer, flt=Filter.from_query(kind, request.GET))
        return htmx.redirect(request, rule.get_absolute_url(), _("Saved."))
    context = {"rule": rule, "back": rule.get_absolute_url(), **conditions.context_of(request, kind, rule.filter)}
    return htmx.part(request, "automation/rule_conditions.html", context)


@require_http_methods(["GET", "POST"])
def step_edit(request: HttpRequest, pk: int, do: str, place: int | None = None) -> HttpResponse:
    """Add a step, or change the one at a place."""
    require(request.viewer, CHANGE)
    rule = _rule(pk)
    kind, step = engine.kind_of(rule), steps.find(do)
    known = place is None or (place < len(rule.steps) and rule.steps[place]["do"] == do)
    if step is None or not known or not step.offered(kind):
        raise NotVisible
    start = rule.steps[place]["with"] if place is not None else {}
    if "field" in request.GET:  # another field was chosen: its control is shown
        start = {**start, "field": request.GET["field"], "value": ""}
    form = step.form(request.POST or None, kind=kind, start=start)
    if request.method == "POST" and form.run(actions.save_step, rule, by=request.viewer, do=do, place=place):
        return htmx.redirect(request, rule.get_absolute_url(), _("Saved."))
    context = {"form": form, "rule": rule, "kind": kind, "step": step, "title": step.label}
    return htmx.part(request, "automation/step_form.html#dialog", context, status=422 if form.errors else 200)


@require_POST
def step_delete(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Take a step away."""
    rule = actions.remove_step(_rule(pk), by=request.viewer, place=place)
    return htmx.redirect(request, rule.get_absolute_url(), _("Deleted."))


@require_POST
def step_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the steps into another order."""
    order = [int(n) for n in request.POST.get("order", "").split(",") if n.isdecimal() and len(n) < 4]
    actions.order_steps(_rule(pk), by=request.viewer, order=order)
    return htmx.redirect(request, reverse("automation:rule_page", args=[pk]), _("Saved."))


@require_POST
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a rule, or let it rest."""
    rule = actions.switch_rule(_rule(pk), by=request.viewer, on=request.POST.get("on") == "1")
    said = _("The rule is in use.") if rule.is_active else _("The rule rests.")
    return htmx.redirect(request, rule.get_absolute_url(), said)


@require_POST
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule somebody made."""
    actions.delete_rule(_rule(pk), by=request.viewer)
    return htmx.redirect(request, reverse("automation:rule_list"), _("Deleted."))


@require_http_methods(["GET", "POST"])
def rule_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Rehearse a rule on a record: its steps are carried out, told, and taken back."""
    require(request.viewer, CHANGE)
    rule = _rule(pk)
    records = list(engine.matching(rule).order_by("-pk")[:TO_TRY_ON])
    form = TryForm(request.POST or None, records=records)
    said, error = [], ""
    if request.method == "POST" and form.is_valid():
        chosen = next(r for r in records if str(r.pk) == form.cleaned_data["record"])
        try:
            said = engine.rehearse(rule, chosen)
        except Refused as refusal:
            error = str(refusal)
        except engine.Fault as fault:
            log.exception("the rehearsal of automation rule %s met a fault of the product", rule.pk)
            error = " ".join(engine.fault_in_words(fault))
    context = {"form": form, "rule": rule, "said": said, "error": error, "records": records}
    return htmx.part(request, "automation/rule_try.html#dialog", context, status=422 if form.errors else 200)


@require_POST
def run_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed run once more."""
    require(request.viewer, CHANGE)
    run = AutomationRun.objects.select_related("rule").filter(pk=min(pk, LARGEST_KEY)).first()
    if run is None:
        raise NotVisible
    run = actions.run_again(run, by=request.viewer)
    is_done = run.status == AutomationRun.Status.DONE
    said = _("Done.") if is_done else " ".join(run.said)
    return htmx.redirect(request, run.rule.get_absolute_url(), said, tone="ok" if is_done else "bad")


def _rule(pk: int) -> AutomationRule:
    found = AutomationRule.objects.filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found
