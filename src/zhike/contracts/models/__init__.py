"""Contracts, what is owed on them, and what was paid: one append-only ledger in the middle (SAL-6…9)."""

from zhike.contracts.models.agreements import Contract, ContractChange, ContractLine, Milestone, PlanLine
from zhike.contracts.models.ledger import LedgerEntry
from zhike.contracts.models.money import Payment, Receivable
from zhike.contracts.models.settings import ContractRules, rules_in_force

__all__ = [
    "Contract",
    "ContractChange",
    "ContractLine",
    "ContractRules",
    "LedgerEntry",
    "Milestone",
    "Payment",
    "PlanLine",
    "Receivable",
    "rules_in_force",
]
