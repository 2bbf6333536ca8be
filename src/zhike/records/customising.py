"""Fields and picklists the administrator sets up while the product runs (IMP-6)."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer
from zhike.records import config, kinds
from zhike.records.customvalues import create_index, drop_index
from zhike.records.fields import Field, custom_field
from zhike.records.kinds import RecordKind
from zhike.records.models import CustomField, PicklistOption

VERB = "records.customise"
MOST_FIELDS = 100  # of a kind


@action
def save_custom_field(
    kind: RecordKind,
    row: CustomField | None,
    *,
    by: Viewer,
    name: str,
    help: str = "",
    type: str = "",
    required: bool = False,
    indexed: bool = False,
    choices: str = "",
    target: str = "",
) -> CustomField:
    """Add a field to a kind, or change one. The type and what a reference leads to are for ever.

    `choices` are lines; a line keeps its id as long as its place or its words stay, removed ones are archived, so that
    records never lose what they say. `indexed` makes the SQL index by a job. Raises Refused at the field.
    """
    require(by, VERB)
    name = " ".join(name.split())
    if not name:
        raise Refused({"name": _("This is required.")})
    if any(str(f.label).casefold() == name.casefold() for f in kind.own_fields.values()):
        raise Refused({"name": _("There is already a field of this name.")})
    if row is None:
        if CustomField.objects.filter(kind=kind.label).count() >= MOST_FIELDS:
            raise Refused({"name": _("At most %(limit)s fields.") % {"limit": MOST_FIELDS}})
        last = CustomField.objects.filter(kind=kind.label).aggregate(last=Max("order"))["last"] or 0
        row = CustomField(kind=kind.label, type=type, order=last + 10)
        if type == CustomField.Type.REFERENCE:
            if (found := kinds.find(target)) is None:
                raise Refused({"target": _("Choose what it leads to.")})
            row.options = {"kind": found.label}
    if row.type in (CustomField.Type.CHOICE, CustomField.Type.MULTI):
        row.options = {"choices": _merged_choices(row.options.get("choices", []), choices)}
    was_indexed = row.is_indexed
    row.name, row.help, row.is_required, row.is_indexed = name, help.strip(), required, indexed
    row.full_clean(exclude=["options"])
    row.save()
    if indexed != was_indexed:
        from zhike.records.tasks import index_custom_field  # tasks name their queue at import

        index_custom_field.enqueue(row.pk)
    return row


def _merged_choices(known: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    lines = list(dict.fromkeys(" ".join(line.split())[:80] for line in text.splitlines() if line.strip()))
    if not lines:
        raise Refused({"choices": _("One choice a line.")})
    if len(lines) > 200:
        raise Refused({"choices": _("At most %(limit)s choices.") % {"limit": 200}})
    ids = {choice["label"]: choice["id"] for choice in known}
    number = max([int(choice["id"][1:]) for choice in known], default=0)
    merged = []
    for line in lines:
        if line not in ids:
            number += 1
        merged.append({"id": ids.get(line, f"c{number}"), "label": line})
    gone = [{**choice, "archived": True} for choice in known if choice["label"] not in lines]
    return merged + gone


@action
def archive_custom_field(row: CustomField, *, by: Viewer, archived: bool) -> CustomField:
    """Take a field out of forms and lists, or bring it back; its values stay where they are."""
    require(by, VERB)
    row.is_archived = archived
    row.save()
    return row


@action
def move_custom_field(row: CustomField, *, by: Viewer, up: bool) -> None:
    """Change places with the field before or after it."""
    require(by, VERB)
    rows = list(CustomField.objects.filter(kind=row.kind, is_archived=False))
    place = next(n for n, other in enumerate(rows) if other.pk == row.pk)
    other = place + (-1 if up else 1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        for order, field in enumerate(rows, 1):
            CustomField.objects.filter(pk=field.pk).update(order=order * 10)
        config.bump()


def can_grow(field: Field) -> bool:
    """Whether the administrator may add entries to what the field chooses from."""
    return field.type == "picklist" or (field.is_custom and field.type in ("choice", "multi"))


@action
def add_word(field: Field, word: str, *, by: Viewer) -> None:
    """Add an entry to the list a field chooses from, be it a picklist or of a custom field."""
    if not field.is_custom:
        save_option(field.picklist, None, by=by, label=word)
        return
    row = CustomField.objects.get(pk=field.name.removeprefix("f"))
    choices = "\n".join([*(label for _id, label in field.choices()), word])
    save_custom_field(field.kind, row, by=by, name=row.name, help=row.help, required=row.is_required,
                      indexed=row.is_indexed, choices=choices)  # fmt: skip


def build_index(pk: int) -> None:
    """Make or drop the SQL index of a field as its row says; safe to call twice."""
    row = CustomField.objects.get(pk=pk)
    kind = kinds.get(row.kind)
    with transaction.atomic(using=connection.alias):
        if row.is_indexed:
            create_index(kind.model._meta.db_table, row.key, custom_field(row).cast)
        else:
            drop_index(row.key)


def picklists() -> dict[str, Any]:
    """The editable picklists by key, each with the label of its field and kind."""
    found: dict[str, Any] = {}
    for kind in kinds.everything():
        for field in kind.own_fields.values():
            if field.type == "picklist":
                found.setdefault(field.picklist, {"key": field.picklist, "label": field.label, "kind": kind.plural})
    return found


@action
def save_option(picklist: str, row: PicklistOption | None, *, by: Viewer, label: str) -> PicklistOption:
    """Add an entry to a picklist, or rename one; records hold its code, so nothing else changes."""
    require(by, VERB)
    if picklist not in picklists():
        raise Refused(_("There is no such list."))
    label = " ".join(label.split())
    if not label:
        raise Refused({"label": _("This is required.")})
    if row is None:
        last = PicklistOption.objects.filter(picklist=picklist).aggregate(last=Max("order"), pk=Max("pk"))
        code = f"x{(PicklistOption.objects.aggregate(pk=Max('pk'))['pk'] or 0) + 1}"
        row = PicklistOption(picklist=picklist, code=code, order=(last["last"] or 0) + 10)
    row.label = label
    row.full_clean()
    row.save()
    return row


@action
def archive_option(row: PicklistOption, *, by: Viewer, archived: bool) -> PicklistOption:
    """Take an entry out of the choice, or bring it back; records that have it keep it."""
    require(by, VERB)
    row.is_archived = archived
    row.save()
    return row
