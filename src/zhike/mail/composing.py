"""What a new letter begins with: whom it is about, its recipients, a template, the letter it answers or passes on."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.customers.models import Contact
from zhike.customers.queries import people_at
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.access import may
from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.mail import queries, rules
from zhike.mail.models import Letter, LetterTemplate, MailAccount
from zhike.org.queries import company_name
from zhike.records import queries as records
from zhike.records.models import StoredFile
from zhike.sales.kinds import LEAD, OPPORTUNITY, QUOTE
from zhike.sales.models import Quote
from zhike.sales.queries import quote_letter, quote_lines

KINDS = {"customer": CUSTOMER, "contact": CONTACT, "opportunity": OPPORTUNITY, "quote": QUOTE, "lead": LEAD}
SENDABLE = (Quote.Status.APPROVED, Quote.Status.SENT)
MOST_QUOTED = 20_000


@dataclass
class Begin:
    """Everything known about a letter before anybody types."""

    about: dict[str, Any] = field(default_factory=dict)
    people: list[Contact] = field(default_factory=list)
    answers: Letter | None = None
    passes_on: Letter | None = None
    draft: Letter | None = None
    template: LetterTemplate | None = None
    sends: Quote | None = None  # a quote that may go along as PDF
    files: list[StoredFile] = field(default_factory=list)

    @property
    def named(self) -> Any:
        """The record the letter comes back to when it is done."""
        return next((self.about[n] for n in ("quote", "opportunity", "customer", "lead") if self.about.get(n)), None)


def begin(viewer: Viewer, query: QueryDict) -> Begin:
    """Read what an address (`?contact=7`, `?reply=9`, `?draft=3`) says; raises NotVisible for what one may not see."""
    found = Begin()
    for name, place in (("reply", "answers"), ("forward", "passes_on"), ("draft", "draft")):
        if pk := key_of(query.get(name)):
            setattr(found, place, queries.letter(viewer, pk))
    if earlier := found.draft or found.answers or found.passes_on:
        found.about = {name: getattr(earlier, name) for name in KINDS if getattr(earlier, name)}
    for name, kind in KINDS.items():
        if pk := key_of(query.get(name)):
            found.about[name] = records.record(viewer, kind, pk)
    _complete(found.about)
    if pk := key_of(query.get("template")):
        found.template = queries.template(viewer, pk)
    quote = found.about.get("quote")
    if quote and not earlier and quote.status in SENDABLE and may(viewer, QUOTE.verb("change"), quote):
        found.sends = quote
    if customer := found.about.get("customer"):
        found.people = [person for person in people_at(viewer, customer) if person.email]
    own = [one for one in (found.draft, found.passes_on) if one]
    # The customer, deal and quote were each read through their scope, so their files may go along.
    found.files = queries.files_to_send([*own, *(found.about[n] for n in ("quote", "opportunity", "customer", "lead")
                                                 if found.about.get(n))])  # fmt: skip
    return found


def quote_file(viewer: Viewer, quote: Quote) -> ContentFile:
    """A quote as the PDF that goes along with its letter."""
    from zhike.sales.quote_pdf import quote_pdf  # a library that takes long to start

    name = f"{quote.label or quote.pk}.pdf".replace(" ", "-")
    return ContentFile(quote_pdf(quote, quote_lines(viewer, quote)), name=name)


def _complete(about: dict[str, Any]) -> None:
    """A contact, deal or quote says which customer; what belongs to another customer is left out."""
    for name in ("contact", "quote", "opportunity"):
        if (record := about.get(name)) is not None and not about.get("customer") and record.customer_id:
            about["customer"] = record.customer
    customer = about.get("customer")
    for name in ("contact", "quote", "opportunity"):
        record = about.get(name)
        if record is not None and customer is not None and record.customer_id not in (None, customer.pk):
            del about[name]
    if about.get("quote") and not about.get("contact") and about["quote"].contact_id:
        about["contact"] = about["quote"].contact


def initial(viewer: Viewer, start: Begin, account: MailAccount | None, *, all_answer: bool = False) -> dict[str, Any]:
    """The values of the form before anybody typed."""
    sign = account.signature.strip() if account else ""
    own_sign = f"\n\n-- \n{sign}" if sign else ""
    if start.draft:
        said = queries.body(viewer, start.draft).text
        return {"to": addresses(start.draft.to), "cc": addresses(start.draft.cc), "subject": start.draft.subject,
                "text": said, "stored": [f"{file['id']}" for file in start.draft.files]}  # fmt: skip
    values: dict[str, Any] = {"to": "", "cc": "", "subject": "", "text": own_sign, "stored": []}
    contact, lead = start.about.get("contact"), start.about.get("lead")
    if contact is not None and contact.email:
        values["to"] = addresses([[contact.name, contact.email]])
    elif lead is not None and lead.email:
        values["to"] = addresses([[lead.name, lead.email]])
    if start.sends:
        values["subject"], text = quote_letter(viewer, start.sends)
        values |= {"text": text + own_sign, "with_pdf": True}
    if start.answers:
        values |= _answer(viewer, start.answers, own_sign, all_answer)
    elif start.passes_on:
        values |= _pass_on(viewer, start.passes_on, own_sign)
    if start.template:
        words = words_of(viewer, start, account)
        text = rules.filled(start.template.text, words)
        has_own = "{me.signature}" in start.template.text
        values["text"] = (text if has_own else text + own_sign) + (
            values["text"][len(own_sign) :] if start.answers else ""
        )
        values["subject"] = values["subject"] or rules.filled(start.template.subject, words)
    return values


def _answer(viewer: Viewer, letter: Letter, sign: str, everybody: bool) -> dict[str, Any]:
    said = queries.body(viewer, letter).text[:MOST_QUOTED]
    words = {"when": f"{fmt.local(letter.at):%Y-%m-%d %H:%M}", "who": letter.sender_name or letter.sender}
    said_then = _("%(when)s, %(who)s wrote:") % words
    quoted = "\n".join(f"> {line}" for line in said.splitlines())
    to = [[letter.sender_name, letter.sender]] if letter.is_incoming else letter.to
    others = [one for one in (*letter.to, *letter.cc) if letter.is_incoming or one not in letter.to]
    ours = {account.address.lower() for account in queries.senders(viewer)}
    cc = [one for one in others if one[1] not in ours and one not in to] if everybody else []
    return {
        "to": addresses(to), "cc": addresses(cc), "subject": _("Re: %(subject)s") % {"subject": bare(letter.subject)},
        "text": f"{sign}\n\n{said_then}\n{quoted}",
    }  # fmt: skip


def _pass_on(viewer: Viewer, letter: Letter, sign: str) -> dict[str, Any]:
    said = queries.body(viewer, letter).text[:MOST_QUOTED]
    lines = [
        _("---------- Forwarded message ----------"),
        pgettext("letter", "From: %(who)s") % {"who": addresses([[letter.sender_name, letter.sender]])},
        pgettext("letter", "Date: %(when)s") % {"when": f"{fmt.local(letter.at):%Y-%m-%d %H:%M}"},
        pgettext("letter", "To: %(who)s") % {"who": addresses(letter.to)},
        pgettext("letter", "Subject: %(subject)s") % {"subject": letter.subject},
    ]
    return {
        "to": "", "subject": _("Fwd: %(subject)s") % {"subject": bare(letter.subject)},
        "text": f"{sign}\n\n" + "\n".join(lines) + f"\n\n{said}",
        "stored": [f"{file['id']}" for file in letter.files],
    }  # fmt: skip


@cache
def _prefixes() -> re.Pattern:
    words = (Path(__file__).parent / "data" / "reply_prefixes.txt").read_text("utf-8").split()
    return re.compile(rf"(?:(?:{'|'.join(words)})\s*[:\uff1a]\s*)+", re.IGNORECASE)


def bare(subject: str) -> str:
    """A subject without what replies and forwards put before it."""
    return _prefixes().sub("", subject, count=1) if _prefixes().match(subject) else subject


def addresses(people: list) -> str:
    """Recipients as one line: "Wang <wang@x.cn>, li@y.cn"."""
    return ", ".join(f"{name.replace(',', ' ')} <{address}>" if name else address for name, address in people)


def words_of(viewer: Viewer, start: Begin, account: MailAccount | None) -> dict[str, str]:
    """What stands for the placeholders of a template; what is not known stays empty, never "None"."""
    me, about = viewer.person, start.about
    contact, customer, lead = about.get("contact"), about.get("customer"), about.get("lead")
    deal, quote = about.get("opportunity"), about.get("quote")
    return {
        "contact.name": contact.name if contact else lead.name if lead else "",
        "contact.title": contact.title if contact else lead.title if lead else "",
        "customer.name": customer.name if customer else lead.company if lead else "",
        "customer.short_name": customer.called if customer else lead.company if lead else "",
        "opportunity.name": str(deal) if deal else "", "quote.number": quote.label if quote else "",
        "me.name": str(me), "me.title": me.title, "me.mobile": me.mobile, "me.email": me.email,
        "me.signature": account.signature.strip() if account else "", "company.name": company_name(),
        "today": f"{dates.today():%Y-%m-%d}",
    }  # fmt: skip
