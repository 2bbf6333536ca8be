"""People as a kind of record: listed, imported, exported and reached by the API like any other."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access
from zhike.org.actions import people
from zhike.org.fields import DepartmentField, RolesField, SupervisorField
from zhike.org.models import Person
from zhike.records import kinds
from zhike.records.fields import Day, Email, Moment, Phone, Text, YesNo
from zhike.records.kinds import RecordKind

access.declare("org.department.change", _("Change departments"), Person._meta.verbose_name_plural)
access.declare("org.role.change", _("Change roles"), _("Settings"))
access.declare("org.company.change", _("Change company settings"), _("Settings"))
access.declare("org.history.view", _("See who did what"), _("Settings"))

USER = kinds.add(
    RecordKind(
        Person,
        slug="users",
        icon="users",
        page="org:person_page",
        owner="",
        sort="name",
        natural_keys=("username", "name"),
        fields=[
            Text("name", search=True, synonyms=["sales_agent", "agent", "full name", "fullname", "employee"]),
            Text("username", required=False, search=True, synonyms=["login", "account", "user"],
                 help=_("Made from the name if left empty.")),
            DepartmentField("department", synonyms=["regional_office", "office", "team", "branch"]),
            SupervisorField("supervisor", to="org.person", synonyms=["manager", "reports to", "boss"]),
            RolesField("roles", synonyms=["role"]),
            Text("title", synonyms=["position", "job"]),
            Phone("mobile", search=True, synonyms=["phone", "telephone"]),
            Email("email", search=True, synonyms=["mail"]),
            Day("hired_on", synonyms=["hire date", "joined"]),
            Day("left_on", synonyms=["leave date"]),
            YesNo("is_active", required=False),
            Moment("last_login", _("last sign-in"), editable=False),
        ],
        columns=["name", "username", "department", "title", "supervisor", "roles", "mobile", "is_active"],
        sections=[
            (_("Person"), ["name", "username", "title", "mobile", "email"]),
            (_("Place in the company"), ["department", "supervisor", "hired_on", "left_on"]),
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
