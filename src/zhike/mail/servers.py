"""Signing in to mail servers: guarded against addresses inside the house, with time-outs, TLS checked."""

import imaplib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from zhike.mail import rules
from zhike.mail.models import Letter, MailAccount
from zhike.mail.trouble import MailTrouble, refused_sign_in, said

TIMEOUT = 20  # seconds without an answer
ERRORS = (OSError, IMAPClientError, imaplib.IMAP4.error, smtplib.SMTPException)


def check_host(host: str) -> None:
    """Raise MailTrouble for servers inside one's own network, unless the company named them."""
    if host.lower() in rules.inside_hosts():
        return
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    if any(not ipaddress.ip_address(address[4][0].partition("%")[0]).is_global for address in found):
        raise MailTrouble(
            _("%(host)s lies inside your own network; an administrator has to allow it in the mail settings.")
            % {"host": host}, lasting=True,
        )  # fmt: skip


def own_server() -> MailAccount | None:
    """The installation's own mail server (ZHIKE_EMAIL_URL) to send through, never saved; None where there is none."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return None
    tls = MailAccount.Tls.SSL if settings.EMAIL_USE_SSL else MailAccount.Tls.NONE
    account = MailAccount(
        is_company=True, address=parseaddr(settings.DEFAULT_FROM_EMAIL)[1], username=settings.EMAIL_HOST_USER,
        smtp_host=settings.EMAIL_HOST, smtp_port=settings.EMAIL_PORT,
        smtp_tls=MailAccount.Tls.STARTTLS if settings.EMAIL_USE_TLS else tls,
    )  # fmt: skip
    account.is_server = True
    account.set_password(settings.EMAIL_HOST_PASSWORD)
    return account


def sender_of(letter: Letter) -> MailAccount | None:
    """Through what a letter goes out: its mailbox, or the server it was written for; None where that is gone."""
    if letter.account_id:
        return letter.account
    server = own_server()
    return server if server and server.address == letter.sender else None


@contextmanager
def imap(account: MailAccount) -> Iterator[IMAPClient]:
    """A mailbox, signed in. Everything that goes wrong inside comes out as MailTrouble."""
    client = None
    try:
        password = account.password
        check_host(account.imap_host)
        client = IMAPClient(
            account.imap_host, account.imap_port, ssl=account.imap_tls == MailAccount.Tls.SSL, timeout=TIMEOUT,
            ssl_context=ssl.create_default_context(),
        )  # fmt: skip
        if account.imap_tls == MailAccount.Tls.STARTTLS:
            client.starttls(ssl.create_default_context())
        try:
            client.login(account.username, password)
        except LoginError as error:
            raise refused_sign_in(error, account.imap_host)
        if client.has_capability("ID"):  # NetEase lets nobody in who does not say what they are
            client.id_({"name": "ZhiKe", "version": "1", "vendor": "ZhiKe"})
        yield client
    except (*ERRORS, ValueError) as error:
        raise said(error, account.imap_host)
    finally:
        if client is not None:
            _leave(client)


def _leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except ERRORS:
        client.shutdown()


@contextmanager
def smtp(account: MailAccount) -> Iterator[smtplib.SMTP]:
    """The outgoing server, signed in. What goes wrong before a letter was handed over comes out as MailTrouble."""
    server = None
    try:
        password = account.password
        if not account.is_server:
            check_host(account.smtp_host)
        if account.smtp_tls == MailAccount.Tls.SSL:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(account.smtp_host, account.smtp_port, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(account.smtp_host, account.smtp_port, timeout=TIMEOUT)
            if account.smtp_tls == MailAccount.Tls.STARTTLS:
                server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
        if account.username and server.has_extn("auth"):
            server.login(account.username, password)
        yield server
    except (*ERRORS, ValueError) as error:
        raise said(error, account.smtp_host)
    finally:
        if server is not None:
            server.close()


def try_out(account: MailAccount) -> dict[str, str]:
    """Sign in to both servers: {"imap": "", "smtp": "what is wrong"}; empty texts mean that it works."""
    found = {}
    for name, host, way in (("imap", account.imap_host, imap), ("smtp", account.smtp_host, smtp)):
        if not host:
            continue
        found[name] = ""
        try:
            with way(account):
                pass
        except MailTrouble as trouble:
            found[name] = trouble.text
    return found
