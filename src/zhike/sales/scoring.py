"""The priority score of a deal: weighted parts, each with points and a reason, so that people and days go to the best
projects and everybody can see why (SAL-4, FIELD-NOTES 19). Pure functions; `score_facts` brings the facts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

ZERO, HALF, ONE = Decimal(0), Decimal("0.5"), Decimal(1)
FRESH_DAYS, COLD_DAYS = 7, 60


@dataclass(frozen=True)
class Facts:
    """What a score looks at. Money in yuan, `usual` the average amount of open deals of the same pipeline."""

    amount: Decimal | None = None
    usual: Decimal | None = None
    probability: int = 0
    days: int = 0
    expected: int | None = None
    deciders: tuple[str, ...] = ()
    has_step: bool = False
    step_in: int | None = None  # days till the next step, negative when it is overdue
    quiet_days: int | None = None  # since the last follow-up with the customer
    tier: str = ""
    rivals: tuple[str, ...] = ()
    cover: str = ""  # "granted", "asked" or nothing


@dataclass(frozen=True)
class Part:
    """Points out of the most one could have, and why: a code and what it says."""

    part: str
    points: int
    most: int
    code: str
    said: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What this part is called."""
        return str(PARTS[self.part].label)

    @property
    def reason(self) -> str:
        """Why it has these points, as a sentence."""
        return REASONS[self.code](self.said)

    @property
    def lost(self) -> int:
        """Points that could still be won."""
        return self.most - self.points

    @property
    def percent(self) -> int:
        """How full it is."""
        return round(100 * self.points / self.most) if self.most else 0

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the deal."""
        return {"part": self.part, "points": self.points, "most": self.most, "code": self.code, "said": self.said}


@dataclass(frozen=True)
class Score:
    """0 to 100: what the parts come to."""

    total: int
    parts: tuple[Part, ...]


Judged = tuple[Decimal, str, dict[str, Any]]


@dataclass(frozen=True)
class Rule:
    """A part of the score: what it is called, what it weighs as shipped, and how it is judged (a share of 0 to 1)."""

    label: str | Promise
    weight: int
    judge: Callable[[Facts], Judged]


def score(facts: Facts, weights: Mapping[str, int] | None = None) -> Score:
    """Add up a deal's parts. Weights are relative: whatever they sum up to, the best deal has 100 points."""
    most = most_points(weights or {})
    parts = []
    for name, rule in PARTS.items():
        share, code, said = rule.judge(facts)
        points = int((most[name] * share).quantize(ONE, ROUND_HALF_UP))
        parts.append(Part(name, points, most[name], code, said))
    return Score(sum(part.points for part in parts), tuple(parts))


def most_points(weights: Mapping[str, int]) -> dict[str, int]:
    """What each part can bring: whole points that add up to 100, the largest remainders rounded up."""
    given = {name: max(weights.get(name, rule.weight), 0) for name, rule in PARTS.items()}
    total = sum(given.values())
    if not total:
        return dict.fromkeys(given, 0)
    exact = {name: Decimal(100 * weight) / total for name, weight in given.items()}
    most = {name: int(value) for name, value in exact.items()}
    for name in sorted(exact, key=lambda n: most[n] - exact[n])[: 100 - sum(most.values())]:
        most[name] += 1
    return most


def _amount(facts: Facts) -> Judged:
    if not facts.amount:
        return ZERO, "amount_none", {}
    if not facts.usual:
        return HALF, "amount_alone", {}
    times = facts.amount / facts.usual
    return min(times / 2, ONE), "amount", {"times": f"{times.quantize(Decimal('0.1'), ROUND_HALF_UP):f}"}


def _probability(facts: Facts) -> Judged:
    return Decimal(facts.probability) / 100, "probability", {"n": facts.probability}


def _pace(facts: Facts) -> Judged:
    if not facts.expected:
        return HALF, "pace_unknown", {"days": facts.days}
    said = {"days": facts.days, "expected": facts.expected}
    if facts.days <= facts.expected:
        return ONE, "pace_good", said
    over = Decimal(facts.days - facts.expected) / facts.expected
    return max(ONE - over, ZERO), "pace_slow", said


STANCES = {"supports": ONE, "neutral": HALF, "unknown": Decimal("0.4"), "against": Decimal("0.1")}


def _decider(facts: Facts) -> Judged:
    if not facts.deciders:
        return ZERO, "decider_none", {}
    share = sum(STANCES[stance] for stance in facts.deciders) / len(facts.deciders)
    said = {"n": len(facts.deciders), "with_us": facts.deciders.count("supports")}
    return share, "decider_against" if "against" in facts.deciders else "decider", said


