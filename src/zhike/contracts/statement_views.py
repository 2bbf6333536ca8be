"""Pages of bank statements: take a file in, look at it, post its lines (SAL-7)."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.contracts import bank_files, bank_queries
from zhike.contracts.actions import statements as actions
from zhike.contracts.bank_queries import PAGE
from zhike.contracts.finance_forms import ColumnsForm, PostLineForm, ReasonForm, StatementForm
from zhike.contracts.models import BankLine, BankStatement, Receivable
from zhike.contracts.models.statements import MATCH
from zhike.customers.models import Customer
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.kit.tables.reader import UnreadableTable, open_table
from zhike.records.dialogs import delete_dialog, dialog

PREVIEW = 8
Status = BankLine.Status


@require_safe
def statement_list(request: HttpRequest) -> HttpResponse:
    """The statements taken in, with what is open of each."""
    context = {
        "statements": bank_queries.statements(request.viewer),
        "figures": bank_queries.figures(request.viewer),
    }
    return htmx.part(request, "contracts/statement_list.html", context)


@require_http_methods(["GET", "POST"])
def statement_new(request: HttpRequest) -> HttpResponse:
    """Step 1: the file."""
    require(request.viewer, MATCH)
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.run(actions.keep_statement, by=request.viewer):
        return htmx.redirect(request, form.result.get_absolute_url())
    return htmx.part(request, "contracts/statement_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 2, until it is taken in: what the file holds. Then its lines."""
    statement = bank_queries.statement(request.viewer, pk)
    return _lines(request, statement) if statement.imported_at else _check(request, statement)


def _check(request: HttpRequest, statement: BankStatement) -> HttpResponse:
    """What a kept file holds, and which column is what."""
    try:
        table = open_table(statement.upload.path, filename=statement.file_name)
    except (UnreadableTable, OSError) as unreadable:
        context = {"statement": statement, "error": str(unreadable)}
        return htmx.part(request, "contracts/statement_check.html", context, status=422)
    form = ColumnsForm(request.POST or None, titles=table.columns, guessed=statement.columns)
    if request.method == "POST" and form.run(actions.map_statement, statement, by=request.viewer):
        return htmx.redirect(request, statement.get_absolute_url())
    context: dict[str, Any] = {"statement": statement, "form": form, "lacks": bank_files.missing(statement.columns)}
    if not context["lacks"]:
        reading = actions.read_statement(statement)
        new = actions.new_rows(reading)
        context |= {
            "reading": reading, "rows": reading.rows[:PREVIEW], "errors": reading.errors[:PREVIEW], "new": len(new),
            "known": len(reading.rows) - len(new), "total": sum((row.amount for row in new), Decimal(0)),
            "period": actions.period_of(reading),
        }  # fmt: skip
    return htmx.part(request, "contracts/statement_check.html", context, status=422 if form.errors else 200)


@require_POST
def statement_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Step 3: take the new lines in."""
    statement = bank_queries.statement(request.viewer, pk)
    try:
        statement = actions.import_statement(statement, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, statement.get_absolute_url(), str(refusal), tone="bad")
    return htmx.redirect(request, statement.get_absolute_url(), _("Taken in."))


@require_http_methods(["GET", "POST"])
def statement_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a statement away of which nothing was posted."""
    statement = bank_queries.statement(request.viewer, pk)
    title, delete = _("Delete this statement?"), actions.delete_statement
    return delete_dialog(request, None, statement, title=title, delete=delete, back=reverse("contracts:statement_list"))


@require_safe
def bank_lines(request: HttpRequest) -> HttpResponse:
    """The lines of all statements, the open ones first asked for."""
    require(request.viewer, MATCH)
    return _lines(request, None)


def _lines(request: HttpRequest, statement: BankStatement | None) -> HttpResponse:
    viewer, status = request.viewer, request.GET.get("status", Status.OPEN)
    if status not in (*Status.values, "all"):
        raise NotVisible
    start = min(int(text), 1_000_000) if (text := request.GET.get("start", "")).isdecimal() and len(text) < 9 else 0
    some = bank_queries.lines(viewer, statement, "" if status == "all" else status, start)
    rows, more = some[:PAGE], len(some) > PAGE
    figures = bank_queries.figures(viewer, statement)
    path = request.path
    context = {
        "statement": statement,
        "rows": shown(request, rows),
        "figures": figures,
        "tabs": [
            {"label": label, "url": f"{path}?status={key}", "current": key == status, "count": figures[key][0]}
            for key, label in Status.choices
        ]
        + [{"label": pgettext("bank line", "All"), "url": f"{path}?status=all", "current": status == "all"}],
        "next": f"{path}?status={status}&start={start + PAGE}" if more else "",
        "previous": f"{path}?status={status}&start={max(start - PAGE, 0)}" if start else "",
        "post_url": reverse("contracts:statement_post", args=[statement.pk] if statement else []),
    }
    return htmx.part(request, "contracts/bank_lines.html#lines", context)


