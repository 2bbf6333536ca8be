"""The matters of this room that can need approval, registered with the room below (ORG-6)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.contracts.actions import asking, payments, signing
from zhike.contracts.models import Contract, ContractChange, Payment, Receivable
from zhike.org.approvals import Fact, Subject

AMOUNT = {"amount": Fact(_("amount"), "money", "gt")}
PRICED = {
    "discount": Fact(_("largest discount"), "percent", "gt"),
    "margin": Fact(_("margin"), "percent", "lt", "sales.product.see_cost"),
}
DAY = {"on": Fact(pgettext_lazy("day", "on"))}

SUBJECTS = [
    Subject(
        asking.CONTRACT, _("Contract"), Contract, {**AMOUNT, **PRICED}, signing.contract_decided,
        signing.submit_contract,
    ),
    Subject(
        asking.CHANGE, _("Change order"), ContractChange,
        {"delta": Fact(_("change of the amount"), "money"), **AMOUNT}, signing.change_decided,
    ),
    Subject(
        asking.TERMINATION, _("Termination"), Contract,
        {"outstanding": Fact(_("outstanding"), "money"), "terminated_on": Fact(_("terminated on")), **AMOUNT},
        signing.termination_decided,
    ),
    Subject(asking.REFUND, _("Refund"), Payment, {**AMOUNT, **DAY}, payments.refund_decided),
    Subject(asking.WRITE_OFF, _("Write off"), Receivable, {**AMOUNT, **DAY}, payments.write_off_decided),
]  # fmt: skip
