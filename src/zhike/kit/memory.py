"""Python's garbage collector, where what it does by itself takes time people wait for."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


def set_aside() -> None:
    """Look no more for circles in what is there by now: in a process that serves, the program itself.

    Otherwise each thorough look goes through all of it, in the middle of somebody's page.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for circles a hundred times more rarely in this block: an import spends a quarter of its time on it.

    Objects without circles go at once as ever, so memory stays as flat.
    """
    before = gc.get_threshold()
    gc.set_threshold(70_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def with_room(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, with room on Python's stack for what it calls.

    Python keeps its frames in pieces of 16 KiB. Where the calls of a loop reach over the end of one, each of them takes
    a new piece from the system and gives it back: a quarter of the time of our pages under test. A frame too large for
    such a piece gets one of the next power of two, a mebibyte here, and what it calls uses the rest of that.
    """

    @wraps(function)
    def roomy(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=70_000)  # places of eight bytes, of which none is touched
    return roomy
