"""What a save of a contract has to observe — form, import, API alike — and what is written with it: lines and plan.

Rounding is stated in `rules`: per line, half up, then summed. The amount of a contract with lines is their sum.
"""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from zhike.contracts import rules
from zhike.contracts.actions.owners import move_receivables
from zhike.contracts.actions.signing import sign_imported
from zhike.contracts.models import Contract, ContractLine, PlanLine
from zhike.customers.models import Customer
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records.imports import is_import

WHY = "lines and plan of a contract the action was let in for"
Status = Contract.Status
# What may still be changed once a contract left the draft: nothing that was agreed.
LOOSE = {"name", "type", "contact", "our_signatory", "their_signatory", "starts_on", "ends_on", "note", "owner"}
SIGNED_BY_ACTION = ("status", "signed_on", "terminated_on", "termination_reason", "approved_at")


def prepare_contract(contract: Contract, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete a contract before saving: whose it is, what its lines and plan come to.

    Raises Refused for what was agreed once the draft is over, and for state that only actions change; an import brings
    facts, so it may say that a contract is in force, with the day it was signed.
    """
    is_new, moved_by_action = contract._state.adding, contract.__dict__.get("moves", False)
    if not is_new and not moved_by_action:
        _check_agreed(contract, changed)
    if not moved_by_action and not is_import():
        _check_state(changed)
    _check_parties(contract, changed, by)
    if (lines := contract.__dict__.get("lines_to_be")) is not None and lines:
        _keep_costs(contract, lines)
        for line in lines:
            line.amount = rules.line_amount(line.quantity, line.price, line.discount)
            line.tax = rules.tax_in(line.amount, line.tax_rate)
        rules.check_reduction(lines)
        contract.amount, contract.tax = sum(line.amount for line in lines), sum(line.tax for line in lines)
    if contract.amount < 0:
        raise Refused({"amount": _("The amount cannot be negative.")})
    _settle_plan(contract)
    if is_new and is_import():
        _check_import(contract)
    changed.update(contract.changes())


def _keep_costs(contract: Contract, lines: list[ContractLine]) -> None:
    """What a line costs comes in by no form: it is as on the line before, or else what its product costs."""
    if all(line.cost is not None for line in lines):
        return
    before = {(line.product_id, line.name): line.cost for line in contract.known_lines()}
    for line in lines:
        if line.cost is None:
            line.cost = before.get((line.product_id, line.name))
        if line.cost is None and line.product:
            line.cost = line.product.cost


def _check_state(changed: dict[str, Any]) -> None:
    given = [n for n in SIGNED_BY_ACTION if n in changed and changed[n][1] not in (None, "", Status.DRAFT)]
    if given:
        raise Refused({given[0]: _("A contract is signed by its own action.")})


def _check_agreed(contract: Contract, changed: dict[str, Any]) -> None:
    if contract._kept["status"] == Status.DRAFT:
        return
    fixed = [name for name in changed if name in ("lines", "plan") or name in _columns() - LOOSE]
    if fixed:
        raise Refused({fixed[0]: _("This was agreed in the contract; it changes by a change order.")})


def _columns() -> set[str]:
    return {f.name for f in Contract._meta.local_fields if f.name not in Contract.not_audited}


def _check_parties(contract: Contract, changed: dict[str, Any], by: Viewer) -> None:
    customer = contract.customer if "customer" in changed or contract._state.adding else None
    if customer is not None and not (by.people is None or _deals_with(customer, contract, by)):
        raise Refused({"customer": _("You may read this customer, but not add to it.")})
    if "contact" in changed and contract.contact_id and contract.contact.customer_id != contract.customer_id:
        raise Refused({"contact": _("This person belongs to another customer.")})
    deal = contract.opportunity if "opportunity" in changed and contract.opportunity_id else None
    if deal is not None and deal.customer_id not in (None, contract.customer_id):
        raise Refused({"opportunity": _("This opportunity is with another customer.")})


def _deals_with(customer: Customer, contract: Contract, by: Viewer) -> bool:
    """Whether the writer sells to this customer: its owner, somebody above, or who has the deal the contract is for."""
    deal = contract.opportunity if contract.opportunity_id else None
    return customer.scope.allows_change(by, customer) or bool(deal and deal.scope.allows_change(by, deal))


def _settle_plan(contract: Contract) -> None:
    """Work out what each instalment comes to. A plan that no longer adds up is refused when the draft is handed in."""
    wanted = contract.__dict__.get("plan_to_be")
    if wanted:
        amounts = rules.plan_amounts(contract.amount, wanted)
        plan = [replace(line, amount=amount, percent=None) for line, amount in zip(wanted, amounts, strict=True)]
        contract.promise_plan(sorted(plan, key=lambda line: line.due_on))


def _check_import(contract: Contract) -> None:
    if contract.status not in (Status.DRAFT, Status.ACTIVE):
        raise Refused({"status": _("An import brings drafts and contracts in force.")})
    if contract.status == Status.ACTIVE and contract.signed_on is None:
        raise Refused({"signed_on": _("A contract in force has the day it was signed.")})
    if contract.status == Status.DRAFT:
        contract.signed_on = None
    elif not contract.number:
        raise Refused({"number": _("A contract in force has its number.")})


def contract_saved(contract: Contract, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: lines and plan are written; what hangs on the contract follows its owner."""
    contracts_saved([(contract, changed)] if created else [], [] if created else [(contract, changed)], by)


def contracts_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import; contracts that come in force owe their amount at once (SAL-7)."""
    for contract, _changed in [*created, *updated]:
        _write_lines(contract)
        _write_plan(contract)
    for contract, changed in updated:
        if "owner" in changed:
            move_receivables(contract)
    for contract, _changed in created:
        if contract.status == Status.ACTIVE and not contract.__dict__.get("moves"):
            sign_imported(contract, by=by)


def _write_lines(contract: Contract) -> None:
    lines = contract.__dict__.pop("lines_to_be", None)
    if lines is None:
        return
    ContractLine.objects.whole_table(WHY).filter(contract=contract).delete()
    for line in lines:
        line.pk, line.contract = None, contract
    ContractLine.objects.bulk_create(lines)


def _write_plan(contract: Contract) -> None:
    plan = contract.__dict__.pop("plan_to_be", None)
    if plan is None:
        return
    PlanLine.objects.whole_table(WHY).filter(contract=contract).delete()
    PlanLine.objects.bulk_create(
        PlanLine(contract=contract, position=n, due_on=line.due_on, amount=line.amount, label=line.label[:60])
        for n, line in enumerate(plan, 1)
    )
