"""Tags of this room's templates."""

from django import template
from django.urls import reverse

from zhike.kit.registry import menu
from zhike.org import rules
from zhike.records import kinds

register = template.Library()


@register.inclusion_tag("org/parts/share_link.html", takes_context=True)
def share_link(context, record):
    """An entry of a record's menu that opens the sharing dialog, for those who may share it."""
    kind, viewer = kinds.get(record.kind_label()), context["request"].viewer
    return {"url": reverse("org:share", args=[kind.slug, record.pk]) if rules.may_share(viewer, kind, record) else ""}


@register.inclusion_tag("org/parts/my_tabs.html", takes_context=True)
def my_tabs(context):
    """The tabs over the pages about oneself: what rooms put at the place "account"."""
    request = context["request"]
    viewer = getattr(request, "viewer", None)  # allauth resumes requests in a bare one
    entries = menu.at("account", viewer) if viewer else []
    tabs = [{"entry": entry, "url": reverse(entry.url_name)} for entry in entries]
    here = max((t["url"] for t in tabs if request.path.startswith(t["url"])), key=len, default="")
    return {"tabs": [{**t, "current": t["url"] == here} for t in tabs]}


@register.inclusion_tag("org/parts/approval_trace.html", takes_context=True)
def approval_trace(context, approvals):
    """The approvals of a record with who said what, from `queries.approvals_of`; whoever has to decide does it here."""
    me = context["request"].viewer.person_id
    for approval in approvals:
        approval.waits_for_me = approval.is_open and any(
            place.person_id == me and place.step == approval.step and place.status == place.Status.WAITING
            for place in approval.trace
        )
    return {"approvals": approvals, "csrf_token": context.get("csrf_token"), "request": context["request"]}
