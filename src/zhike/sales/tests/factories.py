"""Pipelines, deals, products and leads for tests."""

import factory

from zhike.customers.tests.factories import CustomerFactory
from zhike.org.tests.factories import RecordFactory
from zhike.records import kinds
from zhike.sales.models import Lead, Opportunity, Pipeline, Product, Quote
from zhike.sales.models.pipelines import pipelines
from zhike.sales.setup import install_pipelines


def shipped(key: str = "four") -> Pipeline:
    """A shipped pipeline, installed if it is not there yet."""
    if not any(p.key == key for p in pipelines()):
        install_pipelines()
    return next(p for p in pipelines() if p.key == key)


def stage_at(place: int, key: str = "four"):
    """The stage at a place of a shipped pipeline, counted from 0; -2 is won, -1 lost in the shortest one."""
    return shipped(key).stages_in_order[place]


class _Prepared(RecordFactory):
    """Saves as `create_record` does, so that what follows from the values is there too."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        from zhike.kit.actions import acting
        from zhike.org.viewers import the_system
        from zhike.records.actions import save_record

        with acting(the_system(), "test"):
            record = model_class(*args, **kwargs)
            return save_record(kinds.get(model_class._meta.label_lower), record, by=the_system(), created=True)


class ProductFactory(_Prepared):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"传感器 {n}")
    list_price = 1000


class OpportunityFactory(_Prepared):
    """A deal at the first stage of the default pipeline; its customer belongs to the same owner."""

    class Meta:
        model = Opportunity

    name = factory.Sequence(lambda n: f"检测线改造 {n}")
    stage = factory.LazyFunction(lambda: stage_at(0))
    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))
    amount = 10000


class LeadFactory(_Prepared):
    class Meta:
        model = Lead

    name = factory.Sequence(lambda n: f"线索人 {n}")
    company = factory.Sequence(lambda n: f"来访公司 {n}")


class QuoteFactory(_Prepared):
    """A draft for a customer of the same owner, without lines."""

    class Meta:
        model = Quote

    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))


__all__ = [
    "CustomerFactory",
    "LeadFactory",
    "OpportunityFactory",
    "ProductFactory",
    "QuoteFactory",
    "shipped",
    "stage_at",
]
