"""People, departments, the reporting line, roles, and sharing of single records (ORG-1…4)."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records import config
from zhike.records.config import Configuration


class Department(Configuration):
    """A node of the tree company, branch, department, team (ORG-1)."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of"))
    head = models.ForeignKey("org.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("head"))
    order = models.PositiveIntegerField(_("order"), default=100)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="department_name_once",
                nulls_distinct=False,
                violation_error_message=_("There is already a department of this name here."),
            )
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
    verbs = models.JSONField(_("permissions"), default=list)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    order = models.PositiveIntegerField(default=100)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["order", "id"]

    def __str__(self):
        return self.name


class PersonManager(BaseUserManager):
    def create_user(self, username, password=None, **fields):
        """A person who can sign in; used by the command line and tests."""
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username):
        return self.get(username__iexact=username)


class Person(AbstractBaseUser):
    """A colleague, with their place in the company. People are never deleted; they leave (ORG-1)."""

    username = models.CharField(_("username"), max_length=60)
    full_name = models.CharField(_("name"), max_length=60)
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
    is_active = models.BooleanField(_("may sign in"), default=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = PersonManager()

    class Meta:
        verbose_name = _("colleague")
        verbose_name_plural = _("colleagues")
        ordering = ["full_name", "id"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("username"),
                name="username_once",
                violation_error_message=_("This username is taken."),
            )
        ]

    def __str__(self):
        return self.full_name or self.username

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

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        # Signing in only stamps the time; anything else may change names, scopes or the tree.
        if set(kwargs.get("update_fields") or ["all"]) - {"last_login", "password"}:
            config.bump()

    def get_full_name(self):
        return str(self)

    def get_short_name(self):
        return str(self)


class RecordShare(models.Model):
    """One record shown to one colleague outside its scope: shared by right, or lent until a day (ORG-3, ORG-4)."""

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    person = models.ForeignKey(Person, models.CASCADE, related_name="shares")
    can_change = models.BooleanField(_("may edit"), default=False)
    until = models.DateField(_("until"), null=True, blank=True)
    granted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = [models.UniqueConstraint(fields=["person", "kind", "object_id"], name="shared_once")]
        indexes = [models.Index(fields=["kind", "object_id"], name="shares_of_record")]

    def __str__(self):
        return f"{self.kind} {self.object_id} → {self.person_id}"
