"""Python's garbage collector, where what it does by itself takes time people wait for."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
