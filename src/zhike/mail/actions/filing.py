"""Filing a letter that was found in a mailbox: once, with the right customer, into its conversation."""

from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.mail.actions.handling import follow_up_by, settle_answers
from zhike.mail.kinds import LETTER
from zhike.mail.matching import About, Known, thread_of
from zhike.mail.models import Letter, LetterBody, MailAccount
from zhike.mail.parsing import Parsed, Part, split
from zhike.mail.rules import ANSWER_WITHIN
from zhike.records import search
from zhike.records.actions import notify
from zhike.records.events import emit
from zhike.records.models import StoredFile
from zhike.records.uploads import checked_upload

WHY = "whether a letter is known already, whoever's mailbox it came from"
TOLD_WITHIN = timedelta(days=2)  # what a first reading brings up from last month is no news
LONGEST = 500_000  # letters of text that are kept
In, Out = Letter.Direction.IN, Letter.Direction.OUT


@action
def file_letter(
    parsed: Parsed, *, by: Viewer, account: MailAccount, known: Known, about: About, came_at: datetime,
    forwarded: str = "",
) -> Letter | None:  # fmt: skip
    """Keep a letter with what it is about; None where it is known already.

    `came_at` is when the server got it, for letters without a date; `forwarded` the address of whoever wrote what a
    colleague passed on to the drop-box: then the letter counts as theirs.
    """
    head = parsed.head
    known_already = Letter.objects.whole_table(WHY).filter(message_id=head.message_id)
    if (earlier := known_already.first()) is not None:
        _seen_again(earlier)
        return None
    is_ours = head.sender[1] in known.ours and not forwarded
    letter = Letter(
        direction=Out if is_ours else In, status=Letter.Status.SENT if is_ours else Letter.Status.RECEIVED,
        subject=head.subject, sender=head.sender[1] or "unknown", sender_name=head.sender[0],
        to=[list(one) for one in head.to], cc=[list(one) for one in head.cc], message_id=head.message_id[:255],
        in_reply_to=head.in_reply_to, references=" ".join(head.references), at=head.at or came_at, account=account,
        thread=thread_of(head.message_id, head.ancestors, known.letters),
        customer=about.customer, contact=about.contact, lead=about.lead, opportunity_id=about.opportunity_id,
        quote_id=about.quote_id, holder_id=account.person_id or known.ours.get(head.sender[1]),
    )  # fmt: skip
    letter.owner_id = _owner_of(letter) or letter.holder_id
    if letter.owner_id is None:  # a lead nobody has yet, written to the drop-box
        return None
    if forwarded:
        letter.sender, letter.sender_name = forwarded, ""
    letter.snippet = " ".join(split(parsed.text).fresh.split())[:200]
    letter.is_automatic = head.is_automatic
    letter.answer_due = not is_ours and not head.is_automatic and letter.at > dates.now() - ANSWER_WITHIN
    letter.save()
    LetterBody(letter=letter, text=parsed.text[:LONGEST], html=parsed.html[: LONGEST * 4]).save()
    _keep_files(letter, parsed.parts)
    search.index(LETTER, [letter])
    settle_answers(letter)
    if is_ours:
        follow_up_by(letter)
    else:
        if not letter.is_automatic:
            _tell(letter)
        emit("mail.letter.received", letter, by=by)
    return letter


def _seen_again(letter: Letter) -> None:
    """A letter lies in a mailbox that we were not sure to have sent: so it went out."""
    if letter.status == Letter.Status.UNSURE:
        letter.status, letter.error = Letter.Status.SENT, ""
        letter.save()
        follow_up_by(letter)


def _owner_of(letter: Letter) -> int | None:
    return letter.about.owner_id if letter.about else None


def _keep_files(letter: Letter, parts: list[Part]) -> None:
    files, dropped = [], []
    for part in parts:
        upload = ContentFile(part.content, name=part.name)
        try:
            name, content_type = checked_upload(upload)
        except Refused:
            dropped.append(part.name)
            continue
        stored = keep_file(letter, upload, name, content_type)
        files.append({"id": stored.pk, "name": name, "size": stored.size, "cid": part.cid})
    if files or dropped:
        letter.files, letter.dropped = files, dropped
        letter.save()


def keep_file(letter: Letter, upload, name: str, content_type: str) -> StoredFile:
    """Store a file with a letter."""
    return StoredFile.objects.create(
        kind=LETTER.label, object_id=letter.pk, name=name, content=upload, size=upload.size,
        content_type=content_type, sha256=digest_of(upload), person_id=letter.holder_id or letter.owner_id,
    )  # fmt: skip


def digest_of(upload) -> str:
    """The SHA-256 of an upload, which is then at its beginning again."""
    import hashlib

    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


def _tell(letter: Letter) -> None:
    """The owner hears of a new letter, and whoever's mailbox it came to by way of the company's box knows it anyway."""
    if letter.at < dates.now() - TOLD_WITHIN:
        return
    words = {"who": letter.contact or letter.sender_name or letter.sender, "subject": letter}
    for person_id in {letter.owner_id, letter.holder_id} - {None}:
        notify(person_id, _("%(who)s wrote: %(subject)s") % words, url=letter.get_absolute_url())
