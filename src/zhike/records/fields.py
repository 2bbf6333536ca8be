"""One vocabulary of fields: ours, those the administrator adds, those of a pack are the same classes (CRAFT §6).

A field knows its label, how to clean what came in (form, import, API alike), how to show, filter, sort and export.
`paths` are what a list selects for it; `cell`, `export` and `api` take those values as a tuple, the first is the value.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Q
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.kit import dates, parse, phones, uscc
from zhike.kit import format as fmt
from zhike.kit.money import check_money
from zhike.records import lookups as look
from zhike.records.customvalues import CustomValue
from zhike.records.lookups import Lookups
from zhike.records.widgets import DayInput, MomentInput, PersonInput, RecordInput

EMPTY = mark_safe('<span class="mut">—</span>')
MAX_TEXT = 2000


class Field:
    """A field of a record kind. Subclasses say how its values are read, checked and shown."""

    type = "text"
    numeric = False
    operators: tuple[str, ...] = ("is", "empty", "filled")
    cell_class = ""

    def __init__(
        self,
        name: str,
        label: Any = None,
        *,
        required: bool | None = None,
        search: bool = False,
        synonyms: Sequence[str] = (),
        editable: bool = True,
        sortable: bool = True,
        filterable: bool = True,
        listed: bool = True,
        wide: bool = False,
        help: Any = "",
        verb: str = "",
    ):
        """`synonyms` are further column titles an import may use; `verb` must be held to change the field."""
        self.name, self.label, self.required, self.search = name, label, required, search
        self.synonyms, self.editable, self.sortable, self.filterable = tuple(synonyms), editable, sortable, filterable
        self.listed, self.wide, self.help, self.verb = listed, wide, help, verb
        self.attname = name
        self.is_custom = False
        self.max_length: int | None = None
        self.kind: Any = None

    def bind(self, kind: Any) -> "Field":
        """Take label, length and requiredness from the model, where they are not said here."""
        self.kind = kind
        try:
            column = kind.model._meta.get_field(self.name)
        except FieldDoesNotExist:
            column = None
        if column is not None:
            self.label = self.label or column.verbose_name
            self.max_length = getattr(column, "max_length", None)
            self.attname = column.attname
            self.column = column
            self.help = self.help or column.help_text
            if self.required is None:
                self.required = not column.blank and not column.has_default() and not column.null
        self.label = self.label or self.name
        self.required = bool(self.required)
        return self

    # Reading and writing a record

    def read(self, record: Any) -> Any:
        """The value on a record: a person or reference is its id."""
        return getattr(record, self.attname)

    def write(self, record: Any, value: Any) -> None:
        """Put a cleaned value on a record."""
        if value is None and getattr(self, "column", None) is not None and not self.column.null:
            value = self.column.get_default() if self.column.has_default() else self.empty
        setattr(record, self.attname, value)

    empty: Any = ""

    # What comes in

    def clean(self, raw: Any, lookups: Lookups) -> Any:
        """The value meant by a form, an import cell or the API. Raises ValidationError with one plain message."""
        if isinstance(raw, str):
            raw = raw.replace("\x00", "").strip()
        if raw is None or raw == "" or raw == []:
            if self.required:
                raise ValidationError(_("This is required."), code="required")
            return None
        try:
            return self.parse(raw, lookups)
        except parse.ParseError as error:
            raise ValidationError(str(error)) from error

    def parse(self, raw: Any, lookups: Lookups) -> Any:
        text = parse.clean_text(str(raw))
        limit = self.max_length or MAX_TEXT
        if len(text) > limit:
            raise ValidationError(_("At most %(limit)s characters."), params={"limit": limit})
        return text

    # What goes out

    @property
    def paths(self) -> tuple:
        """What to select for this field: names or expressions."""
        return (self.attname,)

    def values_of(self, record: Any) -> tuple:
        """The same values as `paths` select, taken from a record."""
        return (self.read(record),)

    def text(self, value: Any) -> str:
        """The value in plain words: history, chips, PDF."""
        return "" if value is None else str(value)

    def cell(self, values: tuple) -> SafeString:
        """The value in a list or on a page."""
        shown = self.text(values[0])
        return escape(shown) if shown else EMPTY

    def export(self, values: tuple) -> Any:
        """The value for a spreadsheet: number, date or text."""
        return self.text(values[0])

    def api(self, values: tuple) -> Any:
        """The value as JSON."""
        return values[0]

    # Asking

    def sort_paths(self) -> tuple:
        """By what a list is sorted."""
        return (self.paths[0],)

    def condition(self, op: str, values: list[str], lookups: Lookups) -> Q:
        """The rows a filter condition keeps. Raises ValidationError if the values make no sense."""
        path = self.filter_path
        if op == "empty":
            return Q(**{f"{path}__isnull": True}) | (Q(**{path: ""}) if self.empty == "" and not self.is_custom else Q())
        if op == "filled":
            return ~self.condition("empty", values, lookups)
        if op == "is":
            return Q(**{f"{path}__in": [self.clean(v, lookups) for v in values]})
        raise ValidationError(_("This condition does not fit the field."))

    @property
    def filter_path(self) -> str:
        return self.name if self.is_custom else self.attname

    def words(self, values: list[str], lookups: Lookups) -> str:
        """The values of a condition in words, for its chip."""
        return _(", ").join(self._word(v, lookups) for v in values)

    def _word(self, value: str, lookups: Lookups) -> str:
        try:
            return self.text(self.clean(value, lookups))
        except ValidationError:
            return str(value)

    # Forms

    def widget(self, lookups: Lookups) -> forms.Widget:
        """The control of a form."""
        return forms.TextInput(attrs={"class": "inp", "maxlength": self.max_length or MAX_TEXT})

    def initial(self, value: Any) -> Any:
        """The value as the control shows it."""
        return value


class Text(Field):
    """A line of text."""

    operators = ("contains", "is", "starts", "empty", "filled")

    def condition(self, op, values, lookups):
        if op in ("contains", "starts"):
            lookup = "icontains" if op == "contains" else "istartswith"
            condition = Q()
            for value in values:
                condition |= Q(**{f"{self.filter_path}__{lookup}": value.replace("\x00", "")})
            return condition
        return super().condition(op, values, lookups)


class LongText(Text):
    """Several lines of text."""

    type = "longtext"

    def __init__(self, name, label=None, **more):
        super().__init__(name, label, **{"wide": True, "sortable": False, "listed": False, **more})

    def parse(self, raw, lookups):
        text = "\n".join(parse.clean_text(line) for line in str(raw).splitlines()).strip()
        if len(text) > (self.max_length or 20_000):
            raise ValidationError(_("At most %(limit)s characters."), params={"limit": self.max_length or 20_000})
        return text

    def widget(self, lookups):
        return forms.Textarea(attrs={"class": "inp", "rows": 3})


class Phone(Text):
    """A telephone number; kept as typed but tidy, searched by its digits. Short codes and extensions are fine."""

    type = "phone"

    def parse(self, raw, lookups):
        return super().parse(phones.tidy(str(raw)), lookups)

    def cell(self, values):
        return format_html('<span class="tnum nw">{}</span>', values[0]) if values[0] else EMPTY


class Email(Text):
    """An e-mail address."""

    type = "email"

    def parse(self, raw, lookups):
        text = super().parse(raw, lookups)
        forms.EmailField().clean(text)
        return text


class Uscc(Text):
    """Unified social credit code (GB 32100-2015); an old 15-digit number is let in."""

    type = "uscc"

    def parse(self, raw, lookups):
        return uscc.clean(str(raw))


class Number(Field):
    """A number."""

    type = "number"
    numeric = True
    operators = ("gte", "lte", "between", "is", "empty", "filled")
    cell_class = "num"
    empty = None

    def __init__(self, name, label=None, *, integer: bool = False, least: int | None = None, most: int | None = None, **more):
        super().__init__(name, label, **more)
        self.integer, self.least, self.most = integer, least, most

    def parse(self, raw, lookups):
        value = parse.integer(raw) if self.integer else parse.number(raw)
        if self.least is not None and value < self.least:
            raise ValidationError(_("At least %(limit)s."), params={"limit": self.least})
        most = self.most if self.most is not None else 10**12
        if abs(value) > most:
            raise ValidationError(_("At most %(limit)s."), params={"limit": most})
        return value

    def text(self, value):
        if value is None:
            return ""
        return f"{value:,}" if isinstance(value, int) else f"{Decimal(str(value)):,f}".rstrip("0").rstrip(".")

    def export(self, values):
        return values[0]

    def api(self, values):
        return float(values[0]) if isinstance(values[0], Decimal) else values[0]

    def condition(self, op, values, lookups):
        path = self.filter_path
        if op in ("gte", "lte", "between"):
            wanted = [self.parse(v, lookups) for v in values if v != ""]
            if len(wanted) != (2 if op == "between" else 1):
                raise ValidationError(_("Give the limits."))
            if op == "between":
                return Q(**{f"{path}__gte": min(wanted), f"{path}__lte": max(wanted)})
            return Q(**{f"{path}__{op}": wanted[0]})
        return super().condition(op, values, lookups)

    def widget(self, lookups):
        return forms.TextInput(attrs={"class": "inp num", "inputmode": "decimal", "maxlength": 40})


class Money(Number):
    """An amount in yuan, two decimals."""

    type = "money"

    def parse(self, raw, lookups):
        return check_money(raw if isinstance(raw, Decimal) else parse.decimal_amount(raw))

    def text(self, value):
        return "" if value is None else f"{value:,.2f}"

    def cell(self, values):
        return EMPTY if values[0] is None else fmt.money(values[0])

    def api(self, values):
        return None if values[0] is None else f"{values[0]:.2f}"

    def initial(self, value):
        return "" if value is None else f"{value:.2f}"


class Day(Field):
    """A calendar day of the company."""

    type = "date"
    operators = ("last", "next", "before", "after", "between", "is", "empty", "filled")
    cell_class = "nw"
    empty = None

    def parse(self, raw, lookups):
        value = parse.day(raw)
        if not 1000 <= value.year <= 9999:
            raise ValidationError(_("Enter a date like 2026-03-01."))
        return value

    def text(self, value):
        return value.isoformat() if value else ""

    def cell(self, values):
        return fmt.day(values[0]) if values[0] else EMPTY

    def export(self, values):
        return values[0]

    def api(self, values):
        return values[0].isoformat() if values[0] else None

    def limit(self, value: date, end: bool) -> Any:
        """The bound a day means in the column: the day itself."""
        return value

    def condition(self, op, values, lookups):
        path, today = self.filter_path, dates.today()
        if op in ("last", "next"):
            days = parse.integer(values[0] if values else "")
            if not 0 <= days <= 40_000:
                raise ValidationError(_("Enter a number of days."))
            first, last = (today - timedelta(days=days), today) if op == "last" else (today, today + timedelta(days=days))
        elif op in ("before", "after", "between", "is"):
            wanted = [parse.day(v) for v in values if v]
            if len(wanted) < (2 if op == "between" else 1):
                raise ValidationError(_("Enter a date like 2026-03-01."))
            if op == "before":
                return Q(**{f"{path}__lt": self.limit(wanted[0], False)})
            if op == "after":
                return Q(**{f"{path}__gte": self.limit(wanted[0], False)})
            first, last = min(wanted[:2]), max(wanted[:2])
        else:
            return super().condition(op, values, lookups)
        upper = "lte" if self.limit(last, True) == last else "lt"
        return Q(**{f"{path}__gte": self.limit(first, False), f"{path}__{upper}": self.limit(last, True)})

    def words(self, values, lookups):
        return " – ".join(values)

    def widget(self, lookups):
        return DayInput()


class Moment(Day):
    """An instant."""

    type = "moment"

    def parse(self, raw, lookups):
        return parse.moment(raw)

    def text(self, value):
        return fmt.local(value).strftime("%Y-%m-%d %H:%M") if value else ""

    def cell(self, values):
        return fmt.moment(values[0]) if values[0] else EMPTY

    def export(self, values):
        return fmt.local(values[0]).replace(tzinfo=None) if values[0] else None

    def limit(self, value, end):
        return dates.bounds(value)[1 if end else 0]

    def widget(self, lookups):
        return MomentInput()

    def initial(self, value):
        return fmt.local(value).strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value


class YesNo(Field):
    """Yes or no."""

    type = "bool"
    operators = ("is",)
    empty = False

    def parse(self, raw, lookups):
        return raw if isinstance(raw, bool) else parse.yes_no(raw)

    def text(self, value):
        return str(_("Yes") if value else _("No"))

    def widget(self, lookups):
        return forms.Select(choices=[("yes", _("Yes")), ("no", _("No"))], attrs={"class": "inp"})

    def initial(self, value):
        return "yes" if value else "no"


class Choice(Field):
    """One of fixed words, from the model's choices or given here."""

    type = "choice"
    operators = ("in", "not_in", "empty", "filled")

    def __init__(self, name, label=None, *, choices: Iterable | None = None, show: Any = None, **more):
        """`show(value, label)` makes the cell."""
        super().__init__(name, label, **more)
        self._choices, self.show = list(choices) if choices is not None else None, show

    def choices(self) -> list[tuple[Any, Any]]:
        """What may be chosen now."""
        if self._choices is None:
            self._choices = [(k, v) for k, v in self.column.choices if k not in ("", None)]
        return self._choices

    def labels(self) -> dict[Any, Any]:
        """Labels by value, also of entries no longer offered."""
        return dict(self.choices())

    def parse(self, raw, lookups):
        word = parse.fold(str(raw))
        for value, label in self.labels().items():
            if word in (parse.fold(str(value)), parse.fold(str(label))):
                return value
        raise ValidationError(_("“%(word)s” is not one of: %(choices)s."), params={
            "word": str(raw)[:40], "choices": _(", ").join(str(label) for _value, label in self.choices()[:12]),
        })  # fmt: skip

    def text(self, value):
        return "" if value in (None, "") else str(self.labels().get(value, value))

    def cell(self, values):
        if values[0] in (None, ""):
            return EMPTY
        return self.show(values[0], self.text(values[0])) if self.show else escape(self.text(values[0]))

    def condition(self, op, values, lookups):
        if op in ("in", "not_in"):
            wanted = Q(**{f"{self.filter_path}__in": [self.parse(v, lookups) for v in values]})
            return wanted if op == "in" else ~wanted
        return super().condition(op, values, lookups)

    def widget(self, lookups):
        blank = [] if self.required else [("", "—")]
        return forms.Select(choices=[*blank, *self.choices()], attrs={"class": "inp"})


