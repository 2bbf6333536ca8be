"""Writes of quotes: lines and sums, approval of discounts, versions, sending, decisions (SAL-5)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.org.actions import request_approval
from zhike.org.models import Approval
from zhike.records import kinds, search
from zhike.records.actions import delete_record, next_number, save_record
from zhike.records.events import emit
from zhike.records.imports import is_import
from zhike.records.models import AuditEntry
from zhike.sales import pricing
from zhike.sales.models import PriceList, Product, Quote, QuoteLine

CHANGE = "sales.quote.change"
WHY = "lines of a quote the action was let in for"
COPIED = ("name", "spec", "unit", "quantity", "list_price", "price", "priced_by", "discount", "tax_rate",
          "tax_treatment", "cost")  # fmt: skip
MOST_LINES = 300
BROUGHT = (Quote.Status.DRAFT, Quote.Status.SENT, Quote.Status.ACCEPTED, Quote.Status.REJECTED)
FIXED = {"customer", "contact", "reduction", "valid_until", "title", "delivery", "payment_terms", "quoted_on", "lines"}
Status = Quote.Status


def prepare_quote(quote: Quote, changed: dict[str, Any], by: Viewer) -> None:
    """Before saving: contact and deal belong to the customer; only drafts are edited. Raises Refused."""
    _keep_promises(quote, changed)
    _check_state(quote, changed)
    if quote.pk and not quote.is_draft and FIXED & set(changed):
        raise Refused(_("What has left the draft is not edited; make a new version."))
    if quote.opportunity_id and not quote.customer_id:
        quote.customer_id = quote.opportunity.customer_id
    if not quote.customer_id:
        raise Refused({"customer": _("This is required.")})
    if quote.contact_id and {"contact", "customer"} & set(changed) and quote.contact.customer_id != quote.customer_id:
        raise Refused({"contact": _("This person belongs to another customer.")})
    if quote.opportunity_id and {"opportunity", "customer"} & set(changed):
        _check_deal(quote)
    if not quote.title:
        quote.title = (quote.opportunity.name if quote.opportunity_id else quote.customer.name)[:200]


def _keep_promises(quote: Quote, changed: dict[str, Any]) -> None:
    """Lines and what is taken off their sum are written after the quote itself, together: only then it adds up."""
    if (promised := quote.__dict__.pop("lines_to_be", None)) is not None:
        if quote.pk and is_import():
            _check_same(quote, promised)
            changed.pop("lines", None)
        else:
            quote.__dict__["lines_to_write"] = promised
    if "reduction" in changed:
        quote.__dict__["reduction_to_be"], quote.reduction = quote.reduction, quote.subtotal - quote.total
        changed.pop("reduction")
        changed["lines"] = [None, None]


def _check_same(quote: Quote, promised: list[dict[str, Any]]) -> None:
    if _said([_filled(quote, values) for values in promised]) != _said(quote.known_lines()):
        raise Refused({"lines": _("This quote is here already with other lines; an import does not change them.")})


def _check_state(quote: Quote, changed: dict[str, Any]) -> None:
    """Numbers are drawn and states are reached by actions; only an import brings quotes that have been somewhere."""
    if not is_import():
        if "status" in changed and changed["status"][1] != Status.DRAFT:
            raise Refused({"status": _("A quote is submitted, sent and accepted by its own actions.")})
        if "number" in changed and not quote.previous_id:
            raise Refused({"number": _("Numbers are drawn by themselves.")})
    elif quote.pk is None:
        if quote.status not in BROUGHT:
            raise Refused({"status": _("An import brings drafts and quotes that are sent, accepted or declined.")})
        if quote.status != Status.DRAFT and not quote.number:
            raise Refused({"number": _("A quote that was sent has its number.")})
        if quote.status != Status.DRAFT and not quote.__dict__.get("lines_to_write"):
            raise Refused({"lines": _("A quote without lines offers nothing.")})
    elif "status" in changed:
        raise Refused({"status": _("A quote is submitted, sent and accepted by its own actions.")})


def _check_deal(quote: Quote) -> None:
    if quote.opportunity.customer_id not in (None, quote.customer_id):
        raise Refused({"opportunity": _("This deal belongs to another customer.")})


def quote_saved(quote: Quote, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: lines it was promised are written; else a quote for a deal begins with the deal's products."""
    promised = quote.__dict__.pop("lines_to_write", None)
    reduction = quote.__dict__.pop("reduction_to_be", None)
    if reduction is not None:
        quote.reduction = reduction
    if promised is not None:
        _replace(quote, [_filled(quote, values) for values in promised])
        quote.save()
    elif reduction is not None and not created:
        lines = lines_of(quote)
        _count(quote, lines)
        QuoteLine.objects.whole_table(WHY).bulk_update(lines, ["tax"])
        quote.save()
    elif created and quote.opportunity_id and not quote.previous_id:
        lines = [
            QuoteLine(
                product=line.product, name=line.product.name, spec=line.product.spec, unit=line.product.unit_label,
                quantity=line.quantity, list_price=line.product.list_price, cost=line.product.cost,
                price=line.price if line.price is not None else line.product.list_price or Decimal(0),
                **line.product.taxation.columns,
            )
            for line in quote.opportunity.known_lines()
        ]  # fmt: skip
        if lines:
            _replace(quote, lines)
            quote.save()
    elif reduction:
        raise Refused({"reduction": _("More is taken off than the lines come to.")})


