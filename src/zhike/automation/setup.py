"""What automation starts with: shipped rules, which rest until somebody puts them to use (ACT-6)."""

from pathlib import Path

from zhike.automation.models import AutomationRule
from zhike.records.shipped import install_rules

DATA = Path(__file__).parent / "data"


def install_automation() -> None:
    """Create the shipped rules that were never here."""
    install_rules(AutomationRule, DATA / "rules.json")
