"""Two years of the demo company: customers and their contacts, deals with their stages, follow-ups."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from zhike.activities.models import Activity
from zhike.contracts.models import Contract, Payment, Receivable
from zhike.customers.models import Contact, Customer, month_and_day
from zhike.packs.distribution import catalogue, leads, letters, money, offers, projects, words
from zhike.packs.distribution.names import TITLES, companies, mobile, person_name
from zhike.packs.distribution.people import People
from zhike.records import kinds, search
from zhike.records.actions import next_number
from zhike.records.bulk import insert_rows
from zhike.records.models import AuditEntry, Tag, Tagging
from zhike.sales.models import Lead, Opportunity, OpportunityLine, Pipeline, Product, Quote, Stage, StageChange

YEARS = 2
SOURCES = ["referral", "exhibition", "search", "enquiry", "hotline", "cold", "wechat", "returning", "tender", "channel"]


@dataclass
class World:
    """What the parts of the history share."""

    random: Random
    people: People
    today: date

    def instant(self, day: date, hour: int | None = None) -> datetime:
        """A time of a working day."""
        clock = time(hour or self.random.randrange(9, 18), self.random.randrange(0, 60, 5))
        return datetime.combine(day, clock, timezone.get_default_timezone())

    def happened(self, day: date, hour: int | None = None) -> datetime:
        """The same of what has happened: what would be later today was in the last hours, in the same order.

        What is done while the demo is made comes after it all.
        """
        found, latest = self.instant(day, hour), timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1)
        midnight = datetime.combine(day + timedelta(days=1), time(0), timezone.get_default_timezone())
        return found if found <= latest else latest - (midnight - found) / 8

    def day_since(self, first: date, last: date | None = None) -> date:
        """A working day between two days."""
        last = last or self.today
        found = first + timedelta(days=self.random.randrange(max((last - first).days, 0) + 1))
        return found - timedelta(days=max(found.weekday() - 4, 0)) if found.weekday() > 4 and found > first else found


def live(world: World, count: int) -> None:
    """Write the whole history. Inside an action."""
    products = _products(world)
    catalogue.stock(world, products, _keep)
    customers = _customers(world, count)
    contacts = _contacts(world, customers)
    deals = _deals(world, customers, contacts, products)
    money.sell(world, deals, contacts, _keep)
    activities = _activities(world, customers, contacts, deals)
    leads.live(world, max(count // 20, 20), deals, _keep)
    _note_last(world, customers, activities)
    _tags(customers)
    projects.surround(world, deals, contacts, _keep)
    offers.offer(world, deals, contacts, products, _keep)
    letters.exchange(world, deals, _keep)
    for model in (Product, Customer, Contact, Opportunity, Lead, Activity, Contract, Receivable, Payment, Quote):
        if kind := kinds.find(model._meta.label_lower):
            search.reindex(kind)


def _keep(model: type, rows: list[Any], *, audited: bool = True) -> None:
    """Write rows with their own times, each with its first line in the history."""
    insert_rows(model, rows, keep_times=True)
    if not audited:
        return
    entries = []
    for row in rows:
        entry = AuditEntry.of(row, AuditEntry.Verb.CREATED)
        entry.person_id, entry.happened_at = getattr(row, "owner_id", None), row.created_at
        entries.append(entry)
    insert_rows(AuditEntry, entries, keep_times=True)


def _codes(model: type, rows: list[Any]) -> None:
    kind = kinds.get(model._meta.label_lower)
    prefix, digits = kind.number
    first = next_number(kind.label, len(rows))
    for n, row in enumerate(rows):
        row.code = f"{prefix}{first + n:0{digits}d}"


def _products(world: World) -> list[Product]:
    random, made = world.random, world.instant(world.today - timedelta(days=365 * YEARS), 9)
    rows = []
    for series, names in words.PRODUCTS.items():
        for n, (name, unit, price) in enumerate(names, 1):
            cost = Decimal(price) * Decimal(random.randrange(52, 74)) / 100
            rows.append(Product(
                code=f"{series[1]}-{n:03d}", name=name, series=series[0], unit=unit, list_price=Decimal(price),
                tax_rate=Decimal(6 if series[1] == "FW" else 13), cost=cost.quantize(Decimal("0.01")),
                created_at=made, updated_at=made,
            ))  # fmt: skip
    _keep(Product, rows)
    return rows


def _customers(world: World, count: int) -> list[Customer]:
    random, rows = world.random, []
    start = world.today - timedelta(days=365 * YEARS)
    for company in companies(random, count):
        owner = random.choice(world.people.sellers)
        made = world.happened(world.day_since(start))
        lifecycle = random.choices(
            ["potential", "target", "near", "won", "loyal", "dormant", "lost"], [38, 22, 9, 14, 6, 8, 3]
        )[0]
        bought = lifecycle in ("won", "loyal", "dormant")
        tier = random.choices(["potential", "target", "key"], [1, 4, 3] if bought else [6, 3, 1])[0]
        size = random.choice([1, 2, 3, 5, 10, 20])
        rows.append(Customer(
            name=company.name, short_name=company.short_name, uscc=company.uscc, phone=company.phone, owner=owner,
            industry=company.industry, region=company.province, city=company.city, address=company.address,
            source=random.choice(SOURCES), lifecycle=lifecycle, tier=tier,
            abc=random.choices("ABCD", [1, 3, 5, 2])[0] if bought else "",
            credit_grade=random.choices("ABC", [3, 5, 2])[0] if bought else "",
            credit_limit=Decimal(random.choice([50_000, 100_000, 200_000, 500_000, 1_000_000])) if bought else None,
            credit_days=random.choice([30, 45, 60, 90]) if bought else None,
            custom={
                "legal_representative": person_name(random), "registered_capital": size * 100,
                "founded_on": date(random.randrange(1995, 2023), random.randrange(1, 13), random.randrange(1, 29)).isoformat(),
            },
            created_at=made, updated_at=made,
        ))  # fmt: skip
    rows.sort(key=lambda row: row.created_at)
    _codes(Customer, rows)
    _keep(Customer, rows)
    return rows


def _contacts(world: World, customers: list[Customer]) -> dict[int, list[Contact]]:
    random, rows = world.random, []
    for customer in customers:
        for n in range(random.choices([1, 2, 3, 4], [5, 4, 2, 1])[0]):
            birthday = date(random.randrange(1966, 1999), random.randrange(1, 13), random.randrange(1, 29))
            birthday = birthday if random.random() < 0.4 else None
            rows.append(Contact(
                customer=customer, owner_id=customer.owner_id, name=person_name(random), title=random.choice(TITLES),
                mobile=mobile(random), role=random.choice(["decider", "influencer", "user", "gatekeeper", ""]),
                attitude=random.choices(["supports", "neutral", "opposes", ""], [3, 4, 1, 4])[0], is_primary=n == 0,
                birthday=birthday, birthday_md=month_and_day(birthday),
                interests=random.choice(words.INTERESTS) if random.random() < 0.3 else "",
                created_at=customer.created_at, updated_at=customer.created_at,
            ))  # fmt: skip
    letters.give_addresses(rows)
    _keep(Contact, rows)
    found: dict[int, list[Contact]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    for customer in customers:
        customer.main_contact = found[customer.pk][0]
    return found


def _deals(world: World, customers: list[Customer], contacts: dict[int, list[Contact]],
           products: list[Product]) -> list[Opportunity]:  # fmt: skip
    random, rows, lines, changes = world.random, [], [], []
    ways = list(Pipeline.objects.prefetch_related("stages"))
    for customer in customers:
        chances = {"potential": 0.2, "target": 0.7, "near": 1.3, "won": 1.8, "loyal": 2.6, "dormant": 1.2, "lost": 1.0}
        for _n in range(int(chances[customer.lifecycle] + random.random())):
            way = random.choices(ways, [4, 2, 1][: len(ways)])[0]
            rows.append(_deal(world, customer, contacts[customer.pk], way, random.choice(products), changes))
    for deal in [row for row in rows if row.status == row.Status.OPEN and row.probability >= 60][::3]:
        deal.forecast_category = Opportunity.Category.COMMIT
    _codes(Opportunity, rows)
    _keep(Opportunity, rows)
    for deal in rows:
        amount = deal.amount or Decimal(0)
        count = max(round(amount / deal.product.list_price), 1) if deal.product.list_price else 1
        count = 1 if amount % count else count  # the lines come to the amount to the fen
        lines.append(OpportunityLine(opportunity=deal, product=deal.product, quantity=count, price=amount / count,
                                     amount=amount))  # fmt: skip
    insert_rows(OpportunityLine, lines, keep_times=True)
    for change in changes:  # made before the deals had keys
        change.opportunity_id = change.opportunity.pk
    insert_rows(StageChange, sorted(changes, key=lambda change: change.happened_at), keep_times=True)
    return rows


def _deal(world: World, customer: Customer, contacts: list[Contact], way: Pipeline, product: Product,
          changes: list[StageChange]) -> Opportunity:  # fmt: skip
    random = world.random
    stages = sorted(way.stages.all(), key=lambda s: s.order)
    steps = [s for s in stages if s.kind == Stage.Kind.OPEN]
    opened = world.day_since(timezone.localdate(customer.created_at))
    decided = customer.lifecycle in ("lost",) or opened < world.today - timedelta(days=150) or random.random() < 0.25
    reached = random.randrange(len(steps))
    day, deal = opened, Opportunity(
        name=f"{customer.short_name}{random.choice(words.PROJECTS)}", customer=customer, contact=random.choice(contacts),
        pipeline=way, owner_id=customer.owner_id, product=product, source=customer.source, opened_on=opened,
        amount=(product.list_price * random.randrange(1, 9) * Decimal("0.93")).quantize(Decimal(1)),
    )  # fmt: skip
    path = steps if decided else steps[: reached + 1]
    old = None
    for stage in path:
        stay = random.randrange(2, 3 * (stage.expected_days or 10))
        changes.append(_change(world, deal, old, stage, day))
        deal.stage, deal.stage_since, old = stage, changes[-1].happened_at, stage
        if day + timedelta(days=stay) >= world.today or stage is path[-1]:
            break
        day = day + timedelta(days=stay)
    if decided and (world.today - day).days > 5:
        won = customer.lifecycle in ("won", "loyal", "dormant") and random.random() < 0.7
        last = next((s for s in stages if s.kind == (Stage.Kind.WON if won else Stage.Kind.LOST)), None)
        if last:
            day = world.day_since(day, min(day + timedelta(days=30), world.today))
            changes.append(_change(world, deal, old, last, day))
            deal.stage, deal.stage_since, deal.closed_on = last, changes[-1].happened_at, day
            deal.status = Opportunity.Status.WON if won else Opportunity.Status.LOST
            deal.loss_reason = "" if won else random.choice(["competitor", "price", "budget", "need_changed"])
    deal.probability = deal.stage.probability
    deal.expected_on = deal.closed_on or world.today + timedelta(days=random.randrange(-10, 120))
    if deal.status == Opportunity.Status.OPEN and random.random() < 0.7:
        deal.next_step, deal.next_on = random.choice(words.NEXT), world.today + timedelta(days=random.randrange(-3, 15))
    deal.created_at, deal.updated_at = world.happened(opened), deal.stage_since
    return deal


def _change(world: World, deal: Opportunity, old: Stage | None, new: Stage, day: date) -> StageChange:
    happened = world.happened(day)
    days = max((happened - deal.stage_since).days, 0) if old else None
    return StageChange(opportunity=deal, old=old, new=new, person_id=deal.owner_id, happened_at=happened, days=days)


def _activities(world: World, customers: list[Customer], contacts: dict[int, list[Contact]],
                deals: list[Opportunity]) -> list[Activity]:  # fmt: skip
    random, rows = world.random, []
    of_customer: dict[int, list[Opportunity]] = {}
    for deal in deals:
        of_customer.setdefault(deal.customer_id, []).append(deal)
    busy = {"potential": 2, "target": 5, "near": 8, "won": 8, "loyal": 11, "dormant": 5, "lost": 5}
    for customer in customers:
        last = world.today - timedelta(days=200) if customer.lifecycle in ("dormant", "lost") else world.today
        first = timezone.localdate(customer.created_at)
        for _n in range(random.randrange(busy[customer.lifecycle] + 1)):
            kind = random.choices(list(words.SAID), [5, 4, 2, 3, 1, 1, 1])[0]
            happened = world.happened(world.day_since(first, max(last, first)))
            about = (
                random.choice(of_customer[customer.pk])
                if customer.pk in of_customer and random.random() < 0.6
                else None
            )
            rows.append(Activity(
                kind=kind, customer=customer, contact=random.choice(contacts[customer.pk]), opportunity=about,
                author_id=customer.owner_id, owner_id=customer.owner_id, happened_at=happened,
                minutes=random.choice([5, 10, 15, 30, 45, 60, 90, 120]), summary=random.choice(words.SAID[kind]),
                next_step=random.choice(words.NEXT) if random.random() < 0.5 else "",
                created_at=happened, updated_at=happened,
            ))  # fmt: skip
    rows.sort(key=lambda row: row.happened_at)
    _keep(Activity, rows)
    return rows


def _note_last(world: World, customers: list[Customer], activities: list[Activity]) -> None:
    latest = {activity.customer_id: activity for activity in activities}
    for customer in customers:
        if found := latest.get(customer.pk):
            customer.last_activity_at, customer.last_activity_kind = found.happened_at, found.kind
            customer.updated_at = max(customer.updated_at, found.happened_at)
        if customer.lifecycle in ("target", "near", "won", "loyal") and world.random.random() < 0.5:
            customer.next_step = world.random.choice(words.NEXT)
            customer.next_at = world.instant(world.today + timedelta(days=world.random.randrange(-2, 14)))
    fields = ["last_activity_at", "last_activity_kind", "next_step", "next_at", "updated_at", "main_contact"]
    Customer.objects.bulk_update(customers, fields, batch_size=200)


def _tags(customers: list[Customer]) -> None:
    for n, name in enumerate(words.TAGS):
        tag, _created = Tag.objects.get_or_create(kind=Customer._meta.label_lower, name=name)
        insert_rows(Tagging, [Tagging(tag=tag, object_id=c.pk) for c in customers[n * 3 :: 17 + n * 5]])
