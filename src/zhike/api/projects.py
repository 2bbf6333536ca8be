"""What stands around a deal, by API: buying centre, competitors, team, resource requests, the parts of its score.

The same queries and actions as the pages. POST adds, or changes what is there of the same contact, competitor or
colleague, so that a retry changes nothing.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from zhike.api.idempotency import once
from zhike.api.records import as_json
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person
from zhike.records import kinds
from zhike.records.fields import Money
from zhike.records.lookups import Lookups, usernames
from zhike.sales import actions, queries
from zhike.sales.models import BuyingRole, DealCompetitor, Opportunity, TeamMember

deals = Router(tags=["opportunities"])
resources = Router(tags=["resource-requests"])


class BuyingIn(Schema):
    """`contact`: of the deal's customer, by id or name; `covered_by`: a colleague; `reports_to`: another contact."""

    contact: int | str
    role: str = Field(max_length=20)
    stance: str = Field("unknown", max_length=20)
    influence: int = Field(2, ge=1, le=3)
    covered_by: int | str | None = None
    reports_to: int | str | None = None
    note: str = Field("", max_length=200)


class RivalIn(Schema):
    """`competitor`: by id or name; `price`: theirs in yuan, as text."""

    competitor: int | str
    price: str | int | None = None
    standing: str = Field("unknown", max_length=20)
    note: str = Field("", max_length=200)


class MemberIn(Schema):
    """`person`: by id, username or name; `can_change`: whether they may edit the deal."""

    person: int | str
    role: str = Field("presales", max_length=20)
    can_change: bool = False


class AskIn(Schema):
    """Either `asked_person` or `asked_department` (its id); the days from `first_on` to `last_on`, both included."""

    kind: str = Field(max_length=20)
    first_on: date
    last_on: date
    reason: str = Field(max_length=300)
    hours: Decimal = Field(Decimal(8), max_digits=3, decimal_places=1)
    asked_person: int | str | None = None
    asked_department: int | None = Field(None, gt=0, lt=2**63)


class GrantIn(Schema):
    """`person`: who comes; the one asked for if left out."""

    person: int | str | None = None


class AnswerIn(Schema):
    """`answer`: why not, or why not any more."""

    answer: str = Field("", max_length=300)


def buying_json(row: BuyingRole) -> dict[str, Any]:
    """Somebody in the buying centre, as the API shows them."""
    above = row.reports_to.contact_id if row.reports_to else None
    return {"id": row.pk, "contact": row.contact_id, "name": row.contact.name, "role": row.role, "stance": row.stance,
            "influence": row.influence, "covered_by": usernames().get(row.covered_by_id), "reports_to": above,
            "note": row.note}  # fmt: skip


def rival_json(row: DealCompetitor) -> dict[str, Any]:
    """A competitor in a deal, as the API shows it."""
    price = None if row.price is None else f"{row.price:.2f}"
    return {"id": row.pk, "competitor": row.competitor_id, "name": row.competitor.name, "price": price,
            "standing": row.standing, "note": row.note}  # fmt: skip


def member_json(row: TeamMember) -> dict[str, Any]:
    """A member of the team, as the API shows them."""
    return {"id": row.pk, "person": usernames().get(row.person_id), "role": row.role, "can_change": row.can_change}


def items(rows: list[dict[str, Any]]) -> JsonResponse:
    """All rows of a deal; there are never more than a few dozen."""
    return JsonResponse({"items": rows, "next": None, "count": len(rows)})


@deals.get("/{int:pk}/buying-centre", operation_id="buying_centre_list", summary="Who decides a deal")
def list_buying(request: HttpRequest, pk: int):
    centre = queries.buying_centre(request.viewer, queries.opportunity(request.viewer, pk))
    shown = [buying_json(p.row) | {"visited_on": p.visited_on and p.visited_on.isoformat()} for p in centre.places]
    return items(shown)


@deals.post("/{int:pk}/buying-centre", operation_id="buying_centre_save", summary="Add or change somebody there")
def save_buying(request: HttpRequest, pk: int, body: BuyingIn):
    def saved() -> JsonResponse:
        viewer, deal = request.viewer, queries.opportunity_for(request.viewer, pk)
        given, above = body.model_dump(), body.reports_to
        given["contact"] = _record(viewer, "customers.contact", "contact", body.contact)
        given["covered_by"] = _person_id(viewer, "covered_by", body.covered_by)
        given["reports_to"] = _record(viewer, "customers.contact", "reports_to", above).pk if above else None
        return JsonResponse(buying_json(actions.save_buying_role(deal, by=viewer, **given)))

    return once(request, saved)


@deals.delete("/{int:pk}/buying-centre/{int:role_pk}", operation_id="buying_centre_remove", summary="Take out")
def remove_buying(request: HttpRequest, pk: int, role_pk: int):
    deal = queries.opportunity_for(request.viewer, pk)
    return _removed(actions.remove_buying_role, queries.buying_role(request.viewer, deal, role_pk), request.viewer)


@deals.get("/{int:pk}/competitors", operation_id="deal_competitors_list", summary="Competitors in a deal")
def list_rivals(request: HttpRequest, pk: int):
    rows = queries.rivals(request.viewer, queries.opportunity(request.viewer, pk))
    return items([rival_json(row) | {"won": row.record.won, "lost": row.record.lost} for row in rows])


