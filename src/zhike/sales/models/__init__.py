"""Pipelines, opportunities, products, leads: from the first hint to the decision (SAL-1…5)."""

from zhike.sales.models.assignment import AssignmentRule, LeadAssignment
from zhike.sales.models.bundles import BundlePart
from zhike.sales.models.buying import BuyingRole
from zhike.sales.models.categories import ProductCategory
from zhike.sales.models.competitors import Competitor, DealCompetitor
from zhike.sales.models.leads import Lead
from zhike.sales.models.opportunities import Opportunity, OpportunityLine, StageChange, customers_dealt_with
from zhike.sales.models.pipelines import Pipeline, Stage
from zhike.sales.models.products import Product
from zhike.sales.models.quote_rules import QuoteRules
from zhike.sales.models.quotes import PriceList, PriceListItem, Quote, QuoteLine
from zhike.sales.models.scores import DealScore, ScoreWeight
from zhike.sales.models.targets import Forecast, ForecastLine, Target
from zhike.sales.models.taxes import TaxRate
from zhike.sales.models.teams import ResourceRequest, TeamMember

__all__ = [
    "BundlePart",
    "BuyingRole",
    "Competitor",
    "DealCompetitor",
    "DealScore",
    "Forecast",
    "ForecastLine",
    "AssignmentRule",
    "Lead",
    "LeadAssignment",
    "Opportunity",
    "OpportunityLine",
    "Pipeline",
    "PriceList",
    "PriceListItem",
    "Product",
    "ProductCategory",
    "Quote",
    "QuoteLine",
    "QuoteRules",
    "ResourceRequest",
    "ScoreWeight",
    "Stage",
    "StageChange",
    "Target",
    "TaxRate",
    "TeamMember",
    "customers_dealt_with",
]
