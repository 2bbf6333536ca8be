"""What contracts and payments count for targets: signed and received (SAL-10)."""

from collections.abc import Collection
from datetime import date

from django.db.models import Case, F, Sum, When
from django.utils.translation import pgettext_lazy

from zhike.contracts.models import Contract, LedgerEntry, Payment
from zhike.kit.money import MoneyField
from zhike.kit.viewer import Viewer
from zhike.sales.measures import Figures, Measure, add, of_people, summed

IN_FORCE = (Contract.Status.ACTIVE, Contract.Status.COMPLETED)
RECEIPTS = (LedgerEntry.Kind.RECEIPT, LedgerEntry.Kind.REFUND)


def signed_amount(viewer: Viewer, people: Collection[int] | None, first: date, last: date) -> Figures:
    """The amount of contracts signed on these days, changes included; of a terminated one what stayed owed."""
    rows = Contract.objects.visible_to(viewer).filter(signed_on__range=(first, last))
    rows = rows.filter(status__in=(*IN_FORCE, Contract.Status.TERMINATED))
    counted = Case(
        When(status=Contract.Status.TERMINATED, then=F("receivable")), default=F("amount"), output_field=MoneyField()
    )
    return summed(of_people(rows, "owner_id", people), "owner_id", Sum(counted))


def received_amount(viewer: Viewer, people: Collection[int] | None, first: date, last: date) -> Figures:
    """What came in on these days less what was given back or reversed on them, by the payment's owner."""
    rows = of_people(Payment.objects.visible_to(viewer), "owner_id", people)
    rows = rows.filter(entries__kind__in=RECEIPTS, entries__booked_on__range=(first, last))
    return summed(rows, "owner_id", Sum("entries__credit_delta"))


SIGNED = Measure(
    "signed", pgettext_lazy("measure", "Contracts signed"), pgettext_lazy("goal", "Signed this month"), "money",
    signed_amount, 10, "contracts.contract.view",
)  # fmt: skip
RECEIVED = Measure(
    "received", pgettext_lazy("measure", "Payments received"), pgettext_lazy("goal", "Received this month"), "money",
    received_amount, 15, "contracts.payment.view",
)  # fmt: skip
__all__ = ["RECEIVED", "SIGNED", "add"]