def _filled(quote: Quote, given: dict[str, Any]) -> QuoteLine:
    """A line from what was given; the product says the rest. Raises Refused for a product that is off sale."""
    values = dict(given)
    product_id = values.pop("product_id")
    products = Product.objects.whole_table(WHY).filter(pk=product_id, is_active=True)
    product = products.first() if product_id else None
    if product_id and product is None:
        raise Refused({"lines": _("This product is not on sale.")})
    quantity = values["quantity"] or Decimal(1)
    start: dict[str, Any] = {"price": Decimal(0), "tax_rate": Decimal(13), "discount": Decimal(0)}
    if product is not None:
        price = pricing.price_for(product, quote.customer, quantity, dates.today(), price_lists_with(product))
        start |= {
            "name": product.name, "spec": product.spec, "unit": product.unit_label, **product.taxation.columns,
            "price": price.amount or Decimal(0), "list_price": product.list_price, "cost": product.cost,
            "priced_by": price.source.name if price.source else "",
        }  # fmt: skip
    said = {name: value for name, value in values.items() if value not in (None, "")}
    if said.get("price", start["price"]) != start["price"]:
        start["priced_by"] = ""
    return QuoteLine(product=product, **{**start, **said, "quantity": quantity})


def price_lists_with(product: Product) -> list[PriceList]:
    """The price lists in use that have a product, in their order, with their prices at hand."""
    rows = PriceList.objects.filter(is_active=True, items__product=product).distinct()
    return list(rows.prefetch_related("items"))


def lines_of(quote: Quote) -> list[QuoteLine]:
    """The lines of a quote the action was let in for."""
    rows = QuoteLine.objects.whole_table(WHY).filter(quote=quote).select_related("product")
    return list(rows.order_by("position", "id"))


@action
def set_quote_lines(
    quote: Quote, *, by: Viewer, lines: Sequence[dict[str, Any]], reduction: Decimal = Decimal(0),
    version: int | None = None,
) -> Quote:  # fmt: skip
    """Replace the lines of a draft by these, and what is taken off their sum (yuan, tax included).

    Raises Stale if somebody saved since `version`, Refused at `lines` or `reduction`.
    """
    require(by, CHANGE, quote)
    quote = lock(quote, version=version)
    _need(quote, Status.DRAFT)
    if len(lines) > MOST_LINES:
        raise Refused({"lines": _("At most %(limit)s lines.") % {"limit": MOST_LINES}})
    quote.reduction = reduction
    _replace(quote, [QuoteLine(**values) for values in lines])
    quote.save()
    search.index(kinds.get("sales.quote"), [quote])
    return quote


def _replace(quote: Quote, lines: list[QuoteLine]) -> None:
    before = _said(quote.known_lines())
    QuoteLine.objects.whole_table(WHY).filter(quote=quote).delete()
    for position, line in enumerate(lines, 1):
        line.quote, line.position = quote, position
        line.amount = pricing.line_amount(line.quantity, line.price, line.discount)
    _count(quote, lines)
    for line in lines:
        try:
            line.full_clean(exclude=["quote", "product"])
        except ValidationError as error:
            raise Refused({"lines": [f"{line.name}: {m}" for ms in error.message_dict.values() for m in ms]}) from error
        line.save()
    if (after := _said(lines)) != before:
        AuditEntry.write(quote, AuditEntry.Verb.CHANGED, {"lines": [before, after]})


def _said(lines: Sequence[QuoteLine]) -> str:
    return "; ".join(str(line) for line in lines)


def _count(quote: Quote, lines: list[QuoteLine]) -> None:
    """Write the sums of its lines onto a quote; raises Refused where more is taken off than they come to."""
    subtotal = sum((line.amount for line in lines), Decimal(0))
    if not 0 <= quote.reduction <= subtotal:
        raise Refused({"reduction": _("More is taken off than the lines come to.")})
    sums = pricing.sums_of(lines, quote.reduction)
    for line, tax in zip(lines, sums.taxes, strict=True):
        line.tax = tax
    quote.subtotal, quote.total, quote.tax, quote.cost = sums.subtotal, sums.total, sums.tax, sums.cost
    quote.discount = pricing.discount_of(lines, sums.subtotal, quote.reduction)


@action
def submit_quote(quote: Quote, *, by: Viewer, reason: str = "") -> Quote:
    """Let a draft leave the drawer: it gets its number, and goes up for approval where its discount needs one (ORG-6).

    Raises Refused for a quote without lines or past its last day.
    """
    require(by, CHANGE, quote)
    quote = lock(quote)
    _need(quote, Status.DRAFT)
    if not lines_of(quote):
        raise Refused(_("A quote without lines offers nothing."))
    if quote.valid_until and quote.valid_until < dates.today():
        raise Refused({"valid_until": _("This day is over.")})
    if not quote.number:
        quote.number = _draw(dates.today())
    quote.status = Status.APPROVING
    quote.save()
    facts = {"discount": quote.discount, "amount": quote.total, "margin": quote.margin()}
    title = _("Quote %(number)s for %(customer)s") % {"number": quote.label, "customer": quote.customer}
    asked = request_approval("sales.quote", quote, by=by, title=title, facts=facts, reason=reason)
    if asked is None:  # no flow asks anybody: whoever waits for approved quotes hears of it all the same
        _set_status(quote, Status.APPROVED)
        emit("sales.quote.approved", quote, by=by, approval=None)
    return lock(quote)


