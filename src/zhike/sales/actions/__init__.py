"""Writes of this room: deals through their stages, product lines, leads, pipelines."""

from zhike.sales.actions.deals import (
    lose_opportunity,
    move_opportunity,
    note_signed,
    opportunities_saved,
    opportunity_saved,
    prepare_opportunity,
    reopen_opportunity,
    tick_check,
    win_opportunity,
)
from zhike.sales.actions.leads import claim_lead, convert_lead, disqualify_lead, prepare_lead, release_lead
from zhike.sales.actions.lines import add_line, remove_line, use_total
from zhike.sales.actions.setting_up import delete_stage, next_place, save_pipeline, save_stage

__all__ = [
    "add_line",
    "claim_lead",
    "convert_lead",
    "delete_stage",
    "disqualify_lead",
    "lose_opportunity",
    "move_opportunity",
    "next_place",
    "note_signed",
    "opportunities_saved",
    "opportunity_saved",
    "prepare_lead",
    "prepare_opportunity",
    "release_lead",
    "remove_line",
    "reopen_opportunity",
    "save_pipeline",
    "save_stage",
    "tick_check",
    "use_total",
    "win_opportunity",
]
