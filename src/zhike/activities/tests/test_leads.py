"""SAL-1, ACT-1: follow-ups on a lead stop its clock, go with it to its owner, and to the customer it becomes."""

import pytest

from zhike.activities.models import Activity
from zhike.api.tests.test_api import Caller
from zhike.sales.models import Lead
from zhike.sales.tests.factories import LeadFactory, shipped

pytestmark = pytest.mark.django_db


def again(lead):
    return Lead._base_manager.get(pk=lead.pk)


def log(client, lead, **values):
    return client.post(f"/leads/{lead.pk}/log/", {"kind": "call", "summary": "问了预算"} | values)


def test_SAL_1_the_first_follow_up_answers_a_lead_and_shows_on_its_page(company, sign_in):
    lead, client = LeadFactory(owner=company.li_na), sign_in(company.li_na)
    assert log(client, lead, summary="").status_code == 422
    assert log(client, lead).status_code == 302
    first = again(lead)
    assert first.status == "working" and first.responded_at and first.response_minutes == 0
    assert "问了预算" in client.get(f"/leads/{lead.pk}/").content.decode()
    assert log(client, lead, summary="第二次").status_code == 302
    assert again(lead).responded_at == first.responded_at
    for person, status in [("zhao_lei", 404), ("reader", 403), ("lead_east", 302)]:
        assert log(sign_in(company.people[person]), lead).status_code == status, person


def test_SAL_1_follow_ups_go_with_their_lead_and_become_the_customers(company, sign_in):
    shipped()
    lead = LeadFactory(owner=company.li_na)
    log(sign_in(company.li_na), lead)
    sign_in(company.lead_east).post(f"/leads/{lead.pk}/assign/", {"owner_id": company.wang_wei.pk})
    made = Activity._base_manager.get(lead=lead)
    assert (made.owner, made.author, made.customer) == (company.wang_wei, company.li_na, None)
    wei = sign_in(company.wang_wei)
    assert "问了预算" in wei.get(f"/leads/{lead.pk}/").content.decode()
    assert wei.post(f"/leads/{lead.pk}/convert/", {"customer": ""}).status_code == 302
    made.refresh_from_db()
    assert made.customer == again(lead).customer is not None
    assert "问了预算" in wei.get(f"/customers/{made.customer_id}/").content.decode()
    assert sign_in(company.admin).post(f"/leads/{lead.pk}/delete/").status_code == 422  # its history stays


def test_ACT_1_a_follow_up_on_a_lead_by_the_api(company):
    lead = LeadFactory(owner=company.li_na)
    answer = Caller(company.li_na).send(
        "POST", "activities", {"kind": "wechat", "lead": lead.pk, "summary": "加了微信"}
    )
    assert answer.status_code == 201 and answer.json()["lead"] == lead.pk
    assert again(lead).status == "working"
    other = LeadFactory(owner=company.zhao_lei)
    assert Caller(company.li_na).send("POST", "activities", {"lead": other.pk, "summary": "x"}).status_code == 422
    assert Caller(company.li_na).send("POST", "activities", {"summary": "x"}).status_code == 422
