"""What went out, by declaration: a log with filters, views, export, and what is done with many at once (ACT-7)."""

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.channels import actions
from zhike.channels.models import Delivery
from zhike.kit import format as fmt
from zhike.records import kinds, messages
from zhike.records.bulkactions import BulkAction
from zhike.records.fields import EMPTY, Choice, Field, Moment, Number, Person, Text, Title
from zhike.records.kinds import RecordKind
from zhike.records.lookups import person_names

TONES = {"waiting": "info", "held": "vio", "sending": "info", "sent": "ok", "failed": "warn", "unclear": "warn",
         "given_up": "bad", "skipped": "mute"}  # fmt: skip


class AboutField(Choice):
    """Which kind of message it is."""

    def choices(self):
        return [(about.key, about.label) for about in messages.everything()]


class RecipientField(Field):
    """To whom it goes: a colleague, a group, another system."""

    operators = ()

    def __init__(self, name, label):
        super().__init__(name, label, editable=False, sortable=False, filterable=False)

    @property
    def paths(self):
        return ("person_id", "robot__name", "webhook__name")

    def read(self, record):
        return _name_of(*self.values_of(record))

    def values_of(self, record):
        robot, webhook = record.robot, record.webhook
        return (record.person_id, robot and robot.name, webhook and webhook.name)

    def cell(self, values):
        person_id, robot, webhook = values
        if person_id:
            return fmt.who(person_id, person_names().get(person_id, ""))
        return format_html("{}", robot or webhook) if robot or webhook else EMPTY

    def export(self, values):
        return _name_of(*values)

    api = export


def _name_of(person_id: int | None, robot: str | None, webhook: str | None) -> str:
    return person_names().get(person_id, "") if person_id else robot or webhook or ""


DELIVERY = kinds.add(
    RecordKind(
        Delivery,
        slug="deliveries",
        icon="send",
        page="channels:delivery_page",
        title="title",
        owner="",
        natural_keys=(),
        sort="-id",
        is_log=True,
        fields=[
            Title("title", editable=False),
            Choice("channel", editable=False),
            RecipientField("recipient", pgettext_lazy("channels", "To")),
            Person("person", _("Colleague"), editable=False),
            AboutField("about", _("Kind of message"), editable=False),
            Choice("status", editable=False, show=lambda value, label: fmt.badge(label, TONES[value])),
            Number("attempts", integer=True, editable=False),
            Text("error", editable=False),
            Moment("created_at", editable=False),
            Moment("due_at", editable=False),
            Moment("sent_at", editable=False),
        ],
        columns=["title", "channel", "recipient", "status", "attempts", "error", "created_at"],
        bulk=[
            BulkAction("resend", _("Send again"), "refresh", "change", lambda _k, row, by: actions.resend(row, by=by)),
            BulkAction("give_up", _("Give up"), "ban", "change", lambda _k, row, by: actions.give_up(row, by=by)),
        ],
        views=[
            {"key": "stuck", "name": pgettext_lazy("deliveries", "To look at"),
             "filter": [["status", "in", ["unclear", "given_up"]]]},
            {"key": "open", "name": pgettext_lazy("deliveries", "On the way"),
             "filter": [["status", "in", ["waiting", "held", "sending", "failed"]]]},
            {"key": "sent", "name": pgettext_lazy("deliveries", "Sent"), "filter": [["status", "in", ["sent"]]]},
        ],
        verbs=("view", "export"),
    )
)  # fmt: skip
