"""Which competitor takes part: a condition on the list of deals (SAL-4)."""

from django.db.models import Q

from zhike.records.fields import Ref
from zhike.sales.models import DealCompetitor

WHY = "which deals name a competitor; the deals are read through their scope"


class RivalField(Ref):
    """Deals by the competitors in them; only asked for, as a deal has several."""

    operators = ("in", "filled")

    def __init__(self, name, label, *, to):
        super().__init__(name, label, to=to, editable=False, sortable=False, listed=False)

    def read(self, record):
        return None

    def condition(self, op, values, lookups):
        named = DealCompetitor.objects.whole_table(WHY)
        if op == "in":
            wanted = [lookups.record(self.target, int(v) if str(v).isdigit() else v) for v in values]
            named = named.filter(competitor__in=wanted)
        return Q(pk__in=named.order_by().values("opportunity_id"))
