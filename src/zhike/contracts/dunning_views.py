"""Pages of dunning: note what was said, the log of a customer or contract, the days on which it goes up (SAL-8)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.contracts import dunning_queries as queries
from zhike.contracts.actions import dunning as actions
from zhike.contracts.finance_forms import DunningForm, StepsForm
from zhike.contracts.invoice_kinds import DUNNING, SET_STEPS
from zhike.contracts.models import Contract, Receivable
from zhike.customers.models import Customer
from zhike.kit import dates, htmx
from zhike.kit.access import may, require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import key_of
from zhike.records.actions import create_record
from zhike.records.dialogs import delete_dialog, dialog
from zhike.records.lists import ListPage
from zhike.records.queries import record_for


@require_safe
def dunning_list(request: HttpRequest) -> HttpResponse:
    """The whole dunning log that the viewer sees."""
    return ListPage(DUNNING, request).response()


@require_http_methods(["GET", "POST"])
def dunning_note(request: HttpRequest) -> HttpResponse:
    """Note what was said about a receivable (`receivable`) or all a customer owes (`customer`)."""
    viewer = request.viewer
    require(viewer, DUNNING.verb("create"))
    line, customer = _about(request)
    form = DunningForm(request.POST or None, viewer=viewer, receivable=line, customer=customer)
    if request.method == "POST" and form.run(create_record, DUNNING, by=viewer):
        return htmx.redirect(request, _back(request, line, customer), _("Noted."))
    about = f"{customer} · {line} · {line.balance:,.2f}" if line else str(customer)
    title, submit = _("Ask for payment"), _("Write it down")
    return dialog(request, form, line or customer, title=title, submit=submit, text=about)


def _about(request: HttpRequest) -> tuple[Receivable | None, Customer]:
    if line := _chosen(request, "receivable", Receivable.objects.select_related("customer", "contract")):
        return line, line.customer
    if customer := _chosen(request, "customer", Customer.objects.all()):
        return None, customer
    raise NotVisible


def _chosen(request: HttpRequest, name: str, rows: Any) -> Any:
    pk = key_of(request.GET.get(name))
    return rows.visible_to(request.viewer).filter(pk=pk).first() if pk else None


def _back(request: HttpRequest, line: Receivable | None, customer: Customer) -> str:
    """Where one came from, if that is a page of ours; else the customer's log."""
    came = request.headers.get("HX-Current-URL", "") or request.headers.get("Referer", "")
    for page in (reverse("contracts:overview"), "/"):
        if came.partition("?")[0] == request.build_absolute_uri(page):
            return came
    return line.get_absolute_url() if line else reverse("customers:customer_tab", args=[customer.pk, "dunning"])


@require_http_methods(["GET", "POST"])
def dunning_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a note written by mistake."""
    note = record_for(request.viewer, DUNNING, pk, "delete")
    back = note.get_absolute_url()
    return delete_dialog(request, DUNNING, note, title=_("Delete this note?"), back=back)


@require_http_methods(["GET", "POST"])
def dunning_steps(request: HttpRequest) -> HttpResponse:
    """From how many days overdue a line is whose business."""
    require(request.viewer, SET_STEPS)
    form = StepsForm(request.POST or None)
    if request.method == "POST" and form.run(actions.set_steps, by=request.viewer):
        return htmx.redirect(request, reverse("contracts:dunning_steps"), _("Saved."))
    status = 422 if form.errors else 200
    return htmx.part(request, "contracts/dunning_steps.html", {"form": form}, status=status)


def log_panel(request: HttpRequest, record: Customer | Contract) -> SafeString:
    """The tab "dunning" of a customer or contract: what was said, promised and kept."""
    viewer = request.viewer
    notes = queries.notes_of(viewer, record)
    states = queries.promise_states(viewer, notes, dates.today())
    customer = record if isinstance(record, Customer) else record.customer
    lines = _open_lines(request, record)
    context = {
        "notes": [{"note": note, "state": states.get(note.pk, ""), "delete": may(viewer, DUNNING.verb("delete"), note)}
                  for note in notes],
        "customer": customer, "lines": lines, "can_add": may(viewer, DUNNING.verb("create"), record),
    }  # fmt: skip
    return render_to_string("contracts/parts/dunning_log.html", context, request)


def _open_lines(request: HttpRequest, record: Customer | Contract) -> list[Receivable]:
    name = "customer" if isinstance(record, Customer) else "contract"
    rows = Receivable.objects.visible_to(request.viewer).filter(**{name: record}, balance__gt=0)
    return list(rows.filter(due_on__lt=dates.today()).select_related("contract").order_by("due_on", "id")[:20])
