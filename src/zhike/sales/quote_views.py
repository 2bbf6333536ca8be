"""Pages of quotes: list, page with its editor of lines, approval, versions, PDF (SAL-5)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.registry import cards
from zhike.org.queries import approvals_of
from zhike.records.dialogs import delete_dialog, dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record, record_for
from zhike.records.recordpages import button_links
from zhike.sales import actions, panels, queries
from zhike.sales.kinds import QUOTE, SEE_COST
from zhike.sales.models import Quote
from zhike.sales.quote_forms import QuoteLinesForm, SubmitForm

RELATED = ("customer", "contact", "opportunity", "owner", "previous", "next_version")
PRESET = ("customer", "opportunity", "contact", "title")


@require_safe
def quote_list(request: HttpRequest) -> HttpResponse:
    """All quotes the viewer sees."""
    return ListPage(QUOTE, request).response()


@require_safe
def quote_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A quote: its lines and sums, how it stands, its approvals and versions."""
    quote = record(request.viewer, QUOTE, pk, related=RELATED)
    return _page(request, quote)


def _page(request: HttpRequest, quote: Quote, form: QuoteLinesForm | None = None) -> HttpResponse:
    viewer = request.viewer
    allowed = can(viewer, quote, *(QUOTE.verb(word) for word in ("change", "delete")))
    editable = quote.is_draft and "change" in allowed
    form = form or (QuoteLinesForm(quote=quote, viewer=viewer) if editable else None)
    context = {
        "quote": quote, "can": allowed, "form": form, "sees_cost": viewer.can(SEE_COST),
        "lines": [] if form else queries.quote_lines(viewer, quote),
        "sums": form.sums() if form else None,
        "expired": quote.is_expired(dates.today()),
        "approvals": approvals_of("sales.quote", quote),
        "cards": [card.body(request, quote) for card in cards.at(QUOTE.label, viewer)],
        "versions": queries.versions_of(viewer, quote), "changes": panels.changes(request, quote),
        "buttons": button_links(QUOTE.label, viewer, "quote", quote.pk) if quote.status in ("approved", "sent") else [],
    }  # fmt: skip
    status = 200 if form is None or not form.is_bound else 409 if form.stale else 422
    return htmx.part(request, "sales/quote_page.html", context, status=status)


@require_POST
def quote_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the lines anew as they are typed, add a row, or save them."""
    quote = record_for(request.viewer, QUOTE, pk)
    what = request.POST.get("what", "count")
    form = QuoteLinesForm(request.POST, quote=quote, viewer=request.viewer, extra=1 if what == "add" else 0)
    if what == "save":
        if form.run(actions.set_quote_lines, quote, by=request.viewer):
            return htmx.redirect(request, quote.get_absolute_url(), _("Saved."))
        if not htmx.wants_part(request):
            return _page(request, record(request.viewer, QUOTE, pk, related=RELATED), form)
    form.is_valid()
    context = {"quote": quote, "form": form, "sums": form.sums(), "sees_cost": request.viewer.can(SEE_COST)}
    status = 409 if form.stale else 422 if what == "save" else 200
    return htmx.part(request, "sales/parts/quote_lines.html", context, status=status)


@require_http_methods(["GET", "POST"])
def quote_create(request: HttpRequest) -> HttpResponse:
    """A new quote; a deal's or a customer's page says for whom."""
    require(request.viewer, QUOTE.verb("create"))
    initial: dict[str, Any] = {name: request.GET[name] for name in PRESET if request.GET.get(name)}
    initial |= queries.quote_beginnings()
    if "opportunity" in initial and "customer" not in initial:
        initial |= queries.parties_of(request.viewer, initial["opportunity"])
    return create_page(request, QUOTE, new=_("New quote"), initial=initial, only=_fields(None))


@require_http_methods(["GET", "POST"])
def quote_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the head of a quote."""
    quote = record_for(request.viewer, QUOTE, pk)
    return edit_page(request, QUOTE, quote, only=_fields(quote))


def _fields(quote: Quote | None) -> list[str]:
    """What the form of the head shows: all but the lines, which have an editor of their own."""
    shut = {"lines", "reduction", "number", "status", *([QUOTE.owner] if quote else [])}
    return [field.name for field in QUOTE.editable() if field.name not in shut]


@require_http_methods(["GET", "POST"])
def quote_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a draft leave the drawer; a discount beyond what one may give goes up for approval."""
    quote = record_for(request.viewer, QUOTE, pk)
    form = SubmitForm(request.POST or None)
    if request.method == "POST" and form.run(actions.submit_quote, quote, by=request.viewer):
        done = form.result.status == Quote.Status.APPROVED
        said = _("Approved at once; it may be sent.") if done else _("Sent for approval.")
        return htmx.redirect(request, quote.get_absolute_url(), said)
    return dialog(request, form, quote, title=_("Submit the quote"), submit=_("Submit"))


@require_POST
def quote_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """It was handed over in another way."""
    quote = actions.hand_over_quote(record_for(request.viewer, QUOTE, pk), by=request.viewer)
    return htmx.redirect(request, quote.get_absolute_url(), _("Saved."))


@require_POST
def quote_revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new version."""
    quote = actions.revise_quote(record_for(request.viewer, QUOTE, pk), by=request.viewer)
    return htmx.redirect(request, quote.get_absolute_url(), _("This is the new version."))


@require_POST
def quote_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer did not take it."""
    quote = actions.reject_quote(record_for(request.viewer, QUOTE, pk), by=request.viewer)
    return htmx.redirect(request, quote.get_absolute_url(), _("Saved."))


@require_http_methods(["GET", "POST"])
def quote_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a draft that has no number yet."""
    quote = record_for(request.viewer, QUOTE, pk, "delete")
    return delete_dialog(request, QUOTE, quote, title=_("Delete this quote?"), delete=actions.delete_quote)


@require_safe
def quote_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The quote as a PDF in the usual business form."""
    from zhike.sales.quote_pdf import quote_pdf  # a library that takes long to start

    quote = record(request.viewer, QUOTE, pk, related=RELATED)
    actions.note_printed(quote, by=request.viewer)
    answer = HttpResponse(quote_pdf(quote, queries.quote_lines(request.viewer, quote)), content_type="application/pdf")
    name = get_valid_filename(f"{quote.label or quote.pk}-{quote.customer.name}"[:100])
    answer["Content-Disposition"] = content_disposition_header(False, f"{name}.pdf")
    return answer


def panel(request: HttpRequest, about: Any) -> SafeString:
    """The tab "quotes" of a customer or a deal."""
    context = {
        "quotes": queries.quotes_about(request.viewer, about), "about": about,
        "preset": about._meta.model_name, "can_create": request.viewer.can(QUOTE.verb("create")),
    }  # fmt: skip
    return render_to_string("sales/parts/quotes.html", context, request)
