"""Reads of this room, viewer first: the board, a deal with all about it, the funnel, what a customer has with us."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, QuerySet, Sum

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.keys import key_of
from zhike.kit.money import round_fen, yuan
from zhike.kit.viewer import Viewer
from zhike.org.queries import company_name
from zhike.records import queries as records
from zhike.records import search
from zhike.records.filters import Filter
from zhike.records.lookups import person_names, sees_much
from zhike.records.prepared import once, prepared
from zhike.sales import rules
from zhike.sales.kinds import LEAD, OPPORTUNITY, PRODUCT, QUOTE
from zhike.sales.models import (
    Lead,
    LeadAssignment,
    Opportunity,
    OpportunityLine,
    Pipeline,
    PriceList,
    PriceListItem,
    Product,
    Quote,
    QuoteLine,
    Stage,
    StageChange,
)
from zhike.sales.models.pipelines import stages, stages_of
from zhike.sales.models.quote_rules import filled, quote_rules
from zhike.sales.projects import (  # noqa: F401 - lent to the rooms above
    booked_for,
    buying_centre,
    buying_role,
    member,
    resource_request,
    resource_requests,
    rival,
    rivals,
    score_parts,
    team,
    visits_from,
)

CARDS = 50
OPEN = Opportunity.Status.OPEN
# What chooses the board's pipeline and is not a condition on it; it shows open deals only.
NOT_ON_BOARD = ("pipeline", "status")


@dataclass
class Card:
    """A deal on the board."""

    pk: int
    code: str
    name: str
    customer: str | None
    amount: Decimal | None
    expected_on: Any
    next_step: str
    next_on: Any
    owner_id: int
    version: int
    days: int
    state: str


@dataclass
class Column:
    """A stage of the board: the first of its deals; where summed, how many, what they come to, weighted as well."""

    stage: Stage
    count: int = 0
    total: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    cards: list[Card] = field(default_factory=list)
    next: int | None = None

    def open_to(self) -> str:
        """The ids of the stages its cards may be moved to, for the board's script."""
        return " ".join(str(stage.pk) for stage in rules.stages_open_to(self.stage))


def opportunity(viewer: Viewer, pk: int) -> Opportunity:
    """A deal with customer, contact and product; raises NotVisible."""
    return records.record(viewer, OPPORTUNITY, pk, related=("customer", "contact", "product"))


def opportunity_for(viewer: Viewer, pk: int, word: str = "change") -> Opportunity:
    """A deal the viewer may do this to; raises NotVisible or Forbidden."""
    return records.record_for(viewer, OPPORTUNITY, pk, word)


def product(viewer: Viewer, pk: int) -> Product:
    """A product; raises NotVisible."""
    return records.record(viewer, PRODUCT, pk)


def lead(viewer: Viewer, pk: int) -> Lead:
    """A lead with what it was made into; raises NotVisible."""
    return records.record(viewer, LEAD, pk, related=("customer", "opportunity", "contact"))


def board_rows(viewer: Viewer, pipeline: Pipeline, flt: Filter, *, in_order: bool = False) -> QuerySet[Opportunity]:
    """The open deals of a pipeline that a filter keeps; `in_order` for the first of them as a column shows them.

    Raises ValidationError {field: message}.
    """
    wanted = Filter(OPPORTUNITY, [c for c in flt.conditions if c.field not in NOT_ON_BOARD], flt.search)
    along = in_order and sees_much(viewer) and not wanted.conditions and not wanted.search
    rows = OPPORTUNITY.rows(viewer, along=along).filter(pipeline=pipeline, status=OPEN)
    return search.narrow(wanted.apply(rows, viewer), OPPORTUNITY, viewer, flt.search)


def board(
    viewer: Viewer, pipeline: Pipeline, flt: Filter, *, by_score: bool = False, summed: bool = False
) -> list[Column]:
    """The board: a column for each open stage with its first cards, the newest arrivals (or best scores) first.

    A query a column, which reads these cards only; where it is `summed`, one more over all deals, exact.
    """
    found = columns(board_rows(viewer, pipeline, flt), pipeline) if summed else empty_columns(pipeline)
    rows = board_rows(viewer, pipeline, flt, in_order=True)
    for column in found:
        column.cards, column.next = cards(rows, column.stage, by_score=by_score)
    return found


