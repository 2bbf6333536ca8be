"""Asking for money: the log, promises kept or broken, whose business it is by now (SAL-8)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.contracts import dunning_queries, dunning_rules
from zhike.contracts.dunning_rules import Paid, level_of, promise_state
from zhike.contracts.models import DunningNote
from zhike.contracts.tests.factories import ContractFactory, day, lines_of, paid, signed
from zhike.customers.kinds import CUSTOMER
from zhike.org.viewers import the_system
from zhike.records.actions import assign_record

pytestmark = pytest.mark.django_db
STEPS = {0: 1, 1: 7, 2: 30}


@pytest.fixture
def line(company):
    contract = signed(
        ContractFactory(owner=company.li_na, amount=Decimal(8000)), plan=[(-12, 5000), (30, 3000)], on=-50
    )
    return lines_of(contract)[0]


def noted(client, line, **more):
    sent = {"channel": "call", "happened_on": day(0), "said": "财务说月底排款", **more}
    return client.post(f"/dunning/new/?receivable={line.pk}", {k: v for k, v in sent.items() if v is not None})


def said(page):
    return page.content.decode()


@pytest.mark.parametrize(("days", "level"), [(-3, None), (0, None), (1, 0), (6, 0), (7, 1), (29, 1), (30, 2), (400, 2)])
def test_SAL_8_the_levels_of_dunning(days, level):
    assert level_of(days, STEPS) == level


@given(st.integers(-50, 500), st.integers(-50, 500))
def test_SAL_8_a_level_never_falls_with_time(one, other):
    first, then = sorted((one, other))
    assert (level_of(first, STEPS) if level_of(first, STEPS) is not None else -1) <= (
        level_of(then, STEPS) if level_of(then, STEPS) is not None else -1
    )


@pytest.mark.parametrize(
    ("paid_on", "amount", "today", "state"),
    [
        (5, 100, 6, "kept"),
        (5, 99, 6, "open"),
        (5, 99, 21, "broken"),
        (21, 100, 22, "broken"),
        (20, 100, 20, "kept"),
        (0, 100, 25, "broken"),
    ],
)
def test_SAL_8_a_promise_is_kept_by_money_in_time(paid_on, amount, today, state):
    november = date(2026, 11, 1)
    some = [Paid(november.replace(day=paid_on or 1) if paid_on else date(2026, 10, 31), Decimal(amount))]
    assert (
        promise_state(date(2026, 11, 20), Decimal(100), november, some, Decimal(500), november.replace(day=today))
        == state
    )


def test_SAL_8_a_note_shows_on_customer_contract_overview_and_workbench(company, sign_in, line):
    client = sign_in(company.li_na)
    assert noted(client, line, promised_on=day(5), promised_amount="3000").status_code == 302
    note = DunningNote.objects.whole_table("test").get()
    assert (note.level, note.person_id, note.customer_id) == (1, company.li_na.pk, line.customer_id)
    for url in (f"/customers/{line.customer_id}/dunning/", "/dunning/", "/receivables/"):
        assert day(5).strftime("%m-%d") in said(client.get(url)), url
    assert "财务说月底排款" in said(sign_in(company.manager_east).get(f"/customers/{line.customer_id}/dunning/"))
    assert f"承诺 {day(5):%m-%d}" in said(client.get("/"))


def test_SAL_8_promises_are_worked_out_from_the_ledger(company, viewer, sign_in, line):
    client, by = sign_in(company.li_na), viewer(company.li_na)
    noted(client, line, happened_on=day(-10), promised_on=day(-4), promised_amount="2000")
    noted(client, line, happened_on=day(-3), promised_on=day(-1))
    noted(client, line, promised_on=day(3), promised_amount="3000")
    paid(line.customer, 2000, on=-5)
    notes = list(DunningNote.objects.whole_table("test").order_by("id"))
    states = dunning_queries.promise_states(by, notes, day(0))
    assert [states[note.pk] for note in notes] == ["kept", "broken", "open"]
    paid(line.customer, 3000, on=0)
    assert dunning_queries.promise_states(by, notes, day(0))[notes[2].pk] == "kept"


def test_SAL_8_about_all_a_customer_owes(company, sign_in, viewer, line):
    client = sign_in(company.finance)
    page = client.post(
        f"/dunning/new/?customer={line.customer_id}",
        {"channel": "letter", "happened_on": day(0), "said": "寄出催款函", "promised_on": day(0)},
    )
    assert page.status_code == 302
    note = DunningNote.objects.whole_table("test").get()
    assert note.owner_id == company.li_na.pk and note.receivable_id is None
    paid(line.customer, 8000, on=0)
    assert dunning_queries.promise_states(viewer(company.finance), [note], day(0)) == {note.pk: "kept"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("said", ""), ("said", "字" * 501), ("channel", "pigeon"), ("happened_on", "2999-01-01"), ("happened_on", "昨儿"),
     ("promised_on", "1999-01-01"), ("promised_amount", "-1"), ("promised_amount", "1.005"), ("promised_amount", "1e15"), ("promised_amount", "50000")],
)  # fmt: skip
def test_bad_input_lands_on_the_field(company, sign_in, line, field, value):
    page = noted(sign_in(company.li_na), line, **{"promised_on": day(5), "promised_amount": "10", field: value})
    assert page.status_code == 422 and f"id_{field}_error" in said(page)
    assert not DunningNote.objects.whole_table("test").exists()


def test_bad_input_an_amount_promised_for_no_day(company, sign_in, line):
    assert noted(sign_in(company.li_na), line, promised_amount="10").status_code == 422


def test_SAL_8_who_may_dun(company, sign_in, line):
    assert sign_in(company.zhao_lei).get(f"/dunning/new/?receivable={line.pk}").status_code == 404
    assert sign_in(company.reader).get(f"/dunning/new/?receivable={line.pk}").status_code == 403
    assert sign_in(company.manager_east).get(f"/dunning/new/?receivable={line.pk}").status_code == 200
    noted(sign_in(company.li_na), line)
    note = DunningNote.objects.whole_table("test").get()
    assert sign_in(company.zhao_lei).post(f"/dunning/{note.pk}/delete/").status_code == 404
    assert sign_in(company.reader).post(f"/dunning/{note.pk}/delete/").status_code == 403
    assert sign_in(company.li_na).post(f"/dunning/{note.pk}/delete/").status_code == 302
    assert sign_in(company.li_na).post(f"/dunning/{note.pk}/delete/").status_code == 404


def test_SAL_8_notes_move_with_their_customer(company, sign_in, line):
    noted(sign_in(company.li_na), line)
    assign_record(CUSTOMER, line.customer, by=the_system(), owner_id=company.zhao_lei.pk)
    assert DunningNote.objects.whole_table("test").get().owner_id == company.zhao_lei.pk


def test_SAL_8_the_days_are_set_by_finance_and_rise(company, sign_in):
    client = sign_in(company.finance)
    assert client.post("/settings/dunning/", {"level0": 5, "level1": 5, "level2": 4}).status_code == 422
    assert client.post("/settings/dunning/", {"level0": "x", "level1": 5, "level2": 40}).status_code == 422
    assert client.post("/settings/dunning/", {"level0": 3, "level1": 10, "level2": 45}).status_code == 302
    assert dunning_rules.steps_in_force() == {0: 3, 1: 10, 2: 45}
    assert sign_in(company.li_na).get("/settings/dunning/").status_code == 403


def test_SAL_8_the_owner_supervisor_and_finance_are_reminded_as_time_goes_on(company):
    from zhike.activities.models import Reminder
    from zhike.activities.reminding import remind
    from zhike.activities.setup import install_reminders

    install_reminders()
    plan = [(-2, 5000), (-8, 3000), (-31, 2000)]
    lines = lines_of(signed(ContractFactory(owner=company.li_na, amount=Decimal(10000)), plan=plan, on=-50))
    remind()
    told = {(r.object_id, r.person_id) for r in Reminder.objects.filter(kind="contracts.receivable")}
    by_due = {(day(0) - line.due_on).days: line.pk for line in lines}
    assert {(by_due[2], company.li_na.pk), (by_due[8], company.lead_east.pk), (by_due[31], company.finance.pk)} <= told
    assert (by_due[2], company.lead_east.pk) not in told and (by_due[8], company.finance.pk) not in told
