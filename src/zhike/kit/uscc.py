"""Unified social credit codes (GB 32100-2015), checked by python-stdnum; old 15-digit numbers are let in."""

from django.utils.translation import gettext as _
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from zhike.kit.parse import ParseError, fold_code


def clean(text: str) -> str:
    """The code in capitals and half width; raises ParseError if its check character is wrong."""
    code = fold_code(text).replace("-", "")
    if len(code) == 15 and code.isalnum() and code.isascii():
        return code
    try:
        return uscc.validate(code)
    except ValidationError:
        raise ParseError(_("This is not a valid unified social credit code.")) from None
