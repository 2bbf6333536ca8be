"""The contract and what belongs to it: lines, payment plan, milestones, change orders (SAL-6)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit.errors import Refused
from zhike.kit.money import MoneyField
from zhike.kit.scope import ScopedModel, owned_within, through
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models import Opportunity, Product, Quote
from zhike.sales.models.taxes import Taxed, untaxed_at_zero


class KeptByLedger(OwnedRecord):
    """A record with sums of ledger entries on it: saving it writes everything but those.

    So a form saved at the same moment as a payment is booked cannot put an old sum back.
    """

    kept: frozenset[str] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding and kwargs.get("update_fields") is None:
            names = {f.name for f in self._meta.local_concrete_fields if not f.primary_key}
            kwargs["update_fields"] = names - self.kept
        super().save(*args, **kwargs)


class Contract(KeptByLedger):
    """An agreement with a customer. Its state changes by the actions of this room only.

    `amount` is the total in yuan, tax included: the sum of lines where there are any. The number is drawn when the
    contract leaves the draft, so that numbers have no gaps.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("contract", "Draft")
        APPROVING = "approving", pgettext_lazy("contract", "In approval")
        ACTIVE = "active", pgettext_lazy("contract", "In force")
        COMPLETED = "completed", pgettext_lazy("contract", "Completed")
        TERMINATED = "terminated", pgettext_lazy("contract", "Terminated")

    number = models.CharField(_("contract number"), max_length=40, blank=True)
    name = models.CharField(_("contract name"), max_length=200)
    type = models.CharField(_("contract type"), max_length=40, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contracts", verbose_name=_("customer"))
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("contact")
    )
    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, null=True, blank=True, related_name="contracts", verbose_name=_("opportunity")
    )
    quote = models.ForeignKey(
        Quote, models.PROTECT, null=True, blank=True, related_name="contracts", editable=False,
        verbose_name=_("quote"),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    status = models.CharField(
        pgettext_lazy("contract", "status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    amount = MoneyField(_("contract amount"), default=0)
    tax = MoneyField(_("tax in it"), default=0)
    cost = MoneyField(_("cost"), null=True, blank=True)
    our_party = models.CharField(_("our company"), max_length=120, blank=True)
    our_signatory = models.CharField(_("signed for us by"), max_length=60, blank=True)
    their_signatory = models.CharField(_("signed for them by"), max_length=60, blank=True)
    # In approval and approved: it may be signed.
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)
    signed_on = models.DateField(_("signed on"), null=True, blank=True, editable=False)
    starts_on = models.DateField(pgettext_lazy("contract", "from"), null=True, blank=True)
    ends_on = models.DateField(pgettext_lazy("contract", "until"), null=True, blank=True)
    terminated_on = models.DateField(_("terminated on"), null=True, blank=True, editable=False)
    termination_reason = models.CharField(_("why terminated"), max_length=200, blank=True, editable=False)
    note = models.TextField(_("note"), blank=True)
    # Sums over the receivables, written by the ledger in the transaction of each entry; see `actions.ledger`.
    receivable = MoneyField(_("receivable"), default=0, editable=False)
    received = MoneyField(_("received"), default=0, editable=False)
    written_off = MoneyField(_("written off"), default=0, editable=False)
    invoiced = MoneyField(_("invoiced"), default=0, editable=False)

    scope = owned_within("owner", "customer")
    kept = frozenset({"receivable", "received", "written_off", "invoiced"})
    not_audited = OwnedRecord.not_audited | kept

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="contract_number_once",
                violation_error_message=_("This number is taken."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="contract_amount_positive",
                violation_error_message=_("The amount cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="contract_ends_after_start",
                violation_error_message=_("A contract does not end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "approving"]) | Q(signed_on__isnull=False),
                name="contract_signed_when_in_force",
                violation_error_message=_("A contract in force has the day it was signed."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="contracts_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="contracts_by_update"),
            models.Index(fields=["status", "signed_on", "owner"], name="contracts_by_signing"),
            models.Index(fields=["ends_on"], name="contracts_ending", condition=Q(status="active")),
        ]

    def __str__(self):
        return f"{self.number} {self.name}".strip()

    def get_absolute_url(self):
        return reverse("contracts:contract_page", args=[self.pk])

    def delete(self, *args, **kwargs):
        if (not self.is_draft or self.number) and not self.__dict__.get("is_undone"):
            raise Refused(_("Only a draft that never had a number is deleted; a contract in force is terminated."))
        return super().delete(*args, **kwargs)

    # Lines and plan are rows of their own, written after the contract itself: until then they wait here.

    def promise_lines(self, lines: list["ContractLine"]) -> None:
        """Keep lines that replace all there are when the contract is saved."""
        self.__dict__["lines_to_be"] = lines

    def promise_plan(self, plan: list[Any]) -> None:
        """Keep a payment plan (`rules.Instalment`s) that replaces the one there is when the contract is saved."""
        self.__dict__["plan_to_be"] = plan

    def known_lines(self) -> list["ContractLine"]:
        """The lines of a contract read through its scope."""
        return self.lines_of_all([self.pk]).get(self.pk, []) if self.pk else []

    def known_plan(self) -> list["PlanLine"]:
        """The payment plan of a contract read through its scope."""
        return self.plans_of_all([self.pk]).get(self.pk, []) if self.pk else []

    @staticmethod
    def lines_of_all(ids: list[int]) -> dict[int, list["ContractLine"]]:
        """The lines of contracts read through their scope, by their ids, in one query."""
        rows = ContractLine.objects.whole_table("lines of contracts that were read through their scope")
        return by_contract(rows.filter(contract__in=ids).select_related("product").order_by("id"))

    @staticmethod
    def plans_of_all(ids: list[int]) -> dict[int, list["PlanLine"]]:
        """The payment plans of contracts read through their scope, by their ids, in one query."""
        rows = PlanLine.objects.whole_table("plans of contracts that were read through their scope")
        return by_contract(rows.filter(contract__in=ids).order_by("position"))

    @staticmethod
    def instalments_of_all(ids: list[int]) -> dict[int, tuple[int, int]]:
        """Of contracts read through their scope, how many receivables are settled, out of how many."""
        rows = Contract.receivables.rel.related_model.objects.whole_table(
            "counts of contracts read through their scope"
        )
        rows = rows.filter(contract__in=ids, amount__gt=0).order_by()
        settled = Count("pk", filter=Q(balance=0))
        return {pk: (n, of) for pk, n, of in rows.values_list("contract_id").annotate(n=settled, of=Count("pk"))}

    def changes(self) -> dict[str, list[Any]]:
        changed = super().changes()
        for name, known in (("lines", self.known_lines), ("plan", self.known_plan)):
            if (wanted := self.__dict__.get(f"{name}_to_be")) is not None:
                before, after = [line.said() for line in known()], [line.said() for line in wanted]
                if before != after:
                    changed[name] = [before, after]
        return changed

    @property
    def outstanding(self):
        """What is still owed, in yuan."""
        return self.receivable - self.received - self.written_off

    @property
    def is_draft(self) -> bool:
        """Whether it may still be edited freely."""
        return self.status == self.Status.DRAFT

    @property
    def is_ready(self) -> bool:
        """Whether it went through approval, or needed none, and waits for the signature."""
        return self.status == self.Status.APPROVING and self.approved_at is not None

    @property
    def is_in_force(self) -> bool:
        """Whether it was signed and not terminated."""
        return self.status in (self.Status.ACTIVE, self.Status.COMPLETED)


def by_contract(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Rows grouped by their contract's id."""
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.contract_id, []).append(row)
    return found


class ContractLine(ScopedModel, Taxed):
    """What is sold: quantity × unit price less discount, tax included, in yuan."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    name = models.CharField(pgettext_lazy("line", "description"), max_length=200)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)
    price = MoneyField(_("unit price"))
    discount = models.DecimalField(_("discount (%)"), max_digits=5, decimal_places=2, default=0)
    tax_rate = models.DecimalField(_("tax rate (%)"), max_digits=5, decimal_places=2, default=13)
    amount = MoneyField(_("amount"), editable=False)
    tax = MoneyField(_("tax in it"), default=0, editable=False)
    cost = MoneyField(_("cost"), null=True, blank=True)

    scope = through("contract")

    class Meta:
        verbose_name = _("contract line")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="contract_line_quantity_positive",
                violation_error_message=_("The quantity is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=100), name="contract_line_discount_percent",
                violation_error_message=_("A discount is between 0 and 100 %."),
            ),
            untaxed_at_zero("contract_line_untaxed_at_zero"),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def said(self) -> list[str]:
        """The line as the history keeps it."""
        return [self.name, f"{self.quantity.normalize():f}", f"{self.price:.2f}", f"{self.discount.normalize():f}",
                self.taxation.code]  # fmt: skip


class PlanLine(ScopedModel):
    """A due date of the payment plan; signing turns each into a receivable. Amounts in yuan."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="plan")
    position = models.PositiveSmallIntegerField(_("instalment"))
    label = models.CharField(_("instalment is for"), max_length=60, blank=True)
    due_on = models.DateField(_("due on"))
    amount = MoneyField(_("amount"))

    scope = through("contract")

    class Meta:
        verbose_name = _("instalment")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "position"], name="plan_position_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="plan_amount_positive",
                violation_error_message=_("The amount is more than 0."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.label or str(self.position)

    def said(self) -> list[str]:
        """The line as the history keeps it."""
        return [self.due_on.isoformat(), f"{self.amount:.2f}", self.label]


class Milestone(ScopedModel):
    """A step of carrying the contract out: delivery, installation, acceptance."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="milestones")
    name = models.CharField(_("milestone"), max_length=80)
    due_on = models.DateField(_("planned for"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    person = person_key(null=True, blank=True, verbose_name=_("responsible"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    scope = through("contract")

    class Meta:
        verbose_name = _("milestone")
        ordering = ["due_on", "id"]

    def __str__(self):
        return self.name

    def is_late(self, today: date) -> bool:
        """Planned for an earlier day and not done."""
        return self.done_on is None and self.due_on is not None and self.due_on < today


class ContractChange(ScopedModel):
    """A change order to a signed contract: `delta` in yuan is added to what is owed. Never edited once applied."""

    class Status(models.TextChoices):
        APPROVING = "approving", pgettext_lazy("change order", "In approval")
        APPLIED = "applied", pgettext_lazy("change order", "Applied")
        REJECTED = "rejected", pgettext_lazy("change order", "Rejected")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="changes_made")
    delta = MoneyField(_("change of the amount"))
    due_on = models.DateField(_("due on"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.APPROVING)
    person = person_key(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_on = models.DateField(_("applied on"), null=True)

    scope = through("contract")

    class Meta:
        verbose_name = _("change order")
        ordering = ["id"]

    def __str__(self):
        return f"{self.contract_id} {self.delta:+}"

    def get_absolute_url(self):
        return reverse("contracts:contract_page", args=[self.contract_id])
