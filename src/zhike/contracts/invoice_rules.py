"""What an invoice must be: numbers by kind, tax that adds up, the way from application to issue (SAL-9).

Tax rates change by decree: they are rows with days (`sales`), older ones stay valid in what is imported.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from zhike.contracts.models import Invoice
from zhike.contracts.rules import tax_in
from zhike.kit.errors import Refused
from zhike.sales.models.taxes import UNTAXED, Tax, rates_on

Status = Invoice.Status


def split(amount: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """What of a tax-included amount is net and what is tax; the tax is rounded, net + tax = amount. May be negative."""
    tax = tax_in(amount, rate)
    return amount - tax, tax


def checked_number(kind: str, number: str, old_code: str = "") -> tuple[str, str]:
    """Number and code as they stand on an invoice of this kind. Raises Refused at `number` or `old_code`.

    A fully digitalised invoice has 20 digits and no code, the first two of them the year; older ones have 8 digits
    and a code of 10 or 12.
    """
    number, old_code = (re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)) for text in (number, old_code))
    if kind in Invoice.DIGITAL:
        if not re.fullmatch(r"[0-9]{20}", number):
            raise Refused({"number": _("A fully digitalised invoice has a number of 20 digits.")})
        if old_code:
            raise Refused({"old_code": _("A fully digitalised invoice has no code.")})
    else:
        if not re.fullmatch(r"[0-9]{8}", number):
            raise Refused({"number": _("An invoice of this kind has a number of 8 digits.")})
        if not re.fullmatch(r"[0-9]{10}|[0-9]{12}", old_code):
            raise Refused({"old_code": _("The code of an invoice has 10 or 12 digits.")})
    return number, old_code


def check_title(invoice: Invoice) -> None:
    """A special invoice is made out to a company with its tax number. Raises Refused at the field."""
    if invoice.kind in Invoice.SPECIAL:
        if invoice.title_type == Invoice.TitleType.PERSON:
            raise Refused({"title_type": _("A special invoice is made out to companies only.")})
        if not invoice.tax_number:
            raise Refused({"tax_number": _("A special invoice needs the customer's tax number.")})
    if invoice.tax_number and not re.fullmatch(r"[0-9A-Z]{15,20}", invoice.tax_number):
        raise Refused({"tax_number": _("A tax number has 15 to 20 letters and digits.")})


def check_untaxed(kind: str, taxes: Iterable[Tax]) -> None:
    """A special invoice carries tax the buyer may deduct, so what is sold without tax takes an ordinary one.

    Raises Refused at `tax_rate`.
    """
    if kind in Invoice.SPECIAL and (untaxed := next((tax for tax in taxes if tax.treatment in UNTAXED), None)):
        said = _("“%(tax)s” is billed by an ordinary invoice; a special one is for taxed sales.") % {
            "tax": untaxed.said
        }
        raise Refused({"tax_rate": said})


def check_issue_day(day: date, today: date, taxes: set[Tax]) -> None:
    """The day an invoice bears. Raises Refused at `issued_on` for a day to come, or a rate not in force then."""
    if day > today:
        raise Refused({"issued_on": _("This day is still to come.")})
    valid = {row.tax for row in rates_on(day)}
    if wrong := sorted(tax.said for tax in taxes - valid):
        said = _("The tax rate “%(rate)s” was not in force on this day.") % {"rate": wrong[0]}
        raise Refused({"issued_on": said})


def check_void(invoice: Invoice, day: date) -> None:
    """Only paper and older electronic invoices are voided, and only in the month they were issued."""
    if invoice.is_digital:
        raise Refused(_("A fully digitalised invoice cannot be voided, only red-lettered."))
    if invoice.status != Status.ISSUED or invoice.is_red:
        raise Refused(_("Only an issued invoice that nothing was taken back of can be voided."))
    if (day.year, day.month) != (invoice.issued_on.year, invoice.issued_on.month) or day < invoice.issued_on:
        raise Refused(_("An invoice is voided in the month it was issued; afterwards it is red-lettered."))


def acts_on(invoice: Invoice, verbs: set[str]) -> set[str]:
    """What may be done with an invoice in its present state, out of what the viewer may do at all."""
    able: set[str] = set()
    if invoice.status in (Status.REQUESTED, Status.REJECTED):
        able |= {"change", "delete"}
    if invoice.status == Status.REQUESTED:
        able |= {"approve", "reject"}
    if invoice.status == Status.APPROVED:
        able |= {"issue", "reject", "delete"}
    if invoice.status in (Status.ISSUED, Status.PART_RED) and not invoice.is_red:
        able |= {"red"} | ({"void"} if invoice.status == Status.ISSUED and not invoice.is_digital else set())
    held = set(verbs) | ({"red", "void"} if "issue" in verbs else set()) | ({"reject"} if "approve" in verbs else set())
    return able & held
