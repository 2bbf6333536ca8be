"""Rewarding customers who buy again: where they stand, granting, taking back, the rules (SAL-11)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from zhike.contracts.actions import asking
from zhike.contracts.models import Contract, Payment, Reward, RewardRule
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.org.models import Approval
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.events import emit

GRANT, EXCEED, SET_RULES = "contracts.reward.create", "contracts.reward.exceed", "contracts.rules.rewards"
SUBJECT = "contracts.reward"
WHY = "what a customer bought over all decides what it has earned"
NOTHING = Decimal(0)
Measure, Status = RewardRule.Measure, Reward.Status


@dataclass(frozen=True)
class Standing:
    """How far a customer is towards a rule: `reached` of `rule.at_least`, in yuan or contracts, since a day."""

    rule: RewardRule
    reached: Decimal
    since: date

    @property
    def is_earned(self) -> bool:
        """Whether the rule is met."""
        return self.reached >= self.rule.at_least

    @property
    def share(self) -> Decimal:
        """How much of it, in percent, at most 100."""
        return min(100 * self.reached / self.rule.at_least, Decimal(100))


def standings(customer: Customer, today: date) -> list[Standing]:
    """Where a customer read through its scope stands with each rule in use; a query for each measure and period."""
    reached: dict[tuple[str, date], Decimal] = {}
    found = []
    for rule in RewardRule.objects.filter(is_active=True):
        since = today - relativedelta(months=rule.months)
        key = (rule.measure, since)
        if key not in reached:
            reached[key] = _reached(customer, rule.measure, since, today)
        found.append(Standing(rule, reached[key], since))
    return found


def _reached(customer: Customer, measure: str, since: date, today: date) -> Decimal:
    if measure == Measure.RECEIVED:
        rows = Payment.objects.whole_table(WHY).filter(customer=customer, is_reversed=False)
        rows = rows.filter(received_on__gt=since, received_on__lte=today).order_by()
        sums = rows.aggregate(came=Sum("amount"), back=Sum("refunded"))
        return (sums["came"] or NOTHING) - (sums["back"] or NOTHING)
    rows = Contract.objects.whole_table(WHY).filter(customer=customer, status__in=("active", "completed"))
    rows = rows.filter(signed_on__gt=since, signed_on__lte=today).order_by()
    sums = rows.aggregate(n=Count("*"), total=Sum("amount"))
    return Decimal(sums["n"]) if measure == Measure.COUNT else sums["total"] or NOTHING


@action
def grant_reward(customer: Customer, rule: RewardRule, *, by: Viewer, reason: str) -> Reward:
    """Grant a customer the reward of a rule, or ask for it where that needs approval (ORG-6, SAL-11).

    Raises Refused without a reason, for a rule that is not met unless the viewer may go beyond, and while the customer
    has the same reward or it is in approval.
    """
    require(by, GRANT)
    if not customer.scope.allows_change(by, customer):
        raise Refused({"": _("You may read this customer, but not add to it.")})
    if not (reason := " ".join(reason.split())[:300]):
        raise Refused({"reason": _("Say why.")})
    customer, today = lock(customer), dates.today()
    standing = next((s for s in standings(customer, today) if s.rule.pk == rule.pk), None)
    if standing is None:
        raise Refused({"rule": _("This rule is not in use.")})
    if not standing.is_earned and not by.can(EXCEED):
        said = _("%(reached)s of %(least)s so far: not earned yet.")
        raise Refused({"rule": said % {"reached": f"{standing.reached:,.2f}", "least": f"{rule.at_least:,.2f}"}})
    _check_once(customer, rule, today)
    reward = Reward(
        customer=customer, owner_id=customer.owner_id, rule=rule, name=rule.name, discount=rule.discount,
        gift=rule.gift, earned=standing.reached, reason=reason, status=Status.ASKED, person_id=by.person_id,
    )  # fmt: skip
    reward = save_record(kinds.get("contracts.reward"), reward, by=by, created=True)
    facts = {"discount": rule.discount, "earned": standing.reached}
    title = _("%(customer)s: %(reward)s") % {"customer": customer, "reward": rule.name}
    if asking.ask(SUBJECT, reward, by=by, title=title, facts=facts, reason=reason) is None:
        return _give(reward, by)
    return lock(reward)  # it may have been decided at once


def _check_once(customer: Customer, rule: RewardRule, today: date) -> None:
    rows = Reward.objects.whole_table(WHY).filter(customer=customer, rule=rule)
    if rows.filter(status=Status.ASKED).exists():
        raise Refused({"rule": _("This reward is in approval already.")})
    if held := rows.filter(status=Status.GRANTED, valid_until__gte=today).first():
        raise Refused({"rule": _("The customer has this reward until %(day)s.") % {"day": held.valid_until}})


def reward_decided(reward: Reward, approval: Approval, by: Viewer) -> None:
    """An approved reward is granted from this day on."""
    if reward.status != Status.ASKED:
        return
    if asking.was_approved(approval):
        _give(reward, by)
    else:
        reward.status = Status.REJECTED
        save_record(kinds.get("contracts.reward"), reward, by=by, created=False)


def _give(reward: Reward, by: Viewer) -> Reward:
    today = dates.today()
    reward.status, reward.granted_on = Status.GRANTED, today
    reward.valid_until = today + relativedelta(months=reward.rule.valid_months)
    reward = save_record(kinds.get("contracts.reward"), reward, by=by, created=False)
    emit("contracts.reward.granted", reward, by=by, customer=reward.customer_id)
    return reward


@action
def end_reward(reward: Reward, *, by: Viewer, reason: str) -> Reward:
    """Take a granted reward back before its time, with a reason. Raises Refused the second time."""
    require(by, GRANT, reward)
    if not (reason := " ".join(reason.split())[:300]):
        raise Refused({"reason": _("Say why.")})
    reward = lock(reward)
    if reward.status != Status.GRANTED:
        raise Refused(_("Only a granted reward is taken back."))
    reward.status, reward.reason, reward.valid_until = Status.ENDED, reason, dates.today()
    return save_record(kinds.get("contracts.reward"), reward, by=by, created=False)


@action
def save_reward_rule(rule: RewardRule, *, by: Viewer, **values: Any) -> RewardRule:
    """Add or change a rule; what was granted keeps what it was. Raises Refused at the field."""
    require(by, SET_RULES)
    for name, value in values.items():
        setattr(rule, name, value)
    rule.full_clean()
    if not rule.discount and not rule.gift:
        raise Refused({"discount": _("A reward is a discount, a gift or both.")})
    rule.save()
    return rule
