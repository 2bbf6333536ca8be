"""Mailboxes and the letters of the record (ACT-1, ACT-8)."""

from zhike.mail.models.letters import Letter, LetterBody
from zhike.mail.models.mailboxes import MailAccount, MailDomain, MailFolder, MailRules
from zhike.mail.models.templates import LetterTemplate

__all__ = ["Letter", "LetterBody", "LetterTemplate", "MailAccount", "MailDomain", "MailFolder", "MailRules"]
