"""Contracts, what is owed on them, and what was paid: one append-only ledger in the middle (SAL-6…9)."""

from zhike.contracts.models.agreements import Contract, ContractChange, ContractLine, Milestone, PlanLine
from zhike.contracts.models.cross_sell import Basis, CrossSellRun, IndustryShare, ProductPair, SuggestionAnswer
from zhike.contracts.models.dunning import DunningNote, DunningStep
from zhike.contracts.models.invoices import Invoice, InvoiceCover, InvoiceLine
from zhike.contracts.models.ledger import LedgerEntry
from zhike.contracts.models.money import Payment, Receivable
from zhike.contracts.models.rewards import Reward, RewardRule
from zhike.contracts.models.settings import ContractRules, rules_in_force
from zhike.contracts.models.statements import BankLine, BankStatement, PayerAlias

__all__ = [
    "BankLine",
    "BankStatement",
    "Basis",
    "Contract",
    "ContractChange",
    "ContractLine",
    "ContractRules",
    "CrossSellRun",
    "DunningNote",
    "DunningStep",
    "IndustryShare",
    "Invoice",
    "InvoiceCover",
    "InvoiceLine",
    "LedgerEntry",
    "Milestone",
    "PayerAlias",
    "Payment",
    "PlanLine",
    "ProductPair",
    "Receivable",
    "Reward",
    "RewardRule",
    "SuggestionAnswer",
    "rules_in_force",
]
