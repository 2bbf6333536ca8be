"""`./zhike bench selling`: the board, receivables, posting and twenty posters at once, on both databases.

At full size 300,000 opportunities, 100,000 contracts, 300,000 due lines and about 500,000 payments. Times are over
HTTP on one warm connection at the 95th percentile; after the posters the kept sums are compared with the ledger.
"""

from datetime import date
from typing import Any

from zhike.bench import apart

# Milliseconds at most, at the 95th percentile.
TARGETS = {"board": 60, "board sums": 60, "overview": 150, "past": 500, "post": 30, "list": 60, "contract": 60}


def run(options: Any) -> int:
    """Measure and print; 1 when a target was missed."""
    print(f"ZhiKe bench selling, {date.today().isoformat()}, {apart.machine()}")  # noqa: DTZ011
    missed = sum(print_found(database, measure(database, options)) for database in apart.databases(options))
    print(f"\n{missed} targets missed" if missed else "\nall targets met")
    return 1 if missed else 0


def measure(database: str, options: Any) -> dict[str, Any]:
    """What one database gives."""
    place = f"selling-{database}-{options.scale:g}"
    arguments = (options.scale, options.requests, options.pages, options.seconds)
    return apart.measured("selling_measure", database, place, *arguments)


def print_found(database: str, found: dict[str, Any]) -> int:
    """A line for each page, and what the posters did; gives the number of targets missed."""
    sizes = ", ".join(f"{count:,} {what}" for what, count in found["sizes"].items())
    print(f"\n{database}: {sizes}; a bare handler takes {found['bare']:.2f} ms")
    print(f"{'page':<10}{'p50 ms':>10}{'p95 ms':>10}{'most':>8}")
    missed = 0
    for page, times in found["pages"].items():
        met = times["p95"] <= TARGETS[page]
        missed += not met
        print(f"{page:<10}{times['p50']:>10.1f}{times['p95']:>10.1f}{TARGETS[page]:>8}  {'ok' if met else 'MISSED'}")
    if posters := found.get("posters"):
        right = not posters["errors"] and not posters["differences"] and posters["lost"] == 0
        missed += not right
        print(
            f"20 posters for {posters['seconds']} s: {posters['posted']:,} payments ({posters['rate']:.0f} a second), "
            f"p50 {posters['p50']:.0f} ms, p95 {posters['p95']:.0f} ms, {posters['errors']} errors, "
            f"{posters['lost']} lost, {posters['differences']} sums wrong  {'ok' if right else 'MISSED'}"
        )
    return missed
