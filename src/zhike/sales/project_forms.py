"""Forms around a deal: buying centre, competitors, team, resources, weights of the score."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact
from zhike.kit.forms import ActionForm
from zhike.kit.viewer import Viewer
from zhike.org.models import Department, Person
from zhike.records import fields
from zhike.records.forms import FieldControl
from zhike.records.lookups import Lookups
from zhike.sales import projects, scoring
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import BuyingRole, Competitor, DealCompetitor, Opportunity, ResourceRequest, TeamMember
from zhike.sales.models.scores import changed_weights
from zhike.sales.models.teams import DAY_HOURS

NOBODY = ("", "—")


def control(field: fields.Field, viewer: Viewer) -> FieldControl:
    """A field of the kit in a form of this room."""
    return FieldControl(field.bind(OPPORTUNITY), Lookups(viewer))


def person_of(pk: int | None) -> Person | None:
    """A colleague by id."""
    return Person.objects.filter(pk=pk).first() if pk else None


class BuyingForm(ActionForm):
    """What somebody is in the buying centre of a deal."""

    def __init__(self, data=None, *, viewer: Viewer, opportunity: Opportunity, found: BuyingRole | None = None, **more):
        start = {"stance": BuyingRole.Stance.UNKNOWN, "influence": BuyingRole.Influence.SOME}
        others = [place.row for place in projects.buying_centre(viewer, opportunity).places]
        if found is not None:
            start = {name: getattr(found, name) for name in ("role", "stance", "influence", "note")}
            start["covered_by"] = found.covered_by_id
            start["reports_to"] = found.reports_to.contact_id if found.reports_to else ""
        super().__init__(data, initial=start, **more)
        self.found = found
        if found is None:
            taken = {row.contact_id for row in others}
            rows = Contact.objects.visible_to(viewer).filter(customer_id=opportunity.customer_id).exclude(pk__in=taken)
            self.contacts = {str(row.pk): row for row in rows.order_by("-is_primary", "name")[:200]}
            named = [(pk, _named(row)) for pk, row in self.contacts.items()]
            self.fields["contact"] = forms.ChoiceField(label=_("Contact"), choices=[NOBODY, *named])
        self.fields["role"] = forms.ChoiceField(label=_("Role in the decision"), choices=BuyingRole.Role.choices)
        self.fields["stance"] = forms.ChoiceField(
            label=pgettext_lazy("stance", "Stance"), choices=BuyingRole.Stance.choices
        )
        self.fields["influence"] = forms.TypedChoiceField(
            label=pgettext_lazy("influence", "Influence"), choices=BuyingRole.Influence.choices, coerce=int
        )
        self.fields["covered_by"] = control(fields.Person("covered_by", _("Covered by"), required=False), viewer)
        mine = [(row.contact_id, str(row.contact)) for row in others if found is None or row.pk != found.pk]
        self.fields["reports_to"] = forms.TypedChoiceField(
            label=_("Reports to"), choices=[NOBODY, *mine], required=False, coerce=int, empty_value=None
        )
        self.fields["note"] = control(fields.Text("note", _("Note"), required=False), viewer)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["contact"] = self.found.contact if self.found else self.contacts[given["contact"]]
        given["note"] = given["note"] or ""
        return given


def _named(contact: Contact) -> str:
    return f"{contact} · {contact.title}" if contact.title else str(contact)


class RivalForm(ActionForm):
    """A competitor in a deal."""

    def __init__(self, data=None, *, viewer: Viewer, found: DealCompetitor | None = None, taken: set[int] = frozenset(),
                 **more):  # fmt: skip
        start = {"standing": DealCompetitor.Standing.UNKNOWN}
        if found is not None:
            start = {"price": found.price, "standing": found.standing, "note": found.note}
        super().__init__(data, initial=start, **more)
        self.found = found
        if found is None:
            rows = Competitor.objects.visible_to(viewer).filter(is_active=True).exclude(pk__in=taken).order_by("name")
            self.known = {str(row.pk): row for row in rows[:500]}
            self.fields["competitor"] = forms.ChoiceField(
                label=_("Competitor"), choices=[NOBODY, *((pk, str(row)) for pk, row in self.known.items())]
            )
        self.fields["standing"] = forms.ChoiceField(
            label=pgettext_lazy("competitor", "Standing"), choices=DealCompetitor.Standing.choices
        )
        self.fields["price"] = control(fields.Money("price", _("Their price"), least=0, required=False), viewer)
        self.fields["note"] = control(fields.Text("note", _("Note"), required=False), viewer)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["competitor"] = self.found.competitor if self.found else self.known[given["competitor"]]
        given["note"] = given["note"] or ""
        return given


class MemberForm(ActionForm):
    """A colleague on the team, what for, with which right."""

    def __init__(self, data=None, *, viewer: Viewer, found: TeamMember | None = None, **more):
        start = {"role": TeamMember.Role.PRESALES}
        if found is not None:
            start = {"role": found.role, "can_change": found.can_change}
        super().__init__(data, initial=start, **more)
        self.found = found
        if found is None:
            self.fields["person"] = control(fields.Person("person", _("Colleague"), required=True), viewer)
        self.fields["role"] = forms.ChoiceField(label=pgettext_lazy("team", "Role"), choices=TeamMember.Role.choices)
        self.fields["can_change"] = forms.BooleanField(label=_("May edit the deal"), required=False)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["person"] = self.found.person if self.found else person_of(given["person"])
        return given


class AskForm(ActionForm):
    """Whom one needs, when, what for."""

    kind = forms.ChoiceField(label=pgettext_lazy("resource", "What kind"), choices=ResourceRequest.Kind.choices)

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.departments = {str(row.pk): row for row in Department.objects.filter(head__is_active=True)}
        for field in (
            fields.Person("asked_person", _("Colleague"), required=False, help=_("Leave empty to ask a department.")),
            fields.Day("first_on", pgettext_lazy("days", "From"), required=True),
            fields.Day("last_on", pgettext_lazy("days", "To"), required=True),
            fields.Number("hours", _("Hours a day"), required=True, least=0, most=int(DAY_HOURS)),
            fields.Text("reason", _("What for"), required=True, wide=True),
        ):
            self.fields[field.name] = control(field, viewer)
        self.fields["asked_department"] = forms.ChoiceField(
            label=_("Or a department"), required=False,
            choices=[NOBODY, *((pk, str(row)) for pk, row in self.departments.items())],
        )  # fmt: skip
        order = ["kind", "asked_person", "asked_department", "first_on", "last_on", "hours", "reason"]
        self.order_fields(order)

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["asked_person"] = person_of(given["asked_person"])
        given["asked_department"] = self.departments.get(given["asked_department"])
        given["hours"] = Decimal(str(given["hours"]))
        return given


class GrantForm(ActionForm):
    """Who comes."""

    def __init__(self, data=None, *, viewer: Viewer, **more):
        super().__init__(data, **more)
        self.fields["person"] = control(fields.Person("person", _("Who comes"), required=True), viewer)

    def values(self) -> dict[str, Any]:
        return {"person": person_of(self.cleaned_data["person"])}


class AnswerForm(ActionForm):
    """Why not, or why not any more."""

    answer = forms.CharField(label=pgettext_lazy("resource", "Reason"), max_length=300)

    def __init__(self, data=None, *, required: bool = True, **more):
        super().__init__(data, **more)
        self.fields["answer"].required = required


class WeightsForm(ActionForm):
    """What each part of the score weighs."""

    def __init__(self, data=None, **more):
        kept = {name: changed_weights().get(name, rule.weight) for name, rule in scoring.PARTS.items()}
        super().__init__(data, initial=kept, **more)
        for name, rule in scoring.PARTS.items():
            self.fields[name] = forms.IntegerField(label=rule.label, min_value=0, max_value=100)

    def values(self) -> dict[str, Any]:
        return {"weights": dict(self.cleaned_data)}
