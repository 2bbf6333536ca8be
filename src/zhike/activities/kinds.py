"""The follow-up by declaration."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities import actions
from zhike.activities.models import Activity
from zhike.records import kinds
from zhike.records.fields import Choice, LongText, Moment, Number, Person, Ref, Text
from zhike.records.kinds import RecordKind

ACTIVITY = kinds.add(
    RecordKind(
        Activity,
        slug="activities",
        icon="message-circle",
        page="activities:activity_page",
        title="summary",
        owner="author",
        natural_keys=(),
        sort="-happened_at",
        fields=[
            Moment("happened_at"),
            Choice("kind"),
            Ref("customer", to="customers.customer"),
            Ref("contact", to="customers.contact"),
            Ref("opportunity", to="sales.opportunity"),
            LongText("summary", required=True, listed=True, search=True),
            Text("participants"),
            Number("minutes", integer=True, least=0, most=10_000),
            Text("next_step"),
            Moment("next_at"),
            Person("author"),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["happened_at", "kind", "customer", "summary", "author", "next_step", "next_at"],
        sections=[
            (_("Follow-up"), ["kind", "happened_at", "customer", "contact", "opportunity", "summary",
                              "participants", "minutes"]),
            (_("Next step"), ["next_step", "next_at"]),
        ],
        prepare=actions.prepare_activity,
        saved=actions.activity_saved,
        views=[
            {"key": "mine", "name": _("My follow-ups"), "filter": [["author", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["author", "team", []]]},
            {"key": "visits", "name": pgettext_lazy("view", "Visits"), "filter": [["kind", "in", ["visit"]]]},
        ],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)  # fmt: skip

# Icon and tone of each kind on the timeline.
SIGNS = {
    "call": ("phone", "teal"), "visit": ("map-pin", "info"), "meeting": ("users", "vio"),
    "wechat": ("brand-wechat", "ok"), "email": ("mail", "info"), "demo": ("presentation", "info"),
    "hospitality": ("tools-kitchen-2", "warn"), "other": ("message-circle", "mute"),
}  # fmt: skip
