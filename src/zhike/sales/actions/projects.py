"""What stands around a deal: the buying centre, competitors, the team (SAL-4). Each write is a line of its history."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from zhike.customers.models import Contact
from zhike.kit.access import may, require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.money import yuan
from zhike.kit.viewer import Viewer
from zhike.org.models import Person
from zhike.org.rules import may_share
from zhike.records import config, kinds
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.records.models import AuditEntry
from zhike.sales.models import BuyingRole, Competitor, DealCompetitor, Opportunity, TeamMember
from zhike.sales.models.teams import on_teams

CHANGE = "sales.opportunity.change"
MOST = 60


@action
def save_buying_role(
    opportunity: Opportunity, *, by: Viewer, contact: Contact, role: str, stance: str = BuyingRole.Stance.UNKNOWN,
    influence: int = BuyingRole.Influence.SOME, covered_by: int | None = None, reports_to: int | None = None,
    note: str = "",
) -> BuyingRole:  # fmt: skip
    """Put a contact of the customer into the buying centre, or change what is known of them there.

    `covered_by` is a colleague, `reports_to` the contact of another one in the same buying centre. Raises Refused for a
    contact of another customer and for circles.
    """
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    if contact.customer_id != opportunity.customer_id:
        raise Refused({"contact": _("This person belongs to another customer.")})
    mine = _buying_roles(opportunity)
    found = mine.get(contact.pk) or BuyingRole(opportunity=opportunity, contact=contact)
    if found.pk is None and len(mine) >= MOST:
        raise Refused(_("A buying centre has at most %(limit)s people.") % {"limit": MOST})
    before = in_words(found) if found.pk else None
    found.role, found.stance, found.influence, found.note = role, stance, influence, note
    found.covered_by_id, found.reports_to = covered_by, _above(found, mine, reports_to)
    found.full_clean(exclude=["opportunity"])
    found.save()
    _keep(opportunity, by, "buying_centre", before, in_words(found))
    return found


@action
def remove_buying_role(found: BuyingRole, *, by: Viewer) -> None:
    """Take somebody out of the buying centre; who reported to them reports to nobody there."""
    opportunity = _let_in(found, by)
    _keep(opportunity, by, "buying_centre", in_words(found), None)
    found.delete()


def _buying_roles(opportunity: Opportunity) -> dict[int, BuyingRole]:
    rows = BuyingRole.objects.whole_table("the buying centre of a deal the action was let in for")
    return {row.contact_id: row for row in rows.filter(opportunity=opportunity).select_related("contact")}


def _above(found: BuyingRole, mine: dict[int, BuyingRole], contact_id: int | None) -> BuyingRole | None:
    if contact_id is None:
        return None
    if (above := mine.get(contact_id)) is None or contact_id == found.contact_id:
        raise Refused({"reports_to": _("Choose somebody else in this buying centre.")})
    by_id, step = {row.pk: row for row in mine.values()}, above
    for _step in mine:
        if step is not None and step.pk == found.pk and found.pk:
            raise Refused({"reports_to": _("This would make a circle.")})
        step = by_id.get(step.reports_to_id) if step is not None else None
    return above


def in_words(found: BuyingRole) -> str:
    """A place in the buying centre, for the history."""
    return _(", ").join([str(found.contact), str(found.get_role_display()), str(found.get_stance_display())])


@action
def save_rival(
    opportunity: Opportunity, *, by: Viewer, competitor: Competitor, price: Decimal | None = None,
    standing: str = DealCompetitor.Standing.UNKNOWN, note: str = "",
) -> DealCompetitor:  # fmt: skip
    """Note a competitor in a deal, or what is new about them there; `price` in yuan."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    rows = DealCompetitor.objects.whole_table("competitors of a deal the action was let in for")
    found = rows.filter(opportunity=opportunity, competitor=competitor).first()
    before = said(found) if found else None
    if found is None:
        found = DealCompetitor(opportunity=opportunity, competitor=competitor)
    found.price, found.standing, found.note = price, standing, note
    found.full_clean(exclude=["opportunity"])
    found.save()
    _keep(opportunity, by, "rivals", before, said(found))
    return found


