"""People, departments, the reporting line, roles, and sharing of single records (ORG-1…4)."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.access import VERBS
from zhike.kit.actions import need_action
from zhike.kit.scope import everyone
from zhike.records import config
from zhike.records.config import Configuration
from zhike.records.models import Audited, person_key


class Department(Configuration):
    """A node of the tree company, branch, department, team (ORG-1). The top one is the company itself."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    head = models.ForeignKey(
        "org.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("head")
    )
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="department_name_once",
                violation_error_message=_("There is already a department of this name here."),
            ),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="top_department_name_once"),
        ]

    def __str__(self):
        return self.name


class Role(Configuration):
    """What its holders may do and how far they see; several roles of a person add up (ORG-3)."""

    class DataScope(models.TextChoices):
        OWN = "own", pgettext_lazy("data scope", "Own records")
        SUBORDINATES = "subordinates", pgettext_lazy("data scope", "Own and subordinates'")
        DEPARTMENT = "department", pgettext_lazy("data scope", "Own department")
        BELOW = "below", pgettext_lazy("data scope", "Own department and below")
        EVERYTHING = "everything", pgettext_lazy("data scope", "Everything")

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    data_scope = models.CharField(_("sees"), max_length=12, choices=DataScope.choices, default=DataScope.OWN)
    verbs = models.JSONField(_("permissions"), default=list, blank=True)
    # Verbs that existed when somebody last decided about this role; `setup.install_roles` judges only newer ones.
    offered = models.JSONField(default=list, blank=True, editable=False)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["order", "id"]

    def __str__(self):
        return self.name


class PersonQuerySet(models.QuerySet):
    def visible_to(self, viewer, *, few=False, along=False):
        """Colleagues know each other: everybody, for those whose roles let them look at people at all."""
        verb = "org.person.view"
        return self.none() if verb in VERBS and not viewer.can(verb) else self.all()

    def whole_table(self, reason: str):
        """Everybody; people hide from nobody, so this is the same as `all`."""
        return self.all()

    def present(self):
        """Those who may sign in."""
        return self.filter(is_active=True)

    def bulk_create(self, objs, *args, **kwargs):
        need_action(self.model)
        return _bumped(super().bulk_create(objs, *args, **kwargs))

    def bulk_update(self, objs, *args, **kwargs):
        need_action(self.model)
        return _bumped(super().bulk_update(objs, *args, **kwargs))


def _bumped(result):
    config.bump()
    return result


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    def get_by_natural_key(self, username):
        return self.get(username__iexact=username)


