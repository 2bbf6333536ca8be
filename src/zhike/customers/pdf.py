"""The data card as a PDF of exactly one A4 page, in Songti with the font's used part embedded (CUS-2)."""

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from zhike.customers.sheet import Cell, Group, Sheet
from zhike.kit import fonts

# Millimetres on A4: the frame, the column of group titles, the height of a row.
LEFT, TOP, WIDTH, BOTTOM = 15, 30, 180, 277
TITLE_WIDTH, LABEL_WIDTH, ROW = 10, 25, 11
LARGEST, SMALLEST = 10, 6  # points


def card_pdf(sheet: Sheet) -> bytes:
    """The PDF of a filled form; long texts are set smaller, and shortened where even that does not fit."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(sheet.title)
    pdf.set_creator("ZhiKe")
    fonts.write_in_song(pdf)
    pdf.add_page()
    _watermark(pdf, sheet.watermark)
    pdf.set_font("song", size=18)
    pdf.set_xy(LEFT, 15)
    pdf.cell(WIDTH, 10, sheet.title, align="C")
    pdf.set_line_width(0.15)
    heights = _heights(sheet.groups)
    y = TOP
    for group, height in zip(sheet.groups, heights, strict=True):
        _group(pdf, group, y, height)
        y += height
    pdf.set_line_width(0.4)
    pdf.rect(LEFT, TOP, WIDTH, BOTTOM - TOP)
    pdf.set_font("song", size=7)
    pdf.set_text_color(120)
    pdf.set_xy(LEFT, BOTTOM + 3)
    pdf.cell(WIDTH, 4, sheet.watermark, align="R")
    return bytes(pdf.output())


def _watermark(pdf: FPDF, text: str) -> None:
    pdf.set_font("song", size=15)
    pdf.set_text_color(232)
    for x, y in ((25, 110), (85, 150), (25, 210), (85, 260)):
        with pdf.rotation(30, x, y):
            pdf.text(x, y, text)
    pdf.set_text_color(0)


def _heights(groups: list[Group]) -> list[float]:
    """Rows have one height; what is left of the page goes to the groups that ask for room."""
    fixed = [len(group.rows) * ROW if not group.tall else 0 for group in groups]
    left, shares = BOTTOM - TOP - sum(fixed), sum(group.tall for group in groups) or 1
    return [height or left * group.tall / shares for height, group in zip(fixed, groups, strict=True)]


def _group(pdf: FPDF, group: Group, y: float, height: float) -> None:
    pdf.rect(LEFT, y, TITLE_WIDTH, height)
    pdf.rect(LEFT + TITLE_WIDTH, y, WIDTH - TITLE_WIDTH, height)
    _upright(pdf, group.title, y, height)
    if group.tall:
        inside = height / 2 if len(group.rows) < 2 else height - 7
        for number, row in enumerate(group.rows):
            top, room = (y, 7) if number == 0 else (y + 7, inside)
            _write(pdf, row[0].line, LEFT + TITLE_WIDTH, top, WIDTH - TITLE_WIDTH, room, top_aligned=number > 0)
        return
    for number, row in enumerate(group.rows):
        (_grid_row if group.grid else _line)(pdf, row, y + number * ROW)


def _upright(pdf: FPDF, title: str, y: float, height: float) -> None:
    """A group's title: Chinese from top to bottom, others turned."""
    pdf.set_font("song", size=LARGEST)
    if title.isascii():
        size = LARGEST
        while size > SMALLEST and pdf.get_string_width(title) > height - 2:
            size -= 1
            pdf.set_font("song", size=size)
        x, middle = LEFT + TITLE_WIDTH / 2 + 1.2, y + (height + pdf.get_string_width(title)) / 2
        with pdf.rotation(90, x, middle):
            pdf.text(x, middle, title)
        return
    step = min(5.5, (height - 2) / len(title))
    start = y + (height - step * len(title)) / 2
    for number, letter in enumerate(title):
        pdf.set_xy(LEFT, start + number * step)
        pdf.cell(TITLE_WIDTH, step, letter, align="C")


def _grid_row(pdf: FPDF, row: list[Cell], y: float) -> None:
    half = (WIDTH - TITLE_WIDTH) / 2
    for number, cell in enumerate(row):
        x = LEFT + TITLE_WIDTH + number * half
        pdf.rect(x, y, LABEL_WIDTH, ROW)
        pdf.rect(x + LABEL_WIDTH, y, half - LABEL_WIDTH, ROW)
        _write(pdf, cell.label, x, y, LABEL_WIDTH, ROW, align="C")
        _write(pdf, cell.said, x + LABEL_WIDTH, y, half - LABEL_WIDTH, ROW)


def _line(pdf: FPDF, row: list[Cell], y: float) -> None:
    x, whole = LEFT + TITLE_WIDTH, WIDTH - TITLE_WIDTH
    pdf.line(x, y, LEFT + WIDTH, y)
    for cell in row:
        width = whole * cell.weight / sum(c.weight for c in row)
        _write(pdf, cell.line, x, y, width, ROW)
        x += width


def _write(pdf: FPDF, text: str, x: float, y: float, width: float, height: float, *, align: str = "L",
           top_aligned: bool = False) -> None:  # fmt: skip
    """Set a text into a box, as large as it fits."""
    text = "".join(c for c in text if c.isprintable() or c == "\n")
    if not text:
        return
    for size in range(LARGEST, SMALLEST - 1, -1):
        pdf.set_font("song", size=size)
        step = size * 0.45
        lines = pdf.multi_cell(width - 2, step, text, dry_run=True, output="LINES", align=align)
        if len(lines) * step <= height - 1:
            break
    room = max(int((height - 1) / step), 1)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1].rstrip()[:-1]}…"]
    top = y + 1 if top_aligned else y + (height - len(lines) * step) / 2
    for number, line in enumerate(lines):
        pdf.set_xy(x + 1, top + number * step)
        pdf.cell(width - 2, step, line, align=align, new_x=XPos.RIGHT, new_y=YPos.TOP)
