"""The customer and what belongs to it: contacts, relations, and the history of its classes (CUS-1…5, CUS-14).

The data card's own fields live in `custom` under permanent names (see `card.py`): typed, audited, filtered and imported
like any other field, without fifty more columns on the busiest table.
"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.money import MoneyField
from zhike.kit.scope import ScopedModel, by_owner, owned_within, through
from zhike.records import config
from zhike.records.models import OwnedRecord, person_key


class Customer(OwnedRecord):
    """A company or person we sell to, or would like to."""

    class Lifecycle(models.TextChoices):
        POTENTIAL = "potential", pgettext_lazy("lifecycle", "Potential")
        TARGET = "target", pgettext_lazy("lifecycle", "Target")
        NEAR = "near", pgettext_lazy("lifecycle", "Near deal")
        WON = "won", pgettext_lazy("lifecycle", "Customer")
        LOYAL = "loyal", pgettext_lazy("lifecycle", "Loyal")
        DORMANT = "dormant", pgettext_lazy("lifecycle", "Dormant")
        LOST = "lost", pgettext_lazy("lifecycle", "Lost")

    class Tier(models.TextChoices):
        POTENTIAL = "potential", pgettext_lazy("tier", "Potential")
        TARGET = "target", pgettext_lazy("tier", "Target")
        KEY = "key", pgettext_lazy("tier", "Key")

    class Abc(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"
        D = "D", "D"

    class CreditGrade(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    code = models.CharField(_("customer code"), max_length=40, blank=True)
    name = models.CharField(_("customer name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=60, blank=True)
    uscc = models.CharField(_("credit code"), max_length=18, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    fax = models.CharField(_("fax"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    industry = models.CharField(_("industry"), max_length=40, blank=True)
    region = models.CharField(_("province or region"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    source = models.CharField(pgettext_lazy("customer", "source"), max_length=40, blank=True)
    lifecycle = models.CharField(_("life cycle"), max_length=10, choices=Lifecycle.choices, default=Lifecycle.POTENTIAL)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier.choices, default=Tier.POTENTIAL)
    abc = models.CharField(_("class A–D"), max_length=1, choices=Abc.choices, blank=True)
    credit_grade = models.CharField(_("credit grade"), max_length=1, choices=CreditGrade.choices, blank=True)
    credit_limit = MoneyField(_("credit limit"), null=True, blank=True)
    credit_days = models.PositiveIntegerField(_("credit days"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="subsidiaries", db_index=False,
        verbose_name=_("parent company"),
    )  # fmt: skip
    main_contact = models.ForeignKey(
        "customers.Contact", models.SET_NULL, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("main contact"),
    )  # fmt: skip
    # Kept by `actions.note_contacted`, so that lists need not look into the follow-ups.
    last_activity_at = models.DateTimeField(_("last follow-up"), null=True, blank=True)
    last_activity_kind = models.CharField(max_length=12, blank=True, editable=False)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_at = models.DateTimeField(_("next step at"), null=True, blank=True)

    scope = by_owner("owner")
    not_audited = OwnedRecord.not_audited | {"last_activity_at", "last_activity_kind", "main_contact"}
    CLASSES = ("lifecycle", "tier", "abc", "credit_grade")

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="customer_code_once", violation_error_message=_("This code is taken.")
            ),
            models.CheckConstraint(
                condition=Q(credit_limit__isnull=True) | Q(credit_limit__gte=0),
                name="customer_credit_limit_positive",
                violation_error_message=_("The credit limit cannot be negative."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="customers_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="customers_by_update"),
            # Filtered by class or owner these two are walked without a look at the rows left out, on SQLite.
            models.Index(fields=["owner", "-last_activity_at", "-id", "tier"], name="customers_of_owner_by_contact"),
            models.Index(fields=["-last_activity_at", "-id", "owner", "tier"], name="customers_by_contact"),
            models.Index(fields=["owner", "next_at"], name="customers_next_steps", condition=Q(next_at__isnull=False)),
            models.Index(fields=["name", "id"], name="customers_by_name"),
            # Few have a parent: an index of all the others would look useless to the planner, and be left aside.
            models.Index(fields=["parent"], name="customers_by_parent", condition=Q(parent__isnull=False)),
            models.Index(fields=["uscc"], name="customers_by_uscc"),
            models.Index(fields=["phone"], name="customers_by_phone"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("customers:customer_page", args=[self.pk])

    @property
    def called(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name


class Contact(OwnedRecord):
    """A person at a customer, with what a good host remembers of them (CUS-4).

    The owner is always the customer's, moved with it, so that lists of contacts need no join.
    """

    class Role(models.TextChoices):
        DECIDER = "decider", pgettext_lazy("role in the decision", "Decides")
        INFLUENCER = "influencer", pgettext_lazy("role in the decision", "Influences")
        USER = "user", pgettext_lazy("role in the decision", "Uses")
        GATEKEEPER = "gatekeeper", pgettext_lazy("role in the decision", "Guards the gate")

    class Attitude(models.TextChoices):
        SUPPORTS = "supports", pgettext_lazy("attitude", "Supports us")
        NEUTRAL = "neutral", pgettext_lazy("attitude", "Neutral")
        OPPOSES = "opposes", pgettext_lazy("attitude", "Prefers others")

    class Gender(models.TextChoices):
        FEMALE = "female", pgettext_lazy("gender", "Ms")
        MALE = "male", pgettext_lazy("gender", "Mr")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name=_("customer"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    title = models.CharField(_("job title"), max_length=60, blank=True)
    department = models.CharField(pgettext_lazy("contact", "department"), max_length=60, blank=True)
    gender = models.CharField(_("form of address"), max_length=6, choices=Gender.choices, blank=True)
    role = models.CharField(_("role in the decision"), max_length=10, choices=Role.choices, blank=True)
    attitude = models.CharField(_("attitude to us"), max_length=8, choices=Attitude.choices, blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    mobile = models.CharField(_("mobile"), max_length=60, blank=True)
    phone = models.CharField(pgettext_lazy("contact", "phone"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    # Month and day as one number (1124), so that the next birthdays are a range of an index.
    birthday_md = models.PositiveSmallIntegerField(null=True, editable=False)
    character = models.CharField(_("character"), max_length=200, blank=True)
    interests = models.CharField(_("interests"), max_length=200, blank=True)
    family = models.CharField(_("family"), max_length=200, blank=True)
    education = models.CharField(_("education"), max_length=200, blank=True)
    religion = models.CharField(_("religion"), max_length=60, blank=True)
    memberships = models.CharField(_("memberships"), max_length=200, blank=True)
    note = models.TextField(_("note"), blank=True)

    scope = owned_within("owner", "customer")
    not_audited = OwnedRecord.not_audited | {"birthday_md"}

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="contacts_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="contacts_by_update"),
            models.Index(fields=["name", "id"], name="contacts_by_name"),
            models.Index(fields=["mobile"], name="contacts_by_mobile"),
            models.Index(fields=["email"], name="contacts_by_email"),
            models.Index(Lower("email"), name="contacts_by_address"),
            models.Index(fields=["birthday_md"], name="contacts_by_birthday", condition=Q(birthday_md__isnull=False)),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.birthday_md = month_and_day(self.birthday)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("customers:contact_page", args=[self.pk])

    def age_on(self, day: date) -> int | None:
        """Full years on a day; None where the birthday is unknown."""
        if self.birthday is None:
            return None
        return day.year - self.birthday.year - ((day.month, day.day) < (self.birthday.month, self.birthday.day))


def month_and_day(birthday: date | None) -> int | None:
    """A birthday without its year, as a number that sorts: 24 November is 1124."""
    return birthday.month * 100 + birthday.day if birthday else None


class CustomerRelation(ScopedModel):
    """How a customer stands to another, apart from parent and subsidiary, which is a field (CUS-14)."""

    class Kind(models.TextChoices):
        DEALER = "dealer", pgettext_lazy("relation", "is dealer of")
        REFERRER = "referrer", pgettext_lazy("relation", "referred to us")
        SUPPLIER = "supplier", pgettext_lazy("relation", "supplies")
        PARTNER = "partner", pgettext_lazy("relation", "works together with")

    BACKWARDS = {
        Kind.DEALER: pgettext_lazy("relation", "is end user of"),
        Kind.REFERRER: pgettext_lazy("relation", "was referred by"),
        Kind.SUPPLIER: pgettext_lazy("relation", "buys from"),
        Kind.PARTNER: pgettext_lazy("relation", "works together with"),
    }

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="relations")
    other = models.ForeignKey(Customer, models.CASCADE, related_name="relations_to", verbose_name=_("other customer"))
    kind = models.CharField(_("relation"), max_length=10, choices=Kind.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = through("customer")

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "other"],
                name="customer_relation_once",
                violation_error_message=_("This relation is already noted."),
            ),
            models.CheckConstraint(
                condition=~Q(customer=models.F("other")),
                name="customer_relation_to_other",
                violation_error_message=_("A customer has no relation to itself."),
            ),
        ]

    def __str__(self):
        return f"{self.customer_id} {self.kind} {self.other_id}"


class ClassChange(ScopedModel):
    """A customer moved from one class to another: who, when, and whose customer it was then (CUS-5, APP-2)."""

    class Field(models.TextChoices):
        LIFECYCLE = "lifecycle", _("life cycle")
        TIER = "tier", _("tier")
        ABC = "abc", _("class A–D")
        CREDIT_GRADE = "credit_grade", _("credit grade")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="class_changes")
    field = models.CharField(max_length=12, choices=Field.choices)
    old = models.CharField(max_length=10, blank=True)
    new = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    owner = person_key()
    person = person_key()
    changed_at = models.DateTimeField(auto_now_add=True)

    scope = through("customer")

    class Meta:
        verbose_name = _("change of class")
        verbose_name_plural = _("changes of class")
        indexes = [models.Index(fields=["field", "changed_at"], name="class_changes_by_day")]

    def __str__(self):
        return f"{self.field} {self.old} → {self.new}"


class FollowUpRhythm(config.Configuration):
    """Within how many days customers of a tier are followed up; nothing for a tier without a rhythm."""

    SHIPPED = {Customer.Tier.KEY: 7, Customer.Tier.TARGET: 21, Customer.Tier.POTENTIAL: 60}

    tier = models.CharField(max_length=10, choices=Customer.Tier.choices, unique=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("rhythm of follow-ups")
        verbose_name_plural = _("rhythms of follow-ups")

    def __str__(self):
        return f"{self.tier} {self.days}"


@config.cached
def rhythm_days() -> dict[str, int]:
    """The days of each tier that has a rhythm; the shipped ones until somebody changes them."""
    days = {str(tier): n for tier, n in FollowUpRhythm.SHIPPED.items()}
    days |= dict(FollowUpRhythm.objects.values_list("tier", "days"))
    return {tier: n for tier, n in days.items() if n}
