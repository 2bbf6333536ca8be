"""The feed of one's people by day, with gaps (ACT-2)."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from zhike.activities import actions, feed
from zhike.activities.kinds import ACTIVITY, SIGNS
from zhike.activities.models import Activity
from zhike.kit import dates, htmx
from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.keys import key_of


@require_safe
def team_feed(request: HttpRequest) -> HttpResponse:
    """What one's people logged on `?day=`, of one `?person=`, of one `?kind=`; unseen ones are marked, then seen."""
    viewer = request.viewer
    require(viewer, ACTIVITY.verb("view"))
    asked = request.GET
    day = _day(asked.get("day", ""))
    person = key_of(asked.get("person")) or None
    kind = asked.get("kind", "")
    seen = feed.seen_until(viewer)
    rows, cursor = feed.entries(viewer, day, person=person, kind=kind, cursor=asked.get("cursor", ""))
    for row in rows:
        row.sign, row.is_new, row.at = SIGNS[row.kind], row.pk > seen, fmt.local(row.happened_at).time()
    if rows:
        actions.note_seen(by=viewer, until=max(row.pk for row in rows))
    kept = {"day": day.isoformat(), **({"person": person} if person else {}), **({"kind": kind} if kind else {})}
    context = {
        "day": day, "before": day - timedelta(days=1), "after": day + timedelta(days=1), "today": dates.today(),
        "rows": rows, "next": urlencode({**kept, "cursor": cursor}) if cursor else "", "person": person, "kind": kind,
        "people": feed.colleagues(viewer, day), "kinds": Activity.Kind.choices,
    }  # fmt: skip
    return htmx.part(request, "activities/team_feed.html#entries", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return dates.today()
