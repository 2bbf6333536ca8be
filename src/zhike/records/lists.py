"""The list page of any kind of record, built once (CRAFT §6): views, chips, sort, columns, rows, bulk, paging by key.

The address is the state: filter, search, sort, columns and place are its parameters, so a list can be kept, shared and
gone back to. Rows are read as the columns shown, cells are Python functions; counts and sums follow after the page.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.addresses import address_of, known_address
from zhike.kit.format import shown
from zhike.kit.htmx import part
from zhike.kit.viewer import Viewer
from zhike.records import queries
from zhike.records.bulkactions import actions_for
from zhike.records.fields import Field
from zhike.records.filters import Filter
from zhike.records.kinds import RecordKind
from zhike.records.models import SavedView
from zhike.records.paging import BadCursor, Page, count_capped, filtered, read_page, rows_of
from zhike.records.rowbuttons import buttons_maker

SIZE = 50
INLINE = {"choice", "picklist", "bool", "date", "money", "number", "text", "phone", "email"}


@dataclass
class Column:
    """A column as the page shows it."""

    field: Field
    url: str
    direction: str
    inline: bool


class ListState:
    """What an address says of a list; shared by the page, bulk actions, export and saved views."""

    def __init__(self, kind: RecordKind, viewer: Viewer, query: QueryDict, kept_columns: list[str] | None = None):
        self.kind, self.viewer, self.query = kind, viewer, query
        self.filter = Filter.from_query(kind, query)
        self.sort = query.get("sort", "") or kind.sort
        hidden = kind.hidden_from(viewer)
        wanted = kind.fields.get(self.sort.lstrip("-"))
        by_field = wanted and wanted.sortable and wanted.name not in hidden
        if not by_field and self.sort.lstrip("-") not in ("created_at", "updated_at", "id"):
            self.sort = kind.sort
        names = [n for n in query.get("cols", "").split(",") if n] or kept_columns or kind.columns
        fields = {name: field for name, field in kind.fields.items() if name not in hidden}
        self.columns = [n for n in dict.fromkeys(names) if n in fields and fields[n].listed] or kind.columns
        self.view = query.get("view", "")[:60]

    def address(self, flt: Filter | None = None, **changes: str) -> str:
        """The query string of this list with something changed; a place is not kept."""
        parameters = {**(flt or self.filter).as_query()}
        if self.sort != self.kind.sort:
            parameters["sort"] = self.sort
        if "cols" in self.query:
            parameters["cols"] = ",".join(self.columns)
        if self.view and flt is None:
            parameters["view"] = self.view
        parameters |= changes
        return "?" + urlencode({k: v for k, v in parameters.items() if v != ""}, safe=",-:")

    def sort_by(self, name: str) -> str:
        """The address sorted by a column: numbers and times falling first, texts rising."""
        now, falling = self.sort.lstrip("-") == name, self.sort.startswith("-")
        field = self.kind.field(name)
        first = f"-{name}" if field.numeric or field.type in ("date", "moment") else name
        return self.address(sort=(name if falling else f"-{name}") if now else first)


class ListPage:
    """`ListPage(KIND, request).response()` answers a list page, or the part of it HTMX asks for."""

    template = "records/list.html"

    def __init__(
        self, kind: RecordKind, request: HttpRequest, *, title: Any = "", create_url: str = "", switch: Any = ""
    ):
        """`create_url` is where a new record is made; `switch` is markup beside the title, such as list or board."""
        require(request.viewer, kind.verb("view"))
        self.kind, self.request, self.viewer = kind, request, request.viewer
        self.title, self.create_url, self.switch = (
            title or kind.plural,
            create_url or _create_url(kind, request.viewer),
            switch,
        )
        self.state = ListState(kind, request.viewer, request.GET, request.session.get(f"columns:{kind.slug}"))
        self.fields = [kind.field(name) for name in self.state.columns]
        self.paths, self.places = paths_of(self.fields)
        self.row_buttons = buttons_maker(kind, self.viewer)

    def response(self) -> HttpResponse:
        """The page; `?part=foot` counts and sums, `?part=tabs` counts the views."""
        wanted = self.request.GET.get("part", "")
        if wanted == "foot":
            return part(self.request, f"{self.template}#foot", self.foot())
        if wanted == "tabs":
            return part(self.request, f"{self.template}#tabs", {"tabs": self.tabs(counted=True), "page": self})
        return part(self.request, f"{self.template}#table", self.context())

    def context(self) -> dict[str, Any]:
        """All the page shows, read."""
        state, error = self.state, ""
        try:
            page = self._page()
        except ValidationError as wrong:
            page, error = Page(), "; ".join(wrong.messages)
        return {
            "page": self,
            "kind": self.kind,
            "title": self.title,
            "switch": self.switch,
            "create_url": self.create_url,
            "tabs": self.tabs(),
            "chips": [self._chip(chip) for chip in state.filter.chips(self.viewer)],
            "columns": [self._column(name) for name in state.columns],
            "rows": self.rows(page),
            "is_filtered": bool(state.filter.conditions or state.filter.search),
            "next": state.address(after=page.next) if page.next else "",
            "previous": state.address(before=page.previous) if page.previous else "",
            "error": error,
            "query": state.address()[1:],
            "search": state.filter.search,
            "hidden": {k: v for k, v in QueryDict(state.address()[1:]).items() if k != "q"},
            "bulk": actions_for(self.kind, self.viewer),
            "can_import": "import" in self.kind.verbs and self.viewer.can(self.kind.verb("import")),
            "can_export": "export" in self.kind.verbs and self.viewer.can(self.kind.verb("export")),
        }  # fmt: skip

    def _page(self) -> Page:
        state, query = self.state, self.request.GET
        after, before = query.get("after", ""), query.get("before", "")
        try:
            return read_page(
                self.kind,
                self.viewer,
                state.filter,
                sort=state.sort,
                size=SIZE,
                cursor=after or before,
                back=bool(before and not after),
                paths=self.paths,
            )
        except BadCursor:
            return read_page(self.kind, self.viewer, state.filter, sort=state.sort, size=SIZE, paths=self.paths)

    def rows(self, page: Page) -> SafeString:
        """The rows of the table."""
        fields = self.fields
        editable = self.viewer.can(self.kind.verb("change")) if "change" in self.kind.verbs else False
        makers = [
            _cell_maker(self.kind, f, place == 0, editable and self._is_inline(f)) for place, f in enumerate(fields)
        ]
        choose, title = shown(_("Choose")), _title_of(fields, self.kind)
        html, buttons = [], self.row_buttons
        gathered = gathered_for(fields, [row[0] for row in page.rows])
        for row in page.rows:
            pk, values = row[0], values_in(row, self.places, gathered)
            name = shown(title(values))
            cells = "".join([make(pk, taken) for make, taken in zip(makers, values, strict=True)])
            html.append(
                '<tr role="row"><td role="cell" class="chk"><input class="chk-c" type="checkbox" name="pk"'
                f' value="{pk}" aria-label="{choose} {name}"></td>{cells}{buttons(pk, name) if buttons else ""}</tr>'
            )
        return mark_safe("".join(html))

    def foot(self) -> dict[str, Any]:
        """How many rows the filter keeps and what they sum up to; sums only where they can be counted."""
        try:
            count = count_capped(self.kind, self.viewer, self.state.filter)
            rows = filtered(self.kind, self.viewer, self.state.filter)
        except ValidationError:
            return {"page": self, "count": 0, "sums": []}
        names = [n for n in self.kind.sums if n in self.kind.fields] if count else []
        totals = rows.aggregate(**{f"sum_{n}": Sum(n) for n in names}) if names else {}
        sums = [
            {"label": self.kind.field(n).label, "value": fmt.money(totals[f"sum_{n}"])}
            for n in names
            if totals[f"sum_{n}"]
        ]
        return {"page": self, "count": count, "sums": sums}

    def tabs(self, *, counted: bool = False) -> list[dict[str, Any]]:
        """The views: everything, those shipped with the kind, one's own and shared ones."""
        path, now = self.request.path, self.state.view
        found = [{"key": "", "label": _("All"), "url": path, "filter": Filter(self.kind)}]
        for view in self.kind.shipped_views:
            flt = Filter.from_json(self.kind, view["filter"])
            more = {"view": view["key"], **({"sort": view["sort"]} if view.get("sort") else {})}
            found.append(
                {"key": view["key"], "label": view["name"], "filter": flt, "url": _url(path, flt.as_query() | more)}
            )
        for view in queries.views_of(self.viewer, self.kind):
            found.append(self._saved_tab(path, view))
        known = now in {tab["key"] for tab in found}
        for tab in found:
            tab["current"] = tab["key"] == now if known else False
            tab["count"] = count_capped(self.kind, self.viewer, tab["filter"]) if counted else None
            tab["many"] = counted and tab["count"] is None
        return found

    def _saved_tab(self, path: str, view: SavedView) -> dict[str, Any]:
        flt = Filter.from_json(self.kind, view.filter, view.search)
        more = {"view": f"v{view.pk}", "sort": view.sort, "cols": ",".join(view.columns)}
        url = _url(path, flt.as_query() | {k: v for k, v in more.items() if v})
        mine = view.person_id == self.viewer.person_id
        return {"key": f"v{view.pk}", "label": view.name, "filter": flt, "url": url, "pk": view.pk if mine else None}

    def _chip(self, chip: dict[str, Any]) -> dict[str, Any]:
        path, condition = self.request.path, chip["condition"]
        words = f"{chip['op']} {chip['words']}".strip() if condition.op not in ("in", "is", "any") else chip["words"]
        return {
            "key": chip["label"], "text": words,
            "remove": path + self.state.address(self.state.filter.without(condition)),
            "edit": address_of("records:filter", self.kind.slug, condition.field) + f"?op={condition.op}",
        }  # fmt: skip

    def _column(self, name: str) -> Column:
        field, sort = self.kind.field(name), self.state.sort
        direction = ("descending" if sort.startswith("-") else "ascending") if sort.lstrip("-") == name else ""
        return Column(
            field,
            self.request.path + self.state.sort_by(name) if field.sortable else "",
            direction,
            self._is_inline(field),
        )

    def _is_inline(self, field: Field) -> bool:
        free = not field.verb or self.viewer.can(field.verb)
        return field.editable and free and field.type in INLINE and field.name != self.kind.title


