"""Fill the picklists of industries (GB/T 4754-2017, sections and divisions) and sources, where they are empty."""

import csv
from pathlib import Path

from django.conf import settings
from django.db import migrations

FILE = Path(__file__).parent.parent / "data" / "picklists.csv"


def fill(apps, schema_editor):
    option = apps.get_model("records", "PicklistOption")
    language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
    filled = set(option.objects.values_list("picklist", flat=True).distinct())
    with FILE.open(encoding="utf-8", newline="") as file:
        option.objects.bulk_create(
            option(picklist=row["picklist"], code=row["code"], label=row[language], order=order)
            for order, row in enumerate(csv.DictReader(file), 1)
            if row["picklist"] not in filled
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("records", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
