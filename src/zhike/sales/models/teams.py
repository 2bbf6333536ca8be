"""Who works on a deal: its team, and the colleagues asked for by the day (SAL-4, 000 §4.5-4.2)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit.idlists import listed
from zhike.kit.scope import ByOwner, ScopedModel, through
from zhike.kit.viewer import Viewer
from zhike.records import config
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models.opportunities import Opportunity

DAY_HOURS = Decimal(8)


class TeamMember(ScopedModel):
    """A colleague on the team of a deal: sees it, and with `can_change` writes to it, like a share of the deal."""

    class Role(models.TextChoices):
        PRESALES = "presales", pgettext_lazy("team", "Pre-sales")
        TECHNICAL = "technical", pgettext_lazy("team", "Technical support")
        EXECUTIVE = "executive", pgettext_lazy("team", "Executive")
        SELLER = "seller", pgettext_lazy("team", "Sells along")
        DELIVERY = "delivery", pgettext_lazy("team", "Delivery")
        OTHER = "other", pgettext_lazy("team", "Other")

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="team", db_index=False)
    person = person_key(verbose_name=_("colleague"))
    role = models.CharField(pgettext_lazy("team", "role"), max_length=10, choices=Role.choices, default=Role.PRESALES)
    can_change = models.BooleanField(_("may edit"), default=False)
    added_by = person_key(null=True)
    added_at = models.DateTimeField(auto_now_add=True)

    scope = through("opportunity")

    class Meta:
        verbose_name = _("member of the team")
        verbose_name_plural = _("deal team")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "person"], name="team_member_once",
                violation_error_message=_("This colleague is on the team already."),
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.person_id} · {self.get_role_display()}"


def team_arm(viewer: Viewer, model: type[models.Model]) -> Q | None:
    """Deals on whose team the viewer is; None for the many who are on none."""
    if model is not Opportunity or viewer.person_id not in on_teams():
        return None
    return Q(pk__in=_places(viewer).values("opportunity_id"))


def team_change(viewer: Viewer, record: Any) -> bool:
    """Whether the viewer is on the team of this deal with the right to edit it."""
    if not isinstance(record, Opportunity) or viewer.person_id not in on_teams():
        return False
    return _places(viewer).filter(opportunity=record, can_change=True).exists()


def _places(viewer: Viewer):
    return TeamMember.objects.whole_table("the viewer's own places").filter(person_id=viewer.person_id)


@config.cached
def on_teams() -> frozenset[int]:
    """Who is on any team: asked by every query on deals, so it is remembered; joining a first team bumps it."""
    rows = TeamMember.objects.whole_table("who is on any team, without saying which")
    return frozenset(rows.order_by().values_list("person_id", flat=True).distinct())


class SeenByInvolved(ByOwner):
    """Seen with the deal, and by who asked, who is asked or comes, the head of the department, and all above them."""

    def arms(self, viewer, model):
        arms = super().arms(viewer, model)
        if viewer.people is None:
            return arms
        people = listed(viewer.people)
        deals = Opportunity.objects.visible_to(viewer).filter(pk=OuterRef("opportunity_id"))
        return [
            *arms,
            Q(asked_person_id__in=people),
            Q(person_id__in=people),
            Q(asked_department__head_id__in=people),
            Q(Exists(deals)),
        ]


class ResourceRequest(OwnedRecord):
    """A colleague asked for: for which deal, what for, from day to day, how many hours of each working day.

    One names a person or a department; who answers for them (see `rules.may_decide_resource`) grants or declines.
    """

    class Kind(models.TextChoices):
        PRESALES = "presales", pgettext_lazy("team", "Pre-sales")
        TECHNICAL = "technical", pgettext_lazy("team", "Technical support")
        EXECUTIVE = "executive", pgettext_lazy("team", "Executive")

    class Status(models.TextChoices):
        ASKED = "asked", pgettext_lazy("resource", "Asked")
        GRANTED = "granted", pgettext_lazy("resource", "Granted")
        DECLINED = "declined", pgettext_lazy("resource", "Declined")
        CANCELLED = "cancelled", pgettext_lazy("resource", "Cancelled")

    opportunity = models.ForeignKey(
        Opportunity, models.PROTECT, related_name="resource_requests", verbose_name=_("opportunity")
    )
    kind = models.CharField(pgettext_lazy("resource", "kind"), max_length=10, choices=Kind.choices)
    requester = person_key(db_index=False, verbose_name=_("asked by"))
    asked_person = person_key(null=True, blank=True, verbose_name=_("colleague asked for"))
    asked_department = models.ForeignKey(
        "org.Department", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("department asked")
    )
    first_on = models.DateField(pgettext_lazy("request", "from"))
    last_on = models.DateField(_("to"))
    hours = models.DecimalField(_("hours a day"), max_digits=3, decimal_places=1, default=DAY_HOURS)
    reason = models.CharField(_("what for"), max_length=300)
    status = models.CharField(
        pgettext_lazy("resource", "status"), max_length=9, choices=Status.choices, default=Status.ASKED, editable=False
    )
    person = person_key(null=True, blank=True, db_index=False, verbose_name=_("who comes"))
    decided_by = person_key(null=True, blank=True, editable=False, db_index=False, verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)
    answer = models.CharField(_("answer"), max_length=300, blank=True, editable=False)

    scope = SeenByInvolved("requester")

    class Meta:
        verbose_name = _("resource request")
        verbose_name_plural = _("resource requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="resource_ends_after_start",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0) & Q(hours__lte=DAY_HOURS), name="resource_hours_of_a_day",
                violation_error_message=_("Between half an hour and 8 hours a day."),
            ),
            models.CheckConstraint(
                condition=Q(asked_person__isnull=True, asked_department__isnull=False)
                | Q(asked_person__isnull=False, asked_department__isnull=True),
                name="resource_person_or_department",
                violation_error_message=_("Ask for a colleague or for a department."),
            ),
            models.CheckConstraint(
                condition=~Q(status="granted") | Q(person__isnull=False), name="resource_granted_names_somebody"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["requester", "-updated_at", "-id"], name="resources_of_requester"),
            models.Index(fields=["-updated_at", "-id"], name="resources_by_update"),
            models.Index(fields=["first_on", "id"], name="resources_by_day"),
            models.Index(fields=["person", "last_on"], name="resources_booked", condition=Q(status="granted")),
            models.Index(fields=["status", "last_on"], name="resources_by_status"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.first_on:%m-%d}–{self.last_on:%m-%d}"

    def get_absolute_url(self):
        return reverse("sales:resource_page", args=[self.pk])

    @property
    def is_over(self) -> bool:
        """Whether nothing can be decided any more."""
        return self.status in (self.Status.DECLINED, self.Status.CANCELLED)

    def covers(self, day: date) -> bool:
        """Whether a day lies between the first and the last."""
        return self.first_on <= day <= self.last_on
