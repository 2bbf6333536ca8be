"""Chinese fonts for PDFs, from a locked package: Noto Serif SC (Songti) and Noto Sans SC; PDFs embed what they use."""

from pathlib import Path

import pylopdf_fonts_zh_cn


def song() -> Path:
    """The file of the serif font, for forms and letters."""
    return Path(pylopdf_fonts_zh_cn.serif_path())


def hei() -> Path:
    """The file of the sans serif font."""
    return Path(pylopdf_fonts_zh_cn.sans_path())
