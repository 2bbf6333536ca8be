"""What is bought together: counting pairs in baskets, without a database (SAL-11).

support = baskets with both ÷ all baskets; confidence = baskets with both ÷ baskets with the first; lift = confidence ÷
share of the second among all baskets. The counts are kept, so the ratios are exact.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations


@dataclass(frozen=True)
class Pair:
    """Of `having` baskets with `product` among all `baskets`, `together` have `other` too."""

    product: int
    other: int
    together: int
    having: int
    other_having: int
    baskets: int

    @property
    def confidence(self) -> Fraction:
        """The share of those with `product` that have `other` too."""
        return Fraction(self.together, self.having)

    @property
    def lift(self) -> Fraction:
        """How many times as often as by chance."""
        return self.confidence * self.baskets / self.other_having

    @property
    def support(self) -> Fraction:
        """The share of all baskets that have both."""
        return Fraction(self.together, self.baskets)


def pairs(baskets: Iterable[Set[int]], *, least: int = 2, most: int = 20) -> list[Pair]:
    """Both directions of every pair met in at least `least` baskets; of each product the `most` surest."""
    total, single, both = 0, Counter(), Counter()
    for basket in baskets:
        if not basket:
            continue
        total += 1
        single.update(basket)
        both.update(permutations(basket, 2))
    found: dict[int, list[Pair]] = defaultdict(list)
    for (product, other), together in both.items():
        if together >= least:
            found[product].append(Pair(product, other, together, single[product], single[other], total))
    return [pair for product in sorted(found) for pair in sorted(found[product], key=surest)[:most]]


def surest(pair: Pair) -> tuple:
    """Sorts the surest first: by confidence, then by lift, then by how often it was met."""
    return (-pair.confidence, -pair.lift, -pair.together, pair.other)
