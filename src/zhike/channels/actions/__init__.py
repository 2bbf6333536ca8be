"""Writes of this room: what is to go out, what becomes of what did not, and how all this is set up."""

from zhike.channels.actions.deliveries import deliver, give_up, resend
from zhike.channels.actions.robots import delete_robot, save_robot, try_robot
from zhike.channels.actions.webhooks import (
    delete_webhook,
    known_events,
    renew_secret,
    replay,
    save_webhook,
    stop_webhook,
)
from zhike.channels.actions.wishes import choose, turn_off

__all__ = [
    "choose",
    "deliver",
    "delete_robot",
    "delete_webhook",
    "give_up",
    "known_events",
    "renew_secret",
    "replay",
    "resend",
    "save_robot",
    "save_webhook",
    "stop_webhook",
    "try_robot",
    "turn_off",
]
