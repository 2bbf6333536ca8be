"""Quotes of the demo company in every state: versions, waiting for approval, sent, accepted and made into contracts."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from zhike.contracts.actions import accept_quote, submit_contract
from zhike.contracts.models import Contract
from zhike.kit.viewer import viewer_of
from zhike.org.actions import decide_approval, delegate_approval
from zhike.org.actions.approvals import open_of
from zhike.org.viewers import the_system
from zhike.packs.distribution import words
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows
from zhike.sales import pricing
from zhike.sales.actions import submit_quote
from zhike.sales.models import Opportunity, PriceList, Product, Quote, QuoteLine

Status = Quote.Status
VALID = 30  # days
# Of each salesperson's open deals, those near a decision first: how the quote stands, how many days ago it was made, the
# largest discount in percent.
OPEN_DEALS = [("sent", 6, 5), ("approved", 3, 8), ("draft", 1, 0), ("sent", 44, 3), ("revised", 9, 6), ("asked", 2, 15)]
# What those asked did with some of them, and why.
ANSWERS = [None, ("agree", "老客户，付款一向准时，同意。"), None, ("reject", "毛利太低，请压缩安装费后再报。"), None,
           ("pass on", "涉及大区政策，请您定。"), None, ("agree", "同意，下不为例。")]  # fmt: skip
LARGE = 25  # percent, which the general manager sees too
CONTRACTS = 8  # of accepted quotes become drafts of contracts, the large ones go up for approval


def offer(world: Any, deals: list[Opportunity], contacts: dict[int, list], products: list[Product],
          keep: Callable[..., None]) -> None:  # fmt: skip
    """Write the quotes of decided deals and of those under way. Inside an action."""
    made = _Desk(world, contacts, products)
    for mine in _by_seller(world, deals, Opportunity.Status.WON):
        for deal in mine[:4]:
            made.quote(deal, Status.ACCEPTED, deal.closed_on - timedelta(days=12), 7)
    for mine in _by_seller(world, deals, Opportunity.Status.LOST):
        for deal in mine[:2]:
            made.quote(deal, Status.REJECTED, deal.closed_on - timedelta(days=15), 7)
    asked, taken = [], []
    for n, mine in enumerate(_by_seller(world, deals, Opportunity.Status.OPEN)):
        for deal, (state, days, discount) in zip(mine, turned(OPEN_DEALS, n), strict=False):
            day = max(world.today - timedelta(days=days + n % 3), deal.opened_on)
            if state == "revised":
                first = made.quote(deal, Status.SUPERSEDED, day - timedelta(days=5), 2)
                made.quote(deal, Status.SENT, day, discount, previous=first)
            elif state == "asked":
                asked.append(made.quote(deal, Status.DRAFT, day, LARGE if n % 5 == 1 else discount))
            else:
                quote = made.quote(deal, Status(state), day, discount)
                taken += [quote] if state == "approved" else []
    made.write(keep)
    _join_contracts(made.rows)
    _ask(world, asked)
    _accept(taken[:CONTRACTS])


def turned(rows: list, by: int) -> list:
    """The rows begun at another place, so that a small company has some of each."""
    place = by % len(rows)
    return rows[place:] + rows[:place]


def _by_seller(world: Any, deals: list[Opportunity], status: str) -> list[list[Opportunity]]:
    """The deals of each salesperson who is here, those near a decision and the large ones first."""
    of: dict[int, list[Opportunity]] = defaultdict(list)
    for deal in deals:
        if deal.status == status and deal.amount and deal.product_id:
            of[deal.owner_id].append(deal)
    rank = {deal.pk: (-deal.stage.order, -deal.amount, deal.pk) for mine in of.values() for deal in mine}
    return [sorted(of[p.pk], key=lambda deal: rank[deal.pk]) for p in world.people.present_sellers]


class _Desk:
    """Quotes as they are drawn up, numbered and written at the end."""

    def __init__(self, world: Any, contacts: dict[int, list], products: list[Product]):
        self.world, self.contacts = world, contacts
        self.extras = [product for product in products if product.series == "服务"]
        self.lists = list(PriceList.objects.filter(is_active=True).prefetch_related("items"))
        self.rows: list[Quote] = []
        self.lines: list[QuoteLine] = []

    def quote(
        self, deal: Opportunity, status: str, day: date, discount: int, *, previous: Quote | None = None
    ) -> Quote:
        random = self.world.random
        made = self.world.happened(day)
        quote = Quote(
            title=deal.name, customer=deal.customer, contact=self.contacts[deal.customer_id][0], opportunity=deal,
            owner_id=deal.owner_id, status=status, quoted_on=day, valid_until=day + timedelta(days=VALID),
            delivery=random.choice(words.DELIVERY), payment_terms=random.choice(words.PAYMENT_TERMS),
            version_no=previous.version_no + 1 if previous else 1, created_at=made, updated_at=made,
        )  # fmt: skip
        quote.__dict__["follows"] = previous
        if status in (Status.ACCEPTED, Status.REJECTED):
            quote.decided_on = deal.closed_on
        self._fill(quote, deal, Decimal(discount))
        self.rows.append(quote)
        return quote

    def _fill(self, quote: Quote, deal: Opportunity, discount: Decimal) -> None:
        accepted, lines = quote.status == Status.ACCEPTED, []
        count = max(round(deal.amount / deal.product.list_price), 1) if deal.product.list_price else 1
        offered = [(deal.product, Decimal(count), discount)]
        extras = self.world.random.sample(self.extras, 0 if accepted else self.world.random.choice([0, 1, 2]))
        offered += [(extra, Decimal(self.world.random.randrange(1, 6)), Decimal(0)) for extra in extras]
        for position, (product, quantity, off) in enumerate(offered, 1):
            lists = [] if accepted else self.lists
            price = pricing.price_for(product, quote.customer, quantity, quote.quoted_on, lists)
            # Discounts count against the list price: what the price list gives is part of it.
            off = max(off - (1 - price.amount / product.list_price) * 100, Decimal(0)).quantize(Decimal(1))
            lines.append(QuoteLine(
                quote=quote, position=position, product=product, name=product.name, spec=product.spec,
                unit=product.unit, quantity=quantity, list_price=product.list_price, price=price.amount, discount=off,
                **product.taxation.columns, amount=pricing.line_amount(quantity, price.amount, off), cost=product.cost,
            ))  # fmt: skip
        if accepted:  # what was signed; fen are given away
            quote.reduction = max(lines[0].amount - deal.amount, Decimal(0))
        sums = pricing.sums_of(lines, quote.reduction)
        for line, tax in zip(lines, sums.taxes, strict=True):
            line.tax = tax
        quote.subtotal, quote.total, quote.tax, quote.cost = sums.subtotal, sums.total, sums.tax, sums.cost
        quote.discount = pricing.discount_of(lines, sums.subtotal, quote.reduction)
        self.lines += lines

    def write(self, keep: Callable[..., None]) -> None:
        """Give the quotes their numbers and write them with their lines."""
        by_month: dict[str, list[Quote]] = defaultdict(list)
        for quote in sorted(self.rows, key=lambda quote: quote.quoted_on):
            if quote.status != Status.DRAFT and quote.version_no == 1:
                by_month[f"{quote.quoted_on:%Y%m}"].append(quote)
        for month, quotes in by_month.items():
            first = next_number(f"sales.quote:{month}", len(quotes))
            for n, quote in enumerate(quotes, first):
                quote.number = f"BJ-{month}-{n:04d}"
        for quote in self.rows:
            if before := quote.__dict__["follows"]:
                quote.number, quote.previous = before.number, before
        firsts = [quote for quote in self.rows if quote.version_no == 1]
        keep(Quote, firsts)
        later = [quote for quote in self.rows if quote.version_no > 1]
        for quote in later:  # made before the first versions had keys
            quote.previous_id = quote.previous.pk
        keep(Quote, later)
        for line in self.lines:
            line.quote_id = line.quote.pk
        insert_rows(QuoteLine, self.lines)


def _join_contracts(quotes: list[Quote]) -> None:
    """Contracts of won deals came of the quotes that were accepted, where they come to the same."""
    accepted = {quote.opportunity_id: quote for quote in quotes if quote.status == Status.ACCEPTED}
    rows = Contract.objects.visible_to(the_system()).filter(opportunity__in=accepted)
    joined = [contract for contract in rows if accepted[contract.opportunity_id].total == contract.amount]
    for contract in joined:
        contract.quote = accepted[contract.opportunity_id]
    Contract.objects.bulk_update(joined, ["quote"])


def _ask(world: Any, quotes: list[Quote]) -> None:
    """Submit quotes for approval: most wait, some were decided, passed on, or decided by one and wait for the next."""
    people = {person.pk: person for person in world.people.all.values()}
    for n, quote in enumerate(quotes):
        submit_quote(quote, by=viewer_of(quote.owner_id), reason=words.WHY_CHEAPER[n % len(words.WHY_CHEAPER)])
        above = people[people[quote.owner_id].supervisor_id]
        approval = open_of("sales.quote", quote.pk)
        if approval is None or not (answer := ANSWERS[n % len(ANSWERS)]):
            continue
        does, comment = answer
        if does == "pass on":
            director = people[above.supervisor_id]
            delegate_approval(approval, by=viewer_of(above.pk), to=director, comment=comment)
            if n >= len(ANSWERS):
                decide_approval(approval, by=viewer_of(director.pk), approve=True, comment="同意，注意回款。")
        else:
            decide_approval(approval, by=viewer_of(above.pk), approve=does == "agree", comment=comment)


def _accept(quotes: list[Quote]) -> None:
    """Customers took these: drafts of contracts; the large ones go up for approval."""
    for n, quote in enumerate(quotes):
        by = viewer_of(quote.owner_id)
        contract = accept_quote(quote, by=by)
        if n % 2:
            submit_contract(contract, by=by, note="设备采购合同，条款与报价一致。")