def read_columns(kind: RecordKind, fields: list[Field], ids: list[int]) -> Iterator[tuple[int, list[tuple]]]:
    """For each id the values of each field, as its cell, export or API form takes them; no model objects.

    One query, and one more for each field whose values are rows of another table (`Field.gather`).
    """
    paths, places = paths_of(fields)
    gathered = gathered_for(fields, ids)
    for row in rows_of(kind, ids).values_list("pk", *paths):
        yield row[0], values_in(row, places, gathered)


def paths_of(fields: list[Field]) -> tuple[list[Any], list[list[int]]]:
    """What to select beside the pk for some fields, and where in a row (the pk is first) the values of each stand."""
    paths: list[Any] = []
    places = []
    for own in [field.paths for field in fields]:
        for path in own:
            if path != "pk" and (not isinstance(path, str) or path not in paths):
                paths.append(path)
        places.append([0 if path == "pk" else paths.index(path) + 1 for path in own])
    return paths, places


def gathered_for(fields: list[Field], ids: list[int]) -> dict[int, dict[int, Any]]:
    """The values of the fields that are rows of another table: by the place of the field, then by id."""
    return {place: field.gather(ids) for place, field in enumerate(fields) if field.gather}


def values_in(row: tuple, places: list[list[int]], gathered: dict[int, dict[int, Any]]) -> list[tuple]:
    """The values of each field in a row as it was selected."""
    values = [tuple([row[n] for n in here]) for here in places]
    for place, found in gathered.items():
        values[place] = (found.get(row[0], []),)
    return values


