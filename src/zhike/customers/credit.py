"""The credit limit of a customer: set by the general manager, asked for by everybody else (ORG-6, CUS-13, 001)."""

from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhike.customers import queries
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.org.actions import request_approval
from zhike.org.approvals import Fact, Subject
from zhike.org.models import Approval
from zhike.records.actions import save_record
from zhike.records.dialogs import dialog
from zhike.records.fields import Money
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups

SET = "customers.credit.set"


@action
def ask_credit_limit(customer: Customer, *, by: Viewer, credit_limit: Decimal | None, reason: str = "") -> Customer:
    """Set the limit in yuan, or ask whoever may. Raises Refused where nothing changes or nobody is to be asked."""
    require(by, CUSTOMER.verb("change"), customer)
    if customer.credit_limit == credit_limit:
        raise Refused({"credit_limit": _("This is the limit already.")})
    if by.can(SET):
        return _set(customer, credit_limit, by)
    title = _("Credit limit of %(customer)s") % {"customer": customer}
    facts = {"before": customer.credit_limit, "limit": credit_limit if credit_limit is not None else Decimal(0)}
    if request_approval("customers.credit_limit", customer, by=by, title=title, facts=facts, reason=reason) is None:
        raise Refused({"credit_limit": _("Only the general manager sets credit limits.")})
    return customer


def limit_decided(customer: Customer, approval: Approval, by: Viewer) -> None:
    """Set the limit that was agreed on."""
    if approval.status == Approval.Status.APPROVED:
        _set(customer, Decimal(approval.facts["limit"]), by)


def _set(customer: Customer, limit: Decimal | None, by: Viewer) -> Customer:
    customer.credit_limit = limit
    return save_record(CUSTOMER, customer, by=by, created=False)


CREDIT_LIMIT = Subject(
    key="customers.credit_limit",
    label=gettext_lazy("Credit limit"),
    model=Customer,
    facts={
        "before": Fact(gettext_lazy("limit so far"), "money"),
        "limit": Fact(gettext_lazy("new limit"), "money", "gt"),
    },
    decided=limit_decided,
)


class CreditForm(ActionForm):
    """The limit wanted, and why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)
    field_order = ["credit_limit", "reason"]

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        limit = Money("credit_limit", required=True, least=0).bind(CUSTOMER)
        self.fields["credit_limit"] = FieldControl(limit, Lookups(viewer))
        self.order_fields(self.field_order)


@require_http_methods(["GET", "POST"])
def customer_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the credit limit of a customer, or ask for one."""
    customer = queries.customer_for(request.viewer, pk)
    form = CreditForm(request.POST or None, viewer=request.viewer, initial={"credit_limit": customer.credit_limit})
    if request.method == "POST" and form.run(ask_credit_limit, customer, by=request.viewer):
        said = _("Saved.") if request.viewer.can(SET) else _("Sent for approval.")
        return htmx.redirect(request, customer.get_absolute_url(), said)
    title = _("Set the credit limit") if request.viewer.can(SET) else _("Ask for a credit limit")
    return dialog(request, form, customer, title=title, submit=_("Save"))