class Picklist(Choice):
    """One entry of a list the administrator edits."""

    type = "picklist"

    def __init__(self, name, label=None, *, picklist: str, **more):
        super().__init__(name, label, **more)
        self.picklist = picklist

    def choices(self):
        return look.picklist_open(self.picklist)

    def labels(self):
        return look.picklist(self.picklist)


class Person(Field):
    """A colleague."""

    type = "person"
    operators = ("in", "not_in", "me", "team", "empty", "filled")
    empty = None

    def parse(self, raw, lookups):
        return lookups.person(raw)

    def text(self, value):
        return look.person_names().get(value, "") if value else ""

    def cell(self, values):
        return fmt.who(values[0], self.text(values[0])) if values[0] else EMPTY

    def api(self, values):
        return look.usernames().get(values[0]) if values[0] else None

    def condition(self, op, values, lookups):
        viewer, path = lookups.viewer, self.filter_path
        if op == "me":
            return Q(**{path: viewer.person_id})
        if op == "team":
            return Q(**{f"{path}__in": sorted({viewer.person_id, *viewer.subordinates})})
        if op in ("in", "not_in"):
            wanted = Q(**{f"{path}__in": [self.parse(v, lookups) for v in values]})
            return wanted if op == "in" else ~wanted
        return super().condition(op, values, lookups)

    def widget(self, lookups):
        return PersonInput([(pk, name or user) for pk, user, name, active in look.people() if active], self.required)


