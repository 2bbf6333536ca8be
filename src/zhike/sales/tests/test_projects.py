"""SAL-4: who decides a deal, who competes, who works on it; what each may see and do there."""

from datetime import timedelta
from decimal import Decimal

import pytest

from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.tests.factories import ContactFactory
from zhike.kit import dates
from zhike.kit.errors import Forbidden, Refused
from zhike.records.models import AuditEntry, InboxItem
from zhike.sales import actions, projects
from zhike.sales.models import BuyingRole, DealCompetitor, Opportunity, TeamMember
from zhike.sales.tests.factories import OpportunityFactory
from zhike.sales.tests.project_factories import CompetitorFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def deal(company):
    return OpportunityFactory(owner=company.li_na, name="恒旭检测线二期", amount=Decimal("185000"))


@pytest.fixture
def boss(deal):
    return ContactFactory(customer=deal.customer, name="王总", title="总经理")


def text(page) -> str:
    return page.content.decode()


def history(deal) -> list[dict]:
    rows = AuditEntry.objects.filter(kind="sales.opportunity", object_id=deal.pk).order_by("id")
    return [row.changes for row in rows]


# The buying centre


def test_SAL_4_the_buying_centre_shows_map_list_and_gaps(company, sign_in, viewer, deal, boss):
    client, by = sign_in(company.li_na), viewer(company.li_na)
    assert "还不知道谁决策" in text(client.get(f"/opportunities/{deal.pk}/buying/"))
    url = f"/opportunities/{deal.pk}/buying/add/"
    assert "王总" in text(client.get(url, **HTMX))
    given = {"contact": boss.pk, "role": "decider", "stance": "neutral", "influence": "3"}
    assert client.post(url, given).status_code == 302
    engineer = ContactFactory(customer=deal.customer, name="李工")
    actions.save_buying_role(deal, by=by, contact=engineer, role="technical", stance="supports", influence=2,
                             reports_to=boss.pk, covered_by=company.li_na.pk)  # fmt: skip
    page = text(client.get(f"/opportunities/{deal.pk}/buying/"))
    assert page.count('class="pl ') == 2 and 'class="up"' in page and "汇报给 王总" in page
    assert "超过 30 天未拜访" in page and "决策人都没有支持我们" in page and "王总还没有我方对接人" in page
    assert history(deal)[-2:] == [
        {"buying_centre": [None, "王总、决策人、中立"]}, {"buying_centre": [None, "李工、技术把关、支持"]}]  # fmt: skip
    ActivityFactory(customer=deal.customer, contact=boss, kind="visit", happened_at=dates.now() - timedelta(days=3))
    assert "超过 30 天未拜访" not in text(client.get(f"/opportunities/{deal.pk}/buying/"))


def test_SAL_4_the_map_stays_apart_whatever_the_number_of_people(company, viewer, deal):
    by = viewer(company.li_na)
    for n in range(12):
        contact = ContactFactory(customer=deal.customer)
        actions.save_buying_role(deal, by=by, contact=contact, role="user", influence=1 + n % 3,
                                 stance=["supports", "against"][n % 2])  # fmt: skip
    from zhike.sales.buying_map import BOX_H, draw

    places = projects.buying_centre(by, deal).places
    assert str(draw(places, deal.pk, can_change=True)).count("<a ") == 12
    spots = sorted((place.x, place.y) for place in places)
    assert len(set(spots)) == 12
    assert all(b[1] - a[1] > BOX_H for a, b in zip(spots, spots[1:], strict=False) if a[0] == b[0])


def test_SAL_4_nonsense_in_the_buying_centre_is_refused(company, viewer, deal, boss):
    by, stranger = viewer(company.li_na), ContactFactory(customer=OpportunityFactory(owner=company.li_na).customer)
    with pytest.raises(Refused) as refused:
        actions.save_buying_role(deal, by=by, contact=stranger, role="decider")
    assert "contact" in refused.value.messages
    first = actions.save_buying_role(deal, by=by, contact=boss, role="decider")
    second = ContactFactory(customer=deal.customer)
    actions.save_buying_role(deal, by=by, contact=second, role="user", reports_to=boss.pk)
    for above in (second.pk, boss.pk, stranger.pk):  # a circle, oneself, somebody who is not there
        with pytest.raises(Refused) as refused:
            actions.save_buying_role(deal, by=by, contact=boss, role="decider", reports_to=above)
        assert "reports_to" in refused.value.messages
    with pytest.raises(Refused):
        actions.save_buying_role(deal, by=by, contact=boss, role="emperor")
    # Saving somebody again changes them instead of adding a second; removing the boss leaves the other.
    again = actions.save_buying_role(deal, by=by, contact=boss, role="finance", stance="supports")
    assert again.pk == first.pk and projects.buying_centre(by, deal).places[0].row.role == "finance"
    actions.remove_buying_role(again, by=by)
    (left,) = projects.buying_centre(by, deal).places
    assert left.row.contact == second and left.row.reports_to is None


# Competitors


