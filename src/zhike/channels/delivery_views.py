"""Pages of what went out: the list, one delivery with its attempts, sending again, giving up (ACT-7)."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from zhike.channels import actions, queries
from zhike.channels.models import Delivery
from zhike.channels.rules import HANDLE, SEE
from zhike.kit import htmx
from zhike.kit.access import require

SHOWN = 100
Status = Delivery.Status
TONES = {"waiting": "info", "held": "vio", "sending": "info", "sent": "ok", "failed": "warn", "unclear": "warn",
         "given_up": "bad"}  # fmt: skip
# What the tabs show.
GROUPS = {
    "stuck": (pgettext_lazy("deliveries", "To look at"), [Status.UNCLEAR, Status.GIVEN_UP]),
    "open": (pgettext_lazy("deliveries", "On the way"), [Status.WAITING, Status.HELD, Status.SENDING, Status.FAILED]),
    "sent": (pgettext_lazy("deliveries", "Sent"), [Status.SENT]),
}


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    """What went out, newest first: `?state=` is a key of GROUPS, `?channel=` narrows, `?before=` goes on."""
    require(request.viewer, SEE)
    asked, channel, before = (request.GET.get(name, "") for name in ("state", "channel", "before"))
    rows = all_rows = queries.deliveries(request.viewer)
    if asked in GROUPS:
        rows = rows.filter(status__in=GROUPS[asked][1])
    if channel in Delivery.Channel.values:
        rows = rows.filter(channel=channel)
    if before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[:SHOWN])
    tabs = [{"label": pgettext("deliveries", "All"), "url": "?", "current": asked not in GROUPS, "count": None}]
    for key, (label, states) in GROUPS.items():
        count = None if key == "sent" else _count(all_rows, states)
        tabs.append({"label": label, "url": f"?state={key}", "current": asked == key, "count": count})
    context = {
        "deliveries": [(row, TONES[row.status]) for row in found], "tabs": tabs, "state": asked, "channel": channel,
        "channels": Delivery.Channel.choices, "older": found[-1].pk if len(found) == SHOWN else None,
    }  # fmt: skip
    return htmx.part(request, "channels/delivery_list.html", context)


def _count(rows: QuerySet[Delivery], states: list[str]) -> int:
    return rows.filter(status__in=states)[:1000].count()


@require_safe
def delivery_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery, with what the other side said at each attempt."""
    require(request.viewer, SEE)
    found = queries.delivery(request.viewer, pk)
    context = {
        "delivery": found, "tone": TONES[found.status], "tries": list(found.tries.all()[:50]),
        "may_handle": request.viewer.can(HANDLE),
        "may_resend": found.status not in (Status.SENDING, Status.SENT) or
        (found.status == Status.SENT and found.channel == Delivery.Channel.WEBHOOK),
        "may_give_up": found.status not in (Status.SENDING, Status.SENT, Status.GIVEN_UP),
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
