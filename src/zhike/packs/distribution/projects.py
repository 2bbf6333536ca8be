"""Who decides, competes and works on the demo company's open deals, and the scores that follow from it."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from zhike.customers.models import Contact
from zhike.kit.workdays import next_workday
from zhike.org.models import Person
from zhike.records import config, search
from zhike.records.kinds import get
from zhike.sales.actions import refresh_all_scores
from zhike.sales.models import BuyingRole, Competitor, DealCompetitor, Opportunity, ResourceRequest, TeamMember

if TYPE_CHECKING:
    from zhike.packs.distribution.history import World

COMPETITORS = [
    ("海川自控", "价格低，交货快", "软件弱，售后只到省会", "先看现场，算三年总成本"),
    ("德图视觉", "品牌响，算法强", "交期长，不做定制", "用样机对比节拍和误判率"),
    ("联创传感", "渠道广，库存足", "技术支持靠代理", "承诺两小时内响应"),
    ("北辰智造", "集成经验多", "报价高，改动慢", "拆分采购，先上一条线"),
    ("万通机电", "老客户关系深", "产品线旧", "请使用部门试用新品"),
]  # fmt: skip
REASONS = ["方案交流和现场演示", "样机调试", "技术评审答疑", "与客户高层会面", "投标技术文件"]
STANCES = {"supports": "supports", "neutral": "neutral", "opposes": "against", "": "unknown"}
SHARE = 0.45


def surround(
    world: "World", deals: list[Opportunity], contacts: dict[int, list[Contact]], keep: Callable[..., None]
) -> None:
    """Give open deals a buying centre, rivals, a team and bookings; decided ones their rivals. Inside an action."""
    random = world.random
    rivals = [Competitor(name=name, strengths=good, weaknesses=bad, our_answer=answer,
                         created_at=world.instant(world.today - timedelta(days=400)),
                         updated_at=world.instant(world.today - timedelta(days=30)))
              for name, good, bad, answer in COMPETITORS]  # fmt: skip
    keep(Competitor, rivals)
    open_deals = [deal for deal in deals if deal.status == Opportunity.Status.OPEN]
    chosen = [deal for deal in open_deals if random.random() < SHARE]
    roles = [role for deal in chosen for role in _centre(random, deal, contacts[deal.customer_id])]
    BuyingRole.objects.bulk_create(roles)
    DealCompetitor.objects.bulk_create(
        DealCompetitor(opportunity=deal, competitor=rival, price=deal.amount and round(deal.amount * 96 / 100),
                       standing=random.choice(["ahead", "level", "behind", "unknown"]))
        for deal in deals if random.random() < SHARE
        for rival in random.sample(rivals, random.choice([1, 1, 2]))
    )  # fmt: skip
    _book(world, chosen, keep)
    config.bump()
    for kind in ("sales.competitor", "sales.resourcerequest"):
        search.reindex(get(kind))
    refresh_all_scores()


def _centre(random: Random, deal: Opportunity, people: list[Contact]) -> list[BuyingRole]:
    return [
        BuyingRole(
            opportunity=deal, contact=person, role=person.role or random.choice(["finance", "purchasing", "technical"]),
            stance=STANCES[person.attitude], influence=3 if person.role == "decider" else random.choice([1, 2, 2, 3]),
            covered_by_id=deal.owner_id if random.random() < 0.7 else None,
        )
        for person in people
    ]  # fmt: skip


def _book(world: "World", deals: list[Opportunity], keep: Callable[..., None]) -> None:
    """A dozen requests of the coming days: most granted, never beyond a day, some waiting, one declined."""
    random, engineers = world.random, [p for p in world.people.all.values() if p.title == "服务工程师"]
    if not engineers:
        return
    boss, day, asked, team = world.people.all["caiz"], world.today, [], []
    for n, deal in enumerate(sorted(deals, key=lambda d: -(d.amount or 0))[:12]):
        engineer: Person = engineers[n % len(engineers)]
        day = next_workday(day) if n % len(engineers) == 0 else day
        state = ["granted", "granted", "asked", "granted", "declined", "granted"][n % 6]
        asked.append(_request(world, deal, engineer, boss, day, state))
        if state == "granted":
            team.append(TeamMember(opportunity=deal, person=engineer, role="technical", added_by=boss))
    for deal in random.sample(deals, min(len(deals), 10)):
        seller = random.choice(world.people.present_sellers)
        if seller.pk != deal.owner_id:
            team.append(TeamMember(opportunity=deal, person=seller, role="seller", can_change=True))
    keep(ResourceRequest, asked)
    TeamMember.objects.bulk_create(team, ignore_conflicts=True)


def _request(
    world: "World", deal: Opportunity, engineer: Person, boss: Person, day: Any, state: str
) -> ResourceRequest:
    made = world.happened(world.today, 9)
    return ResourceRequest(
        opportunity=deal, kind=world.random.choice(["presales", "technical"]), requester_id=deal.owner_id,
        asked_person=engineer, first_on=day, last_on=next_workday(day), hours=4, reason=world.random.choice(REASONS),
        status=state, person=engineer if state == "granted" else None, decided_by=boss if state != "asked" else None,
        decided_at=made if state != "asked" else None, answer="这周都在客户现场" if state == "declined" else "",
        created_at=made, updated_at=made,
    )  # fmt: skip
