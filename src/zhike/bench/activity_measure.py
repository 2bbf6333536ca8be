"""One database of the benchmark of activity: made once, then measured over HTTP. A process of its own, as `measure`.

Prints one line of JSON at the end, everything else goes to stderr.
"""

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from zhike.activities.models import Reminder, ReminderRule
from zhike.activities.setup import install_rules
from zhike.bench import activities, data
from zhike.bench.measure import Server, Visitor, pending, timed
from zhike.customers.models import Customer
from zhike.kit.viewer import viewer_of

SELLER, MANAGER = "bench-seller-77", "bench-manager-3"
PASS = "import django; django.setup(); from zhike.activities.reminding import remind; remind()"


def again(*request: Any) -> Iterator[tuple]:
    """The same request without end."""
    return itertools.repeat(request)


def timelines(visitor: Visitor) -> Iterator[tuple]:
    """First pages of the streams of one's customers; every second one is of somebody with thousands of follow-ups."""
    rows = Customer.objects.visible_to(viewer_of(visitor.person_id)).order_by("-pk")
    usual = list(rows.values_list("pk", flat=True)[:500])
    many = list(rows.annotate(turn=activities.remainder("pk")).filter(turn=0).values_list("pk", flat=True)[:50])
    pairs = zip(usual, itertools.cycle(many or usual), strict=False)
    for pk in itertools.cycle(pk for pair in pairs for pk in pair):
        yield 200, f"/activities/of/{pk}/"


def pages(port: int) -> dict[str, tuple[Visitor, Iterator[tuple]]]:
    """Who asks, and the requests of each page, without end."""
    seller, manager = Visitor(port, SELLER), Visitor(port, MANAGER)
    return {
        "timeline": (seller, timelines(seller)),
        "feed": (manager, again(200, "/activities/", {"author__team": ""})),
        "day": (seller, again(200, "/")),
        "team_day": (manager, again(200, "/", {"team": ""})),
    }


def rules(port: int) -> dict[str, float]:
    """The whole pass over all rules in a process of its own, and lists before and while it runs."""
    install_rules()
    Reminder.objects.all().delete()
    visitor = Visitor(port, MANAGER)
    for _n in range(24):
        visitor.request("/customers/")
    before = [visitor.request("/customers/")[2] for _n in range(200)]
    started, during = time.monotonic(), []
    with subprocess.Popen([sys.executable, "-c", PASS]) as running:
        while running.poll() is None:
            during.append(visitor.request("/customers/")[2])
    seconds = time.monotonic() - started
    if running.returncode:
        sys.exit("zhike: the pass over the rules failed")
    failed = [f"{rule}: {rule.error}" for rule in ReminderRule.objects.exclude(error="")]
    if failed:
        sys.exit("zhike: " + "; ".join(failed))
    return {
        "seconds": seconds, "told": Reminder.objects.count(),
        "rules": ReminderRule.objects.filter(is_active=True).count(),
        "before": p95(before), "during": p95(during), "lists": len(during),
    }  # fmt: skip


def p95(took: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]


def make(scale: float) -> None:
    """The data set, where it is not there yet: the customers of `bench core`, then their follow-ups and tasks."""
    folder = Path(settings.DATA)
    if not (folder / "generated").exists():
        call_command("migrate", verbosity=0)
        data.generate(scale)
        (folder / "generated").touch()
    if pending():
        call_command("migrate", verbosity=0)
    if not (folder / "followed").exists():
        print(f"making follow-ups ({folder})", file=sys.stderr)
        activities.generate()
        (folder / "followed").touch()


def main(scale: float, count: int, only: set[str]) -> dict[str, Any]:
    """Make the data set once, then measure it."""
    make(scale)
    found: dict[str, Any] = {"pages": {}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT MAX(id) FROM activities_activity")
        found["followups"] = cursor.fetchone()[0]
    with Server("pages") as ours, Server("bare") as bare:
        for page, (visitor, requests) in pages(ours.port).items():
            if page in only:
                print(f"  {page}", file=sys.stderr)
                found["pages"][page] = timed(requests, visitor, (ours, bare), count)
        if "rules" in only:
            print("  rules", file=sys.stderr)
            found["rules"] = rules(ours.port)
    return found


if __name__ == "__main__":
    scale, count, only = sys.argv[1:]
    print(json.dumps(main(float(scale), int(count), set(only.split(",")))))
