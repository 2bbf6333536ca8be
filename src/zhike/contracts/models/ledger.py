"""The ledger: one row for everything that ever moved a balance, appended and never changed (SAL-7, CRAFT §10)."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.models.agreements import Contract
from zhike.contracts.models.money import Payment, Receivable
from zhike.customers.models import Customer
from zhike.kit.money import MoneyField
from zhike.kit.scope import Scope, ScopedModel
from zhike.records.models import person_key


class SeenWithItsRecord(Scope):
    """An entry shows to whoever sees the receivable or the payment it moves."""

    def arms(self, viewer, model):
        found = []
        for name in ("receivable", "payment"):
            seen = model._meta.get_field(name).related_model.objects.visible_to(viewer)
            if not seen.query.where and not seen.query.is_empty():
                return [Q()]
            found.append(Q(Exists(seen.filter(pk=OuterRef(f"{name}_id")))))
        return found

    def allows_change(self, viewer, record):
        return False


class LedgerEntry(ScopedModel):
    """One movement. Two columns of signed amounts in yuan, so that both balances are plain sums:

    what a receivable stands at = Σ `receivable_delta` of its entries; what is left of a payment = Σ `credit_delta`
    of its entries. A mistake is taken back by an entry that `reverses` it, with both signs turned.

    kind          receivable_delta   credit_delta
    charge             +                            signing a contract
    change             ±                            change order, termination
    receipt                               +         a payment came in
    allocation         −                  −         a payment pays a receivable
    write_off          −
    refund                                −         money given back
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", pgettext_lazy("ledger", "Receivable")
        CHANGE = "change", pgettext_lazy("ledger", "Change")
        RECEIPT = "receipt", pgettext_lazy("ledger", "Payment received")
        ALLOCATION = "allocation", pgettext_lazy("ledger", "Allocation")
        WRITE_OFF = "write_off", pgettext_lazy("ledger", "Write-off")
        REFUND = "refund", pgettext_lazy("ledger", "Refund")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="+", db_index=False)
    receivable = models.ForeignKey(Receivable, models.PROTECT, null=True, related_name="entries", db_index=False)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="entries", db_index=False)
    receivable_delta = MoneyField(default=0)
    credit_delta = MoneyField(default=0)
    booked_on = models.DateField(_("booked on"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    person = person_key(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    scope = SeenWithItsRecord()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(receivable__isnull=False) | Q(payment__isnull=False), name="entry_moves_something"
            ),
            models.CheckConstraint(
                condition=Q(receivable__isnull=False) | Q(receivable_delta=0), name="entry_receivable_given"
            ),
            models.CheckConstraint(condition=Q(payment__isnull=False) | Q(credit_delta=0), name="entry_payment_given"),
            models.CheckConstraint(
                condition=~Q(receivable_delta=0) | ~Q(credit_delta=0), name="entry_not_empty"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["receivable", "booked_on", "receivable_delta"], name="entries_of_receivable"),
            models.Index(fields=["payment", "id"], name="entries_of_payment", condition=Q(payment__isnull=False)),
            models.Index(fields=["customer", "booked_on", "id"], name="entries_of_customer"),
            models.Index(fields=["contract", "id"], name="entries_of_contract"),
            models.Index(fields=["booked_on", "receivable", "receivable_delta"], name="entries_by_day"),
        ]

    @classmethod
    def allocations_of_all(cls, payments: list[int]) -> dict[int, list[tuple[int, Any]]]:
        """What payments read through their scope pay now, by their ids, in one query: (receivable id, amount)."""
        rows = cls.objects.whole_table("allocations of payments that were read through their scope")
        rows = rows.filter(payment__in=payments, kind=cls.Kind.ALLOCATION).order_by("payment_id", "receivable_id")
        found: dict[int, list[tuple[int, Any]]] = {}
        for payment, receivable, total in rows.values_list("payment_id", "receivable_id").annotate(Sum("credit_delta")):
            if total:
                found.setdefault(payment, []).append((receivable, -total))
        return found

    def __str__(self):
        return f"{self.kind} {self.receivable_delta or self.credit_delta}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("the ledger is appended to, never changed")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("nothing is ever taken out of the ledger; reverse it")
