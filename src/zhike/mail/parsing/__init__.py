"""What letters say, however they were written: character sets, MIME, HTML, quotations, winmail.dat."""

from zhike.mail.parsing.charsets import decode, header_text
from zhike.mail.parsing.html import cleaned, text_of
from zhike.mail.parsing.machines import Failed, Returned
from zhike.mail.parsing.mime import Head, Parsed, Part, parse, parse_head
from zhike.mail.parsing.quoting import Said, forwarded_sender, split

__all__ = [
    "Failed", "Head", "Parsed", "Part", "Returned", "Said", "cleaned", "decode", "forwarded_sender", "header_text",
    "parse", "parse_head", "split", "text_of",
]  # fmt: skip
