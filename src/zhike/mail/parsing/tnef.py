"""winmail.dat: what Outlook packs into one file of its own is taken out again, by tnefparse."""

import struct
from collections.abc import Iterator
from typing import Any

from tnefparse import TNEF

from zhike.mail.parsing.charsets import decode

NAMES = ("winmail.dat", "win.dat")
TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]] | None:
    """The files inside, as (name, bytes), or None where it cannot be read: it is then kept as it is."""
    try:
        letter = TNEF(data, do_checksum=False)
        found = [(_name(a), bytes(a.data or b"")) for a in letter.attachments]
    # What the library raises on a broken file is not declared anywhere.
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, NotImplementedError, OSError):
        return None
    return iter([(name, content) for name, content in found if content])


def _name(attachment: Any) -> str:
    try:
        return str(attachment.long_filename() or attachment.name)
    except UnicodeDecodeError:  # the library knows UTF-8 only; Outlook writes the code page of Windows
        return decode(attachment._name).strip("\0")
