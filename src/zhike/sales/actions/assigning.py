"""Giving out leads by rules: the first whose conditions fit, to whoever's turn it is or who has least to do (SAL-1).

All of it is one transaction that holds the rules' rows: two leads that come in at once never get the same turn, and
nobody gets more open leads than a rule allows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org.models import Department, Person
from zhike.org.viewers import the_system
from zhike.records import config, kinds
from zhike.records.actions import notify, save_record
from zhike.records.filters import Filter
from zhike.sales.likeness import known_customer
from zhike.sales.models import AssignmentRule, Lead, LeadAssignment
from zhike.sales.models.leads import SEE_UNOWNED

ASSIGN, CHANGE_RULES = "sales.lead.assign", "sales.assignment.change"
WHY = "leads are given out by rule, to whomever it names"
SINGLY = 3  # messages to one person about one batch; more become one
HOW = AssignmentRule.How


@action
def assign_by_rules(kind: Any, lead: Lead, *, by: Viewer) -> Lead:
    """Give a lead nobody owns to whom the rules say. Raises Refused if it has an owner, is closed, or no rule fits."""
    if not by.can(ASSIGN) or not by.can(SEE_UNOWNED):
        raise Forbidden(ASSIGN)
    lead = lock(lead)
    if lead.owner_id is not None:
        raise Refused({"owner": _("Somebody has this lead already.")})
    if not lead.is_open:
        raise Refused(_("This lead is closed."))
    if not give_out([lead], by):
        raise Refused(_("No rule fits this lead, or nobody it names can take another one."))
    return lead


@action
def assign_all_by_rules(*, by: Viewer) -> int:
    """Give out every open lead nobody owns, oldest first; gives how many found somebody."""
    if not by.can(ASSIGN) or not by.can(SEE_UNOWNED):
        raise Forbidden(ASSIGN)
    _lock_rules()
    waiting = Lead.objects.visible_to(by).filter(owner=None, status__in=Lead.OPEN).order_by("id")
    return len(give_out(list(waiting), by))


@config.cached
def has_rules() -> bool:
    """Whether leads are given out by rules at all."""
    return AssignmentRule.objects.filter(is_active=True).exists()


def give_out(leads: Sequence[Lead], by: Viewer) -> list[LeadAssignment]:
    """Give leads nobody owns to people by the rules; what no rule fits stays. Inside an action."""
    rules = _lock_rules()
    left = {lead.pk: lead for lead in leads if lead.owner_id is None}
    known: dict[int, Customer] = {}
    if any(needs_customer(rule) for rule in rules):
        known = {pk: customer for pk, lead in left.items() if (customer := known_customer(lead))}
    loads, given = _Loads(), []
    for rule in rules:
        turns = Turns(rule, loads)
        for pk in sorted(_fitting(rule, left, known)):
            person_id = turns.next(known.get(pk))
            if person_id is not None:
                given.append(_give(left.pop(pk), rule, person_id, by))
        turns.keep()
    LeadAssignment.objects.bulk_create(given)
    _tell(given, by)
    return given


def needs_customer(rule: AssignmentRule) -> bool:
    """Whether a rule asks which customer a lead belongs to."""
    return rule.how == HOW.CUSTOMER or bool(rule.customer_grades)


def _lock_rules() -> list[AssignmentRule]:
    rows = AssignmentRule.objects.filter(is_active=True).prefetch_related("people").order_by("id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return sorted(rows, key=lambda rule: (rule.order, rule.pk))


def _fitting(rule: AssignmentRule, left: dict[int, Lead], known: dict[int, Customer]) -> Iterable[int]:
    """Which of the leads a rule is about. A rule whose conditions make no sense any more is about none."""
    if not left:
        return []
    rows = Lead.objects.whole_table(WHY).filter(pk__in=left)
    try:
        found = (
            Filter.from_json(kinds.get("sales.lead"), rule.filter)
            .apply(rows, the_system())
            .values_list("pk", flat=True)
        )
    except ValidationError:
        return []
    if not rule.customer_grades:
        return found
    return [pk for pk in found if pk in known and known[pk].abc in rule.customer_grades]


class _Loads:
    """How many open leads each person has, counted when first asked, then kept while leads are given out."""

    def __init__(self):
        self.counts: Counter[int] = Counter()
        self.known: set[int] = set()

    def of(self, people: Sequence[int]) -> Counter[int]:
        if new := set(people) - self.known:
            rows = Lead.objects.whole_table(WHY).filter(owner_id__in=new, status__in=Lead.OPEN)
            self.counts.update(dict(rows.values_list("owner_id").annotate(n=Count("pk")).order_by()))
            self.known |= new
        return self.counts


class Turns:
    """Whose turn it is by one rule: those it names, who are here and may work on leads."""

    def __init__(self, rule: AssignmentRule, loads: _Loads):
        self.rule, self.loads, self.last = rule, loads, rule.last_person_id
        self._people: list[int] | None = None

    @property
    def people(self) -> list[int]:
        """Ids of those who can take a lead today, in a fixed order."""
        if self._people is None:
            self._people = available(self.rule)
        return self._people

    def next(self, customer: Customer | None) -> int | None:
        """Who gets the next lead; None if nobody can take it."""
        if self.rule.how == HOW.CUSTOMER:
            owner_id = customer.owner_id if customer else None
            here = owner_id is not None and owner_id in (self.people or available(self.rule, anybody=True))
            free = [owner_id] if here and self._free([owner_id]) else []
        else:
            free = self._free(self.people)
        if not free:
            return None
        self.last = self._chosen(free)
        self.loads.counts[self.last] += 1
        return self.last

    def _free(self, people: list[int]) -> list[int]:
        if self.rule.most_open is None and self.rule.how != HOW.LOAD:
            return people
        counts, most = self.loads.of(people), self.rule.most_open
        return [pk for pk in people if most is None or counts[pk] < most]

    def _chosen(self, free: list[int]) -> int:
        later = [pk for pk in free if self.last is not None and pk > self.last]
        turn = later + [pk for pk in free if pk not in later]
        return min(turn, key=lambda pk: self.loads.counts[pk]) if self.rule.how == HOW.LOAD else turn[0]

    def keep(self) -> None:
        """Remember whose turn it was; not through `save`, which would make everybody read the configuration anew."""
        if self.last != self.rule.last_person_id:
            AssignmentRule.objects.filter(pk=self.rule.pk).update(last_person_id=self.last)


def available(rule: AssignmentRule, *, anybody: bool = False) -> list[int]:
    """Who can take leads by a rule today: here, not away, with a role that works on leads; by id.

    A department brings all below it; with a role beside it, only its holders there. People named come in any case.
    """
    named = {person.pk for person in rule.people.all()}
    rows = Person.objects.present()
    if not anybody:
        wanted = Q(pk__in=named)
        if rule.department_id or rule.role_id:
            group = Q(department_id__in=_below(rule.department_id)) if rule.department_id else Q()
            wanted |= group & Q(roles=rule.role_id) if rule.role_id else group
        rows = rows.filter(wanted)
    today = dates.today()
    here = [p for p in rows.distinct().order_by("id") if not p.is_away(today) and not (p.left_on and p.left_on < today)]
    return [person.pk for person in here if viewer_of(person.pk).can("sales.lead.change")]


def _below(department_id: int) -> set[int]:
    found, level = {department_id}, {department_id}
    while level := set(Department.objects.filter(parent_id__in=level).values_list("pk", flat=True)) - found:
        found |= level
    return found


def _give(lead: Lead, rule: AssignmentRule, person_id: int, by: Viewer) -> LeadAssignment:
    lead.remember()
    lead.owner_id = person_id
    save_record(kinds.get("sales.lead"), lead, by=by, created=False)
    return LeadAssignment(
        lead=lead, rule=rule, rule_name=rule.name, how=rule.how, person_id=person_id, asked_by_id=by.person_id
    )


def _tell(given: list[LeadAssignment], by: Viewer) -> None:
    """Tell those who got leads, not the one who gave them out."""
    theirs: dict[int, list[LeadAssignment]] = {}
    for assignment in given:
        if assignment.person_id != by.person_id:
            theirs.setdefault(assignment.person_id, []).append(assignment)
    for person_id, some in theirs.items():
        if len(some) <= SINGLY:
            for one in some:
                words = {"lead": one.lead, "rule": one.rule_name}
                notify(
                    person_id,
                    _("New lead for you: %(lead)s (%(rule)s)") % words,
                    url=one.lead.get_absolute_url(),
                    about="handed",
                )
        else:
            said = ngettext("%(n)s new lead for you", "%(n)s new leads for you", len(some)) % {"n": len(some)}
            notify(person_id, said, url=f"{reverse('sales:lead_list')}?owner__me=&status__in=new", about="handed")


# Setting up


@action
def save_rule(
    rule: AssignmentRule,
    *,
    by: Viewer,
    name: str,
    how: str,
    people: list[int],
    department: int | None,
    role: int | None,
    customer_grades: list[str],
    most_open: int | None,
    is_active: bool,
) -> AssignmentRule:
    """Create or change a rule; a new one comes last. Raises Refused for one that names nobody."""
    require(by, CHANGE_RULES)
    if how != HOW.CUSTOMER and not (people or department or role):
        raise Refused({"people": _("Name colleagues, a department or a role.")})
    if rule.pk is None:
        rule.order = (AssignmentRule.objects.order_by("-order").values_list("order", flat=True).first() or 0) + 10
    rule.name, rule.how, rule.most_open, rule.is_active = name, how, most_open, is_active
    rule.department_id, rule.role_id, rule.customer_grades = department, role, customer_grades
    rule.full_clean()
    rule.save()
    rule.people.set(people)
    return rule


@action
def set_conditions(rule: AssignmentRule, *, by: Viewer, flt: Filter) -> AssignmentRule:
    """Which leads a rule is about, as conditions of their list."""
    require(by, CHANGE_RULES)
    rule.filter = flt.as_json()
    rule.save()
    return rule


@action
def order_rules(*, by: Viewer, order: list[int]) -> None:
    """Put the rules into this order; those not named come last."""
    require(by, CHANGE_RULES)
    place = {pk: n for n, pk in enumerate(order)}
    rows = sorted(AssignmentRule.objects.all(), key=lambda rule: place.get(rule.pk, len(place)))
    for n, rule in enumerate(rows, 1):
        if rule.order != n * 10:
            rule.order = n * 10
            rule.save()


@action
def delete_rule(rule: AssignmentRule, *, by: Viewer) -> None:
    """Take a rule away; what it gave out keeps its name."""
    require(by, CHANGE_RULES)
    rule.delete()
