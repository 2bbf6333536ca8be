"""Writes of this room: contracts, the ledger, payments."""

from zhike.contracts.actions.drafts import contract_saved, contracts_saved, prepare_contract
from zhike.contracts.actions.milestones import finish_milestone, remove_milestone, save_milestone
from zhike.contracts.actions.payments import (
    allocate,
    payment_saved,
    payments_saved,
    post_payment,
    prepare_payment,
    refund_payment,
    reverse_entry,
    reverse_payment,
    use_credit,
    write_off,
)
from zhike.contracts.actions.quotes import accept_quote
from zhike.contracts.actions.receivables import prepare_receivable, receivable_saved, receivables_saved
from zhike.contracts.actions.setting_up import save_rules
from zhike.contracts.actions.signing import (
    change_contract,
    complete_contract,
    sign_contract,
    submit_contract,
    terminate_contract,
)

__all__ = [
    "accept_quote",
    "allocate",
    "change_contract",
    "complete_contract",
    "contract_saved",
    "contracts_saved",
    "finish_milestone",
    "payment_saved",
    "payments_saved",
    "post_payment",
    "prepare_contract",
    "prepare_payment",
    "prepare_receivable",
    "receivable_saved",
    "receivables_saved",
    "refund_payment",
    "remove_milestone",
    "reverse_entry",
    "reverse_payment",
    "save_milestone",
    "save_rules",
    "sign_contract",
    "submit_contract",
    "terminate_contract",
    "use_credit",
    "write_off",
]