class Ref(Field):
    """Another record, named by its kind's label."""

    type = "ref"
    operators = ("in", "empty", "filled")
    empty = None

    def __init__(self, name, label=None, *, to: str, **more):
        super().__init__(name, label, **more)
        self.to = to

    @property
    def target(self) -> Any:
        from zhike.records import kinds

        return kinds.get(self.to)

    @property
    def paths(self):
        return (self.attname, f"{self.name}__{self.target.title}")

    def values_of(self, record):
        other = getattr(record, self.name)
        return (self.read(record), str(getattr(other, self.target.title)) if other else None)

    def parse(self, raw, lookups):
        return lookups.record(self.target, raw)

    def text(self, value):
        if not value:
            return ""
        found = self.target.model._base_manager.filter(pk=value).values_list(self.target.title, flat=True).first()
        return str(found or f"#{value}")

    def cell(self, values):
        if not values[0]:
            return EMPTY
        return fmt.record_link(self.target.page, values[0], values[1])

    def export(self, values):
        return values[1] or ""

    def sort_paths(self):
        return (self.paths[1],)

    def condition(self, op, values, lookups):
        if op == "in":
            wanted = [lookups.record(self.target, int(v) if str(v).isdigit() else v) for v in values]
            return Q(**{f"{self.filter_path}__in": wanted})
        return super().condition(op, values, lookups)

    def _word(self, value, lookups):
        try:
            return self.text(lookups.record(self.target, int(value) if str(value).isdigit() else value))
        except ValidationError:
            return str(value)

    def widget(self, lookups):
        return RecordInput(self.target, lookups)


