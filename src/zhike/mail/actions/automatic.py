"""Letters written by rules: out of the company's templates, in the name of whoever owns the record (ACT-8)."""

from typing import Any

from django.utils.translation import gettext as _

from zhike.customers.queries import people_at
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.mail import composing, queries, rules
from zhike.mail.actions.writing import write_letter
from zhike.mail.models import Letter, LetterTemplate, MailAccount


@action
def write_from_template(template: LetterTemplate, *, by: Viewer, about: dict[str, Any]) -> Letter:
    """Write a letter to the contact or lead a record is about, or else to the first of the customer's people.

    `about` is as for `write_letter`. It goes through the writer's mailbox, or the company's. Raises Refused where
    nobody has an address, or no mailbox sends.
    """
    account = next(iter(queries.senders(by)), None)
    if account is None:
        raise Refused(_("There is no mailbox to send through: neither %(person)s's nor the company's.")
                      % {"person": by.person})  # fmt: skip
    if wrong := template.wrong:
        raise Refused(_("The template “%(name)s” is broken: %(wrong)s") % {"name": template, "wrong": wrong})
    about = with_recipient(by, about)
    person = about.get("contact") or about.get("lead")
    if person is None or not person.email:
        raise Refused(_("Nobody it is about has an e-mail address."))
    subject, text = filled_in(template, by=by, about=about, account=account)
    if "{me.signature}" not in template.text and account.signature.strip():
        text += f"\n\n-- \n{account.signature.strip()}"
    return write_letter(
        by=by, account=account, to=[[person.name, person.email]], subject=subject, text=text, about=about,
        is_automatic=True,
    )  # fmt: skip


def filled_in(
    template: LetterTemplate, *, by: Viewer, about: dict[str, Any], account: MailAccount | None = None
) -> tuple[str, str]:
    """Subject and text of a template about records, as `by` would write it."""
    words = composing.words_of(by, composing.Begin(about=about), account)
    return rules.filled(template.subject, words) or template.name, rules.filled(template.text, words)


def with_recipient(by: Viewer, about: dict[str, Any]) -> dict[str, Any]:
    """What a letter is about, completed by a contact of the customer with an address where none is named."""
    if about.get("contact") or about.get("lead") or not about.get("customer"):
        return about
    contact = next((person for person in people_at(by, about["customer"]) if person.email), None)
    return {**about, "contact": contact} if contact else about
