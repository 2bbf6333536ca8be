"""The page of a record's form, built once: a new record or a change, what is wrong with it, and what somebody else
saved meanwhile. Rooms say what the form holds and what is known before it is filled in.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.htmx import part, redirect
from zhike.records.forms import RecordForm
from zhike.records.kinds import RecordKind


def create_page(
    request: HttpRequest, kind: RecordKind, *, new: Any, initial: dict[str, Any] | None = None,
    only: list[str] | None = None, back: str = "",
) -> HttpResponse:  # fmt: skip
    """Make a record of a kind: `new` titles the page, `initial` is known before, `only` the fields, `back` the way out.

    Raises Forbidden without the verb.
    """
    require(request.viewer, kind.verb("create"))
    form = RecordForm(request.POST or None, kind=kind, viewer=request.viewer, initial=initial, only=only)
    if request.method == "POST" and form.save(by=request.viewer):
        return redirect(request, form.result.get_absolute_url(), _("Created."))
    return form_page(request, form, new=new, back=back)


def edit_page(request: HttpRequest, kind: RecordKind, record: Any, *, only: list[str] | None = None) -> HttpResponse:
    """Change a record its room has found for this viewer; who saves second is told, and keeps what they typed (409)."""
    form = RecordForm(request.POST or None, kind=kind, viewer=request.viewer, record=record, only=only)
    if request.method == "POST" and form.save(by=request.viewer):
        return redirect(request, form.result.get_absolute_url(), _("Saved."))
    return form_page(request, form)


def form_page(
    request: HttpRequest, form: RecordForm, *, new: Any = "", back: str = "", more: dict[str, Any] | None = None
) -> HttpResponse:
    """The page of a form that is not saved: 200, 422 with its errors, 409 where it is stale.

    `more` may ask something first: {"above": markup, "save": label of the button, "knowing": a name it then sends}.
    """
    kind, record = form.kind, form.record
    back = record.get_absolute_url() if record else back or kind.list_address or "/"
    status = 409 if form.stale else 422 if form.errors or more else 200
    context = {"form": form, "record": record, "kind": kind, "new": new, "back": back, **(more or {})}
    return part(request, "records/record_form.html#form", context, status=status)
