"""Messages by e-mail: one letter for one message or for a digest, as HTML and as text (ACT-7)."""

import smtplib
from email.utils import parseaddr
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.channels import links
from zhike.channels.models import Delivery
from zhike.channels.outcomes import Outcome, failed, sent
from zhike.kit import dates
from zhike.org.models import Person
from zhike.org.queries import company_name
from zhike.records import messages
from zhike.records.models import InboxItem

URGENCY = ["bad", "warn", "vio", "ok", "info", "mute"]  # tones, the most urgent first


def send(rows: list[Delivery]) -> Outcome:
    """Send the letter of these rows. What the server refuses for good is not tried again."""
    person = rows[0].person
    if person is None or not person.is_active or not person.email:
        return failed(_("This colleague has no e-mail address, or has left."), again=False)
    with translation.override(person.language or settings.LANGUAGE_CODE):
        letter = write(person, rows)
    try:
        letter.send()
    except smtplib.SMTPAuthenticationError as error:
        return failed(_said(error.smtp_code, error.smtp_error), status_code=error.smtp_code)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return failed(_said(code, text), again=code < 500, status_code=code)
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        return failed(_said(code, error.smtp_error), again=code < 500, status_code=code)
    except OSError as error:  # away, too slow, cut off: smtplib's other errors are OSErrors, too
        return failed(f"{type(error).__name__}: {error}")
    return sent(request=f"{person.email}\n{letter.subject}\n\n{letter.body}")


def read_already(rows: list[Delivery]) -> set[int]:
    """Of these rows those whose message was read in the product meanwhile: nobody needs a letter about it."""
    read = InboxItem.objects.filter(pk__in=[row.item_id for row in rows if row.item_id], read_at__isnull=False)
    items = set(read.values_list("pk", flat=True))
    return {row.pk for row in rows if row.item_id in items}


def _said(code: int, text: Any) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


def write(person: Person, rows: list[Delivery]) -> EmailMultiAlternatives:
    """The letter: the same Message-ID at each attempt, and a way to have no more of them."""
    kinds = {row.about for row in rows}
    off = links.unsubscribe(person.pk, kinds.pop() if len(kinds) == 1 else links.EVERYTHING)
    context = {
        "person": person, "company": company_name(), "groups": grouped(rows), "single": len(rows) == 1,
        "off": links.absolute(off), "choices": links.absolute(reverse("channels:wishes")),
    }  # fmt: skip
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "zhike"
    headers = {"Message-ID": f"<{rows[0].letter}@{host}>", "Auto-Submitted": "auto-generated"}
    if context["off"]:
        headers |= {"List-Unsubscribe": f"<{context['off']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    text = render_to_string("channels/mail/letter.txt", context)
    letter = EmailMultiAlternatives(subject_of(rows), text, to=[person.email], headers=headers)
    letter.attach_alternative(render_to_string("channels/mail/letter.html", context), "text/html")
    return letter


def subject_of(rows: list[Delivery]) -> str:
    """The message itself, or how many there are."""
    if len(rows) == 1:
        return " ".join(rows[0].title.split())[:150]
    words = {"n": len(rows), "day": f"{dates.today():%Y-%m-%d}"}
    return ngettext("%(n)s message, %(day)s", "%(n)s messages, %(day)s", len(rows)) % words


def grouped(rows: list[Delivery]) -> list[dict[str, Any]]:
    """The messages by kind, the urgent ones of each first."""
    order = {about.key: place for place, about in enumerate(messages.everything())}

    def place(row: Delivery) -> tuple[int, int, int]:
        tone = row.content.get("tone", "info")
        return order.get(row.about, 99), URGENCY.index(tone) if tone in URGENCY else 9, row.pk

    return [
        {
            "label": messages.about(key).label,
            "items": [{"text": row.title, "url": links.absolute(row.content.get("url", "")), "at": row.created_at,
                       "more": row.content.get("text", ""),
                       "is_urgent": row.content.get("tone") in ("bad", "warn")} for row in group],
        }
        for key, group in groupby(sorted(rows, key=place), key=lambda row: row.about)
    ]  # fmt: skip
