"""One database of the benchmark of activity: made once, then measured over HTTP. A process of its own, as `measure`.

Prints one line of JSON at the end, everything else goes to stderr.
"""

import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from zhike.activities.models import Activity, Reminder, ReminderRule
from zhike.activities.setup import install_reminders
from zhike.bench import activities, data
from zhike.bench.measure import Server, Visitor, pending, people, timed
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.viewer import viewer_of
from zhike.org.setup import install_roles
from zhike.org.viewers import the_system

PASS = "import django; django.setup(); from zhike.activities.reminding import remind; remind()"
BESIDE = 8  # calendars side by side


def again(*request: Any) -> Iterator[tuple]:
    """The same request without end."""
    return itertools.repeat((200, *request))


def timelines(visitor: Visitor) -> Iterator[tuple]:
    """First pages of the streams of one's customers; every second one is of somebody with thousands of follow-ups."""
    rows = Customer.objects.visible_to(viewer_of(visitor.person_id)).order_by("-pk")
    usual = list(rows.values_list("pk", flat=True)[:500])
    many = list(rows.annotate(turn=activities.remainder("pk")).filter(turn=0).values_list("pk", flat=True)[:50])
    pairs = zip(usual, itertools.cycle(many or usual), strict=False)
    for pk in itertools.cycle(pk for pair in pairs for pk in pair):
        yield 200, f"/activities/of/{pk}/"


def pages(port: int) -> dict[str, list[tuple[Visitor, Iterator[tuple]]]]:
    """The requests of each page, without end, by who asks."""
    admin, manager, seller = (Visitor(port, name) for name in people().values())
    newest = Activity.objects.visible_to(viewer_of(admin.person_id)).order_by("-happened_at")[0]
    full = dates.local_day(newest.happened_at) - timedelta(days=1)
    team = sorted(viewer_of(manager.person_id).subordinates)[:BESIDE]
    side_by_side = f"/calendar/?view=week&on={full}&" + "&".join(f"who={pk}" for pk in team)
    return {
        "timeline": [(v, timelines(v)) for v in (admin, manager, seller)],
        "feed": [(manager, again("/team-feed/", {"day": full.isoformat()}))],
        "day": [(v, again("/")) for v in (admin, manager, seller)],
        "team_day": [(manager, again("/", {"team": ""}))],
        "list": [(v, again("/activities/")) for v in (admin, manager, seller)],
        "team_list": [(manager, again("/activities/", {"author__team": ""}))],
        "log": [(seller, again("/work-log/", {"on": full.isoformat()}))],
        "calendar": [(seller, again("/calendar/", {"view": "week", "on": full.isoformat()}))],
        "calendars": [(manager, again(side_by_side))],
    }


def rules(port: int) -> dict[str, float]:
    """The whole pass over all rules in a process of its own, and lists before and while it runs."""
    install_reminders()
    Reminder.objects.all().delete()
    visitor = Visitor(port, people()["manager"])
    for _n in range(24):
        visitor.request("/customers/")
    before = [visitor.request("/customers/")[2] for _n in range(200)]
    seconds, during = passed(lambda: visitor.request("/customers/")[2])
    told = Reminder.objects.count()
    once_more, _none = passed(lambda: time.sleep(0.05))
    failed = [f"{rule}: {rule.error}" for rule in ReminderRule.objects.exclude(error="")]
    if failed:
        sys.exit("zhike: " + "; ".join(failed))
    return {
        "seconds": seconds, "told": told, "again": once_more, "twice": Reminder.objects.count() - told,
        "rules": ReminderRule.objects.filter(is_active=True).count(),
        "before": p95(before), "during": p95(during), "lists": len(during),
    }  # fmt: skip


def passed(meanwhile: Callable[[], Any]) -> tuple[float, list[Any]]:
    """How long a pass takes in a process of its own, and what the other gave, done again and again until its end."""
    started, found = time.monotonic(), []
    with subprocess.Popen([sys.executable, "-c", PASS]) as running:
        while running.poll() is None:
            found.append(meanwhile())
    if running.returncode:
        sys.exit("zhike: the pass over the rules failed")
    return time.monotonic() - started, found


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
        with connection.cursor() as cursor:  # planners know nothing of an index made since
            cursor.execute("ANALYZE")
    with acting(the_system(), "bench"):  # the verbs of rooms that came since
        install_roles()
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
        for page, people in pages(ours.port).items():
            for visitor, requests in people if page in only else ():
                print(f"  {page} as {visitor.username}", file=sys.stderr)
                times = timed(requests, visitor, (ours, bare), count)
                found["pages"].setdefault(page, {})[visitor.username.split("-")[1]] = times
        if "rules" in only:
            print("  rules", file=sys.stderr)
            found["rules"] = rules(ours.port)
    return found


if __name__ == "__main__":
    scale, count, only = sys.argv[1:]
    print(json.dumps(main(float(scale), int(count), set(only.split(",")))))
