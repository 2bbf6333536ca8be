"""Jobs that come round are enqueued once per due moment, whatever restarts between (point 2 of the core)."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django_tasks_db.models import DBTaskResult

from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.records import housekeeping, kinds, periodic
from zhike.records.housekeeping import take_statistics, take_statistics_of, tidy_search, tidy_up
from zhike.records.imports.actions import prepare_import
from zhike.records.imports.batches import run_batch
from zhike.records.models import OutboxEvent

TASK = "zhike.records.housekeeping.tidy_up"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch):
    monkeypatch.setattr(periodic, "_rhythms", {})


def shanghai(day, hour, minute=0):
    """An instant in March 2026, by the clock of Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_point_2_a_daily_job_is_enqueued_once_a_day_at_the_companys_time():
    periodic.daily(TASK, at=time(8, 0))
    moments = [shanghai(1, 7), shanghai(1, 7, 59), shanghai(1, 8), shanghai(1, 8, 1), shanghai(2, 7), shanghai(2, 9)]
    assert [len(periodic.enqueue_due(now)) for now in moments] == [0, 0, 1, 0, 0, 1]
    assert DBTaskResult.objects.filter(task_path=TASK).count() == 2


def test_point_2_after_days_off_a_daily_job_catches_up_once():
    periodic.daily(TASK, at=time(8, 0))
    periodic.enqueue_due(shanghai(1, 9))
    assert periodic.enqueue_due(shanghai(5, 7)) == [TASK]
    assert periodic.enqueue_due(shanghai(5, 7, 1)) == []


def test_point_2_an_interval_job_starts_at_once_and_then_comes_round():
    periodic.every(TASK, timedelta(minutes=10))
    moments = [shanghai(1, 8), shanghai(1, 8, 9), shanghai(1, 8, 10), shanghai(1, 8, 19), shanghai(1, 8, 45)]
    assert [len(periodic.enqueue_due(now)) for now in moments] == [1, 0, 1, 0, 1]


def test_point_2_a_second_worker_that_looked_at_the_same_time_enqueues_nothing():
    periodic.every(TASK, timedelta(minutes=10))
    rhythm = periodic._rhythms[TASK]
    moment = int(rhythm.due(shanghai(1, 8)).timestamp())
    now = shanghai(1, 8)
    assert [periodic.serve(rhythm, moment, now), periodic.serve(rhythm, moment, now)] == [True, False]


def test_ACT_7_a_clock_that_was_years_ahead_stops_nothing_once_it_is_right_again():
    periodic.every(TASK, timedelta(minutes=10))
    periodic.daily("zhike.records.housekeeping.take_statistics", at=time(8, 0))
    periodic.enqueue_due(shanghai(1, 7))
    periodic.enqueue_due(shanghai(1, 7) + timedelta(days=3000))
    assert len(periodic.enqueue_due(shanghai(1, 9))) == 2  # right again: both come round as before
    assert periodic.enqueue_due(shanghai(1, 9, 5)) == []
    assert periodic.enqueue_due(shanghai(1, 9, 10)) == [TASK]


def test_point_2_what_has_done_its_work_is_removed_after_two_weeks(time_machine):
    time_machine.move_to(shanghai(1, 8), tick=False)
    OutboxEvent.objects.create(name="old", kind="x", object_id=1, delivered_at=dates.now())
    OutboxEvent.objects.create(name="waiting", kind="x", object_id=1)
    time_machine.move_to(shanghai(16, 8), tick=False)
    OutboxEvent.objects.create(name="new", kind="x", object_id=1, delivered_at=dates.now())
    tidy_up.call()
    assert set(OutboxEvent.objects.values_list("name", flat=True)) == {"waiting", "new"}


def test_point_8_statistics_are_taken_and_the_search_index_is_tidied(company):
    for number in range(30):
        CustomerFactory(name=f"客户{number}", owner=company.li_na)
    take_statistics.call()
    take_statistics_of.call("customers.customer")
    tidy_search.call()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT COUNT(*) FROM sqlite_stat1 WHERE tbl = 'customers_customer'")
        else:
            cursor.execute("SELECT COUNT(*) FROM pg_stats WHERE tablename = 'customers_customer'")
        assert cursor.fetchone()[0] > 3


def test_point_8_a_large_import_has_statistics_taken_afterwards(company, viewer, monkeypatch):
    monkeypatch.setattr(housekeeping, "MANY_ROWS", 2)
    file = ContentFile("客户名称\n甲公司\n乙公司\n".encode())
    batch = prepare_import(kinds.get("customers"), file, name="customers.csv", mapping=None, by=viewer(company.gm))
    run_batch(batch.pk)
    assert DBTaskResult.objects.filter(task_path="zhike.records.housekeeping.take_statistics_of").count() == 1
