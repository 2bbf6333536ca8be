"""The step that sends an e-mail: to a customer's contact, or to whoever owns the record; and its guard (ACT-6, ACT-8).

A letter goes out some seconds later, by a job, so the chain of rules that led to it is kept with it: what happens to
the letter, and what machines answer to it, belongs to the same chain. However far a circle goes round outside, the
same rule writes to the same address a few times a day at most.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.automation.models import AutomationLetter
from zhike.channels import carrying
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.mail.actions import filled_in, write_from_template
from zhike.mail.models import Letter, LetterTemplate
from zhike.records import events, kinds
from zhike.records.kinds import RecordKind
from zhike.records.models import OutboxEvent

MOST_A_DAY = 3  # letters of one rule to one address
CONTACT, OWNER = "contact", "owner"
WHO = {CONTACT: gettext_lazy("Contact"), OWNER: gettext_lazy("Owner")}
KINDS = {"customer": "customers.customer", "contact": "customers.contact", "opportunity": "sales.opportunity",
         "quote": "sales.quote", "lead": "sales.lead"}  # fmt: skip


def templates() -> list[LetterTemplate]:
    """The templates of the company, which rules may use."""
    return list(LetterTemplate.objects.filter(person__isnull=True))


def can_write(kind: RecordKind) -> bool:
    """Whether a letter can be about records of a kind: they are a customer's or a lead's, and somebody's."""
    return bool(kind.owner) and not kind.is_log and (kind.label in KINDS.values() or bool(_columns(kind)))


def _columns(kind: RecordKind) -> list[str]:
    own = {column.name for column in kind.model._meta.concrete_fields}
    return [name for name in KINDS if name in own]


def send(on: Any, *, who: str, template: str) -> str:
    """Write to the contact in the owner's name, or to the owner; once for each cause, as all of a run is."""
    chosen = next((one for one in templates() if str(one.pk) == template), None)
    if chosen is None:
        raise Refused(_("This template is gone."))
    if who == CONTACT and isinstance(on.record, Letter) and on.record.is_incoming and on.record.is_automatic:
        return _("No e-mail: a machine wrote this letter, and machines are not answered.")
    return to_owner(on, chosen) if who == OWNER else to_contact(on, chosen)


def to_contact(on: Any, template: LetterTemplate) -> str:
    """A letter in the record, through the owner's mailbox or the company's."""
    letter = write_from_template(template, by=on.owner, about=about_of(on))
    name, address = letter.to[0]
    since = dates.now() - timedelta(days=1)
    written = AutomationLetter.objects.filter(rule=on.rule, address=address, written_at__gt=since)
    if written.count() >= MOST_A_DAY:
        raise Refused(_("This rule has written to %(address)s %(n)s times within a day; that looks like a circle.")
                      % {"address": address, "n": MOST_A_DAY})  # fmt: skip
    AutomationLetter.objects.create(rule=on.rule, letter=letter, address=address, chain=list(events.chain()))
    return _("E-mail to %(name)s <%(address)s>: %(subject)s") % {
        "name": name, "address": address, "subject": letter.subject,
    }  # fmt: skip


def to_owner(on: Any, template: LetterTemplate) -> str:
    """A message by e-mail to the colleague, at once or after their quiet hours."""
    subject, text = filled_in(template, by=on.owner, about=about_of(on))
    url = on.record.get_absolute_url() if hasattr(on.record, "get_absolute_url") else ""
    key = f"automation:{on.rule.pk}:{on.record.pk}:{on.cause}:mail"
    sent = carrying.letter_to(on.owner_id, subject, text, url=url, about="automation", key=key)
    if sent is None:
        raise Refused(_("There is no mail server, or the owner has no e-mail address."))
    return _("E-mail to %(name)s: %(subject)s") % {"name": sent.person, "subject": subject}


def about_of(on: Any) -> dict[str, Any]:
    """What a letter about this record is about, as far as its owner sees it (ORG-3)."""
    owner = on.owner
    found = {}
    for name in KINDS:
        kind = kinds.get(KINDS[name])
        pk = on.record.pk if on.kind.label == kind.label else getattr(on.record, f"{name}_id", None)
        if pk and (record := kind.rows(owner, few=True).filter(pk=pk).first()):
            found[name] = record
    return found


def words(kind: RecordKind, values: dict[str, Any]) -> str:
    """The step in words: to whom, by which template."""
    name = next((str(one) for one in templates() if str(one.pk) == values["template"]), _("a template that is gone"))
    return f"{WHO.get(values['who'], values['who'])} · {name}"


def chain_of(event: OutboxEvent) -> Sequence[str]:
    """The rules that led to an event; for what happens to a letter of a rule, those that led to the letter."""
    if chain := event.payload.get("chain", ()):
        return chain
    if event.kind != "mail.letter":
        return ()
    row = AutomationLetter.objects.filter(letter_id=event.object_id).first() or _answered(event.object_id)
    return row.chain if row else ()


def _answered(letter_id: int) -> AutomationLetter | None:
    """The letter of a rule that a machine answers: an answer nobody need answer in turn."""
    rows = Letter.objects.whole_table("whether a letter answers one of a rule").filter(pk=letter_id, answer_due=False)
    answer = rows.exclude(in_reply_to="").first()
    return answer and AutomationLetter.objects.filter(letter__message_id=answer.in_reply_to).first()
