"""Chinese fonts for PDFs, from a locked package: Noto Serif SC (Songti) and Noto Sans SC; PDFs embed what they use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pylopdf_fonts_zh_cn

if TYPE_CHECKING:
    from fpdf import FPDF  # a library that takes long to start


def write_in_song(pdf: FPDF) -> None:
    """Make the serif font known to a PDF as "song"."""
    pdf.add_font("song", "", song())
    # What is embedded keeps the boxes of the whole font: to find smaller ones takes as long as all the rest.
    pdf.fonts["song"].ttfont.recalcBBoxes = False


def song() -> Path:
    """The file of the serif font, for forms and letters."""
    return Path(pylopdf_fonts_zh_cn.serif_path())


def hei() -> Path:
    """The file of the sans serif font."""
    return Path(pylopdf_fonts_zh_cn.sans_path())