def empty_columns(pipeline: Pipeline) -> list[Column]:
    """The columns of a board without anything in them."""
    return [Column(stage) for stage in stages_of(pipeline.pk) if stage.is_open]


def columns(rows: QuerySet[Opportunity], pipeline: Pipeline) -> list[Column]:
    """Count, sum and weighted sum of each open stage, in one query.

    The database adds up per probability; what is weighted is rounded to fen per sum, half up (CRAFT §10).
    """
    return _columns(_by_stage(rows), pipeline)


def _by_stage(rows: QuerySet[Opportunity]) -> QuerySet:
    return rows.order_by().values_list("stage_id", "probability").annotate(n=Count("*"), total=Sum("amount"))


def _columns(sums: Iterable[tuple], pipeline: Pipeline) -> list[Column]:
    found = {column.stage.pk: column for column in empty_columns(pipeline)}
    for stage_id, probability, count, total in sums:
        if (column := found.get(stage_id)) is None:
            continue
        column.count += count
        column.total += total or Decimal(0)
        column.weighted += round_fen((total or Decimal(0)) * probability / 100)
    return list(found.values())


def cards(
    rows: QuerySet[Opportunity], stage: Stage, start: int = 0, *, by_score: bool = False
) -> tuple[list[Card], int | None]:
    """The cards of a column from a place on, and the place where the next begin, if there are more."""
    names = (
        "pk",
        "code",
        "name",
        "customer__name",
        "amount",
        "expected_on",
        "next_step",
        "next_on",
        "owner_id",
        "version",
    )
    order = ("-score", "-id") if by_score else ("-stage_since", "-id")
    found = rows.filter(stage=stage).order_by(*order).values_list("stage_since", *names)
    now, some = dates.now(), list(found[start : start + CARDS + 1])
    made = [_card(stage, since, now, values) for since, *values in some[:CARDS]]
    return made, start + CARDS if len(some) > CARDS else None


def _card(stage: Stage, since: datetime, now: datetime, values: list) -> Card:
    days = max((now - since).days, 0)
    return Card(*values, days=days, state=rules.stuck_state(stage, days))


def open_counts(pipeline: Pipeline) -> dict[int, int]:
    """How many open deals stand in each stage of a pipeline, whoever's: for who sets pipelines up, numbers only."""
    rows = Opportunity.objects.whole_table("numbers for who sets up pipelines").filter(pipeline=pipeline, status=OPEN)
    return dict(rows.order_by().values_list("stage_id").annotate(n=Count("pk")))


def funnel(viewer: Viewer, pipeline: Pipeline) -> list[Column]:
    """The open deals of a pipeline by stage, without cards: the shape of the funnel (INS-1)."""
    return _columns(_funnel(viewer, pipeline.pk), pipeline)


@prepared
def _funnel(viewer: Viewer, pipeline_id: int) -> QuerySet:
    return _by_stage(OPPORTUNITY.rows(viewer).filter(pipeline_id=pipeline_id, status=OPEN))


def lines_of(viewer: Viewer, opportunity: Opportunity) -> list[OpportunityLine]:
    """The product lines of a deal, in order."""
    rows = OpportunityLine.objects.visible_to(viewer).filter(opportunity=opportunity)
    return list(rows.select_related("product", "opportunity").order_by("id"))


def stage_changes(viewer: Viewer, opportunity: Opportunity) -> list[StageChange]:
    """How a deal went from stage to stage, newest first."""
    rows = StageChange.objects.visible_to(viewer).filter(opportunity=opportunity)
    return list(rows.select_related("person").order_by("-id")[:100])


def stage_days(changes: list[StageChange], opportunity: Opportunity) -> dict[int, int]:
    """Days a deal spent in each stage, the present one till today, from its history newest first."""
    found = {opportunity.stage_id: opportunity.days_in_stage()} if opportunity.status == OPEN else {}
    for change in changes:
        if change.old_id and change.days is not None:
            found[change.old_id] = found.get(change.old_id, 0) + change.days
    return found


