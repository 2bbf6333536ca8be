"""SAL-5: a quote goes to the customer as a letter: one way, one record of it, the same form pressed twice is one letter."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from tests.mail_servers import PASSWORD
from zhike.activities.models import Activity
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.mail.models import Letter
from zhike.mail.tasks import send_letter
from zhike.mail.tests.factories import account_of
from zhike.org.viewers import the_system
from zhike.sales import actions as sales
from zhike.sales.models import Quote
from zhike.sales.tests.factories import QuoteFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("allowed_here")]


@pytest.fixture
def quote(company, viewer):
    """An approved quote to somebody with an address."""
    customer = CustomerFactory(owner=company.li_na, name="无锡远拓新能源有限公司")
    contact = ContactFactory(customer=customer, owner=company.li_na, name="孙工", email="sun@yuantuo.example")
    made = QuoteFactory(owner=company.li_na, customer=customer, contact=contact, title="软包线检测",
                        valid_until=dates.today() + timedelta(days=3))  # fmt: skip
    by, line = viewer(company.li_na), {"name": "相机", "price": Decimal(1000), "quantity": Decimal(2)}
    sales.set_quote_lines(made, by=by, lines=[line])
    return sales.submit_quote(made, by=by)


@pytest.fixture
def server(outgoing, settings):
    """The installation's own mail server (ZHIKE_EMAIL_URL)."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", outgoing.port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "zhike", PASSWORD
    settings.DEFAULT_FROM_EMAIL = "crm@chenghu.example"
    return outgoing


def all_letters():
    return Letter.objects.whole_table("test").order_by("id")


def fresh(quote):
    return Quote.objects.whole_table("test").get(pk=quote.pk)


def form(account=None, **more):
    return {"account": account.pk if account else 0, "to": "孙工 <sun@yuantuo.example>", "subject": "报价", "text": "请查收",
            "with_pdf": "on", "key": "k" * 32, **more}  # fmt: skip


def send(letter):
    """The ten seconds are over."""
    with acting(the_system(), "test"):
        all_letters().filter(pk=letter.pk).update(send_at=dates.now())
    send_letter.func(letter.pk)
    return all_letters().get(pk=letter.pk)


def test_SAL_5_a_quote_goes_out_once_through_ones_mailbox_and_stands_once_in_the_record(
    company, sign_in, outgoing, quote
):
    account = account_of(company.li_na, smtp=outgoing.port)
    client, write = sign_in(company.li_na), f"/letters/write/?quote={quote.pk}"
    page = client.get(f"/quotes/{quote.pk}/").content.decode()
    assert write in page and f"/quotes/{quote.pk}/send/" not in page
    begun = client.get(write).content.decode()
    assert quote.number in begun and "孙工" in begun and 'name="with_pdf"' in begun
    for _press in range(2):
        assert client.post(write, form(account)).status_code == 302
    letter = all_letters().get()
    assert fresh(quote).status == "approved"  # it can still be taken back
    for _again in range(2):
        letter = send(letter)
    (message,) = outgoing.messages()
    (attached,) = [part for part in message.walk() if part.get_filename()]
    assert attached.get_filename() == f"{quote.number}.pdf" and attached.get_payload(decode=True)[:5] == b"%PDF-"
    assert message["Reply-To"] is None and letter.status == "sent" and fresh(quote).status == "sent"
    assert Activity.objects.whole_table("test").filter(kind="email").count() == 1
    assert f"/letters/{letter.pk}/" in client.get(f"/quotes/{quote.pk}/").content.decode()
    client.post(write, form(account, key="m" * 32))
    assert all_letters().count() == 2


def test_SAL_5_without_a_mailbox_it_goes_through_the_server_of_the_installation(company, sign_in, server, quote):
    client, write = sign_in(company.li_na), f"/letters/write/?quote={quote.pk}"
    assert "crm@chenghu.example" in client.get(write).content.decode()
    assert client.post(write, form()).status_code == 302
    letter = send(all_letters().get())
    (message,) = server.messages()
    assert letter.status == "sent" and fresh(quote).status == "sent" and letter.account is None
    assert server.got[0][0] == "crm@chenghu.example" and company.li_na.email in message["Reply-To"]
    assert Activity.objects.whole_table("test").filter(kind="email").count() == 1


def test_SAL_5_a_server_that_fails_is_tried_later_and_one_that_is_gone_is_told(
    company, sign_in, server, quote, settings
):
    client = sign_in(company.li_na)
    client.post(f"/letters/write/?quote={quote.pk}", form())
    server.answer = "451 later"
    letter = send(all_letters().get())
    assert letter.status == "waiting" and "451" in letter.error and fresh(quote).status == "approved"
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    letter = send(letter)
    assert letter.status == "failed" and letter.error and not server.got
    page = client.get(f"/letters/write/?quote={quote.pk}").content.decode()
    assert "/me/mail/" in page and "<form" not in page.partition("<main")[2].partition("</main>")[0]


def test_SAL_5_an_expired_quote_is_not_sent_and_one_taken_back_stays_as_it_was(company, sign_in, outgoing, quote):
    account = account_of(company.li_na, smtp=outgoing.port)
    client, write = sign_in(company.li_na), f"/letters/write/?quote={quote.pk}"
    with time_machine.travel(dates.now() + timedelta(days=9)):
        assert sign_in(company.li_na).post(write, form(account)).status_code == 422
        assert not all_letters().exists()
    client.post(write, form(account))
    letter = all_letters().get()
    assert client.post(f"/letters/{letter.pk}/undo/").status_code == 302
    send_letter.func(letter.pk)
    assert fresh(quote).status == "approved" and not outgoing.got
    draft = f"/letters/write/?draft={letter.pk}"
    stored = [f"{file['id']}" for file in all_letters().get().files]
    assert client.post(draft, {**form(account), "stored": stored, "text": "改过了"}).status_code == 302
    assert send(letter).status == "sent" and fresh(quote).status == "sent" and len(outgoing.got) == 1


def test_ORG_3_only_who_may_change_a_quote_sends_it(company, sign_in, outgoing, quote):
    account_of(None, smtp=outgoing.port, address="crm@chenghu.example")
    write = f"/letters/write/?quote={quote.pk}"
    seen = {name: sign_in(getattr(company, name)).get(write) for name in ("lead_east", "wang_wei", "reader")}
    assert {name: page.status_code for name, page in seen.items()} == {"lead_east": 200, "wang_wei": 404, "reader": 403}
    assert 'name="with_pdf"' in seen["lead_east"].content.decode()
    assert 'name="with_pdf"' not in sign_in(company.finance).get(write).content.decode()
