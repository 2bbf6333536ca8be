"""People: their account, their place, their leaving."""

import secrets
from datetime import date
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from zhike.kit import dates
from zhike.kit.actions import action, lock, running
from zhike.kit.errors import Forbidden, OutsideAction, Refused
from zhike.kit.parse import fold
from zhike.kit.pinyin import syllables
from zhike.kit.viewer import Viewer
from zhike.org import rules
from zhike.org.models import Department, Person, Role
from zhike.org.viewers import the_system
from zhike.records import actions, kinds
from zhike.records.events import emit
from zhike.records.lookups import Lookups
from zhike.records.models import AuditEntry

USERNAME_LENGTH = 40


def _kind():
    return kinds.get("org.person")


@action
def create_person(values: dict[str, Any], *, by: Viewer, password: str | None = None) -> Person:
    """Add a colleague. Without a password one is made up; it is on `first_password`, to be told once and changed."""
    person = actions.create_record(_kind(), values, by=by)
    first = password or secrets.token_urlsafe(9)
    person.set_password(first)
    person.must_change_password = password is None
    person.save()
    person.first_password = first
    return person


@action
def save_account(username: str, words: dict[str, Any], *, by: Viewer, password: str | None = None) -> str | None:
    """Create or change a person from words as the command line has them; None leaves a value as it is.

    Gives the password if one was made up, which only a new person gets. Raises Refused at the fields.
    """
    kind, looked, values, errors = _kind(), Lookups(by, is_import=True), {}, {}
    for name, word in {"username": username, **words}.items():
        try:
            if word is not None:
                values[name] = kind.field(name).clean(word, looked)
        except ValidationError as error:
            errors[name] = error.messages
    if errors:
        raise Refused(errors)
    person = Person.objects.filter(username__iexact=username).first()
    if person is None:
        values.setdefault("name", username)
        person = create_person(values, by=by, password=password)
        return None if password else person.first_password
    change_person(person, {n: v for n, v in values.items() if n != "username"}, by=by)
    if password:
        person = lock(person)
        person.set_password(password)
        person.must_change_password = False
        person.save()
        AuditEntry.write(person, AuditEntry.Verb.CHANGED, {"password": [None, None]})
        _end_sessions(person)
    return None


@action
def change_person(person: Person, values: dict[str, Any], *, by: Viewer, version: int | None = None) -> Person:
    """Change a colleague's data, place or roles. Raises Refused for what would lock everybody out."""
    return actions.change_record(_kind(), person, values, by=by, version=version)


@action
def set_password(person: Person, *, by: Viewer, password: str | None = None) -> str:
    """Give a colleague a new password, to be changed at the next sign-in; ends their sessions. Gives the password."""
    if not rules.may_manage(by, person):
        raise Forbidden("org.person.change")
    person = lock(person)
    if password is not None:
        _check_password(person, password)
    new = password or secrets.token_urlsafe(9)
    person.set_password(new)
    person.must_change_password = True
    person.save()
    AuditEntry.write(person, AuditEntry.Verb.CHANGED, {"password": [None, None]})
    _end_sessions(person)
    return new


@action
def set_own_password(person: Person, *, by: Viewer, password: str) -> None:
    """Change one's own password; the old one was asked for by the page."""
    if by.person_id != person.pk:
        raise Forbidden("org.person.change")
    person.set_password(password)
    person.must_change_password = False
    person.save()
    AuditEntry.write(person, AuditEntry.Verb.CHANGED, {"password": [None, None]})


