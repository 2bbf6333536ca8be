"""Ids in addresses and forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit.keys import LARGEST_KEY, key_of, key_or_word, keys_of


@given(st.text())
def test_any_text_names_an_id_of_the_database_or_none(text):
    assert 0 <= key_of(text) <= LARGEST_KEY


@given(st.integers(1, 10**18 - 1))
def test_an_id_written_out_names_itself(key):
    assert key_of(str(key)) == key_or_word(str(key)) == key_or_word(key) == key


@pytest.mark.parametrize(
    "text", ["", None, "-1", "+1", "1.0", " 1", "²", "٣", "１", "1_0", "0x1", "9" * 19, "9" * 10_000_000]
)
def test_what_is_no_id_names_none(text):
    assert key_of(text) == 0


def test_several_ids_keep_their_order_and_a_word_stays_a_word():
    assert keys_of(["3", "x", "1", ""]) == [3, 1]
    assert key_or_word("KH-1") == "KH-1"
