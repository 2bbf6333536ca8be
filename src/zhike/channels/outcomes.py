"""What became of an attempt."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """`is_sent`, or why not. `again`: trying again can help; `unclear`: it may have arrived all the same.

    `wait` is for how many seconds the other side asked us to stay away.
    """

    is_sent: bool
    error: str = ""
    again: bool = True
    unclear: bool = False
    wait: float = 0
    status_code: int | None = None
    request: str = ""
    response: str = ""


def sent(**more) -> Outcome:
    """It went."""
    return Outcome(True, **more)


def failed(error: str, **more) -> Outcome:
    """It did not go."""
    return Outcome(False, error=error[:300], **more)
