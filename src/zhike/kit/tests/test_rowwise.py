"""A scope asked row by row shows exactly what it shows at once."""

from dataclasses import replace
from operator import attrgetter

import pytest

from zhike.activities.models import Activity
from zhike.activities.tests.factories import ActivityFactory
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.org import actions
from zhike.sales.models import Opportunity
from zhike.sales.tests.factories import OpportunityFactory


@pytest.fixture
def world(company, viewer):
    """Customers of three people, deals of colleagues with some of them, one shared."""
    made = {name: CustomerFactory(owner=company.people[name]) for name in ("li_na", "zhao_lei", "wang_wei")}
    for customer in made.values():
        ContactFactory(customer=customer)
    OpportunityFactory(owner=company.zhao_lei, customer=made["li_na"])
    OpportunityFactory(owner=company.wang_wei, customer=made["wang_wei"])
    actions.share_record(CUSTOMER, made["wang_wei"], by=viewer(company.wang_wei), people=[company.li_na])
    return company


@pytest.mark.parametrize("model", [Customer, Contact, Opportunity])
def test_ORG_3_few_rows_are_those_of_the_whole_scope(world, viewer, model):
    for person in filter(attrgetter("is_active"), world.people.values()):
        looking = viewer(person)
        all_seen = set(model.objects.visible_to(looking).values_list("pk", flat=True))
        every = model.objects.whole_table("test").values_list("pk", flat=True)
        assert set(model.objects.visible_to(looking, few=True).values_list("pk", flat=True)) == all_seen
        for pk in every:
            assert model.objects.visible_to(looking, few=True).filter(pk=pk).exists() == (pk in all_seen)


def test_ORG_3_somebody_sees_by_a_deal_and_somebody_does_not(world, viewer):
    seen = {
        name: Customer.objects.visible_to(viewer(world.people[name]), few=True).count()
        for name in ("zhao_lei", "wang_wei", "li_na")
    }
    assert seen == {"zhao_lei": 2, "wang_wei": 1, "li_na": 2}


@pytest.mark.parametrize(("model", "field"), [(Customer, "owner"), (Activity, "owner"), (Activity, "author")])
def test_ORG_3_rows_of_people_are_those_seen_for_them_alone(world, viewer, model, field):
    ActivityFactory(customer=Customer.objects.whole_table("test").get(owner=world.li_na), author=world.zhao_lei)
    everybody = [person.pk for person in world.people.values()]
    for person in filter(attrgetter("is_active"), world.people.values()):
        looking = viewer(person)
        found = set(model.objects.of_people(looking, field, everybody).values_list(f"{field}_id", "pk"))
        seen = set(model.objects.visible_to(looking).values_list(f"{field}_id", "pk"))
        assert found == {row for row in seen if looking.sees_owner(row[0])}
    with pytest.raises(AssertionError):
        model.objects.of_people(looking, "created_by", everybody)


def test_ORG_3_rows_of_people_are_none_without_the_right_to_look(world, viewer):
    looking = replace(viewer(world.li_na), verbs=frozenset())
    assert not Customer.objects.of_people(looking, "owner", [world.li_na.pk]).exists()