def _check_password(person: Person, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused({"password": error.messages}) from error


@action
def set_profile(person: Person, *, by: Viewer, language: str, email: str, mobile: str, away_from: date | None = None,
                away_until: date | None = None) -> Person:  # fmt: skip
    """Change what everybody may change about themselves: language, addresses, when they are away."""
    if by.person_id != person.pk:
        raise Forbidden("org.person.change")
    person = lock(person)
    person.language, person.email, person.mobile = language, email, mobile
    person.away_from, person.away_until = away_from, away_until
    _check_email(person)
    person.full_clean(exclude=["custom", "password"])
    person.save()
    return person


@action
def end_sessions(person: Person, *, by: Viewer) -> int:
    """Sign a colleague out everywhere; gives how many sessions ended."""
    if by.person_id != person.pk and not rules.may_manage(by, person):
        raise Forbidden("org.person.change")
    AuditEntry.write(person, AuditEntry.Verb.CHANGED, {"sessions": [None, None]})
    return _end_sessions(person)


def _end_sessions(person: Person) -> int:
    sessions = list(UserSession.objects.filter(user=person))
    for session in sessions:
        session.end()
    return len(sessions)


@action
def leave_company(person: Person, *, by: Viewer, left_on: date) -> Person:
    """Note the day a colleague leaves (ORG-1). From that day on sign-in, sessions and tokens are dead.

    What they own stays theirs, and so with their supervisors, until it is handed over.
    """
    return change_person(person, {"left_on": left_on}, by=by)


def end_of_employment(day: date | None = None) -> int:
    """Close the accounts of those whose last day is over; run each night. Gives how many."""
    leavers = Person.objects.present().filter(left_on__lt=day or dates.today())
    return sum(1 for person in leavers if _close(person, by=the_system()))


@action
def _close(person: Person, *, by: Viewer) -> bool:
    person = lock(person)
    person.is_active = False
    try:
        actions.save_record(_kind(), person, by=by, created=False)
    except Refused:  # the last administrator: nobody would be left to put it right
        return False
    return True


@action
def note_sign_in_failure(person: Person, *, by: Viewer, why: str, address: str) -> None:
    """Keep a failed sign-in in the history of the account it was tried on."""
    AuditEntry.write(person, AuditEntry.Verb.SEEN, {why: [None, address]})


# What a save of any kind — page, import, API — has to observe


def prepare_person(person: Person, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete a colleague before saving: rights, promised department and supervisor, username, leaving."""
    if by.person_id is not None and person.pk and not rules.may_manage(by, person):
        raise Refused(_("Only somebody with the same rights may change this account."))
    if person.pk and {"supervisor", "roles", "is_active", "left_on"} & changed.keys():
        one_at_a_time()
    _check_roles(person, changed, by)
    _check_email(person)
    if not person.username:
        person.username = free_username(person.name)
    if not person.name:
        person.name = person.username
    elif Person.objects.filter(username__iexact=person.username).exclude(pk=person.pk).exists():
        raise Refused({"username": [_("This username is taken.")]})
    if not person.password:
        person.set_unusable_password()
    if person.left_on and person.left_on < dates.today() and "left_on" in changed:
        person.is_active = False
    if not person.is_active and rules.is_last_administrator(person):
        raise Refused({"is_active": [_("The last administrator cannot be shut out.")]})
    _keep_promises(person, by)


def one_at_a_time() -> None:
    """Let changes of the tree and of administrators wait for each other till the transaction ends.

    Two that are each harmless may together make a circle, or leave nobody in charge. A dry run has no transaction.
    """
    if connection.in_atomic_block:
        list(Role.objects.select_for_update().filter(is_administrator=True))


def _check_roles(person: Person, changed: dict[str, Any], by: Viewer) -> None:
    if "roles" not in changed:
        return
    before, after = map(set, changed["roles"])
    for role in Role.objects.filter(pk__in=before ^ after):
        if not rules.may_give(by, role):
            raise Refused({"roles": [_("You may not give or take the role %(role)s.") % {"role": role}]})
    stays = Role.objects.filter(pk__in=after, is_administrator=True).exists()
    if not stays and rules.is_last_administrator(person):
        raise Refused({"roles": [_("Somebody has to remain administrator.")]})


def _check_email(person: Person) -> None:
    if person.email and Person.objects.filter(email__iexact=person.email).exclude(pk=person.pk).exists():
        raise Refused({"email": [_("A colleague has this e-mail address already.")]})


def _keep_promises(person: Person, by: Viewer) -> None:
    """Make the department or supervisor an import named, where an action is under way (a dry run has none)."""
    promised = person.__dict__.get("promised", {})
    try:
        running()
    except OutsideAction:
        return
    if name := promised.pop("department", None):
        top = Department.objects.filter(parent=None).first()
        found = Department.objects.filter(name__iexact=name).first()
        person.department = found or Department.objects.create(name=str(name), parent=top)
    if name := promised.pop("supervisor", None):
        above = Person.objects.filter(name__iexact=name).first()
        if above is None:
            above = Person(username=free_username(str(name)), name=str(name), department=person.department)
            above.set_unusable_password()
            above.promise("roles", list(Role.objects.filter(key="manager").values_list("pk", flat=True)))
            above.save()
        person.supervisor = above


def free_username(name: str) -> str:
    """A username nobody has, from a name: lina, dustin.brinkmann; a number at the end where needed."""
    words = fold(name).split()
    spelled = ["".join(c for c in "".join(syllables(w)) if c.isascii() and (c.isalnum() or c in "._-")) for w in words]
    base = ".".join(w for w in spelled if w)[:USERNAME_LENGTH] or "user"
    taken = {u.casefold() for u in Person.objects.filter(username__istartswith=base).values_list("username", flat=True)}
    try:  # those of the rows saved together with this one
        taken |= (fresh := running().notes.setdefault("usernames", set()))
    except OutsideAction:
        fresh = set()
    number, username = 1, base
    while username in taken:
        number += 1
        username = f"{base}{number}"
    fresh.add(username)
    return username


def person_saved(person: Person, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: whoever may not sign in any more is out at once."""
    if not person.is_active and not created and {"is_active", "left_on"} & set(changed):
        _end_sessions(person)
        emit("org.person.left", person, by=by)


def people_saved(created: list, updated: list, by: Viewer) -> None:
    """The same after an import wrote many."""
    for pairs, new in ((created, True), (updated, False)):
        for person, changed in pairs:
            person.keep_roles()
            person_saved(person, changed, by, new)
    from zhike.records import config

    config.bump()
