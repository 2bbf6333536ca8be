"""Tax rates as rows with days: set by finance, offered on their days, kept by what was made before (SAL-5, SAL-9)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit import dates
from zhike.sales.models import Product, Quote, TaxRate
from zhike.sales.models.taxes import plain, rates_on, tax_rates
from zhike.sales.setup import install_tax_rates
from zhike.sales.tax_fields import choices
from zhike.sales.tests.factories import ProductFactory, QuoteFactory

pytestmark = pytest.mark.django_db
D = Decimal


def shown(day):
    return [plain(row.rate) for row in rates_on(day)]


def test_SAL_9_the_shipped_rates_are_those_of_the_day():
    assert shown(date(2026, 11, 28)) == ["13", "9", "6", "5", "3", "1", "0", "0", "0"]
    assert shown(date(2018, 12, 31))[:4] == ["16", "10", "6", "5"] and "1" not in shown(date(2018, 12, 31))
    assert shown(date(2018, 4, 30))[:3] == ["17", "11", "6"]
    install_tax_rates()
    install_tax_rates()
    assert TaxRate.objects.count() == len(tax_rates()) == 13
    assert {row.kind for row in rates_on(date(2026, 1, 1)) if not row.rate} == {"zero", "exempt", "none"}


def test_SAL_9_finance_and_the_administrator_set_rates_nobody_else(company, sign_in):
    install_tax_rates()
    values = {"name": "12%（新）", "rate": "12", "kind": "general", "valid_from": "2027-01-01", "valid_until": ""}
    for person in (company.finance, company.admin):
        client = sign_in(person)
        assert "免税" in client.get("/settings/tax-rates/").content.decode()
    assert client.post("/settings/tax-rates/new/", values).status_code == 302
    rate = TaxRate.objects.get(rate=12)
    assert shown(date(2026, 12, 31))[0] == "13" and "12" in shown(date(2027, 1, 1))
    old = TaxRate.objects.get(rate=13)
    ended = {"name": old.name, "rate": "13", "kind": "general", "valid_from": "2019-04-01", "valid_until": "2026-12-31"}
    assert client.post(f"/settings/tax-rates/{old.pk}/", ended).status_code == 302
    assert shown(date(2027, 1, 1))[0] == "12"
    assert client.post(f"/settings/tax-rates/{rate.pk}/delete/").status_code == 302
    assert not TaxRate.objects.filter(rate=12).exists()
    for person in (company.li_na, company.manager_east, company.reader):
        assert sign_in(person).get("/settings/tax-rates/").status_code == 403
        assert sign_in(person).post("/settings/tax-rates/new/", values).status_code == 403


@pytest.mark.parametrize("wrong", [{"rate": "-1"}, {"rate": "100"}, {"rate": "1.005"}, {"rate": "abc"}, {"name": ""},
                                   {"valid_until": "2019-03-31"}, {"kind": "exempt"}, {"valid_from": "gestern"}])  # fmt: skip
def test_bad_input_tax_rates(company, sign_in, wrong):
    values = {"name": "新", "rate": "12", "kind": "general", "valid_from": "2019-04-01", "valid_until": "", **wrong}
    assert sign_in(company.finance).post("/settings/tax-rates/new/", values).status_code == 422
    assert not TaxRate.objects.exists()


def test_SAL_9_forms_offer_what_is_in_force_and_the_rate_there_is(company, sign_in):
    product = ProductFactory(tax_rate=D(16))
    page = sign_in(company.admin).get(f"/products/{product.pk}/edit/").content.decode()
    assert '<option value="16" selected>16%</option>' in page and '<option value="13">' in page
    assert '<option value="17"' not in page
    new = sign_in(company.admin).get("/products/new/").content.decode()
    assert '<option value="16"' not in new and '<option value="13"' in new


def test_SAL_9_a_rate_that_is_over_stays_on_what_was_made_with_it(company, sign_in):
    quote = QuoteFactory(owner=company.li_na)
    before = Quote._base_manager.values_list("tax", "total").get(pk=quote.pk)
    install_tax_rates()
    TaxRate.objects.filter(rate=13).update(valid_until=date(2020, 1, 1))
    TaxRate.objects.get(rate=9).save()  # so that everybody reads anew
    assert "13" not in shown(dates.today())
    assert sign_in(company.li_na).get(quote.get_absolute_url()).status_code == 200
    assert Quote._base_manager.values_list("tax", "total").get(pk=quote.pk) == before


@given(present=st.decimals(0, 99, places=2))
def test_SAL_9_what_a_document_has_is_always_among_the_choices(present):
    offered = [value for value, _label in choices(plain(present))]
    assert offered.count(plain(present)) == 1 and len(offered) == len(set(offered))


def test_SAL_9_a_product_is_saved_with_a_rate_of_the_list(company, sign_in):
    values = {"name": "校准服务", "list_price": "100", "tax_rate": "6", "is_active": "on"}
    assert sign_in(company.admin).post("/products/new/", values).status_code == 302
    assert Product._base_manager.get(name="校准服务").tax_rate == D(6)
    answer = sign_in(company.admin).post("/products/new/", {**values, "name": "另一个", "tax_rate": "6.005"})
    assert answer.status_code == 422
