"""Writing a letter and sending it: a row that waits, a claim before the server is called, a mark after it."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.mail import servers
from zhike.mail.actions.filing import digest_of
from zhike.mail.actions.handling import follow_up_by, settle_answers
from zhike.mail.kinds import LETTER
from zhike.mail.matching import thread_of
from zhike.mail.models import Letter, LetterBody, MailAccount
from zhike.mail.parsing import split
from zhike.mail.rules import SEND_AGAIN_AFTER, UNDO, WRITE
from zhike.records import search
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.records.models import StoredFile
from zhike.records.uploads import checked_upload
from zhike.sales.actions import check_sending, note_quote_sent
from zhike.sales.models import Quote

WHY = "the letter its writer has ordered to be sent"
Status = Letter.Status
MOST_RECIPIENTS = 50
LARGEST = 30 * 1024 * 1024


@action
def write_letter(
    *, by: Viewer, account: MailAccount, to: list[list[str]], subject: str, text: str, cc: list[list[str]] = (),
    about: dict[str, Any], answers: Letter | None = None, draft: Letter | None = None,
    stored: list[StoredFile] = (), uploads: list[Any] = (), sends: Quote | None = None, key: str = "",
    is_automatic: bool = False,
) -> Letter:  # fmt: skip
    """Write a letter and have it sent in ten seconds; till then it can be taken back.

    `about` names customer, contact, lead, opportunity, quote (records the writer sees); `to` and `cc` are lists of
    [name, address]; `stored` are files of records the writer sees, sent along. `sends` is a quote whose PDF is among
    the files: gone out, it counts as sent (SAL-5). The same `key` again is the same letter. `is_automatic`: a rule
    writes, nobody who could be waiting for an answer. Raises Refused at fields.
    """
    require(by, WRITE)
    if account.person_id not in (None, by.person_id):
        raise Forbidden(WRITE)
    _check(account, to, cc, text)
    message_id = _new_id(account, f"{by.person_id}:{key}" if key else secrets.token_hex(16))
    if not draft and (known := Letter.objects.whole_table(WHY).filter(message_id=message_id).first()):
        return known
    letter = lock(draft) if draft else Letter(message_id=message_id, direction=Letter.Direction.OUT)
    if draft and (letter.holder_id != by.person_id or letter.status != Status.DRAFT):
        raise Refused(_("This letter is on its way already."))
    for name, record in about.items():
        setattr(letter, name, record)
    if letter.about is None:
        raise Refused(_("Say which customer or lead this is about."))
    letter.owner_id, letter.holder_id = letter.about.owner_id or by.person_id, by.person_id
    letter.is_automatic = is_automatic
    letter.account, letter.sender = account if account.pk else None, account.address
    letter.sends_quote = sends is not None or bool(letter.sends_quote and letter.quote and stored)
    if letter.sends_quote:
        _check_quote(letter.quote, by)
    letter.sender_name = account.display_name or str(by.person)
    letter.to, letter.cc, letter.subject = [list(one) for one in to], [list(one) for one in cc], subject.strip()[:300]
    letter.snippet = " ".join(split(text).fresh.split())[:200]
    if answers is not None:
        letter.is_private = answers.is_private
        letter.in_reply_to = answers.message_id
        letter.references = " ".join([*answers.references.split()[-20:], answers.message_id])
    letter.thread = answers.thread if answers else letter.thread or thread_of(letter.message_id, [], {})
    letter.status, letter.error, letter.attempts, letter.at = Status.WAITING, "", 0, dates.now()
    letter.send_at = dates.now() + UNDO
    letter.save()
    LetterBody.objects.whole_table(WHY).filter(letter=letter).delete()
    LetterBody(letter=letter, text=text).save()
    _attach(letter, by, stored, uploads)
    search.index(LETTER, [letter])
    _enqueue(letter)
    return letter


def _check(account: MailAccount, to: list, cc: list, text: str) -> None:
    if not account.can_send:
        raise Refused({"account": _("This mailbox cannot send; see its settings.")})
    if not to:
        raise Refused({"to": _("Name at least one recipient.")})
    if len(to) + len(cc) > MOST_RECIPIENTS:
        raise Refused({"to": _("At most %(count)s recipients.") % {"count": MOST_RECIPIENTS}})
    if not text.strip():
        raise Refused({"text": _("This is required.")})


def _check_quote(quote: Quote, by: Viewer) -> None:
    try:
        check_sending(quote, by)
    except Refused as refusal:
        raise Refused({"with_pdf": refusal.messages.get("", list(refusal.messages.values())[0])})


def _new_id(account: MailAccount, of: str) -> str:
    mark = hashlib.sha256(of.encode()).hexdigest()[:32]
    return f"{mark}@{account.address.rpartition('@')[2].lower()}"


def _attach(letter: Letter, by: Viewer, stored: list[StoredFile], uploads: list[Any]) -> None:
    """Files of the record are shared, not copied; a draft's own stay where `stored` names them."""
    StoredFile.objects.filter(kind=LETTER.label, object_id=letter.pk).exclude(pk__in=[f.pk for f in stored]).delete()
    files = []
    for file in stored:
        if (file.kind, file.object_id) != (LETTER.label, letter.pk):
            file = StoredFile.objects.create(
                kind=LETTER.label, object_id=letter.pk, name=file.name, content=file.content.name, size=file.size,
                content_type=file.content_type, sha256=file.sha256, person_id=by.person_id,
            )  # fmt: skip
        files.append(file)
    for upload in uploads:
        name, content_type = checked_upload(upload)
        files.append(StoredFile.objects.create(
            kind=LETTER.label, object_id=letter.pk, name=name, content=upload, size=upload.size,
            content_type=content_type, sha256=digest_of(upload), person_id=by.person_id,
        ))  # fmt: skip
    if sum(file.size for file in files) > LARGEST:
        raise Refused({"files": _("All files together may have %(limit)s MB.") % {"limit": LARGEST // 1024 // 1024}})
    letter.files = [{"id": file.pk, "name": file.name, "size": file.size, "cid": ""} for file in files]
    letter.save(update_fields=["files"])


def _enqueue(letter: Letter) -> None:
    from zhike.mail.tasks import send_letter  # tasks name their queue at import, which needs the apps to be ready

    send_letter.using(run_after=letter.send_at).enqueue(letter.pk)


@action
def take_back(letter: Letter, *, by: Viewer) -> Letter:
    """Undo: a letter that did not go out yet becomes a draft again. Raises Refused when it is too late."""
    letter = _own(letter, by)
    if letter.status not in (Status.WAITING, Status.FAILED):
        raise Refused(_("It has gone out already."))
    letter.status, letter.send_at, letter.error = Status.DRAFT, None, ""
    letter.save()
    return letter


@action
def send_again(letter: Letter, *, by: Viewer) -> Letter:
    """Try once more with a letter that failed, or of which nobody knows whether it arrived (same Message-ID)."""
    letter = _own(letter, by)
    if not letter.may_go_again:
        raise Refused(_("It has gone out already."))
    account = servers.sender_of(letter)
    if account is None or not account.can_send:
        raise Refused(_("This mailbox cannot send; see its settings."))
    letter.status, letter.attempts, letter.error, letter.send_at = Status.WAITING, 0, "", dates.now()
    letter.save()
    _enqueue(letter)
    return letter


@action
def delete_draft(letter: Letter, *, by: Viewer) -> None:
    """Throw away a draft, or a letter that never went out."""
    letter = _own(letter, by)
    if letter.status not in (Status.DRAFT, Status.FAILED):
        raise Refused(_("A letter that went out stays in the record."))
    search.forget(LETTER, [letter.pk])
    letter.delete()


def _own(letter: Letter, by: Viewer) -> Letter:
    require(by, WRITE)
    if letter.holder_id != by.person_id:
        raise Forbidden(WRITE)
    return lock(letter)


@action
def mark(letter_id: int, *, by: Viewer, before: tuple[str, ...], after: str, error: str = "",
         again: bool = False) -> Letter | None:  # fmt: skip
    """Move a letter from one state to another, for the job that sends it; None where it is in none of the first.

    `again`: it did not go out and shall be tried later, a few times and ever later, before it counts as failed.
    """
    letter = Letter.objects.whole_table(WHY).filter(pk=letter_id, status__in=before).first()
    letter = lock(letter) if letter else None
    if letter is None or letter.status not in before:
        return None
    if again and letter.attempts <= len(SEND_AGAIN_AFTER):
        after, letter.send_at = Status.WAITING, dates.now() + _pause(letter.attempts)
    letter.status, letter.error = after, error[:300]
    letter.attempts += after == Status.SENDING
    letter.save()
    if after == Status.WAITING:
        _enqueue(letter)
    elif after == Status.SENT:
        settle_answers(letter)
        follow_up_by(letter)
        if letter.sends_quote and letter.quote:
            note_quote_sent(letter.quote, by=by)
        emit("mail.letter.sent", letter, by=by)
    elif letter.is_stuck:
        said = _("Your letter “%(subject)s” did not go out: %(error)s") % {"subject": letter, "error": error}
        notify(letter.holder_id, said, url=letter.get_absolute_url(), tone="bad")
    return letter


def _pause(attempts: int) -> timedelta:
    return SEND_AGAIN_AFTER[max(attempts, 1) - 1]
