"""Short decisions about a record, built once: a dialog over the page it was asked for from, or a page of its own at
its address. Rooms say what is asked, and what is done with the answer.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhike.kit.forms import ActionForm
from zhike.kit.htmx import part, redirect, wants_part
from zhike.records import actions
from zhike.records.forms import OwnerForm
from zhike.records.kinds import RecordKind


def dialog(
    request: HttpRequest, form: ActionForm, record: Any = None, *, title: str, submit: str, danger: bool = False,
    text: str | None = None, note: str = "",
) -> HttpResponse:  # fmt: skip
    """Ask by a form: 200, or 422 with what is wrong at its fields, 409 where somebody saved meanwhile.

    `record` is what it is about: it is named above the fields, unless `text` says something else there, and the page
    leads back to it. `note` warns of something.
    """
    context = {
        "form": form, "title": title, "submit": submit, "danger": danger, "note": note, "about": record,
        "text": str(record or "") if text is None else text,
        "back": record.get_absolute_url() if hasattr(record, "get_absolute_url") else "",
    }  # fmt: skip
    return _answer(request, "records/record_dialog.html", form, context)


def settings_dialog(
    request: HttpRequest, form: ActionForm, *, title: str, submit: str, back: str, about: str, danger: bool = False,
    text: str = "",
) -> HttpResponse:  # fmt: skip
    """The same for what is set up: wide, its fields in two columns; alone it is a page of the settings.

    `back` is the address of the settings page it belongs to, `about` the name of that page.
    """
    context = {
        "form": form, "title": title, "submit": submit, "danger": danger, "text": text, "about": about, "back": back,
        "wide": True,
    }  # fmt: skip
    return _answer(request, "records/settings_dialog.html", form, context)


def _answer(request: HttpRequest, page: str, form: ActionForm, context: dict[str, Any]) -> HttpResponse:
    status = 409 if form.stale else 422 if request.method == "POST" else 200
    template = "records/record_dialog.html#dialog" if wants_part(request) else page
    return part(request, template, context, status=status)


def assign_dialog(request: HttpRequest, kind: RecordKind, record: Any, *, text: str | None = None) -> HttpResponse:
    """Hand a record over to a colleague; afterwards the record, or the list where it is out of sight."""
    form = OwnerForm(request.POST or None, kind=kind, viewer=request.viewer)
    if request.method == "POST" and form.run(actions.assign_record, kind, record, by=request.viewer):
        seen = request.viewer.sees_owner(getattr(form.result, f"{kind.owner}_id"))
        return redirect(request, record.get_absolute_url() if seen else kind.list_address, _("Handed over."))
    return dialog(request, form, record, title=_("Hand over"), submit=_("Hand over"), text=text)


def delete_dialog(
    request: HttpRequest, kind: RecordKind | None, record: Any, *, title: str, text: str | None = None, back: str = "",
    delete: Callable | None = None,
) -> HttpResponse:  # fmt: skip
    """Ask, delete, then go to the list or `back`; what is refused is said in the dialog.

    `delete(record, by=)` is the action of a room that has one of its own.
    """
    form = ActionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.run(delete or partial(actions.delete_record, kind), record, by=request.viewer):
        return redirect(request, back or kind.list_address, _("Deleted."))
    return dialog(request, form, record, title=title, submit=_("Delete"), danger=True, text=text)
