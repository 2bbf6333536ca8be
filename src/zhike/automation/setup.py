"""What automation starts with: shipped rules, which rest until somebody puts them to use (ACT-6)."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from zhike.automation.models import AutomationRule
from zhike.records import kinds

DATA = Path(__file__).parent / "data"


@transaction.atomic
def install_automation() -> None:
    """Create the shipped rules that were never here, of the kinds this installation knows. Safe on every start."""
    language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
    known = set(AutomationRule.objects.exclude(key="").values_list("key", flat=True))
    names = set(AutomationRule.objects.values_list("name", flat=True))
    for order, shipped in enumerate(json.loads((DATA / "rules.json").read_text("utf-8")), 1):
        name = shipped["name"][language]
        if shipped["key"] in known or name in names or kinds.find(shipped["kind"]) is None:
            continue
        own = {field: value for field, value in shipped.items() if field not in ("name", "steps")}
        steps = [{"do": step["do"], "with": _in(language, step["with"])} for step in shipped["steps"]]
        AutomationRule.objects.create(name=name, steps=steps, order=order * 10, **own)


def _in(language: str, values: dict[str, Any]) -> dict[str, Any]:
    return {key: value[language] if isinstance(value, dict) else value for key, value in values.items()}
