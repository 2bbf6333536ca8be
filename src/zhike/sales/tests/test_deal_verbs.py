"""Each verb around a deal through its address: owner, supervisor, stranger, reader, once and twice (SAL-4, ORG-3)."""

from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace

import pytest

from zhike.customers.tests.factories import ContactFactory
from zhike.records.models import AuditEntry
from zhike.sales import actions
from zhike.sales.models import BuyingRole, DealCompetitor, ResourceRequest, TeamMember
from zhike.sales.tests.factories import OpportunityFactory
from zhike.sales.tests.project_factories import CompetitorFactory, workdays

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Verb:
    """What is sent where; `again` is the answer to the same once more, which changes nothing."""

    address: str
    given: dict
    again: int


VERBS = {
    "buying_add": Verb("buying/add/", {"contact": "other", "role": "user", "stance": "neutral", "influence": "1"}, 422),
    "buying_edit": Verb("buying/{role}/edit/", {"role": "finance", "stance": "supports", "influence": "3"}, 302),
    "buying_remove": Verb("buying/{role}/remove/", {}, 404),
    "rival_add": Verb("rivals/add/", {"competitor": "new_rival", "standing": "ahead", "price": "99.50"}, 422),
    "rival_edit": Verb("rivals/{rival}/edit/", {"standing": "behind", "note": "交期长"}, 302),
    "rival_remove": Verb("rivals/{rival}/remove/", {}, 404),
    "member_add": Verb("team/add/", {"person": "newcomer", "role": "technical"}, 302),
    "member_edit": Verb("team/{member}/edit/", {"role": "technical", "can_change": "on"}, 302),
    "member_remove": Verb("team/{member}/remove/", {}, 404),
    "resource_ask": Verb("resources/ask/", {"kind": "presales", "asked_person": "helper", "first_on": "day",
                                            "last_on": "day", "hours": "4", "reason": "演示"}, 302),
}  # fmt: skip


@pytest.fixture
def scene(company, viewer):
    """A deal with somebody in its buying centre, a competitor and a colleague on its team; and what could be added."""
    deal, by = OpportunityFactory(owner=company.li_na, amount=Decimal(1000)), viewer(company.li_na)
    contact = ContactFactory(customer=deal.customer)
    return SimpleNamespace(
        deal=deal,
        role=actions.save_buying_role(deal, by=by, contact=contact, role="decider").pk,
        rival=actions.save_rival(deal, by=by, competitor=CompetitorFactory()).pk,
        member=actions.save_member(deal, by=by, person=company.zhao_lei).pk,
        other=ContactFactory(customer=deal.customer).pk, new_rival=CompetitorFactory().pk,
        newcomer=company.finance.pk, helper=company.zhao_lei.pk, day=workdays(1)[0].isoformat(),
    )  # fmt: skip


def send(client, verb: Verb, scene) -> int:
    where = verb.address.format(role=scene.role, rival=scene.rival, member=scene.member)
    given = {name: getattr(scene, value, value) for name, value in verb.given.items()}
    return client.post(f"/opportunities/{scene.deal.pk}/{where}", given).status_code


def state() -> list:
    """All rows around deals, and how often anything was said of one."""
    models = (BuyingRole, DealCompetitor, TeamMember, ResourceRequest)
    rows = [list(model.objects.whole_table("test").order_by("pk").values()) for model in models]
    return [*rows, AuditEntry.objects.filter(kind__startswith="sales.").count()]


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("person", ["li_na", "lead_east", "manager_east"])
def test_SAL_4_who_owns_a_deal_and_those_above_do_it_once(company, sign_in, scene, person, verb):
    client, before = sign_in(company.people[person]), state()
    assert send(client, verb, scene) == 302
    after = state()
    assert after != before and after[-1] > before[-1]
    assert send(client, verb, scene) == verb.again and state() == after


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize(("person", "status"), [("wang_wei", 404), ("manager_west", 404), ("reader", 403)])
def test_ORG_3_a_stranger_finds_nothing_there_and_a_reader_changes_nothing(
    company, sign_in, scene, person, status, verb
):
    before = state()
    assert send(sign_in(company.people[person]), verb, scene) == status and state() == before


def test_SAL_4_a_colleague_on_the_team_may_what_the_right_given_says(company, sign_in, viewer, scene):
    guest = sign_in(company.zhao_lei)
    for name in ("buying_add", "rival_edit", "member_add", "resource_ask"):
        assert send(guest, VERBS[name], scene) == 403, name
    actions.save_member(scene.deal, by=viewer(company.li_na), person=company.zhao_lei, can_change=True)
    for name, status in (("rival_edit", 302), ("buying_edit", 302), ("resource_ask", 302), ("member_add", 403)):
        assert send(guest, VERBS[name], scene) == status, name


# What is asked for, decided


@pytest.fixture
def asked(company, viewer, scene):
    (day,) = workdays(1)
    return actions.ask_resource(scene.deal, by=viewer(company.li_na), kind="presales", first_on=day, last_on=day,
                                reason="演示", asked_person=company.zhao_lei)  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "given", "allowed", "became"),
    [
        ("grant", {"person": "zhao_lei"}, ("manager_west", "gm"), "granted"),
        ("decline", {"answer": "都在现场"}, ("manager_west", "gm"), "declined"),
        ("cancel", {"answer": ""}, ("li_na", "lead_east", "gm"), "cancelled"),
    ],
)
def test_SAL_4_who_decides_about_a_request_and_who_does_not(company, sign_in, asked, verb, given, allowed, became):
    url, before = f"/resources/{asked.pk}/{verb}/", state()
    given = {name: company.people[value].pk if value in company.people else value for name, value in given.items()}
    for person, status in [("wang_wei", 404), ("reader", 403), ("zhao_lei", 403)]:
        assert sign_in(company.people[person]).post(url, given).status_code == status, person
    assert state() == before
    client = sign_in(company.people[allowed[0]])
    assert client.post(url, given).status_code == 302
    after = state()
    assert [row["status"] for row in after[3]] == [became] and after[-1] > before[-1]
    client.post(url, given)
    assert state() == after
    for person in allowed:
        assert sign_in(company.people[person]).get(f"/resources/{asked.pk}/").status_code == 200


# Competitors as a list of the company's own


@pytest.mark.parametrize(
    ("person", "kept", "deleted"), [("li_na", 302, 403), ("reader", 403, 403), ("manager_east", 302, 302)]
)
def test_SAL_4_who_keeps_the_list_of_competitors_and_who_shortens_it(company, sign_in, person, kept, deleted):
    rival, client = CompetitorFactory(name="海川"), sign_in(company.people[person])
    assert client.post("/competitors/new/", {"name": "远山", "is_active": "on"}).status_code == kept
    assert client.post(f"/competitors/{rival.pk}/edit/", {"name": "海川自控", "is_active": "on"}).status_code == kept
    if kept == 302:
        assert client.post("/competitors/new/", {"name": "远山", "is_active": "on"}).status_code == 422
    assert client.post(f"/competitors/{rival.pk}/delete/").status_code == deleted
