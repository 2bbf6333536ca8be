"""The calendar for phones, read as a client reads it (ACT-5)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import time_machine
from django.core.cache import cache
from django.test import Client

from zhike.activities import ical
from zhike.activities.actions import complete_task, move_task
from zhike.activities.models import CalendarFeed, Task, TaskParticipant
from zhike.activities.schedule import repetitions
from zhike.activities.tests.factories import TaskFactory
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit import format as fmt
from zhike.kit.actions import acting
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=HERE)
QUERIES_OF_304 = 9


@pytest.fixture(autouse=True)
def frozen():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def at(day, hour, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=HERE)


def invite(task, person):
    with acting(the_system(), "test"):
        TaskParticipant(task=task, person=person).save()


@pytest.fixture
def address(company, sign_in):
    sign_in(company.li_na).post("/me/calendar/renew/")
    return f"/calendar/feed/{CalendarFeed.objects.get(person=company.li_na).secret}.ics"


def read(address, **headers):
    return Client().get(address, headers=headers)


def calendar(address):
    answer = read(address)
    assert answer.status_code == 200, answer
    return icalendar.Calendar.from_ical(answer.content)


def shown(address, first=date(2026, 11, 1), last=date(2027, 1, 1)):
    """What a client shows: (begin, title), in the company's time."""
    found = recurring_ical_events.of(calendar(address)).between(first, last)
    return sorted((_local(event["DTSTART"].dt), str(event["SUMMARY"])) for event in found)


def _local(moment):
    return moment.astimezone(fmt.zone()).strftime("%m-%d %H:%M") if isinstance(moment, datetime) else f"{moment:%m-%d}"


def test_ACT_5_an_appointment_is_read_as_it_stands_here(company, address):
    customer = CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")
    task = TaskFactory(
        assignee=company.li_na, kind="visit", title="拜访恒旭；谈二期, 带样机\\图纸", customer=customer, place="园区 3 号楼, 二层",
        note="第一行\n第二行；带上合同", due_at=at(24, 10), ends_at=at(24, 11, 30), remind_at=at(24, 9), priority="high",
    )  # fmt: skip
    with acting(the_system(), "test"):
        TaskParticipant(task=task, person=company.wang_wei, answer="yes").save()
        TaskParticipant(task=task, person=company.zhao_lei, answer="no").save()
    (event,) = calendar(address).walk("VEVENT")
    assert event["SUMMARY"] == "拜访恒旭；谈二期, 带样机\\图纸" and event["LOCATION"] == "园区 3 号楼, 二层"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (at(24, 10), at(24, 11, 30))
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert str(event["DESCRIPTION"]).split("\n") == [customer.name, "参加人：王伟", "第一行", "第二行；带上合同"]
    assert event["URL"].endswith(f"/tasks/{task.pk}/") and event["STATUS"] == "CONFIRMED" and event["PRIORITY"] == 1
    guests = {guest.params["CN"]: (str(guest), guest.params["PARTSTAT"]) for guest in event["ATTENDEE"]}
    assert guests == {
        "王伟": (f"mailto:{company.wang_wei.email}", "ACCEPTED"),
        "赵磊": (f"mailto:{company.zhao_lei.email}", "DECLINED"),
    }
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(hours=-1) and alarm["ACTION"] == "DISPLAY"


def test_ACT_5_lines_are_folded_to_75_octets_and_no_character_is_cut(company, address):
    title = "评审" * 80
    TaskFactory(assignee=company.li_na, title=title, due_at=at(24, 10))
    body = read(address).content
    assert all(len(line) <= 75 and line.decode() is not None for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"") and shown(address) == [("11-24 10:00", title)]


