"""The select of a column. A file may have hundreds, each with all fields of a kind: their options are written once."""

from typing import Any

from django import forms
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zhike.kit.viewer import Viewer
from zhike.records.imports.mapping import fields_of
from zhike.records.kinds import RecordKind


class ColumnSelect(forms.Select):
    """A select with the fields of a kind, in groups as its form has them."""

    def __init__(self, written: SafeString):
        super().__init__(attrs={"class": "inp"})
        self.written = written

    def render(self, name, value, attrs=None, renderer=None):
        attrs = self.build_attrs(self.attrs, attrs)
        more = mark_safe("".join(format_html(' {}="{}"', key, word) for key, word in attrs.items()))
        chosen = f'<option value="{conditional_escape(str(value or ""))}"'
        options = mark_safe(self.written.replace(f"{chosen}>", f"{chosen} selected>", 1))
        return format_html('<select name="{}"{}>{}</select>', name, more, options)


def field_choices(kind: RecordKind, viewer: Viewer) -> list[Any]:
    """Nothing, the fields of a kind in its form's groups (required ones marked), the others, a new one."""
    left = {f.name: f for f in fields_of(kind) if not f.verb or viewer.can(f.verb)}
    groups: list[Any] = [("", _("Do not import"))]
    for label, names in kind.sections:
        fields = [left.pop(name) for name in names if name in left]
        if fields:
            groups.append((label, [(f.name, _marked(f)) for f in fields]))
    if left and kind.sections:
        groups.append((pgettext("fields", "Others"), [(f.name, _marked(f)) for f in left.values()]))
    elif left:
        groups += [(f.name, _marked(f)) for f in left.values()]
    if viewer.can("records.customise"):
        groups.append(("+", _("New custom field")))
    return groups


def names_in(value: Any, label: Any) -> list[str]:
    """The values a choice offers, or all of its group."""
    return [name for name, _label in label] if isinstance(label, list) else [value]


def _marked(field: Any) -> str:
    return f"{field.label} *" if field.required else str(field.label)


def options_of(choices: list[Any]) -> SafeString:
    """The options of such choices as HTML."""
    written = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            written.append(format_html('<optgroup label="{}">{}</optgroup>', value, options_of(label)))
        else:
            written.append(format_html('<option value="{}">{}</option>', value, label))
    return mark_safe("".join(written))
