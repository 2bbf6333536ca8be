"""The company says when it works; answers, reminders and free times go by it (SAL-1)."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction

from zhike.kit import workdays
from zhike.org.models import WorkingHours
from zhike.records.models import AuditEntry

ADDRESS = "/settings/working-hours/"
HERE = ZoneInfo("Asia/Shanghai")
EARLY = {"begins": "08:00", "ends": "17:00", "break_begins": "11:30", "break_ends": "12:30"}


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=HERE)


def test_SAL_1_a_new_company_works_from_nine_to_six_with_lunch(company, sign_in):
    page = sign_in(company.admin).get(ADDRESS).content.decode()
    assert all(f'value="{clock}"' in page for clock in ("09:00", "18:00", "12:00", "13:30")) and "7.5" in page
    assert workdays.working_hours() == workdays.HOURS


def test_SAL_1_the_hours_an_administrator_sets_are_those_that_count(company, sign_in):
    client = sign_in(company.admin)
    assert client.post(ADDRESS, EARLY).status_code == 302
    assert client.post(ADDRESS, EARLY).status_code == 302  # twice: nothing more
    assert workdays.working_hours() == ((time(8), time(11, 30)), (time(12, 30), time(17)))
    assert workdays.working_minutes(at(27, 16, 50), at(30, 8, 20)) == 30
    (kept,) = AuditEntry.objects.filter(changes__has_key="hours")
    assert kept.person == company.admin and kept.changes["hours"][1] == "08:00–11:30, 12:30–17:00"
    assert client.post(ADDRESS, EARLY | {"break_begins": "", "break_ends": ""}).status_code == 302
    assert workdays.working_hours() == ((time(8), time(17)),)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends": "08:00"}, "下班时间"),
        ({"ends": "07:00", "break_begins": "", "break_ends": ""}, "下班时间"),
        ({"break_begins": ""}, "休息时间"),
        ({"break_begins": "07:00"}, "休息时间"),
        ({"break_ends": "17:00"}, "休息时间"),
        ({"begins": "25:00"}, "有效的时间"),
    ],
)
def test_SAL_1_hours_out_of_order_are_refused_and_nothing_changes(company, sign_in, wrong, said):
    page = sign_in(company.admin).post(ADDRESS, EARLY | wrong)
    assert page.status_code == 422 and said in page.content.decode()
    assert not WorkingHours.objects.exists()


def test_SAL_1_only_who_sets_the_company_up_sets_its_hours(company, sign_in):
    for person in (company.gm, company.li_na):
        assert sign_in(person).post(ADDRESS, EARLY).status_code == 403
    assert not WorkingHours.objects.exists()


def test_SAL_1_there_is_one_row_of_hours(company):
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkingHours.objects.create(pk=2)


@time_machine.travel(at(27, 8, 30), tick=False)
def test_SAL_1_the_clock_of_a_lead_goes_by_them(company, sign_in):
    from zhike.sales.tests.factories import LeadFactory

    lead = LeadFactory(owner=company.li_na)
    with time_machine.travel(at(27, 9, 10), tick=False):
        assert lead.waited() == 10
        sign_in(company.admin).post(ADDRESS, EARLY)
        assert lead.waited() == 40
