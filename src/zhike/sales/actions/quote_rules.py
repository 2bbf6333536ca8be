"""Setting how the company quotes (SAL-5)."""

from typing import Any

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.viewer import Viewer
from zhike.sales.models import QuoteRules

SET_QUOTES = "sales.quote.set_rules"


@action
def save_quote_rules(*, by: Viewer, **values: Any) -> QuoteRules:
    """Set the letter of quotes, how long they are valid and their usual terms.

    What is left as shipped is kept empty, so that it follows the language. Raises Refused for places nobody fills.
    """
    require(by, SET_QUOTES)
    rules, shipped = QuoteRules.objects.select_for_update().first() or QuoteRules(), QuoteRules()
    for name, value in values.items():
        setattr(rules, name, value)
    for name in ("subject", "text"):
        template = f"letter_{name}"
        if _lines(getattr(rules, template)) == _lines(getattr(shipped, f"{name}_template")):
            setattr(rules, template, "")
    rules.full_clean()
    rules.save()
    return rules


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()
