"""Words in braces: only names, refused with the place, never more than text (ACT-6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhike.kit import braces


@pytest.mark.parametrize("text, place", [
    ("{record", 1), ("到期 {record", 4), ("record}", 7), ("{}", 1), ("{ }", 1), ("好 {record} {x}", 12), ("{{record}", 9),
    ("{record.__class__}", 1), ("{record[0]}", 1), ("{record!r}", 1), ("{record:>999999999}", 1), ("{a{b}}", 1),
])  # fmt: skip
def test_ACT_6_a_bad_text_is_refused_with_the_place(text, place):
    with pytest.raises(braces.BadBraces) as wrong:
        braces.check(text, {"record"})
    assert f" {place}" in str(wrong.value) or f"{place} " in str(wrong.value)


def test_names_are_filled_in_and_doubled_braces_stay():
    assert braces.fill("{a}-{ b }{{c}}", {"a": "1", "b": "{2}"}.get) == "1-{2}{c}"


@given(st.text(st.sampled_from("{}a1 :.!["), max_size=30))
def test_ACT_6_whatever_passes_the_check_can_be_filled_in(text):
    try:
        braces.check(text, {"a", "a1"})
    except braces.BadBraces:
        return
    assert braces.fill(text, lambda name: "") is not None


@given(st.text(max_size=60))
def test_any_text_with_its_braces_doubled_means_itself(text):
    doubled = text.replace("{", "{{").replace("}", "}}")
    braces.check(doubled, ())
    assert braces.fill(doubled, str) == text
