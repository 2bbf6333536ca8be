"""What reminding starts with: the shipped rules. What the user changed stays (ACT-6)."""

import json
from pathlib import Path

from django.conf import settings
from django.db import transaction

from zhike.activities.models import ActivityTemplate, ReminderRule
from zhike.records import kinds

DATA = Path(__file__).parent / "data"


@transaction.atomic
def install_rules() -> None:
    """Create the shipped rules that were never here, of the kinds this installation knows. Safe on every start."""
    language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
    known = set(ReminderRule.objects.exclude(key="").values_list("key", flat=True))
    names = set(ReminderRule.objects.values_list("name", flat=True))
    for order, shipped in enumerate(json.loads((DATA / "reminders.json").read_text("utf-8")), 1):
        name = shipped["name"][language]
        if shipped["key"] in known or name in names or kinds.find(shipped["kind"]) is None:
            continue
        own = {n: shipped[n] for n in ("key", "kind", "filter", "clock", "offset", "recipients", "tone")}
        ReminderRule.objects.create(name=name, text=shipped["text"][language], order=order * 10, **own)


@transaction.atomic
def install_templates() -> None:
    """Give visits and meetings the headings of minutes, where nobody has decided about them yet (ACT-1)."""
    if ActivityTemplate.objects.exists():
        return
    language = "zh" if settings.LANGUAGE_CODE.startswith("zh") else "en"
    for kind, headings in json.loads((DATA / "minutes.json").read_text("utf-8")).items():
        ActivityTemplate.objects.create(kind=kind, headings=headings[language])
