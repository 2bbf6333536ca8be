"""Cross-selling from real sales: pairs, suggestions with their reasons, deals made of them (SAL-11)."""

from decimal import Decimal

import pytest

from zhike.contracts import cross_sell_reports as reports
from zhike.contracts import sold, suggestions
from zhike.contracts.actions.cross_sell import decline_suggestion, reckon, take_suggestion
from zhike.contracts.cross_sell_tasks import reckon_now
from zhike.contracts.models import ContractLine, CrossSellRun, ProductPair, SuggestionAnswer
from zhike.contracts.tests.factories import ContractFactory, CustomerFactory, ProductFactory, day, signed
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.records.models import Job
from zhike.sales.models import Opportunity, OpportunityLine
from zhike.sales.tests.factories import OpportunityFactory, QuoteFactory, shipped

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def goods():
    shipped()
    return [ProductFactory(name=name, list_price=D(1000)) for name in ("光谱仪", "标准样品", "年度校准", "打印机")]


def sell(customer, *products, on=-30):
    """A contract in force over these products."""
    contract = ContractFactory(owner=customer.owner, customer=customer, amount=0)
    with acting(the_system(), "test"):
        contract.promise_lines([
            ContractLine(product=p, name=p.name, price=D(1000), quantity=D(1), discount=D(0), tax_rate=D(13))
            for p in products
        ])  # fmt: skip
        save_record(kinds.get("contracts.contract"), contract, by=the_system(), created=False)
    return signed(contract, on=on)


def buyer(owner, industry="machinery", **more):
    return CustomerFactory(owner=owner, industry=industry, **more)


@pytest.fixture
def sold_much(company, goods):
    """Four customers: three bought spectrometer and samples at once, one of them calibration later, one a printer."""
    a, b, c, d = (buyer(company.li_na) for _n in range(4))
    for customer in (a, b, c):
        sell(customer, goods[0], goods[1])
    for customer in (a, b):
        sell(customer, goods[2])
    sell(d, goods[3])
    reckon(by=the_system())
    return a, b, c, d


def pair_of(basis, one, other):
    return ProductPair.objects.get(basis=basis, product=one, other=other)


def test_SAL_11_pairs_of_one_sale_and_of_one_customer_with_their_ratios(goods, sold_much):
    at_once = pair_of("order", goods[0], goods[1])
    assert (at_once.together, at_once.having, at_once.baskets) == (3, 3, 6)
    assert (at_once.support, at_once.confidence, at_once.lift) == (D("0.5"), 1, 2)
    later = pair_of("customer", goods[0], goods[2])
    assert (later.together, later.having, later.other_having, later.baskets) == (2, 3, 2, 4)
    assert not ProductPair.objects.filter(basis="order", product=goods[0], other=goods[2]).exists()
    run = CrossSellRun.objects.get()
    assert (run.orders, run.customers, run.last) == (6, 4, day(0))


def test_SAL_11_only_what_is_in_force_in_the_period_counts_and_a_won_deal_once(company, goods):
    first, second = buyer(company.li_na), buyer(company.li_na)
    sell(first, goods[0], goods[1], on=-900)  # too long ago
    ContractFactory(owner=company.li_na, customer=first)  # a draft
    for customer in (first, second):
        deal = OpportunityFactory(owner=company.li_na, customer=customer)
        with acting(the_system(), "test"):
            for product in goods[:2]:
                OpportunityLine.objects.create(opportunity=deal, product=product)
        Opportunity._base_manager.filter(pk=deal.pk).update(status="won", opened_on=day(-9), closed_on=day(-3))
    reckon(by=the_system())
    assert pair_of("order", goods[0], goods[1]).together == 2 and CrossSellRun.objects.get().orders == 2
    contract = sell(second, goods[0])
    type(contract)._base_manager.filter(pk=contract.pk).update(opportunity=deal.pk)
    assert len({order for order, _customer, _product in sold.all_sales(day(-90), day(0))}) == 2  # not three


