"""Which competitors take part in a deal: a condition on the list of deals, names in export and API (SAL-4)."""

from collections import defaultdict

from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.kit.keys import key_or_word
from zhike.records.fields import EMPTY, Ref
from zhike.sales.models import DealCompetitor

WHY = "which deals name a competitor; the deals are read through their scope"


class RivalField(Ref):
    """The names of the competitors in a deal, and the condition which of them take part."""

    operators = ("in", "filled")
    repeats = False

    def __init__(self, name, label, *, to):
        super().__init__(name, label, to=to, editable=False, sortable=False, listed=False)

    @property
    def paths(self):
        return ("pk",)

    def gather(self, ids):
        rows = DealCompetitor.objects.whole_table(WHY).filter(opportunity__in=ids).order_by("id")
        found: dict[int, list[str]] = defaultdict(list)
        for deal, name in rows.values_list("opportunity_id", "competitor__name"):
            found[deal].append(name)
        return found

    def read(self, record):
        return None

    def values_of(self, record):
        return (self.gather([record.pk]).get(record.pk, []),)

    def cell(self, values):
        return self.export(values) or EMPTY

    def export(self, values):
        return _(", ").join(values[0]) if isinstance(values[0], list) else ""  # the key, before names are gathered

    def api(self, values):
        return list(values[0])

    def condition(self, op, values, lookups):
        named = DealCompetitor.objects.whole_table(WHY)
        if op == "in":
            wanted = [lookups.record(self.target, key_or_word(v)) for v in values]
            named = named.filter(competitor__in=wanted)
        return Q(pk__in=named.order_by().values("opportunity_id"))
