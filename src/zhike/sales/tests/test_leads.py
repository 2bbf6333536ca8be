"""SAL-1: leads given out by rules from form, API and import; the response clock; put aside, found again, reopened."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from zhike.api.tests.test_api import Caller
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping
from zhike.records.models import AuditEntry, InboxItem
from zhike.sales.actions import assign_all_by_rules, assign_by_rules, note_answered, save_rule
from zhike.sales.kinds import LEAD
from zhike.sales.likeness import company_core
from zhike.sales.models import AssignmentRule, Lead, LeadAssignment
from zhike.sales.tests.factories import LeadFactory, shipped

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def rule(company, viewer):
    """`rule("名", people=[…], how="turn", filter=[…], …)` makes a rule as the general manager."""

    def make(name, *, people=(), filter=(), **values):
        given = {
            "how": "turn",
            "department": None,
            "role": None,
            "customer_grades": [],
            "most_open": None,
            "is_active": True,
        }
        return save_rule(AssignmentRule(filter=list(filter)), by=viewer(company.gm), name=name,
                         people=[p.pk for p in people], **(given | values))  # fmt: skip

    return make


def create(caller, **values):
    answer = caller.send("POST", "leads", {"name": "范海峰", "company": "瑞致光电"} | values)
    assert answer.status_code == 201, answer.content
    return answer.json()


def owners(*leads):
    return [
        Lead._base_manager.get(pk=lead["id"] if isinstance(lead, dict) else lead.pk).owner.username for lead in leads
    ]


def test_SAL_1_new_leads_go_round_those_a_rule_names_and_why_is_kept(company, rule):
    made = rule("轮流", people=[company.li_na, company.wang_wei, company.zhao_lei])
    marketing = Caller(company.marketing)
    leads = [create(marketing, mobile=f"1380013800{n}") for n in range(5)]
    assert owners(*leads) == ["li_na", "wang_wei", "zhao_lei", "li_na", "wang_wei"]
    kept = LeadAssignment.objects.whole_table("test").filter(lead_id=leads[1]["id"]).get()
    assert (kept.rule, kept.rule_name, kept.person, kept.asked_by) == (
        made,
        "轮流",
        company.wang_wei,
        company.marketing,
    )
    assert InboxItem.objects.filter(person=company.wang_wei).count() == 2
    verbs = AuditEntry.objects.filter(kind="sales.lead", object_id=leads[0]["id"]).values_list("verb", flat=True)
    assert sorted(verbs) == ["changed", "created"]


def test_SAL_1_an_owner_given_stays_and_without_rules_the_creator_owns(company, rule):
    assert create(Caller(company.li_na))["owner"] == "li_na"
    rule("轮流", people=[company.wang_wei])
    assert create(Caller(company.gm), owner="zhao_lei")["owner"] == "zhao_lei"


def test_SAL_1_the_first_rule_that_fits_wins_and_one_that_fits_nobody_leaves_it_with_its_creator(company, rule):
    rule("江苏", people=[company.li_na], filter=[["region", "is", ["江苏省", "江苏"]]])
    rule("展会A级", people=[company.wang_wei], filter=[["source", "in", ["exhibition"]], ["grade", "in", ["A"]]])
    caller = Caller(company.marketing)
    assert create(caller, region="江苏", source="exhibition", grade="A")["owner"] == "li_na"
    assert create(caller, region="浙江", source="exhibition", grade="A")["owner"] == "wang_wei"
    assert create(caller, region="浙江", source="exhibition", grade="B")["owner"] == "marketing"


def test_SAL_1_by_load_the_one_with_the_fewest_open_leads_gets_it(company, rule):
    rule("按负荷", people=[company.li_na, company.wang_wei], how="load")
    for _n in range(3):
        LeadFactory(owner=company.li_na)
    LeadFactory(owner=company.wang_wei, status="unqualified", unqualified_reason="no_need")  # not open
    LeadFactory(owner=company.wang_wei)
    caller = Caller(company.gm)
    assert owners(*[create(caller) for _n in range(3)]) == ["wang_wei", "wang_wei", "li_na"]


def test_SAL_1_nobody_gets_more_open_leads_than_a_rule_allows_then_the_next_rule_is_asked(company, rule):
    rule("名额", people=[company.li_na], most_open=1)
    rule("其余", people=[company.zhao_lei])
    caller = Caller(company.gm)
    assert owners(*[create(caller) for _n in range(3)]) == ["li_na", "zhao_lei", "zhao_lei"]


def test_SAL_1_who_left_or_is_away_or_may_not_work_on_leads_is_left_out(company, rule):
    rule("全部", people=[company.leaver, company.li_na, company.wang_wei, company.finance])
    with acting(the_system(), "test"):
        company.li_na.away_from = company.li_na.away_until = dates.today()
        company.li_na.save()
    assert owners(*[create(Caller(company.gm)) for _n in range(2)]) == ["wang_wei", "wang_wei"]
    with time_machine.travel(dates.now() + timedelta(days=1), tick=False):
        assert owners(create(Caller(company.gm))) == ["li_na"]


def test_SAL_1_a_department_with_all_below_it_or_only_a_role_in_it(company, rule):
    made = rule("东区", department=company.departments["east"].pk)
    from zhike.sales.actions import available

    names = {"manager_east", "lead_east", "li_na", "wang_wei"}
    assert available(made) == sorted(company.people[name].pk for name in names)
    made = rule("东区销售", department=company.departments["east"].pk, role=company.roles["sales"].pk)
    assert available(made) == sorted([company.li_na.pk, company.wang_wei.pk])


def test_SAL_1_a_lead_of_a_customer_goes_to_who_looks_after_it_and_by_its_class(company, rule):
    CustomerFactory(owner=company.zhao_lei, name="瑞致光电", abc="A")
    CustomerFactory(owner=company.wang_wei, name="小客户", phone="+8613900001111", abc="C")
    rule("重点客户", people=[company.li_na], customer_grades=["A"])
    rule("老客户", how="customer")
    caller = Caller(company.gm)
    assert create(caller)["owner"] == "li_na"
    assert create(caller, company="另一个名", mobile="139 0000 1111")["owner"] == "wang_wei"
    assert create(caller, company="没人认识")["owner"] == "gm"


def test_SAL_1_imported_leads_are_given_out_too_and_a_dry_run_gives_nothing(company, rule, viewer, tmp_path):
    rule("轮流", people=[company.li_na, company.wang_wei])
    file = tmp_path / "leads.csv"
    file.write_text("姓名,公司,手机\n" + "".join(f"甲{n},公司{n},1390000000{n}\n" for n in range(6)), encoding="utf-8")
    Import(LEAD, Mapping(), viewer(company.gm), dry_run=True).run(file)
    assert not Lead.objects.whole_table("test").exists()
    counts = Import(LEAD, Mapping(), viewer(company.gm)).run(file)
    assert counts["created"] == 6
    rows = Lead.objects.whole_table("test").order_by("id").values_list("owner__username", flat=True)
    assert list(rows) == ["li_na", "wang_wei"] * 3
    assert InboxItem.objects.filter(person__in=[company.li_na, company.wang_wei]).count() == 6  # three each, singly
    again = Import(LEAD, Mapping(), viewer(company.gm)).run(file)
    assert again["created"] == 0 and again["skipped"] == 6


def test_SAL_1_unowned_leads_are_given_out_by_a_button_once(company, rule, viewer, sign_in):
    leads = [LeadFactory(owner=None) for _n in range(3)]
    with acting(the_system(), "test"):
        Lead.objects.whole_table("test").update(owner=None)
    rule("轮流", people=[company.li_na, company.wang_wei])
    gm = sign_in(company.gm)
    assert "3" in gm.get("/settings/assignment/").content.decode()
    assert gm.post("/settings/assignment/run/").status_code == 302
    assert owners(*leads) == ["li_na", "wang_wei", "li_na"]
    assert assign_all_by_rules(by=viewer(company.gm)) == 0
    with pytest.raises(Refused):
        assign_by_rules(LEAD, leads[0], by=viewer(company.gm))
    lead = LeadFactory()
    with acting(the_system(), "test"):
        Lead.objects.whole_table("test").filter(pk=lead.pk).update(owner=None)
    for person, status in [("reader", 403), ("finance", 403), ("li_na", 302)]:
        answer = sign_in(company.people[person]).post(f"/leads/{lead.pk}/by-rules/")
        assert answer.status_code == status, person


def test_SAL_1_only_who_may_set_up_assignment_sees_and_changes_the_rules(company, rule, sign_in):
    made = rule("轮流", people=[company.li_na])
    for person in ("li_na", "manager_east", "reader", "marketing"):
        client = sign_in(company.people[person])
        assert client.get("/settings/assignment/").status_code == 403, person
        for way in ("", "delete/", "conditions/"):
            assert client.post(f"/settings/assignment/{made.pk}/{way}").status_code == 403, person
    gm = sign_in(company.gm)
    page = gm.post(f"/settings/assignment/{made.pk}/conditions/?region__is=江苏&grade__in=A,B")
    assert page.status_code == 302
    made.refresh_from_db()
    assert made.filter == [["grade", "in", ["A", "B"]], ["region", "is", ["江苏"]]]
    page = gm.get("/settings/assignment/").content.decode()
    assert "江苏" in page and "李娜" in page
    assert gm.post("/settings/assignment/new/", {"name": "空", "how": "turn"}).status_code == 422
    second = rule("第二", people=[company.wang_wei])
    assert gm.post("/settings/assignment/order/", {"order": f"{second.pk},{made.pk}"}).status_code == 204
    assert list(AssignmentRule.objects.values_list("name", flat=True)) == ["第二", "轮流"]
    assert gm.post(f"/settings/assignment/{made.pk}/delete/").status_code == 302
    assert AssignmentRule.objects.count() == 1


def at(day, clock):
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


def test_SAL_1_the_response_clock_counts_working_time_only(company, sign_in):
    shipped()
    client = sign_in(company.li_na)
    with time_machine.travel(at("2026-03-06", "17:50"), tick=False):  # a Friday
        lead = LeadFactory(owner=company.li_na)
    for moment, words in [
        (at("2026-03-06", "17:55"), "5 分钟"), (at("2026-03-08", "12:00"), "10 分钟"), (at("2026-03-09", "09:15"), "25 分钟"),
        (at("2026-03-09", "10:00"), "1 小时 10 分"), (at("2026-03-11", "10:00"), "2 个工作日"),
    ]:  # fmt: skip
        with time_machine.travel(moment, tick=False):
            for page in (client.get("/leads/"), client.get(f"/leads/{lead.pk}/")):
                assert f"已等 {words}" in page.content.decode(), moment
    with time_machine.travel(at("2026-03-09", "09:15"), tick=False):
        client.post(f"/leads/{lead.pk}/disqualify/", {"reason": "no_need"})
    lead = Lead._base_manager.get(pk=lead.pk)
    assert (lead.responded_at, lead.response_minutes) == (at("2026-03-09", "09:15"), 25)
    assert "用时 25 分钟" in client.get(f"/leads/{lead.pk}/").content.decode()


def test_SAL_1_what_was_put_aside_is_found_and_taken_up_again(company, sign_in):
    shipped()
    lead = LeadFactory(owner=company.li_na, company="搁置公司")
    client = sign_in(company.li_na)
    client.post(f"/leads/{lead.pk}/disqualify/", {"reason": "no_need"})
    assert "搁置公司" in client.get("/leads/?status=unqualified").content.decode()
    for person, status in [("reader", 403), ("zhao_lei", 404), ("lead_east", 302), ("li_na", 302)]:
        assert sign_in(company.people[person]).post(f"/leads/{lead.pk}/reopen/").status_code == status, person
    lead = Lead._base_manager.get(pk=lead.pk)
    assert (lead.status, lead.unqualified_reason) == ("working", "")
    entries = AuditEntry.objects.filter(kind="sales.lead", object_id=lead.pk, verb="changed").values_list(
        "changes", flat=True
    )
    assert ["no_need", ""] in [changes.get("unqualified_reason") for changes in entries]


def test_SAL_1_the_kind_of_lead_is_the_one_rules_filter_by():
    assert kinds.get("sales.lead") is LEAD and not LEAD.owned_by_creator


def test_SAL_1_who_converts_is_shown_the_same_customers_masked_outside_the_scope(company, sign_in):
    shipped()
    mine = CustomerFactory(owner=company.li_na, name="昆山瑞致光电（集团）")
    theirs = CustomerFactory(owner=company.zhao_lei, name="昆山瑞致光电有限公司", short_name="瑞致秘密")
    other = CustomerFactory(owner=company.zhao_lei, name="别的名字有限公司")
    ContactFactory(customer=other, owner=other.owner, name="范先生", mobile="139 0000 1111")
    unlike = CustomerFactory(owner=company.li_na, name="昆山瑞致光电设备安装队")
    lead = LeadFactory(owner=company.li_na, company="昆山瑞致光电 股份有限公司", mobile="+86 13900001111")
    client = sign_in(company.li_na)
    for url in (f"/leads/{lead.pk}/", f"/leads/{lead.pk}/convert/"):
        page = client.get(url).content.decode()
        assert mine.name in page and unlike.name not in page
        assert theirs.name not in page and theirs.code not in page and other.name not in page
        assert "昆山***公司" in page and "别的***公司" in page and "赵磊" in page
    page = client.get(f"/leads/{lead.pk}/convert/?customer={mine.pk}").content.decode()
    assert f'value="{mine.pk}"' in page
    assert client.post(f"/leads/{lead.pk}/convert/", {"customer": theirs.pk}).status_code == 422
    assert client.post(f"/leads/{lead.pk}/convert/", {"customer": mine.pk}).status_code == 302
    assert Lead._base_manager.get(pk=lead.pk).customer == mine


@pytest.mark.parametrize(
    ("one", "other"),
    [("昆山瑞致光电有限公司", "昆山瑞致光电（股份）有限公司"), ("ＡＢＣ科技有限公司", "abc科技"), ("Acme Co., Ltd.", "ACME"),
     ("恒旭 精密", "恒旭精密有限责任公司")],
)  # fmt: skip
def test_CUS_8_names_are_compared_without_their_legal_form(one, other):
    assert company_core(one) == company_core(other)
    assert company_core("有限公司") and company_core("") == ""


def test_SAL_1_response_times_by_source_and_person(company, sign_in):
    moment = at("2026-03-09", "10:00")
    for owner, source, minutes in [(company.li_na, "exhibition", 10), (company.li_na, "exhibition", 40),
                                   (company.wang_wei, "search", 20), (company.zhao_lei, "search", None)]:  # fmt: skip
        with time_machine.travel(moment, tick=False):
            lead = LeadFactory(owner=owner, source=source)
        if minutes is not None:
            with time_machine.travel(moment + timedelta(minutes=minutes), tick=False), acting(the_system(), "test"):
                note_answered(lead, by=the_system(), at=dates.now())
    query = {"from": "2026-03-09", "to": "2026-03-09"}
    said = Caller(company.gm).get("/api/v1/reports/lead_response", {**query, "by": "source"}).json()
    figures = {row["key"]: (row["leads"], row["waiting"], row["median"], row["in_time"]) for row in said["rows"]}
    assert figures == {"exhibition": (2, 0, 25.0, 0.5), "search": (2, 1, 20.0, 1.0)}
    assert said["total"]["median"] == 20.0 and said["total"]["p90"] == 40
    said = Caller(company.lead_east).get("/api/v1/reports/lead_response", {**query, "by": "owner"}).json()
    assert {row["key"]: row["median"] for row in said["rows"]} == {"li_na": 25.0, "wang_wei": 20.0}
    client = sign_in(company.gm)
    assert "/reports/lead_response/" in client.get("/leads/").content.decode()
    assert "赵磊" in client.get("/reports/lead_response/?from=2026-03-09&to=2026-03-09&by=owner").content.decode()
