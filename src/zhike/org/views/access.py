"""Showing single records to colleagues: share, lend, ask, decide, and the register of all that (ORG-3, ORG-4)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import may
from zhike.kit.errors import Forbidden, NotVisible
from zhike.org import actions, queries, rules
from zhike.org.forms import AskForm, DecideForm, ShareForm
from zhike.org.models import AccessRequest
from zhike.records import kinds
from zhike.records import queries as records
from zhike.records.dialogs import dialog


@require_safe
def share_list(request: HttpRequest) -> HttpResponse:
    """What is shared and lent, and who asks: as far as the viewer sees the records."""
    viewer = request.viewer
    shown = queries.shares(viewer)
    context = {
        "to_me": [row for row in shown if row["row"].person_id == viewer.person_id],
        "by_us": [row for row in shown if row["row"].person_id != viewer.person_id],
        "asked": [r for r in queries.access_requests(viewer) if r["row"].status == AccessRequest.Status.OPEN],
    }
    return htmx.part(request, "org/share_list.html", context)


@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Share a record or lend it until a day; also shows with whom it is shared now."""
    kind, record = _record(request, slug, pk)
    if not rules.may_share(request.viewer, kind, record):
        raise Forbidden(kind.verb("share"))
    form = ShareForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.share_record, kind, record, by=request.viewer):
        return htmx.redirect(request, _page_of(kind, record), _("Shared."))
    context = {
        "form": form,
        "record": record,
        "shares": queries.shares_of(kind, record),
        "may_change": may(request.viewer, kind.verb("change"), record),
    }
    return htmx.part(request, "org/share.html#dialog", context, status=422 if request.method == "POST" else 200)


@require_POST
def share_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a share back, or give up one's own."""
    found = queries.share(request.viewer, pk)
    kind, record = found["kind"], found["record"]
    actions.unshare_record(kind, record, found["row"], by=request.viewer)
    return htmx.redirect(request, reverse("org:share_list"), _("No longer shared."))


def _record(request: HttpRequest, slug: str, pk: int):
    kind = kinds.find(slug)
    if kind is None or not kind.owner:
        raise NotVisible
    return kind, records.record(request.viewer, kind, pk)


def _page_of(kind, record) -> str:
    return reverse(kind.page, args=[record.pk]) if kind.page else reverse("org:share_list")


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask to read a record one does not see. The answer is the same whether it exists or not."""
    form = AskForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        if form.attempt(actions.ask_access, kinds.get(values.pop("kind")), by=request.viewer, **values):
            return htmx.redirect(
                request, reverse("org:share_list"), _("If there is such a record, its owner has been asked.")
            )
    return dialog(request, form, title=_("Ask for access"), submit=_("Ask"))


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse what a colleague asked for."""
    found = queries.access_request(request.viewer, pk)
    asked = found["row"]
    form = DecideForm(request.POST or None, viewer=request.viewer, initial={"until": asked.until})
    if request.method == "POST" and form.is_valid():
        grant = "grant" in request.POST
        if form.attempt(actions.decide_access, asked, found["kind"], found["record"], by=request.viewer,
                        grant=grant, **form.values()):  # fmt: skip
            return htmx.redirect(request, reverse("org:share_list"), _("Granted.") if grant else _("Refused."))
    context = {"form": form, **found}
    return htmx.part(request, "org/decide.html#dialog", context, status=422 if request.method == "POST" else 200)
