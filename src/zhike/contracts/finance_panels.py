"""What finance shows on pages of others: tabs of customers and contracts, cards of the workbench."""

from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.contracts import bank_queries, dunning_queries, invoice_queries, overview
from zhike.contracts.actions.invoices import SUBJECT
from zhike.contracts.invoice_kinds import DUNNING, INVOICE
from zhike.contracts.models import Contract, Invoice, Receivable
from zhike.contracts.models.statements import MATCH
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.access import may
from zhike.kit.viewer import Viewer
from zhike.org.queries import approvals_of
from zhike.records import kinds
from zhike.records.queries import history_lines, history_of

HISTORY = 50
CARD = 5
# Who looks at the whole house's money rather than at their own.
HOUSE = {"finance", "general_manager"}


def invoices(request: HttpRequest, record: Customer | Contract) -> SafeString:
    """The tab "invoices" of a customer or contract (SAL-9)."""
    name = "contract" if isinstance(record, Contract) else "customer"
    able = may(request.viewer, INVOICE.verb("create"), record)
    context = {
        "invoices": invoice_queries.invoices_of(request.viewer, record),
        "add_url": f"{reverse('contracts:invoice_create')}?{name}={record.pk}" if able else "",
    }
    return render_to_string("contracts/parts/invoices.html", context, request)


def overview_of(request: HttpRequest, invoice: Invoice) -> SafeString:
    """The first tab of an invoice: lines, title, what it is for, what takes it back."""
    viewer = request.viewer
    able = may(viewer, INVOICE.verb("change"), invoice)
    context = {
        "invoice": invoice, "lines": invoice_queries.lines_of(viewer, invoice),
        "covered": invoice_queries.covered(viewer, invoice), "reds": invoice_queries.red_letters(viewer, invoice),
        "may_edit": able and invoice.status in (Invoice.Status.REQUESTED, Invoice.Status.REJECTED),
        "can_cover": able and not invoice.is_red, "approvals": approvals_of(SUBJECT, invoice),
    }  # fmt: skip
    return render_to_string("contracts/parts/invoice_overview.html", context, request)


def changes(request: HttpRequest, record: Any) -> SafeString:
    """Who changed what, and when (ORG-7)."""
    kind = kinds.get(record.kind_label())
    words = {"files": _("Files"), "tags": _("Tags")}
    entries = []
    for entry in history_of(request.viewer, kind, record.pk)[:HISTORY]:
        lines = history_lines(kind, entry, request.viewer)
        entries.append((entry, [{**line, "label": words.get(str(line["label"]), line["label"])} for line in lines]))
    return render_to_string("contracts/parts/history.html", {"entries": entries}, request)


# The workbench


def overdue_card(viewer: Viewer) -> SafeString:
    """One's own overdue receivables, for who sells (SAL-8)."""
    if viewer.roles & HOUSE:
        return SafeString("")
    count, total = dunning_queries.overdue_sum(viewer, owner=viewer.person_id)
    if not count:
        return SafeString("")
    context = {
        "rows": dunning_queries.overdue(viewer, owner=viewer.person_id, count=CARD), "count": count, "total": total,
        "title": _("Overdue receivables"), "can_dun": viewer.can(DUNNING.verb("create")),
    }  # fmt: skip
    return SafeString(render_to_string("contracts/parts/overdue_card.html", context))


def finance_card(viewer: Viewer) -> SafeString:
    """What finance looks at in the morning: due, overdue, not matched, to be issued."""
    if "finance" not in viewer.roles:
        return SafeString("")
    today = dates.today()
    rows = Receivable.objects.visible_to(viewer).filter(balance__gt=0).order_by()
    sums = rows.aggregate(due=Sum("balance", filter=Q(due_on=today)), late=Sum("balance", filter=Q(due_on__lt=today)))
    invoices = Invoice.objects.visible_to(viewer)
    context = {
        "due": sums["due"] or 0, "late": sums["late"] or 0, "today": today,
        "lines": bank_queries.figures(viewer)["open"] if viewer.can(MATCH) else None,
        "asked": invoices.filter(status=Invoice.Status.REQUESTED).count(),
        "to_issue": invoices.filter(status=Invoice.Status.APPROVED).count(),
    }  # fmt: skip
    return SafeString(render_to_string("contracts/parts/finance_card.html", context))


def trend_card(viewer: Viewer) -> SafeString:
    """Outstanding and overdue at the ends of the last months, for the general manager."""
    if "general_manager" not in viewer.roles:
        return SafeString("")
    points = overview.trend(viewer, dates.today())
    largest = max((point.outstanding for point in points), default=0)
    if not largest:
        return SafeString("")
    bars = [
        {"point": point, "all": fmt.percent(100 * point.outstanding / largest),
         "late": fmt.percent(100 * point.overdue / largest), "now": point is points[-1]}
        for point in points
    ]  # fmt: skip
    return SafeString(render_to_string("contracts/parts/trend_card.html", {"bars": bars, "last": points[-1]}))
