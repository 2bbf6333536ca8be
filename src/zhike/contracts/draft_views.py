"""What belongs to a contract: its lines, payment plan, milestones (SAL-6)."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.contracts import actions, queries, rules
from zhike.contracts.forms import DoneForm, LineForm, MilestoneForm, PlanForm
from zhike.contracts.kinds import CONTRACT
from zhike.contracts.models import Contract, Milestone
from zhike.kit import dates, htmx
from zhike.kit.errors import NotVisible, Refused
from zhike.records import actions as records
from zhike.records.dialogs import dialog


@require_http_methods(["GET", "POST"])
def line_add(request: HttpRequest, pk: int, line_pk: int = 0) -> HttpResponse:
    """Add a line to a draft, or change one."""
    contract = queries.contract_for(request.viewer, pk)
    lines, place = contract.known_lines(), None
    initial = {"quantity": 1, "tax_rate": lines[-1].taxation if lines else "13"}
    if line_pk:
        place = _place(lines, line_pk)
        old = lines[place]
        names = ("name", "quantity", "unit", "price", "discount")
        initial = {"product": old.product_id, "tax_rate": old.taxation, **{name: getattr(old, name) for name in names}}
    form = LineForm(request.POST or None, viewer=request.viewer, initial=initial)
    if request.method == "POST" and form.is_valid() and _save_line(request, form, contract, lines, place):
        return htmx.redirect(request, contract.get_absolute_url(), _("Saved."))
    return dialog(request, form, contract, title=_("Line of the contract"), submit=_("Save"))


def _place(lines: list, pk: int) -> int:
    found = next((n for n, line in enumerate(lines) if line.pk == pk), None)
    if found is None:
        raise NotVisible
    return found


def _save_line(request: HttpRequest, form: LineForm, contract: Contract, lines: list, place: int | None) -> bool:
    try:
        line = form.line(request.viewer)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    new = [*lines, line] if place is None else [*lines[:place], line, *lines[place + 1 :]]
    return form.attempt(
        records.change_record, CONTRACT, contract, {"lines": new}, by=request.viewer, version=contract.version
    )


@require_POST
def line_remove(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    """Take a line off a draft."""
    contract = queries.contract_for(request.viewer, pk)
    lines = contract.known_lines()
    del lines[_place(lines, line_pk)]
    records.change_record(CONTRACT, contract, {"lines": lines}, by=request.viewer, version=contract.version)
    return htmx.redirect(request, contract.get_absolute_url(), _("Removed."))


@require_http_methods(["GET", "POST"])
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The payment plan of a draft. While one types, what each instalment comes to is shown before it is saved."""
    contract = queries.contract_for(request.viewer, pk)
    form = PlanForm(request.POST or None, contract=contract, viewer=request.viewer)
    amounts, wrong = [], ""
    if request.method == "POST" and form.is_valid():
        try:
            amounts = rules.plan_amounts(contract.amount, form.plan()) if form.plan() else []
        except Refused as refusal:
            wrong = str(refusal)
        if "preview" not in request.POST and not wrong:
            values = {"plan": form.plan()}
            if form.attempt(records.change_record, CONTRACT, contract, values, by=request.viewer):
                return htmx.redirect(request, contract.get_absolute_url(), _("Saved."))
    shown = zip(sorted(form.plan(), key=lambda line: line.due_on), amounts, strict=False) if amounts else []
    context = {"form": form, "contract": contract, "shown": list(shown), "wrong": wrong}
    if "preview" in request.POST:
        return htmx.part(request, "contracts/plan_form.html#preview", context)
    status = 422 if form.errors or wrong else 200
    return htmx.part(request, "contracts/plan_form.html#dialog", context, status=status)


@require_http_methods(["GET", "POST"])
def milestone_edit(request: HttpRequest, pk: int, milestone_pk: int = 0) -> HttpResponse:
    """Add a milestone, or change one."""
    contract = queries.contract_for(request.viewer, pk)
    milestone = _milestone(request, contract, milestone_pk) if milestone_pk else None
    initial = {}
    if milestone:
        initial = {"name": milestone.name, "due_on": milestone.due_on, "person": milestone.person_id,
                   "note": milestone.note}  # fmt: skip
    form = MilestoneForm(request.POST or None, viewer=request.viewer, initial=initial)
    if request.method == "POST" and form.run(actions.save_milestone, contract, by=request.viewer, milestone=milestone):
        return htmx.redirect(request, contract.get_absolute_url(), _("Saved."))
    return dialog(request, form, contract, title=_("Milestone"), submit=_("Save"))


def _milestone(request: HttpRequest, contract: Contract, pk: int) -> Milestone:
    found = next((m for m in queries.milestones_of(request.viewer, contract) if m.pk == pk), None)
    if found is None:
        raise NotVisible
    return found


@require_http_methods(["GET", "POST"])
def milestone_done(request: HttpRequest, pk: int, milestone_pk: int) -> HttpResponse:
    """Note that a milestone was reached, or was not."""
    contract = queries.contract_for(request.viewer, pk)
    milestone = _milestone(request, contract, milestone_pk)
    form = DoneForm(
        request.POST or None, viewer=request.viewer, initial={"done_on": milestone.done_on or dates.today()}
    )
    if request.method == "POST" and form.run(actions.finish_milestone, milestone, by=request.viewer):
        return htmx.redirect(request, contract.get_absolute_url(), _("Saved."))
    return dialog(request, form, contract, title=milestone.name, submit=_("Save"))


@require_POST
def milestone_remove(request: HttpRequest, pk: int, milestone_pk: int) -> HttpResponse:
    """Take a milestone off."""
    contract = queries.contract_for(request.viewer, pk)
    actions.remove_milestone(_milestone(request, contract, milestone_pk), by=request.viewer)
    return htmx.redirect(request, contract.get_absolute_url(), _("Removed."))
