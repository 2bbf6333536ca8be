"""What one wants to be told, and the link that turns e-mail off (ACT-7)."""

import contextlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from zhike.channels import actions, links, wishes
from zhike.channels.forms import WishesForm
from zhike.kit import htmx
from zhike.kit.errors import NotVisible
from zhike.kit.viewer import viewer_of
from zhike.records import messages


@require_http_methods(["GET", "POST"])
def wishes_page(request: HttpRequest) -> HttpResponse:
    """How I want to be told: by kind of message, and when not."""
    form = WishesForm(request.POST or None, wish=wishes.of(request.viewer.person_id))
    if request.method == "POST" and form.run(actions.choose, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    context = {"form": form, "can_mail": wishes.can_mail(), "email": request.viewer.person.email}
    return htmx.part(request, "channels/wishes.html#form", context, status=422 if form.errors else 200)


@csrf_exempt  # mail programs post here for their reader (RFC 8058); the signed token is the right to
@login_not_required
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turn e-mail about something off: one click in the mail program, or the button of this page."""
    found = links.unsubscribed(token)
    if found is None:
        raise NotVisible
    person_id, about = found
    if request.method == "POST":
        with contextlib.suppress(LookupError):  # who has left gets no letters anyway
            actions.turn_off(by=viewer_of(person_id), about=about)
    label = _("All messages") if about == links.EVERYTHING else messages.about(about).label
    context = {"label": label, "is_done": request.method == "POST"}
    return render(request, "channels/unsubscribe.html", context)