def test_ACT_5_whole_days_to_dos_and_what_is_done(company, address, viewer):
    TaskFactory(
        assignee=company.li_na, kind="visit", title="出差", is_all_day=True, due_at=at(25, 0), ends_at=at(26, 0)
    )
    TaskFactory(
        assignee=company.li_na, kind="visit", title="两天", is_all_day=True, due_at=at(27, 9), ends_at=at(28, 9)
    )
    TaskFactory(assignee=company.li_na, kind="todo", title="交标书", due_at=at(24, 18))
    TaskFactory(assignee=company.li_na, kind="todo", title="没定时间")
    complete_task(TaskFactory(assignee=company.li_na, title="办完", due_at=at(23, 9)), by=viewer(company.li_na))
    for status in ("cancelled", "declined"):
        TaskFactory(assignee=company.li_na, title=status, due_at=at(24, 9), status=status, closed_at=NOW)
    TaskFactory(assignee=company.li_na, title="三个月前", due_at=at(1, 9, month=8))
    TaskFactory(assignee=company.wang_wei, title="别人的", due_at=at(24, 9))
    events = {str(e["SUMMARY"]): e for e in calendar(address).walk("VEVENT")}
    assert set(events) == {"出差", "两天", "交标书", "✓ 办完"} and not calendar(address).walk("VTODO")
    assert (events["出差"]["DTSTART"].dt, events["出差"]["DTEND"].dt) == (date(2026, 11, 25), date(2026, 11, 26))
    assert (events["两天"]["DTSTART"].dt, events["两天"]["DTEND"].dt) == (date(2026, 11, 27), date(2026, 11, 29))
    assert events["交标书"]["TRANSP"] == "TRANSPARENT"
    assert not events["✓ 办完"].walk("VALARM")


def as_we_reckon(task, until=datetime(2027, 12, 1, tzinfo=HERE)):
    times = [task.due_at, *repetitions(task, until)]
    return [f"{fmt.local(when):%Y-%m-%d %H:%M}" for when in times]


def as_a_client_shows(address, until=date(2027, 12, 1)):
    found = recurring_ical_events.of(calendar(address)).between(date(2026, 10, 1), until)
    return sorted(f"{event['DTSTART'].dt.astimezone(fmt.zone()):%Y-%m-%d %H:%M}" for event in found)


@pytest.mark.parametrize("repeat", ["daily", "weekly", "fortnightly", "monthly", "yearly"])
@pytest.mark.parametrize(
    "due", [at(24, 9), datetime(2026, 12, 31, 10, tzinfo=HERE), datetime(2026, 11, 30, 23, 30, tzinfo=HERE)]
)
def test_ACT_5_what_repeats_comes_round_for_a_client_as_for_us(company, address, repeat, due):
    task = TaskFactory(assignee=company.li_na, repeat=repeat, due_at=due, ends_at=due + timedelta(minutes=20))
    assert as_a_client_shows(address) == as_we_reckon(task)


def test_ACT_5_working_days_leave_holidays_out_and_count_days_worked_instead(company, address):
    with time_machine.travel(datetime(2026, 9, 14, 8, tzinfo=HERE), tick=False):
        task = TaskFactory(assignee=company.li_na, repeat="workday", due_at=datetime(2026, 9, 14, 9, tzinfo=HERE))
        until = datetime(2026, 10, 20, tzinfo=HERE)
        client = recurring_ical_events.of(calendar(address)).between(date(2026, 9, 1), date(2026, 10, 20))
        days = sorted(f"{event['DTSTART'].dt:%m-%d}" for event in client)
    assert days == [day[5:10] for day in as_we_reckon(task, until)]
    assert "09-20" in days and "10-10" in days and "10-01" not in days


@pytest.mark.parametrize("repeat", ["daily", "workday", "weekly", "monthly"])
def test_ACT_5_a_repetition_ends_on_its_last_day_and_includes_it(company, address, repeat):
    last = date(2026, 12, 24) if repeat == "monthly" else date(2026, 12, 8)
    task = TaskFactory(assignee=company.li_na, repeat=repeat, due_at=at(24, 23, 30), repeat_until=last)
    seen = as_a_client_shows(address)
    assert seen == as_we_reckon(task) and seen[-1][:10] == last.isoformat()