def path(opportunity: Opportunity, changes: list[StageChange]) -> list[dict[str, Any]]:
    """The stages of a deal as steps: {"stage", "state" done|now|"", "days", "why" it may not go there from here}.

    Lost shows only where it ended there.
    """
    days, now = stage_days(changes, opportunity), stages()[opportunity.stage_id]
    been = {change.new_id for change in changes}
    steps = []
    for stage in [*stages_of(opportunity.pipeline_id), *([now] if now.is_archived else [])]:
        if stage.kind == Stage.Kind.LOST and stage.pk != now.pk:
            continue
        is_done = stage.order < now.order and (now.kind != Stage.Kind.LOST or stage.pk in been)
        state = "now" if stage.pk == now.pk else "done" if is_done else ""
        why = "" if stage.pk == now.pk else rules.barred(now, stage)
        steps.append({"stage": stage, "state": state, "days": days.get(stage.pk), "why": why})
    return steps


def ends(opportunity: Opportunity, changes: list[StageChange]) -> dict[str, int | None]:
    """Where a deal goes when it is won or lost, and back to when it is taken up again: ids of stages.

    Won is None where the pipeline does not let it be won from here.
    """
    mine, now = stages_of(opportunity.pipeline_id), stages()[opportunity.stage_id]
    first = {
        kind: next((s.pk for s in mine if s.kind == kind and not rules.barred(now, s)), None)
        for kind in Stage.Kind.values
    }
    known = {s.pk for s in mine if s.is_open}
    back = next((change.old_id for change in changes if change.old_id in known), first[Stage.Kind.OPEN])
    return {"won": first[Stage.Kind.WON], "lost": first[Stage.Kind.LOST], "back": back}


def weighted(opportunity: Opportunity) -> Decimal | None:
    """The amount weighted by its probability, rounded to fen."""
    return None if opportunity.amount is None else round_fen(opportunity.amount * opportunity.probability / 100)


def checklist(opportunity: Opportunity) -> list[dict[str, Any]]:
    """What is to be done in the present stage, with who ticked it when: "ticked" is None or (name, day)."""
    items = rules.checklist(opportunity, stages()[opportunity.stage_id])
    names = person_names()
    return [{**i, "ticked": (names.get(i["ticked"][0], ""), i["ticked"][1]) if i["ticked"] else None} for i in items]


def deals_of(viewer: Viewer, customer: Customer) -> list[Opportunity]:
    """A customer's deals that the viewer sees: open ones first, then the latest."""
    rows = Opportunity.objects.visible_to(viewer).filter(customer=customer).select_related("product")
    return sorted(rows.order_by("-updated_at", "-id")[:200], key=lambda deal: deal.status != OPEN)


def open_deals(viewer: Viewer, customer: Customer) -> tuple[int, Decimal, Decimal]:
    """How many deals are open with a customer, what they come to, and weighted."""
    count, total, weighted = 0, Decimal(0), Decimal(0)
    for status, probability, n, amount in deal_sums(viewer, customer):
        if status != OPEN:
            continue
        count, total = count + n, total + (amount or 0)
        weighted += round_fen((amount or Decimal(0)) * probability / 100)
    return count, total, weighted


def won_deals(viewer: Viewer, customer: Customer) -> tuple[int, Decimal]:
    """How many deals were won with a customer, and what they came to."""
    won = [(n, amount) for status, _p, n, amount in deal_sums(viewer, customer) if status == Opportunity.Status.WON]
    return sum(n for n, _amount in won), sum((amount or Decimal(0) for _n, amount in won), Decimal(0))


def count_deals(viewer: Viewer, customer: Customer) -> int:
    """How many deals with a customer the viewer sees."""
    return sum(n for _status, _probability, n, _amount in deal_sums(viewer, customer))


@once
def deal_sums(viewer: Viewer, customer: Customer) -> list[tuple]:
    """The deals with a customer that the viewer sees: (status, probability, how many, amount) for each of these."""
    return _deal_sums(viewer, customer.pk)


@prepared
def _deal_sums(viewer: Viewer, customer_id: int) -> QuerySet:
    rows = Opportunity.objects.visible_to(viewer).filter(customer_id=customer_id).order_by()
    return rows.values_list("status", "probability").annotate(n=Count("pk"), total=Sum("amount"))