def _draw(day: date) -> str:
    """The next number of the month, from a counter in this transaction: no gaps, no doubles."""
    number = next_number(f"sales.quote:{day:%Y%m}")
    return f"BJ-{day:%Y%m}-{number:04d}"


def quote_decided(quote: Quote, approval: Approval, by: Viewer) -> None:
    """Approved it may be sent; rejected or recalled it is a draft again, with its number."""
    if quote.status == Status.APPROVING:
        _set_status(quote, Status.APPROVED if approval.status == Approval.Status.APPROVED else Status.DRAFT)


@action
def revise_quote(quote: Quote, *, by: Viewer) -> Quote:
    """Make a new version: a draft with the same lines and number; the old one is superseded, and stays readable."""
    require(by, CHANGE, quote)
    quote = lock(quote)
    _need(quote, Status.APPROVED, Status.SENT, Status.REJECTED)
    last = Quote.objects.whole_table("versions of a quote the action was let in for").filter(number=quote.number)
    new = Quote(
        number=quote.number, version_no=max(last.values_list("version_no", flat=True)) + 1, previous=quote,
        title=quote.title, customer_id=quote.customer_id, contact_id=quote.contact_id,
        opportunity_id=quote.opportunity_id, owner_id=quote.owner_id, delivery=quote.delivery,
        payment_terms=quote.payment_terms, note=quote.note,
    )  # fmt: skip
    save_record(kinds.get("sales.quote"), new, by=by, created=True)
    new.reduction = quote.reduction
    _replace(new, [QuoteLine(product=line.product, **{n: getattr(line, n) for n in COPIED})
                   for line in lines_of(quote)])  # fmt: skip
    new.save()
    _set_status(quote, Status.SUPERSEDED)
    return new


@action
def note_quote_sent(quote: Quote, *, by: Viewer) -> Quote:
    """A letter with an approved quote went out; whoever wrote it was asked for the right to send it."""
    quote = lock(quote)
    return _set_status(quote, Status.SENT) if quote.status == Status.APPROVED else quote


def check_sending(quote: Quote, by: Viewer) -> None:
    """Raise Forbidden or Refused where this person may not send this quote today."""
    require(by, CHANGE, quote)
    _need(quote, Status.APPROVED, Status.SENT)
    if quote.is_expired(dates.today()):
        raise Refused(_("This quote is past its last day; make a new version."))


@action
def hand_over_quote(quote: Quote, *, by: Viewer) -> Quote:
    """Say that an approved quote was handed over in another way."""
    require(by, CHANGE, quote)
    quote = lock(quote)
    _need(quote, Status.APPROVED)
    return _set_status(quote, Status.SENT)


@action
def reject_quote(quote: Quote, *, by: Viewer) -> Quote:
    """The customer did not take it."""
    require(by, CHANGE, quote)
    quote = lock(quote)
    _need(quote, Status.APPROVED, Status.SENT)
    quote.decided_on = dates.today()
    return _set_status(quote, Status.REJECTED)


@action
def mark_accepted(quote: Quote, *, by: Viewer) -> Quote:
    """The customer took it; the room of contracts makes the contract in the same transaction."""
    require(by, CHANGE, quote)
    quote = lock(quote)
    _need(quote, Status.APPROVED, Status.SENT)
    if quote.is_expired(dates.today()):
        raise Refused(_("This quote is past its last day; make a new version."))
    quote.decided_on = dates.today()
    _set_status(quote, Status.ACCEPTED)
    emit("sales.quote.accepted", quote, by=by)
    return quote


@action
def delete_quote(quote: Quote, *, by: Viewer) -> None:
    """Delete a draft that has no number yet; what has one stays, so that numbers have no gaps."""
    require(by, "sales.quote.delete", quote)
    quote = lock(quote)
    if quote.number:
        raise Refused(_("A quote with a number stays; it can be superseded or declined."))
    delete_record(kinds.get("sales.quote"), quote, by=by)


@action
def note_printed(quote: Quote, *, by: Viewer) -> None:
    """Note that somebody took the quote away as a PDF (ORG-4)."""
    require(by, "sales.quote.view")
    AuditEntry.write(quote, AuditEntry.Verb.PRINTED, {"quote": [None, "pdf"]})


def _set_status(quote: Quote, status: str) -> Quote:
    quote.status = status
    quote.save()
    return quote


def _need(quote: Quote, *statuses: str) -> None:
    if quote.status not in statuses:
        said = _("A quote that is “%(status)s” cannot do this.") % {"status": quote.get_status_display()}
        raise Refused(said)
