"""Competitors and resource requests by declaration, and what roles may do around deals (SAL-4)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access
from zhike.kit import format as fmt
from zhike.org.models import Department
from zhike.records import config, kinds
from zhike.records.fields import Choice, Day, LongText, Moment, Number, Person, Ref, Text, YesNo
from zhike.records.kinds import RecordKind
from zhike.sales.actions.scores import SET_WEIGHTS
from zhike.sales.models import Competitor, Opportunity, ResourceRequest

STATUS_TONES = {"asked": "warn", "granted": "ok", "declined": "mute", "cancelled": "mute"}

access.declare(SET_WEIGHTS, _("Set the weights of the priority score"), Opportunity._meta.verbose_name_plural)


@config.cached
def department_names() -> dict[int, str]:
    """Names of departments by id."""
    return dict(Department.objects.values_list("pk", "name"))


class DepartmentChoice(Choice):
    """A department, by id."""

    type = "department"
    empty = None

    def choices(self):
        return list(department_names().items())

    def labels(self):
        return department_names()


COMPETITOR = kinds.add(
    RecordKind(
        Competitor,
        slug="competitors",
        icon="trophy",
        page="sales:competitor_page",
        owner="",
        natural_keys=("name",),
        fields=[
            Text("name", search=True),
            Text("website"),
            LongText("strengths", search=True),
            LongText("weaknesses", search=True),
            LongText("our_answer"),
            YesNo("is_active", required=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["name", "website", "is_active", "updated_at"],
        sections=[
            (_("Basics"), ["name", "website", "is_active"]),
            (_("How they sell"), ["strengths", "weaknesses", "our_answer"]),
        ],
        subtitle=["website"],
        views=[{"key": "active", "name": _("In the market"), "filter": [["is_active", "is", ["yes"]]]}],
        verbs=[v for v in kinds.STANDARD_VERBS if v not in ("assign", "share")],
    )
)

RESOURCE = kinds.add(
    RecordKind(
        ResourceRequest,
        slug="resource-requests",
        icon="users-plus",
        page="sales:resource_page",
        title="reason",
        owner="requester",
        natural_keys=(),
        fields=[
            Text("reason", search=True, editable=False),
            Ref("opportunity", to="sales.opportunity", editable=False),
            Choice("kind", editable=False),
            Choice("status", editable=False, show=lambda value, label: fmt.badge(label, STATUS_TONES[value])),
            Person("requester", editable=False),
            Person("asked_person", editable=False),
            DepartmentChoice("asked_department", editable=False),
            Person("person", editable=False),
            Day("first_on", editable=False),
            Day("last_on", editable=False),
            Number("hours", editable=False),
            Person("decided_by", editable=False),
            Text("answer", editable=False),
            Moment("created_at", editable=False),
            Moment("updated_at", editable=False),
        ],
        columns=["reason", "opportunity", "kind", "status", "first_on", "last_on", "hours", "person", "requester"],
        subtitle=["opportunity", "status"],
        search_from=["opportunity"],
        views=[
            {"key": "asked", "name": pgettext_lazy("resource", "Asked"), "filter": [["status", "in", ["asked"]]]},
            {"key": "mine", "name": _("Asked by me"), "filter": [["requester", "me", []]]},
            {"key": "booked", "name": _("Booked from today"),
             "filter": [["status", "in", ["granted"]], ["last_on", "next", ["365"]]], "sort": "first_on"},
        ],
        verbs=["view", "create", "export"],
    )
)  # fmt: skip
