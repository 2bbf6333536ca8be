"""People as a kind of record: listed, imported, exported and reached by the API like any other."""

import csv
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access
from zhike.org.actions import people
from zhike.org.fields import DepartmentField as DepartmentField  # lent to the rooms above
from zhike.org.fields import RolesField, SupervisorField
from zhike.org.models import Person
from zhike.records import kinds
from zhike.records.fields import Day, Email, Moment, Phone, Text, YesNo
from zhike.records.kinds import RecordKind

access.declare("org.department.change", _("Change departments"), Person._meta.verbose_name_plural)
access.declare("org.role.change", _("Change roles"), _("Settings"))
access.declare("org.company.change", _("Change company settings"), _("Settings"))
access.declare("org.history.view", _("See who did what"), _("Settings"))

SYNONYMS = Path(__file__).parent / "data" / "synonyms.csv"


def _known_as(fields: list) -> list:
    """The fields with the further titles a column may have in a file."""
    with SYNONYMS.open(encoding="utf-8", newline="") as file:
        words = {row["field"]: row["words"].split("|") for row in csv.DictReader(file)}
    for field in fields:
        field.synonyms = tuple(words.get(field.name, ()))
    return fields


USER = kinds.add(
    RecordKind(
        Person,
        slug="users",
        icon="users",
        page="org:person_page",
        owner="",
        sort="name",
        natural_keys=("username", "name"),
        fields=_known_as([
            Text("name", search=True),
            Text("username", required=False, search=True,
                 help=_("Made from the name if left empty.")),
            DepartmentField("department"),
            SupervisorField("supervisor", to="org.person"),
            RolesField("roles"),
            Text("title"),
            Phone("mobile", search=True),
            Email("email", search=True),
            Day("hired_on"),
            Day("left_on"),
            Day("away_from", help=_("No new leads are handed to colleagues who are away.")),
            Day("away_until"),
            YesNo("is_active", required=False),
            Moment("last_login", _("last sign-in"), editable=False),
        ]),
        columns=["name", "username", "department", "title", "supervisor", "roles", "mobile", "is_active"],
        sections=[
            (pgettext_lazy("colleague", "Person"), ["name", "username", "title", "mobile", "email"]),
            (_("Place in the company"), ["department", "supervisor", "hired_on", "left_on", "away_from", "away_until"]),
            (_("Rights"), ["roles", "is_active"]),
        ],
        prepare=people.prepare_person,
        saved=people.person_saved,
        views=[
            {"key": key, "name": name, "filter": [["is_active", "is", [active]]]}
            for key, name, active in [
                ("present", pgettext_lazy("colleagues", "On board"), "yes"),
                ("left", pgettext_lazy("colleagues", "Left"), "no"),
            ]
        ],
        verbs=("view", "create", "change", "import", "export"),
    )
)  # fmt: skip
USER.saved_many = people.people_saved
USER.person_name = "name"
