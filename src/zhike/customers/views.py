"""Pages of customers: list, form, the page all round, its parts, and what can be done on it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.customers import actions, queries
from zhike.customers.forms import NextStepForm, RelationForm
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.kit import htmx
from zhike.kit.access import can, require
from zhike.kit.errors import NotVisible
from zhike.kit.registry import stats
from zhike.kit.viewer import Viewer
from zhike.records.dialogs import assign_dialog, delete_dialog, dialog
from zhike.records.formpages import form_page
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage
from zhike.records.queries import tags_on
from zhike.records.recordpages import button_links, open_tab, tab_links

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
    return form_page(request, form, new=_("New customer"), more=_asked_first(request, alike))


@require_http_methods(["GET", "POST"])
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a customer; who saves second is told, and keeps what they typed (409)."""
    customer = queries.customer_for(request.viewer, pk)
    form = RecordForm(request.POST or None, kind=CUSTOMER, viewer=request.viewer, record=customer)
    alike = _alike(request, form, but=pk)
    if request.method == "POST" and not alike and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Saved."))
    return form_page(request, form, more=_asked_first(request, alike))


@require_safe
def customer_page(request: HttpRequest, pk: int, tab: str = "") -> HttpResponse:
    """All about a customer: head, key figures, tabs of all rooms, what is next (CUS-6)."""
    viewer, customer = request.viewer, queries.customer(request.viewer, pk)
    current = open_tab(PLACE, viewer, tab)
    context = {"customer": customer, "tab": current.key, "body": current.body(request, customer)}
    if not htmx.wants_part(request):
        context |= {
            "tabs": tab_links(PLACE, viewer, customer, current, "customers:customer_tab"),
            "stats": [(e, figure) for e in stats.at(PLACE, viewer) if (figure := e.part(viewer, customer))],
            "buttons": _buttons(viewer, pk),
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


def _buttons(viewer: Viewer, pk: int) -> list[dict[str, Any]]:
    links = button_links(PLACE, viewer, "customer", pk)
    return [{**link, "primary": link is links[-1]} for link in links]


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
    said = _("%(name)s and its contacts go to:") % {"name": customer.name}
    return assign_dialog(request, CUSTOMER, customer, text=said)


@require_http_methods(["GET", "POST"])
def customer_next(request: HttpRequest, pk: int) -> HttpResponse:
    """Put down the next step with a customer."""
    customer = queries.customer_for(request.viewer, pk)
    start = {"next_step": customer.next_step, "next_at": customer.next_at}
    form = NextStepForm(request.POST or None, viewer=request.viewer, initial=start)
    if request.method == "POST" and form.run(actions.set_next_step, customer, by=request.viewer):
        return htmx.redirect(request, customer.get_absolute_url(), _("Saved."))
    return dialog(request, form, customer, title=_("Next step"), submit=_("Save"))


@require_http_methods(["GET", "POST"])
def customer_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a customer nothing else depends on."""
    customer = queries.customer_for(request.viewer, pk, "delete")
    said = _("%(name)s goes with its card and relations. The history of changes stays.") % {"name": customer.name}
    return delete_dialog(request, CUSTOMER, customer, title=_("Delete this customer?"), text=said)


@require_http_methods(["GET", "POST"])
def relation_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Note how a customer stands to another (CUS-14)."""
    customer = queries.customer_for(request.viewer, pk)
    form = RelationForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.add_relation, customer, by=request.viewer):
        return htmx.redirect(request, customer.get_absolute_url(), _("Saved."))
    text = f"{customer.name} …"
    return dialog(request, form, customer, title=_("Add a relation"), submit=_("Save"), text=text)


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


def _asked_first(request: HttpRequest, alike: list[Customer]) -> dict[str, Any]:
    """What is asked before a customer is saved who looks like others."""
    if not alike:
        return {}
    above = render_to_string("customers/parts/alike.html", {"alike": alike}, request)
    return {"above": above, "save": _("Save as another one"), "knowing": "another"}


def _said(form) -> str:
    return "; ".join(str(message) for messages in form.errors.values() for message in messages)