def test_SAL_11_running_twice_replaces_and_the_job_tells_how_far_it_is(company, goods, sold_much, sign_in):
    before = ProductPair.objects.count()
    reckon(by=the_system())
    assert ProductPair.objects.count() == before and CrossSellRun.objects.count() == 1
    assert sign_in(company.li_na).post("/cross-sell/reckon/").status_code == 403
    assert sign_in(company.admin).post("/cross-sell/reckon/").status_code == 302
    job = Job.objects.latest("pk")
    reckon_now.func(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.total) == ("done", 4, 4) and "6" in job.message


def test_SAL_11_a_product_says_what_is_bought_with_it(company, goods, sold_much, sign_in):
    page = sign_in(company.li_na).get(f"/products/{goods[0].pk}/").content.decode()
    assert "常与之一起购买" in page and "标准样品" in page and "100%" in page and "6 笔" in page
    listed = sign_in(company.li_na).get("/cross-sell/?basis=customer").content.decode()
    assert "年度校准" in listed and "打印机" not in listed


def test_SAL_11_a_customer_is_suggested_what_others_like_it_bought_with_the_reason(company, viewer, goods, sold_much):
    by, (_a, _b, c, d) = viewer(company.li_na), sold_much
    found = suggestions.suggestions_for(by, c)
    assert [one.product for one in found] == [goods[2]]
    assert "67%" in found[0].reasons[0] and "2" in found[0].reason
    newcomer = buyer(company.li_na)
    assert [one.product.name for one in suggestions.suggestions_for(by, newcomer)][:2] == ["光谱仪", "标准样品"]
    assert all(one.product not in (goods[3],) for one in suggestions.suggestions_for(by, d))
    beside = suggestions.suggestions_for(by, newcomer, beside=[goods[0].pk])
    assert goods[0] not in [one.product for one in beside]


def test_SAL_11_what_one_does_not_see_is_no_reason_to_know(company, viewer, goods, sold_much):
    assert suggestions.bought_by(viewer(company.zhao_lei), sold_much[0]) == set()
    assert suggestions.bought_by(viewer(company.li_na), sold_much[0]) == {p.pk for p in goods[:3]}


def test_SAL_11_one_click_makes_a_deal_once_and_it_is_not_suggested_again(company, viewer, goods, sold_much, sign_in):
    customer, client = sold_much[2], sign_in(company.li_na)
    page = client.get(f"/customers/{customer.pk}/rewards/").content.decode()
    assert "年度校准" in page and "转为商机" in page
    for _click in range(2):
        answer = client.post(f"/cross-sell/{customer.pk}/take/", {"product": goods[2].pk})
        assert answer.status_code == 302
    deal = Opportunity.objects.whole_table("test").get(customer=customer, status="open")
    assert answer["Location"] == deal.get_absolute_url()
    assert "年度校准" in deal.name and "67%" in deal.note and deal.amount == D(1000) and deal.owner == company.li_na
    assert suggestions.suggestions_for(viewer(company.li_na), customer) == []


def test_SAL_11_a_suggestion_that_does_not_fit_is_declined_with_a_reason(company, viewer, goods, sold_much, sign_in):
    customer, client = sold_much[2], sign_in(company.li_na)
    url = f"/cross-sell/{customer.pk}/decline/?product={goods[2].pk}"
    assert client.post(url, {"reason": ""}).status_code == 422
    for _twice in range(2):
        assert client.post(url, {"reason": "有长期校准合同"}).status_code == 302
    assert SuggestionAnswer.objects.whole_table("test").get().reason == "有长期校准合同"
    assert suggestions.suggestions_for(viewer(company.li_na), customer) == []
    with pytest.raises(Refused):
        decline_suggestion(customer, goods[2], by=viewer(company.li_na), reason=" ")


