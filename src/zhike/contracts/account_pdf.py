"""The statement of account as a PDF in business form: as many A4 pages as it takes, fonts embedded (SAL-8)."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from zhike.contracts.account import PARTS, Account
from zhike.kit import dates, fonts

# Millimetres on A4.
LEFT, WIDTH, TOP, BOTTOM = 15, 180, 15, 277
ROW, SEALS = 7, 46
COLUMNS = (22, 45, 35, 0, 0, 0)  # day, text, reference; the three amounts share the rest
AMOUNT = (WIDTH - sum(COLUMNS)) / 3


class AccountPdf(FPDF):
    """Head and foot of every page."""

    def __init__(self, account: Account, watermark: str):
        super().__init__(format="A4")
        self.account, self.watermark = account, watermark
        self.set_auto_page_break(False)
        self.set_margins(LEFT, TOP, LEFT)
        self.set_creator("ZhiKe")
        self.set_title(_("Statement of account"))
        fonts.write_in_song(self)

    def footer(self):
        self.set_font("song", size=7)
        self.set_text_color(120)
        self.set_xy(LEFT, BOTTOM + 5)
        self.cell(WIDTH / 2, 4, self.watermark)
        pages = _("Page %(n)s of %(all)s") % {"n": self.page_no(), "all": "{nb}"}
        self.cell(WIDTH / 2, 4, pages, align="R")
        self.set_text_color(0)


def account_pdf(account: Account, *, watermark: str) -> bytes:
    """The PDF of an account: head, lines with running balance, ageing, seals."""
    pdf = AccountPdf(account, watermark)
    pdf.set_line_width(0.1)
    pdf.set_draw_color(120)
    pdf.add_page()
    _head(pdf, account)
    _titles(pdf)
    _row(pdf, [account.first.isoformat(), _("Opening balance"), "", "", "", _yuan(account.opening)])
    for line in account.lines:
        _room(pdf, ROW)
        _row(pdf, [line.on.isoformat(), line.text, line.reference, _yuan(line.debit) if line.debit else "",
                   _yuan(line.credit) if line.credit else "", _yuan(line.balance)])  # fmt: skip
    _room(pdf, ROW)
    _row(pdf, [account.last.isoformat(), _("Closing balance"), "", _yuan(account.debits), _yuan(account.credits),
               _yuan(account.closing)], shaded=True)  # fmt: skip
    _ageing(pdf, account)
    _seals(pdf, account)
    return bytes(pdf.output())


def _head(pdf: FPDF, account: Account) -> None:
    pdf.set_font("song", size=18)
    pdf.set_xy(LEFT, TOP)
    pdf.cell(WIDTH, 10, _("Statement of account"), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("song", size=10)
    customer = account.customer
    facts = [
        (pgettext("statement", "To"), customer.name), (pgettext("statement", "From"), account.ours),
        (pgettext("customer", "Code"), customer.code), (_("Period"), f"{account.first} – {account.last}"),
        (_("Address"), customer.address), (_("Unit"), _("yuan (CNY)")),
    ]  # fmt: skip
    for number, (label, value) in enumerate(facts):
        if number % 2 == 0:
            pdf.set_xy(LEFT, pdf.get_y() + (1 if number else 3))
        width = WIDTH * (0.6 if number % 2 == 0 else 0.4)
        pdf.cell(width, 6, _cut(pdf, _("%(label)s: %(value)s") % {"label": label, "value": value}, width),
                 new_x=XPos.RIGHT if number % 2 == 0 else XPos.LMARGIN,
                 new_y=YPos.TOP if number % 2 == 0 else YPos.NEXT)  # fmt: skip
    pdf.set_y(pdf.get_y() + 3)


def _titles(pdf: FPDF) -> None:
    _row(
        pdf,
        [_("Day"), pgettext("account line", "What"), _("Reference"), _("Increase"), _("Decrease"), _("Balance")],
        shaded=True,
        title=True,
    )


def _row(pdf: FPDF, cells: list[str], *, shaded: bool = False, title: bool = False) -> None:
    pdf.set_font("song", size=9)
    pdf.set_fill_color(243, 243, 240)
    x, y = LEFT, pdf.get_y()
    for place, text in enumerate(cells):
        width = COLUMNS[place] or AMOUNT
        align = "C" if title or place == 0 else "R" if place > 2 else "L"
        pdf.set_xy(x, y)
        pdf.cell(width, ROW, _cut(pdf, text, width), border=1, align=align, fill=shaded)
        x += width
    pdf.set_xy(LEFT, y + ROW)


def _room(pdf: FPDF, height: float, *, titles: bool = True) -> None:
    """A new page where the rest of this one is too short."""
    if pdf.get_y() + height > BOTTOM:
        pdf.add_page()
        pdf.set_xy(LEFT, TOP)
        if titles:
            _titles(pdf)


def _ageing(pdf: FPDF, account: Account) -> None:
    _room(pdf, 3 * ROW + 6, titles=False)
    pdf.set_y(pdf.get_y() + 4)
    pdf.set_font("song", size=9)
    said = _("Open on %(day)s by age:") % {"day": account.last}
    pdf.cell(WIDTH, ROW, said, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    names = [_("not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("over 90 days"), _("unused credit")]
    amounts = [*(account.ageing[part] for part in PARTS), -account.unused]
    for texts, shaded in ((names, True), ([_yuan(amount) for amount in amounts], False)):
        x, y = LEFT, pdf.get_y()
        for text in texts:
            pdf.set_xy(x, y)
            pdf.cell(WIDTH / 6, ROW, text, border=1, align="C", fill=shaded)
            x += WIDTH / 6
        pdf.set_xy(LEFT, y + ROW)


def _seals(pdf: FPDF, account: Account) -> None:
    """What both sides confirm, with a field for each seal."""
    _room(pdf, SEALS + 16, titles=False)
    pdf.set_y(pdf.get_y() + 5)
    pdf.set_font("song", size=9)
    said = _("By our books your account stands at %(sum)s yuan on %(day)s. Please compare it with yours, and send this "
             "statement back with your seal; where it differs, please say how.")  # fmt: skip
    pdf.multi_cell(WIDTH, 5, said % {"sum": _yuan(account.closing), "day": account.last}, new_x=XPos.LMARGIN,
                   new_y=YPos.NEXT)  # fmt: skip
    y, date_label = pdf.get_y() + 3, _("Date:")
    for place, (title, party) in enumerate(
        ((_("Issued by (seal)"), account.ours), (_("Confirmed by (seal)"), account.customer.name))
    ):
        x = LEFT + place * WIDTH / 2
        pdf.rect(x, y, WIDTH / 2, SEALS - 10)
        pdf.set_xy(x + 2, y + 2)
        pdf.cell(WIDTH / 2 - 4, 6, _cut(pdf, f"{title} {party}", WIDTH / 2 - 4))
        pdf.set_xy(x + 2, y + SEALS - 18)
        pdf.cell(WIDTH / 2 - 4, 6, _("Name:"))
        pdf.set_xy(x + WIDTH / 4, y + SEALS - 18)
        pdf.cell(WIDTH / 4 - 4, 6, f"{date_label} {dates.today() if place == 0 else ''}")


def _cut(pdf: FPDF, text: str, width: float) -> str:
    """The text as far as it fits into a cell."""
    text = "".join(c for c in text if c.isprintable())
    if pdf.get_string_width(text) <= width - 2:
        return text
    while text and pdf.get_string_width(f"{text}…") > width - 2:
        text = text[:-1]
    return f"{text}…"


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"
