"""One database of the benchmark of selling: made once, then measured over HTTP. A process of its own, as `measure`.

Prints one line of JSON at the end, everything else goes to stderr.
"""

import json
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from zhike.bench import data
from zhike.bench.deals import opportunities, stages
from zhike.bench.measure import Server, Visitor, timed
from zhike.bench.money import Books
from zhike.bench.people import make_people, make_person
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, Payment, Receivable
from zhike.contracts.setup import install_contracts
from zhike.kit.actions import acting
from zhike.org.models import Department, Role
from zhike.org.viewers import the_system

CUSTOMERS, OPPORTUNITIES, CONTRACTS = 40_000, 300_000, 100_000
POSTERS = 20
WHY = "counting what the benchmark made"


def generate(scale: float) -> None:
    """Fill an empty, migrated database, `scale` times its full size."""
    sellers = make_people(data.SELLERS, data.TEAM)
    with acting(the_system(), "bench"):
        top = Department.objects.filter(parent=None).first()
        make_person("bench-finance", "会计", top, None, Role.objects.get(key="finance"))
    install_contracts()
    count = round(CUSTOMERS * scale)
    owner = partial(data.owner_of, sellers=sellers)
    books = Books(round(CONTRACTS * scale), count, owner)
    tables = {
        "customers.Customer": ({**row, "main_contact_id": None} for row in data.customers(count, sellers)),
        "sales.Opportunity": opportunities(round(OPPORTUNITIES * scale), count, stages(), owner, data.NOW),
        **dict(books.tables()),
    }
    with data.indexed_afterwards([apps.get_model(label) for label in tables]):
        for label, rows in tables.items():
            with data.step(label):
                data.load(apps.get_model(label), rows)
    data.statistics()


def open_customers() -> list[int]:
    """Customers that owe something, the largest number of lines first."""
    rows = Receivable.objects.whole_table(WHY).filter(balance__gt=0).order_by("customer_id")
    return list(rows.values_list("customer_id", flat=True).distinct()[:5000])


def new_payment(customer: int) -> dict[str, str]:
    """A small payment: the oldest line takes it, and stays open for the next."""
    return {"customer": str(customer), "amount": "1.00", "received_on": date.today().isoformat(),  # noqa: DTZ011
            "key": uuid.uuid4().hex}  # fmt: skip


def pages(customers: list[int]) -> dict[str, tuple[str, Iterator[tuple]]]:
    """Who asks, and the requests of each page, without end: (expected status, path, query, form)."""

    def again(*request: Any) -> Iterator[tuple]:
        while True:
            yield request

    def posts() -> Iterator[tuple]:
        while True:
            for customer in customers:
                yield (302, "/payments/new/", None, new_payment(customer))

    contracts = list(Contract.objects.whole_table(WHY).order_by("-pk").values_list("pk", flat=True)[:500])
    return {
        "board": ("bench-admin", again(200, "/opportunities/board/")),
        "board sums": ("bench-admin", again(200, "/opportunities/board/", {"part": "sums"})),
        "overview": ("bench-finance", again(200, "/receivables/", {"by": "owner"})),
        "past": ("bench-finance", again(200, "/receivables/", {"by": "owner", "as_of": "2024-09-30"})),
        "list": ("bench-finance", again(200, "/receivables/list/")),
        "contract": ("bench-finance", ((200, f"/contracts/{pk}/") for _n in range(10**6) for pk in contracts)),
        "post": ("bench-finance", posts()),
    }


def post_at_once(port: int, customers: list[int], seconds: int) -> dict[str, Any]:
    """Twenty people posting for so long, all to a few hundred customers; then everything is counted again."""
    before, took, errors = Payment.objects.whole_table(WHY).count(), [], []
    visitors = [Visitor(port, "bench-finance") for _n in range(POSTERS)]
    end = time.monotonic() + seconds

    def post(number: int, visitor: Visitor) -> None:
        turn = number
        while time.monotonic() < end:
            turn += 7
            customer = customers[turn % min(len(customers), 300)]
            try:
                status, _content, ms = visitor.request("/payments/new/", None, new_payment(customer))
            except OSError as error:
                errors.append(str(error))
                return
            took.append(ms) if status == 302 else errors.append(str(status))

    threads = [threading.Thread(target=post, args=pair) for pair in enumerate(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = Payment.objects.whole_table(WHY).count()
    wrong = differences()
    for line in [*map(str, wrong[:5]), *errors[:5]]:
        print(f"  {line}", file=sys.stderr)
    return {
        "seconds": seconds, "posted": len(took), "rate": len(took) / seconds, "errors": len(errors),
        "lost": before + len(took) - after, "differences": len(wrong), "p50": statistics.median(took),
        "p95": statistics.quantiles(took, n=20)[-1],
    }  # fmt: skip


def main(scale: float, count: int, only: set[str], seconds: int) -> dict[str, Any]:
    """Make the data set once, then measure it."""
    call_command("migrate", verbosity=0)
    made = Path(settings.DATA) / "generated"
    if not made.exists():
        print(f"making {CONTRACTS * scale:,.0f} contracts ({settings.DATA})", file=sys.stderr)
        generate(scale)
        made.touch()
    customers = open_customers()
    sizes = {m._meta.model_name: m.objects.whole_table(WHY).count() for m in (Contract, Receivable, Payment)}
    found: dict[str, Any] = {"sizes": sizes, "pages": {}}
    with Server("pages") as ours, Server("bare") as bare:
        for page, (person, requests) in pages(customers).items():
            if not only or page in only:
                print(f"  {page}", file=sys.stderr)
                found["pages"][page] = timed(requests, Visitor(ours.port, person), (ours, bare), count)
        if seconds and not only:
            print(f"  {POSTERS} posters for {seconds} s", file=sys.stderr)
            found["posters"] = post_at_once(ours.port, customers, seconds)
    floors = [times["bare"] for times in found["pages"].values()]
    return found | {"bare": statistics.median(floors) if floors else 0.0}


if __name__ == "__main__":
    scale, count, only, seconds = sys.argv[1:]
    print(json.dumps(main(float(scale), int(count), {p for p in only.split(",") if p}, int(seconds))))
