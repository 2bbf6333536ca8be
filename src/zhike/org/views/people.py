"""Pages of colleagues: chart, list, one person, and what an administrator does with an account."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import may, require
from zhike.kit.errors import Forbidden
from zhike.kit.forms import ActionForm
from zhike.org import actions, queries, rules
from zhike.org.forms import LeaveForm
from zhike.org.kinds import USER
from zhike.org.models import Person
from zhike.records.dialogs import dialog
from zhike.records.formpages import edit_page, form_page
from zhike.records.forms import RecordForm
from zhike.records.lists import ListPage


@require_safe
def chart(request: HttpRequest) -> HttpResponse:
    """Who reports to whom."""
    require(request.viewer, USER.verb("view"))
    return htmx.part(request, "org/chart.html", {"rows": queries.chart()})


@require_safe
def person_list(request: HttpRequest) -> HttpResponse:
    """All colleagues, to find, filter, import and export."""
    require(request.viewer, USER.verb("change"))
    create_url = reverse("org:person_create") if may(request.viewer, USER.verb("create")) else ""
    return ListPage(USER, request, title=_("Colleagues"), create_url=create_url).response()


@require_safe
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A colleague: who they are, the line above and below, and for administrators account and rights."""
    require(request.viewer, USER.verb("view"))
    person = queries.person(request.viewer, pk)
    manages = rules.may_manage(request.viewer, person)
    context = {
        "person": person,
        "above": queries.line_above(person),
        "below": queries.reports_of(person),
        "manages": manages,
        "roles": person.roles.all(),
        "sessions": queries.sessions_of(person) if manages else [],
        "history": queries.history_of(person) if manages else [],
    }
    return htmx.part(request, "org/person_page.html", context)


@require_http_methods(["GET", "POST"])
def person_create(request: HttpRequest) -> HttpResponse:
    """A new colleague; the first password is shown once."""
    require(request.viewer, USER.verb("create"))
    form = RecordForm(request.POST or None, kind=USER, viewer=request.viewer, initial={"is_active": True})
    if form.is_valid() and form.attempt(actions.create_person, form.values(), by=request.viewer):
        return _told(request, form.result, form.result.first_password)
    return form_page(request, form, new=_("New colleague"))


@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a colleague's data, place, roles."""
    person = _managed(request, pk)
    return edit_page(request, USER, person)


@require_http_methods(["GET", "POST"])
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new password for somebody who lost theirs; shown once."""
    person = _managed(request, pk)
    if request.method == "POST":
        return _told(request, person, actions.set_password(person, by=request.viewer))
    said = _("%(person)s gets a new password, which you will see once. All devices are signed out, "
             "and the password must be changed at the next sign-in.") % {"person": person}  # fmt: skip
    return dialog(request, ActionForm(), person, title=_("New password"), submit=_("Make a new password"), text=said)


def _told(request: HttpRequest, person: Person, password: str) -> HttpResponse:
    """The one page that shows a password made up here; nothing keeps it."""
    response = htmx.part(request, "org/person_told.html#dialog", {"person": person, "password": password})
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def person_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a colleague's last day."""
    person = _managed(request, pk)
    form = LeaveForm(request.POST or None, viewer=request.viewer, initial={"left_on": person.left_on})
    if request.method == "POST" and form.run(actions.leave_company, person, by=request.viewer):
        return htmx.redirect(request, person.get_absolute_url(), _("Saved."))
    said = _(
        "After this day %(person)s cannot sign in. Customers and everything else stay visible to their supervisors."
    )
    text = said % {"person": person}
    return dialog(request, form, person, title=_("Leaves the company"), submit=_("Save"), text=text)


@require_POST
def person_sign_out(request: HttpRequest, pk: int) -> HttpResponse:
    """End all sessions of a colleague."""
    person = _managed(request, pk)
    count = actions.end_sessions(person, by=request.viewer)
    return htmx.redirect(request, person.get_absolute_url(), _("Sessions ended: %(count)s") % {"count": count})


def _managed(request: HttpRequest, pk: int) -> Person:
    person = queries.person(request.viewer, pk)
    if not rules.may_manage(request.viewer, person):
        raise Forbidden(USER.verb("change"))
    return person
