"""What holds for mailboxes and letters: which servers, which placeholders, when to try again."""

import re
from collections.abc import Mapping
from datetime import timedelta

from zhike.kit import braces
from zhike.mail.models import MailRules
from zhike.mail.models.templates import PLACEHOLDERS, wrong_with
from zhike.records import config

WRITE = "mail.letter.write"
SETTINGS = "mail.settings.change"
UNDO = timedelta(seconds=10)
# How long to wait before the second, third, … attempt at sending a letter.
SEND_AGAIN_AFTER = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
                    timedelta(hours=6)]  # fmt: skip
ANSWER_WITHIN = timedelta(days=14)  # older letters wait for no answer any more
BRACES = re.compile(r"\{([a-z_.]{1,40})\}")


@config.cached
def inside_hosts() -> frozenset[str]:
    """Names of mail servers inside the company's own network that may be connected to."""
    row = MailRules.objects.order_by("pk").first()
    return frozenset(line.strip().lower() for line in (row.inside_hosts if row else "").splitlines() if line.strip())


def filled(text: str, words: Mapping[str, str]) -> str:
    """A template's text with its placeholders filled in; what nobody knows stays as it is written."""
    try:
        return braces.fill(text, lambda name: str(words.get(name, f"{{{name}}}")))
    except braces.BadBraces:  # saved before it was checked
        return BRACES.sub(lambda found: str(words.get(found[1], found[0])), text)


def fetch_again_after(failures: int) -> timedelta:
    """How long a mailbox that cannot be read is left alone: a minute at first, an hour at most."""
    return timedelta(minutes=min(2 ** max(failures - 1, 0), 60))


__all__ = [
    "ANSWER_WITHIN", "PLACEHOLDERS", "SEND_AGAIN_AFTER", "SETTINGS", "UNDO", "WRITE", "fetch_again_after", "filled",
    "inside_hosts", "wrong_with",
]  # fmt: skip
