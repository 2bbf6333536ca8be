"""How many questions the pages of this room ask, however much there is (CRAFT §11)."""

import pytest

from zhike.contracts.tests.factories import ContractFactory, day, paid, signed
from zhike.org.models import ApprovalFlow, ApprovalStep

pytestmark = pytest.mark.django_db


@pytest.fixture
def much(company):
    """A contract with due lines, payments, milestones and approvals; some more of everything beside it."""
    contract = signed(ContractFactory(owner=company.li_na), plan=[(n * 10 - 50, 1000) for n in range(10)])
    for _n in range(6):
        paid(contract.customer, 300)
        signed(ContractFactory(owner=company.li_na, customer=contract.customer))
    flow = ApprovalFlow.objects.create(subject="contracts.change", name="变更", conditions=[])
    ApprovalStep.objects.create(flow=flow, position=0, approver="person", person=company.gm)
    return contract


PAGES = [
    ("/contracts/", 6), ("/contracts/new/", 8), ("/contracts/{c}/", 24), ("/contracts/{c}/changes/", 17),
    ("/contracts/{c}/invoices/", 17), ("/contracts/{c}/dunning/", 19), ("/contracts/{c}/sign/", 12),
    ("/contracts/{c}/plan/", 10), ("/contracts/{c}/change-order/", 8), ("/contracts/{c}/terminate/", 8),
    ("/receivables/", 14), ("/receivables/?by=customer", 14), ("/receivables/?by=department", 15),
    ("/receivables/?as_of={d}", 12), ("/receivables/list/", 6), ("/receivables/account/?customer={k}", 14),
    ("/payments/", 6), ("/payments/{p}/", 14), ("/payments/new/?customer={k}", 10), ("/invoices/", 9),
    ("/invoices/differences/", 8), ("/dunning/", 7), ("/bank-statements/", 8), ("/bank-lines/", 14),
    ("/customers/{k}/contracts/", 34),
]  # fmt: skip


@pytest.mark.parametrize(("url", "most"), PAGES)
def test_SAL_7_pages_ask_a_bounded_number_of_questions(
    company, sign_in, much, url, most, django_assert_max_num_queries
):
    payment = paid(much.customer, 10)
    url = url.format(c=much.pk, k=much.customer_id, p=payment.pk, d=day(-20).isoformat())
    client = sign_in(company.gm)
    assert client.get(url).status_code == 200
    with django_assert_max_num_queries(most):
        client.get(url)
