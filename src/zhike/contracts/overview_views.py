"""Pages of what is owed: the overview, its export, and the statement of account of a customer (SAL-8)."""

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from zhike.contracts import account as accounts
from zhike.contracts import dunning_queries, overview
from zhike.contracts.invoice_kinds import DUNNING
from zhike.contracts.overview import Row, Summary
from zhike.contracts.templatetags.finance import part_labels
from zhike.customers.models import Customer
from zhike.customers.queries import customer as one_customer
from zhike.kit import dates, htmx, parse
from zhike.kit import format as fmt
from zhike.kit.access import require
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.keys import key_of
from zhike.kit.tables.writer import Column, write_xlsx
from zhike.kit.viewer import Viewer
from zhike.org.models import Person
from zhike.records import kinds
from zhike.records.exports import note_export

VIEW, EXPORT = "contracts.receivable.view", "contracts.receivable.export"
TOP, SHOWN = 8, 100


@require_safe
def receivables_overview(request: HttpRequest) -> HttpResponse:
    """Receivables by salesperson, customer or department with ageing, as of any day; what to ask for first."""
    viewer = request.viewer
    require(viewer, VIEW)
    by, as_of = _asked(request)
    found = overview.summary(viewer, by, as_of, most=SHOWN)
    today, shown = dates.today(), found.rows
    links = _links(viewer, by, shown) if as_of == today else {}
    context = {
        "summary": found, "figures": overview.figures(viewer, as_of), "as_of": as_of, "today": today, "by": by,
        "rows": [{"row": row, **links.get(row.key, {})} for row in shown],
        "more": found.count - len(shown),
        "largest": shown[0].outstanding if shown else None,
        "groups": [{"label": label, "url": _address(key, as_of), "current": key == by} for key, label in _groups()],
        "top": dunning_queries.overdue(viewer, count=TOP) if as_of == today else [],
        "can_dun": viewer.can(DUNNING.verb("create")), "can_export": viewer.can(EXPORT),
        "late_url": f"{reverse('contracts:receivable_list')}?state=overdue&sort=due_on",
        "month_url": _month(today), "query": urlencode({"by": by, "as_of": as_of.isoformat()}),
    }  # fmt: skip
    return htmx.part(request, "contracts/overview.html#overview", context)


def _asked(request: HttpRequest) -> tuple[str, date]:
    by = request.GET.get("by", "owner")
    if by not in overview.GROUPS:
        raise NotVisible
    as_of, today = _day(request, "as_of"), dates.today()
    return by, min(as_of or today, today)


def _day(request: HttpRequest, name: str) -> date | None:
    """A day of the address; what is no day counts as not given."""
    try:
        found = parse.day(text) if (text := request.GET.get(name, "").strip()) else None
    except parse.ParseError:
        return None
    return found if found is None or found.year >= 1990 else None


def _groups() -> list[tuple[str, str]]:
    return [("owner", _("By salesperson")), ("customer", _("By customer")), ("department", _("By department"))]


def _address(by: str, as_of: date) -> str:
    more = {} if as_of == dates.today() else {"as_of": as_of.isoformat()}
    return f"{reverse('contracts:overview')}?{urlencode({'by': by, **more})}"


def _links(viewer: Viewer, by: str, rows: list[Row]) -> dict[int | None, dict[str, str]]:
    """Where the figures of each row open: the receivables behind them."""
    people: dict[int | None, list[str]] = {}
    if by == "department":
        for pk, department in Person.objects.visible_to(viewer).values_list("pk", "department_id"):
            people.setdefault(department, []).append(str(pk))
    page, links = reverse("contracts:receivable_list"), {}
    for row in rows:
        who = {"customer": {"customer": row.key}, "owner": {"owner": row.key}}.get(
            by, {"owner": ",".join(people.get(row.key, ()))}
        )
        links[row.key] = {
            "open_url": f"{page}?{urlencode({**who, 'state': 'open'}, safe=',')}",
            "late_url": f"{page}?{urlencode({**who, 'state': 'overdue'}, safe=',')}",
        }
    return links


def _month(today: date) -> str:
    first = today.replace(day=1)
    end = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return f"{reverse('contracts:receivable_list')}?state=open&due_on__between={first},{end}"


@require_safe
def overview_export(request: HttpRequest) -> HttpResponse:
    """The overview as a workbook, with its sum."""
    viewer = request.viewer
    require(viewer, EXPORT)
    by, as_of = _asked(request)
    found = overview.summary(viewer, by, as_of)
    titles = [dict(_groups())[by], _("Owed to us"), _("Overdue"), *part_labels().values()]
    columns = [Column(str(titles[0]), width=28), *(Column(str(title), "money", 16) for title in titles[1:])]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "overview.xlsx"
        count = write_xlsx(path, columns, _cells(found))
        content = path.read_bytes()
    name = _("Receivables")
    note_export(kinds.get("contracts.receivable"), by=viewer, count=count, words=f"{dict(_groups())[by]} {as_of}")
    return _file(content, f"{name}-{as_of}.xlsx",
                 "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")  # fmt: skip


def _cells(found: Summary) -> Iterator[list[Any]]:
    for row in (*found.rows, found.total):
        yield [_("Total") if row is found.total else row.name or "—", row.outstanding, row.overdue, *_parts(row)]


def _parts(row: Row) -> list[Any]:
    return [row.ageing[part] for part in overview.PARTS]


# The statement of account


@require_safe
def account_page(request: HttpRequest) -> HttpResponse:
    """The account of a customer over a period, on screen."""
    found = _account(request)
    query = urlencode({"customer": found.customer.pk, "from": found.first, "until": found.last})
    return htmx.part(request, "contracts/account.html", {"account": found, "query": query})


@require_safe
def account_file(request: HttpRequest) -> HttpResponse:
    """The same as a PDF with fields for seals; taking it away is noted (ORG-4)."""
    from zhike.contracts.account_pdf import account_pdf  # a library that takes long to start

    found = _account(request)
    if not found.is_whole:
        raise Refused(_("You do not see all that this customer owes; somebody who does can write the statement."))
    accounts.log_statement(found.customer, by=request.viewer, first=found.first, last=found.last)
    said = _("%(person)s printed this on %(time)s") % {
        "person": request.viewer.person, "time": f"{fmt.local(dates.now()):%Y-%m-%d %H:%M}",
    }  # fmt: skip
    title = _("Statement of account")
    name = get_valid_filename(f"{title}-{found.customer.name}-{found.last}"[:100])
    return _file(account_pdf(found, watermark=said), f"{name}.pdf", "application/pdf")


def _account(request: HttpRequest) -> accounts.Account:
    require(request.viewer, VIEW)
    customer: Customer = one_customer(request.viewer, key_of(request.GET.get("customer")))
    first, last = accounts.period(_day(request, "from"), _day(request, "until"), dates.today())
    return accounts.account(request.viewer, customer, first, last)


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
