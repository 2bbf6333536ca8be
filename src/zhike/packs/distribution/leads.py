"""Leads of the demo company: who gets them by which rules, how soon they were answered, what was said with them."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from zhike.activities.models import Activity
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.workdays import is_workday, working_ago, working_minutes
from zhike.org.models import Department, Role
from zhike.packs.distribution import words
from zhike.packs.distribution.names import TITLES, companies, mobile, person_name
from zhike.records.bulk import insert_rows
from zhike.sales.models import AssignmentRule, Lead, LeadAssignment, Opportunity

SOURCES = ["exhibition", "search", "enquiry", "hotline", "wechat", "referral"]
EAST = ["江苏", "浙江", "上海", "安徽", "山东"]
# (name, how, conditions, department, classes of customers, most open leads each)
RULES = [
    ("老客户给原负责人", "customer", [], "", [], None),
    ("华东 A 级线索", "load", [["grade", "in", ["A"]], ["region", "is", EAST]], "销售一部", [], 12),
    ("华东", "turn", [["region", "is", EAST]], "华东大区", [], 30),
    ("其他地区", "turn", [], "华南大区", [], 30),
]


def rules() -> list[AssignmentRule]:
    """Write the rules by which leads are given out."""
    seller, made = Role.objects.get(key="sales"), []
    for n, (name, how, conditions, department, classes, most) in enumerate(RULES, 1):
        where = Department.objects.get(name=department) if department else None
        rule = AssignmentRule(name=name, how=how, filter=conditions, order=n * 10, customer_grades=classes,
                              most_open=most, department=where, role=seller if where else None)  # fmt: skip
        rule.save()
        made.append(rule)
    return made


def live(world: Any, count: int, deals: list[Opportunity], keep: Callable) -> None:
    """Write the leads of two months: given out by rule, answered sooner or later, some waiting, some nobody's.

    Some of the new customers with a deal have been leads before.
    """
    random, rows = world.random, []
    given_by = rules()
    taken = set(Customer._base_manager.values_list("name", flat=True))
    for company in companies(random, count * 2):
        if company.name in taken or len(rows) == count:
            continue
        rows.append(_lead(world, company, waiting=len(rows) < 6))
    rows += _converted(world, deals, most=count // 4)
    keep(Lead, rows)
    insert_rows(LeadAssignment, [_given(lead, *given_by) for lead in rows if lead.owner], keep_times=True)
    keep(Activity, [_said(world, lead) for lead in rows if lead.responded_at and lead.owner])


def _given(lead: Lead, _known: AssignmentRule, best: AssignmentRule, east: AssignmentRule,
           rest: AssignmentRule) -> LeadAssignment:  # fmt: skip
    rule = rest if lead.region not in EAST else best if lead.grade == "A" else east
    return LeadAssignment(lead=lead, rule=rule, rule_name=rule.name, how=rule.how, person=lead.owner,
                          assigned_at=lead.created_at)  # fmt: skip


def _converted(world: Any, deals: list[Opportunity], most: int) -> list[Lead]:
    """Leads of what are customers since: a few days old when they became customers, with a deal at once."""
    random, rows = Random(20261129), []
    begin = world.instant(world.today - timedelta(days=55), 9)
    new = {deal.customer_id: deal for deal in deals if deal.customer.created_at > begin and deal.owner.is_active}
    for deal in list(new.values())[:most]:
        customer, contact = deal.customer, deal.contact
        made = customer.created_at - timedelta(days=random.randrange(1, 6))
        answered = made + timedelta(minutes=random.choice([3, 8, 12, 19, 26, 55]))
        rows.append(Lead(
            name=contact.name, company=customer.name, title=contact.title, mobile=contact.mobile,
            source=random.choice(SOURCES), region=customer.region, status="converted", grade=random.choice("AAB"),
            owner=deal.owner, need=random.choice(words.NEEDS), customer=customer, contact=contact, opportunity=deal,
            converted_at=customer.created_at, responded_at=answered,
            response_minutes=working_minutes(made, answered), created_at=made, updated_at=customer.created_at,
        ))  # fmt: skip
    return rows


def _lead(world: Any, company: Any, *, waiting: bool) -> Lead:
    random = world.random
    made = world.happened(world.day_since(world.today - timedelta(days=60), world.today - timedelta(days=2)))
    while not is_workday(dates.local_day(made)):
        made += timedelta(days=1)
    status = "new" if waiting else random.choices(["working", "qualified", "unqualified", "new"], [4, 3, 3, 1])[0]
    if status == "new":
        made = working_ago(dates.now(), random.choice([4, 12, 20, 26, 45, 90, 200]))
    answered = None if status == "new" else made + timedelta(minutes=random.choice([4, 9, 15, 22, 28, 41, 75, 190]))
    return Lead(
        name=person_name(random), company=company.name, title=random.choice(TITLES), mobile=mobile(random),
        source=random.choice(SOURCES), region=company.province, status=status, grade=random.choice("ABBCC"),
        owner=None if status == "new" and random.random() < 0.4 else random.choice(world.people.present_sellers),
        need=random.choice(words.NEEDS), responded_at=answered,
        unqualified_reason=random.choice(["no_need", "no_budget"]) if status == "unqualified" else "",
        response_minutes=working_minutes(made, answered) if answered else None, created_at=made, updated_at=made,
    )  # fmt: skip


def _said(world: Any, lead: Lead) -> Activity:
    said = world.random.choice(words.SAID["call"])
    return Activity(
        kind="call", lead=lead, author=lead.owner, owner=lead.owner, happened_at=lead.responded_at, summary=said,
        created_at=lead.responded_at, updated_at=lead.responded_at,
    )  # fmt: skip
