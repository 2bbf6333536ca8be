"""Unified social credit codes (GB 32100-2015), checked by python-stdnum; old 15-digit numbers are let in."""

from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError

from zhike.kit.parse import ParseError, fold_code

OLD_LENGTH = 15


def clean(text: str) -> str:
    """The code in capitals and half width; raises ParseError that says what is wrong with it.

    A registration or tax number from before 2015 passes; `warning` tells about it.
    """
    code = fold_code(text).replace("-", "")
    if is_old(code):
        return code
    try:
        return uscc.validate(code)
    except InvalidLength:
        raise ParseError(
            _("A unified social credit code has 18 characters; this has %(count)s.") % {"count": len(code)}
        ) from None
    except InvalidChecksum:
        raise ParseError(_("The last character does not fit the others: there is a slip in this code.")) from None
    except (InvalidFormat, ValidationError):
        raise ParseError(_("A unified social credit code has digits and capitals without I, O, S, V, Z.")) from None


def is_old(code: str) -> bool:
    """A registration or tax number of fifteen characters, which companies had before 2015."""
    return len(code) == OLD_LENGTH and code.isascii() and code.isalnum()


def warning(code: str) -> str:
    """What to tell the user about a code that is let in, or ""."""
    return _("This is an old 15-digit number; ask for the code of 18 characters.") if is_old(code) else ""