def shown(request: HttpRequest, rows: Iterable[BankLine]) -> list[dict[str, Any]]:
    """Lines with their suggestions, as the page shows them."""
    rows = list(rows)
    found = bank_queries.suggestions(request.viewer, [row for row in rows if row.status == Status.OPEN])
    return [{"line": row, "suggestions": found.get(row.pk, [])} for row in rows]


@require_http_methods(["GET", "POST"])
def line_post(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a line: by one click as suggested (`customer`, `pay` = "receivable:amount"), or by the dialog."""
    line, viewer = bank_queries.line(request.viewer, pk), request.viewer
    if request.method == "POST" and "pay" in request.POST:
        return _as_suggested(request, line)
    form = PostLineForm(request.POST or None, viewer=viewer, initial={"customer": request.GET.get("customer")})
    if request.method == "POST" and form.run(actions.post_line, line, by=viewer):
        return htmx.redirect(request, _back(request, line), _("Posted as payment %(number)s.")
                             % {"number": form.result.payment.number})  # fmt: skip
    return dialog(request, form, line, title=_("Post this amount"), submit=_("Post"))


def _as_suggested(request: HttpRequest, line: BankLine) -> HttpResponse:
    viewer, customer = request.viewer, key_of(request.POST.get("customer"))
    found = Customer.objects.visible_to(viewer).filter(pk=customer).first()
    try:
        if found is None:
            raise Refused(_("Choose a customer."))
        pays = _pays(request, request.POST.getlist("pay"))
        line = actions.post_line(line, by=viewer, customer=found, allocations=pays)
    except Refused as refusal:
        return _row(request, line, error=str(refusal))
    return _row(request, line, said=_("Posted as payment %(number)s.") % {"number": line.payment.number})


def _pays(request: HttpRequest, said: list[str]) -> list[tuple[Receivable, Decimal]]:
    """The receivables and amounts of "7:1250.00" each; "" stands for none at all."""
    wanted: dict[int, Decimal] = {}
    for text in filter(None, said[:200]):
        pk, _sep, amount = text.partition(":")
        try:
            wanted[int(pk)] = Decimal(amount)
        except (ValueError, InvalidOperation):
            raise Refused(_("This does not say what is paid.")) from None
    known = Receivable.objects.visible_to(request.viewer).in_bulk([pk for pk in wanted if 0 < pk < 2**63])
    if known.keys() != wanted.keys():
        raise NotVisible
    return [(known[pk], amount) for pk, amount in wanted.items()]


@require_http_methods(["GET", "POST"])
def line_ignore(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a line aside that is no customer's payment."""
    line = bank_queries.line(request.viewer, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.run(actions.ignore_line, line, by=request.viewer):
        return htmx.redirect(request, _back(request, line), _("Put aside."))
    return dialog(request, form, line, title=_("No payment of a customer"), submit=_("Put aside"))


@require_POST
def line_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line up again."""
    line = bank_queries.line(request.viewer, pk)
    try:
        actions.reopen_line(line, by=request.viewer)
    except Refused as refusal:
        return htmx.redirect(request, _back(request, line), str(refusal), tone="bad")
    return htmx.redirect(request, _back(request, line), _("Open again."))


@require_POST
def statement_post(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Post all lines of a statement, or of all, of which the suggestion is certain: a job."""
    require(request.viewer, MATCH)
    statement = bank_queries.statement(request.viewer, pk) if pk else None
    job = actions.start_posting(statement, by=request.viewer)
    return htmx.redirect(request, reverse("records:job_page", args=[job.pk]))


def _row(request: HttpRequest, line: BankLine, *, said: str = "", error: str = "") -> HttpResponse:
    """The line again, in its place."""
    if not htmx.wants_part(request):
        return htmx.redirect(request, _back(request, line), error or said, tone="bad" if error else "ok")
    (row,) = shown(request, [line])
    context = {**row, "error": error}
    response = htmx.part(request, "contracts/parts/bank_line.html", context, status=422 if error else 200)
    return htmx.toast(htmx.trigger(response, "zk:bank"), said) if said else response


def _back(request: HttpRequest, line: BankLine) -> str:
    return line.statement.get_absolute_url()
