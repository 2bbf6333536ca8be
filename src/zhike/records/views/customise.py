"""Settings: fields of each kind, and picklists (IMP-6)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.forms import ActionForm
from zhike.kit.htmx import part, redirect
from zhike.kit.keys import LARGEST_KEY
from zhike.records import customising, kinds
from zhike.records.kinds import RecordKind
from zhike.records.models import CustomField, PicklistOption
from zhike.records.views.lists import kind_of


class FieldForm(ActionForm):
    """A field of a kind: the type and the target only while it is new."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=CustomField.Type.choices)
    target = forms.ChoiceField(label=gettext_lazy("Leads to (for a reference)"), required=False)
    choices = forms.CharField(
        label=gettext_lazy("Choices"), required=False, help_text=gettext_lazy("One choice a line."),
        widget=forms.Textarea(attrs={"rows": 5, "class": "inp"}),
    )  # fmt: skip
    help = forms.CharField(label=gettext_lazy("Help text"), max_length=200, required=False)
    required = forms.BooleanField(label=gettext_lazy("Required"), required=False)
    indexed = forms.BooleanField(
        label=gettext_lazy("Indexed"), required=False,
        help_text=gettext_lazy("Makes filtering and sorting by it fast in large tables."),
    )  # fmt: skip

    def __init__(self, *args, row: CustomField | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", "—"), *((k.slug, k.plural) for k in kinds.heard_of())]
        if row is not None:
            del self.fields["type"], self.fields["target"]
            if row.type not in (CustomField.Type.CHOICE, CustomField.Type.MULTI):
                del self.fields["choices"]


@require_safe
def field_list(request: HttpRequest, slug: str = "customers") -> HttpResponse:
    """The fields the administrator added to a kind."""
    require(request.viewer, customising.VERB)
    kind = kind_of(slug)
    rows = list(CustomField.objects.filter(kind=kind.label).order_by("is_archived", "order", "id"))
    shown = [k for k in kinds.everything() if hasattr(k.model, "custom")]
    return part(request, "records/field_list.html", {"kind": kind, "rows": rows, "kinds": shown})


@require_http_methods(["GET", "POST"])
def field_edit(request: HttpRequest, slug: str, pk: int = 0) -> HttpResponse:
    """Add a field, or change one."""
    require(request.viewer, customising.VERB)
    kind, row = kind_of(slug), _field(pk) if pk else None
    start: dict[str, Any] = {}
    if row:
        open_choices = [c["label"] for c in row.options.get("choices", []) if not c.get("archived")]
        start = {"name": row.name, "help": row.help, "required": row.is_required, "indexed": row.is_indexed,
                 "choices": "\n".join(open_choices)}  # fmt: skip
    form = FieldForm(request.POST or None, row=row, initial=start)
    if request.method == "POST" and form.run(customising.save_custom_field, kind, row, by=request.viewer):
        return redirect(request, reverse("records:field_list", args=[kind.slug]), _("Saved."))
    context = {"kind": kind, "row": row, "form": form, "url": request.path}
    return part(request, "records/field_edit.html#dialog", context, status=422 if form.errors else 200)


@require_POST
def field_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a field out of use, or bring it back."""
    row = customising.archive_custom_field(_field(pk), by=request.viewer, archived="back" not in request.POST)
    return redirect(request, _fields_url(kinds.get(row.kind)), _("Saved."))


@require_POST
def field_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a field up or down."""
    row = _field(pk)
    customising.move_custom_field(row, by=request.viewer, up="up" in request.POST)
    return redirect(request, _fields_url(kinds.get(row.kind)))


@require_safe
def picklist_page(request: HttpRequest, key: str = "") -> HttpResponse:
    """The entries of a picklist."""
    require(request.viewer, customising.VERB)
    lists = customising.picklists()
    key = key or next(iter(lists), "")
    if key not in lists:
        raise NotVisible
    rows = list(PicklistOption.objects.filter(picklist=key).order_by("is_archived", "order", "id"))
    return part(request, "records/picklist_page.html", {"lists": lists.values(), "now": lists[key], "rows": rows})


class OptionForm(ActionForm):
    """The name of an entry."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=80)


@require_http_methods(["GET", "POST"])
def option_edit(request: HttpRequest, key: str, pk: int = 0) -> HttpResponse:
    """Add an entry, or rename one."""
    require(request.viewer, customising.VERB)
    if key not in customising.picklists():
        raise NotVisible
    row = _option(pk) if pk else None
    form = OptionForm(request.POST or None, initial={"label": row.label if row else ""})
    if request.method == "POST" and form.run(customising.save_option, key, row, by=request.viewer):
        return redirect(request, reverse("records:picklist_page", args=[key]), _("Saved."))
    context = {"form": form, "row": row, "url": request.path}
    return part(request, "records/option_edit.html#dialog", context, status=422 if form.errors else 200)


@require_POST
def option_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry out of the choice, or bring it back."""
    row = customising.archive_option(_option(pk), by=request.viewer, archived="back" not in request.POST)
    return redirect(request, reverse("records:picklist_page", args=[row.picklist]), _("Saved."))


def _fields_url(kind: RecordKind) -> str:
    return reverse("records:field_list", args=[kind.slug])


def _field(pk: int) -> CustomField:
    row = CustomField.objects.filter(pk=pk).first() if pk <= LARGEST_KEY else None
    if row is None:
        raise NotVisible
    return row


def _option(pk: int) -> PicklistOption:
    row = PicklistOption.objects.filter(pk=pk).first() if pk <= LARGEST_KEY else None
    if row is None:
        raise NotVisible
    return row
