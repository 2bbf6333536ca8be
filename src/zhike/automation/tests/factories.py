"""Rules of automation for tests."""

import factory

from zhike.automation.models import AutomationRule


class AutomationRuleFactory(factory.django.DjangoModelFactory):
    """A rule in use that tags a new customer."""

    class Meta:
        model = AutomationRule

    name = factory.Sequence(lambda n: f"规则{n}")
    kind = "customers.customer"
    trigger = "customers.customer.created"
    steps = [{"do": "tag", "with": {"name": "新客户"}}]
    is_active = True