def _step(facts: Facts) -> Judged:
    if not facts.has_step:
        return ZERO, "step_none", {}
    if facts.step_in is None:
        return HALF, "step_undated", {}
    if facts.step_in < 0:
        return Decimal("0.25"), "step_late", {"days": -facts.step_in}
    return ONE, "step", {"days": facts.step_in}


def _contact(facts: Facts) -> Judged:
    if facts.quiet_days is None:
        return ZERO, "contact_none", {}
    left = Decimal(COLD_DAYS - facts.quiet_days) / (COLD_DAYS - FRESH_DAYS)
    return min(max(left, ZERO), ONE), "contact", {"days": facts.quiet_days}


TIERS = {"key": ONE, "target": Decimal("0.6"), "potential": Decimal("0.3")}


def _tier(facts: Facts) -> Judged:
    return TIERS.get(facts.tier, ZERO), f"tier_{facts.tier}" if facts.tier in TIERS else "tier_none", {}


STANDINGS = {"behind": ONE, "level": HALF, "unknown": Decimal("0.4"), "ahead": ZERO}


def _rivals(facts: Facts) -> Judged:
    if not facts.rivals:
        return HALF, "rivals_none", {}
    worst = min(facts.rivals, key=STANDINGS.__getitem__)
    return STANDINGS[worst], f"rivals_{worst}", {"n": len(facts.rivals)}


def _cover(facts: Facts) -> Judged:
    return {"granted": ONE, "asked": HALF}.get(facts.cover, ZERO), f"cover_{facts.cover or 'none'}", {}


PARTS: dict[str, Rule] = {
    "amount": Rule(gettext_lazy("Amount"), 20, _amount),
    "probability": Rule(gettext_lazy("Win probability"), 15, _probability),
    "pace": Rule(gettext_lazy("Pace"), 15, _pace),
    "decider": Rule(gettext_lazy("Who decides"), 15, _decider),
    "step": Rule(gettext_lazy("Next step"), 10, _step),
    "contact": Rule(gettext_lazy("Last follow-up"), 10, _contact),
    "tier": Rule(gettext_lazy("Customer tier"), 5, _tier),
    "rivals": Rule(gettext_lazy("Competitors"), 5, _rivals),
    "cover": Rule(gettext_lazy("Resources"), 5, _cover),
}


def _slow(said: Mapping[str, Any]) -> str:
    return _("%(days)s days in this stage, expected are %(expected)s.") % said


REASONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "amount_none": lambda said: _("No amount yet."),
    "amount_alone": lambda said: _("There is nothing yet to compare the amount with."),
    "amount": lambda said: _("%(times)s times the average open deal of this pipeline.") % said,
    "probability": lambda said: _("The win probability is %(n)s%%.") % said,
    "pace_unknown": lambda said: _("%(days)s days in this stage; nothing says how many are expected.") % said,
    "pace_good": _slow,
    "pace_slow": _slow,
    "decider_none": lambda said: _("Nobody knows yet who decides."),
    "decider": lambda said: _("%(with_us)s of %(n)s who decide support us.") % said,
    "decider_against": lambda said: _("Somebody who decides is against us; %(with_us)s of %(n)s support us.") % said,
    "step_none": lambda said: _("No next step is agreed."),
    "step_undated": lambda said: _("The next step has no day."),
    "step_late": lambda said: ngettext(
        "The next step is %(days)s day overdue.", "The next step is %(days)s days overdue.", said["days"]) % said,
    "step": lambda said: _("The next step is today.") if not said["days"] else ngettext(
        "The next step is in %(days)s day.", "The next step is in %(days)s days.", said["days"]) % said,
    "contact_none": lambda said: _("No follow-up with the customer yet."),
    "contact": lambda said: _("Followed up today.") if not said["days"] else ngettext(
        "Last followed up %(days)s day ago.", "Last followed up %(days)s days ago.", said["days"]) % said,
    "tier_key": lambda said: _("A key customer."),
    "tier_target": lambda said: _("A target customer."),
    "tier_potential": lambda said: _("A potential customer."),
    "tier_none": lambda said: _("No customer is named."),
    "rivals_none": lambda said: _("No competitor is noted."),
    "rivals_behind": lambda said: _("Every competitor is behind us."),
    "rivals_level": lambda said: _("A competitor is level with us."),
    "rivals_unknown": lambda said: _("It is not known how a competitor stands."),
    "rivals_ahead": lambda said: _("A competitor is ahead of us."),
    "cover_granted": lambda said: _("Colleagues are booked for it."),
    "cover_asked": lambda said: _("Colleagues are asked for, not yet granted."),
    "cover_none": lambda said: _("Nobody is booked for it."),
}  # fmt: skip


def part_of(kept: Mapping[str, Any]) -> Part | None:
    """A part as it was kept with a deal; None for one a later release does not know any more."""
    return Part(**kept) if kept["part"] in PARTS and kept["code"] in REASONS else None
