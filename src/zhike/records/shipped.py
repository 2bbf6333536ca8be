"""What comes with the product and becomes rows: files of the rooms, in the language of the installation. All of it is
safe on every start, and what the user changed stays.
"""

import csv
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction

from zhike.records import config, kinds
from zhike.records.models import PicklistOption


def language() -> str:
    """In which language it is installed: that of the installation."""
    return "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"


def install_picklists(file: Path) -> None:
    """Fill the picklists of a room that have no entries yet, from its CSV (picklist, code, and a label a language)."""
    filled = set(PicklistOption.objects.values_list("picklist", flat=True).distinct())
    with file.open(encoding="utf-8", newline="") as opened:
        new = [
            PicklistOption(picklist=row["picklist"], code=row["code"], label=row[language()], order=order)
            for order, row in enumerate(csv.DictReader(opened), 1)
            if row["picklist"] not in filled
        ]
    if new:
        PicklistOption.objects.bulk_create(new)
        config.bump()


@transaction.atomic
def install_rules(model: type[models.Model], file: Path) -> None:
    """Create the rules of a JSON file that were never here, by their `key`, of the kinds this installation knows."""
    known = set(model.objects.exclude(key="").values_list("key", flat=True))
    names = set(model.objects.values_list("name", flat=True))
    for order, values in enumerate(read_shipped(file), 1):
        if values["key"] not in known and values["name"] not in names and kinds.find(values["kind"]):
            model.objects.create(**values, order=order * 10)


def read_shipped(file: Path) -> Any:
    """What a JSON file holds; of each text in it, {"zh": …, "en": …}, the one in the language of the installation."""
    return json.loads(file.read_text("utf-8"), object_hook=_worded)


def _worded(value: dict[str, Any]) -> Any:
    return value[language()] if value.keys() == {"zh", "en"} else value
