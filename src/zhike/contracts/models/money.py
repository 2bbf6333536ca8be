"""What a customer owes and what they paid. The figures on these rows are sums of ledger entries (SAL-7)."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhike.contracts.models.agreements import Contract, KeptByLedger
from zhike.customers.models import Customer
from zhike.kit.money import MoneyField
from zhike.kit.scope import owned_within
from zhike.records.models import OwnedRecord


class Receivable(KeptByLedger):
    """A sum due on a day. `amount`, `received`, `written_off` and `balance` are kept by the ledger, in yuan.

    It carries its contract's owner and customer, moved with them, so that its lists need no look at the contract.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="receivables", verbose_name=_("contract"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="receivables", db_index=False, verbose_name=_("customer")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    # The number of its contract and its place in it: HT-2026-0017/2.
    code = models.CharField(_("receivable"), max_length=50, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(_("instalment"), default=1)
    # Made by signing without a payment plan: an import of due lines splits it.
    is_whole = models.BooleanField(default=False, editable=False)
    label = models.CharField(_("instalment is for"), max_length=60, blank=True)
    due_on = models.DateField(_("due on"))
    amount = MoneyField(_("amount"), default=0, editable=False)
    received = MoneyField(_("received"), default=0, editable=False)
    written_off = MoneyField(_("written off"), default=0, editable=False)
    balance = MoneyField(_("balance"), default=0, editable=False)

    # The days of its first and last entry, so that a report of a past day need not read what was over before or began
    # after.
    booked_from = models.DateField(null=True, editable=False)
    booked_to = models.DateField(null=True, editable=False)

    scope = owned_within("owner", "customer")
    kept = frozenset({"amount", "received", "written_off", "balance", "booked_from", "booked_to"})
    not_audited = OwnedRecord.not_audited | kept | {"is_whole"}

    class Meta:
        verbose_name = _("receivable")
        verbose_name_plural = _("receivables")
        constraints = [
            models.CheckConstraint(
                condition=Q(balance=F("amount") - F("received") - F("written_off")), name="receivable_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0), name="receivable_not_negative",
                violation_error_message=_("This is more than is still owed."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, received__gte=0, written_off__gte=0), name="receivable_parts_positive"
            ),
        ]  # fmt: skip
        indexes = [
            # The list of what falls due; what is largest of what is open.
            models.Index(fields=["due_on", "id"], name="receivables_by_due"),
            models.Index(fields=["owner", "due_on", "id"], name="receivables_of_owner_by_due"),
            models.Index(
                fields=["-balance", "due_on", "id", "owner"], name="receivables_largest", condition=Q(balance__gt=0)
            ),
            # The others carry all that sums by age need, in the order they are grouped: the table itself is not read.
            models.Index(
                fields=["owner", "due_on", "id", "balance"], name="receivables_open_of", condition=Q(balance__gt=0)
            ),
            models.Index(
                fields=["due_on", "id", "owner", "customer", "balance"],
                name="receivables_open",
                condition=Q(balance__gt=0),
            ),
            models.Index(
                fields=["owner", "booked_to", "booked_from", "due_on", "balance", "id"],
                name="receivables_by_owners_days",
            ),
            models.Index(
                fields=["customer", "booked_to", "booked_from", "due_on", "balance", "owner", "id"],
                name="receivables_by_customers_days",
            ),
            models.Index(fields=["owner", "-updated_at", "-id"], name="receivables_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="receivables_by_update"),
            models.Index(fields=["code"], name="receivables_by_code"),
        ]

    def __str__(self):
        return f"{self.code} {self.label}".strip()

    def get_absolute_url(self):
        return reverse("contracts:receivable_page", args=[self.pk])

    def overdue_days(self, as_of: date) -> int:
        """Days past the due date while something is owed; else 0."""
        return max((as_of - self.due_on).days, 0) if self.balance else 0


class Payment(KeptByLedger):
    """Money received from a customer, in yuan. What is not yet allocated is the customer's credit."""

    number = models.CharField(_("payment number"), max_length=40)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payments", verbose_name=_("customer"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    amount = MoneyField(_("amount"))
    received_on = models.DateField(_("received on"))
    method = models.CharField(_("paid by"), max_length=40, blank=True)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    bank = models.CharField(_("received into"), max_length=120, blank=True)
    reference = models.CharField(_("bank reference"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # The same key again, from a double click, a retried request or two people with one bank line, is this payment.
    key = models.CharField(max_length=80, null=True, blank=True, editable=False)
    # Kept by the ledger: amount − reversed − allocated − refunded.
    unallocated = MoneyField(_("not allocated"), default=0, editable=False)
    refunded = MoneyField(_("refunded"), default=0, editable=False)
    is_reversed = models.BooleanField(_("reversed"), default=False, editable=False)
    # The day of its last entry, so that what was left of all payments on a past day is read from few of them.
    booked_to = models.DateField(null=True, editable=False)

    scope = owned_within("owner", "customer")
    kept = frozenset({"unallocated", "refunded", "booked_to"})
    not_audited = OwnedRecord.not_audited | kept | {"key"}

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.UniqueConstraint(
                fields=["number"], name="payment_number_once", violation_error_message=_("This number is taken.")
            ),
            models.UniqueConstraint(
                fields=["key"], name="payment_key_once", violation_error_message=_("This payment is posted already.")
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payment_amount_positive",
                violation_error_message=_("The amount is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(unallocated__gte=0, refunded__gte=0), name="payment_not_negative",
                violation_error_message=_("This is more than is left of the payment."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["owner", "-received_on", "-id"], name="payments_of_owner"),
            models.Index(fields=["-received_on", "-id"], name="payments_by_day"),
            models.Index(fields=["customer"], name="payments_with_credit", condition=Q(unallocated__gt=0)),
            models.Index(
                fields=["booked_to", "owner", "unallocated"], name="payments_left", condition=Q(unallocated__gt=0)
            ),
            models.Index(fields=["booked_to", "received_on", "owner", "id"], name="payments_by_entries"),
        ]

    def __str__(self):
        return self.number

    def promise_allocations(self, allocations: list[tuple[int, Any]]) -> None:
        """Say what a new payment pays: (receivable id, amount); without it the oldest due lines are paid first."""
        self.__dict__["allocations_to_be"] = allocations

    def promise_contract(self, contract_id: int) -> None:
        """Say that a new payment pays this contract, its oldest due lines first."""
        self.__dict__["contract_to_be"] = contract_id

    def get_absolute_url(self):
        return reverse("contracts:payment_page", args=[self.pk])
