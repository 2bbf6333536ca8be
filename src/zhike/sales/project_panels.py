"""Tabs of a deal about the people around it: buying centre, competitors, team and resources, score (SAL-4)."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from zhike.kit.access import may
from zhike.org.rules import may_share
from zhike.sales import buying_map, projects, rules
from zhike.sales.actions.resources import ASK
from zhike.sales.actions.scores import SET_WEIGHTS
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity


def buying(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """Who decides: a map for wide screens, the list for everybody, what is missing."""
    centre = projects.buying_centre(request.viewer, opportunity)
    can_change = _may_change(request, opportunity)
    context = {
        "opportunity": opportunity,
        "places": centre.places,
        "gaps": centre.gaps,
        "map": buying_map.draw(centre.places, opportunity.pk, can_change=can_change) if centre.places else "",
        "can_change": can_change,
    }
    return render_to_string("sales/parts/buying.html", context, request)


def rivals(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """Competitors in a deal, each with how we did against them so far."""
    context = {
        "opportunity": opportunity,
        "rivals": projects.rivals(request.viewer, opportunity),
        "can_change": _may_change(request, opportunity),
    }
    return render_to_string("sales/parts/rivals.html", context, request)


def team(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """The team with its roles, and the colleagues asked for."""
    viewer = request.viewer
    asked = projects.resource_requests(viewer, opportunity)
    for row in asked:
        row.may_decide = row.status == row.Status.ASKED and rules.may_decide_resource(viewer, row)
    context = {
        "opportunity": opportunity,
        "team": projects.team(viewer, opportunity),
        "requests": asked,
        "can_change": _may_change(request, opportunity),
        "can_share": may_share(viewer, OPPORTUNITY, opportunity),
        "can_ask": opportunity.status == Opportunity.Status.OPEN
        and viewer.can(ASK)
        and _may_change(request, opportunity),
    }
    return render_to_string("sales/parts/team.html", context, request)


def score(request: HttpRequest, opportunity: Opportunity) -> SafeString:
    """The score opened to its parts, each with points and reason."""
    parts, scored_at = projects.score_parts(request.viewer, opportunity)
    context = {
        "opportunity": opportunity,
        "parts": parts,
        "total": sum(part.points for part in parts),
        "scored_at": scored_at,
        "can_set": request.viewer.can(SET_WEIGHTS),
    }
    return render_to_string("sales/parts/score.html", context, request)


def _may_change(request: HttpRequest, opportunity: Opportunity) -> bool:
    return may(request.viewer, OPPORTUNITY.verb("change"), opportunity)
