"""Forms of this room that are not simply the fields of a kind."""

from django import forms
from django.utils.translation import gettext_lazy as _

from zhike.customers import queries
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer, CustomerRelation, rhythm_days
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records.fields import Moment, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups


class NextStepForm(ActionForm):
    """What is to be done next, and when."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        lookups = Lookups(viewer)
        for name, control in (("next_step", Text), ("next_at", Moment)):
            self.fields[name] = FieldControl(control(name).bind(CUSTOMER), lookups)

    def values(self):
        return {"next_step": self.cleaned_data["next_step"] or "", "next_at": self.cleaned_data["next_at"]}


class RelationForm(ActionForm):
    """How a customer stands to another one the viewer sees."""

    kind = forms.ChoiceField(label=_("Relation"), choices=CustomerRelation.Kind.choices)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        other = Ref("other", _("Other customer"), to="customers.customer", required=True)
        self.fields["other"] = FieldControl(other.bind(CUSTOMER), Lookups(viewer))
        self.order_fields(["kind", "other", "note"])
        self.viewer = viewer

    def values(self):
        return {**self.cleaned_data, "other": queries.customer(self.viewer, self.cleaned_data["other"])}


class RhythmForm(ActionForm):
    """Within how many days customers of each tier are followed up."""

    def __init__(self, data=None):
        super().__init__(data, initial=rhythm_days())
        for tier, label in Customer.Tier.choices:
            self.fields[tier] = forms.IntegerField(
                label=label, min_value=1, max_value=3650, required=False, help_text=_("days; empty: no rhythm")
            )
