"""What this room shows: tabs of a contract and of a payment, and on the pages of customers and deals."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.contracts import queries, rules
from zhike.contracts.actions import asking
from zhike.contracts.invoice_kinds import DUNNING
from zhike.contracts.kinds import CONTRACT, PAYMENT, RECEIVABLE, SEE_COST
from zhike.contracts.models import Contract, Payment
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.access import can, may
from zhike.kit.registry import Stat
from zhike.kit.viewer import Viewer
from zhike.org.queries import approvals_of
from zhike.records import kinds
from zhike.records.queries import history_lines, history_of
from zhike.sales.models import Opportunity

HISTORY = 50


def overview(request: HttpRequest, contract: Contract) -> SafeString:
    """A contract at one glance: the ladder of due dates, the ledger, lines, change orders."""
    viewer, lines = request.viewer, contract.known_lines()
    steps, orders = queries.ladder(viewer, contract), queries.changes_of(viewer, contract)
    plan = contract.known_plan() if contract.signed_on is None else []
    context = {
        "contract": contract,
        "steps": steps,
        "approvals": queries.approvals_about(contract, orders, [step.receivable for step in steps]),
        "entries": queries.ledger_of(viewer, contract),
        "lines": lines,
        "taxes": rules.tax_by_rate(lines),
        "plan": plan,
        "plan_sum": sum((line.amount for line in plan), Decimal(0)),
        "changes": orders,
        "margin": rules.margin_of(contract, lines) if viewer.can(SEE_COST) else None,
        "can": can(viewer, contract, CONTRACT.verb("change"), CONTRACT.verb("change_order")),
        "can_due": may(viewer, RECEIVABLE.verb("change"), contract),
        "can_write_off": may(viewer, RECEIVABLE.verb("write_off"), contract),
        "can_dun": may(viewer, DUNNING.verb("create"), contract),
        "can_reverse": viewer.can(PAYMENT.verb("reverse")),
        "today": dates.today(),
    }
    return render_to_string("contracts/parts/overview.html", context, request)


def payment_overview(request: HttpRequest, payment: Payment) -> SafeString:
    """The entries of a payment: what it paid, what was taken back, what is left."""
    context = {
        "payment": payment,
        "entries": queries.ledger_of_payment(request.viewer, payment),
        "approvals": approvals_of(asking.REFUND, payment),
        "can_reverse": request.viewer.can(PAYMENT.verb("reverse")),
    }
    return render_to_string("contracts/parts/payment_overview.html", context, request)


def changes(request: HttpRequest, record: Any) -> SafeString:
    """Who changed what on a contract or payment, and when (ORG-7)."""
    kind = kinds.get(record.kind_label())
    words = {"files": _("Files"), "tags": _("Tags"), "milestones": _("Milestones")}
    found = []
    for entry in history_of(request.viewer, kind, record.pk)[:HISTORY]:
        for name in {"lines", "plan"} & entry.changes.keys():
            entry.changes[name] = [_rows_in_words(value) for value in entry.changes[name]]
        lines = history_lines(kind, entry, request.viewer)
        found.append((entry, [{**line, "label": words.get(str(line["label"]), line["label"])} for line in lines]))
    return render_to_string("contracts/parts/changes.html", {"entries": found}, request)


def _rows_in_words(value: Any) -> str:
    return "; ".join(" ".join(filter(None, row)) for row in value) if isinstance(value, list) else value or ""


def customer_contracts(request: HttpRequest, customer: Customer) -> SafeString:
    """The contracts with a customer, what it owes and what it paid (CUS-6)."""
    viewer = request.viewer
    owed, late = queries.owed_by(viewer, customer)
    context = {
        "customer": customer,
        "contracts": queries.contracts_of(viewer, customer),
        "lines": queries.open_lines(viewer, customer) if viewer.can(RECEIVABLE.verb("view")) else [],
        "payments": queries.payments_of(viewer, customer),
        "owed": owed,
        "late": late,
        "credit": queries.credit_left(viewer, customer),
        "today": dates.today(),
        "can_add": may(viewer, CONTRACT.verb("create")),
        "can_post": may(viewer, PAYMENT.verb("create")),
    }
    return render_to_string("contracts/parts/customer_contracts.html", context, request)


def deal_contracts(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """The contracts a deal led to."""
    context = {
        "opportunity": opportunity,
        "contracts": queries.contracts_of_deal(request.viewer, opportunity),
        "can_add": may(request.viewer, CONTRACT.verb("create")),
    }
    return render_to_string("contracts/parts/deal_contracts.html", context, request)


def signed_figure(viewer: Viewer, customer: Customer) -> Stat:
    """What was signed with a customer so far."""
    count, total = queries.signed_with(viewer, customer)
    url = reverse("customers:customer_tab", args=[customer.pk, "contracts"])
    note = _("%(n)s contracts") % {"n": count} if count else _("none yet")
    return Stat(fmt.money(total) if count else "—", note=note, url=url)


def owed_figure(viewer: Viewer, customer: Customer) -> Stat:
    """What a customer owes, and how much of it is overdue."""
    owed, late = queries.owed_by(viewer, customer)
    url = reverse("customers:customer_tab", args=[customer.pk, "contracts"])
    note = _("overdue %(sum)s") % {"sum": fmt.short_money(late)} if late else _("nothing overdue")
    return Stat(fmt.money(owed) if owed else "—", note=note, url=url, tone="bad" if late else "")
