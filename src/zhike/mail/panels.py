"""What this room shows on pages of others: letters of a customer, a deal, a lead; its part of the timeline."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.activities.timeline import PAGE, Event, moment_of
from zhike.customers.models import Customer
from zhike.kit.access import may
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.mail import queries
from zhike.mail.kinds import LETTER
from zhike.mail.models import Letter
from zhike.mail.parsing import split
from zhike.mail.parsing.html import asks_for_pictures
from zhike.mail.rules import WRITE
from zhike.records.lookups import person_names
from zhike.records.prepared import prepared
from zhike.sales.models import Quote

RICH = ("<table", "<img", "background")


def shown(letter: Letter) -> dict[str, Any]:
    """A letter as its card shows it: what is new, the signature and the quotation folded."""
    html = letter.said.html
    return {
        "letter": letter, "said": split(letter.said.text), "has_html": bool(html),
        "is_rich": any(mark in html.lower() for mark in RICH), "asks": asks_for_pictures(html),
        "files": [file for file in letter.files if not file.get("cid")],
    }  # fmt: skip


def of_record(request: HttpRequest, record: Any) -> SafeString:
    """The tab "E-mail" of a customer, a deal or a lead."""
    name, viewer = record._meta.model_name, request.viewer
    context = {
        "letters": queries.letters_about(viewer, **{name: record}) if viewer.can(LETTER.verb("view")) else [],
        "about": record, "name": name, "can_write": viewer.can(WRITE),
    }  # fmt: skip
    if isinstance(record, Customer):
        context["domains"] = queries.domains_of(viewer, record)
        context["can_declare"] = may(viewer, "customers.customer.change", record)
    return render_to_string("mail/parts/letters.html", context, request)


def of_quote(request: HttpRequest, quote: Quote) -> SafeString:
    """Letters about a quote, on its page: to whom it went, and what came back."""
    letters = queries.letters_about(request.viewer, quote=quote) if request.viewer.can(LETTER.verb("view")) else []
    return render_to_string("mail/parts/of_quote.html", {"letters": letters}, request) if letters else SafeString()


def events(viewer: Viewer, customer: Customer, place: str, alone: bool) -> list[Event]:
    """Letters in a customer's stream; those that are follow-ups stand there as such, unless nothing else is shown."""
    text, _sep, pk = place.partition("|")
    if not ((moment := moment_of(text)) and key_of(pk)):
        return [_event(row) for row in _latest(viewer, customer.pk, alone)]
    rows = _letters(viewer, customer.pk, alone).filter(at__lte=moment).exclude(at=moment, pk__gte=key_of(pk))
    return [_event(row) for row in rows[: PAGE + 1]]


def first(customer_id: int) -> tuple:
    """The prepared question the stream of a customer begins with, and its arguments."""
    return _latest, customer_id, False


@prepared
def _latest(viewer: Viewer, customer_id: int, alone: bool) -> QuerySet[Letter]:
    return _letters(viewer, customer_id, alone)[: PAGE + 1]


def _letters(viewer: Viewer, customer_id: int, alone: bool) -> QuerySet[Letter]:
    rows = Letter.objects.visible_to(viewer).filter(customer_id=customer_id).select_related("contact")
    return (rows if alone else rows.filter(activity__isnull=True)).order_by("-at", "-id")


def _event(letter: Letter) -> Event:
    tone = "bad" if letter.is_stuck else "ok" if letter.is_incoming else "info"
    who = (letter.contact.name if letter.contact else "") or letter.sender_name or letter.sender
    person = who if letter.is_incoming else person_names().get(letter.holder_id, letter.sender_name)
    extra = render_to_string("mail/parts/in_stream.html", {"letter": letter})
    return Event(
        letter.at, "letters", f"{letter.at.isoformat()}|{letter.pk}",
        "mail" if letter.is_incoming else "send", tone, person, _("wrote") if letter.is_incoming else _("sent"),
        extra=extra,
    )  # fmt: skip


def beside_follow_ups(viewer: Viewer, activity_ids: list[int]) -> dict[int, SafeString]:
    """The letters that some follow-ups in the stream stand for."""
    rows = Letter.objects.visible_to(viewer).filter(activity__in=activity_ids)
    return {row.activity_id: render_to_string("mail/parts/in_stream.html", {"letter": row}) for row in rows}
