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
