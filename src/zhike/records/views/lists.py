"""Beside a list: conditions, columns, saved views, editing a cell, many records at once, export."""

from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit.access import require
from zhike.kit.actions import acting
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.htmx import done, part, redirect, toast
from zhike.records import actions, bulkactions, kinds, queries, tasks
from zhike.records.bulkactions import Selection
from zhike.records.fields import OPERATOR_LABELS
from zhike.records.filters import NO_VALUES, Condition, Filter
from zhike.records.forms import RecordForm
from zhike.records.kinds import RecordKind
from zhike.records.lists import INLINE, ListState
from zhike.records.lookups import Lookups, colleagues


def kind_of(slug: str) -> RecordKind:
    """A kind by its word in the address; raises NotVisible."""
    if (kind := kinds.find(slug)) is None:
        raise NotVisible
    return kind


def _back(request: HttpRequest, default: str = "/") -> str:
    """The list this was opened from: sent along, or the page HTMX stands on; only a path of ours."""
    sent = (
        request.POST.get("back")
        or request.GET.get("back")
        or (request.htmx.current_url_abs_path if request.htmx else "")
    )
    parts = urlsplit(sent or default)
    safe = parts.path.startswith("/") and not parts.path.startswith("//") and "\\" not in parts.path
    return parts.path + (f"?{parts.query}" if parts.query else "") if safe else default


@require_safe
def filter_fields(request: HttpRequest, slug: str) -> HttpResponse:
    """The fields of a kind by which a list can be filtered; asked for only when somebody wants a condition."""
    kind = kind_of(slug)
    require(request.viewer, kind.verb("view"))
    fields = [f for f in kind.fields.values() if f.filterable]
    return part(request, "records/filter_fields.html#dialog", {"kind": kind, "fields": fields})


