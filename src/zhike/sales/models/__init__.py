"""Pipelines, opportunities, products, leads: from the first hint to the decision (SAL-1…5)."""

from zhike.sales.models.leads import Lead
from zhike.sales.models.opportunities import Opportunity, OpportunityLine, StageChange, customers_dealt_with
from zhike.sales.models.pipelines import Pipeline, Stage
from zhike.sales.models.products import Product

__all__ = [
    "Lead",
    "Opportunity",
    "OpportunityLine",
    "Pipeline",
    "Product",
    "Stage",
    "StageChange",
    "customers_dealt_with",
]