# Fields the administrator added: the same classes, their values in the record's `custom`.


class _Custom:
    """Mixed into a field class: reads and writes `record.custom[key]` in the typed form the index understands."""

    def setup(self, row: Any) -> "_Custom":
        self.is_custom = True
        self.name = self.attname = row.key
        self.options = row.options or {}
        self.cast = {"number": "number", "money": "integer", "person": "integer", "reference": "integer"}.get(row.type, "text")
        return self

    def bind(self, kind):
        self.kind = kind
        return self

    def read(self, record):
        return self.unpack(record.custom.get(self.name))

    def write(self, record, value):
        packed = self.pack(value)
        if packed in (None, "", []):
            record.custom.pop(self.name, None)
        else:
            record.custom[self.name] = packed

    def pack(self, value: Any) -> Any:
        """The JSON form of a value."""
        if isinstance(value, date | datetime):
            return value.isoformat()
        return float(value) if isinstance(value, Decimal) else value

    def unpack(self, stored: Any) -> Any:
        """The value of a JSON form, also as SQL gives it back."""
        return stored

    @property
    def paths(self):
        return (CustomValue(self.name, self.cast),)

    def values_of(self, record):
        return (record.custom.get(self.name),)

    def cell(self, values):
        return super().cell((self.unpack(values[0]), *values[1:]))

    def export(self, values):
        return super().export((self.unpack(values[0]), *values[1:]))

    def api(self, values):
        return super().api((self.unpack(values[0]), *values[1:]))


