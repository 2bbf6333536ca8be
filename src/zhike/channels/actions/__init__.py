"""Writes of this room: what is to go out, and what becomes of what did not."""

from zhike.channels.actions.deliveries import deliver, give_up, resend

__all__ = ["deliver", "give_up", "resend"]
