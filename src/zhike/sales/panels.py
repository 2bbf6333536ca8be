"""What this room shows on pages of others: tabs and key figures of a customer, the funnel of the workbench."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.customers.models import Customer
from zhike.kit import format as fmt
from zhike.kit.access import may
from zhike.kit.registry import Stat
from zhike.kit.viewer import Viewer
from zhike.records import kinds
from zhike.records.queries import history_lines, history_of
from zhike.sales import queries
from zhike.sales.cells import funnel_bar
from zhike.sales.kinds import OPPORTUNITY, PRODUCT
from zhike.sales.models import Opportunity
from zhike.sales.models.pipelines import default_first

HISTORY = 50
NOT_SAID = {"stage_since"}  # said by the way through the stages


def overview(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """Product lines of a deal, and its way through the stages."""
    lines = queries.lines_of(request.viewer, opportunity)
    priced = [line.amount for line in lines if line.amount is not None]
    context = {
        "opportunity": opportunity,
        "lines": lines,
        "total": sum(priced) if priced else None,
        "changes": queries.stage_changes(request.viewer, opportunity),
        "can_change": may(request.viewer, OPPORTUNITY.verb("change"), opportunity),
    }
    return render_to_string("sales/parts/overview.html", context, request)


def changes(request: HttpRequest, record) -> SafeString:
    """Who changed what on a deal, product or lead, and when (ORG-7)."""
    kind = kinds.get(record.kind_label())
    words = {"files": _("Files"), "tags": _("Tags"), "lines": _("Products"), "buying_centre": _("Buying centre"),
             "rivals": _("Competitors"), "team": _("Team"), "prices": _("Price"), "parts": _("Parts")}  # fmt: skip
    entries = []
    for entry in history_of(request.viewer, kind, record.pk)[:HISTORY]:
        entry.changes = {name: change for name, change in entry.changes.items() if name not in NOT_SAID}
        for name in {"lines", "ticked"} & entry.changes.keys():
            entry.changes[name] = [_in_words(value, request.viewer) for value in entry.changes[name]]
        entry.changes = {name: change for name, change in entry.changes.items() if change not in ([None, ""], ["", ""])}
        lines = history_lines(kind, entry, request.viewer)
        entries.append((entry, [{**line, "label": words.get(str(line["label"]), line["label"])} for line in lines]))
    return render_to_string("sales/parts/changes.html", {"entries": entries}, request)


def _in_words(value: Any, viewer: Viewer) -> str:
    """Product lines as names and quantities, a checklist as how many are ticked."""
    if isinstance(value, dict):
        return ngettext("%(n)s ticked", "%(n)s ticked", len(value)) % {"n": len(value)} if value else ""
    if not isinstance(value, list):
        return value or ""
    names = dict(PRODUCT.rows(viewer).values_list("pk", "name"))
    return "; ".join(f"{names.get(pk, pk)} × {Decimal(quantity).normalize():f}" for pk, quantity, _price in value)


def customer_deals(request: HttpRequest, customer: Customer) -> SafeString:
    """The deals with a customer, on its own page (CUS-6)."""
    context = {
        "customer": customer,
        "deals": queries.deals_of(request.viewer, customer),
        "can_add": may(request.viewer, OPPORTUNITY.verb("create")),
    }
    return render_to_string("sales/parts/customer_deals.html", context, request)


def customer_deal_count(viewer: Viewer, customer: Customer) -> int:
    """How many deals the viewer sees there."""
    return queries.count_deals(viewer, customer)


def open_figure(viewer: Viewer, customer: Customer) -> Stat:
    """Open deals of a customer, with what they come to when weighted."""
    count, total, weighted = queries.open_deals(viewer, customer)
    url = reverse("customers:customer_tab", args=[customer.pk, "deals"])
    note = (
        _("%(n)s deals, weighted %(sum)s") % {"n": count, "sum": fmt.short_money(weighted)} if count else _("none open")
    )
    return Stat(fmt.money(total) if count else "—", note=note, url=url)


def won_figure(viewer: Viewer, customer: Customer) -> Stat:
    """What was won with a customer so far."""
    count, total = queries.won_deals(viewer, customer)
    url = reverse("customers:customer_tab", args=[customer.pk, "deals"])
    return Stat(fmt.money(total) if count else "—", note=_("%(n)s deals won") % {"n": count}, url=url)


def funnel(viewer: Viewer) -> SafeString:
    """The funnel of the default pipeline, a card of the workbench; each bar opens its deals (INS-1)."""
    pipeline = next(iter(default_first()), None)
    if pipeline is None:
        return SafeString("")
    columns = queries.funnel(viewer, pipeline)
    largest = max((column.total for column in columns), default=0)
    most = max((column.count for column in columns), default=0)
    bars = [
        # Without amounts the funnel shows how many.
        (
            column,
            funnel_bar(column.total, largest) if largest else funnel_bar(column.count, most),
            f"stage={column.stage.pk}",
        )
        for column in columns
    ]
    context = {
        "pipeline": pipeline,
        "bars": bars,
        "count": sum(column.count for column in columns),
        "weighted": sum(column.weighted for column in columns),
    }
    return render_to_string("sales/parts/funnel.html", context)
