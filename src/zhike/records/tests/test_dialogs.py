"""Short decisions about a record: handing over, deleting; as a dialog and as a page of its own."""

import pytest

from zhike.activities.kinds import TASK
from zhike.activities.tests.factories import TaskFactory
from zhike.contracts.tests.factories import ContractFactory
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.records import kinds
from zhike.records.models import CustomField
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

HANDED_OVER = {
    "customers": CustomerFactory, "leads": LeadFactory, "opportunities": OpportunityFactory,
    "contracts": ContractFactory,
}  # fmt: skip
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("slug", HANDED_OVER)
def test_ORG_5_whoever_hands_over_sees_the_record_again_or_the_list_where_it_is_out_of_sight(company, sign_in, slug):
    record = HANDED_OVER[slug](owner=company.wang_wei)
    client, address = sign_in(company.lead_east), record.get_absolute_url()
    assert client.post(f"{address}assign/", {"owner_id": company.li_na.pk})["Location"] == address
    assert client.post(f"{address}assign/", {"owner_id": company.zhao_lei.pk})["Location"] == f"/{slug}/"
    assert client.post(f"{address}assign/", {"owner_id": company.li_na.pk}).status_code == 404


def test_what_is_asked_is_a_dialog_for_its_page_and_a_page_that_leads_back_at_its_address(company, sign_in):
    lead = LeadFactory(owner=company.li_na, name="苏州的线索")
    client, url = sign_in(company.lead_east), f"{lead.get_absolute_url()}assign/"
    page, dialog = client.get(url).content.decode(), client.get(url, headers=HTMX).content.decode()
    assert f'<a href="{lead.get_absolute_url()}">{lead}</a>' in page and "<nav" in page
    assert f'hx-post="{url}"' in dialog and "苏州的线索" in dialog and "<nav" not in dialog


def test_what_was_sent_wrongly_comes_back_as_the_same_dialog_with_what_is_wrong(company, sign_in):
    lead = LeadFactory(owner=company.li_na)
    sent = sign_in(company.lead_east).post(f"{lead.get_absolute_url()}assign/", {"owner_id": "0"}, headers=HTMX)
    assert sent.status_code == 422 and 'aria-invalid="true"' in sent.content.decode()


def test_CUS_6_a_deletion_that_is_refused_says_why_in_the_dialog(company, sign_in):
    customer = CustomerFactory(owner=company.li_na, name="有联系人的客户")
    ContactFactory(customer=customer)
    client, url = sign_in(company.gm), f"{customer.get_absolute_url()}delete/"
    refused = client.post(url, headers=HTMX)
    said = refused.content.decode()
    assert refused.status_code == 422 and 'role="alert"' in said and f'hx-post="{url}"' in said
    assert "有联系人的客户" in said and client.get(customer.get_absolute_url()).status_code == 200


def test_who_deletes_comes_to_the_list(company, sign_in):
    task = TaskFactory(assignee=company.li_na)
    client, url = sign_in(company.li_na), f"{task.get_absolute_url()}delete/"
    assert client.post(url)["Location"] == TASK.list_address == "/tasks/"
    assert client.post(url).status_code == 404


def test_every_kind_knows_the_address_of_its_list(company, sign_in):
    client = sign_in(company.admin)
    addresses = {kind.slug: kind.list_address for kind in kinds.everything()}
    assert all(addresses.values()) and len(set(addresses.values())) == len(addresses)
    assert {client.get(address).status_code for address in addresses.values()} == {200}


def test_a_kind_that_only_shows_on_pages_of_others_has_no_list():
    kind = kinds.RecordKind(CustomField, fields=[], columns=[], page="customers:nowhere_page", verbs=())
    assert kind.list_address == ""


def test_what_is_set_up_is_asked_in_a_wide_dialog_and_on_a_page_of_the_settings(company, sign_in):
    client, url = sign_in(company.admin), "/settings/robots/new/"
    page, dialog = client.get(url).content.decode(), client.get(url, headers=HTMX).content.decode()
    assert '<a href="/settings/robots/">' in page and '<div class="set">' in page and 'class="sheet wide"' in page
    assert 'class="sheet wide"' in dialog and "<nav" not in dialog
    assert client.post(url, {"name": ""}, headers=HTMX).status_code == 422
