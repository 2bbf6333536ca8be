"""Letters that come back: mail servers report that a recipient was not reached, and why (RFC 3464)."""

from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.actions import action, lock
from zhike.kit.viewer import Viewer
from zhike.mail.models import Letter, MailAccount
from zhike.mail.parsing import Failed, Parsed
from zhike.mail.rules import ANSWER_WITHIN
from zhike.records.actions import notify
from zhike.records.events import emit

WHY = "the letter of ours that a report is about, and what it answers"
MOST_REPORTS = 20
In, Out = Letter.Direction.IN, Letter.Direction.OUT
Status = Letter.Status
GONE_OUT = (Status.SENDING, Status.SENT, Status.UNSURE, Status.RETURNED)


@action
def note_returned(parsed: Parsed, *, by: Viewer, account: MailAccount) -> Letter | None:
    """Note at a letter that it did not arrive, from a report in the mailbox it was sent from.

    The same report again changes nothing. None where the report is about no letter of this mailbox. What the letter
    answers waits for an answer again, and whoever wrote it is told once a report.
    """
    letter = _returned_letter(parsed, account)
    if letter is None:
        return None
    letter, report = lock(letter), parsed.head.message_id[:255]
    if report in letter.reports:
        return letter
    letter.reports = [*letter.reports[-MOST_REPORTS:], report]
    if letter.status in GONE_OUT:
        earlier = [letter.error] if letter.status == Status.RETURNED else []
        said = "; ".join([*earlier, *map(_said, parsed.returned.failed)])
        letter.status, letter.error = Status.RETURNED, said[:300]
        _wait_again(letter)
        told = _("Your letter “%(subject)s” could not be delivered: %(why)s") % {"subject": letter, "why": said}
        notify(letter.holder_id or letter.owner_id, told, url=letter.get_absolute_url(), tone="bad")
        emit("mail.letter.returned", letter, by=by)
    letter.save()
    return letter


def _returned_letter(parsed: Parsed, account: MailAccount) -> Letter | None:
    """The first letter named that went out of this mailbox: a stranger's report names no other."""
    if parsed.returned is None:
        return None
    rows = Letter.objects.whole_table(WHY).filter(direction=Out, message_id__in=parsed.returned.message_ids[:50])
    found = {row.message_id: row for row in rows}
    letters = [found[one] for one in parsed.returned.message_ids if one in found]
    return next(
        (row for row in letters if row.account_id == account.pk or row.sender.lower() == account.address.lower()), None
    )


def _said(failed: Failed) -> str:
    """ "wang@x.cn: there is no such address (550 5.1.1 user unknown)" """
    plain, said = reason(failed.status), failed.said or failed.status
    both = _("%(plain)s (%(said)s)") % {"plain": plain, "said": said}
    words = both if plain and said else plain or said or _("no reason given")
    return f"{failed.address}: {words}" if failed.address else words


def reason(status: str) -> str:
    """A status of RFC 3463 in plain words, or ""."""
    _kind, _dot, detail = status.partition(".")
    subject = detail.partition(".")[0]
    plain = {
        "1.1": _("there is no such address"), "1.2": _("there is no such mail domain"),
        "1.3": _("this is no valid address"), "1.10": _("this domain takes no mail"),
        "2.1": _("the mailbox is closed"), "2.2": _("the mailbox is full"), "2.3": _("the letter is too large"),
        "3.4": _("the letter is too large"), "4.7": _("it could not be delivered in time"),
    }  # fmt: skip
    by_subject = {"4": _("the other mail server cannot be reached"), "7": _("the other side refuses the letter")}
    return plain.get(detail) or by_subject.get(subject, "")


def _wait_again(letter: Letter) -> None:
    """What an undelivered letter answers has no answer, unless another one of ours did."""
    rows = Letter.objects.whole_table(WHY).filter(thread=letter.thread)
    asked = rows.filter(direction=In, is_automatic=False, at__lte=letter.at, at__gt=dates.now() - ANSWER_WITHIN)
    last = asked.order_by("-at", "-id").first() if letter.in_reply_to else None
    if last is None:
        return
    others = rows.filter(direction=Out, is_automatic=False, status=Status.SENT, at__gte=last.at).exclude(pk=letter.pk)
    if not others.exists():
        asked.filter(pk=last.pk).update(answer_due=True)
