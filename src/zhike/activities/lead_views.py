"""Follow-ups on a lead: on its page, and logged there (SAL-1, ACT-1)."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.activities import queries, timeline
from zhike.activities.forms import LeadLogForm
from zhike.activities.kinds import ACTIVITY, SIGNS
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.records.lookups import person_names
from zhike.records.queries import record
from zhike.sales.kinds import LEAD
from zhike.sales.models import Lead


@require_http_methods(["GET", "POST"])
def lead_log(request: HttpRequest, pk: int) -> HttpResponse:
    """Log a follow-up on a lead; the first one stops its response clock."""
    require(request.viewer, ACTIVITY.verb("create"))
    lead = record(request.viewer, LEAD, pk)
    data = {**request.POST.dict(), "lead": str(lead.pk)} if request.method == "POST" else None
    form = LeadLogForm(data, viewer=request.viewer, lead_id=lead.pk)
    if data is not None and form.save(by=request.viewer):
        if "stay" in request.GET and request.htmx:
            return htmx.done(_("Logged."))
        return htmx.redirect(request, lead.get_absolute_url(), _("Logged."))
    status = 422 if form.errors else 200
    return htmx.part(request, "activities/lead_log.html#dialog", {"form": form, "lead": lead}, status=status)


def panel(request: HttpRequest, lead: Lead) -> SafeString:
    """What was said with a lead, and where to log the next."""
    viewer = request.viewer
    rows = queries.follow_ups_of_lead(viewer, lead)
    queries.add_files(request.viewer, rows)
    comments: dict[int, list] = {}
    for comment in timeline.comments_on(viewer, [row.pk for row in rows]) if rows else ():
        comments.setdefault(comment.activity_id, []).append(comment)
    context = {
        "lead": lead,
        "entries": [
            {"record": row, "icon": SIGNS[row.kind][0], "tone": SIGNS[row.kind][1],
             "person": person_names().get(row.author_id, ""), "comments": comments.get(row.pk, [])}
            for row in rows
        ],
    }  # fmt: skip
    if viewer.can(ACTIVITY.verb("create")):
        context["form"] = LeadLogForm(viewer=viewer, lead_id=lead.pk)
    return render_to_string("activities/parts/lead_timeline.html", context, request)
