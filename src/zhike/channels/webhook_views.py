"""Settings of webhooks: the list, one with its log, its secret (shown once), replays (ACT-7)."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.channels import actions, queries, webhooks
from zhike.channels.forms import ReplayForm, WebhookForm, event_labels
from zhike.channels.kinds import TONES
from zhike.channels.models import Line, Webhook
from zhike.channels.rules import SET_WEBHOOKS
from zhike.kit import dates, htmx
from zhike.kit.access import require

LOG = 50


@require_safe
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The subscriptions one may see."""
    require(request.viewer, SET_WEBHOOKS)
    lines, labels = Line.objects.in_bulk(), event_labels()
    rows = [
        {"hook": hook, "line": lines.get(hook.line), "events": [labels.get(name, name) for name in hook.events]}
        for hook in queries.webhooks(request.viewer)
    ]
    return htmx.part(request, "channels/webhook_list.html", {"rows": rows})


@require_safe
def webhook_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One subscription and what it was told lately."""
    require(request.viewer, SET_WEBHOOKS)
    return _page(request, queries.webhook(request.viewer, pk), ReplayForm())


def _page(request: HttpRequest, hook: Webhook, form: ReplayForm, secret: str = "") -> HttpResponse:
    log = [(row, TONES[row.status]) for row in queries.told(hook)[:LOG]]
    labels = event_labels()
    context = {
        "hook": hook, "log": log, "form": form, "secret": secret, "line": Line.objects.filter(key=hook.line).first(),
        "events": [labels.get(name, name) for name in hook.events],
    }  # fmt: skip
    response = htmx.part(request, "channels/webhook_page.html", context, status=422 if form.errors else 200)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def webhook_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a subscription or change one; a new one shows its secret, once."""
    require(request.viewer, SET_WEBHOOKS)
    hook = queries.webhook(request.viewer, pk) if pk else Webhook(events=["*"])
    form, secret = WebhookForm(request.POST or None, hook=hook), "" if pk else webhooks.new_secret()
    if request.method == "POST" and form.run(actions.save_webhook, hook, by=request.viewer, secret=secret):
        if pk:
            return htmx.redirect(request, reverse("channels:webhook_page", args=[hook.pk]), _("Saved."))
        return _page(request, hook, ReplayForm(), secret)
    context = {"form": form, "title": hook.name or _("New webhook"), "hook": hook}
    return htmx.part(request, "channels/webhook_form.html", context, status=422 if form.errors else 200)


@require_POST
def webhook_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown once."""
    require(request.viewer, SET_WEBHOOKS)
    secret = webhooks.new_secret()
    hook = actions.renew_secret(queries.webhook(request.viewer, pk), by=request.viewer, secret=secret)
    return _page(request, hook, ReplayForm(), secret)


@require_POST
def webhook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a subscription."""
    require(request.viewer, SET_WEBHOOKS)
    actions.delete_webhook(queries.webhook(request.viewer, pk), by=request.viewer)
    return htmx.redirect(request, reverse("channels:webhook_list"), _("Deleted."))


@require_POST
def webhook_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an event that says nothing, to see whether it arrives."""
    require(request.viewer, SET_WEBHOOKS)
    hook = queries.webhook(request.viewer, pk)
    row = webhooks.put(hook, "ping", {}, key=f"ping:{uuid.uuid4().hex}:{hook.line}", at=dates.now().isoformat())
    return htmx.redirect(request, reverse("channels:delivery_page", args=[row.pk]), _("The test is on its way."))


@require_POST
def webhook_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a span of time again."""
    require(request.viewer, SET_WEBHOOKS)
    hook, form = queries.webhook(request.viewer, pk), ReplayForm(request.POST)
    if form.run(actions.replay, hook, by=request.viewer):
        said = _("Sent again: %(n)s") % {"n": form.result}
        return htmx.redirect(request, reverse("channels:webhook_page", args=[pk]), said)
    return _page(request, hook, form)
