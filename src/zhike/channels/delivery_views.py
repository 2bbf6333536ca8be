"""Pages of what went out: the list, one delivery with its attempts, sending again, giving up (ACT-7)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.channels import actions, queries
from zhike.channels.kinds import DELIVERY, TONES
from zhike.channels.models import Delivery
from zhike.channels.rules import HANDLE, SEE
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.records.lists import ListPage

Status = Delivery.Status


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    """What went out, newest first."""
    return ListPage(DELIVERY, request).response()


@require_safe
def delivery_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery, with what the other side said at each attempt."""
    require(request.viewer, SEE)
    found = queries.delivery(request.viewer, pk)
    context = {
        "delivery": found, "tone": TONES[found.status], "tries": list(found.tries.all()[:50]),
        "may_handle": request.viewer.can(HANDLE),
        "may_resend": found.status not in (Status.SENDING, Status.SENT, Status.SKIPPED) or
        (found.status == Status.SENT and found.channel == Delivery.Channel.WEBHOOK),
        "may_give_up": found.status not in (Status.SENDING, Status.SENT, Status.GIVEN_UP, Status.SKIPPED),
    }  # fmt: skip
    return htmx.part(request, "channels/delivery_page.html", context)


@require_POST
def delivery_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it again."""
    require(request.viewer, HANDLE)
    found = actions.resend(queries.delivery(request.viewer, pk), by=request.viewer)
    return htmx.redirect(request, reverse("channels:delivery_page", args=[found.pk]), _("It is sent again."))


@require_POST
def delivery_give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it no more."""
    require(request.viewer, HANDLE)
    found = actions.give_up(queries.delivery(request.viewer, pk), by=request.viewer)
    return htmx.redirect(request, reverse("channels:delivery_page", args=[found.pk]), _("Given up."))