def _cell_maker(kind: RecordKind, field: Field, lead: bool, inline: bool) -> Callable[[int, tuple], str]:
    classes = " ".join(filter(None, ("lead" if lead else "", field.cell_class)))
    show = cache(field.cell) if field.repeats else field.cell
    start = f'<td role="cell" class="{classes}" data-label="{shown(field.label)}"'
    if not inline:
        plain = lead and field.name == kind.title and kind.page and type(field).cell is Field.cell
        link = _page_url(kind) if plain else None

        def cell(pk: int, values: tuple) -> str:
            value = show(values)
            return f'{start}><a class="nm" href="{link(pk)}">{value}</a></td>' if link else f"{start}>{value}</td>"

        return cell
    edit, before = address_of("records:inline", kind.slug, 0, field.name).split("/0/")
    icon = fmt.icon("chevron-down") if field.type in ("choice", "picklist", "bool") else fmt.icon("edit")
    what = shown(_("Change %(field)s") % {"field": field.label})

    def cell_to_edit(pk: int, values: tuple) -> str:
        return (
            f'{start} data-editable><button type="button" class="cell-edit" data-edit-url="{edit}/{pk}/{before}"'
            f' title="{what}">{show(values)}{icon}</button></td>'
        )

    return cell_to_edit


def _page_url(kind: RecordKind) -> Callable[[int], str]:
    before, after = address_of(kind.page, 0).split("/0/")
    return lambda pk: f"{before}/{pk}/{after}"


def _title_of(fields: list[Field], kind: RecordKind) -> Callable[[list[tuple]], str]:
    place = next((n for n, f in enumerate(fields) if f.name == kind.title), None)
    return (lambda values: str(values[place][0])) if place is not None else (lambda values: "")


def _url(path: str, parameters: dict[str, str]) -> str:
    return path + "?" + urlencode(parameters, safe=",-:")


def _create_url(kind: RecordKind, viewer: Viewer) -> str:
    """Where a record of a kind is made: `<room>:<model>_create`, if its room has such a page and the viewer may."""
    if "create" not in kind.verbs or not viewer.can(kind.verb("create")):
        return ""
    return known_address(f"{kind.label.partition('.')[0]}:{kind.model._meta.model_name}_create") or ""
