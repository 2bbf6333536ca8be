"""Work reports through the API: written, handed in once, by their author alone (ACT-4)."""

import pytest

from zhike.activities.models import WorkReport
from zhike.activities.tests.factories import WorkReportFactory
from zhike.api.tests.test_api import Caller, errors
from zhike.kit import dates
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db


def told(person):
    return InboxItem.objects.filter(person=person, about="reports").count()


def draft(person, **more):
    return WorkReportFactory(author=person, status="draft", submitted_at=None, **more)


def test_ACT_4_a_report_is_written_and_handed_in_once_however_often_it_is_sent(company):
    caller, body = Caller(company.li_na), {"rhythm": "day", "first_on": dates.today().isoformat(), "done": "拜访恒旭"}
    first, again = (caller.send("POST", "work-reports", body, **{"Idempotency-Key": "write"}) for _n in range(2))
    assert first.status_code == 201 and first.json() == again.json() and first.json()["status"] == "draft"
    assert first.json()["author"] == "li_na" and WorkReport.objects.whole_table("test").count() == 1
    url = f"work-reports/{first.json()['id']}/submit"
    handed, twice = (caller.send("POST", url, **{"Idempotency-Key": "hand in"}) for _n in range(2))
    assert handed.status_code == 200 and handed.json() == twice.json() and twice["Idempotency-Replayed"] == "true"
    assert handed.json()["status"] == "submitted" and handed.json()["submitted_at"]
    assert caller.send("POST", url).json()["submitted_at"] == handed.json()["submitted_at"]  # without a key
    assert told(company.li_na.supervisor) == 1


def test_ACT_4_a_report_that_says_nothing_is_not_handed_in(company):
    report = draft(company.li_na, done="")
    answer = Caller(company.li_na).send("POST", f"work-reports/{report.pk}/submit")
    assert answer.status_code == 422 and "done" in errors(answer)
    assert not told(company.li_na.supervisor)


@pytest.mark.parametrize("person", ["zhao_lei", "reader", "manager_west"])
def test_ACT_4_drafts_are_their_authors_alone(company, person):
    report = draft(company.li_na)
    assert Caller(getattr(company, person)).send("POST", f"work-reports/{report.pk}/submit").status_code == 404
    assert WorkReport.objects.whole_table("test").get().status == "draft"


def test_ACT_4_who_reads_a_report_cannot_hand_it_in(company):
    report = WorkReportFactory(author=company.li_na)
    supervisor = Caller(company.li_na.supervisor)
    assert supervisor.get(f"/api/v1/work-reports/{report.pk}").status_code == 200
    assert supervisor.send("POST", f"work-reports/{report.pk}/submit").status_code == 403
