"""Fields only deals have: pipeline and stage, and how long a deal has been in its stage."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhike.kit import dates, parse
from zhike.kit import format as fmt
from zhike.kit.keys import key_of
from zhike.records import kinds
from zhike.records.fields import EMPTY, Choice, Moment, Number, PromisedLines, check_quantity, money_in, number_in
from zhike.sales.models import Opportunity, Stage
from zhike.sales.models.pipelines import pipelines, stages
from zhike.sales.rules import stuck_state

TONES = {Stage.Kind.OPEN: "info", Stage.Kind.WON: "ok", Stage.Kind.LOST: "mute"}
DAY_TONES = {"": "", "stuck": " warn", "late": " bad"}


class StageWord(str):
    """A stage by its name, or "won" / "lost": which one it is depends on the record's pipeline."""


class PipelineField(Choice):
    """A pipeline, by id or name."""

    type = "pipeline"
    empty = None

    def choices(self):
        return [(p.pk, p.name) for p in pipelines() if not p.is_archived]

    def labels(self):
        return {p.pk: p.name for p in pipelines()}

    def sort_paths(self):
        return (f"{self.name}__order",)


class StageField(Choice):
    """A stage, by id, by name, or as "won" or "lost"; names are understood within the record's pipeline."""

    type = "stage"
    empty = None

    def choices(self):
        many = len(pipelines()) > 1
        return [
            (stage.pk, f"{p.name} · {stage.name}" if many else stage.name)
            for p in pipelines()
            if not p.is_archived
            for stage in p.stages_in_order
        ]

    def labels(self):
        return {pk: stage.name for pk, stage in stages().items()}

    def parse(self, raw, lookups):
        word = parse.clean_text(str(raw))
        if (pk := key_of(word)) in stages():
            return pk
        if not self.ids_of(word):
            names = _(", ").join(dict.fromkeys(stage.name for stage in stages().values()))
            raise ValidationError(_("“%(word)s” is no stage: %(names)s."), params={"word": word[:40], "names": names})
        return StageWord(word)

    def ids_of(self, word: str) -> list[int]:
        """The stages of all pipelines a word may mean."""
        wanted = word.casefold()
        return [pk for pk, stage in stages().items() if wanted in (str(pk), stage.name.casefold(), self.decided(stage))]

    def decided(self, stage: Stage) -> str:
        """The word for any won or lost stage."""
        return "" if stage.is_open else stage.kind

    def write(self, record, value):
        record.promise_stage(value) if isinstance(value, StageWord) else super().write(record, value)

    def text(self, value):
        return str(value) if isinstance(value, StageWord) else super().text(value)

    def condition(self, op, values, lookups):
        if op in ("in", "not_in"):
            ids = [pk for value in values if self.parse(value, lookups) for pk in self.ids_of(str(value))]
            wanted = Q(**{f"{self.attname}__in": ids})
            return wanted if op == "in" else ~wanted
        return super().condition(op, values, lookups)

    def cell(self, values):
        stage = stages().get(values[0])
        return fmt.badge(stage.name, TONES[stage.kind]) if stage else EMPTY

    def sort_paths(self):
        return (f"{self.name}__order",)


class SinceField(Moment):
    """Since when a deal is in its stage, shown as days: amber past what is expected, red past double."""

    @property
    def paths(self):
        return (self.attname, "stage_id")

    def values_of(self, record: Any):
        return (record.stage_since, record.stage_id)

    def cell(self, values):
        stage = stages().get(values[1])
        if stage is None or not stage.is_open:
            return EMPTY
        return days_in_stage((dates.now() - values[0]).days, stage)


class ScoreField(Number):
    """The priority score, 0 to 100, with a bar; its page opens it to its parts."""

    def cell(self, values):
        return score_cell(values[0])


class LinesField(PromisedLines):
    """The product lines of a deal: in the API a list of {product, quantity, price}, in a file names parted by ";"."""

    model = Opportunity
    keys = frozenset({"product", "quantity", "price"})
    shown = frozenset({"name", "amount"})

    def words(self, part, lookups):
        return {"product": part}

    def row(self, given, lookups):
        if not given.get("product"):
            raise ValidationError(_("A line names a product."))
        quantity, price = number_in(given, "quantity", Decimal(1)), money_in(given, "price")
        check_quantity(quantity)
        if price is not None and price < 0:
            raise ValidationError(_("Prices are not negative."))
        product = lookups.record(kinds.get("sales.product"), given["product"])
        return {"product": product, "quantity": quantity, "price": price}

    def api(self, values):
        return [
            {
                "product": line.product_id,
                "name": line.product.name,
                "quantity": f"{line.quantity.normalize():f}",
                "price": None if line.price is None else f"{line.price:.2f}",
                "amount": None if line.amount is None else f"{line.amount:.2f}",
            }
            for line in values[0]
        ]


def days_in_stage(days: int, stage: Stage) -> Any:
    """Days in a stage, coloured against what is expected; the words say it too."""
    text = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    state = stuck_state(stage, days)
    if not state:
        return format_html('<span class="tnum nw">{}</span>', text)
    title = _("expected: %(n)s days") % {"n": stage.expected_days}
    return format_html('<span class="tnum nw{}" title="{}">{}</span>', DAY_TONES[state], title, text)


def score_cell(score: int | None) -> Any:
    """A priority score with its bar."""
    if score is None:
        return EMPTY
    return mark_safe(f'<span class="nw tnum"><span class="vbar" data-v="{fmt.percent(score)}"></span>{score}</span>')
