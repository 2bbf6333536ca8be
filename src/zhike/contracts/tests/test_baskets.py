"""What is bought together, against a reckoning by hand (SAL-11)."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from zhike.contracts.baskets import pairs, surest

baskets = st.lists(st.sets(st.integers(1, 7), max_size=5), max_size=25)


@given(held=baskets, least=st.integers(1, 3))
def test_SAL_11_counts_and_ratios_are_those_of_looking_at_every_basket(held, least):
    filled = [basket for basket in held if basket]
    expected = {}
    for a in range(1, 8):
        for b in range(1, 8):
            both = sum(a in basket and b in basket for basket in filled)
            if a != b and both >= least:
                of_a, of_b = (sum(p in basket for basket in filled) for p in (a, b))
                expected[a, b] = (
                    both, Fraction(both, len(filled)), Fraction(both, of_a),
                    Fraction(both, of_a) / Fraction(of_b, len(filled)),
                )  # fmt: skip
    found = {(p.product, p.other): (p.together, p.support, p.confidence, p.lift) for p in pairs(held, least=least)}
    assert found == expected


@given(held=baskets, most=st.integers(1, 3))
def test_SAL_11_of_each_product_the_surest_are_kept(held, most):
    everything, kept = pairs(held, least=1, most=99), pairs(held, least=1, most=most)
    for product in {p.product for p in everything}:
        of_it = sorted((p for p in everything if p.product == product), key=surest)
        assert [p for p in kept if p.product == product] == of_it[:most]


@given(held=baskets)
def test_SAL_11_both_directions_agree(held):
    found = {(p.product, p.other): p for p in pairs(held, least=1, most=99)}
    for (a, b), pair in found.items():
        back = found[b, a]
        assert (pair.together, pair.support, pair.lift) == (back.together, back.support, back.lift)
