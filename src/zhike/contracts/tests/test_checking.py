"""The kept sums are compared with the entries every night; a difference is told and can be repaired (SAL-7)."""

import pytest
from django.core.management import call_command

from zhike.contracts.actions.checking import check_ledger
from zhike.contracts.models import Receivable
from zhike.contracts.tests.factories import ContractFactory, lines_of, paid, signed
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrong(company):
    """A balance somebody changed in the database itself."""
    contract = ContractFactory(owner=company.li_na)
    signed(contract)
    paid(contract.customer, 100)
    (line,) = lines_of(contract)
    Receivable._base_manager.filter(pk=line.pk).update(received=0, balance=line.amount)
    return line


def test_SAL_7_a_difference_is_told_to_the_administrators(company, wrong):
    found = check_ledger()
    assert {(d.pk, d.column) for d in found} == {(wrong.pk, "received"), (wrong.pk, "balance")}
    assert [item.person for item in InboxItem.objects.filter(text__contains="receivable")] == [company.admin]


def test_SAL_7_the_command_names_differences_and_repairs_them(wrong, capsys):
    with pytest.raises(SystemExit):
        call_command("check_ledger")
    assert f"contracts.receivable {wrong.pk}: balance" in capsys.readouterr().out
    call_command("check_ledger", repair=True)
    call_command("check_ledger")
    assert "every sum is that of its entries" in capsys.readouterr().out
    assert Receivable._base_manager.get(pk=wrong.pk).balance == wrong.balance


def test_SAL_7_nobody_is_told_when_all_is_right(company):
    signed(ContractFactory(owner=company.li_na))
    assert check_ledger() == [] and not InboxItem.objects.filter(person=company.admin).exists()
