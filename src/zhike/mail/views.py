"""Pages of letters: the list, what waits for an answer, a letter in its conversation, writing one."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import dates, htmx
from zhike.kit.access import may, require
from zhike.kit.errors import Refused
from zhike.mail import actions, composing, queries
from zhike.mail.forms import FileUnderForm, LetterForm
from zhike.mail.kinds import LETTER
from zhike.mail.panels import shown
from zhike.mail.pictures import frame
from zhike.mail.rules import WRITE
from zhike.records.dialogs import dialog
from zhike.records.lists import ListPage


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """All letters the viewer sees."""
    create = reverse("mail:letter_write") if request.viewer.can(WRITE) else ""
    switch = render_to_string("mail/parts/switch.html", {}, request)
    return ListPage(LETTER, request, create_url=create, switch=switch).response()


@require_safe
def letter_due(request: HttpRequest) -> HttpResponse:
    """What customers wait for an answer to, the longest waiting first."""
    viewer = request.viewer
    require(viewer, LETTER.verb("view"))
    team = "team" in request.GET and bool(viewer.subordinates)
    context = {
        "letters": queries.due(viewer, team=team), "team": team, "now": dates.now(), "can_write": viewer.can(WRITE),
        "account": queries.my_account(viewer),
    }  # fmt: skip
    return htmx.part(request, "mail/letter_due.html", context)


@require_safe
def letter_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter in its conversation."""
    viewer, letter = request.viewer, queries.letter(request.viewer, pk)
    thread = [shown(row) for row in queries.conversation(viewer, letter)]
    mine, left = letter.holder_id == viewer.person_id, _seconds_left(letter)
    under_way = letter.status in (letter.Status.WAITING, letter.Status.SENDING) and not letter.error
    context = {
        "letter": letter, "thread": thread, "mine": mine, "can_write": viewer.can(WRITE),
        "can_change": may(viewer, WRITE, letter), "pictures": "pictures" in request.GET,
        "undo_seconds": left if mine else 0, "look_in": left + 2 if under_way else 0,
    }  # fmt: skip
    answer = htmx.part(request, "mail/letter_page.html#state", context)
    if htmx.wants_part(request) and not under_way:  # gone out meanwhile, or failed: the whole page says so
        answer["HX-Refresh"] = "true"
    return answer


def _seconds_left(letter) -> int:
    if letter.status != letter.Status.WAITING or letter.send_at is None:
        return 0
    return max(int((letter.send_at - dates.now()).total_seconds()) + 1, 0)


@require_safe
@xframe_options_sameorigin
def letter_body(request: HttpRequest, pk: int) -> HttpResponse:
    """The HTML of a letter as its own page, cleaned, without scripts, shut in by its own policy (ACT-8)."""
    letter = queries.letter(request.viewer, pk)
    body = queries.body(request.viewer, letter)
    return frame(letter, body, remote="pictures" in request.GET)


@require_http_methods(["GET", "POST"])
def letter_write(request: HttpRequest) -> HttpResponse:
    """Write a letter: about a record, as an answer, passed on, or a draft again."""
    viewer = request.viewer
    require(viewer, WRITE)
    start, senders = composing.begin(viewer, request.GET), queries.senders(viewer)
    if not senders:
        return htmx.part(request, "mail/letter_write.html", {"start": start, "form": None})
    account = (start.draft and start.draft.account) or senders[0]
    values = composing.initial(viewer, start, account, all_answer="all" in request.GET)
    form = LetterForm(request.POST or None, files=request.FILES or None, start=start, senders=senders,
                      initial={"account": f"{account.pk or 0}", "key": uuid4().hex, **values})  # fmt: skip
    uploads = request.FILES.getlist("files")
    if request.method == "POST" and form.is_valid() and form.cleaned_data.get("with_pdf"):
        uploads.append(composing.quote_file(viewer, start.sends))
    if request.method == "POST" and form.run(actions.write_letter, by=viewer, uploads=uploads):
        return htmx.redirect(request, form.result.get_absolute_url(), _("It goes out in ten seconds."))
    context = {
        "form": form,
        "start": start,
        "templates": queries.templates(viewer),
        "query": _without_template(request),
    }
    return htmx.part(request, "mail/letter_write.html", context, status=422 if form.errors else 200)


def _without_template(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("template", None)
    return query.urlencode()


@require_POST
def letter_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a letter back before it goes out, and go on writing it."""
    letter = queries.letter(request.viewer, pk)
    try:
        actions.take_back(letter, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, letter.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, f"{reverse('mail:letter_write')}?draft={pk}", _("Taken back; it is a draft again."))


@require_POST
def letter_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Try once more."""
    letter = queries.letter(request.viewer, pk)
    try:
        actions.send_again(letter, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, letter.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, letter.get_absolute_url(), _("On its way."))


@require_POST
def letter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    letter = queries.letter(request.viewer, pk)
    back = letter.about.get_absolute_url() if letter.about else reverse("mail:letter_list")
    try:
        actions.delete_draft(letter, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, letter.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, back, _("Deleted."))


@require_POST
def letter_private(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a letter for oneself, or show it with the record again."""
    letter = queries.letter(request.viewer, pk)
    actions.set_private(letter, by=request.viewer, is_private=not letter.is_private)
    said = _("Only you see it now.") if not letter.is_private else _("Whoever sees the record sees it again.")
    return htmx.redirect(request, letter.get_absolute_url(), said)


@require_POST
def letter_answered(request: HttpRequest, pk: int) -> HttpResponse:
    """It needs no answer, or got one another way."""
    letter = queries.letter(request.viewer, pk)
    actions.answered(letter, by=request.viewer)
    back = reverse("mail:letter_due") if request.POST.get("back") == "due" else letter.get_absolute_url()
    return htmx.redirect(request, back, _("Waits no longer."))


@require_http_methods(["GET", "POST"])
def letter_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay the conversation with another customer or deal."""
    letter = queries.letter(request.viewer, pk)
    require(request.viewer, WRITE, letter)
    initial = {name: getattr(letter, f"{name}_id") or "" for name in ("customer", "contact", "opportunity")}
    form = FileUnderForm(request.POST or None, viewer=request.viewer, initial=initial)
    if request.method == "POST" and form.run(actions.file_under, letter, by=request.viewer):
        return htmx.redirect(request, letter.get_absolute_url(), _("Filed."))
    return dialog(request, form, letter, title=_("Lay with another record"), submit=_("Save"))
