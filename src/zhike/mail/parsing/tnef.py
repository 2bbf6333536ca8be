"""winmail.dat: what Outlook packs into one file of its own is taken out again, by tnefparse."""

import struct
from collections.abc import Iterator

from tnefparse import TNEF

NAMES = ("winmail.dat", "win.dat")
TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]] | None:
    """The files inside, as (name, bytes), or None where it cannot be read: it is then kept as it is."""
    try:
        letter = TNEF(data, do_checksum=False)
        found = [(_text(a.long_filename() or a.name), bytes(a.data or b"")) for a in letter.attachments]
    # What the library raises on a broken file is not declared anywhere.
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, NotImplementedError, OSError):
        return None
    return iter([(name, content) for name, content in found if content])


def _text(name: str | bytes) -> str:
    from zhike.mail.parsing.charsets import decode

    return decode(name) if isinstance(name, bytes) else str(name)
