"""What goes wrong with mail servers, said so that whoever set the mailbox up can put it right."""

import imaplib
import smtplib
import socket
import ssl

from django.utils.translation import gettext as _

from zhike.kit.sealed import Unreadable


class MailTrouble(Exception):
    """Something is wrong with a mailbox or a letter. `lasting`: it will not pass by trying again."""

    def __init__(self, text: str, *, lasting: bool = False):
        self.text, self.lasting = text[:300], lasting
        super().__init__(self.text)


class MaybeSent(MailTrouble):
    """The connection broke after the letter was handed over and before the server said that it has it."""


def said(error: Exception, host: str) -> MailTrouble:
    """An error of the network, of TLS, of signing in, in words; `host` is the server's name."""
    words = {"host": host, "said": _reply(error)}
    if isinstance(error, MailTrouble):
        return error
    if isinstance(error, Unreadable):
        return MailTrouble(
            _("The secret key of this installation has changed, so the kept password can no longer be read. "
              "Enter the password again."), lasting=True,
        )  # fmt: skip
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailTrouble(_("The certificate of %(host)s is not valid: %(said)s") % words, lasting=True)
    if isinstance(error, ssl.SSLError):
        return MailTrouble(_("%(host)s does not speak TLS here; check port and encryption.") % words, lasting=True)
    if isinstance(error, socket.gaierror):
        return MailTrouble(_("There is no server called %(host)s.") % words)
    if isinstance(error, TimeoutError):
        return MailTrouble(_("%(host)s does not answer. Check name, port and encryption.") % words)
    if isinstance(error, ConnectionRefusedError):
        return MailTrouble(_("%(host)s refuses connections on this port.") % words)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return MailTrouble(_signing_in(words), lasting=True)
    if isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort):
        return MailTrouble(_("%(host)s says: %(said)s") % words)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return MailTrouble(_("%(host)s does not offer this encryption or sign-in.") % words, lasting=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return MailTrouble(_("%(host)s says: %(said)s") % words, lasting=error.smtp_code >= 500)
    return MailTrouble(_("The connection to %(host)s broke: %(said)s") % words)


def refused_sign_in(error: Exception, host: str) -> MailTrouble:
    """The server does not take user name and password."""
    return MailTrouble(_signing_in({"host": host, "said": _reply(error)}), lasting=True)


def _signing_in(words: dict[str, str]) -> str:
    return _("%(host)s does not accept the user name or password: %(said)s. Many providers want an authorisation code "
             "or app password here, and IMAP/SMTP switched on in the webmail.") % words  # fmt: skip


def _reply(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
        return f"{error.smtp_code} {text}"[:160]
    text = error.args[0] if error.args else ""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(error)
    return (text or type(error).__name__)[:160]
