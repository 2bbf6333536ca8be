"""Follow-ups and tasks by declaration."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.activities import actions
from zhike.activities.models import Activity, Task, WorkReport
from zhike.records import kinds
from zhike.records.fields import Choice, Day, LongText, LongTitle, Moment, Number, Person, Ref, Text, YesNo
from zhike.records.kinds import RecordKind


class DetailsField(LongText):
    """What was written under the headings of a template: lines of "heading：text" outside, pairs inside."""

    MOST = 20

    def parse(self, raw, lookups):
        pairs = raw if isinstance(raw, list) else [_parted(line) for line in str(raw).splitlines()]
        kept = []
        for pair in pairs[: self.MOST]:
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ValidationError(_("Details are pairs of a heading and a text."))
            heading, text = (super(DetailsField, self).parse(str(word), lookups) for word in pair)
            if text:
                kept.append([heading[:40], text])
        return kept

    def text(self, value):
        return "\n".join(f"{heading}：{text}" if heading else text for heading, text in value or [])

    def initial(self, value):
        return self.text(value)

    def export(self, values):
        return self.text(values[0])

    empty: list = []


def _parted(line: str) -> list[str]:
    heading, colon, text = line.replace(":", "：", 1).partition("：")
    return [heading.strip(), text.strip()] if colon and len(heading) <= 40 else ["", line.strip()]


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
            Ref("lead", to="sales.lead"),
            LongTitle("summary", most=80, drawer=True, required=True, listed=True, search=True),
            DetailsField("details", search="text", sortable=False),
            Text("participants"),
            Text("place"),
            YesNo("needs_attention", editable=False, required=False),
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
            (_("Follow-up"), ["kind", "happened_at", "customer", "contact", "opportunity", "lead", "summary",
                              "details", "participants", "place", "minutes"]),
            (_("Next step"), ["next_step", "next_at"]),
        ],
        prepare=actions.prepare_activity,
        saved=actions.activity_saved,
        views=[
            {"key": "mine", "name": _("My follow-ups"), "filter": [["author", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["author", "team", []]]},
            {"key": "attention", "name": _("Needs attention"), "filter": [["needs_attention", "is", ["yes"]]]},
            {"key": "visits", "name": pgettext_lazy("view", "Visits"), "filter": [["kind", "in", ["visit"]]]},
        ],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)  # fmt: skip

TASK = kinds.add(
    RecordKind(
        Task,
        slug="tasks",
        icon="checkbox",
        page="activities:task_page",
        title="title",
        owner="assignee",
        natural_keys=(),
        sort="due_at",
        fields=[
            Text("title", search="text"),
            Choice("kind"),
            Choice("priority"),
            Choice("status", editable=False),
            Moment("due_at"),
            Moment("ends_at"),
            YesNo("is_all_day", required=False),
            Moment("remind_at"),
            Ref("customer", to="customers.customer"),
            Ref("contact", to="customers.contact"),
            Ref("opportunity", to="sales.opportunity"),
            Person("assignee"),
            Person("assigned_by", editable=False),
            Text("place"),
            Choice("repeat", required=False),
            Day("repeat_until"),
            LongText("note"),
            Moment("accepted_at", editable=False),
            Moment("closed_at", editable=False),
            Text("outcome", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["title", "kind", "customer", "due_at", "assignee", "assigned_by", "status"],
        sections=[
            (pgettext_lazy("task", "What to do"), ["title", "kind", "priority", "assignee", "due_at", "ends_at",
                                                   "is_all_day", "remind_at", "place"]),
            (pgettext_lazy("task", "About"), ["customer", "contact", "opportunity", "note"]),
            (_("Repetition"), ["repeat", "repeat_until"]),
        ],
        prepare=actions.prepare_task,
        saved=actions.task_saved,
        subtitle=["customer", "due_at"],
        search_from=["customer"],
        views=[
            {"key": "mine", "name": _("My tasks"), "filter": [["assignee", "me", []], ["status", "in", ["open"]]]},
            {"key": "today", "name": _("Due within a day"),
             "filter": [["assignee", "me", []], ["status", "in", ["open"]], ["due_at", "next", ["0"]]]},
            {"key": "given", "name": _("Given by me"),
             "filter": [["assigned_by", "me", []], ["status", "in", ["open"]]]},
            {"key": "team", "name": _("My team"), "filter": [["assignee", "team", []], ["status", "in", ["open"]]]},
            {"key": "done", "name": pgettext_lazy("task", "Done"), "filter": [["status", "in", ["done"]]],
             "sort": "-updated_at"},
        ],
        verbs=[v for v in kinds.STANDARD_VERBS if v != "share"],
    )
)  # fmt: skip

WORK_REPORT = kinds.add(
    RecordKind(
        WorkReport,
        slug="work-reports",
        icon="notebook",
        page="activities:report_page",
        title="name",
        owner="author",
        natural_keys=(),
        sort="-first_on",
        fields=[
            Text("name", editable=False, search=True),
            Choice("rhythm"),
            Day("first_on"),
            Day("last_on", editable=False),
            Person("author", editable=False),
            Choice("status", editable=False),
            Moment("submitted_at", editable=False),
            YesNo("is_late", editable=False),
            LongText("done"),
            LongText("plan"),
            LongText("trouble"),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["name", "author", "status", "submitted_at", "is_late"],
        sections=[(_("Work report"), ["rhythm", "first_on", "done", "plan", "trouble"])],
        prepare=actions.prepare_report,
        views=[
            {"key": "mine", "name": _("My reports"), "filter": [["author", "me", []]]},
            {"key": "team", "name": _("My team"), "filter": [["author", "team", []]]},
            {"key": "late", "name": pgettext_lazy("work report", "Handed in late"),
             "filter": [["is_late", "is", ["yes"]]]},
        ],
        verbs=["view", "create", "change", "delete", "export"],
    )
)  # fmt: skip

# Icon and tone of each kind on the timeline.
SIGNS = {
    "call": ("phone", "teal"), "visit": ("map-pin", "info"), "meeting": ("users", "vio"),
    "wechat": ("brand-wechat", "ok"), "email": ("mail", "info"), "demo": ("presentation", "info"),
    "hospitality": ("tools-kitchen-2", "warn"), "todo": ("checkbox", "mute"), "other": ("message-circle", "mute"),
}  # fmt: skip
