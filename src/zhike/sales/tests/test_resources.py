"""SAL-4: asking for colleagues by the day, granting within a day's hours, the calendar of who is booked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused
from zhike.org.models import Department
from zhike.records import config
from zhike.records.models import AuditEntry, InboxItem
from zhike.sales import actions, projects, resource_calendar
from zhike.sales.actions.resources import booked_hours
from zhike.sales.models import Opportunity, ResourceRequest
from zhike.sales.tests.factories import OpportunityFactory
from zhike.sales.tests.project_factories import ResourceRequestFactory, workdays

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(company):
    return OpportunityFactory(owner=company.li_na, name="恒旭检测线二期")


def ask(deal, by, **more):
    (day,) = workdays(1)
    given = {"kind": "presales", "first_on": day, "last_on": day, "reason": "演示方案", **more}
    return actions.ask_resource(deal, by=by, **given)


def again(asked) -> ResourceRequest:
    return ResourceRequest._base_manager.get(pk=asked.pk)


def told(person) -> list[str]:
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


def text(page) -> str:
    return page.content.decode()


def test_SAL_4_a_colleague_is_asked_for_and_the_supervisor_grants(company, sign_in, viewer, deal):
    client, (day,) = sign_in(company.li_na), workdays(1)
    url = f"/opportunities/{deal.pk}/resources/ask/"
    given = {"kind": "technical", "asked_person": company.zhao_lei.pk, "first_on": day, "last_on": day, "hours": "4",
             "reason": "现场调试"}  # fmt: skip
    assert client.post(url, {**given, "hours": "9"}).status_code == 422
    assert client.post(url, given).status_code == 302
    asked = ResourceRequest._base_manager.get()
    page = f"/resources/{asked.pk}/"
    assert any("赵磊" in words and "恒旭" in words for words in told(company.manager_west))
    # The manager of the west does not see the deal, but what is asked of their people.
    manager = sign_in(company.manager_west)
    assert manager.get(f"/opportunities/{deal.pk}/").status_code == 404
    assert "恒旭检测线二期" in text(manager.get(page)) and "恒旭检测线二期" in text(manager.get("/resources/"))
    for person, status in [("li_na", 403), ("zhao_lei", 403), ("wang_wei", 404), ("manager_west", 200), ("gm", 200)]:
        assert sign_in(company.people[person]).get(f"{page}grant/").status_code == status, person
    assert manager.post(f"{page}grant/", {"person": company.zhao_lei.pk}).status_code == 302
    assert manager.post(f"{page}grant/", {"person": company.zhao_lei.pk}).status_code == 302  # a double click
    asked = again(asked)
    assert (asked.status, asked.person, asked.decided_by) == ("granted", company.zhao_lei, company.manager_west)
    assert any("赵磊" in words for words in told(company.li_na))
    assert len([words for words in told(company.zhao_lei) if "恒旭检测线二期" in words]) == 2  # booked, and on the team
    assert sign_in(company.zhao_lei).get(f"/opportunities/{deal.pk}/").status_code == 200
    assert [row.person for row in projects.team(viewer(company.li_na), deal)] == [company.zhao_lei]
    assert AuditEntry.objects.filter(kind="sales.resourcerequest", object_id=asked.pk).count() == 2


def test_SAL_4_a_department_is_asked_and_its_head_names_somebody_or_declines(company, viewer, deal):
    west = company.departments["west"]
    with pytest.raises(Refused) as refused:
        ask(deal, viewer(company.li_na), asked_department=west)
    assert "asked_department" in refused.value.messages  # nobody heads it yet
    Department.objects.filter(pk=west.pk).update(head=company.manager_west)
    west.refresh_from_db()
    asked, head = ask(deal, viewer(company.li_na), asked_department=west), viewer(company.manager_west)
    for person in (None, company.wang_wei, company.leaver):
        with pytest.raises(Refused) as refused:
            actions.grant_resource(asked, by=head, person=person)
        assert "person" in refused.value.messages
    with pytest.raises(Refused):
        actions.decline_resource(asked, by=head, answer=" ")
    actions.decline_resource(asked, by=head, answer="都在客户现场")
    assert again(asked).status == "declined" and any("都在客户现场" in words for words in told(company.li_na))
    with pytest.raises(Refused):
        actions.grant_resource(asked, by=head, person=company.zhao_lei)
    second = ask(deal, viewer(company.li_na), asked_department=west)
    assert actions.grant_resource(second, by=head, person=company.zhao_lei).person == company.zhao_lei


def test_SAL_4_bookings_may_overlap_but_never_beyond_the_day(company, viewer, deal):
    by, head, days = viewer(company.li_na), viewer(company.manager_west), workdays(3)
    first = ask(deal, by, asked_person=company.zhao_lei, first_on=days[0], last_on=days[2], hours=Decimal("5"))
    assert actions.grant_resource(first, by=head).overlaps == []
    second = ask(deal, by, asked_person=company.zhao_lei, first_on=days[1], last_on=days[1], hours=Decimal("3"))
    assert actions.grant_resource(second, by=head).overlaps == [days[1]]
    third = ask(deal, by, asked_person=company.zhao_lei, first_on=days[0], last_on=days[1], hours=Decimal("0.5"))
    with pytest.raises(Refused) as refused:
        actions.grant_resource(third, by=head)
    assert str(days[1]) in str(refused.value) and again(third).status == "asked"
    assert booked_hours(company.zhao_lei.pk, days[0], days[2]) == {
        days[0]: Decimal(5), days[1]: Decimal(8), days[2]: Decimal(5)}  # fmt: skip
    actions.cancel_resource(second, by=by)  # frees the day
    assert actions.grant_resource(third, by=head).status == "granted"
    assert any("不再需要" in words for words in told(company.zhao_lei))


def test_SAL_4_the_page_says_that_a_booking_overlaps(company, sign_in, viewer, deal):
    by, (day,) = viewer(company.li_na), workdays(1)
    for _n in range(2):
        asked = ask(deal, by, asked_person=company.zhao_lei, hours=Decimal(4))
        page = sign_in(company.manager_west).post(
            f"/resources/{asked.pk}/grant/", {"person": company.zhao_lei.pk}, follow=True)  # fmt: skip
    assert f"赵磊在 {day} 另有安排" in text(page)
    asked = ask(deal, by, asked_person=company.zhao_lei, hours=Decimal(1))
    page = sign_in(company.manager_west).post(f"/resources/{asked.pk}/grant/", {"person": company.zhao_lei.pk})
    assert page.status_code == 422 and "只剩 0 小时" in text(page)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"first_on": -1}, "first_on"),
        ({"last_on": -1}, "last_on"),
        ({"last_on": 400}, "last_on"),
        ({"hours": Decimal("8.5")}, "hours"),
        ({"hours": Decimal(0)}, "hours"),
        ({"reason": ""}, "reason"),
        ({"kind": "magic"}, "kind"),
        ({"asked_person": None}, "asked_person"),
    ],
)
def test_SAL_4_requests_that_make_no_sense_are_refused(company, viewer, deal, wrong, field):
    given = {"asked_person": company.zhao_lei, **wrong}
    for name in ("first_on", "last_on"):
        if isinstance(given.get(name), int):
            given[name] = dates.today() + timedelta(days=given[name])
    with pytest.raises(Refused) as refused:
        ask(deal, viewer(company.li_na), **given)
    assert field in refused.value.messages or "" in refused.value.messages
    assert not ResourceRequest._base_manager.exists()


def test_SAL_4_a_weekend_or_a_decided_deal_needs_nobody(company, viewer, deal):
    by, day = viewer(company.li_na), dates.today() + timedelta(days=7)
    saturday = day + timedelta(days=(5 - day.weekday()) % 7)
    while resource_calendar.is_workday(saturday):  # worked to make up for a holiday
        saturday += timedelta(days=7)
    with pytest.raises(Refused):
        ask(deal, by, asked_person=company.zhao_lei, first_on=saturday, last_on=saturday)
    actions.lose_opportunity(deal, by=by, reason="price")
    with pytest.raises(Refused):
        ask(deal, by, asked_person=company.zhao_lei)


def test_SAL_4_who_takes_a_request_back(company, viewer, deal):
    asked = ask(deal, viewer(company.li_na), asked_person=company.zhao_lei)
    for person in ("wang_wei", "reader", "zhao_lei"):
        with pytest.raises(Forbidden):
            actions.cancel_resource(asked, by=viewer(company.people[person]))
    for _n in range(2):  # twice is as once
        assert actions.cancel_resource(asked, by=viewer(company.lead_east)).status == "cancelled"
    assert len([words for words in told(company.li_na) if "不再需要" in words]) == 1


def test_SAL_4_the_calendar_shows_busy_to_all_and_the_deal_to_those_who_may_know(company, sign_in, viewer, deal):
    (day,) = workdays(1)
    asked = ResourceRequestFactory(
        opportunity=deal, requester=company.li_na, asked_person=company.zhao_lei, person=company.zhao_lei,
        status="granted", hours=6,
    )  # fmt: skip
    url = f"/resources/?from={day}"
    for person, knows in [("li_na", True), ("manager_west", True), ("zhao_lei", True), ("wang_wei", False),
                          ("marketing", True)]:  # fmt: skip
        page = text(sign_in(company.people[person]).get(url))
        assert "已占用 6 小时" in page and ("恒旭检测线二期" in page) == knows, person
    rows = {row.person: row for row in resource_calendar.calendar(viewer(company.wang_wei), day)}
    (cell,) = [cell for cell in rows[company.zhao_lei].cells if cell.day == day]
    assert (cell.state, cell.known) == ("part", [])
    assert rows[company.wang_wei].cells[0].state in ("free", "off")
    west = text(sign_in(company.li_na).get(f"{url}&department={company.departments['west'].pk}"))
    assert "吴强" in west and "王伟" not in west
    for odd in ("?from=x", "?from=9999-99-99", "?department=999999999999999999999", "?from=0001-01-01"):
        assert sign_in(company.li_na).get(f"/resources/{odd}").status_code == 200
    assert sign_in(company.wang_wei).get(asked.get_absolute_url()).status_code == 404
    assert "演示方案" in text(sign_in(company.li_na).get("/resources/requests/"))
    assert "演示方案" not in text(sign_in(company.wang_wei).get("/resources/requests/"))


def test_SAL_4_the_calendar_asks_as_much_for_one_as_for_many(company, viewer, deal):
    by, (day,), asked = viewer(company.manager_west), workdays(1), []
    resource_calendar.calendar(by, day)  # what is remembered for long is read before
    for count in (1, 20):
        for _n in range(count):
            ResourceRequestFactory(opportunity=deal, requester=company.li_na, asked_person=company.zhao_lei,
                                   person=company.zhao_lei, status="granted", hours=Decimal("0.5"))  # fmt: skip
        with config.reading(), CaptureQueriesContext(connection) as queries:
            resource_calendar.calendar(by, day)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 6


def test_SAL_4_a_deal_with_requests_is_not_deleted(company, sign_in, viewer, deal):
    ask(deal, viewer(company.li_na), asked_person=company.zhao_lei)
    assert sign_in(company.gm).post(f"/opportunities/{deal.pk}/delete/").status_code == 422
    assert Opportunity._base_manager.filter(pk=deal.pk).exists()
