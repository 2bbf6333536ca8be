"""`./zhike bench core`: pages of a company with a million customers, on both databases, beside one with 20,000."""

from datetime import date
from statistics import median
from typing import Any

from zhike.bench import apart

# Time over HTTP at the 95th percentile in ms, and how many times a bare handler behind the same server (by medians).
TARGETS = {
    "list": (25, 9), "deep": (40, None), "contains": (None, 9), "customer": (40, 14), "search": (50, 8),
    "palette": (30, None), "create": (None, 18), "board": (None, None),
    "board sums": (None, None),
}  # fmt: skip
GROWTH = 1.2
# Adds up all deals one sees, fifty times as many for who sees everything: how it grows is shown, and not judged.
GROWS_WITH_ROWS = {"board sums"}
FLOWS = {
    "import_rate": ("customers imported a second", 3000, True),
    "import_rss": ("peak memory of that import, MB", None, False),
    "import_own": ("… without mapped files, MB", None, False),
    "export_rate": ("rows exported a second, columns of the list, CSV", 30_000, True),
    "export_xlsx": ("rows exported a second, columns of the list, XLSX", None, True),
    "export_all": ("rows exported a second, all fields, CSV", None, True),
    "export_rss": ("peak memory of that export, MB", None, False),
    "export_own": ("… without mapped files, MB", None, False),
    "first_load": ("CSS and JS of the first page, KB gzip", 150, False),
    "idle_rss": ("memory of the idle process tree, MB", 350, False),
    "ready": ("seconds from start to ready", 3, False),
}


def run(options: Any) -> int:
    """Measure and print; 1 when a target was missed."""
    print(f"ZhiKe bench core, {date.today().isoformat()}, {apart.machine()}")  # noqa: DTZ011
    missed = 0
    for database in apart.databases(options):
        small = measure(database, options.small, options, flows=False) if options.small else {}
        large = measure(database, options.scale, options, flows=not options.pages)
        missed += print_pages(database, small, large) + print_flows(large["flows"])
    print(f"\n{missed} targets missed" if missed else "\nall targets met")
    return 1 if missed else 0


def measure(database: str, scale: float, options: Any, *, flows: bool) -> dict[str, Any]:
    """What one database and size give: {"pages": {page: {person: …}}, "flows": …}."""
    place = f"{database}-{scale:g}"
    return apart.measured("measure", database, place, scale, options.requests, options.pages, int(flows))


def print_pages(database: str, small: dict, large: dict) -> int:
    """A line for each page and person; gives the number of targets missed."""
    floors = [found["bare"] for people in large["pages"].values() for found in people.values()]
    print(f"\n{database}, {large['customers']:,} customers; a bare handler takes {median(floors):.2f} ms")
    print(f"{'':<20}{'by the clock, ms':^33}{'':>8}{'processor, ms':^22}")
    heads = ["p50", "p95", "most", "× bare", "most", "growth", "ms", "× bare", "growth"]
    print(f"{'page':<11}{'as':<9}" + "".join(f"{head:>8}" for head in heads))
    missed = 0
    for page, people in large["pages"].items():
        most, times = TARGETS[page]
        for person, found in people.items():
            before = small.get("pages", {}).get(page, {}).get(person)
            ratio, cpu_ratio = found["p50"] / found["bare"], found["cpu"] / found["bare_cpu"]
            growth, cpu_growth = (found[key] / before[key] for key in ("p50", "cpu")) if before else (None, None)
            marks = [most is None or found["p95"] <= most, times is None or ratio <= times]
            marks.append(growth is None or page in GROWS_WITH_ROWS or growth <= GROWTH)
            missed += marks.count(False)
            figures = [found["p50"], found["p95"], most, ratio, times, growth, found["cpu"], cpu_ratio, cpu_growth]
            print(f"{page:<11}{person:<9}{''.join(map(figure, figures))}  {'ok' if all(marks) else 'MISSED'}")
    return missed


def figure(value: float | None) -> str:
    """A figure in its column: whole numbers are targets."""
    return f"{'–' if value is None else value if isinstance(value, int) else f'{value:.2f}':>8}"


def print_flows(flows: dict[str, float]) -> int:
    """A line for each rate and size; gives the number of targets missed."""
    missed = 0
    for key, (label, target, is_least) in FLOWS.items():
        if key not in flows:
            continue
        met = target is None or (flows[key] >= target if is_least else flows[key] <= target)
        missed += not met
        aim = "" if target is None else f"(at {'least' if is_least else 'most'} {target:,})"
        print(f"{label:<50}{flows[key]:>12,.1f}  {aim:<18} {'ok' if met else 'MISSED'}")
    return missed