def test_ACT_5_an_overdue_one_shows_where_it_stands_and_goes_on_from_today(company, address):
    TaskFactory(assignee=company.li_na, repeat="daily", due_at=at(10, 9), title="日报", repeat_until=date(2026, 11, 25))
    assert [when for when, _title in shown(address)] == ["11-10 09:00", "11-23 09:00", "11-24 09:00", "11-25 09:00"]


def test_ACT_5_moved_alone_the_others_keep_their_time(company, address, viewer):
    task = TaskFactory(assignee=company.li_na, repeat="weekly", due_at=at(24, 10), ends_at=at(24, 11), title="例会")
    move_task(task, by=viewer(company.li_na), begin=at(25, 15), only_this=True)
    assert [when for when, _title in shown(address)][:3] == ["11-25 15:00", "12-01 10:00", "12-08 10:00"]


def test_ACT_5_repeating_whole_days_keep_to_days(company, address):
    TaskFactory(
        assignee=company.li_na, repeat="weekly", is_all_day=True, due_at=at(24, 0), repeat_until=date(2026, 12, 8)
    )
    assert [when for when, _title in shown(address)] == ["11-24", "12-01", "12-08"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Shanghai"])
def test_ACT_5_where_clocks_change_the_time_of_day_stays(company, viewer, settings, zone):
    settings.TIME_ZONE = zone
    fmt.zone.cache_clear()
    try:
        due = datetime(2026, 10, 20, 9, 0, tzinfo=ZoneInfo(zone))
        with time_machine.travel(due - timedelta(hours=2), tick=False):
            task = TaskFactory(assignee=company.li_na, repeat="weekly", due_at=due, ends_at=due + timedelta(hours=1))
            body = ical.calendar_of(viewer(company.li_na), "https://crm.example")
        read = icalendar.Calendar.from_ical(body)
        found = recurring_ical_events.of(read).between(date(2026, 10, 1), date(2027, 5, 1))
        instants = sorted(event["DTSTART"].dt.astimezone(UTC) for event in found)
        expected = [
            task.due_at.astimezone(UTC),
            *(w.astimezone(UTC) for w in repetitions(task, dates.bounds(date(2027, 4, 30))[1])),
        ]
        assert instants == expected and len(instants) > 25
        assert {i.astimezone(ZoneInfo(zone)).strftime("%H:%M") for i in instants} == {"09:00"}
        offsets = {i.astimezone(ZoneInfo(zone)).utcoffset() for i in instants}
        assert len(offsets) == (1 if zone == "Asia/Shanghai" else 2)
        # The definition in the file says the same as the zone: a client that believes it and not its own is right too.
        (told,) = read.walk("VTIMEZONE")
        assert told["TZID"] == zone
        for instant in instants:
            there = instant.astimezone(told.to_tz())
            assert there.utcoffset() == instant.astimezone(ZoneInfo(zone)).utcoffset()
    finally:
        fmt.zone.cache_clear()


def test_ACT_5_a_client_that_has_it_is_not_sent_it_again(company, address):
    TaskFactory(assignee=company.li_na, due_at=at(24, 10))
    first = read(address)
    assert first["Content-Type"] == "text/calendar; charset=utf-8" and first["Cache-Control"].startswith("private")
    assert not first.cookies
    again = read(address, **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304 and not again.content
    assert read(address, **{"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert read(address)["Last-Modified"] == first["Last-Modified"]
        TaskFactory(assignee=company.li_na, due_at=at(25, 10))
        changed = read(address, **{"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]})
        assert changed.status_code == 200 and changed["Last-Modified"] != first["Last-Modified"]
        assert read(address, **{"If-Modified-Since": first["Last-Modified"]}).status_code == 200


def test_ACT_5_a_client_that_has_it_costs_a_few_questions_and_nothing_is_made(
    company, address, monkeypatch, django_assert_num_queries
):
    for day in range(24, 30):
        invite(TaskFactory(assignee=company.li_na, due_at=at(day, 10)), company.zhao_lei)
    etag = read(address)["ETag"]
    monkeypatch.setattr(ical, "calendar_of", lambda *_: pytest.fail("made again"))
    with django_assert_num_queries(QUERIES_OF_304):
        assert read(address, **{"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "change", ["title", "customer", "guest", "answer", "gone", "handed on", "colleague", "other's"]
)
def test_ACT_5_whatever_a_client_shows_changes_what_it_is_sent(company, address, change):
    customer = CustomerFactory(owner=company.li_na, name="恒旭")
    task = TaskFactory(assignee=company.li_na, due_at=at(24, 10), customer=customer)
    theirs = TaskFactory(assignee=company.zhao_lei, due_at=at(24, 14))
    for one, person in ((task, company.zhao_lei), (theirs, company.li_na)):
        invite(one, person)
    etag = read(address)["ETag"]
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False), acting(the_system(), "test"):
        if change == "customer":
            customer.name = "恒旭精工"
            customer.save()
        elif change == "guest":
            TaskParticipant(task=task, person=company.gm).save()
        elif change == "answer":
            place = TaskParticipant.objects.whole_table("test").get(task=task)
            place.answer, place.answered_at = "no", dates.now()
            place.save()
        elif change == "gone":
            TaskParticipant.objects.whole_table("test").filter(task=task).delete()
            task.delete()
        elif change == "colleague":
            company.zhao_lei.name = "赵磊磊"
            company.zhao_lei.save()
        else:
            one = theirs if change == "other's" else task
            one.title, one.assignee = "改了", company.zhao_lei if change == "handed on" else one.assignee
            one.save()
    assert read(address, **{"If-None-Match": etag}).status_code == 200


def test_ACT_5_a_new_address_ends_the_old_and_none_is_none(company, sign_in, address):
    client = sign_in(company.li_na)
    assert address.encode() in client.get("/me/calendar/").content
    client.post("/me/calendar/renew/")
    assert read(address).status_code == 404
    new = f"/calendar/feed/{CalendarFeed.objects.get(person=company.li_na).secret}.ics"
    assert new != address and read(new).status_code == 200
    client.post("/me/calendar/revoke/")
    assert read(new).status_code == 404 and b"/calendar/feed/" not in client.get("/me/calendar/").content


def test_ACT_5_the_secret_is_nowhere_in_the_database(company, address):
    secret = address.rsplit("/", 1)[1].removesuffix(".ics")
    feed = CalendarFeed.objects.get(person=company.li_na)
    assert len(secret.partition("-")[2]) == 43
    assert not any(secret in str(value) or secret.partition("-")[2] in str(value) for value in vars(feed).values())
    cut = f"/calendar/feed/{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}.ics"
    assert read(cut).status_code == 404 and read("/calendar/feed/x.ics").status_code == 404


def test_ACT_5_who_left_has_no_feed(company, address):
    with acting(the_system(), "test"):
        company.li_na.is_active = False
        company.li_na.save()
    assert read(address).status_code == 404


def test_PLT_5_guessing_and_reading_all_the_time_are_held_up(company, address):
    assert [read(address).status_code for _n in range(31)][-2:] == [200, 429]
    cache.clear()
    tries = [read(f"/calendar/feed/{n}-{'A' * 43}.ics") for n in range(21)]
    assert [t.status_code for t in tries][-2:] == [404, 429] and tries[-1]["Retry-After"] == "60"
    assert read(address).status_code == 429


def test_ORG_3_the_feed_holds_what_its_person_sees(company, address):
    """Who was invited sees it in their feed; who said no does not."""
    mine = TaskFactory(assignee=company.wang_wei, title="王伟请的会", kind="meeting", due_at=at(24, 10))
    away = TaskFactory(assignee=company.wang_wei, title="去不了的会", kind="meeting", due_at=at(24, 14))
    with acting(the_system(), "test"):
        TaskParticipant(task=mine, person=company.li_na).save()
        TaskParticipant(task=away, person=company.li_na, answer="no").save()
    assert [title for _when, title in shown(address)] == ["王伟请的会"]
    assert Task.objects.whole_table("test").count() == 2
