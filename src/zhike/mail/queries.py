"""Reads of this room, viewer first: letters with their conversation, one's mailbox, what a letter begins with."""

from typing import Any

from django.db.models import QuerySet

from zhike.kit.errors import NotVisible
from zhike.kit.keys import LARGEST_KEY
from zhike.kit.viewer import Viewer
from zhike.mail.kinds import LETTER
from zhike.mail.models import Letter, LetterBody, LetterTemplate, MailAccount, MailDomain
from zhike.mail.rules import SETTINGS
from zhike.mail.servers import own_server
from zhike.records import queries as records
from zhike.records.models import StoredFile
from zhike.records.prepared import prepared_count

MOST = 50
RELATED = ("customer", "contact", "lead", "opportunity", "quote", "holder", "account")


def letter(viewer: Viewer, pk: int) -> Letter:
    """A letter with what it is about; raises NotVisible."""
    return records.record(viewer, LETTER, pk, related=RELATED)


def conversation(viewer: Viewer, about: Letter) -> list[Letter]:
    """The letters of a conversation the viewer sees, oldest first, each with its text as `said`."""
    rows = Letter.objects.visible_to(viewer).filter(thread=about.thread).select_related("contact", "holder")
    found = list(rows.order_by("-at", "-id")[:MOST])[::-1]
    bodies = LetterBody.objects.visible_to(viewer).filter(letter__in=[row.pk for row in found])
    by_letter = {body.letter_id: body for body in bodies}
    for row in found:
        row.said = by_letter.get(row.pk) or LetterBody(letter=row)
    return found


def body(viewer: Viewer, about: Letter) -> LetterBody:
    """What a letter says that was read through its scope."""
    return LetterBody.objects.visible_to(viewer).filter(letter=about).first() or LetterBody(letter=about)


def letters_about(viewer: Viewer, **about: Any) -> list[Letter]:
    """Letters about a record, newest first: `letters_about(viewer, opportunity=deal)`."""
    rows = Letter.objects.visible_to(viewer).filter(**about).select_related("contact", "holder")
    return list(rows.order_by("-at", "-id")[:MOST])


@prepared_count
def due_count(viewer: Viewer) -> QuerySet[Letter]:
    """How many letters of one's own customers wait for an answer."""
    return Letter.objects.visible_to(viewer).filter(owner_id=viewer.person_id, answer_due=True)


def due(viewer: Viewer, *, team: bool = False) -> list[Letter]:
    """Letters that wait for an answer, the longest first; one's own customers', or those of one's people."""
    people = {viewer.person_id, *viewer.subordinates} if team else {viewer.person_id}
    rows = Letter.objects.visible_to(viewer).filter(owner_id__in=people, answer_due=True)
    return list(rows.select_related("customer", "contact", "lead", "owner").order_by("at", "id")[:100])


def my_account(viewer: Viewer) -> MailAccount | None:
    """One's own mailbox."""
    return MailAccount.objects.filter(person_id=viewer.person_id).first() if viewer.person_id else None


def company_account() -> MailAccount | None:
    """The company's mailbox."""
    return MailAccount.objects.filter(is_company=True).first()


def colleagues_accounts() -> list[MailAccount]:
    """Everybody's own mailboxes with how they stand, those in trouble first; for whoever sets mail up."""
    rows = MailAccount.objects.filter(person__isnull=False, person__is_active=True).select_related("person")
    order = [MailAccount.State.STOPPED, MailAccount.State.TROUBLE]
    return sorted(rows, key=lambda row: (order.index(row.state) if row.state in order else 9, row.address))


def senders(viewer: Viewer) -> list[MailAccount]:
    """What a person may send through: their own mailbox, then the company's; without either the plain server."""
    found = [account for account in (my_account(viewer), company_account()) if account and account.can_send]
    server = None if found else own_server()
    return [server] if server else found


def templates(viewer: Viewer) -> list[LetterTemplate]:
    """Templates one may begin with: the company's, then one's own."""
    rows = LetterTemplate.objects.all()
    return [*rows.filter(person__isnull=True), *rows.filter(person_id=viewer.person_id)]


def template(viewer: Viewer, pk: int, *, to_change: bool = False) -> LetterTemplate:
    """A template by id; the company's are changed by those who set mail up. Raises NotVisible."""
    found = LetterTemplate.objects.filter(pk=pk).first() if 0 < pk <= LARGEST_KEY else None
    if found is None or found.person_id not in (None, viewer.person_id):
        raise NotVisible
    if to_change and found.person_id is None and not viewer.can(SETTINGS):
        raise NotVisible
    return found


def domains_of(viewer: Viewer, customer: Any) -> list[MailDomain]:
    """The domains declared for a customer."""
    return list(MailDomain.objects.within(viewer, customer).order_by("domain"))


def domain(viewer: Viewer, pk: int) -> MailDomain:
    """A declared domain with its customer; raises NotVisible."""
    rows = MailDomain.objects.visible_to(viewer).filter(pk=pk).select_related("customer")
    found = rows.first() if 0 < pk <= LARGEST_KEY else None
    if found is None:
        raise NotVisible
    return found


def files_to_send(about: list[Any]) -> list[StoredFile]:
    """Files of records that were read through their scope, to choose from for a letter, newest first."""
    found: list[StoredFile] = []
    for record in about:
        rows = StoredFile.objects.filter(kind=record.kind_label(), object_id=record.pk)
        found += rows.order_by("-id")[:20]
    return found
