"""Forms of this room that are not simply the fields of a kind."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.records.fields import Day, Money, Number, Picklist, Ref, Text
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales.kinds import LEAD, OPPORTUNITY
from zhike.sales.models import Opportunity, Pipeline, Stage
from zhike.sales.models.pipelines import stages, stages_of
from zhike.sales.rules import barred, is_back, stages_open_to


class MoveForm(ActionForm):
    """To which stage a deal goes; why, where that needs a reason; when, where it is decided."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    why = ""  # the deal cannot go to the stage asked for

    def __init__(self, data=None, *, viewer: Viewer, opportunity: Opportunity, **more):
        super().__init__(data, **more)
        lookups = Lookups(viewer)
        self.opportunity = opportunity
        self.stages = {str(stage.pk): stage for stage in stages_of(opportunity.pipeline_id)}
        # All of them: it is the action that refuses a stage one cannot go to from here, and says why.
        choices = [(pk, stage.name) for pk, stage in self.stages.items()]
        self.fields["stage"] = forms.ChoiceField(label=_("Stage"), choices=choices)
        self.now = stages()[opportunity.stage_id]
        self.target = self.stages.get(str(self.data.get("stage") or self.initial.get("stage") or ""))
        if self.target and (why := barred(self.now, self.target)):
            self.target, self.why = None, why
        words = Text("note", _("In words"), wide=True)
        if self.target and self.target.kind == Stage.Kind.LOST:
            reason = Picklist("reason", _("Reason"), picklist="sales.loss_reason")
            self.fields["reason"] = FieldControl(reason.bind(OPPORTUNITY), lookups)
        elif self.target and self.needs_reason():
            words = Text("reason", _("Reason"), wide=True)
        self.fields[words.name] = FieldControl(words.bind(LEAD), lookups)
        if self.target and not self.target.is_open:
            self.fields["closed_on"] = FieldControl(Day("closed_on").bind(OPPORTUNITY), lookups)

    def needs_reason(self) -> bool:
        """Whether the move goes back, or takes a decided deal up again."""
        return self.target.is_open and (not self.now.is_open or is_back(self.now, self.target))

    def offered(self) -> list[Stage]:
        """Where the deal may go from here."""
        return stages_open_to(self.now)

    def refused(self) -> list[tuple[Stage, str]]:
        """Where it may not go from here, each with the reason."""
        return [(stage, why) for stage in self.stages.values() if (why := barred(self.now, stage))]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "stage": self.stages[given["stage"]],
            "reason": given.get("reason") or given.get("note") or "",
            "note": given.get("note") or "",
            "closed_on": given.get("closed_on"),
            "version": given.get("version"),
        }


class LineForm(ActionForm):
    """A product of a deal, how many, at what price."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        lookups = Lookups(viewer)
        for control in (
            Ref("product", _("Product"), to="sales.product", required=True),
            Number("quantity", _("Quantity"), required=True, least=0, most=9_999_999),
            Money("price", _("Price"), least=0, help=_("The list price if left empty.")),
        ):
            self.fields[control.name] = FieldControl(control.bind(OPPORTUNITY), lookups)


class DisqualifyForm(ActionForm):
    """Why a lead is put aside."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        reason = Picklist("reason", _("Reason"), picklist="sales.unqualified_reason", required=True)
        self.fields["reason"] = FieldControl(reason.bind(LEAD), Lookups(viewer))


