"""Figures of the public CRM sales data set, reckoned from its files alone: what reports and pages must say."""

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import mean, median

from tests.crm_sales import read


def decided(folder: Path) -> list[dict[str, str]]:
    """The won and lost deals, each with its manager and the name its product is sold by."""
    managers = {row["sales_agent"]: row["manager"] for row in read(folder, "users")}
    rows = [row for row in read(folder, "opportunities") if row["deal_stage"] in ("Won", "Lost")]
    return [row | {"manager": managers[row["sales_agent"]], "product": row["product"].replace("GTXPro", "GTX Pro"),
                   "month": row["close_date"][:7]} for row in rows]  # fmt: skip


def win_rates(rows: list[dict[str, str]], column: str) -> dict[str, tuple]:
    """By the values of a column: won, lost, won ÷ (won + lost) to four places, and the amount won."""
    found = defaultdict(lambda: [0, 0, Decimal(0)])
    for row in rows:
        sums = found[row[column]]
        sums[row["deal_stage"] == "Lost"] += 1
        sums[2] += Decimal(row["close_value"]) if row["deal_stage"] == "Won" else 0
    return {key: (won, lost, rounded(won, won + lost, "0.0001"), amount) for key, (won, lost, amount) in found.items()}


def cycles(rows: list[dict[str, str]], column: str) -> dict[str, tuple]:
    """By the values of a column: how many were won, mean, median and nine-tenths of their days."""
    found = defaultdict(list)
    for row in rows:
        days = (date.fromisoformat(row["close_date"]) - date.fromisoformat(row["engage_date"])).days
        found[row[column]] += [days] if row["deal_stage"] == "Won" else []
    return {key: cycle(days) for key, days in found.items()}


def cycle(days: list[int]) -> tuple:
    """Count, mean, median, and the value that nine in ten do not exceed."""
    if not days:
        return 0, None, None, None
    nine_tenths = next(d for d in sorted(days) if sum(other <= d for other in days) * 10 >= len(days) * 9)
    return (
        len(days),
        Decimal(mean(map(Decimal, days))).quantize(Decimal("0.1"), ROUND_HALF_UP),
        median(days),
        nine_tenths,
    )


def rounded(part: int, whole: int, places: str) -> Decimal:
    """A share of a whole."""
    return (Decimal(part) / whole).quantize(Decimal(places), ROUND_HALF_UP)
