"""Settings: to whom leads go. Rules in order, their conditions, giving out what nobody owns (SAL-1)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY, keys_of
from zhike.records import conditions
from zhike.records.dialogs import settings_dialog
from zhike.records.filters import Filter
from zhike.records.lookups import person_names
from zhike.sales import actions, queries
from zhike.sales.assignment_forms import AssignmentRuleForm
from zhike.sales.kinds import LEAD
from zhike.sales.models import AssignmentRule

CHANGE = "sales.assignment.change"


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """The rules in order, in words, with who could take a lead today."""
    require(request.viewer, CHANGE)
    rules = [
        {
            "rule": rule,
            "conditions": Filter.from_json(LEAD, rule.filter).words(request.viewer),
            "query": conditions.query_of(LEAD, rule.filter),
            "people": [person_names().get(pk, "") for pk in actions.available(rule)],
        }
        for rule in AssignmentRule.objects.prefetch_related("people").select_related("department", "role")
    ]
    unowned = queries.unowned_leads(request.viewer)
    return htmx.part(request, "sales/assignment_rules.html", {"rules": rules, "unowned": unowned})


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a rule or change one; a new one goes on to its conditions."""
    require(request.viewer, CHANGE)
    rule = _rule(pk) if pk else AssignmentRule()
    form = AssignmentRuleForm(request.POST or None, rule=rule)
    if request.method == "POST" and form.run(actions.save_rule, rule, by=request.viewer):
        back = reverse("sales:assignment_list") if pk else _conditions_url(form.result)
        return htmx.redirect(request, back, _("Saved."))
    title, submit = (rule.name, _("Save")) if pk else (_("New rule"), _("Save and set conditions"))
    back, about = reverse("sales:assignment_list"), _("Lead assignment")
    return settings_dialog(request, form, title=title, submit=submit, back=back, about=about)


def _conditions_url(rule: AssignmentRule) -> str:
    return reverse("sales:assignment_conditions", args=[rule.pk]) + conditions.query_of(LEAD, rule.filter)


@require_http_methods(["GET", "POST"])
def rule_conditions(request: HttpRequest, pk: int) -> HttpResponse:
    """Which leads a rule is about: conditions as in their list, kept in the address until they are saved."""
    require(request.viewer, CHANGE)
    rule = _rule(pk)
    back = reverse("sales:assignment_list")
    if request.method == "POST":
        actions.set_conditions(rule, by=request.viewer, flt=Filter.from_query(LEAD, request.GET))
        return htmx.redirect(request, back, _("Saved."))
    context = {"rule": rule, "back": back, **conditions.context_of(request, LEAD, rule.filter)}
    return htmx.part(request, "sales/assignment_conditions.html", context)


@require_POST
def rule_order(request: HttpRequest) -> HttpResponse:
    """Put the rules into the order given."""
    require(request.viewer, CHANGE)
    order = keys_of(request.POST.get("order", "").split(","))
    actions.order_rules(by=request.viewer, order=order)
    return htmx.done(_("Saved."))


@require_POST
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away."""
    require(request.viewer, CHANGE)
    actions.delete_rule(_rule(pk), by=request.viewer)
    return htmx.redirect(request, reverse("sales:assignment_list"), _("Deleted."))


@require_POST
def give_out(request: HttpRequest) -> HttpResponse:
    """Give all leads nobody owns to people by the rules."""
    given = actions.assign_all_by_rules(by=request.viewer)
    said = ngettext("%(n)s lead given out.", "%(n)s leads given out.", given) % {"n": given}
    return htmx.redirect(request, LEAD.list_address, said)


@require_POST
def lead_by_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one lead to whom the rules say."""
    lead = actions.assign_by_rules(LEAD, queries.lead(request.viewer, pk), by=request.viewer)
    said = _("Given to %(person)s.") % {"person": person_names().get(lead.owner_id, "")}
    back = lead.get_absolute_url() if request.viewer.sees_owner(lead.owner_id) else LEAD.list_address
    return htmx.redirect(request, back, said)


def _rule(pk: int) -> AssignmentRule:
    found = AssignmentRule.objects.filter(pk=min(pk, LARGEST_KEY)).first()
    if found is None:
        raise NotVisible
    return found
