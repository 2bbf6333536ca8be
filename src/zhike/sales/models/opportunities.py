"""The opportunity: what we might sell, to whom, how far it is, and how it went from stage to stage (SAL-2, SAL-4)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.idlists import listed
from zhike.kit.money import MoneyField
from zhike.kit.scope import SaidByOwner, ScopedModel, owned_within, through
from zhike.kit.viewer import Viewer
from zhike.records.models import OwnedRecord, person_key
from zhike.sales.models.pipelines import Pipeline, Stage, pipeline, stage_named, stages
from zhike.sales.models.products import Product


def customers_dealt_with(viewer: Viewer, model: type[models.Model]) -> Q | None:
    """Who has a deal with a customer sees it and its contacts, and so do those above them: several may sell to one.

    Registered as not inherited, so that somebody else's deals with that customer stay unseen.
    """
    if model not in (Customer, Contact) or viewer.people is None:
        return None
    deals = Opportunity.objects.whole_table("the owners are the viewer's own people")
    deals = deals.filter(owner_id__in=listed(viewer.people), customer__isnull=False)
    return SaidByOwner(**{"pk__in" if model is Customer else "customer_id__in": deals.values("customer_id")})


class Opportunity(OwnedRecord):
    """A possible sale. `status` follows the stage; the stage moves by the actions of this room."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("opportunity", "Open")
        WON = "won", pgettext_lazy("opportunity", "Won")
        LOST = "lost", pgettext_lazy("opportunity", "Lost")

    class Category(models.TextChoices):
        """How surely a deal counts in the forecast of its month (SAL-10)."""

        COMMIT = "commit", pgettext_lazy("forecast", "Commit")
        BEST_CASE = "best_case", pgettext_lazy("forecast", "Best case")
        PIPELINE = "pipeline", pgettext_lazy("forecast", "Pipeline")
        OMITTED = "omitted", pgettext_lazy("forecast", "Omitted")

    code = models.CharField(_("opportunity code"), max_length=40, blank=True)
    name = models.CharField(_("opportunity name"), max_length=200, blank=True)
    # A deal may come before its customer.
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="opportunities", db_index=False,
        verbose_name=_("customer"),
    )  # fmt: skip
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("contact")
    )
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+", db_index=False, verbose_name=_("pipeline"))
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", db_index=False, verbose_name=_("stage"))
    status = models.CharField(
        pgettext_lazy("opportunity", "status"), max_length=4, choices=Status.choices, default=Status.OPEN,
        editable=False,
    )  # fmt: skip
    # Empty: as its probability says; see `category_by`.
    forecast_category = models.CharField(_("forecast"), max_length=9, choices=Category.choices, blank=True, default="")
    stage_since = models.DateTimeField(_("in this stage since"), default=dates.now, editable=False)
    amount = MoneyField(_("amount"), null=True, blank=True)
    probability = models.PositiveSmallIntegerField(_("win probability (%)"), default=0, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("owner")
    )
    source = models.CharField(pgettext_lazy("opportunity", "source"), max_length=40, blank=True)
    # The first of the product lines, kept here for lists, filters and imports.
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("main product")
    )
    loss_reason = models.CharField(_("reason lost"), max_length=40, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_on = models.DateField(_("next step on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    # Ticked items of checklists: {"<stage id>.<item id>": [person id, "2026-11-23"]}.
    ticked = models.JSONField(_("checklist"), default=dict, blank=True, editable=False)

    # Kept by `actions.scores`: 0 to 100, of open deals only; None until it is reckoned.
    score = models.PositiveSmallIntegerField(_("priority score"), null=True, blank=True, editable=False)

    scope = owned_within("owner", "customer")
    not_audited = OwnedRecord.not_audited | {"score"}

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="opportunity_code_once", violation_error_message=_("This code is taken.")
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="opportunity_amount_positive",
                violation_error_message=_("The amount cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(probability__lte=100),
                name="opportunity_probability_percent",
                violation_error_message=_("A probability is between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_on__isnull=True) | (~Q(status="open") & Q(closed_on__isnull=False)),
                name="opportunity_closed_when_decided",
                violation_error_message=_("A decided deal has the day it was decided, an open one has none."),
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(opened_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="opportunity_closed_after_opened",
                violation_error_message=_("A deal is not decided before it was opened."),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="deals_of_owner"),
            models.Index(fields=["-updated_at", "-id"], name="deals_by_update"),
            # The board: the cards of a column, and its count and sums from the index alone.
            models.Index(fields=["stage", "-stage_since", "-id"], name="deals_of_stage"),
            models.Index(fields=["owner", "stage", "-stage_since", "-id"], name="deals_of_owner_by_stage"),
            # It has the status as well: SQLite reads the row for a column that only the condition names.
            models.Index(
                fields=["pipeline", "stage", "probability", "owner", "amount", "status"],
                name="deals_open",
                condition=Q(status="open"),
            ),
            # Whether one of many people has a deal with a customer: asked of each row of a long list.
            models.Index(fields=["customer", "owner"], name="deals_of_customer"),
            models.Index(fields=["owner", "customer"], name="deals_of_owner_by_customer"),
            models.Index(fields=["status", "closed_on", "owner"], name="deals_by_decision"),
            models.Index(fields=["-amount", "-id"], name="deals_by_amount"),
            models.Index(fields=["expected_on", "id"], name="deals_by_expected", condition=Q(status="open")),
            # Where the score is asked for: best projects first, in the whole funnel and in a column of the board.
            models.Index(fields=["-score", "-id"], name="deals_by_score"),
            models.Index(fields=["stage", "-score", "-id"], name="deals_of_stage_by_score"),
        ]

    def __str__(self):
        return self.name or self.code

    def get_absolute_url(self):
        return reverse("sales:opportunity_page", args=[self.pk])

    def days_in_stage(self, now: datetime | None = None) -> int:
        """Full days since it came into its stage."""
        return max(((now or dates.now()) - self.stage_since).days, 0)

    def cycle_days(self) -> int | None:
        """Days from opening to decision; None while open or where a day is unknown."""
        return (self.closed_on - self.opened_on).days if self.closed_on and self.opened_on else None

    # The stage as a word ("won", a stage's name) means a stage only together with the pipeline, which a form or a file
    # may give before or after it: so the word waits here until `changes` is asked for.

    def promise_stage(self, word: str) -> None:
        """Take a stage by name, or "won" / "lost", to be looked up within the pipeline this record ends up with."""
        self.__dict__["stage_word"] = word

    def promise_lines(self, lines: list[dict[str, Any]]) -> None:
        """Keep product lines that are written after the record itself; they replace all there are."""
        self.__dict__["lines_to_be"] = lines

    def known_lines(self) -> list["OpportunityLine"]:
        """The product lines of a record read through its scope."""
        return self.lines_of_all([self.pk]).get(self.pk, []) if self.pk else []

    @staticmethod
    def lines_of_all(ids: list[int]) -> dict[int, list["OpportunityLine"]]:
        """The product lines of records read through their scope, by their ids, in one query."""
        rows = OpportunityLine.objects.whole_table("lines of deals that were read through their scope")
        found: dict[int, list[OpportunityLine]] = {}
        for line in rows.filter(opportunity__in=ids).select_related("product").order_by("id"):
            found.setdefault(line.opportunity_id, []).append(line)
        return found

    def changes(self) -> dict[str, list[Any]]:
        if word := self.__dict__.pop("stage_word", None):
            self.pipeline_id = pipeline(self.pipeline_id).pk
            self.stage_id = stage_named(self.pipeline_id, word, stages().get(self.stage_id)).pk
        changed = super().changes()
        if (lines := self.__dict__.get("lines_to_be")) is not None:
            before = [[line.product_id, f"{line.quantity:.2f}", _said(line.price)] for line in self.known_lines()]
            after = [[line["product"], f"{line['quantity']:.2f}", _said(line["price"])] for line in lines]
            if before != after:
                changed["lines"] = [before, after]
        return changed


def _said(price: Any) -> str | None:
    return None if price is None else f"{price:.2f}"


class OpportunityLine(ScopedModel):
    """A product of a deal: quantity × price = amount, in yuan."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=2, default=1)
    price = MoneyField(_("price"), null=True, blank=True)
    amount = MoneyField(_("amount"), null=True, blank=True, editable=False)

    scope = through("opportunity")

    class Meta:
        verbose_name = _("product line")
        verbose_name_plural = _("product lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="line_quantity_positive",
                violation_error_message=_("The quantity is more than 0."),
            )
        ]

    def __str__(self):
        return f"{self.product_id} × {self.quantity}"


class StageChange(ScopedModel):
    """A deal came from one stage to another: who, when, why, and how long it had been where it was. Never changed."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="stage_changes", db_index=False)
    old = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    new = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    person = person_key(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    happened_at = models.DateTimeField()
    days = models.PositiveIntegerField(_("days in the stage before"), null=True)

    scope = through("opportunity")

    class Meta:
        verbose_name = _("change of stage")
        verbose_name_plural = _("changes of stage")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["opportunity", "id"], name="stage_changes_of_deal"),
            models.Index(fields=["new", "happened_at"], name="stage_changes_by_day"),
        ]

    def __str__(self):
        return f"{self.opportunity_id}: {self.old_id} → {self.new_id}"
