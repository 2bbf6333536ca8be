"""Pages of contacts: list, form, page, birthdays."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.customers import panels, queries
from zhike.customers.kinds import CONTACT
from zhike.kit import dates, htmx
from zhike.kit.access import can, require
from zhike.records.dialogs import delete_dialog
from zhike.records.formpages import create_page, edit_page
from zhike.records.lists import ListPage
from zhike.records.queries import record_for
from zhike.records.recordpages import button_links

PRESET = ("customer", "name", "mobile", "phone", "title", "email")
BIRTHDAY_DAYS = 30


@require_safe
def contact_list(request: HttpRequest) -> HttpResponse:
    """All contacts the viewer sees."""
    return ListPage(CONTACT, request).response()


@require_http_methods(["GET", "POST"])
def contact_create(request: HttpRequest) -> HttpResponse:
    """A new contact; `?customer=7` presets the customer."""
    initial = {name: request.GET[name] for name in PRESET if name in request.GET}
    return create_page(request, CONTACT, new=_("New contact"), initial=initial)


@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a contact; who saves second is told, and keeps what they typed (409)."""
    return edit_page(request, CONTACT, record_for(request.viewer, CONTACT, pk))


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
        "buttons": button_links(CONTACT.label, request.viewer, "contact", pk),
    }
    return htmx.part(request, "customers/contact_page.html#drawer", context)


@require_http_methods(["GET", "POST"])
def contact_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a contact."""
    contact = record_for(request.viewer, CONTACT, pk, "delete")
    said = _("%(name)s will be deleted. The history of changes stays.") % {"name": contact.name}
    back = contact.customer.get_absolute_url()
    return delete_dialog(request, CONTACT, contact, title=_("Delete this contact?"), text=said, back=back)


@require_safe
def contact_birthdays(request: HttpRequest) -> HttpResponse:
    """Whose birthday comes within the next month (CUS-4)."""
    require(request.viewer, CONTACT.verb("view"))
    people = queries.birthdays(request.viewer, BIRTHDAY_DAYS)
    return htmx.part(request, "customers/birthdays.html", {"people": people, "days": BIRTHDAY_DAYS})