class CustomText(_Custom, Text):
    pass


class CustomNumber(_Custom, Number):
    def unpack(self, stored):
        return Decimal(str(stored)).normalize() if stored is not None else None


class CustomMoney(_Custom, Money):
    def pack(self, value):
        return None if value is None else int(value.scaleb(2))

    def unpack(self, stored):
        return None if stored is None else Decimal(int(stored)).scaleb(-2)

    def condition(self, op, values, lookups):
        path = self.filter_path
        if op in ("gte", "lte", "between", "is"):
            fen = sorted(self.pack(self.parse(v, lookups)) for v in values if v != "")
            if len(fen) != (2 if op == "between" else 1):
                raise ValidationError(_("Give the limits."))
            if op == "between":
                return Q(**{f"{path}__gte": fen[0], f"{path}__lte": fen[1]})
            return Q(**{path if op == "is" else f"{path}__{op}": fen[0]})
        return super().condition(op, values, lookups)


class CustomDay(_Custom, Day):
    def unpack(self, stored):
        return date.fromisoformat(stored) if isinstance(stored, str) and stored else stored

    def limit(self, value, end):
        return value.isoformat()

    def condition(self, op, values, lookups):
        # Days are ISO text in the JSON, so the upper bound of a day is the day itself.
        condition = super().condition(op, values, lookups)
        return Q(*[(k.replace("__lt", "__lte") if k.endswith("__lt") and op != "before" else k, v) for k, v in condition.children]) \
            if op in ("last", "next", "between", "is") else condition  # fmt: skip


