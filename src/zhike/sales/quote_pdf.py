"""The quote in the usual Chinese business form, as a PDF on A4: head, table over as many pages as it takes, foot."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from zhike.kit import fonts
from zhike.kit.money import in_words, yuan
from zhike.org.queries import company_name
from zhike.records.lookups import person_names
from zhike.sales.models import Quote, QuoteLine

WIDTHS = (8, 44, 31, 12, 18, 22, 14, 15, 26)  # of the columns, in parts of the page's width
RIGHT = ("CENTER", "LEFT", "LEFT", "CENTER", "RIGHT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")


class Paper(FPDF):
    """A page with the number of pages at its foot."""

    def footer(self):
        self.set_y(-12)
        self.set_font("song", size=8)
        self.set_text_color(120)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")
        self.set_text_color(0)


def quote_pdf(quote: Quote, lines: Sequence[QuoteLine]) -> bytes:
    """The PDF of a quote read with customer and contact, and its lines."""
    pdf = Paper(format="A4")
    pdf.set_title(" ".join((_("Quote"), quote.label)))
    pdf.set_creator("ZhiKe")
    fonts.write_in_song(pdf)
    pdf.set_auto_page_break(True, 18)
    pdf.set_margins(15, 14)
    pdf.add_page()
    _head(pdf, quote)
    _table(pdf, lines)
    _sums(pdf, quote)
    _foot(pdf, quote)
    return bytes(pdf.output())


def _said(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def _labelled(label: str, value: str = "") -> str:
    return (_("%(label)s: %(value)s") % {"label": label, "value": value}).rstrip()


def _number(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _head(pdf: FPDF, quote: Quote) -> None:
    pdf.set_font("song", size=13)
    pdf.cell(0, 8, _said(company_name()), align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("song", size=20)
    pdf.cell(0, 11, _("Quotation"), align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    contact = f"{quote.contact.name} {quote.contact.title}".strip() if quote.contact else ""
    phone = (quote.contact.mobile or quote.contact.phone) if quote.contact else ""
    facts = [
        (_("Customer"), quote.customer.name), (_("Quote number"), quote.label),
        (_("Attention"), contact), (_("Date"), quote.quoted_on.isoformat()),
        (_("Telephone"), phone or quote.customer.phone),
        (_("Valid until"), quote.valid_until.isoformat() if quote.valid_until else "—"),
    ]  # fmt: skip
    pdf.set_font("song", size=10)
    with pdf.table(borders_layout=TableBordersLayout.NONE, col_widths=(14, 62, 14, 30), line_height=6,
                   first_row_as_headings=False, text_align="LEFT") as table:  # fmt: skip
        for left, right in zip(facts[::2], facts[1::2], strict=True):
            row = table.row()
            for label, value in (left, right):
                row.cell(_labelled(label))
                row.cell(_said(value) or "—")
    pdf.ln(3)


def _table(pdf: FPDF, lines: Sequence[QuoteLine]) -> None:
    titles = (_("No."), pgettext("line", "Description"), _("Specification"), _("Unit"), _("Quantity"), _("Unit price"),
              _("Discount"), _("Tax rate"), _("Amount"))  # fmt: skip
    pdf.set_font("song", size=9)
    pdf.set_draw_color(150)
    with pdf.table(col_widths=WIDTHS, line_height=5.5, padding=1, text_align=RIGHT, repeat_headings=1,
                   headings_style=FontFace(emphasis="", fill_color=(240, 240, 238))) as table:  # fmt: skip
        table.row(titles)
        for number, line in enumerate(lines, 1):
            table.row((
                str(number), _said(line.name), _said(line.spec), _said(line.unit), _number(line.quantity),
                f"{line.price:,.2f}", f"{_number(line.discount)}%" if line.discount else "—",
                line.taxation.said, f"{line.amount:,.2f}",
            ))  # fmt: skip
    pdf.ln(2)


def _sums(pdf: FPDF, quote: Quote) -> None:
    rows = [(_("Sum"), f"{quote.subtotal:,.2f}")] if quote.reduction else []
    if quote.reduction:
        rows.append((_("Taken off"), f"-{quote.reduction:,.2f}"))
    rows += [(_("Tax in it"), f"{quote.tax:,.2f}"), (_("Total with tax"), yuan(quote.total))]
    pdf.set_font("song", size=10)
    for label, value in rows:
        pdf.cell(140, 6, label, align="R")
        pdf.cell(0, 6, value, align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("song", size=11)
    pdf.cell(0, 8, _labelled(pgettext("amount", "In words"), in_words(quote.total)), new_x="LMARGIN", new_y="NEXT")


def _foot(pdf: FPDF, quote: Quote) -> None:
    pdf.set_font("song", size=10)
    terms = [
        (pgettext("quote", "Payment"), quote.payment_terms),
        (_("Delivery"), quote.delivery),
        (_("Note"), quote.note),
    ]
    for label, text in terms:
        if text:
            pdf.multi_cell(0, 6, _labelled(label, _said(text)), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(8)
    if pdf.will_page_break(24):
        pdf.add_page()
    half, signed = pdf.epw / 2, _("Signed by")
    for left, right in (
        (_labelled(_("Supplier"), _said(company_name())), _labelled(_("Customer"), _said(quote.customer.name))),
        (_labelled(signed, _said(person_names().get(quote.owner_id, ""))), _labelled(signed)),
        (_labelled(_("Date"), quote.quoted_on.isoformat()), _labelled(_("Date"))),
    ):
        pdf.cell(half, 8, left)
        pdf.cell(half, 8, right, new_x="LMARGIN", new_y="NEXT")