@require_http_methods(["GET", "POST"])
def filter_edit(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A dialog that adds or changes the condition on one field, then goes back to the list with it."""
    kind = kind_of(slug)
    require(request.viewer, kind.verb("view"))
    if (field := kind.fields.get(name)) is None or not field.filterable:
        raise NotVisible
    back = _back(request)
    path, _sep, query = back.partition("?")
    state = ListState(kind, request.viewer, QueryDict(query))
    op = (request.POST or request.GET).get("op", "")
    op = op if op in field.operators else field.operators[0]
    error, values = "", request.POST.getlist("value")
    if request.method == "POST":
        values = [v.replace("\x00", "").strip()[:200] for v in values if v.strip()]
        try:
            field.condition(op, values, Lookups(request.viewer))
            if not values and op not in NO_VALUES:
                raise ValidationError(_("Choose or enter something."))
            flt = state.filter.plus(Condition(name, op, () if op in NO_VALUES else tuple(values)))
            return redirect(request, path + state.address(flt))
        except (ValidationError, IndexError, ValueError) as wrong:
            error = " ".join(getattr(wrong, "messages", [])) or _("Enter a number of days.")
    else:
        values = next((list(c.values) for c in state.filter.conditions if (c.field, c.op) == (name, op)), [])
    context = {
        "field": field,
        "kind": kind,
        "back": back,
        "op": op,
        "operators": [(o, OPERATOR_LABELS[o]) for o in field.operators],
        "choices": _choices(field),
        "values": values,
        "first": values[0] if values else "",
        "second": values[1] if len(values) > 1 else "",
        "error": error,
        "url": reverse("records:filter", args=[slug, name]),
    }
    return part(request, "records/filter_edit.html#dialog", context, status=422 if error else 200)


def _choices(field) -> list[tuple[str, str]]:
    if field.type in ("choice", "picklist", "multi"):
        return [(str(value), str(label)) for value, label in field.choices()]
    if field.type == "person":
        return [(str(pk), name) for pk, name in colleagues()]
    return [("yes", _("Yes")), ("no", _("No"))] if field.type == "bool" else []


@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, slug: str) -> HttpResponse:
    """Which columns a list shows; kept for this person's later visits."""
    kind = kind_of(slug)
    require(request.viewer, kind.verb("view"))
    back = _back(request)
    path, _sep, query = back.partition("?")
    parameters = QueryDict(query)
    state = ListState(kind, request.viewer, parameters, request.session.get(f"columns:{slug}"))
    if request.method == "POST":
        chosen = set(request.POST.getlist("column"))
        kept = [n for n in state.columns if n in chosen] + [
            n for n in kind.fields if n in chosen and n not in state.columns
        ]
        if kept:
            request.session[f"columns:{slug}"] = kept
        rest = {k: v for k, v in parameters.items() if k not in ("cols", "after", "before")}
        return redirect(request, f"{path}?{urlencode(rest)}" if rest else path)
    listed = [f for f in kind.fields.values() if f.listed]
    context = {"kind": kind, "back": back, "fields": listed, "shown": state.columns, "url": request.path}
    return part(request, "records/columns.html#dialog", context)


@require_http_methods(["GET", "POST"])
def view_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep the list as it stands under a name."""
    kind = kind_of(slug)
    require(request.viewer, kind.verb("view"))
    back = _back(request)
    path, _sep, query = back.partition("?")
    state = ListState(kind, request.viewer, QueryDict(query), request.session.get(f"columns:{slug}"))
    error = ""
    if request.method == "POST":
        try:
            view = actions.save_view(
                kind, by=request.viewer, name=request.POST.get("name", ""), filter=state.filter.as_json(),
                search=state.filter.search, columns=state.columns, sort=state.sort,
                shared=bool(request.POST.get("shared")),
            )  # fmt: skip
            return redirect(request, f"{path}{state.address(view=f'v{view.pk}')}", _("View saved."))
        except Refused as refusal:
            error = str(refusal)
    context = {
        "kind": kind,
        "back": back,
        "words": state.filter.words(request.viewer),
        "error": error,
        "url": request.path,
    }
    return part(request, "records/view_save.html#dialog", context, status=422 if error else 200)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own saved view."""
    actions.delete_view(queries.own_view(request.viewer, pk), by=request.viewer)
    return redirect(request, _back(request).partition("?")[0], _("View deleted."))


@require_http_methods(["GET", "POST"])
def inline(request: HttpRequest, slug: str, pk: int, name: str) -> HttpResponse:
    """Edit one value where it stands in a list: a small form, then the new cell; 422 with the error, 409 when stale."""
    kind = kind_of(slug)
    record = queries.record_for(request.viewer, kind, pk)
    field = kind.fields.get(name)
    if field is None or not field.editable or field.type not in INLINE or name == kind.title:
        raise NotVisible
    form = RecordForm(
        request.POST or None, kind=kind, viewer=request.viewer, record=record, only=[name], auto_id=f"{name}-{pk}-%s"
    )
    if name not in form.fields:
        raise NotVisible
    status = 200
    if request.method == "POST":
        if form.save(by=request.viewer):
            cell = field.cell(field.values_of(form.result))
            context = {"cell": cell, "url": request.path, "field": field}
            return toast(part(request, "records/inline.html#value", context), _("Saved."))
        status = 409 if form.stale else 422
    theirs = field.text(field.read(form.stale.theirs)) if form.stale else None
    context = {"form": form, "bound": form[name], "url": request.path, "record": record, "theirs": theirs}
    if form.stale:  # sent again it is meant for the row as it stands now
        context["version"] = form.stale.theirs.version
    return part(request, "records/inline.html#form", context, status=status)


@require_http_methods(["GET", "POST"])
def bulk(request: HttpRequest, slug: str, what: str) -> HttpResponse:
    """Do something with the chosen records: first the question, then at once or, for many, as a job."""
    kind = kind_of(slug)
    action = bulkactions.find(kind, request.viewer, what)
    selection = Selection.of(kind, request.POST)
    count = (
        selection.rows(request.viewer).values("pk")[: bulkactions.AT_ONCE + 1].count()
        if request.method == "POST"
        else 0
    )
    if not count:
        return toast(done(), _("Choose some records first."), tone="warn")
    sure = "sure" in request.POST
    form = action.form(request.POST if sure else None)
    if sure and form.is_valid():
        back = _back(request)
        if count > bulkactions.AT_ONCE:
            with acting(request.viewer, "bulk"):
                job = actions.start_job(f"{action.label}: {kind.plural}", by=request.viewer)
                tasks.run_bulk.enqueue(job.pk, kind.slug, what, selection.as_json(), form.values())
            return redirect(request, reverse("records:job_page", args=[job.pk]))
        result = bulkactions.carry_out(action, selection, form.values(), by=request.viewer)
        return redirect(request, back, told(result), tone="bad" if result["refused"] else "ok")
    context = {
        "action": action, "kind": kind, "form": form, "count": count, "many": count > bulkactions.AT_ONCE,
        "ids": selection.ids, "all": "1" if selection.filter is not None else "",
        "query": request.POST.get("query", "")[:5000],
        "url": request.path, "back": _back(request),
    }  # fmt: skip
    return part(request, "records/bulk.html#dialog", context, status=422 if sure else 200)


def told(result: dict) -> str:
    """What became of a bulk action, in words."""
    words = ngettext("%(n)s record done.", "%(n)s records done.", result["done"]) % {"n": result["done"]}
    if result["refused"]:
        words += " " + _("%(n)s not: %(why)s") % {"n": result["refused"], "why": result["why"]}
    return words


@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Export the chosen records, or all of the filter, as a job; the file is for its person only."""
    kind = kind_of(slug)
    require(request.viewer, kind.verb("export"))
    selection = Selection.of(kind, request.POST)
    if selection.filter is None and not selection.ids:
        selection = Selection(kind, [], Filter.from_query(kind, QueryDict(request.POST.get("query", "")[:5000])))
    ending = "csv" if request.POST.get("format") == "csv" else "xlsx"
    wanted = [n for n in request.POST.get("cols", "").split(",") if n in kind.fields]
    with acting(request.viewer, "export"):
        job = actions.start_job(_("Export of %(kind)s") % {"kind": kind.plural}, by=request.viewer)
        tasks.run_export.enqueue(job.pk, kind.slug, selection.as_json(), wanted, ending)
    return redirect(request, reverse("records:job_page", args=[job.pk]))
