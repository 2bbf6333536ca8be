"""`./zhike bench activity`: what touches everybody all day; each part measures one thing and says its targets.

part("pages", pages)      # in this module; a part takes the options and gives its figures
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhike.bench import apart, live


@dataclass(frozen=True)
class Figure:
    """One thing measured, with the most it may be; None for what is only told."""

    label: str
    value: float
    most: float | None = None
    unit: str = ""

    @property
    def is_met(self) -> bool:
        return self.most is None or self.value <= self.most


PARTS: dict[str, Callable[[Any], Iterable[Figure]]] = {}


def part(name: str, measure: Callable[[Any], Iterable[Figure]]) -> None:
    """Make a part known."""
    PARTS[name] = measure


def run(options: Any) -> int:
    """Measure the parts asked for (`--pages`, else all) and print; 1 when a target was missed, 2 for a wrong call."""
    asked = [name for name in options.pages.split(",") if name] or list(PARTS)
    if unknown := [name for name in asked if name not in PARTS]:
        print(f"zhike: no such part: {', '.join(unknown)}; there is {', '.join(PARTS)}")
        return 2
    print(f"ZhiKe bench activity, {date.today().isoformat()}, {apart.machine()}")  # noqa: DTZ011
    missed = 0
    for name in asked:
        for figure in PARTS[name](options):
            aim = "" if figure.most is None else f"(at most {figure.most:g})"
            said = "" if figure.most is None else "ok" if figure.is_met else "MISSED"
            print(f"{name:<10}{figure.label:<60}{figure.value:>10,.2f} {figure.unit:<3} {aim:<16} {said}")
            missed += not figure.is_met
    print(f"\n{missed} targets missed" if missed else "\nall targets met")
    return 1 if missed else 0


PAGES = {  # label, and most ms at the 95th percentile
    "timeline": ("first page of a customer's stream", 30), "feed": ("a day's feed of a team of fifty", 60),
    "day": ("one's own day", 40), "team_day": ("the day of a team of fifty", None),
    "list": ("the list of follow-ups", None), "team_list": ("that list, of a team of fifty", None),
    "log": ("the log of one's day", None), "calendar": ("one's week in the calendar", None),
    "calendars": ("eight people's week side by side", None),
}  # fmt: skip


def measure(database: str, options: Any, parts: str) -> dict[str, Any]:
    """What one database gives at this scale; see `activity_measure`."""
    place = f"{database}-activity-{options.scale:g}"
    return apart.measured("activity_measure", database, place, options.scale, options.requests, parts)


def pages(options: Any) -> Iterable[Figure]:
    """Ten million follow-ups: a customer's stream, the feed of a team of fifty, one's day; at the 95th percentile."""
    for database in apart.databases(options):
        found = measure(database, options, ",".join(PAGES))
        yield Figure(f"{database}: follow-ups", found["followups"])
        for page, (label, most) in PAGES.items():
            for person, times in found["pages"][page].items():
                yield Figure(f"{label}, {person}", times["p95"], most, "ms")
                yield Figure("  half of them within", times["p50"], None, "ms")
                yield Figure("  of the processor", times["cpu"], None, "ms")
        yield Figure("  a bare handler beside them", times["bare"], None, "ms")


def rules(options: Any) -> Iterable[Figure]:
    """The pass over all reminder rules in the background, and what it does to a list meanwhile."""
    for database in apart.databases(options):
        found = measure(database, options, "rules")["rules"]
        told = f"{database}: {found['rules']} rules passed, {found['told']:,} reminders written"
        yield Figure(told, found["seconds"], 60, "s")
        yield Figure("  once more, with nothing new", found["again"], 60, "s")
        yield Figure("  of these written twice", found["twice"], 0)
        yield Figure("  the list before, at the 95th percentile", found["before"], None, "ms")
        yield Figure("  while they pass, in times of that", found["during"] / found["before"], 2, "×")


part("pages", pages)
part("rules", rules)


def sse(options: Any) -> Iterable[Figure]:
    """Live events with five hundred people connected: what they cost at rest, and how soon a message shows."""
    found = live.measure(500)
    yield Figure("memory of 500 idle clients, of the web process", found["memory"], 150, "MB")
    yield Figure("processor of the web process with them, of one core", found["busy"], 5, "%")
    yield Figure("  the same without clients", found["busy_alone"], None, "%")
    yield Figure("a message to each: the last one shows after", found["last"], 1, "s")
    yield Figure("  half of them after", found["half"], None, "s")
    yield Figure("connecting again with Last-Event-ID: missed messages lost", found["lost"], 0)
    yield Figure("  sent twice", found["twice"], 0)


part("sse", sse)