@action
def remove_rival(found: DealCompetitor, *, by: Viewer) -> None:
    """A competitor is out of a deal, or was never in it."""
    opportunity = _let_in(found, by)
    _keep(opportunity, by, "rivals", said(found), None)
    found.delete()


def said(found: DealCompetitor) -> str:
    """A competitor in a deal, for the history."""
    price = [] if found.price is None else [yuan(found.price)]
    return _(", ").join([str(found.competitor), str(found.get_standing_display()), *price])


@action
def save_member(
    opportunity: Opportunity, *, by: Viewer, person: Person, role: str = TeamMember.Role.PRESALES,
    can_change: bool = False,
) -> TeamMember:  # fmt: skip
    """Take a colleague onto the team, who then sees the deal and with `can_change` edits it; or change their terms.

    For the owner and those above, as with any share; nobody gives a right they lack.
    """
    if not may_share(by, kinds.get("sales.opportunity"), opportunity):
        raise Forbidden("sales.opportunity.share")
    if can_change and not may(by, CHANGE, opportunity):
        raise Refused({"can_change": _("You may not edit this deal yourself.")})
    if not person.is_active:
        raise Refused({"person": _("%(person)s has left.") % {"person": person}})
    return join_team(lock(opportunity), by=by, person=person, role=role, can_change=can_change)


def join_team(opportunity: Opportunity, *, by: Viewer, person: Person, role: str, can_change: bool) -> TeamMember:
    """The same inside an action that was let in already, such as granting a resource."""
    rows = TeamMember.objects.whole_table("the team of a deal the action was let in for").filter(
        opportunity=opportunity
    )
    found = rows.filter(person=person).first()
    if found is None and rows.count() >= MOST:
        raise Refused(_("A team has at most %(limit)s members.") % {"limit": MOST})
    before = terms(found) if found else None
    is_new = found is None
    if found is None:
        found = TeamMember(opportunity=opportunity, person=person, added_by_id=by.person_id)
    found.role, found.can_change = role, can_change
    found.full_clean(exclude=["opportunity"])
    found.save()
    if person.pk not in on_teams():
        config.bump()
    _keep(opportunity, by, "team", before, terms(found))
    if is_new and person.pk != by.person_id:
        text = _("%(person)s took you onto the team of %(deal)s.") % {
            "person": by.person or _("The system"), "deal": opportunity}  # fmt: skip
        notify(person.pk, text, url=opportunity.get_absolute_url(), about="handed")
    return found


@action
def remove_member(found: TeamMember, *, by: Viewer) -> None:
    """Take a colleague off the team; one may also leave oneself. With it goes the right to see the deal."""
    opportunity = found.opportunity
    if by.person_id != found.person_id and not may_share(by, kinds.get("sales.opportunity"), opportunity):
        raise Forbidden("sales.opportunity.share")
    opportunity = lock(opportunity)
    _keep(opportunity, by, "team", terms(found), None)
    found.delete()
    rows = TeamMember.objects.whole_table("whether this colleague is on any other team")
    if not rows.filter(person_id=found.person_id).exists():
        config.bump()


def terms(found: TeamMember) -> str:
    """A place on the team, for the history."""
    right = _("may edit") if found.can_change else _("may read")
    return _(", ").join([str(found.person), str(found.get_role_display()), right])


def _let_in(found: Any, by: Viewer) -> Opportunity:
    require(by, CHANGE, found.opportunity)
    return lock(found.opportunity)


def _keep(opportunity: Opportunity, by: Viewer, what: str, before: str | None, after: str | None) -> None:
    if before == after:
        return
    AuditEntry.write(opportunity, AuditEntry.Verb.CHANGED, {what: [before, after]})
    emit("sales.opportunity.changed", opportunity, by=by, fields=[what])
