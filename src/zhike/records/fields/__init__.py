"""One vocabulary of fields: ours, those the administrator adds, those of a pack are the same classes (CRAFT §6).

A field knows its label, how to clean what came in (form, import, API alike), how to show, filter, sort and export.
`paths` are what a list selects for it; `cell`, `export` and `api` take those values as a tuple, the first is the value.
"""

from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.records.fields.base import EMPTY, Field
from zhike.records.fields.chosen import Choice, Person, Picklist, Ref
from zhike.records.fields.custom import custom_field
from zhike.records.fields.plain import (
    Day,
    Email,
    LongText,
    Moment,
    Money,
    Number,
    Phone,
    Text,
    Uscc,
    YesNo,
)
from zhike.records.fields.rows import PromisedLines, RowsField, check_quantity, money_in, number_in
from zhike.records.fields.titles import LongTitle, Title

OPERATOR_LABELS = {
    "is": gettext_lazy("is"), "in": gettext_lazy("is one of"), "not_in": gettext_lazy("is none of"),
    "any": gettext_lazy("has one of"), "contains": gettext_lazy("contains"), "starts": gettext_lazy("starts with"),
    "gte": gettext_lazy("at least"), "lte": gettext_lazy("at most"), "between": gettext_lazy("between"),
    "before": gettext_lazy("before"), "after": pgettext_lazy("filter", "from"),
    "last": gettext_lazy("in the last … days"), "next": gettext_lazy("in the next … days"),
    "me": gettext_lazy("is me"), "team": gettext_lazy("is in my team"),
    "empty": gettext_lazy("is empty"), "filled": gettext_lazy("is filled in"),
}  # fmt: skip

__all__ = [
    "EMPTY", "Choice", "Day", "Email", "Field", "LongText", "LongTitle", "Moment", "Money", "Number", "Person", "Phone",
    "Picklist", "PromisedLines", "Ref", "RowsField", "Text", "Title", "Uscc", "YesNo", "check_quantity", "custom_field",
    "money_in", "number_in",
]  # fmt: skip
