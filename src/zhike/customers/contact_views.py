"""Pages of contacts: list, form, page, birthdays."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.customers import panels, queries
from zhike.customers.kinds import CONTACT
from zhike.customers.models import Contact
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.kit.registry import buttons
from zhike.records import actions as records
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage
from zhike.records.queries import record_for

PRESET = ("customer", "name", "mobile", "phone", "title", "email")
BIRTHDAY_DAYS = 30


@require_safe
def contact_list(request: HttpRequest) -> HttpResponse:
    """All contacts the viewer sees."""
    return ListPage(CONTACT, request).response()


@require_http_methods(["GET", "POST"])
def contact_create(request: HttpRequest) -> HttpResponse:
    """A new contact; `?customer=7` presets the customer."""
    require(request.viewer, CONTACT.verb("create"))
    initial = {name: request.GET[name] for name in PRESET if name in request.GET}
    form = RecordForm(request.POST or None, kind=CONTACT, viewer=request.viewer, initial=initial)
    if request.method == "POST" and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Created."))
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contact; who saves second is told, and keeps what they typed (409)."""
    contact = record_for(request.viewer, CONTACT, pk)
    form = RecordForm(request.POST or None, kind=CONTACT, viewer=request.viewer, record=contact)
    if request.method == "POST" and form.save(by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url(), _("Saved."))
    return _form(request, form, contact)


@require_safe
def contact_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A person at a customer, with what to remember of them (CUS-4)."""
    contact = queries.contact(request.viewer, pk)
    context = {
        "contact": contact,
        "groups": panels.contact_groups(contact),
        "age": contact.age_on(dates.today()),
        "can": can(request.viewer, contact, CONTACT.verb("change"), CONTACT.verb("delete")),
        "entries": panels.history(request.viewer, CONTACT, pk),
        "buttons": [
            {"label": e.label, "icon": e.icon, "url": f"{reverse(e.url_name)}?contact={pk}"}
            for e in buttons.at(CONTACT.label, request.viewer)
        ],
    }
    return htmx.part(request, "customers/contact_page.html#drawer", context)


@require_http_methods(["GET", "POST"])
def contact_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a contact."""
    contact = record_for(request.viewer, CONTACT, pk, "delete")
    if request.method == "POST":
        back = contact.customer.get_absolute_url()
        records.delete_record(CONTACT, contact, by=request.viewer)
        return htmx.redirect(request, back, _("Deleted."))
    return htmx.part(request, "customers/contact_delete.html#dialog", {"contact": contact})


@require_safe
def contact_birthdays(request: HttpRequest) -> HttpResponse:
    """Whose birthday comes within the next month (CUS-4)."""
    require(request.viewer, CONTACT.verb("view"))
    people = queries.birthdays(request.viewer, BIRTHDAY_DAYS)
    return htmx.part(request, "customers/birthdays.html", {"people": people, "days": BIRTHDAY_DAYS})


def _form(request: HttpRequest, form: RecordForm, contact: Contact | None) -> HttpResponse:
    status = 409 if form.stale else 422 if form.errors else 200
    back = contact.get_absolute_url() if contact else reverse("customers:contact_list")
    context = {"form": form, "contact": contact, "back": back}
    return htmx.part(request, "customers/contact_form.html#form", context, status=status)