@deals.post("/{int:pk}/competitors", operation_id="deal_competitors_save", summary="Add or change a competitor there")
def save_rival(request: HttpRequest, pk: int, body: RivalIn):
    def saved() -> JsonResponse:
        viewer, deal, given = request.viewer, queries.opportunity_for(request.viewer, pk), body.model_dump()
        given["competitor"] = _record(viewer, "sales.competitor", "competitor", body.competitor)
        money = Money("price", least=0, required=False).bind(kinds.get("sales.opportunity"))
        given["price"] = _at("price", lambda: money.clean(body.price, Lookups(viewer)))
        return JsonResponse(rival_json(actions.save_rival(deal, by=viewer, **given)))

    return once(request, saved)


@deals.delete("/{int:pk}/competitors/{int:rival_pk}", operation_id="deal_competitors_remove", summary="Take out")
def remove_rival(request: HttpRequest, pk: int, rival_pk: int):
    deal = queries.opportunity_for(request.viewer, pk)
    return _removed(actions.remove_rival, queries.rival(request.viewer, deal, rival_pk), request.viewer)


@deals.get("/{int:pk}/team", operation_id="team_list", summary="The team of a deal")
def list_team(request: HttpRequest, pk: int):
    return items([member_json(m) for m in queries.team(request.viewer, queries.opportunity(request.viewer, pk))])


@deals.post("/{int:pk}/team", operation_id="team_save", summary="Take a colleague onto the team, or change their right")
def save_member(request: HttpRequest, pk: int, body: MemberIn):
    def saved() -> JsonResponse:
        viewer, deal = request.viewer, queries.opportunity(request.viewer, pk)
        person = _person(viewer, "person", body.person)
        made = actions.save_member(deal, by=viewer, person=person, role=body.role, can_change=body.can_change)
        return JsonResponse(member_json(made))

    return once(request, saved)


@deals.delete("/{int:pk}/team/{int:member_pk}", operation_id="team_remove", summary="Take off the team")
def remove_member(request: HttpRequest, pk: int, member_pk: int):
    deal = queries.opportunity(request.viewer, pk)
    return _removed(actions.remove_member, queries.member(request.viewer, deal, member_pk), request.viewer)


@deals.get("/{int:pk}/score", operation_id="score_read", summary="The priority score opened to its parts")
def read_score(request: HttpRequest, pk: int):
    deal: Opportunity = queries.opportunity(request.viewer, pk)
    parts, at = queries.score_parts(request.viewer, deal)
    shown = [{"part": p.part, "label": p.label, "points": p.points, "most": p.most, "reason": p.reason} for p in parts]
    return JsonResponse({"score": deal.score, "scored_at": at and at.isoformat(), "parts": shown})


@deals.post("/{int:pk}/resource-requests", operation_id="resource_requests_ask", summary="Ask for a colleague")
def ask(request: HttpRequest, pk: int, body: AskIn):
    def asked() -> JsonResponse:
        viewer, deal, given = request.viewer, queries.opportunity_for(request.viewer, pk), body.model_dump()
        given["asked_person"] = _person(viewer, "asked_person", body.asked_person) if body.asked_person else None
        given["asked_department"] = None
        if body.asked_department:
            given["asked_department"] = found = Department.objects.filter(pk=body.asked_department).first()
            if found is None:
                raise ValidationError({"asked_department": [_("There is no such department.")]})
        return _resource(actions.ask_resource(deal, by=viewer, **given), viewer)

    return once(request, asked)


@resources.post("/{int:pk}/grant", operation_id="resource_requests_grant", summary="Send somebody")
def grant(request: HttpRequest, pk: int, body: GrantIn):
    def granted() -> JsonResponse:
        viewer, asked = request.viewer, queries.resource_request(request.viewer, pk)
        person = _person(viewer, "person", body.person) if body.person else None
        return _resource(actions.grant_resource(asked, by=viewer, person=person), viewer)

    return once(request, granted)


@resources.post("/{int:pk}/decline", operation_id="resource_requests_decline", summary="Say no, and why")
def decline(request: HttpRequest, pk: int, body: AnswerIn):
    return once(request, lambda: _answered(request, pk, body, actions.decline_resource))


@resources.post("/{int:pk}/cancel", operation_id="resource_requests_cancel", summary="Take a request or booking back")
def cancel(request: HttpRequest, pk: int, body: AnswerIn):
    return once(request, lambda: _answered(request, pk, body, actions.cancel_resource))


def _answered(request: HttpRequest, pk: int, body: AnswerIn, act: Callable) -> JsonResponse:
    asked = queries.resource_request(request.viewer, pk)
    return _resource(act(asked, by=request.viewer, answer=body.answer), request.viewer)


def _resource(asked: Any, viewer: Viewer) -> JsonResponse:
    overlaps = [day.isoformat() for day in getattr(asked, "overlaps", [])]
    return JsonResponse(as_json(kinds.get("sales.resourcerequest"), asked, viewer) | {"overlaps": overlaps})


def _removed(act: Callable, row: Any, viewer: Viewer) -> HttpResponse:
    act(row, by=viewer)
    return HttpResponse(status=204)


def _at(field: str, read: Callable[[], Any]) -> Any:
    """What `read` gives; what it does not let through, at this field."""
    try:
        return read()
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


def _record(viewer: Viewer, label: str, field: str, word: int | str) -> Any:
    kind = kinds.get(label)
    return kind.rows(viewer).get(pk=_at(field, lambda: Lookups(viewer).record(kind, word)))


def _person_id(viewer: Viewer, field: str, word: int | str | None) -> int | None:
    return _at(field, lambda: Lookups(viewer).person(word)) if word else None


def _person(viewer: Viewer, field: str, word: int | str) -> Person:
    return Person.objects.get(pk=_at(field, lambda: Lookups(viewer).person(word)))