@pytest.mark.parametrize("person", ["lead_east", "manager_east", "gm"])
def test_SAL_11_those_above_take_and_decline_for_the_owner_once(company, goods, sold_much, sign_in, person):
    client, (_a, _b, third, _d) = sign_in(company.people[person]), sold_much
    for _twice in range(2):
        assert client.post(f"/cross-sell/{third.pk}/take/", {"product": goods[2].pk}).status_code == 302
    deal = Opportunity.objects.whole_table("test").get(customer=third, status="open")
    assert deal.owner == company.people[person]  # as with every deal: whose click made it
    other = buyer(company.li_na)
    url = f"/cross-sell/{other.pk}/decline/?product={goods[0].pk}"
    for _twice in range(2):
        assert client.post(url, {"reason": "已有同类设备"}).status_code == 302
    answers = SuggestionAnswer.objects.whole_table("test").order_by("pk")
    assert [(row.opportunity, row.reason, row.person) for row in answers if row.customer_id == other.pk] == [
        (None, "已有同类设备", company.people[person])
    ]


@pytest.mark.parametrize(("person", "status"), [("wang_wei", 404), ("manager_west", 404), ("reader", 403)])
def test_ORG_3_nobody_else_answers_a_suggestion(company, goods, sold_much, sign_in, person, status):
    client, customer = sign_in(company.people[person]), sold_much[2]
    url = f"/cross-sell/{customer.pk}/decline/?product={goods[2].pk}"
    assert client.post(url, {"reason": "x"}).status_code == status
    assert client.post(f"/cross-sell/{customer.pk}/take/", {"product": goods[2].pk}).status_code == status
    assert not SuggestionAnswer.objects.whole_table("test").exists()


def test_ORG_3_strangers_find_no_customer_and_readers_make_no_deals(company, goods, sold_much, sign_in):
    customer = sold_much[2]
    for person, status in ((company.zhao_lei, 404), (company.reader, 403)):
        client = sign_in(person)
        assert client.post(f"/cross-sell/{customer.pk}/take/", {"product": goods[2].pk}).status_code == status
        assert client.get(f"/cross-sell/{customer.pk}/decline/?product={goods[2].pk}").status_code == status
    assert (
        sign_in(company.lead_east).post(f"/cross-sell/{customer.pk}/take/", {"product": goods[2].pk}).status_code == 302
    )


def test_SAL_11_off_sale_is_neither_suggested_nor_taken(company, viewer, goods, sold_much):
    by = viewer(company.li_na)
    with acting(the_system(), "test"):
        goods[2].is_active = False
        goods[2].save()
    assert suggestions.suggestions_for(by, sold_much[2]) == []
    with pytest.raises(Refused):
        take_suggestion(sold_much[2], goods[2], by=by)


def test_SAL_11_a_quote_shows_what_could_go_with_it(company, goods, sold_much, sign_in):
    quote = QuoteFactory(owner=company.li_na, customer=sold_much[2])
    page = sign_in(company.li_na).get(quote.get_absolute_url()).content.decode()
    assert "同类客户还买了" in page and "年度校准" in page


def test_SAL_11_reports_of_pairs_and_of_suggestions_taken(company, viewer, goods, sold_much):
    by = viewer(company.li_na)
    table = reports.bought_together(by, day(-90), day(0), "order", None)
    assert {(row["together"], row["confidence"], row["lift"]) for row in table.rows} == {(3, D(1), D(2))}
    assert reports.bought_together(viewer(company.zhao_lei), day(-90), day(0), "order", None).rows == []
    deal = take_suggestion(sold_much[2], goods[2], by=by)
    Opportunity._base_manager.filter(pk=deal.pk).update(status="won", closed_on=day(0))
    table = reports.suggestions_taken(by, day(-1), day(0), "owner", None)
    assert [(row["taken"], row["won"], row["amount"]) for row in table.rows] == [(1, 1, D(1000))]


def test_SAL_11_a_customer_page_asks_a_fixed_number_of_questions(
    company, goods, sold_much, sign_in, django_assert_max_num_queries
):
    client, url = sign_in(company.li_na), f"/customers/{sold_much[2].pk}/rewards/"
    client.get(url)
    with django_assert_max_num_queries(40):
        client.get(url)
