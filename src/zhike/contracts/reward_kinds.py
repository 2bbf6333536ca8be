"""Rewards by declaration: they come from granting alone (SAL-11)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.actions import rewards
from zhike.contracts.models import Reward
from zhike.kit import access
from zhike.kit import format as fmt
from zhike.records import kinds
from zhike.records.fields import Choice, Day, Moment, Number, Person, Ref, Text
from zhike.records.kinds import RecordKind

access.declare(rewards.EXCEED, _("Grant rewards that are not earned"), Reward._meta.verbose_name_plural)
access.declare(rewards.SET_RULES, _("Set rules of rewards"), Reward._meta.verbose_name_plural)
access.declare(rewards.GRANT, _("Grant rewards and take them back"), Reward._meta.verbose_name_plural)

TONES = {"asked": "vio", "granted": "ok", "rejected": "bad", "ended": "mute"}


def state_badge(value, label):
    """How far a reward is, as a badge."""
    return fmt.badge(label, TONES.get(value, "mute"))


REWARD = kinds.add(
    RecordKind(
        Reward,
        slug="rewards",
        icon="trophy",
        page="contracts:reward_page",
        owner="",
        sort="-created_at",
        fields=[
            Text("name", search=True, editable=False),
            Ref("customer", to="customers.customer", editable=False),
            Choice("status", show=state_badge, editable=False),
            Number("discount", editable=False),
            Text("gift", editable=False),
            Number("earned", editable=False),
            Text("reason", editable=False),
            Day("granted_on", editable=False),
            Day("valid_until", editable=False),
            Person("person", editable=False),
            Person("owner", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["name", "customer", "status", "discount", "gift", "granted_on", "valid_until", "person"],
        subtitle=["customer", "granted_on"],
        search_from=["customer"],
        views=[
            {"key": "granted", "name": pgettext_lazy("reward", "Granted"), "filter": [["status", "in", ["granted"]]]},
            {"key": "asked", "name": pgettext_lazy("reward", "In approval"), "filter": [["status", "in", ["asked"]]]},
            {"key": "ending", "name": _("Ending in 30 days"),
             "filter": [["valid_until", "next", ["30"]], ["status", "in", ["granted"]]], "sort": "valid_until"},
        ],
        verbs=["view", "export"],
    )
)  # fmt: skip
