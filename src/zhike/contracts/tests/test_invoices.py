"""Invoices from application to issue and back; the contract's sum; who may do what (SAL-9)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.contracts import invoice_rules
from zhike.contracts.actions import invoices as actions
from zhike.contracts.invoice_kinds import INVOICE
from zhike.contracts.kinds import CONTRACT
from zhike.contracts.models import Contract, Invoice, InvoiceLine
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, paid, signed
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, Refused
from zhike.org.viewers import the_system
from zhike.records.actions import change_record, create_record
from zhike.records.lookups import Lookups
from zhike.sales.models.taxes import Tax

pytestmark = pytest.mark.django_db
NUMBER = "2694200000001266{:04d}"


@pytest.fixture
def contract(company):
    customer = CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司", uscc="91350100M000100Y43",
                               custom={"bank": "工行苏州分行", "bank_account": "1102020009000012345"})  # fmt: skip
    return signed(ContractFactory(owner=company.li_na, customer=customer, amount=Decimal(10000)), on=-20)


def asked(contract, by, amount=4000, **more):
    values = {"contract": contract.pk, "customer": contract.customer_id, "amount": Decimal(amount),
              "tax_rate": Decimal(13), "kind": "digital_special", **more}  # fmt: skip
    return create_record(INVOICE, values, by=by)


def issued(contract, amount=4000, n=1, **more):
    by = the_system()
    invoice = actions.approve_invoice(asked(contract, by, amount, **more), by=by, may_exceed=True)
    return actions.issue_invoice(invoice, by=by, number=NUMBER.format(n), issued_on=day(0))


def fresh(record):
    return type(record).objects.whole_table("test").get(pk=record.pk)


def errors(page):
    return page.content.decode()


def test_SAL_9_an_application_takes_its_title_from_the_data_card_and_adds_up(company, viewer, contract):
    invoice = asked(contract, viewer(company.li_na))
    assert (invoice.title, invoice.tax_number) == (contract.customer.name, "91350100M000100Y43")
    assert (invoice.bank, invoice.bank_account) == ("工行苏州分行", "1102020009000012345")
    assert invoice.net + invoice.tax == invoice.amount == 4000 and invoice.tax == Decimal("460.18")
    assert invoice.owner_id == company.li_na.pk and invoice.code.startswith("FP-")
    (line,) = InvoiceLine.objects.whole_table("test").filter(invoice=invoice)
    assert (line.amount, line.tax) == (invoice.amount, invoice.tax)


def test_SAL_9_the_form_begins_with_the_tax_of_the_contracts_lines(company, viewer, sign_in):
    by, client = viewer(company.li_na), sign_in(company.li_na)

    def offered(*taxes):
        lines = [{"name": f"第 {n} 项", "price": "100", "tax_rate": tax} for n, tax in enumerate(taxes, 1)]
        draft = ContractFactory(owner=company.li_na, amount=Decimal(100 * len(lines)))
        change_record(CONTRACT, draft, {"lines": CONTRACT.field("lines").clean(lines, Lookups(by))}, by=by)
        form = client.get("/invoices/new/", {"contract": draft.pk}).context["form"]
        return form["kind"].value(), form["tax_rate"].value()

    assert offered("6", "6") == ("digital_special", "6")
    assert offered("6", "13") == ("digital_special", "13")
    assert offered("exempt") == ("digital_ordinary", "exempt")


@pytest.mark.parametrize("treatment", ["zero", "exempt", "none"])
def test_SAL_9_what_is_sold_without_tax_takes_an_ordinary_invoice(company, viewer, sign_in, contract, treatment):
    client, by = sign_in(company.li_na), viewer(company.li_na)
    sent = {"contract": contract.pk, "customer": contract.customer_id, "amount": "400", "tax_rate": treatment,
            "title_type": "company"}  # fmt: skip
    page = client.post("/invoices/new/", {**sent, "kind": "digital_special"})
    assert page.status_code == 422 and "由普通发票开具" in errors(page)
    assert client.post("/invoices/new/", {**sent, "kind": "digital_ordinary"}).status_code == 302
    (invoice,) = Invoice.objects.whole_table("test")
    assert (invoice.tax, invoice.net, invoice.tax_treatment) == (0, 400, treatment)
    assert Tax(Decimal(0), treatment).said in errors(client.get(invoice.get_absolute_url()))
    with pytest.raises(Refused):  # the kind changed afterwards
        change_record(INVOICE, invoice, {"kind": "digital_special"}, by=by)
    taxed = asked(contract, by)
    line = {"content": "出口件", "amount": "10", "tax_rate": treatment}
    assert client.post(f"/invoices/{taxed.pk}/lines/add/", line).status_code == 422
    assert client.post(f"/invoices/{invoice.pk}/lines/add/", line).status_code == 302
    # Of an issued one the treatment is what it is; a red one is what the original is.
    invoice = actions.approve_invoice(fresh(invoice), by=the_system())
    invoice = actions.issue_invoice(invoice, by=the_system(), number=NUMBER.format(3), issued_on=day(0))
    red = actions.red_letter(invoice, by=the_system(), amount=Decimal(410), reason="x", number=NUMBER.format(4),
                             confirmation="x", issued_on=day(0))  # fmt: skip
    assert (red.tax, red.tax_treatment) == (0, treatment)


def test_SAL_9_from_application_to_issue_through_the_pages(company, sign_in, contract):
    sales, finance = sign_in(company.li_na), sign_in(company.finance)
    page = sales.get(f"/invoices/new/?contract={contract.pk}")
    assert 'value="10000.00"' in page.content.decode() and contract.customer.name in page.content.decode()
    sent = {"contract": contract.pk, "customer": contract.customer_id, "kind": "digital_special", "amount": "4000",
            "tax_rate": "13", "title_type": "company"}  # fmt: skip
    page = sales.post("/invoices/new/", sent)
    assert page.status_code == 302
    url = page["Location"]
    pk = int(url.rstrip("/").rpartition("/")[2])
    assert "4,000.00" in sales.get(url).content.decode()
    assert finance.post(f"{url}approve/").status_code == 302
    file = SimpleUploadedFile("发票.pdf", b"%PDF-1.4 test", "application/pdf")
    page = finance.post(f"{url}issue/", {"number": NUMBER.format(1), "issued_on": day(0).isoformat(), "file": file})
    assert page.status_code == 302
    invoice = Invoice.objects.whole_table("test").get(pk=pk)
    assert (invoice.status, invoice.number) == ("issued", NUMBER.format(1))
    assert fresh(contract).invoiced == 4000
    history = finance.get(f"{url}changes/").content.decode()
    assert "批准人" in history and company.finance.name in history.partition("批准人")[2]
    assert "发票.pdf" in finance.get(f"{url}files/").content.decode()
    assert NUMBER.format(1) in sales.get(f"/customers/{contract.customer_id}/invoices/").content.decode()


@pytest.mark.parametrize(
    ("kind", "number", "code", "field"),
    [("digital_special", "2494200000001266038", "", "number"), ("digital_special", "24942000000012660383", "3200123456", "old_code"),
     ("paper_special", "123", "3200123456", "number"), ("paper_special", "12345678", "32001", "old_code"),
     ("digital_ordinary", "二十位数字", "", "number")],
)  # fmt: skip
def test_bad_input_numbers_of_each_kind(kind, number, code, field):
    with pytest.raises(Refused) as refusal:
        invoice_rules.checked_number(kind, number, code)
    assert field in refusal.value.messages


def test_SAL_9_a_number_of_twenty_digits_in_full_width_and_with_spaces_is_read():
    assert invoice_rules.checked_number("digital_special", "２４９４２０００ 0000 1266 0383") == (
        "24942000000012660383",
        "",
    )


@pytest.mark.parametrize("amount", ["-5", "0", "1.234", "1e15", "四千"])
def test_bad_input_amounts_land_on_the_field(company, sign_in, contract, amount):
    sent = {
        "contract": contract.pk,
        "customer": contract.customer_id,
        "kind": "digital_special",
        "amount": amount,
        "tax_rate": "13",
    }
    page = sign_in(company.li_na).post("/invoices/new/", sent)
    assert page.status_code == 422 and "id_amount_error" in errors(page)
    assert not Invoice.objects.whole_table("test").exists()


def test_bad_input_a_special_invoice_without_tax_number_and_to_a_person(company, viewer):
    customer = CustomerFactory(owner=company.li_na, uscc="")
    other = signed(ContractFactory(owner=company.li_na, customer=customer))
    with pytest.raises(Refused):
        asked(other, viewer(company.li_na))
    with pytest.raises(Refused):
        asked(other, viewer(company.li_na), title_type="person", tax_number="91350100M000100Y43")
    assert asked(other, viewer(company.li_na), kind="digital_ordinary", title_type="person").pk


def test_SAL_9_a_contract_that_is_not_in_force_is_not_invoiced(company, viewer):
    draft = ContractFactory(owner=company.li_na)
    with pytest.raises(Refused):
        asked(draft, viewer(company.li_na), kind="digital_ordinary")


def test_SAL_9_not_above_the_contract_unless_the_general_manager_says_so(company, viewer, contract):
    by, finance, gm = (viewer(company.people[name]) for name in ("li_na", "finance", "gm"))
    first, second = asked(contract, by, 7000), asked(contract, by, 4000)
    actions.approve_invoice(first, by=gm, may_exceed=True)
    with pytest.raises(Refused):
        actions.approve_invoice(second, by=finance, may_exceed=True)
    with pytest.raises(Refused):
        actions.approve_invoice(second, by=gm)
    actions.issue_invoice(first, by=finance, number=NUMBER.format(1), issued_on=day(0))
    second = actions.approve_invoice(second, by=gm, may_exceed=True)
    assert second.may_exceed
    actions.issue_invoice(second, by=finance, number=NUMBER.format(2), issued_on=day(0))
    assert fresh(contract).invoiced == 11000


def test_SAL_9_the_same_number_is_issued_once_and_twice_is_once(company, viewer, contract):
    finance = viewer(company.finance)
    first = issued(contract, 3000, 1)
    assert actions.issue_invoice(first, by=finance, number=NUMBER.format(1), issued_on=day(0)).pk == first.pk
    second = actions.approve_invoice(asked(contract, finance, 1000), by=finance)
    with pytest.raises(Refused):
        actions.issue_invoice(second, by=finance, number=NUMBER.format(1), issued_on=day(0))
    assert fresh(contract).invoiced == 3000


def test_SAL_9_red_letters_in_parts_and_in_full(company, viewer, contract):
    finance, invoice = viewer(company.finance), issued(contract, 4000)
    red = actions.red_letter(
        invoice, by=finance, amount=Decimal(1500), number=NUMBER.format(8), issued_on=day(0), reason="退货"
    )
    assert (red.amount, red.net + red.tax) == (-1500, -1500)
    assert (fresh(invoice).status, fresh(invoice).left, fresh(contract).invoiced) == ("part_red", 2500, 2500)
    again = actions.red_letter(
        invoice, by=finance, amount=Decimal(1500), number=NUMBER.format(8), issued_on=day(0), reason="退货"
    )
    assert again.pk == red.pk and fresh(contract).invoiced == 2500
    with pytest.raises(Refused):
        actions.red_letter(
            invoice, by=finance, amount=Decimal("2500.01"), number=NUMBER.format(9), issued_on=day(0), reason="退货"
        )
    last = actions.red_letter(
        invoice, by=finance, amount=Decimal(2500), number=NUMBER.format(9), issued_on=day(0), reason="作废重开"
    )
    assert fresh(invoice).status == "red" and fresh(contract).invoiced == 0
    assert red.tax + last.tax == -invoice.tax


def test_SAL_9_digital_invoices_are_never_voided_paper_only_in_their_month(company, viewer, contract):
    finance = viewer(company.finance)
    with pytest.raises(Refused):
        actions.void_invoice(issued(contract, 100), by=finance, reason="错误")
    paper = actions.approve_invoice(asked(contract, finance, 100, kind="paper_special"), by=finance)
    paper = actions.issue_invoice(paper, by=finance, number="12345678", old_code="3200123456", issued_on=day(0))
    before = fresh(contract).invoiced
    assert actions.void_invoice(paper, by=finance, reason="抬头错误").status == "voided"
    assert fresh(contract).invoiced == before - 100
    assert actions.void_invoice(paper, by=finance, reason="抬头错误").status == "voided"
    old = Invoice(kind="paper_special", status="issued", issued_on=day(0).replace(day=1) - timedelta(days=1))
    with pytest.raises(Refused):
        invoice_rules.check_void(old, day(0))


def test_SAL_9_an_issued_invoice_is_never_deleted_an_application_is(company, sign_in, contract, viewer):
    client, invoice = sign_in(company.finance), issued(contract)
    client.post(f"/invoices/{invoice.pk}/delete/")
    assert Invoice.objects.whole_table("test").filter(pk=invoice.pk).exists()
    other = asked(contract, viewer(company.finance), 100)
    assert client.post(f"/invoices/{other.pk}/delete/").status_code == 302
    assert not Invoice.objects.whole_table("test").filter(pk=other.pk).exists()


def test_SAL_9_sent_back_changed_and_applied_for_again(company, sign_in, viewer, contract):
    invoice = asked(contract, viewer(company.li_na))
    assert sign_in(company.finance).post(f"/invoices/{invoice.pk}/reject/", {"reason": ""}).status_code == 422
    sign_in(company.finance).post(f"/invoices/{invoice.pk}/reject/", {"reason": "税率不对"})
    assert fresh(invoice).status == "rejected"
    form = {"kind": "digital_special", "amount": "4000", "tax_rate": "6", "title_type": "company", "title": invoice.title,
            "tax_number": invoice.tax_number, "version": fresh(invoice).version}  # fmt: skip
    assert sign_in(company.li_na).post(f"/invoices/{invoice.pk}/edit/", form).status_code == 302
    invoice = fresh(invoice)
    assert invoice.status == "requested" and invoice.tax == Decimal("226.42")
    assert InvoiceLine.objects.whole_table("test").get(invoice=invoice).tax == invoice.tax


@pytest.mark.parametrize("what", ["approve", "reject", "issue", "red", "void", "delete"])
def test_SAL_9_who_may_what(company, sign_in, viewer, contract, what):
    invoice = asked(contract, viewer(company.li_na))
    url = f"/invoices/{invoice.pk}/{what}/"
    assert sign_in(company.zhao_lei).get(url).status_code == 404
    assert sign_in(company.reader).get(url).status_code == 403
    if what != "delete":
        assert sign_in(company.li_na).get(url).status_code == 403
    assert sign_in(company.finance).get(url).status_code == 200


def test_SAL_9_lines_add_up_and_the_last_one_stays(company, viewer, contract):
    by = viewer(company.li_na)
    invoice = asked(contract, by, 1000)
    line = actions.add_line(invoice, by=by, content="安装调试", amount=Decimal("100.01"), tax_rate=Tax(Decimal(6)))
    invoice = fresh(invoice)
    assert invoice.amount == Decimal("1100.01") and invoice.net + invoice.tax == invoice.amount
    assert invoice.tax == Decimal("115.04") + line.tax
    actions.remove_line(line, by=by)
    assert fresh(invoice).amount == 1000
    with pytest.raises(Refused):
        actions.remove_line(InvoiceLine.objects.whole_table("test").get(invoice=invoice), by=by)


def test_SAL_9_it_covers_lines_of_its_own_contract_only(company, viewer, sign_in, contract):
    by, invoice = viewer(company.li_na), asked(contract, viewer(company.li_na))
    other = signed(ContractFactory(owner=company.li_na, customer=contract.customer))
    with pytest.raises(Refused):
        actions.cover(invoice, by=by, receivables=lines_of(other))
    sign_in(company.li_na).post(f"/invoices/{invoice.pk}/covers/", {"receivables": [lines_of(contract)[0].pk]})
    assert invoice.covers.model.objects.whole_table("test").filter(invoice=invoice).count() == 1


def test_SAL_9_earlier_invoices_come_in_with_their_number_by_finance_only(company, viewer, contract):
    values = {"number": NUMBER.format(5), "issued_on": day(-3)}
    with pytest.raises(Forbidden), acting(viewer(company.li_na), "test"):
        asked(contract, viewer(company.li_na), 500, owner=company.li_na.pk) and actions._issued_before(
            Invoice(number="1"), viewer(company.li_na)
        )
    invoice = asked(contract, viewer(company.finance), 500, **values)
    assert invoice.status == "issued" and fresh(contract).invoiced == 500


def test_SAL_9_invoiced_not_paid_and_paid_not_invoiced_by_age(company, sign_in, contract):
    issued(contract, 4000)
    paid(contract.customer, 1000)
    page = sign_in(company.finance).get("/invoices/differences/").content.decode()
    assert "3,000.00" in page and contract.customer.name in page
    paid(contract.customer, 5000)
    page = sign_in(company.finance).get("/invoices/differences/?show=paid").content.decode()
    assert "2,000.00" in page
    assert (
        contract.customer.name not in sign_in(company.zhao_lei).get("/invoices/differences/?show=paid").content.decode()
    )


def test_SAL_9_the_api_lists_and_applies(company, contract, client):
    from zhike.api.models import ApiToken

    head = {"authorization": f"Bearer {ApiToken.make(company.li_na.pk)}"}
    body = {"kind": "digital_special", "customer": contract.customer_id, "contract": contract.pk, "amount": "100.10"}
    made = client.post("/api/v1/invoices", body, content_type="application/json", headers=head)
    assert made.status_code == 201, made.content
    (item,) = client.get("/api/v1/invoices", headers=head).json()["items"]
    assert {"id", "number", "kind", "customer", "contract", "amount", "tax", "status"} <= set(item)
    assert (item["amount"], item["status"], item["contract"]) == ("100.10", "requested", contract.pk)
    bad = client.post("/api/v1/invoices", {**body, "amount": "1.005"}, content_type="application/json", headers=head)
    assert bad.status_code == 422 and bad.json()["errors"][0]["field"] == "amount"


def test_SAL_9_pages_ask_a_fixed_number_of_queries(company, sign_in, viewer, contract, django_assert_max_num_queries):
    client = sign_in(company.finance)
    for n in range(12):
        issued(contract, 100, n)
    for url, most in (
        ("/invoices/", 9),
        ("/invoices/differences/", 8),
        (f"/customers/{contract.customer_id}/invoices/", 32),
    ):
        client.get(url)
        with django_assert_max_num_queries(most):
            client.get(url)


steps = st.lists(st.tuples(st.sampled_from(["ask", "red", "void"]), st.integers(1, 900_000)), max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_SAL_9_what_is_issued_less_red_is_what_the_contract_says(company, steps):
    """Σ issued − red = Contract.invoiced ≤ amount unless approved, and net + tax = amount, whatever happens."""
    by = the_system()
    customer = CustomerFactory(owner=company.li_na, uscc="91350100M000100Y43")
    contract = signed(ContractFactory(owner=company.li_na, customer=customer, amount=Decimal(20000)))
    made = []
    for n, (what, fen) in enumerate(steps):
        amount = Decimal(fen) / 100
        try:
            if what == "ask":
                kind = "paper_special" if fen % 2 else "digital_special"
                number = (
                    {"number": f"{contract.pk:04d}{n:04d}", "old_code": "3200123456"}
                    if fen % 2
                    else {"number": f"26{contract.pk:08d}{n:010d}"}
                )
                invoice = actions.approve_invoice(asked(contract, by, amount, kind=kind), by=by)
                made.append(actions.issue_invoice(invoice, by=by, issued_on=day(0), **number))
            elif made and what == "red":
                chosen = made[fen % len(made)]
                code = "" if chosen.is_digital else "3200999999"
                number = (
                    f"26{contract.pk:08d}{9000 + n:010d}" if chosen.is_digital else f"{contract.pk:04d}{9000 + n:04d}"
                )
                actions.red_letter(
                    chosen, by=by, amount=amount, number=number, old_code=code, issued_on=day(0), reason="退"
                )
            elif made:
                actions.void_invoice(made[fen % len(made)], by=by, reason="错")
        except Refused:
            pass
        rows = list(Invoice.objects.whole_table("test").filter(contract=contract))
        counted = sum((i.amount for i in rows if i.is_counted), Decimal(0))
        standing = sum((i.left for i in rows if i.is_counted and not i.is_red), Decimal(0))
        assert counted == standing == Contract.objects.whole_table("test").get(pk=contract.pk).invoiced
        assert 0 <= counted <= contract.amount
        assert all(i.net + i.tax == i.amount for i in rows)


def test_ORG_6_above_the_contract_it_goes_through_approval(company, viewer, contract):
    from zhike.org.actions import decide_approval
    from zhike.org.flows import install_flows
    from zhike.org.models import Approval

    install_flows()
    by, finance = viewer(company.li_na), viewer(company.finance)
    assert asked(contract, by, 10000).status == "requested"
    over = asked(contract, by, 500)
    assert over.status == "approving"
    approval = Approval.objects.whole_table("test").get(object_id=over.pk)
    assert approval.facts["above"] in ("500.00", 500)
    decide_approval(approval, by=finance, approve=True)
    over = fresh(over)
    assert (over.status, over.may_exceed) == ("approved", True)
    again = asked(contract, by, 700)
    approval = Approval.objects.whole_table("test").get(object_id=again.pk)
    decide_approval(approval, by=finance, approve=False, comment="先开已批的")
    assert fresh(again).status == "rejected"


def test_SAL_9_a_file_of_issued_invoices_comes_in_once_with_its_bad_rows_told(company, viewer, contract, tmp_path):
    from zhike.records.imports.engine import Import
    from zhike.records.imports.mapping import Mapping

    path = tmp_path / "发票.csv"
    path.write_text(
        "发票号码,票种,客户名称,合同编号,价税合计,税率,开票日期\n"
        f"{NUMBER.format(21)},数电票（增值税专用发票）,{contract.customer.name},{contract.number},1000,13,{day(-4)}\n"
        f"123,数电票（普通发票）,{contract.customer.name},{contract.number},1000,13,{day(-4)}\n"
        f"{NUMBER.format(22)},数电票（普通发票）,{contract.customer.name},{contract.number},20000,13,{day(-4)}\n",
        encoding="utf-8",
    )
    for _twice in range(2):
        run = Import(INVOICE, Mapping(columns={}), viewer(company.finance))
        counts = run.run(path)
    assert (counts["created"], counts["skipped"], counts["failed"]) == (0, 1, 2), run.first_errors
    invoice = Invoice.objects.whole_table("test").get()
    assert (invoice.status, invoice.tax, fresh(contract).invoiced) == ("issued", Decimal("115.04"), 1000)