class Person(Audited, AbstractBaseUser):
    """A colleague, with their place in the company. People are never deleted; they leave (ORG-1).

    Audited like any record and written in actions; only the stamps of signing in are saved outside.
    """

    username = models.CharField(_("username"), max_length=60)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    email = models.EmailField(_("e-mail"), blank=True)
    mobile = models.CharField(_("mobile"), max_length=40, blank=True)
    title = models.CharField(_("job title"), max_length=60, blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    supervisor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("supervisor")
    )
    roles = models.ManyToManyField(Role, blank=True, related_name="people", verbose_name=_("roles"))
    hired_on = models.DateField(_("hired on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)
    # Away on these days, both included: no new work is handed to them meanwhile.
    away_from = models.DateField(_("away from"), null=True, blank=True)
    away_until = models.DateField(_("away until"), null=True, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=settings.LANGUAGES)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []
    SIGN_IN_STAMPS = frozenset({"last_login", "password"})

    scope = everyone()
    not_audited = Audited.not_audited | SIGN_IN_STAMPS | {"must_change_password"}
    objects = PersonManager()

    class Meta:
        verbose_name = _("colleague")
        verbose_name_plural = _("colleagues")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="username_once",
                violation_error_message=_("This username is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="email_once",
                violation_error_message=_("A colleague has this e-mail address already."),
            ),
        ]

    def __str__(self):
        return self.name or self.username

    def get_absolute_url(self):
        return reverse("org:person_page", args=[self.pk])

    def clean(self):
        """A reporting line has no circles, and nobody leaves before they came."""
        above, seen = self.supervisor, {self.pk}
        while above is not None and self.pk:
            if above.pk in seen:
                raise ValidationError({"supervisor": _("This would make a circle in the reporting line.")})
            seen.add(above.pk)
            above = above.supervisor
        if self.hired_on and self.left_on and self.left_on < self.hired_on:
            raise ValidationError({"left_on": _("Nobody leaves before they were hired.")})
        if self.away_from and self.away_until and self.away_until < self.away_from:
            raise ValidationError({"away_until": _("The last day lies before the first.")})

    def is_away(self, day) -> bool:
        """Whether this person is away on a day; without a last day, from the first one on."""
        begun = self.away_from is not None and self.away_from <= day
        return begun and (self.away_until is None or day <= self.away_until)

    def promise(self, name, value):
        """Keep a value that is only written with the row itself: roles, a department or supervisor still to be made."""
        self.__dict__.setdefault("promised", {})[name] = value

    def role_ids(self) -> list[int]:
        """The roles this person has, or will have once saved."""
        held = self.__dict__.get("promised", {}).get("roles")
        return held if held is not None else sorted(self.roles.values_list("pk", flat=True)) if self.pk else []

    def changes(self):
        changed = super().changes()
        if (held := self.__dict__.get("promised", {}).get("roles")) is not None:
            before = sorted(self.roles.values_list("pk", flat=True)) if self.pk else []
            if held != before:
                changed["roles"] = [before, held]
        for name in {"department", "supervisor"} & self.__dict__.get("promised", {}).keys():
            changed[name] = [getattr(self, f"{name}_id"), str(self.promised[name])]
        return changed

    def save(self, *args, **kwargs):
        named = set(kwargs.get("update_fields") or ())
        if named and named <= self.SIGN_IN_STAMPS:  # signing in stamps the time, and may hash the password anew
            return models.Model.save(self, *args, **kwargs)
        need_action(Person)
        super().save(*args, **kwargs)
        self.keep_roles()
        return config.bump()

    def keep_roles(self) -> None:
        """Write the promised roles, once the row is there."""
        if (held := self.__dict__.get("promised", {}).pop("roles", None)) is not None:
            self.roles.set(held)

    def get_full_name(self):
        return str(self)

    def get_short_name(self):
        return str(self)


class RecordShare(Configuration):
    """One record shown to one colleague outside its scope: shared by right, or lent until a day (ORG-3, ORG-4)."""

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    person = models.ForeignKey(Person, models.CASCADE, related_name="shares")
    can_change = models.BooleanField(_("may edit"), default=False)
    until = models.DateField(_("until"), null=True, blank=True)
    granted_by = person_key()
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [models.UniqueConstraint(fields=["person", "kind", "object_id"], name="shared_once")]
        indexes = [models.Index(fields=["kind", "object_id"], name="shares_of_record")]

    def __str__(self):
        return f"{self.kind} {self.object_id} → {self.person_id}"


class AccessRequest(models.Model):
    """A colleague asks to read a record outside their scope; the owner or a supervisor of the owner decides (ORG-4)."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("access request", "open")
        GRANTED = "granted", pgettext_lazy("access request", "granted")
        REFUSED = "refused", pgettext_lazy("access request", "refused")

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    person = models.ForeignKey(Person, models.CASCADE, related_name="access_requests")
    reason = models.CharField(pgettext_lazy("access request", "Reason"), max_length=200)
    until = models.DateField(_("until"))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = person_key(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "object_id"], condition=Q(status="open"), name="access_asked_once"
            )
        ]
        indexes = [models.Index(fields=["kind", "object_id"], name="access_requests_of_record")]

    def __str__(self):
        return f"{self.person_id} ? {self.kind} {self.object_id}"

    def get_absolute_url(self):
        return reverse("org:access_decide", args=[self.pk])
