"""Deciding by several people at the same moment, with real commits (ORG-6)."""

from decimal import Decimal

import pytest

from tests.concurrency.test_deals import at_once
from zhike.customers.models import Customer
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.errors import Refused
from zhike.kit.viewer import viewer_of
from zhike.org import actions
from zhike.org.models import Approval, ApprovalFlow, ApprovalStep, Role

pytestmark = pytest.mark.django_db(transaction=True)


def asked(company, mode):
    customer = CustomerFactory(owner=company.li_na)
    flow = ApprovalFlow.objects.create(subject="customers.credit_limit", name="额度")
    ApprovalStep.objects.create(flow=flow, approver="role", role=Role.objects.get(key="manager"), mode=mode)
    facts = {"limit": Decimal(500)}
    by = viewer_of(company.li_na.pk)
    return customer, actions.request_approval("customers.credit_limit", customer, by=by, title="额度", facts=facts)


def decide_at_once(company, approval, answers):
    return at_once(*(
        lambda person=person, yes=yes: actions.decide_approval(
            approval, by=viewer_of(person.pk), approve=yes, comment="同时"
        )
        for person, yes in answers
    ))  # fmt: skip


def test_ORG_6_of_two_who_decide_at_once_where_one_is_enough_the_first_counts(company):
    customer, approval = asked(company, "any")
    given = decide_at_once(company, approval, [(company.manager_east, True), (company.manager_west, False)])
    assert sum(isinstance(answer, Refused) for answer in given) == 1, given
    status = Approval.objects.whole_table("test").get(pk=approval.pk).status
    limit = Customer.objects.whole_table("test").get(pk=customer.pk).credit_limit
    assert (status, limit) in {("approved", Decimal(500)), ("rejected", None)}


def test_ORG_6_all_who_agree_at_once_are_heard(company):
    customer, approval = asked(company, "all")
    people = (company.manager_east, company.manager_west, company.lead_east)
    given = decide_at_once(company, approval, [(person, True) for person in people])
    assert all(isinstance(answer, Approval) for answer in given), given
    assert Approval.objects.whole_table("test").get(pk=approval.pk).status == "approved"
    assert Customer.objects.whole_table("test").get(pk=customer.pk).credit_limit == 500
