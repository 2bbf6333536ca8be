"""Settings of this room: numbering, the credit check."""

from typing import Any

from zhike.contracts.models import ContractRules
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.viewer import Viewer


@action
def save_rules(*, by: Viewer, **values: Any) -> ContractRules:
    """Set numbering and the credit check; raises Refused at the field for a rule nobody can number by."""
    require(by, "contracts.rules.change")
    rules = ContractRules.objects.select_for_update().first() or ContractRules()
    for name, value in values.items():
        setattr(rules, name, value)
    rules.full_clean()
    rules.save()
    return rules
