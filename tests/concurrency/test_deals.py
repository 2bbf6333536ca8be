"""Selling by several people at the same moment, with real commits: nobody's change is lost, nothing is done twice."""

import threading
from collections import Counter

import pytest
from django.db import connection

from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.errors import Refused
from zhike.kit.viewer import viewer_of
from zhike.records import kinds, lookups, search
from zhike.records.actions import change_record, create_record
from zhike.sales.actions import claim_lead, convert_lead, move_opportunity
from zhike.sales.kinds import LEAD, OPPORTUNITY
from zhike.sales.models import AssignmentRule, Lead, LeadAssignment, Opportunity, StageChange
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory, shipped, stage_at

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run each work in a thread of its own, all beginning together; gives what each gave or raised."""
    start, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        try:
            start.wait(timeout=20)
            answers[place] = work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def test_SAL_1_of_two_who_claim_a_lead_at_once_one_wins(company):
    lead = LeadFactory(owner=None)
    people = [viewer_of(p.pk) for p in (company.li_na, company.wang_wei, company.zhao_lei)]
    answers = at_once(*(lambda by=by: claim_lead(lead, by=by) for by in people))
    winners = [a for a in answers if isinstance(a, Lead)]
    assert len(winners) == 1 and all(isinstance(a, Refused) for a in answers if a not in winners), answers
    assert Lead._base_manager.get(pk=lead.pk).owner_id == winners[0].owner_id


def test_SAL_1_a_lead_converted_at_once_is_one_customer(company):
    shipped()
    lead, by = LeadFactory(owner=company.li_na), viewer_of(company.li_na.pk)
    answers = at_once(*[lambda: convert_lead(lead, by=by, opportunity={"name": "同一单"})] * 3)
    assert sum(isinstance(a, Refused) for a in answers) == 2, answers
    assert Customer.objects.whole_table("test").count() == Opportunity.objects.whole_table("test").count() == 1


def test_SAL_2_moves_at_once_leave_one_unbroken_history(company):
    deal, by = OpportunityFactory(owner=company.li_na), viewer_of(company.li_na.pk)
    targets = [stage_at(1), stage_at(2), stage_at(0), stage_at(1), stage_at(2)]
    answers = at_once(*(lambda s=s: move_opportunity(deal, by=by, stage=s, reason="同时") for s in targets))
    assert all(isinstance(a, Opportunity) for a in answers), answers
    changes = list(StageChange.objects.whole_table("test").filter(opportunity=deal).order_by("id"))
    assert [c.old_id for c in changes[1:]] == [c.new_id for c in changes[:-1]]
    fresh = Opportunity._base_manager.get(pk=deal.pk)
    assert fresh.stage_id == changes[-1].new_id and fresh.version == len(changes)


def test_CUS_7_all_who_get_a_deal_with_one_customer_at_once_find_it_by_searching(company, monkeypatch):
    """Its document names them all: who writes it reads the deals when the other is done."""
    shipped()
    monkeypatch.setattr(lookups, "WIDE_SHARE", 1.1)
    customer, gm = (
        CustomerFactory(name="苏州恒旭精密机械有限公司", owner=company.manager_west),
        viewer_of(company.gm.pk),
    )
    search.index(kinds.get("customers"), [customer])
    people = [company.li_na, company.wang_wei, company.zhao_lei]
    deals = [OpportunityFactory(name="商机", customer=customer, owner=company.manager_west) for _ in people]
    works = zip(deals, people, strict=True)
    answers = at_once(
        *(lambda deal=d, to=p.pk: change_record(OPPORTUNITY, deal, {"owner": to}, by=gm) for d, p in works)
    )
    assert all(isinstance(a, Opportunity) for a in answers), answers
    for person in people:
        found = search.find(viewer_of(person.pk), "恒旭", kinds=[kinds.get("customers")])
        assert [hit.object_id for hit in found] == [customer.pk], person


def test_CUS_7_a_customer_renamed_and_its_deals_given_away_at_once_are_found_by_the_new_name(company):
    """Whoever writes a document last has read what the others saved; and nobody waits in a circle."""
    shipped()
    customer, gm = CustomerFactory(name="苏州恒旭精密机械有限公司", owner=company.li_na), viewer_of(company.gm.pk)
    deals = [OpportunityFactory(name="商机", customer=customer, owner=company.li_na) for _ in range(4)]
    customers = kinds.get("customers")
    search.index(customers, [customer])
    works = [lambda d=d: change_record(OPPORTUNITY, d, {"owner": company.wang_wei.pk}, by=gm) for d in deals]
    answers = at_once(lambda: change_record(customers, customer, {"name": "昆山长风机械有限公司"}, by=gm), *works)
    assert not [a for a in answers if isinstance(a, Exception)], answers
    wang, everything = viewer_of(company.wang_wei.pk), [kinds.get("customers"), OPPORTUNITY]
    found = Counter(hit.kind for hit in search.find(wang, "长风", kinds=everything))
    assert found == {"customers.customer": 1, "sales.opportunity": 4}
    assert search.find(wang, "恒旭", kinds=everything) == []


def test_SAL_4_codes_given_at_once_are_all_different(company):
    shipped()
    by = viewer_of(company.li_na.pk)
    answers = at_once(*(lambda n=n: create_record(OPPORTUNITY, {"name": f"单 {n}"}, by=by) for n in range(6)))
    assert len({deal.code for deal in answers}) == 6, answers


def test_SAL_1_leads_that_come_in_at_once_go_round_without_a_turn_taken_twice(company):
    names = ("li_na", "wang_wei", "zhao_lei")
    rule = AssignmentRule(name="轮流", most_open=2)
    rule.save()
    rule.people.set([company.people[name] for name in names])
    by = viewer_of(company.gm.pk)
    answers = at_once(*(lambda n=n: create_record(LEAD, {"name": f"同时{n}"}, by=by) for n in range(7)))
    assert not [a for a in answers if isinstance(a, Exception)], answers
    owners = Counter(Lead._base_manager.values_list("owner__username", flat=True))
    assert owners == {"li_na": 2, "wang_wei": 2, "zhao_lei": 2, "gm": 1}
    assert LeadAssignment.objects.whole_table("test").count() == 6
