"""Reading mailboxes by IMAP: headers first, and only letters that are about somebody we know are fetched whole.

How far a folder was read is kept after each batch, so that a restart goes on where it stopped; a letter met twice is
known by its Message-ID. Nothing in the mailbox is changed, not even what counts as read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from imapclient import IMAPClient

from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.mail import actions, matching, servers
from zhike.mail.models import Letter, MailAccount, MailFolder
from zhike.mail.parsing import Head, forwarded_sender, parse, parse_head
from zhike.mail.trouble import MailTrouble
from zhike.org.viewers import the_system

BATCH = 100
MOST_AT_FIRST = 10_000  # letters of a mailbox read for the first time, the newest
LARGEST = 60 * 1024 * 1024
BEGINNING = 1024 * 1024  # bytes taken of a letter that is larger
HEADERS = 128 * 1024  # bytes taken of the headers
REPORT = 256 * 1024  # bytes taken of a report of mail servers, before the letter it returns
Role = MailFolder.Role


@dataclass
class Found:
    """The headers of a letter on the server."""

    uid: int
    head: Head
    size: int
    came_at: datetime


def fetch(account_id: int) -> int:
    """Read what is new; gives how many letters were kept. Trouble is noted on the mailbox, never raised."""
    system = the_system()
    account = actions.claim(account_id, by=system)
    if account is None or not account.can_read:
        return 0
    kept = 0
    try:
        viewer = viewer_of(account.person_id) if account.person_id else system
        with servers.imap(account) as client:
            client.normalise_times = False
            for role, wanted in ((Role.INBOX, account.reads_inbox), (Role.SENT, account.reads_sent)):
                if wanted and (name := folder_name(client, role)):
                    kept += read_folder(client, account, role, name, viewer)
    except MailTrouble as trouble:
        actions.note_trouble(account, by=system, text=trouble.text, lasting=trouble.lasting)
        return kept
    except LookupError:  # its owner left the company
        actions.note_trouble(
            account, by=system, text=_("The owner of this mailbox has left the company."), lasting=True
        )
        return kept
    actions.note_fetched(account, by=system)
    return kept


@cache
def _sent_names() -> list[str]:
    lines = (Path(__file__).parent / "data" / "sent_folders.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def folder_name(client: IMAPClient, role: str) -> str | None:
    """What the server calls a folder: by the mark of RFC 6154, else by its usual names."""
    if role == Role.INBOX:
        return "INBOX"
    folders = client.list_folders()
    marked = [name for flags, _sep, name in folders if b"\\sent" in {flag.lower() for flag in flags}]
    names = {name for _flags, _sep, name in folders}
    return next(iter([*marked, *(name for name in _sent_names() if name in names)]), None)


def read_folder(client: IMAPClient, account: MailAccount, role: str, name: str, viewer: Viewer) -> int:
    """Read what is new in a folder, batch by batch."""
    folder, _created = MailFolder.objects.get_or_create(account=account, role=role)
    selected = client.select_folder(name, readonly=True)
    if folder.uidvalidity != selected[b"UIDVALIDITY"]:  # the server counts anew, or we are here for the first time
        folder.uidvalidity, folder.last_uid = selected[b"UIDVALIDITY"], 0
    ours, kept = matching.our_addresses(), 0
    ours.setdefault(account.address.lower(), account.person_id)
    uids = _new_uids(client, account, folder)
    for start in range(0, len(uids), BATCH):
        batch = uids[start : start + BATCH]
        kept += _read_batch(client, account, batch, viewer, ours)
        _got_to(folder, batch[-1])
    if not uids and not folder.last_uid:
        _got_to(folder, int(selected.get(b"UIDNEXT", 1)) - 1)
    return kept


def _new_uids(client: IMAPClient, account: MailAccount, folder: MailFolder) -> list[int]:
    if folder.last_uid:
        # "n:*" always names the last letter too, even when its number is smaller.
        return sorted(uid for uid in client.search(["UID", f"{folder.last_uid + 1}:*"]) if uid > folder.last_uid)
    return sorted(client.search(["SINCE", account.since]))[-MOST_AT_FIRST:]


def _got_to(folder: MailFolder, uid: int) -> None:
    folder.last_uid = max(folder.last_uid, uid)
    folder.save()
    MailAccount.objects.filter(pk=folder.account_id).update(busy_since=dates.now())


def _read_batch(client: IMAPClient, account: MailAccount, uids: list[int], viewer: Viewer, ours: dict) -> int:
    found = list(_heads(client, uids))
    known, kept = matching.look_up([one.head for one in found], viewer, ours), 0
    for one in found:
        if (letter := _read(client, account, one, viewer, known)) is not None:
            known.letters[letter.message_id] = letter  # an answer may follow in the same batch
            kept += 1
    return kept


def _heads(client: IMAPClient, uids: list[int]) -> Iterator[Found]:
    answers = client.fetch(uids, [f"BODY.PEEK[HEADER]<0.{HEADERS}>", "RFC822.SIZE", "INTERNALDATE"])
    for uid in uids:
        said = answers.get(uid) or {}
        if (head := _body(said)) is not None:
            came = said.get(b"INTERNALDATE") or dates.now()
            came = came if came.tzinfo else came.replace(tzinfo=UTC)
            yield Found(uid, parse_head(head), said.get(b"RFC822.SIZE", 0), came)


def _read(client: IMAPClient, account: MailAccount, found: Found, viewer: Viewer, known) -> Letter | None:
    if found.head.may_be_returned and _is_returned(client, account, found):
        return None
    about, forwarded = matching.about(found.head, known), ""
    passed_on = account.is_company and about is None and found.head.sender[1] in known.ours
    if about is None and not passed_on:
        return None
    if found.head.message_id in known.letters and known.letters[found.head.message_id].status != Letter.Status.UNSURE:
        return None
    parsed = parse(_whole(client, found))
    parsed.head.message_id = found.head.message_id
    if passed_on:  # a colleague forwards what a customer wrote to them
        forwarded = forwarded_sender(parsed.text)
        known = matching.look_up([found.head], viewer, known.ours, more=[forwarded])
        about = matching.about(found.head, known, forwarded)
    if about is None:
        return None
    try:
        return actions.file_letter(
            parsed, by=viewer, account=account, known=known, about=about, came_at=found.came_at, forwarded=forwarded
        )
    except Refused:
        if Letter.objects.whole_table(actions.filing.WHY).filter(message_id=found.head.message_id).exists():
            return None  # another mailbox was faster
        raise


def _is_returned(client: IMAPClient, account: MailAccount, found: Found) -> bool:
    """Whether it reports that a letter of ours did not arrive: noted there, it is no letter of its own."""
    parsed = parse(_beginning(client, found.uid, REPORT))
    parsed.head.message_id = found.head.message_id
    return actions.note_returned(parsed, by=the_system(), account=account) is not None


def _whole(client: IMAPClient, found: Found) -> bytes:
    if found.size > LARGEST:
        return _beginning(client, found.uid, BEGINNING)
    return _body(client.fetch([found.uid], ["BODY.PEEK[]"])[found.uid])


def _beginning(client: IMAPClient, uid: int, size: int) -> bytes:
    return _body(client.fetch([uid], [f"BODY.PEEK[]<0.{size}>"])[uid])


def _body(said: dict[bytes, Any]) -> bytes | None:
    """What a server answers for BODY: it writes the place it begins at behind the name."""
    return next((value for key, value in said.items() if key.startswith(b"BODY[")), None)