class ConvertForm(ActionForm):
    """What a lead becomes: a new customer or one that is there, and the deal that opens with it."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        lookups = Lookups(viewer)
        self.viewer = viewer
        existing = Ref("customer", _("Existing customer"), to="customers.customer", help=_("Empty: a new customer."))
        self.fields["customer"] = FieldControl(existing.bind(LEAD), lookups)
        self.fields["opens"] = forms.BooleanField(label=_("Open an opportunity"), required=False, initial=True)
        for name in ("name", "pipeline", "amount", "expected_on", "product"):
            self.fields[name] = FieldControl(OPPORTUNITY.field(name), lookups)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        customer_id, opens = given.pop("customer"), given.pop("opens")
        customer = LEAD.field("customer").target.rows(self.viewer).get(pk=customer_id) if customer_id else None
        values = {name: value for name, value in given.items() if value is not None}
        return {"customer": customer, "opportunity": values if opens else None}


class PipelineForm(ActionForm):
    """What a pipeline is called and how it is evaluated (SAL-3)."""

    name = forms.CharField(label=_("Name"), max_length=60)
    evaluated_by = forms.ChoiceField(
        label=_("Evaluated"), choices=Pipeline.EvaluatedBy.choices,
        help_text=_("Long and complex sales by process, short and simple ones by result."),
    )  # fmt: skip
    is_default = forms.BooleanField(label=_("New deals begin here"), required=False)
    is_archived = forms.BooleanField(label=_("No longer offered"), required=False)


# Always there, or only there once the deal is decided.
NOT_REQUIRED = {"pipeline", "stage", "loss_reason", "code", "name", "closed_on", "owner", "lines"}


class StageForm(ActionForm):
    """A stage: name, kind, probability, expected days, its gate, and where deals go on to."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=pgettext_lazy("stage", "Kind"), choices=Stage.Kind.choices)
    probability = forms.IntegerField(
        label=_("Win probability (%)"), min_value=0, max_value=100,
        help_text=_("Open deals in this stage follow, except those somebody estimated otherwise."),
    )  # fmt: skip
    expected_days = forms.IntegerField(
        label=_("Expected days"), min_value=1, max_value=3650, required=False,
        help_text=_("Longer here a deal is marked amber, past double red."),
    )  # fmt: skip
    required_fields = forms.MultipleChoiceField(
        label=_("Must be filled in before moving on"), required=False, widget=forms.CheckboxSelectMultiple
    )
    checklist = forms.CharField(
        label=_("Checklist"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "class": "inp"}),
        help_text=_("One item a line; with “!” in front it must be ticked before moving on."),
    )  # fmt: skip
    most_skipped = forms.IntegerField(
        label=_("Stages that may be skipped forwards"), min_value=0, max_value=20, required=False,
        help_text=_("0: only to the next stage. Left empty there is no limit."),
    )  # fmt: skip
    goes_to = forms.TypedMultipleChoiceField(
        label=_("Goes on only to"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: to any later stage. Losing is always possible."),
    )  # fmt: skip
    allow_back = forms.BooleanField(label=_("Deals may move back from here"), required=False)

    def __init__(self, data=None, *, stage: Stage):
        start = {name: getattr(stage, name) for name in self.base_fields if name != "checklist"}
        lines = [f"{'!' if item.get('required') else ''}{item['text']}" for item in stage.checklist]
        super().__init__(data, initial=start | {"checklist": "\n".join(lines)})
        self.fields["required_fields"].choices = [
            (f.name, f.label) for f in OPPORTUNITY.fields.values() if f.editable and f.name not in NOT_REQUIRED
        ]
        others = stage.pipeline.stages.filter(is_archived=False).exclude(kind=Stage.Kind.LOST).exclude(pk=stage.pk)
        self.fields["goes_to"].choices = [(s.pk, s.name) for s in others.order_by("order", "id")]

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["checklist"] = [line.strip() for line in given["checklist"].splitlines() if line.strip(" !")]
        return given


class RemoveStageForm(ActionForm):
    """Where the open deals of a stage go that is taken out of its pipeline, and why."""

    def __init__(self, data=None, *, stage: Stage, deals: int):
        super().__init__(data)
        self.others = {
            s.pk: s for s in stage.pipeline.stages.filter(is_archived=False, kind=Stage.Kind.OPEN).exclude(pk=stage.pk)
        }
        if deals:
            self.fields["to"] = forms.TypedChoiceField(
                label=_("Open deals go to"), coerce=int, widget=forms.Select(attrs={"class": "inp"}),
                choices=[("", "—"), *((pk, other.name) for pk, other in self.others.items())],
            )  # fmt: skip
            self.fields["reason"] = forms.CharField(
                label=_("Reason"), max_length=300, widget=forms.TextInput(attrs={"class": "inp"}),
                help_text=_("Kept in the history of each deal."),
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        return {"to": self.others.get(self.cleaned_data.get("to")), "reason": self.cleaned_data.get("reason", "")}
