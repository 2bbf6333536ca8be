"""Python's own stack: tests call deeper than a server does, and there it tells."""

from functools import wraps


def with_room(function):
    """The same function, with room on Python's stack for what it calls.

    Python keeps its frames in pieces of 16 KiB. Where the calls of a loop reach over the end of one, each of them takes
    a new piece from the system and gives it back: a quarter of the time of our pages under test. A frame too large for
    such a piece gets one of the next power of two, a mebibyte here, and what it calls uses the rest of that.
    """

    @wraps(function)
    def roomy(*arguments, **named):
        return function(*arguments, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=70_000)  # places of eight bytes, of which none is touched
    return roomy
