"""Texts, numbers, days: fields whose value stands by itself."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from zhike.kit import dates, parse, phones, uscc
from zhike.kit import format as fmt
from zhike.kit.money import check_money
from zhike.records.fields.base import EMPTY, Field
from zhike.records.lookups import Lookups
from zhike.records.widgets import DayInput, MomentInput


class Text(Field):
    """A line of text."""

    joins = True
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
        return mark_safe(f'<span class="tnum nw">{fmt.shown(values[0])}</span>') if values[0] else EMPTY


class Email(Text):
    """An e-mail address."""

    type = "email"
    joins = False

    def parse(self, raw, lookups):
        text = super().parse(raw, lookups)
        forms.EmailField().clean(text)
        return text


class Uscc(Text):
    """Unified social credit code (GB 32100-2015); an old 15-digit number is let in."""

    type = "uscc"
    joins = False

    def parse(self, raw, lookups):
        return uscc.clean(str(raw))


class Number(Field):
    """A number."""

    type = "number"
    numeric = True
    operators = ("gte", "lte", "between", "is", "empty", "filled")
    cell_class = "num"
    empty = None

    def __init__(
        self, name, label=None, *, integer: bool = False, least: int | None = None, most: int | None = None, **more
    ):
        super().__init__(name, label, **more)
        self.integer, self.least, self.most = integer, least, most

    def parse(self, raw, lookups):
        return self.within(parse.integer(raw) if self.integer else parse.number(raw))

    def within(self, value: Any) -> Any:
        """The value, if it lies within the field's limits; raises ValidationError."""
        if self.least is not None and value < self.least:
            raise ValidationError(_("At least %(limit)s."), params={"limit": self.least})
        most = self.most if self.most is not None else 10**13
        if abs(value) > most:
            raise ValidationError(_("At most %(limit)s."), params={"limit": most})
        return value

    def text(self, value):
        if value is None:
            return ""
        if isinstance(value, int):
            return f"{value:,}"
        shown = f"{Decimal(str(value)):,f}"
        return shown.rstrip("0").rstrip(".") if "." in shown else shown

    def export(self, values):
        return values[0]

    def api(self, values):
        return float(values[0]) if isinstance(values[0], Decimal) else values[0]

    def bound(self, raw: str, lookups: Lookups) -> Any:
        """A limit as the column holds it."""
        return self.parse(raw, lookups)

    def condition(self, op, values, lookups):
        if op not in ("gte", "lte", "between", "is"):
            return super().condition(op, values, lookups)
        path = self.filter_path
        wanted = sorted(self.bound(v, lookups) for v in values if v != "")
        if not wanted or (op == "between" and len(wanted) != 2):
            raise ValidationError(_("Give the limits."))
        if op == "between":
            return Q(**{f"{path}__gte": wanted[0], f"{path}__lte": wanted[1]})
        return Q(**{f"{path}__in": wanted}) if op == "is" else Q(**{f"{path}__{op}": wanted[0]})

    def widget(self, lookups):
        return forms.TextInput(attrs={"class": "inp num", "inputmode": "decimal", "maxlength": 40})


class Money(Number):
    """An amount in yuan, two decimals."""

    type = "money"

    def parse(self, raw, lookups):
        return self.within(check_money(raw if isinstance(raw, Decimal) else parse.decimal_amount(raw)))

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
    up_to = "lte"

    def parse(self, raw, lookups):
        value = parse.day(raw, month_first=lookups.month_first)
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
            first, last = (
                (today - timedelta(days=days), today) if op == "last" else (today, today + timedelta(days=days))
            )
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
        return Q(**{f"{path}__gte": self.limit(first, False), f"{path}__{self.up_to}": self.limit(last, True)})

    def words(self, values, lookups):
        return " – ".join(values)

    def widget(self, lookups):
        return DayInput()


class Moment(Day):
    """An instant."""

    type = "moment"
    joins = True  # a day and a time
    up_to = "lt"

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
    repeats = True
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
