"""What an installation starts with: the shipped roles, the company, its administrator (ORG-3)."""

import secrets
from fnmatch import fnmatchcase

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.kit.access import VERBS
from zhike.kit.actions import acting
from zhike.org.models import Department, Person, Role
from zhike.org.viewers import the_system

ADMINISTRATOR = "administrator"
SCOPE = Role.DataScope

# Permissions of the shipped roles, as patterns over the verbs the rooms declare; the last pattern that fits decides,
# and "!" takes away. So a room that comes with a later release finds its verbs given out sensibly.
_READ = "*.view"
_NO_SETTINGS = (
    *(
        "!org.*",
        "!records.*",
        "!sales.pipeline.*",
        "!customers.credit.*",
        "!activities.reminderrule.*",
        "!activities.templates.*",
    ),
    *("!contracts.credit.*", "!contracts.rules.*", "!contracts.dunning.*", "!contracts.invoice.exceed"),
    *("!contracts.approval.*", "!contracts.reward.exceed", "!sales.assignment.*", "!sales.score.*", "!channels.*"),
    *("!automation.*", "!customers.rhythm.*", "!mail.settings.*", "!sales.taxrate.*"),
    "!sales.quote.set_rules",
    "!activities.workreport.set_up",
    *("org.person.view", "sales.pipeline.view"),
)
# They draw contracts up, have them signed and changed; money is for finance.
_OWN_CONTRACTS = (
    "contracts.contract.create", "contracts.contract.change", "contracts.contract.assign", "contracts.contract.share",
    "contracts.contract.sign", "contracts.contract.change_order", "contracts.invoice.create",
    "contracts.invoice.change", "contracts.dunningnote.*", "contracts.reward.create",
)  # fmt: skip
_CONTACTS = (
    "customers.contact.create", "customers.contact.change", "activities.*", "!activities.workreport.oversee", "mail.*",
)  # fmt: skip
SHIPPED_ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    ADMINISTRATOR: (SCOPE.EVERYTHING, ("*",)),
    "general_manager": (SCOPE.EVERYTHING, ("*", "!org.role.*", "!org.company.*", "!records.customise")),
    "manager": (
        SCOPE.SUBORDINATES,
        ("*", "!contracts.statement.*", "!contracts.invoice.issue", "!contracts.invoice.import", *_NO_SETTINGS),
    ),
    # Selling people keep their customers, but do not carry the list out of the house, nor delete what is history.
    "sales": (
        SCOPE.OWN,
        (_READ, "customers.*", "sales.*", "activities.*", "mail.*", *_OWN_CONTRACTS, "!sales.product.*",
         "sales.product.view", "!*.delete", "!*.export", "!sales.forecast.*", "!sales.target.change",
         "!sales.target.import",
         "activities.*.delete", "contracts.contract.delete", "contracts.invoice.delete", "contracts.dunningnote.delete",
         *_NO_SETTINGS),
    ),
    "finance": (
        SCOPE.EVERYTHING,
        (_READ, "*.export", "customers.customer.change", "contracts.*", "mail.letter.write", *_NO_SETTINGS,
         "contracts.dunning.*", "sales.taxrate.change"),
    ),
    "service": (SCOPE.EVERYTHING, (_READ, *_CONTACTS, "service.*", "callcenter.*", "!*.delete", *_NO_SETTINGS)),
    "marketing": (SCOPE.EVERYTHING, (_READ, *_CONTACTS, "sales.lead.*", "marketing.*", "!*.delete", *_NO_SETTINGS)),
    "read_only": (SCOPE.EVERYTHING, (_READ, *_NO_SETTINGS)),
}  # fmt: skip


def role_name(key: str) -> str:
    """What a shipped role is called at first, in the language of the installation."""
    return {
        ADMINISTRATOR: pgettext("role", "Administrator"),
        "general_manager": pgettext("role", "General manager"),
        "manager": pgettext("role", "Manager"),
        "sales": pgettext("role", "Sales"),
        "finance": pgettext("role", "Finance"),
        "service": pgettext("role", "Service"),
        "marketing": pgettext("role", "Marketing"),
        "read_only": pgettext("role", "Read only"),
    }[key]


def verbs_by(patterns: tuple[str, ...]) -> set[str]:
    """The verbs that patterns give; a later pattern overrules an earlier one."""
    given: set[str] = set()
    for pattern in patterns:
        found = {verb for verb in VERBS if fnmatchcase(verb, pattern.lstrip("!"))}
        given = given - found if pattern.startswith("!") else given | found
    return given


@transaction.atomic
def install_roles() -> None:
    """Create the shipped roles, and judge verbs that came with a newer release. What somebody changed stays."""
    roles = {role.key: role for role in Role.objects.select_for_update()}
    for order, (key, (data_scope, patterns)) in enumerate(SHIPPED_ROLES.items(), 1):
        role = roles.get(key)
        if role is None:
            role = Role(key=key, name=role_name(key), data_scope=data_scope, order=order * 10)
            role.is_administrator = key == ADMINISTRATOR
        if not role.is_administrator and (new := set(VERBS) - set(role.offered)):
            role.verbs = sorted({*role.verbs, *(verbs_by(patterns) & new)})
            role.offered = sorted(VERBS)
            role.save()
        elif role.pk is None:
            role.save()


def ensure_company(admin_password: str | None) -> str | None:
    """Install roles; where there is nobody yet, the company and its administrator `admin` too.

    Gives the password to print once if it was made up here; it must then be changed at the first sign-in.
    """
    with acting(the_system(), "set_up"):
        install_roles()
        if Person.objects.exists():
            return None
        top = Department.objects.filter(parent=None).first() or Department(name=_("My company"))
        top.save()
        password = admin_password or secrets.token_urlsafe(12)
        admin = Person(username="admin", name=role_name(ADMINISTRATOR), department=top)
        admin.set_password(password)
        admin.must_change_password = admin_password is None
        admin.save()
        admin.roles.set(Role.objects.filter(key=ADMINISTRATOR))
    return None if admin_password else password
