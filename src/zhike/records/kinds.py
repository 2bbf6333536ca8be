"""Record kinds: what a kind of record is called, which fields it has, how it is listed, found, imported (CRAFT §6)."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access
from zhike.kit.addresses import known_address
from zhike.kit.tables.reader import Table
from zhike.kit.viewer import Viewer
from zhike.records import config
from zhike.records.fields import Field, custom_field

_kinds: dict[str, "RecordKind"] = {}

STANDARD_VERBS = {
    "view": pgettext_lazy("permission", "View"),
    "create": pgettext_lazy("permission", "Create"),
    "change": pgettext_lazy("permission", "Edit"),
    "delete": pgettext_lazy("permission", "Delete"),
    "assign": pgettext_lazy("permission", "Transfer to another owner"),
    "share": pgettext_lazy("permission", "Share"),
    "import": pgettext_lazy("permission", "Import"),
    "export": pgettext_lazy("permission", "Export"),
}


class RecordKind:
    """One kind of record by declaration. Lists, forms, import, export, API, audit and search read it."""

    # The field with a person's name, which files may have in two columns.
    person_name = ""
    # What makes of a table file another one with a row for each record, where people write them otherwise.
    reshape: Callable[[Table], Table] = staticmethod(lambda table: table)

    def __init__(
        self,
        model: type,
        *,
        fields: Sequence[Field],
        columns: Sequence[str],
        sort: str = "-updated_at",
        icon: str = "file",
        slug: str = "",
        title: str = "name",
        owner: str = "owner",
        owned_by_creator: bool = True,
        natural_keys: Sequence[str] = ("name",),
        page: str = "",
        list_page: str = "",
        number: tuple[str, int] | None = None,
        sections: Sequence[tuple[Any, Sequence[str]]] = (),
        prepare: Callable | None = None,
        saved: Callable | None = None,
        bulk: Sequence[Any] = (),
        sums: Sequence[str] = (),
        views: Sequence[dict] = (),
        row: Callable | None = None,
        subtitle: Sequence[str] = (),
        search_from: Sequence[str] = (),
        search_into: Sequence[str] = (),
        owner_finds: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        verbs: Sequence[str] = tuple(STANDARD_VERBS),
        is_log: bool = False,
        has_routes: bool = True,
    ):
        """
        `slug` is its word in addresses and commands ("customers"); `title` the field that names a record; `owner` the
        field of its responsible person ("" for none), who is the creator unless given, or unless `owned_by_creator` is
        off because its room finds one; `natural_keys` the fields by which a text finds a record; `page`
        the URL name of a record's page (takes the pk), `list_page` that of its list where it is not called as that page
        is ("sales:lead_page", "sales:lead_list"); `number` makes codes (prefix, digits); `sections` groups the
        fields of the form; `prepare(record, changed, by)` checks and completes before saving and may raise Refused;
        `saved(record, changed, by, created)` runs after it in the same transaction; `sums` are money fields summed in
        the foot of lists; `views` are the saved views shipped: {"key", "name", "filter", "sort"?, "columns"?};
        `subtitle` are the fields a search result shows under its title; `search_from` references whose titles find this
        record, `search_into` references that are found by this record (both names of foreign keys); `owner_finds` the
        kinds whose documents name the owner of this record too, as who owns this sees them: by their labels the
        reference of this record and the column there that says the same; `is_log` says that the system writes it as
        it works: nothing is told of its rows, and no rules are made about them; `has_routes` off, that its room gives
        the API routes of its own.
        """
        self.model, self.columns, self.sort, self.icon = model, list(columns), sort, icon
        self.label: str = model._meta.label_lower
        self.slug = slug or self.label.rpartition(".")[2] + "s"
        self.name, self.plural = model._meta.verbose_name, model._meta.verbose_name_plural
        self.title, self.owner, self.natural_keys, self.page = title, owner, tuple(natural_keys), page
        self.list_page = list_page or page.replace("_page", "_list")
        self.owned_by_creator = owned_by_creator
        self.number, self.sections, self.bulk, self.sums = number, list(sections), list(bulk), list(sums)
        self.prepare, self.saved, self.shipped_views, self.row = prepare, saved, list(views), row
        self.subtitle, self.search_from, self.search_into = list(subtitle), list(search_from), list(search_into)
        self.owner_finds = dict(owner_finds)
        self.own_fields = {field.name: field.bind(self) for field in fields}
        self.verbs, self.is_log, self.has_routes = tuple(verbs), is_log, has_routes
        # Names the API uses for some of them; "version" is that of the record, by which a stale change is told.
        self.said_as: dict[str, str] = {}
        for verb in self.verbs:
            access.declare(self.verb(verb), STANDARD_VERBS[verb], self.plural)

    def verb(self, word: str) -> str:
        """The full name of a verb on this kind: "customers.customer.change"."""
        return f"{self.label}.{word}"

    @property
    def list_address(self) -> str:
        """Where its list stands; "" for a kind that only shows on the pages of others."""
        return known_address(self.list_page) or ""

    @property
    def fields(self) -> dict[str, Field]:
        """All fields by name: ours, then those the administrator added (not archived)."""
        return {**self.own_fields, **{f.name: f for f in custom_fields(self.label)}}

    def hidden_from(self, viewer: Viewer) -> set[str]:
        """Names of fields this viewer may not see, such as what a product costs us."""
        return {name for name, field in self.own_fields.items() if field.see and not viewer.can(field.see)}

    def field(self, name: str) -> Field:
        """A field by name; raises KeyError."""
        return self.own_fields.get(name) or self.fields[name]

    def rows(self, viewer: Viewer, *, few: bool = False, along: bool = False):
        """What this viewer may see of the kind; `few` where little of it is asked for by id, `along` where a list is
        walked in its order and enough of it is met soon."""
        return self.model.objects.visible_to(viewer, few=few, along=along)

    def editable(self) -> list[Field]:
        """Fields a form may change, in order."""
        return [f for f in self.fields.values() if f.editable]

    def __repr__(self):
        return f"<RecordKind {self.label}>"


def add(kind: RecordKind) -> RecordKind:
    """Make a kind known to lists, search, import, export and API."""
    _kinds[kind.label] = kind
    return kind


def get(label: str) -> RecordKind:
    """A kind by its label or slug; raises KeyError."""
    return _kinds.get(label) or next(k for k in _kinds.values() if k.slug == label)


def find(label: str) -> RecordKind | None:
    """A kind by label or slug, or None."""
    return next((k for k in _kinds.values() if label in (k.label, k.slug)), None)


def everything() -> list[RecordKind]:
    """All kinds, in the order they were added."""
    return list(_kinds.values())


def heard_of() -> list[RecordKind]:
    """The kinds that rules and subscriptions can be about: all but logs."""
    return [kind for kind in _kinds.values() if not kind.is_log]


@config.cached
def custom_fields(label: str) -> list[Field]:
    """The fields the administrator added to a kind, in order."""
    from zhike.records.models import CustomField

    rows = CustomField.objects.filter(kind=label, is_archived=False)
    return [custom_field(row).bind(get(label)) for row in rows]


__all__ = ["RecordKind", "add", "custom_fields", "everything", "find", "get", "heard_of", "_"]
