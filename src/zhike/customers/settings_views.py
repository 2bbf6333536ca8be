"""Settings of this room: how often customers are followed up (ACT-6)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.customers import actions
from zhike.customers.forms import RhythmForm
from zhike.kit import htmx
from zhike.kit.access import require


@require_http_methods(["GET", "POST"])
def rhythm(request: HttpRequest) -> HttpResponse:
    """Within how many days customers of each tier are followed up."""
    require(request.viewer, "customers.rhythm.change")
    form = RhythmForm(request.POST or None)
    if request.method == "POST" and form.run(actions.save_rhythm, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    return htmx.part(request, "customers/rhythm.html#form", {"form": form}, status=422 if form.errors else 200)
