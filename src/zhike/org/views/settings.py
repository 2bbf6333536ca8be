"""Settings of the company: its name, departments, roles."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from zhike.kit import htmx
from zhike.kit.access import VERBS, require
from zhike.kit.errors import Forbidden
from zhike.kit.registry import menu
from zhike.kit.workdays import minutes_of
from zhike.org import actions, queries
from zhike.org.forms import DepartmentForm, HoursForm, LogForm, NameForm, RoleForm
from zhike.org.models import Department, Role
from zhike.org.models import hours as models
from zhike.records import kinds
from zhike.records.dialogs import delete_dialog, dialog


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """The first page of the settings the viewer may open."""
    entries = menu.at("settings", request.viewer)
    if not entries:
        raise Forbidden("settings")
    return redirect(entries[0].url_name)


@require_http_methods(["GET", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """The company's name."""
    require(request.viewer, "org.company.change")
    form = NameForm(request.POST or None, initial={"name": queries.company_name()})
    if request.method == "POST" and form.run(actions.rename_company, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    return htmx.part(request, "org/company.html#form", {"form": form}, status=_status(request))


@require_http_methods(["GET", "POST"])
def working_hours(request: HttpRequest) -> HttpResponse:
    """When the company works (SAL-1)."""
    require(request.viewer, "org.company.change")
    hours = models.working_hours()
    form = HoursForm(request.POST or None, initial={name: getattr(hours, name) for name in HoursForm.base_fields})
    if request.method == "POST" and form.run(actions.set_working_hours, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    context = {"form": form, "hours": f"{minutes_of(hours.spans()) / 60:.3g}"}
    return htmx.part(request, "org/working_hours.html#form", context, status=_status(request))


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Who did what in the whole company, newest first."""
    require(request.viewer, "org.history.view")
    form = LogForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"person": None, "verb": "", "before": None}
    entries = queries.log(request.viewer, **asked)
    older = ""
    if len(entries) == queries.LOG_PAGE:
        kept = {"person": asked["person"] or "", "verb": asked["verb"], "before": entries[-1].pk}
        older = "?" + urlencode({name: value for name, value in kept.items() if value})
    rows = [{"entry": entry, "kind": kinds.find(entry.kind)} for entry in entries]
    return htmx.part(request, "org/history.html", {"form": form, "rows": rows, "older": older})


@require_safe
def department_list(request: HttpRequest) -> HttpResponse:
    """The tree of departments."""
    require(request.viewer, "org.department.change")
    return htmx.part(request, "org/department_list.html", {"rows": queries.departments()})


@require_http_methods(["GET", "POST"])
def department_create(request: HttpRequest) -> HttpResponse:
    """A new department."""
    require(request.viewer, "org.department.change")
    form = DepartmentForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.create_department, by=request.viewer):
        return htmx.redirect(request, reverse("org:department_list"), _("Created."))
    return dialog(request, form, title=_("New department"), submit=_("Create"))


@require_http_methods(["GET", "POST"])
def department_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or move a department, name its head."""
    require(request.viewer, "org.department.change")
    department = queries.department(pk)
    form = DepartmentForm(request.POST or None, viewer=request.viewer, department=department)
    if request.method == "POST" and form.run(actions.change_department, department, by=request.viewer):
        return htmx.redirect(request, reverse("org:department_list"), _("Saved."))
    return dialog(request, form, title=department.name, submit=_("Save"))


@require_http_methods(["GET", "POST"])
def department_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete an empty department."""
    require(request.viewer, "org.department.change")
    department = queries.department(pk)
    return _delete(request, department, actions.delete_department, reverse("org:department_list"))


def _delete(request: HttpRequest, row: Department | Role, delete: Callable, back: str) -> HttpResponse:
    title, said = _("Delete %(name)s?") % {"name": row}, _("This cannot be undone.")
    return delete_dialog(request, None, row, title=title, text=said, back=back, delete=delete)


@require_safe
def role_list(request: HttpRequest) -> HttpResponse:
    """All roles."""
    require(request.viewer, "org.role.change")
    return htmx.part(request, "org/role_list.html", {"rows": queries.roles()})


@require_http_methods(["GET", "POST"])
def role_create(request: HttpRequest) -> HttpResponse:
    """A new role."""
    require(request.viewer, "org.role.change")
    form = RoleForm(request.POST or None, known=sorted(VERBS))
    if request.method == "POST" and form.run(actions.create_role, by=request.viewer):
        return htmx.redirect(request, reverse("org:role_list"), _("Created."))
    return _role_form(request, form, None)


@require_http_methods(["GET", "POST"])
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What the holders of a role may do and see."""
    require(request.viewer, "org.role.change")
    role = queries.role(pk)
    data = request.POST or None
    if data and role.is_administrator:  # only its name is asked
        data = {"name": data.get("name"), "data_scope": role.data_scope, "verbs": []}
    form = RoleForm(data, role=role, known=sorted({*VERBS, *role.verbs}))
    if request.method == "POST" and form.run(actions.change_role, role, by=request.viewer):
        return htmx.redirect(request, reverse("org:role_list"), _("Saved."))
    return _role_form(request, form, role)


def _role_form(request: HttpRequest, form: RoleForm, role) -> HttpResponse:
    context = {"form": form, "role": role, "groups": queries.verb_groups(form.held())}
    return htmx.part(request, "org/role_form.html#form", context, status=_status(request))


@require_http_methods(["GET", "POST"])
def role_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new role from an existing one."""
    require(request.viewer, "org.role.change")
    role = queries.role(pk)
    form = NameForm(request.POST or None, initial={"name": _("%(name)s (copy)") % {"name": role}})
    if request.method == "POST" and form.run(actions.copy_role, role, by=request.viewer):
        return htmx.redirect(request, reverse("org:role_edit", args=[form.result.pk]), _("Created."))
    return dialog(request, form, title=_("Copy %(name)s") % {"name": role}, submit=_("Copy"))


@require_http_methods(["GET", "POST"])
def role_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role nobody holds."""
    require(request.viewer, "org.role.change")
    return _delete(request, queries.role(pk), actions.delete_role, reverse("org:role_list"))


def _status(request: HttpRequest) -> int:
    """A form that comes back after being sent says 422."""
    return 422 if request.method == "POST" else 200
