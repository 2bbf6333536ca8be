"""Jobs of this room: sending a letter, reading mailboxes."""

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from zhike.kit import dates
from zhike.mail import actions, fetching, sending, servers
from zhike.mail.models import Letter, LetterBody, MailAccount, MailFolder
from zhike.mail.trouble import MailTrouble, MaybeSent
from zhike.org.viewers import the_system
from zhike.records.models import StoredFile

WHY = "the letter its writer has ordered to be sent"
KEPT = timedelta(hours=6)
Status = Letter.Status


@task()
def send_letter(letter_id: int) -> None:
    """Send a letter: claimed, handed over, marked, with no transaction open meanwhile.

    Where its worker was killed in between, it may have gone out: it is not sent again by itself, and says so. Found in
    the folder of sent mail later, it counts as sent.
    """
    system = the_system()
    why = _("Interrupted while it was sent.")
    if actions.mark(letter_id, by=system, before=(Status.SENDING,), after=Status.UNSURE, error=why):
        return
    waiting = Letter.objects.whole_table(WHY).filter(pk=letter_id, status=Status.WAITING, send_at__lte=dates.now())
    if not waiting.exists():
        return
    letter = actions.mark(letter_id, by=system, before=(Status.WAITING,), after=Status.SENDING)
    if letter is None:
        return
    try:
        account = servers.sender_of(letter)
        if account is None:
            raise MailTrouble(_("This mailbox cannot send; see its settings."), lasting=True)
        content = _content(letter)
        sending.hand_over(account, [address for _name, address in (*letter.to, *letter.cc)], content)
    except MaybeSent as trouble:
        actions.mark(letter_id, by=system, before=(Status.SENDING,), after=Status.UNSURE, error=trouble.text)
        return
    except MailTrouble as trouble:
        again = not trouble.lasting
        actions.mark(letter_id, by=system, before=(Status.SENDING,), after=Status.FAILED, error=trouble.text,
                     again=again)  # fmt: skip
        return
    actions.mark(letter_id, by=system, before=(Status.SENDING,), after=Status.SENT)
    if account.keeps_sent and account.can_read:
        keep_copy.enqueue(letter_id)


def _content(letter: Letter) -> bytes:
    body = LetterBody.objects.whole_table(WHY).get(letter=letter)
    by_id = StoredFile.objects.in_bulk([file["id"] for file in letter.files])
    return sending.as_bytes(letter, body.text, [by_id[file["id"]] for file in letter.files if file["id"] in by_id])


@task()
def keep_copy(letter_id: int) -> None:
    """Put a copy of a letter into the folder of sent mail, unless it lies there; what goes wrong is tried again."""
    letter = Letter.objects.whole_table(WHY).select_related("account").get(pk=letter_id)
    if letter.account is None:
        return
    with servers.imap(letter.account) as client:
        name = fetching.folder_name(client, MailFolder.Role.SENT)
        if name is None:
            return
        client.select_folder(name, readonly=True)
        if not client.search(["HEADER", "Message-ID", f"<{letter.message_id}>"]):
            client.append(name, _content(letter), flags=(rb"\Seen",), msg_time=letter.at)


@task()
def fetch_all() -> None:
    """Each minute: have the mailboxes read that are due; the queue forgets the rounds of yesterday."""
    done = DBTaskResult.objects.finished().filter(task_path=fetch_mailbox.module_path)
    done.filter(finished_at__lt=dates.now() - KEPT).delete()
    rows = MailAccount.objects.filter(is_active=True).exclude(state=MailAccount.State.STOPPED).exclude(imap_host="")
    for pk in rows.filter(Q(next_at=None) | Q(next_at__lte=dates.now())).values_list("pk", flat=True):
        fetch_mailbox.enqueue(pk)


@task(priority=-10)  # whatever somebody waits for comes first
def fetch_mailbox(account_id: int) -> None:
    """Read what is new in a mailbox; trouble is kept on its row, and the next round tries again."""
    fetching.fetch(account_id)