def deals_with_product(viewer: Viewer, product: Product) -> list[Opportunity]:
    """The latest deals the viewer sees in which a product is offered."""
    lines = OpportunityLine.objects.visible_to(viewer).filter(product=product).values("opportunity_id")
    rows = Opportunity.objects.visible_to(viewer).filter(pk__in=lines).select_related("customer")
    return list(rows.order_by("-updated_at", "-id")[:20])


def unowned_leads(viewer: Viewer) -> int:
    """How many open leads nobody owns, of those the viewer sees."""
    return Lead.objects.visible_to(viewer).filter(owner=None, status__in=Lead.OPEN).count()


def assignments_of(viewer: Viewer, lead: Lead) -> list[LeadAssignment]:
    """To whom a lead was given by which rules, newest first."""
    return list(
        LeadAssignment.objects.visible_to(viewer).filter(lead=lead).select_related("person").order_by("-id")[:20]
    )


def same_leads(viewer: Viewer, lead: Lead) -> list[Lead]:
    """Other leads of the same number or company."""
    rows = Lead.objects.visible_to(viewer).exclude(pk=lead.pk)
    found = list(rows.filter(mobile=lead.mobile).order_by("-id")[:3]) if lead.mobile else []
    return found or (list(rows.filter(company=lead.company).order_by("-id")[:3]) if lead.company else [])


def quote_beginnings() -> dict[str, Any]:
    """What a new quote begins with: its days and the company's usual terms."""
    today, rules = dates.today(), quote_rules()
    return {
        "quoted_on": today, "valid_until": today + timedelta(days=rules.valid_days),
        "payment_terms": rules.payment_terms, "delivery": rules.delivery,
    }  # fmt: skip


def quote_lines(viewer: Viewer, quote: Quote) -> list[QuoteLine]:
    """The lines of a quote that was read through its scope, in order."""
    return list(QuoteLine.objects.within(viewer, quote).select_related("product").order_by("position", "id"))


def quote_letter(viewer: Viewer, quote: Quote) -> tuple[str, str]:
    """Subject and text of the letter a quote goes with, in the company's own words (SAL-5)."""
    words = {
        "name": quote.contact.name if quote.contact else quote.customer.name, "customer": quote.customer.name,
        "company": company_name(), "number": quote.label, "title": quote.title, "total": yuan(quote.total),
        "person": str(viewer.person), "mobile": viewer.person.mobile,
        "valid_until": quote.valid_until.isoformat() if quote.valid_until else "—",
    }  # fmt: skip
    rules = quote_rules()
    return filled(rules.subject_template, words)[:200], filled(rules.text_template, words)


def versions_of(viewer: Viewer, quote: Quote) -> list[Quote]:
    """All versions of a quote the viewer sees, newest first; empty where there is only this one."""
    if not quote.number:
        return []
    rows = list(QUOTE.rows(viewer).filter(number=quote.number).order_by("-version_no")[:50])
    return rows if len(rows) > 1 else []


def quotes_about(viewer: Viewer, about: Any) -> list[Quote]:
    """The quotes of a customer or a deal, newest first."""
    rows = QUOTE.rows(viewer).filter(**{about._meta.model_name: about}).select_related("owner", "customer")
    return list(rows.order_by("-id")[:50])


def products_on_sale(viewer: Viewer, ids: Iterable[int]) -> dict[int, Product]:
    """Products that may be offered, by id."""
    return PRODUCT.rows(viewer).filter(is_active=True).in_bulk(set(ids))


def price_lists_with(products: Iterable[Product]) -> list[PriceList]:
    """The price lists in use that have one of these products, in their order, with the prices of these at hand."""
    ids = [product.pk for product in products]
    items = Prefetch("items", PriceListItem.objects.filter(product__in=ids))
    rows = PriceList.objects.filter(is_active=True, items__product__in=ids).distinct()
    return list(rows.order_by("order", "id").prefetch_related(items)) if ids else []


def parties_of(viewer: Viewer, opportunity_pk: str) -> dict[str, int]:
    """{"customer": id, "contact": id} of a deal the viewer sees, to begin a form with."""
    found = OPPORTUNITY.rows(viewer).filter(pk=key_of(opportunity_pk), customer__isnull=False)
    names = ("customer", "contact")
    return {name: pk for name, pk in zip(names, found.values_list(*names).first() or (), strict=False) if pk}
