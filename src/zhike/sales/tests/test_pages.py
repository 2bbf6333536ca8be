"""The pages of this room, through the outside."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhike.kit import dates
from zhike.org.tests.factories import PersonFactory
from zhike.sales.models import Opportunity, Pipeline, Stage, StageChange
from zhike.sales.tests.factories import (
    CustomerFactory,
    LeadFactory,
    OpportunityFactory,
    ProductFactory,
    shipped,
    stage_at,
)

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def deal(company):
    return OpportunityFactory(owner=company.li_na, name="恒旭检测线二期", amount=Decimal("185000.50"))


def again(deal: Opportunity) -> Opportunity:
    return Opportunity._base_manager.get(pk=deal.pk)


def text(page) -> str:
    return page.content.decode()


def sums(client, query: str = "") -> list[str]:
    """What a board says in all and of each column: (deals · sum · weighted), asked for as the page asks."""
    asked = re.search(r'role="status" hx-get="([^"]+)"', text(client.get(f"/opportunities/board/{query}"))).group(1)
    page = client.get(asked.replace("&amp;", "&"), **HTMX)
    assert page.status_code == 200
    return figures(text(page))


def figures(page: str) -> list[str]:
    """The totals and the heads of the columns as one reads them, sums in full."""
    page = re.sub(r'<[^>]* title="([^"]+)"[^>]*>[^<]*</', r"\1</", page)
    status = re.search(r'role="status"[^>]*>(.*?)</p>', page, re.DOTALL)
    found = [status.group(1) if status else page.partition("<header")[0]]
    found += re.findall(r'<header id="lane-head-.*?</header>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", part).split()) for part in found]


def test_SAL_4_the_page_opens_for_owner_supervisors_and_readers_and_not_for_strangers(company, sign_in, deal):
    for person, status in [("li_na", 200), ("lead_east", 200), ("manager_east", 200), ("gm", 200), ("reader", 200),
                           ("wang_wei", 404), ("manager_west", 404), ("zhao_lei", 404)]:  # fmt: skip
        for address in ("", "overview/", "files/", "changes/"):
            page = sign_in(company.people[person]).get(f"/opportunities/{deal.pk}/{address}")
            assert page.status_code == status, (person, address)
            assert ("恒旭" in text(page)) == (status == 200)


@pytest.mark.parametrize("address", ["edit/", "move/", "lines/add/"])
def test_SAL_4_who_may_only_read_gets_403_and_who_does_not_see_404(company, sign_in, deal, address):
    for person, status in [("li_na", 200), ("reader", 403), ("finance", 403), ("zhao_lei", 404)]:
        assert sign_in(company.people[person]).get(f"/opportunities/{deal.pk}/{address}").status_code == status, person


def test_SAL_2_the_board_shows_columns_with_count_sum_and_weighted_sum(company, sign_in, deal):
    OpportunityFactory(owner=company.wang_wei, name="王伟的单", amount=Decimal("0.10"))
    OpportunityFactory(owner=company.li_na, stage=stage_at(1), amount=None, name="还没报价")
    OpportunityFactory(owner=company.zhao_lei, name="西区的单")
    won = OpportunityFactory(owner=company.li_na, stage=stage_at(-2), name="已经赢了", closed_on=dates.today())
    page = text(sign_in(company.manager_east).get("/opportunities/board/"))
    assert "恒旭检测线二期" in page and "王伟的单" in page and "还没报价" in page
    assert "西区的单" not in page and won.name not in page
    mine = text(sign_in(company.li_na).get("/opportunities/board/"))
    assert "王伟的单" not in mine


def test_SAL_2_the_board_shows_count_sum_and_weighted_sum_of_what_one_sees(company, sign_in, deal):
    OpportunityFactory(owner=company.wang_wei, amount=Decimal("0.10"))
    OpportunityFactory(owner=company.li_na, stage=stage_at(1), amount=None)
    OpportunityFactory(owner=company.zhao_lei, stage=stage_at(2), amount=Decimal("1000"))
    OpportunityFactory(owner=company.li_na, stage=stage_at(-2), closed_on=dates.today())
    first, second, third = (stage_at(n).name for n in range(3))
    empty = f"{third} 0 60% ¥ 0.00 · 加权 ¥ 0.00"
    assert sums(sign_in(company.manager_east)) == [
        "3 个商机 · ¥ 185,000.60 · 加权 ¥ 18,500.06",
        f"{first} 2 10% ¥ 185,000.60 · 加权 ¥ 18,500.06",
        f"{second} 1 30% ¥ 0.00 · 加权 ¥ 0.00",
        empty,
    ]
    assert sums(sign_in(company.li_na)) == [
        "2 个商机 · ¥ 185,000.50 · 加权 ¥ 18,500.05",
        f"{first} 1 10% ¥ 185,000.50 · 加权 ¥ 18,500.05",
        f"{second} 1 30% ¥ 0.00 · 加权 ¥ 0.00",
        empty,
    ]
    assert sums(sign_in(company.gm))[0] == "4 个商机 · ¥ 186,000.60 · 加权 ¥ 19,100.06"
    nobody = PersonFactory(name="没有角色")
    assert sign_in(nobody).get("/opportunities/board/?part=sums", **HTMX).status_code == 403


def test_SAL_2_the_first_page_of_a_board_adds_nothing_up_and_says_so_in_its_place(company, sign_in, deal):
    client = sign_in(company.li_na)
    client.get("/opportunities/board/")
    with CaptureQueriesContext(connection) as asked:
        page = text(client.get("/opportunities/board/"))
    assert not [query["sql"] for query in asked if "SUM(" in query["sql"]]
    assert figures(page) == ["…", *(f"{stage_at(n).name} … {stage_at(n).probability}% …" for n in range(3))]


def test_SAL_2_the_sums_of_a_board_are_of_its_pipeline_filter_and_search(company, sign_in, deal):
    OpportunityFactory(owner=company.wang_wei, name="小单", amount=Decimal("100"))
    OpportunityFactory(owner=company.li_na, stage=stage_at(0, "seven"), amount=Decimal("70"))
    client = sign_in(company.manager_east)
    for query, said in [
        ("?amount__gte=1000", "1 个商机 · ¥ 185,000.50 · 加权 ¥ 18,500.05"),
        (f"?owner={company.wang_wei.pk}", "1 个商机 · ¥ 100.00 · 加权 ¥ 10.00"),
        ("?owner__me=1", "0 个商机 · ¥ 0.00 · 加权 ¥ 0.00"),
        ("?q=小单", "1 个商机 · ¥ 100.00 · 加权 ¥ 10.00"),
        ("?order=score", "2 个商机 · ¥ 185,100.50 · 加权 ¥ 18,510.05"),
        (f"?pipeline={shipped('seven').pk}", "1 个商机 · ¥ 70.00 · 加权 ¥ 3.50"),
    ]:
        assert sums(client, query)[0] == said, query


def test_SAL_2_a_condition_that_makes_no_sense_leaves_a_board_and_its_sums_empty(company, sign_in, deal):
    client, query = sign_in(company.li_na), "?amount__gte=abc&expected_on__next=x"
    assert "kcard" not in text(client.get(f"/opportunities/board/{query}"))
    nothing = [f"{stage_at(n).name} 0 {stage_at(n).probability}% ¥ 0.00 · 加权 ¥ 0.00" for n in range(3)]
    assert sums(client, query) == ["0 个商机 · ¥ 0.00 · 加权 ¥ 0.00", *nothing]
    by_hand = client.get(f"/opportunities/board/{query}&part=sums")
    assert by_hand.status_code == 200 and figures(text(by_hand))[1:] == nothing


def test_SAL_2_the_board_takes_the_filter_of_the_list(company, sign_in, deal):
    OpportunityFactory(owner=company.wang_wei, name="小单", amount=Decimal("100"))
    client = sign_in(company.manager_east)
    page = text(client.get("/opportunities/board/?amount__gte=1000"))
    assert "恒旭检测线二期" in page and "小单" not in page
    assert "小单" not in text(client.get(f"/opportunities/board/?owner={company.li_na.pk}"))
    assert "小单" in text(client.get("/opportunities/board/?q=小单"))
    assert text(client.get(f"/opportunities/board/?pipeline={shipped('seven').pk}")).count("kcard") == 0


def test_SAL_2_a_column_shows_fifty_cards_then_more(company, sign_in):
    for _n in range(53):
        OpportunityFactory(owner=company.li_na, customer=None)
    client = sign_in(company.li_na)
    page = text(client.get("/opportunities/board/"))
    assert page.count('class="kcard') == 50
    more = re.search(r'hx-get="([^"]+start=50)"', page).group(1).replace("&amp;", "&")
    rest = text(client.get(more, **HTMX))
    assert rest.count('class="kcard') == 3 and "<html" not in rest
    assert client.get("/opportunities/board/?lane=999999&start=0", **HTMX).status_code == 404


def test_SAL_2_the_number_of_queries_of_the_board_is_the_same_for_one_deal_and_for_sixty(company, sign_in):
    client = sign_in(company.manager_east)
    for place in (0, 1, 2):
        OpportunityFactory(owner=company.li_na, stage=stage_at(place))
    pages = ("/opportunities/board/", "/opportunities/board/?part=sums")

    def counts() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as asked:
                client.get(page)
            found.append(len(asked))
        return found

    counts()
    few = counts()
    for n in range(60):
        OpportunityFactory(owner=company.wang_wei if n % 2 else company.li_na, stage=stage_at(n % 3))
    assert few == counts() == [6, 3]  # who asks (2), a column each (3), signs in the menu · who asks (2), all sums


def test_SAL_2_days_in_stage_turn_amber_and_red(company, sign_in):
    for days, name in [(5, "新"), (40, "慢"), (70, "很慢")]:
        OpportunityFactory(owner=company.li_na, name=name, opened_on=dates.today() - timedelta(days=days))
    page = text(sign_in(company.li_na).get("/opportunities/board/"))
    states = dict(re.findall(r'class="kcard (\w*)".*?<a href="[^"]+">([^<]+)</a>', page))
    assert states == {"": "新", "stuck": "慢", "late": "很慢"}


def test_SAL_2_dropping_a_card_moves_the_deal_and_answers_with_the_board(company, sign_in, deal):
    client = sign_in(company.li_na)
    url = f"/opportunities/{deal.pk}/move/?board&owner__me=1"
    page = client.post(url, {"stage": stage_at(1).pk, "version": again(deal).version}, **HTMX)
    assert page.status_code == 200 and page["HX-Retarget"] == "#board" and "kcard" in text(page)
    assert again(deal).stage == stage_at(1)
    assert figures(text(page)) == sums(client, "?owner__me=1") and "part=sums" not in text(page)
    assert figures(text(page))[0] == "1 个商机 · ¥ 185,000.50 · 加权 ¥ 55,500.15"
    stale = client.post(url, {"stage": stage_at(2).pk, "version": 1}, **HTMX)
    assert stale.status_code == 409 and again(deal).stage == stage_at(1)


def test_SAL_2_dropping_back_or_on_lost_asks_for_the_reason(company, sign_in, deal):
    client = sign_in(company.li_na)
    url = f"/opportunities/{deal.pk}/move/?board"
    client.post(url, {"stage": stage_at(2).pk}, **HTMX)
    for stage in (stage_at(0), stage_at(-1)):
        page = client.post(url, {"stage": stage.pk}, **HTMX)
        assert page["HX-Retarget"] == "#dialog" and 'name="reason"' in text(page)
        assert again(deal).stage == stage_at(2)
        page = client.post(url, {"stage": stage.pk, "reason": ""}, **HTMX)
        assert page.status_code == 422 and again(deal).stage == stage_at(2)
    page = client.post(url, {"stage": stage_at(-1).pk, "reason": "price", "note": "差两成"}, **HTMX)
    assert page["HX-Retarget"] == "#board" and figures(text(page))[0] == "0 个商机 · ¥ 0.00 · 加权 ¥ 0.00"
    assert (again(deal).status, again(deal).loss_reason) == ("lost", "price")
    assert StageChange.objects.whole_table("test").filter(opportunity=deal).last().reason == "差两成"


def test_SAL_2_a_gate_is_shown_at_the_stage_and_nothing_changes(company, sign_in):
    deal = OpportunityFactory(owner=company.li_na, customer=None, amount=None, stage=stage_at(2))
    page = sign_in(company.li_na).post(f"/opportunities/{deal.pk}/move/", {"stage": stage_at(-2).pk})
    assert page.status_code == 422 and again(deal).status == "open"


def test_SAL_4_create_from_a_customers_page_and_edit(company, sign_in):
    client, customer = sign_in(company.li_na), CustomerFactory(owner=company.li_na)
    shipped()
    assert str(customer) in text(client.get(f"/opportunities/new/?customer={customer.pk}"))
    page = client.post(
        "/opportunities/new/", {"name": "新线", "customer": customer.pk, "amount": "12万", "owner": company.li_na.pk}
    )
    assert page.status_code == 302
    deal = Opportunity._base_manager.get(name="新线")
    assert (deal.amount, deal.owner, deal.stage) == (Decimal("120000.00"), company.li_na, stage_at(0))
    values = {"name": "新线二", "customer": customer.pk, "amount": "1.005", "version": deal.version}
    assert client.post(f"/opportunities/{deal.pk}/edit/", values).status_code == 422
    assert client.post(f"/opportunities/{deal.pk}/edit/", {**values, "amount": "1.50"}).status_code == 302
    assert client.post(f"/opportunities/{deal.pk}/edit/", {**values, "amount": "2"}).status_code == 409
    assert (again(deal).name, again(deal).amount) == ("新线二", Decimal("1.50"))
    assert f"/opportunities/{deal.pk}/" in text(client.get(f"/customers/{customer.pk}/deals/"))


def test_SAL_4_lines_and_checklist_on_the_page(company, sign_in, deal):
    client, product = sign_in(company.li_na), ProductFactory(list_price=Decimal("250"))
    base = f"/opportunities/{deal.pk}/"
    assert client.post(f"{base}lines/add/", {"product": product.pk, "quantity": "0"}).status_code == 422
    assert client.post(f"{base}lines/add/", {"product": product.pk, "quantity": "2", "price": ""}).status_code == 302
    assert product.name in text(client.get(base)) and "500.00" in text(client.get(base))
    client.post(f"{base}lines/total/")
    assert again(deal).amount == Decimal("500.00")
    item = stage_at(0).checklist[0]["id"]
    answer = client.post(f"{base}check/", {"stage": stage_at(0).pk, "item": item, "done": "1"}, **HTMX)
    assert answer.status_code == 200 and 'aria-pressed="true"' in text(answer)
    assert client.post(f"{base}check/", {"stage": "x", "item": item}).status_code == 422


def test_SAL_5_cost_is_for_those_who_may_see_it(company, sign_in):
    product = ProductFactory(cost=Decimal("777.77"))
    for person, sees in [("gm", True), ("li_na", False), ("reader", False)]:
        page = sign_in(company.people[person]).get(f"/products/{product.pk}/")
        assert page.status_code == 200 and ("777.77" in text(page)) == sees, person
    assert sign_in(company.li_na).get("/products/new/").status_code == 403
    assert sign_in(company.gm).post("/products/new/", {"name": "新品", "is_active": "yes"}).status_code == 302


def test_SAL_2_administrators_set_up_pipelines_and_nothing_in_use_disappears(company, sign_in, deal):
    admin, four = sign_in(company.admin), shipped()
    base = f"/settings/pipelines/{four.pk}/"
    assert "意向" in text(admin.get("/settings/pipelines/"))
    assert sign_in(company.li_na).post(f"{base}stages/new/", {"name": "x"}).status_code == 403
    stage = {"name": "立项", "kind": "open", "probability": "20", "expected_days": "15",
             "allow_back": "on", "required_fields": ["amount"], "checklist": "!见过决策人\n问预算"}  # fmt: skip
    assert admin.post(f"{base}stages/new/", stage).status_code == 302
    made = Stage.objects.get(name="立项")
    assert [(i["text"], i["required"]) for i in made.checklist] == [("见过决策人", True), ("问预算", False)]
    assert admin.post(f"{base}stages/{stage_at(1).pk}/", {**stage, "probability": "101"}).status_code == 422
    assert admin.post(f"{base}stages/{deal.stage_id}/remove/").status_code == 422
    assert admin.post(f"{base}stages/{made.pk}/remove/").status_code == 302
    won = four.stages.get(kind="won")
    assert admin.post(f"{base}stages/{won.pk}/remove/").status_code == 422
    assert (
        admin.post(
            "/settings/pipelines/new/", {"name": "渠道", "evaluated_by": "result", "is_default": "on"}
        ).status_code
        == 302
    )
    assert list(Pipeline.objects.filter(is_default=True).values_list("name", flat=True)) == ["渠道"]
    assert Pipeline.objects.get(name="渠道").stages.count() == 3


def test_SAL_1_leads_claim_convert_and_put_aside(company, sign_in):
    shipped()
    lead = LeadFactory(owner=None, company="昆山瑞致光电有限公司", name="范海峰", mobile="13800138000")
    na, wei, reader = sign_in(company.li_na), sign_in(company.wang_wei), sign_in(company.reader)
    assert reader.post(f"/leads/{lead.pk}/claim/").status_code == 403
    assert na.post(f"/leads/{lead.pk}/claim/").status_code == 302
    assert wei.post(f"/leads/{lead.pk}/claim/").status_code == 404  # no longer seen
    twin = CustomerFactory(owner=company.li_na, name="昆山瑞致光电有限公司")
    assert twin.name in text(na.get(f"/leads/{lead.pk}/convert/"))
    values = {"opens": "on", "name": "光电检测", "amount": "9000", "customer": ""}
    assert na.post(f"/leads/{lead.pk}/convert/", values).status_code == 302
    lead = type(lead)._base_manager.get(pk=lead.pk)
    assert (lead.status, lead.contact.name, lead.opportunity.amount) == ("converted", "范海峰", Decimal("9000"))
    assert lead.customer != twin and lead.opportunity.customer == lead.customer
    assert na.post(f"/leads/{lead.pk}/convert/", values).status_code == 422
    assert Opportunity._base_manager.filter(name="光电检测").count() == 1


def test_SAL_1_unqualified_leads_keep_their_reason(company, sign_in):
    lead = LeadFactory(owner=company.li_na)
    client = sign_in(company.li_na)
    shipped()
    assert client.post(f"/leads/{lead.pk}/disqualify/", {"reason": ""}).status_code == 422
    assert client.post(f"/leads/{lead.pk}/disqualify/", {"reason": "no_budget"}).status_code == 302
    lead = type(lead)._base_manager.get(pk=lead.pk)
    assert (lead.status, lead.unqualified_reason) == ("unqualified", "no_budget") and lead.responded_at
    assert lead.name in text(client.get(f"/leads/{lead.pk}/"))


def test_INS_1_the_workbench_shows_the_funnel(company, sign_in, deal):
    page = text(sign_in(company.li_na).get("/"))
    assert f"stage={deal.stage_id}" in page


def test_SAL_4_the_lists_show_what_the_viewer_sees(company, sign_in, deal):
    lead, product = LeadFactory(owner=company.li_na), ProductFactory()
    for person, sees in [("li_na", True), ("manager_east", True), ("zhao_lei", False)]:
        client = sign_in(company.people[person])
        assert (deal.name in text(client.get("/opportunities/?status=open"))) == sees
        assert deal.name not in text(client.get("/opportunities/?status=won"))
        assert (lead.name in text(client.get("/leads/"))) == sees
        assert product.name in text(client.get("/products/"))
    for view in ("stage=won", "stage=意向", "sort=-stage", "sort=stage_since", "pipeline=四阶段", "stage=nonsense"):
        assert sign_in(company.gm).get(f"/opportunities/?{view}").status_code == 200, view


def test_ORG_7_the_history_of_a_deal_is_in_words(company, sign_in, deal):
    client, product = sign_in(company.li_na), ProductFactory(name="视觉相机")
    item = stage_at(0).checklist[0]["id"]
    client.post(f"/opportunities/{deal.pk}/check/", {"stage": stage_at(0).pk, "item": item, "done": "1"})
    client.post(f"/opportunities/{deal.pk}/lines/add/", {"product": product.pk, "quantity": "2"})
    client.post(f"/opportunities/{deal.pk}/move/", {"stage": stage_at(1).pk})
    page = text(client.get(f"/opportunities/{deal.pk}/changes/"))
    assert "已勾选 1 项" in page and "视觉相机 × 2" in page and "售前跟踪" in page
    assert "{" not in re.search(r'id="panel">(.*)<aside', page, re.DOTALL).group(1) and "+00:00" not in page
