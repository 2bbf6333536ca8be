"""A letter as bytes, and handing it to the server: once, as far as SMTP can promise that."""

import re
import smtplib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from zhike.mail import servers
from zhike.mail.models import Letter, MailAccount
from zhike.mail.trouble import MailTrouble, MaybeSent, said
from zhike.records.models import StoredFile


def as_bytes(letter: Letter, text: str, files: list[StoredFile]) -> bytes:
    """The letter as it goes out: the same bytes for each attempt, with the Message-ID it was written with."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(_local(letter.at))
    message["Subject"] = letter.subject
    message["From"] = _address(letter.sender_name, letter.sender)
    message["To"] = [_address(name, address) for name, address in letter.to]
    if letter.cc:
        message["Cc"] = [_address(name, address) for name, address in letter.cc]
    if letter.account_id is None and letter.holder and letter.holder.email:  # out of an address nobody reads
        message["Reply-To"] = [_address(str(letter.holder), letter.holder.email)]
    if letter.is_automatic:  # so that no machine answers it (RFC 3834; the second is what Exchange listens to)
        message["Auto-Submitted"], message["X-Auto-Response-Suppress"] = "auto-generated", "OOF, AutoReply"
    message.set_content(text + "\n", cte="base64")
    for stored in files:
        kind, _slash, sub = (stored.content_type or "application/octet-stream").partition("/")
        with stored.content.open("rb") as file:
            message.add_attachment(file.read(), maintype=kind, subtype=sub or "octet-stream", filename=stored.name)
    # Ours fixes the boundary too: Python draws a new one each time.
    if message.is_multipart():
        message.set_boundary(f"zhike-{re.sub('[^A-Za-z0-9]', '', letter.message_id)[:48]}")
    return _ids(letter) + message.as_bytes()


def _ids(letter: Letter) -> bytes:
    """The headers that tie letters together, one id a line: Python's policy would encode what is long."""
    found = {"Message-ID": [letter.message_id], "References": letter.references.split()}
    if letter.in_reply_to:
        found["In-Reply-To"] = [letter.in_reply_to]
    lines = [f"{name}: " + "\r\n ".join(f"<{one}>" for one in ids) for name, ids in found.items() if ids]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _local(at: datetime) -> datetime:
    return timezone.localtime(at, timezone.get_default_timezone())


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=re.sub(r"[\r\n]+", " ", name), addr_spec=address)
    except (ValueError, IndexError):  # an address no server will take either
        raise MailTrouble(_("%(address)s is not an e-mail address.") % {"address": address}, lasting=True)


def hand_over(account: MailAccount, recipients: list[str], content: bytes) -> None:
    """Give a letter to the outgoing server, for all recipients or for none.

    Raises MailTrouble where it surely did not go out, MaybeSent where the connection broke before the last word.
    """
    with servers.smtp(account) as server:
        _expect(server.mail(account.address), (250,), account.smtp_host)
        refused = []
        for recipient in recipients:
            code, reply = server.rcpt(recipient)
            if code not in (250, 251):
                refused.append((recipient, code, reply.decode("utf-8", "replace")))
        if refused:
            server.rset()
            names = "; ".join(f"{recipient} ({code} {reply})" for recipient, code, reply in refused)
            lasting = any(code >= 500 for _recipient, code, _reply in refused)
            raise MailTrouble(_("The server does not deliver to %(names)s") % {"names": names}, lasting=lasting)
        _expect(server.docmd("DATA"), (354,), account.smtp_host)
        _last_word(server, account, content)


def _last_word(server: smtplib.SMTP, account: MailAccount, content: bytes) -> None:
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", content) + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        code, reply = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise MaybeSent(said(error, account.smtp_host).text)
    _expect((code, reply), (250,), account.smtp_host)


def _expect(answer: tuple[int, bytes], wanted: tuple[int, ...], host: str) -> None:
    code, reply = answer
    if code not in wanted:
        raise said(smtplib.SMTPResponseException(code, reply), host)
