"""What a word typed in a form or standing in a file means (IMP-2)."""

import pytest
from django.core.exceptions import ValidationError

from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.viewer import viewer_of
from zhike.records import kinds
from zhike.records.lookups import Lookups

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller(company):
    return company.li_na


@pytest.fixture(params=["alone", "with others"])
def meaning(request, seller):
    """The record a word stands for, asked by itself as a form does or among the words of a file."""

    def ask(word):
        lookups = Lookups(viewer_of(seller.pk))
        kind = kinds.get("customers.customer")
        if request.param == "with others":
            lookups.prime(kind, [word, "another word of the column"])
        return lookups.record(kind, word)

    return ask


def test_IMP_2_a_word_that_is_a_code_stands_for_that_record_even_if_another_is_called_so(meaning, seller):
    CustomerFactory(owner=seller, code="T-1", name="K-77")
    by_code = CustomerFactory(owner=seller, code="K-77", name="甲公司")
    assert meaning("K-77") == by_code.pk


def test_IMP_2_a_name_several_records_have_is_refused(meaning, seller):
    CustomerFactory(owner=seller, name="同名公司")
    CustomerFactory(owner=seller, name="同名公司")
    with pytest.raises(ValidationError, match="同名公司"):
        meaning("同名公司")


def test_IMP_2_digits_are_the_id_chosen_in_a_form_unless_they_are_a_code(meaning, seller):
    first = CustomerFactory(owner=seller)
    assert meaning(str(first.pk)) == first.pk
    second = CustomerFactory(owner=seller, code=str(first.pk))
    assert meaning(str(first.pk)) == second.pk


@pytest.mark.parametrize("by", ["code", "name", "pk"])
def test_ORG_2_no_word_finds_a_record_of_strangers(meaning, company, by):
    hidden = CustomerFactory(owner=company.gm)
    with pytest.raises(ValidationError):
        meaning(str(getattr(hidden, by)))


@pytest.mark.parametrize("word", ["0", "9" * 17, "9" * 30, "٣", "²"])
def test_IMP_2_numbers_that_are_no_key_find_nothing(meaning, word):
    with pytest.raises(ValidationError):
        meaning(word)
