"""What reminding starts with: the shipped rules. What the user changed stays (ACT-6)."""

from pathlib import Path

from django.db import transaction

from zhike.activities.models import ActivityTemplate, ReminderRule
from zhike.records.shipped import install_rules, read_shipped

DATA = Path(__file__).parent / "data"


def install_reminders() -> None:
    """Create the shipped rules that were never here."""
    install_rules(ReminderRule, DATA / "reminders.json")


@transaction.atomic
def install_templates() -> None:
    """Give visits and meetings the headings of minutes, where nobody has decided about them yet (ACT-1)."""
    if ActivityTemplate.objects.exists():
        return
    for kind, headings in read_shipped(DATA / "minutes.json").items():
        ActivityTemplate.objects.create(kind=kind, headings=headings)
