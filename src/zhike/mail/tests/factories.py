"""Letters and mailboxes for tests."""

from email.message import EmailMessage
from email.utils import format_datetime

import factory

from zhike.kit import dates
from zhike.mail.models import Letter, LetterBody, MailAccount
from zhike.org.tests.factories import RecordFactory


class LetterFactory(RecordFactory):
    """A letter received from a customer, in the mailbox of its owner."""

    class Meta:
        model = Letter

    direction = "in"
    status = "received"
    subject = factory.Sequence(lambda n: f"询价{n}")
    sender = "wang@lanzhi.cn"
    to = factory.LazyFunction(lambda: [["李娜", "lina@chenghu.cn"]])
    owner = factory.SelfAttribute("customer.owner")
    holder = factory.SelfAttribute("owner")
    message_id = factory.Sequence(lambda n: f"letter-{n}@lanzhi.cn")
    thread = factory.SelfAttribute("message_id")


class LetterBodyFactory(RecordFactory):
    class Meta:
        model = LetterBody


def account_of(person, *, imap=None, smtp=None, **more) -> MailAccount:
    """A mailbox on servers of this machine."""
    from tests.mail_servers import PASSWORD

    servers = {"imap_host": "127.0.0.1" if imap else "", "imap_port": imap or 143, "imap_tls": "none"}
    servers |= {"smtp_host": "127.0.0.1" if smtp else "", "smtp_port": smtp or 25, "smtp_tls": "none"}
    address = more.pop("address", "lina@chenghu.cn")
    values = {"address": address, "username": address, "display_name": "李娜", **servers, **more}
    account = MailAccount(person=person, is_company=person is None, **values)
    account.set_password(PASSWORD)
    account.save()
    return account


def letter_bytes(
    *, sender="王工 <wang@lanzhi.cn>", to="lina@chenghu.cn", subject="询价", text="请报个价。", at=None, **headers
) -> bytes:
    """A letter as a mail program makes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(at or dates.now())
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def report_bytes(
    message_id, *, address="wang@lanzhi.cn", action="failed", status="5.1.1", said="smtp; 550 5.1.1 user unknown",
    to="lina@chenghu.cn", sender="Mail Delivery System <MAILER-DAEMON@mx.lanzhi.cn>", report_id="<report-1@mx>",
) -> bytes:  # fmt: skip
    """What a mail server writes when a letter could not be delivered (RFC 3464)."""
    lines = [
        f"From: {sender}", f"To: {to}", "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied",
        f"Message-ID: {report_id}", f"Date: {format_datetime(dates.now())}", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"', "",
        "--r", "Content-Type: text/plain; charset=us-ascii", "", "Your message could not be delivered.",
        "--r", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.lanzhi.cn", "",
        f"Final-Recipient: rfc822; {address}", f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: {said}", "",
        "--r", "Content-Type: message/rfc822", "", f"Message-ID: <{message_id}>", "Subject: x", "", "text", "--r--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode("gb18030")
