"""What selling starts with: the shipped pipelines and picklists. What the user changed stays (SAL-2)."""

from pathlib import Path

from django.db import transaction

from zhike.records import config
from zhike.records.shipped import install_picklists, language, read_shipped
from zhike.sales.models import Pipeline, Stage, TaxRate
from zhike.sales.models.taxes import shipped

DATA = Path(__file__).parent / "data"


@transaction.atomic
def install_pipelines() -> None:
    """Create the shipped pipelines that were never here, with stages, checklists and gates, and empty picklists.

    Safe on every start: a pipeline that exists, changed or renamed, is left as it is, as is a list with entries.
    """
    install_picklists(DATA / "picklists.csv")
    install_tax_rates()
    known = set(Pipeline.objects.exclude(key="").values_list("key", flat=True))
    names = set(Pipeline.objects.values_list("name", flat=True))
    has_default = Pipeline.objects.filter(is_default=True).exists()
    for order, given in enumerate(read_shipped(DATA / "pipelines.json"), 1):
        name = given["name"]
        if given["key"] in known or name in names:
            continue
        pipeline = Pipeline(key=given["key"], name=name, evaluated_by=given["evaluated_by"], order=order * 10)
        pipeline.is_default = given.get("is_default", False) and not has_default
        pipeline.save()
        Stage.objects.bulk_create(_stage(pipeline, place, stage) for place, stage in enumerate(given["stages"], 1))
        config.bump()


def install_tax_rates() -> None:
    """Keep the shipped tax rates as rows, unless there are some."""
    if not TaxRate.objects.exists():
        TaxRate.objects.bulk_create(shipped(language()))
        config.bump()


def _stage(pipeline: Pipeline, place: int, shipped: dict) -> Stage:
    checklist = [
        {"id": f"k{n}", "text": item, "required": False} for n, item in enumerate(shipped.get("checklist", ()), 1)
    ]
    return Stage(
        pipeline=pipeline, name=shipped["name"], order=place * 10, kind=shipped["kind"],
        probability=shipped["probability"], expected_days=shipped.get("expected_days"), checklist=checklist,
        required_fields=shipped.get("required_fields", []),
    )  # fmt: skip
