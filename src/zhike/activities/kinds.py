"""The follow-up by declaration."""

from functools import cache

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities import actions
from zhike.activities.models import Activity
from zhike.records import kinds
from zhike.records.fields import Choice, LongText, Moment, Number, Person, Ref, Text
from zhike.records.kinds import RecordKind

SHOWN = 80


class SummaryField(LongText):
    """What was said: in a list its beginning, which opens the follow-up beside it."""

    @property
    def paths(self):
        return ("summary", "pk")

    def values_of(self, record):
        return (record.summary, record.pk)

    def cell(self, values):
        text, pk = values
        begin = Truncator(" ".join(text.split())).chars(SHOWN)
        return format_html('<a class="nm" href="{0}" hx-get="{0}" hx-target="#drawer">{1}</a>', page_url(pk), begin)


def page_url(pk: int) -> str:
    """The address of a follow-up's page."""
    return _page_url().replace("/0/", f"/{pk}/")


@cache
def _page_url() -> str:
    # `reverse` for each row would cost a list more than its cells.
    return reverse("activities:activity_page", args=[0])


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
            SummaryField("summary", required=True, listed=True, search=True),
            Text("participants"),
            Number("minutes", integer=True, least=0, most=10_000),
            Text("next_step"),
            Moment("next_at"),
            Person("author"),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["summary", "kind", "customer", "happened_at", "author", "next_step", "next_at"],
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
