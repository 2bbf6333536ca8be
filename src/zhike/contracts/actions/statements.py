"""Bank statements: imported so that no line comes in twice, and each line posted as one payment at most (SAL-7)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.contracts import bank_files, matching
from zhike.contracts.actions.payments import post_payment
from zhike.contracts.models import BankLine, BankStatement, PayerAlias, Receivable
from zhike.contracts.models.statements import MATCH
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock
from zhike.kit.errors import Refused
from zhike.kit.tables.reader import UnreadableTable, open_table
from zhike.kit.viewer import Viewer
from zhike.records.actions import start_job
from zhike.records.models import AuditEntry, Job
from zhike.records.uploads import checked_upload

WHY = "lines of a bank statement the action was let in for"
METHOD = "transfer"
MOST_LINES = 50_000
Status = BankLine.Status


@action
def keep_statement(upload: Any, *, by: Viewer, bank: str = "") -> BankStatement:
    """Keep a file of the bank to be looked at; nothing is imported yet. Raises Refused at `file`."""
    require(by, MATCH)
    name, _type = checked_upload(upload)
    try:
        table = open_table(upload, filename=name)
    except UnreadableTable as unreadable:
        raise Refused({"file": str(unreadable)}) from unreadable
    upload.seek(0)
    statement = BankStatement(owner_id=by.person_id, file_name=name[:200], bank=bank[:120], upload=upload)
    statement.columns = bank_files.guess(table.columns)
    statement.save()
    return statement


@action
def map_statement(statement: BankStatement, *, by: Viewer, columns: dict[str, list[str]]) -> BankStatement:
    """Say which columns of the file are what. Raises Refused without a day or an amount, and once it is imported."""
    require(by, MATCH, statement)
    statement = _not_imported(lock(statement))
    if lacks := bank_files.missing(columns):
        raise Refused(_("Still missing: %(fields)s") % {"fields": _(", ").join(lacks)})
    statement.columns = columns
    statement.save()
    return statement


@action
def import_statement(statement: BankStatement, *, by: Viewer) -> BankStatement:
    """Take in the lines of a kept file that are not known yet. Twice is once. Raises Refused for unreadable files."""
    require(by, MATCH, statement)
    statement = lock(statement)
    if statement.imported_at:
        return statement
    reading = read_statement(statement)
    if not reading.read:
        raise Refused(_("No line of this file could be read as money in or out."))
    new = new_rows(reading)
    BankLine.objects.bulk_create(
        [
            BankLine(statement=statement, line=row.line, digest=row.digest, booked_on=row.booked_on, amount=row.amount,
                     payer=row.payer, account=row.account, reference=row.reference, memo=row.memo)
            for row in new
        ],
        batch_size=500, ignore_conflicts=True,  # somebody may be importing the same file at this moment
    )  # fmt: skip
    lines = BankLine.objects.whole_table(WHY).filter(statement=statement)
    period = lines.aggregate(first=Min("booked_on"), last=Max("booked_on"))
    statement.first_on, statement.last_on, statement.read = period["first"], period["last"], reading.read
    statement.debits, statement.failed = reading.debits, len(reading.errors)
    statement.known, statement.imported_at = len(reading.rows) - lines.count(), dates.now()
    statement.save()
    return statement


def read_statement(statement: BankStatement) -> bank_files.Reading:
    """The rows of a kept file, by its mapping. Raises Refused for files that cannot be read."""
    if lacks := bank_files.missing(statement.columns):
        raise Refused(_("Still missing: %(fields)s") % {"fields": _(", ").join(lacks)})
    try:
        reading = bank_files.read(open_table(statement.upload.path, filename=statement.file_name), statement.columns)
    except UnreadableTable as unreadable:
        raise Refused(str(unreadable)) from unreadable
    if len(reading.rows) > MOST_LINES:
        raise Refused(_("A statement has at most %(limit)s lines here.") % {"limit": f"{MOST_LINES:,}"})
    return reading


def new_rows(reading: bank_files.Reading) -> list[bank_files.Row]:
    """The rows that no statement brought before."""
    known: set[str] = set()
    digests = [row.digest for row in reading.rows]
    for start in range(0, len(digests), 500):
        rows = BankLine.objects.whole_table(WHY).filter(digest__in=digests[start : start + 500])
        known.update(rows.values_list("digest", flat=True))
    return [row for row in reading.rows if row.digest not in known]


@action
def delete_statement(statement: BankStatement, *, by: Viewer) -> None:
    """Take a statement away of which no line was posted."""
    require(by, MATCH, statement)
    statement = lock(statement)
    if BankLine.objects.whole_table(WHY).filter(statement=statement, status=Status.MATCHED).exists():
        raise Refused(_("Lines of this statement were posted; it stays."))
    statement.delete()


@action
def post_line(
    line: BankLine, *, by: Viewer, customer: Customer, allocations: Sequence[tuple[Receivable, Decimal]] | None = None,
    note: str = "",
) -> BankLine:  # fmt: skip
    """Post a line as a payment of a customer, put against the lines given (SAL-7); the payer's name is learnt.

    Under lock: of two people with the same line the second gets what the first posted; nothing is paid twice. Raises
    Refused if the line was posted for another customer, or put aside.
    """
    require(by, MATCH)
    line = lock(line)
    if line.status == Status.MATCHED:
        if line.payment.customer_id != customer.pk:
            raise Refused(_("This line was posted for another customer already: %(number)s.")
                          % {"number": line.payment.number})  # fmt: skip
        return line
    if line.status == Status.IGNORED:
        raise Refused(_("This line was put aside; take it up again first."))
    bank = BankStatement.objects.whole_table(WHY).filter(pk=line.statement_id).values_list("bank", flat=True).get()
    line.payment = post_payment(
        customer, by=by, amount=line.amount, received_on=line.booked_on, method=METHOD, allocations=allocations,
        payer=line.payer, bank=bank, reference=line.reference, note=note or line.memo,
    )  # fmt: skip
    _settle(line, Status.MATCHED, by)
    _learn(line, customer, by)
    return line


@action
def start_posting(statement: BankStatement | None, *, by: Viewer) -> Job:
    """Begin to post the certain lines of a statement, or of all, in the background."""
    from zhike.contracts.statement_tasks import post_certain_lines  # which itself posts by this file

    require(by, MATCH)
    job = start_job(_("Post bank lines"), by=by)
    url = statement.get_absolute_url() if statement else reverse("contracts:bank_lines")
    Job.objects.filter(pk=job.pk).update(url=url)
    post_certain_lines.enqueue(job.pk, statement and statement.pk)
    return job


@action
def ignore_line(line: BankLine, *, by: Viewer, reason: str) -> BankLine:
    """Put a line aside that is no payment of a customer, such as interest or a refund of a supplier."""
    require(by, MATCH)
    line = lock(line)
    if line.status == Status.MATCHED:
        raise Refused(_("This line was posted already: %(number)s.") % {"number": line.payment.number})
    if not (reason := " ".join(reason.replace("\x00", "").split())[:200]):
        raise Refused({"reason": _("Say why.")})
    line.reason = reason
    return _settle(line, Status.IGNORED, by)


@action
def reopen_line(line: BankLine, *, by: Viewer) -> BankLine:
    """Take a line up again that was put aside, or whose payment was taken back since."""
    require(by, MATCH)
    line = lock(line)
    if line.status == Status.MATCHED and not line.payment.is_reversed:
        raise Refused(_("Take back the payment %(number)s first.") % {"number": line.payment.number})
    line.reason, line.payment = "", None
    return _settle(line, Status.OPEN, by)


def _settle(line: BankLine, status: str, by: Viewer) -> BankLine:
    line.status, line.person_id, line.settled_at = status, by.person_id, dates.now()
    line.save()
    said = {"status": [None, line.get_status_display()], "line": [None, str(line)]}
    AuditEntry.write(line.statement, AuditEntry.Verb.CHANGED, said)
    return line


def _learn(line: BankLine, customer: Customer, by: Viewer) -> None:
    """Remember under which name this customer's money came in, unless it is its own name."""
    key = matching.key(line.payer)[:200]
    if not key or key == matching.key(customer.name):
        return
    alias, is_new = PayerAlias.objects.whole_table(WHY).get_or_create(
        customer=customer, key=key, defaults={"name": line.payer, "account": line.account, "person_id": by.person_id}
    )
    if not is_new:
        PayerAlias.objects.whole_table(WHY).filter(pk=alias.pk).update(times=F("times") + 1, account=line.account)


def _not_imported(statement: BankStatement) -> BankStatement:
    if statement.imported_at:
        raise Refused(_("This statement was imported already."))
    return statement


def period_of(reading: bank_files.Reading) -> tuple[date | None, date | None]:
    """The first and the last day of what came in."""
    days = [row.booked_on for row in reading.rows]
    return (min(days), max(days)) if days else (None, None)
