"""The money side of the demo company: invoices, a bank statement with open lines, notes of dunning."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.contracts.actions import invoices, payments, statements
from zhike.contracts.invoice_kinds import DUNNING, INVOICE
from zhike.contracts.models import Contract, Receivable
from zhike.kit.viewer import Viewer, viewer_of
from zhike.org.actions import decide_approval
from zhike.org.actions.approvals import open_of
from zhike.org.models import Person
from zhike.packs.distribution import words
from zhike.records.actions import create_record

INVOICED, DUNNED, LINES = 40, 24, 18


def keep_books(random: Random, today: date, finance: Person) -> None:
    """Invoice contracts, ask for what is overdue, and take in a statement of the bank. Inside an action."""
    by = viewer_of(finance.pk)
    contracts = list(Contract.objects.visible_to(by).filter(signed_on__isnull=False, receivable__gt=0)
                     .select_related("customer").order_by("-signed_on", "id")[: INVOICED * 2])  # fmt: skip
    _invoices(random, today, contracts, by)
    _dunning(random, today, by)
    _statement(random, today, by)
    _write_off(today, finance, by)


def _invoices(random: Random, today: date, contracts: list[Contract], by: Viewer) -> None:
    few = max(1, min(4, len(contracts) // 8))  # that wait for each step: also a small company has some further on
    for n, contract in enumerate(contracts[:INVOICED]):
        # Who still owes is invoiced in full, so that there is something invoiced and not paid.
        whole = contract.outstanding > 0 or random.random() < 0.5
        part = contract.amount if whole else (contract.amount / 2).quantize(Decimal("0.01"))
        kind = "digital_special" if contract.customer.uscc else "digital_ordinary"
        values = {"contract": contract.pk, "customer": contract.customer_id, "amount": part, "kind": kind,
                  "tax_rate": Decimal(random.choice([13, 13, 13, 6])), "content": contract.name[:120]}  # fmt: skip
        invoice = create_record(INVOICE, values, by=by)
        if n < few:
            continue  # to be approved
        invoice = invoices.approve_invoice(invoice, by=by)
        if n < 2 * few:
            continue  # to be issued
        day = max(contract.signed_on, today - timedelta(days=random.randrange(1, 120)))
        number = f"{day:%y}3200000{random.randrange(10**11):011d}"
        invoice = invoices.issue_invoice(invoice, by=by, number=number, issued_on=day)
        if n % 13 == 9:
            back = (part / 4).quantize(Decimal("0.01"))
            number = f"{today:%y}3200009{random.randrange(10**11):011d}"
            invoices.red_letter(invoice, by=by, amount=back, number=number, issued_on=today, reason="部分退货",
                                confirmation=f"{random.randrange(10**20):020d}")  # fmt: skip


def _dunning(random: Random, today: date, by: Viewer) -> None:
    lines = Receivable.objects.visible_to(by).filter(balance__gt=0, due_on__lt=today).order_by("-balance", "id")
    for line in list(lines.select_related("customer", "contract")[:DUNNED]):
        for _n in range(random.choice((1, 1, 2))):
            day = max(line.due_on, today - timedelta(days=random.randrange(1, 25)))
            promised = day + timedelta(days=random.randrange(3, 20)) if random.random() < 0.7 else None
            values = {
                "receivable": line.pk, "customer": line.customer_id, "channel": random.choice(["call", "wechat", "visit", "email"]),
                "happened_on": day, "said": random.choice(words.PROMISES), "contact_name": "财务",
                "promised_on": promised, "promised_amount": (line.balance / 2).quantize(Decimal("0.01")) if promised else None,
            }  # fmt: skip
            create_record(DUNNING, values, by=viewer_of(line.owner_id) if line.owner.is_active else by)


def _statement(random: Random, today: date, by: Viewer) -> None:
    """Payments of the last days as the bank lists them: known payers, one by a parent company, interest, a supplier."""
    lines = Receivable.objects.visible_to(by).filter(balance__gt=0).select_related("customer", "contract")
    rows = ["交易日期,收入金额,支出金额,对方户名,对方账号,摘要,流水号"]
    for n, line in enumerate(lines.order_by("due_on", "id")[:LINES]):
        payer = line.customer.name if n % 6 else f"{line.customer.short_name}控股集团有限公司"
        memo = f"货款 {line.contract.number}" if n % 3 == 0 else "货款"
        amount = line.balance if n % 5 else (line.balance / 2).quantize(Decimal("0.01"))
        account = f"3205{random.randrange(10**12):012d}"
        rows.append(f"{today - timedelta(days=n % 4 + 1)},{amount},,{payer},{account},{memo},L{n:05d}")
    rows.append(f"{today - timedelta(days=1)},86.41,,,,结息,L90001")
    rows.append(f"{today - timedelta(days=2)},12000.00,,杭州甬江设备租赁有限公司,3301000012345678,押金退回,L90002")
    rows.append(f"{today - timedelta(days=2)},,4321.00,国家电网苏州供电公司,3205000099887766,电费,L90003")
    content = BytesIO("\n".join(rows).encode("gb18030")).getvalue()
    upload = SimpleUploadedFile(f"工行流水-{today:%Y%m%d}.csv", content)
    statements.import_statement(statements.keep_statement(upload, by=by, bank="工行基本户 2345"), by=by)


def _write_off(today: date, finance: Person, by: Viewer) -> None:
    """Rests nobody will get any more: given up, waiting for the general manager, waiting for finance."""
    clerk = Person.objects.present().filter(supervisor=finance).order_by("id").first()
    old = Receivable.objects.visible_to(by).filter(balance__gt=0, due_on__lt=today)
    for n, line in enumerate(old.order_by("balance", "id")[:3]):
        asker, first = (finance, clerk) if n == 1 else (clerk, finance)
        payments.write_off(line, by=viewer_of(asker.pk), amount=line.balance, reason="多次催收，对方已停产", on=today)
        for person in ((first, finance.supervisor), (first,), ())[n]:
            approval = open_of("contracts.write_off", line.pk)
            decide_approval(approval, by=viewer_of(person.pk), approve=True, comment="金额小，同意核销。")
