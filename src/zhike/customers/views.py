"""Pages of customers: list, form, the page all round, its parts, and what can be done on it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.customers import actions, queries
from zhike.customers.forms import NextStepForm, OwnerForm, RelationForm
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.kit import htmx
from zhike.kit.access import can, require
from zhike.kit.errors import NotVisible
from zhike.kit.registry import Entry, buttons, stats, tabs
from zhike.kit.viewer import Viewer
from zhike.records import actions as records
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage
from zhike.records.queries import tags_on

PLACE = "customers.customer"
WORDS = ("change", "assign", "delete", "share")
# What comes back to the page of a customer by a link from elsewhere, for the fields of a new one.
PRESET = ("name", "phone", "uscc", "industry", "city", "source", "parent")


@require_safe
def customer_list(request: HttpRequest) -> HttpResponse:
    """All customers the viewer sees."""
    return ListPage(CUSTOMER, request).response()


@require_http_methods(["GET", "POST"])
def customer_create(request: HttpRequest) -> HttpResponse:
    """A new customer; ones that look the same are shown once before it is saved."""
    require(request.viewer, CUSTOMER.verb("create"))
    initial = {name: request.GET[name] for name in PRESET if name in request.GET}
    form = RecordForm(request.POST or None, kind=CUSTOMER, viewer=request.viewer, initial=initial)
    alike = _alike(request, form)
    if request.method == "POST" and not alike and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Created."))
    return _form(request, form, None, alike)


@require_http_methods(["GET", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a customer; who saves second is told, and keeps what they typed (409)."""
    customer = queries.customer_for(request.viewer, pk)
    form = RecordForm(request.POST or None, kind=CUSTOMER, viewer=request.viewer, record=customer)
    alike = _alike(request, form, but=pk)
    if request.method == "POST" and not alike and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Saved."))
    return _form(request, form, customer, alike)


@require_safe
def customer_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """All about a customer: head, key figures, tabs of all rooms, what is next (CUS-6)."""
    viewer, customer = request.viewer, queries.customer(request.viewer, pk)
    entries = tabs.at(PLACE, viewer)
    current = next((e for e in entries if e.body and tab in (e.key, "")), None)
    if current is None:
        raise NotVisible
    context = {"customer": customer, "tab": current.key, "body": current.body(request, customer)}
    if not htmx.wants_part(request):
        context |= {
            "tabs": [_tab(entry, viewer, customer, current.key) for entry in entries],
            "stats": [(e, figure) for e in stats.at(PLACE, viewer) if (figure := e.part(viewer, customer))],
            "buttons": _buttons(viewer, customer),
            **_side(request, customer),
        }
    return htmx.part(request, "customers/customer_page.html#panel", context)


def _side(request: HttpRequest, customer: Customer) -> dict:
    viewer = request.viewer
    complete, missing = queries.completeness(customer)
    return {
        "can": can(viewer, customer, *(CUSTOMER.verb(word) for word in WORDS)),
        "people": queries.key_people(viewer, customer),
        "relations": queries.relations_of(viewer, customer),
        "tags": tags_on(viewer, CUSTOMER, customer.pk),
        "complete": complete,
        "missing": missing,
        "tiers": Customer.Tier.choices,
    }


def _tab(entry: Entry, viewer: Viewer, customer: Customer, current: str) -> dict[str, Any]:
    name, args = ("customers:customer_tab", [customer.pk, entry.key]) if entry.body else (entry.url_name, [customer.pk])
    count = entry.part(viewer, customer) if entry.part else None
    return {"label": entry.label, "url": reverse(name, args=args), "current": entry.key == current, "count": count}


def _buttons(viewer: Viewer, customer: Customer) -> list[dict[str, Any]]:
    entries = buttons.at(PLACE, viewer)
    return [
        {"label": e.label, "icon": e.icon or "plus", "url": f"{reverse(e.url_name)}?customer={customer.pk}",
         "primary": e is entries[-1]}
        for e in entries
    ]  # fmt: skip