class CustomChoice(_Custom, Choice):
    def choices(self):
        return [(c["id"], c["label"]) for c in self.options.get("choices", []) if not c.get("archived")]

    def labels(self):
        return {c["id"]: c["label"] for c in self.options.get("choices", [])}


class CustomMulti(CustomChoice):
    """Several of the choices; kept as a list, in SQL as its JSON text."""

    type = "multi"
    operators = ("any", "empty", "filled")

    def parse(self, raw, lookups):
        words = raw if isinstance(raw, list | tuple) else parse.split_list(str(raw))
        return sorted({super(CustomMulti, self).parse(word, lookups) for word in words})

    def unpack(self, stored):
        if isinstance(stored, str):
            import json

            return json.loads(stored)
        return stored

    def text(self, value):
        labels = self.labels()
        return _(", ").join(str(labels.get(v, v)) for v in self.unpack(value) or [])

    def api(self, values):
        return self.unpack(values[0]) or []

    def condition(self, op, values, lookups):
        if op == "any":
            condition = Q()
            for value in values:
                condition |= Q(**{f"{self.filter_path}__contains": f'"{Choice.parse(self, value, lookups)}"'})
            return condition
        return Field.condition(self, op, values, lookups)

    def cell(self, values):
        shown = self.text(values[0])
        return escape(shown) if shown else EMPTY

    def widget(self, lookups):
        return forms.SelectMultiple(choices=self.choices(), attrs={"class": "inp", "size": 4})


class CustomPerson(_Custom, Person):
    pass


class CustomRef(_Custom, Ref):
    @property
    def paths(self):
        return (CustomValue(self.name, self.cast),)

    def values_of(self, record):
        return (record.custom.get(self.name),)

    def cell(self, values):
        return fmt.record_link(self.target.page, values[0], self.text(values[0])) if values[0] else EMPTY

    def export(self, values):
        return self.text(values[0])

    def sort_paths(self):
        return (F(self.name),)


_custom_classes = {
    "text": CustomText, "number": CustomNumber, "money": CustomMoney, "date": CustomDay, "choice": CustomChoice,
    "multi": CustomMulti, "person": CustomPerson, "reference": CustomRef,
}  # fmt: skip


def custom_field(row: Any) -> Field:
    """The field of a row the administrator added."""
    more = {"to": row.options.get("kind", "")} if row.type == "reference" else {}
    field = _custom_classes[row.type](row.key, row.name, required=row.is_required, help=row.help, **more)
    return field.setup(row)


OPERATOR_LABELS = {
    "is": gettext_lazy("is"), "in": gettext_lazy("is one of"), "not_in": gettext_lazy("is none of"),
    "any": gettext_lazy("has one of"), "contains": gettext_lazy("contains"), "starts": gettext_lazy("starts with"),
    "gte": gettext_lazy("at least"), "lte": gettext_lazy("at most"), "between": gettext_lazy("between"),
    "before": gettext_lazy("before"), "after": gettext_lazy("from"), "last": gettext_lazy("in the last … days"),
    "next": gettext_lazy("in the next … days"), "me": gettext_lazy("is me"), "team": gettext_lazy("is in my team"),
    "empty": gettext_lazy("is empty"), "filled": gettext_lazy("is filled in"),
}  # fmt: skip