def test_SAL_4_wins_and_losses_against_a_competitor_are_counted_for_each_viewer(company, sign_in, viewer, deal):
    rival, by = CompetitorFactory(name="海川自控", our_answer="先看现场"), viewer(company.li_na)
    for owner, won in [(company.li_na, True), (company.li_na, False), (company.zhao_lei, True)]:
        other = OpportunityFactory(owner=owner, amount=100)
        actions.save_rival(other, by=viewer(owner), competitor=rival)
        (actions.win_opportunity(other, by=viewer(owner)) if won
         else actions.lose_opportunity(other, by=viewer(owner), reason="price"))  # fmt: skip
    client = sign_in(company.li_na)
    url = f"/opportunities/{deal.pk}/rivals/add/"
    assert client.post(url, {"competitor": rival.pk, "standing": "ahead", "price": "-1"}).status_code == 422
    assert client.post(url, {"competitor": rival.pk, "standing": "ahead", "price": "179000.50"}).status_code == 302
    page = text(client.get(f"/opportunities/{deal.pk}/rivals/"))
    assert "海川自控" in page and "179,000.50" in page and "赢 1 单，输 1 单" in page and "先看现场" in page
    assert history(deal)[-1] == {"rivals": [None, "海川自控、领先我方、¥ 179,000.50"]}
    assert projects.records_against(viewer(company.gm))[rival.pk].won == 2
    assert projects.records_against(viewer(company.li_na))[rival.pk].won == 1
    mine = text(client.get(f"/competitors/{rival.pk}/"))
    assert "恒旭检测线二期" in mine and "50.0%" in mine
    assert client.get("/competitors/").status_code == 200
    (row,) = projects.rivals(by, deal)
    assert client.post(f"/opportunities/{deal.pk}/rivals/{row.pk}/edit/", {"standing": "behind"}).status_code == 302
    assert client.post(f"/opportunities/{deal.pk}/rivals/{row.pk}/remove/").status_code == 302
    assert not projects.rivals(by, deal)


def test_SAL_4_a_competitor_in_use_is_not_deleted(company, sign_in, viewer, deal):
    rival = CompetitorFactory()
    actions.save_rival(deal, by=viewer(company.li_na), competitor=rival)
    answer = sign_in(company.gm).post(f"/competitors/{rival.pk}/delete/")
    assert answer.status_code == 422 and DealCompetitor.objects.whole_table("test").count() == 1


# The team


def test_SAL_4_a_team_member_reads_the_deal_and_with_the_right_edits_it(company, sign_in, viewer, deal, boss):
    by, guest = viewer(company.li_na), company.zhao_lei
    url = f"/opportunities/{deal.pk}/"
    assert sign_in(guest).get(url).status_code == 404
    client = sign_in(company.li_na)
    given = {"person": guest.pk, "role": "technical"}
    assert client.post(f"{url}team/add/", given).status_code == 302
    assert sign_in(guest).get(url).status_code == 200 and sign_in(guest).get(f"{url}edit/").status_code == 403
    assert "恒旭检测线二期" in text(sign_in(guest).get("/opportunities/"))
    assert "恒旭检测线二期" in text(sign_in(guest).get("/opportunities/board/"))
    # Like a share: not for whoever is above the member, and as always for whoever is above the owner.
    assert sign_in(company.manager_west).get(url).status_code == 404
    assert sign_in(company.manager_east).get(url).status_code == 200
    assert sign_in(guest).get(f"/customers/{deal.customer_id}/").status_code == 404
    assert InboxItem.objects.filter(person=guest, text__contains="恒旭检测线二期").count() == 1

    (row,) = projects.team(by, deal)
    assert client.post(f"{url}team/{row.pk}/edit/", {"role": "technical", "can_change": "on"}).status_code == 302
    assert sign_in(guest).get(f"{url}edit/").status_code == 200
    # Who may edit does not hand the deal on: that is for the owner and those above.
    assert sign_in(guest).get(f"{url}team/add/").status_code == 403
    assert sign_in(guest).get(f"{url}assign/").status_code in (200, 403)
    with pytest.raises(Forbidden):
        actions.save_member(deal, by=viewer(guest), person=company.wang_wei)
    assert [c["team"] for c in history(deal) if "team" in c] == [
        [None, "赵磊、技术支持、可查看"], ["赵磊、技术支持、可查看", "赵磊、技术支持、可编辑"]]  # fmt: skip

    assert sign_in(guest).post(f"{url}team/{row.pk}/remove/").status_code == 302  # one may leave
    assert sign_in(guest).get(url).status_code == 404
    assert not Opportunity.objects.visible_to(viewer(guest)).filter(pk=deal.pk).exists()


def test_SAL_4_who_is_let_in_and_who_not(company, sign_in, viewer, deal, boss):
    row = actions.save_buying_role(deal, by=viewer(company.li_na), contact=boss, role="decider")
    rival = actions.save_rival(deal, by=viewer(company.li_na), competitor=CompetitorFactory())
    for address in ("buying/add/", f"buying/{row.pk}/edit/", "rivals/add/", f"rivals/{rival.pk}/edit/", "team/add/",
                    "resources/ask/"):  # fmt: skip
        for person, status in [("li_na", 200), ("lead_east", 200), ("reader", 403), ("wang_wei", 404)]:
            page = sign_in(company.people[person]).get(f"/opportunities/{deal.pk}/{address}")
            assert page.status_code == status, (address, person)
    other = OpportunityFactory(owner=company.li_na)  # a row of another deal is not found under this one
    for address in (f"buying/{row.pk}/edit/", f"rivals/{rival.pk}/edit/", f"buying/{2**70}/edit/"):
        assert sign_in(company.li_na).get(f"/opportunities/{other.pk}/{address}").status_code == 404
    for person in ("reader", "wang_wei"):
        client = sign_in(company.people[person])
        assert client.post(f"/opportunities/{deal.pk}/buying/{row.pk}/remove/").status_code in (403, 404)
    assert BuyingRole.objects.whole_table("test").filter(pk=row.pk).exists()


def test_SAL_4_adding_the_same_colleague_twice_changes_nothing_and_leavers_are_refused(company, viewer, deal):
    by = viewer(company.li_na)
    for _n in range(2):
        actions.save_member(deal, by=by, person=company.wang_wei)
    assert TeamMember.objects.whole_table("test").filter(opportunity=deal).count() == 1
    assert sum("team" in changes for changes in history(deal)) == 1
    with pytest.raises(Refused):
        actions.save_member(deal, by=by, person=company.leaver)