@require_POST
def customer_class(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a customer to another tier, phase, class or grade from the head of its page (CUS-5)."""
    customer = queries.customer_for(request.viewer, pk)
    form = RecordForm(request.POST, kind=CUSTOMER, viewer=request.viewer, record=customer,
                      only=[n for n in Customer.CLASSES if n in request.POST])  # fmt: skip
    if not form.save(by=request.viewer):
        return htmx.redirect(request, customer.get_absolute_url(), _said(form), tone="bad")
    return htmx.redirect(request, customer.get_absolute_url(), _("Saved."))


@require_http_methods(["GET", "POST"])
def customer_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a customer to a colleague, with its contacts."""
    customer = queries.customer_for(request.viewer, pk, "assign")
    form = OwnerForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(records.assign_record, CUSTOMER, customer, by=request.viewer):
        seen = request.viewer.sees_owner(form.result.owner_id)
        return htmx.redirect(request, customer.get_absolute_url() if seen else _list_url(), _("Handed over."))
    return _dialog(request, "customers/customer_assign.html", form, customer)


@require_http_methods(["GET", "POST"])
def customer_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down the next step with a customer."""
    customer = queries.customer_for(request.viewer, pk)
    start = {"next_step": customer.next_step, "next_at": customer.next_at}
    form = NextStepForm(request.POST or None, viewer=request.viewer, initial=start)
    if request.method == "POST" and form.run(actions.set_next_step, customer, by=request.viewer):
        return htmx.redirect(request, customer.get_absolute_url(), _("Saved."))
    return _dialog(request, "customers/customer_next.html", form, customer)


@require_http_methods(["GET", "POST"])
def customer_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a customer nothing else depends on."""
    customer = queries.customer_for(request.viewer, pk, "delete")
    if request.method == "POST":
        records.delete_record(CUSTOMER, customer, by=request.viewer)
        return htmx.redirect(request, _list_url(), _("Deleted."))
    return _dialog(request, "customers/customer_delete.html", None, customer)


@require_http_methods(["GET", "POST"])
def relation_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Note how a customer stands to another (CUS-14)."""
    customer = queries.customer_for(request.viewer, pk)
    form = RelationForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.add_relation, customer, by=request.viewer):
        return htmx.redirect(request, customer.get_absolute_url(), _("Saved."))
    return _dialog(request, "customers/relation_add.html", form, customer)


@require_POST
def relation_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a relation away."""
    relation = queries.relation(request.viewer, pk)
    if relation is None:
        raise NotVisible
    actions.remove_relation(relation, by=request.viewer)
    return htmx.redirect(request, relation.customer.get_absolute_url(), _("Removed."))


def _alike(request: HttpRequest, form: RecordForm, but: int | None = None) -> list[Customer]:
    """Customers like the one about to be saved; none once the person said that this is another one."""
    if request.method != "POST" or "another" in request.POST or not form.is_valid():
        return []
    typed = form.values()
    if form.record is not None:
        typed = {name: value for name, value in typed.items() if value != getattr(form.record, name, None)}
    return queries.like_this(request.viewer, typed, but=but)


def _form(request: HttpRequest, form: RecordForm, customer: Customer | None, alike: list[Customer]) -> HttpResponse:
    status = 409 if form.stale else 422 if form.errors or alike else 200
    back = customer.get_absolute_url() if customer else _list_url()
    context = {"form": form, "customer": customer, "alike": alike, "back": back}
    return htmx.part(request, "customers/customer_form.html#form", context, status=status)


def _dialog(request: HttpRequest, template: str, form, customer: Customer) -> HttpResponse:
    status = 422 if form is not None and form.errors else 200
    return htmx.part(request, f"{template}#dialog", {"form": form, "customer": customer}, status=status)


def _said(form) -> str:
    return "; ".join(str(message) for messages in form.errors.values() for message in messages)


def _list_url() -> str:
    return reverse("customers:customer_list")
