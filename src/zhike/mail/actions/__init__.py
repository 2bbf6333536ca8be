"""Writes of this room: mailboxes, writing and sending, filing what came in."""

from zhike.mail.actions.automatic import filled_in, write_from_template
from zhike.mail.actions.boxes import (
    add_domain,
    claim,
    note_fetched,
    note_trouble,
    remove_account,
    remove_domain,
    save_account,
    save_rules,
    start_again,
)
from zhike.mail.actions.filing import file_letter
from zhike.mail.actions.handling import answered, file_under, move_letters, set_private
from zhike.mail.actions.returning import note_returned
from zhike.mail.actions.templates import delete_template, save_template
from zhike.mail.actions.writing import delete_draft, mark, send_again, take_back, write_letter

__all__ = [
    "add_domain", "answered", "claim", "delete_draft", "delete_template", "file_letter", "file_under", "filled_in",
    "mark", "move_letters", "note_fetched", "note_returned", "note_trouble", "remove_account",
    "remove_domain", "save_account", "save_rules", "save_template", "send_again", "set_private", "start_again",
    "take_back",
    "write_from_template", "write_letter",
]  # fmt: skip
