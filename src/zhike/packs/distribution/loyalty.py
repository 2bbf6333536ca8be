"""Rewards for customers of the demo company that buy again, and what is bought together (SAL-11)."""

from datetime import date
from decimal import Decimal
from typing import Any

from zhike.contracts.actions.cross_sell import reckon, take_suggestion
from zhike.contracts.actions.rewards import grant_reward, save_reward_rule, standings
from zhike.contracts.models import Contract, RewardRule
from zhike.contracts.suggestions import suggestions_for
from zhike.customers.models import Customer
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org.viewers import the_system
from zhike.sales.actions import win_opportunity

# (level, what counts, from, within months, percent off, gift)
RULES = [
    ("银牌客户", "signed", 300_000, 12, 2, ""), ("金牌客户", "signed", 1_000_000, 12, 4, "每年免费巡检两次"),
    ("常购礼遇", "count", 3, 24, 0, "节日礼盒与优先排期"),
]  # fmt: skip
REASONS = ["连续合作，回款及时", "年度采购达标", "老客户维护"]
LOOKED_AT, GRANTED, TAKEN, WON = 40, 6, 6, 2


def reward(today: date, finance: Any) -> None:
    """Set up the levels, grant some, reckon what is bought together and make deals of a few suggestions."""
    for name, measure, least, months, discount, gift in RULES:
        save_reward_rule(RewardRule(), by=the_system(), name=name, measure=measure, at_least=Decimal(least),
                         months=months, discount=Decimal(discount), gift=gift, valid_months=12)  # fmt: skip
    reckon(by=the_system())
    contracts = Contract.objects.visible_to(viewer_of(finance.pk)).filter(signed_on__isnull=False)
    rows = contracts.order_by("-amount", "id").values_list("customer_id", flat=True)[: 3 * LOOKED_AT]
    some = list(dict.fromkeys(rows))[:LOOKED_AT]
    by_key = Customer.objects.visible_to(viewer_of(finance.pk)).select_related("owner").in_bulk(some)
    granted = taken = 0
    for pk in some:
        customer = by_key[pk]
        if not customer.owner.is_active:
            continue
        by = viewer_of(customer.owner_id)
        granted += granted < GRANTED and _grant(customer, by, today, granted)
        taken += taken < TAKEN and _take(customer, by, wins=taken < WON)


def _grant(customer: Customer, by: Viewer, today: date, n: int) -> bool:
    earned = [one.rule for one in standings(customer, today) if one.is_earned]
    if earned:
        grant_reward(customer, earned[-1], by=by, reason=REASONS[n % len(REASONS)])
    return bool(earned)


def _take(customer: Customer, by: Viewer, *, wins: bool) -> bool:
    found = suggestions_for(by, customer, count=1)
    if found:
        deal = take_suggestion(customer, found[0].product, by=by, reason=found[0].reason)
        if wins:
            win_opportunity(deal, by=by)
    return bool(found)
