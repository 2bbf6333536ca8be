"""The log writes itself; reports are drafted from it, handed in, read and asked for (ACT-4)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.activities.actions import call_for_reports, complete_task
from zhike.activities.models import ReportRead, WorkReport
from zhike.activities.reports import grid
from zhike.activities.tests.factories import ActivityFactory, TaskFactory, WorkReportFactory
from zhike.activities.worklog import log_of
from zhike.contracts.tests.factories import ContractFactory, paid, signed
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.org.viewers import the_system
from zhike.records import config
from zhike.records.models import InboxItem
from zhike.sales.actions import move_opportunity
from zhike.sales.models.pipelines import stages
from zhike.sales.tests.factories import OpportunityFactory, QuoteFactory, shipped

pytestmark = pytest.mark.django_db
HERE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=HERE)
TODAY = MONDAY.date()


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def customer(company):
    return CustomerFactory(owner=company.li_na, name="苏州恒旭精密机械有限公司")


def inbox(person):
    return list(InboxItem.objects.filter(person=person).order_by("id").values_list("text", flat=True))


def write(client, done="拜访恒旭", submit=True, period="day", on=TODAY, **more):
    data = {"rhythm": period, "first_on": on.isoformat(), "done": done, "plan": "", "trouble": "", **more}
    if submit:
        data["submit"] = "1"
    return client.post(f"/work-reports/write/?period={period}&on={on.isoformat()}", data)


def own(person):
    return WorkReport.objects.whole_table("test").filter(author=person).order_by("pk").last()


def test_ACT_4_the_log_writes_itself_from_all_one_did(company, customer, viewer):
    shipped()
    ActivityFactory(customer=customer, kind="visit", summary="看了产线", happened_at=MONDAY - timedelta(hours=3))
    ActivityFactory(customer=customer, kind="call", summary="昨天打的", happened_at=MONDAY - timedelta(days=1))
    complete_task(TaskFactory(assignee=company.li_na, title="准备投标文件"), by=viewer(company.li_na))
    deal = OpportunityFactory(owner=company.li_na, customer=customer, name="二期改造")
    nxt = [s for s in stages().values() if s.pipeline_id == deal.pipeline_id and s.is_open][1]
    move_opportunity(deal, by=viewer(company.gm), stage=nxt)
    quote = QuoteFactory(owner=company.li_na, customer=customer, quoted_on=TODAY)
    with acting(the_system(), "test"):
        type(quote).objects.whole_table("test").filter(pk=quote.pk).update(status="sent", number="BJ-1")
    signed(ContractFactory(owner=company.li_na, customer=customer, name="二期合同"), on=0)
    paid(customer, 500, on=0)
    mine = [entry.text for entry in log_of(viewer(company.li_na), [company.li_na.pk], TODAY, TODAY)]
    assert mine[0] == "拜访：看了产线" and "完成：准备投标文件" in mine
    assert any(text.startswith("报价 BJ-1") for text in mine)
    assert any("二期合同" in text for text in mine) and "收到回款 ¥ 500" in mine
    assert not any("<" in text for text in mine)
    assert not any("昨天打的" in text or "二期改造" in text for text in mine)
    theirs = [entry.text for entry in log_of(viewer(company.gm), [company.gm.pk], TODAY, TODAY)]
    assert len(theirs) == 1 and theirs[0].startswith("二期改造")


def test_ORG_3_the_log_shows_only_what_the_reader_sees(company, customer, viewer, sign_in):
    ActivityFactory(customer=customer, summary="看了产线")
    who = [company.li_na.pk]
    assert len(log_of(viewer(company.lead_east), who, TODAY, TODAY)) == 1
    assert log_of(viewer(company.zhao_lei), who, TODAY, TODAY) == []
    assert sign_in(company.zhao_lei).get(f"/work-log/?person={company.li_na.pk}").status_code == 404
    assert "看了产线" in sign_in(company.lead_east).get(f"/work-log/?person={company.li_na.pk}").content.decode()


def test_ACT_4_a_report_is_drafted_from_the_log_with_what_is_planned(company, customer, sign_in):
    ActivityFactory(customer=customer, kind="visit", summary="看了产线", next_step="发方案")
    TaskFactory(assignee=company.li_na, title="给恒旭发方案", due_at=MONDAY + timedelta(days=1))
    page = sign_in(company.li_na).get("/work-reports/write/?period=day")
    form = page.context["form"]
    assert form["done"].value() == "1. 苏州恒旭精密机械有限公司 拜访：看了产线"
    assert form["plan"].value() == "1. 给恒旭发方案"
    week = sign_in(company.li_na).get("/work-reports/write/?period=week").context["form"]
    assert (
        week["done"].value().startswith("1. 11-23 苏州恒旭")
        and "<" not in week["done"].value()
        and "看了产线" in week["done"].value()
    )


def test_ACT_4_handed_in_on_time_the_supervisor_is_told_and_reads_it(company, sign_in):
    assert write(sign_in(company.li_na)).status_code == 302
    report = own(company.li_na)
    assert (report.status, report.is_late, report.name) == ("submitted", False, "日报 2026-11-23")
    assert inbox(company.lead_east) == ["李娜 提交了：日报 2026-11-23"]
    client = sign_in(company.lead_east)
    assert client.get(f"/work-reports/{report.pk}/").status_code == 200
    client.get(f"/work-reports/{report.pk}/")
    assert ReportRead.objects.whole_table("test").get().person == company.lead_east
    client.post(f"/work-reports/{report.pk}/comment/", {"text": "明天带上报价"})
    assert (
        inbox(company.li_na) == ["李娜主管 评论了 日报 2026-11-23：明天带上报价"]
        or "明天带上报价" in inbox(company.li_na)[0]
    )
    page = sign_in(company.li_na).get(f"/work-reports/{report.pk}/").content.decode()
    assert "明天带上报价" in page and str(company.lead_east) in page


def test_ACT_4_a_draft_is_kept_and_late_is_said(company, sign_in):
    client = sign_in(company.li_na)
    write(client, submit=False)
    assert own(company.li_na).status == "draft" and inbox(company.lead_east) == []
    with time_machine.travel(MONDAY + timedelta(hours=4), tick=False):
        write(client, done="补交", version=own(company.li_na).version)
    report = own(company.li_na)
    assert (report.status, report.is_late, report.done) == ("submitted", True, "补交")
    assert WorkReport.objects.whole_table("test").count() == 1


def test_ACT_4_twice_is_one_report_and_what_was_read_is_not_rewritten(company, sign_in):
    client = sign_in(company.li_na)
    write(client)
    write(client, done="改过", version=own(company.li_na).version)
    assert WorkReport.objects.whole_table("test").count() == 1 and own(company.li_na).done == "改过"
    assert len(inbox(company.lead_east)) == 1
    sign_in(company.lead_east).get(f"/work-reports/{own(company.li_na).pk}/")
    assert write(client, done="又改", version=own(company.li_na).version).status_code == 422
    assert own(company.li_na).done == "改过"


def test_ACT_4_an_empty_report_is_kept_but_not_handed_in(company, sign_in):
    page = write(sign_in(company.li_na), done=" ")
    assert page.status_code == 422 and "done" in page.context["form"].errors
    assert inbox(company.lead_east) == []


@pytest.mark.parametrize(
    "who, sees", [("li_na", 200), ("lead_east", 200), ("gm", 200), ("zhao_lei", 404), ("finance", 404)]
)
def test_ORG_3_reports_are_read_along_the_line_only(company, sign_in, who, sees):
    report = WorkReportFactory(author=company.li_na)
    client = sign_in(getattr(company, who))
    assert client.get(f"/work-reports/{report.pk}/").status_code == sees
    assert client.post(f"/work-reports/{report.pk}/comment/", {"text": "好"}).status_code == (
        302 if sees == 200 else 404
    )
    gone = client.post(f"/work-reports/{report.pk}/delete/").status_code
    assert gone == (404 if sees == 404 else 302 if who == "li_na" else 403)


def test_ACT_4_who_has_not_handed_in_is_told_once(company, sign_in):
    write(sign_in(company.li_na))
    with acting(the_system(), "test"):
        company.wang_wei.away_from = TODAY
        company.wang_wei.save()
    with time_machine.travel(MONDAY.replace(hour=19, minute=59), tick=False):
        call_for_reports(dates.now())
    assert not any("日报 2026-11-23" in text for text in inbox(company.zhao_lei))
    with time_machine.travel(MONDAY.replace(hour=20, minute=1), tick=False):
        told = call_for_reports(dates.now())
        assert told > 0 and call_for_reports(dates.now()) == 0
    assert "日报 2026-11-23 还未提交。" in inbox(company.zhao_lei)
    assert "日报 2026-11-23 还未提交。" not in inbox(company.li_na) + inbox(company.wang_wei) + inbox(company.gm)


def test_ACT_4_the_grid_shows_gaps_and_leaves_out_leave_and_holidays(company, customer, viewer, sign_in):
    write(sign_in(company.li_na))
    ActivityFactory(customer=customer, summary="看了产线", happened_at=MONDAY)
    with acting(the_system(), "test"):
        company.wang_wei.away_from, company.wang_wei.away_until = TODAY, TODAY
        company.wang_wei.save()
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        found = grid(viewer(company.gm), TODAY, dates.now())
    states = {line["person"].pk: [c.state for c in line["cells"]] for line in found["lines"]}
    assert states[company.li_na.pk] == ["on_time", "waiting", "ahead", "ahead", "ahead", "rest", "rest"]
    assert states[company.wang_wei.pk][:2] == ["away", "waiting"] and states[company.zhao_lei.pk][0] == "missing"
    counts = {line["person"].pk: line["cells"][0].followups for line in found["lines"]}
    assert counts[company.li_na.pk] == 1 and counts[company.zhao_lei.pk] == 0
    holiday = grid(viewer(company.gm), date(2026, 10, 1), dates.now())
    assert {c.state for line in holiday["lines"] for c in line["cells"][3:5]} == {"rest"}
    east = {line["person"].pk for line in grid(viewer(company.lead_east), TODAY, dates.now())["lines"]}
    assert company.li_na.pk in east and company.zhao_lei.pk not in east
    assert grid(viewer(company.li_na), TODAY, dates.now())["lines"] == []


def test_ACT_4_the_grid_asks_three_queries_however_many_reports(company, viewer, django_assert_num_queries):
    see = viewer(company.gm)
    with config.reading():
        grid(see, TODAY, dates.now())
        for person in (company.li_na, company.wang_wei, company.zhao_lei):
            for n in range(3):
                WorkReportFactory(author=person, first_on=TODAY - timedelta(days=n))
        with django_assert_num_queries(3):
            assert len(grid(see, TODAY, dates.now())["lines"]) == 3


def test_ACT_4_the_administrator_says_until_when(company, sign_in):
    data = {"wants_daily": "on", "daily_until": "16:00", "weekly_until": "10:00", "roles": ["sales"]}
    assert sign_in(company.li_na).post("/settings/work-reports/", data).status_code == 403
    assert sign_in(company.admin).post("/settings/work-reports/", data).status_code == 302
    write(sign_in(company.li_na))
    assert own(company.li_na).is_late
