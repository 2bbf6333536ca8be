"""Letters by declaration: their list with filters, search, export and the API come with it."""

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.mail.models import Letter
from zhike.records import kinds
from zhike.records.fields import Choice, Moment, Person, Ref, Text, Title, YesNo
from zhike.records.kinds import RecordKind


class SenderField(Text):
    """Who wrote it: by name where there is one; filtered and exported by address."""

    @property
    def paths(self):
        return ("sender", "sender_name")

    def values_of(self, record):
        return (record.sender, record.sender_name)

    def cell(self, values):
        sender, name = values
        return format_html('<span title="{}">{}</span>', sender, name or sender)


LETTER = kinds.add(
    RecordKind(
        Letter,
        slug="letters",
        icon="mail",
        page="mail:letter_page",
        title="subject",
        owner="holder",
        natural_keys=(),
        sort="-at",
        fields=[
            Title("subject", instead=["snippet"], nameless=_("(no subject)"), editable=False, search=True),
            Choice("direction", editable=False),
            Choice("status", editable=False),
            SenderField("sender", editable=False, search=True),
            Text("sender_name", editable=False, search=True),
            Ref("customer", to="customers.customer", editable=False),
            Ref("contact", to="customers.contact", editable=False),
            Ref("lead", to="sales.lead", editable=False),
            Ref("opportunity", to="sales.opportunity", editable=False),
            Ref("quote", to="sales.quote", editable=False),
            Moment("at", editable=False),
            YesNo("answer_due", editable=False),
            YesNo("is_automatic", editable=False),
            YesNo("is_private", editable=False),
            Text("snippet", editable=False, search=True),
            Person("holder", editable=False),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["subject", "direction", "sender", "customer", "at", "holder", "status"],
        subtitle=["sender_name", "customer", "at"],
        views=[
            {"key": "due", "name": _("Waiting for an answer"), "filter": [["answer_due", "is", ["yes"]]]},
            {"key": "received", "name": pgettext_lazy("letter", "Received"), "filter": [["direction", "in", ["in"]]]},
            {"key": "sent", "name": pgettext_lazy("letter", "Sent"), "filter": [["status", "in", ["sent"]]]},
            {"key": "stuck", "name": pgettext_lazy("letter", "Not sent"),
             "filter": [["status", "in", ["failed", "returned", "unsure", "waiting", "draft"]]]},
        ],
        verbs=["view", "change", "delete", "export"],
    )
)  # fmt: skip
