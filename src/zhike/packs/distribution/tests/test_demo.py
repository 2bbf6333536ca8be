"""The demo company is believable, the same every time, and fills every page (point 13 of the core)."""

from random import Random

import pytest
from django.db import transaction
from stdnum.cn import uscc

from zhike.activities.models import Activity, Task
from zhike.automation.models import AutomationRule, AutomationRun
from zhike.channels import sending
from zhike.channels.models import Delivery
from zhike.contracts.actions.ledger import differences
from zhike.contracts.models import Contract, Invoice, Payment, Receivable, SuggestionAnswer
from zhike.contracts.setup import install_contracts
from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.mail.models import Letter, LetterTemplate
from zhike.org.flows import install_flows
from zhike.org.models import ApprovalPlace, Department, Person
from zhike.org.setup import ensure_company
from zhike.packs.distribution.install import install_demo
from zhike.packs.distribution.names import companies
from zhike.sales.models import Lead, Opportunity, Product, Quote, QuoteLine, StageChange
from zhike.sales.setup import install_pipelines

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/customers/",
    "/contacts/",
    "/opportunities/",
    "/opportunities/board/",
    "/leads/",
    "/products/",
    "/contracts/",
    "/receivables/",
    "/receivables/list/",
    "/payments/",
    "/opportunities/analysis/?as=process&from=2020-01-01",
    "/opportunities/analysis/?as=result&from=2020-01-01",
    "/reports/lead_response/",
    "/opportunities/best/",
    "/opportunities/funnel/",
    "/competitors/",
    "/resources/",
    "/quotes/",
    "/targets/",
    "/forecast/",
]
FOR_SETTING_UP = [
    "/approvals/",
    "/approvals/list/decided/",
    "/quotes/?status__in=approving",
    "/settings/prices/",
    "/settings/categories/",
    "/settings/assignment/",
    "/settings/approvals/",
]


@pytest.fixture(scope="module")
def around(django_db_setup, django_db_blocker):
    """A transaction around the tests of this file, in which the demo company is made once; theirs are savepoints."""
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
        ensure_company("orchid-lantern-42")
        install_pipelines()
        install_flows()
        install_contracts()
        install_demo(customers=80)
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


@pytest.fixture
def demo(around, db):
    """A small demo company, as `up --demo` makes a large one."""


def test_nothing_in_the_demo_has_happened_later_today(demo):
    now = dates.now()
    for model, moment in [
        (Customer, "created_at"), (Opportunity, "created_at"), (StageChange, "happened_at"), (Activity, "happened_at"),
        (Lead, "created_at"), (Quote, "created_at"), (Contract, "created_at"), (Payment, "created_at"),
    ]:  # fmt: skip
        assert model.objects.whole_table("test").latest(moment).__dict__[moment] <= now, model


def test_names_are_the_same_every_time_unlike_each_other_and_well_formed():
    first, again = companies(Random(7), 500), companies(Random(7), 500)
    assert first == again and len({c.name for c in first}) == 500
    assert all(uscc.is_valid(c.uscc) for c in first)


def test_moves_of_deals_come_in_their_order_so_that_a_timeline_reads_down(demo):
    moments = list(StageChange.objects.whole_table("test").order_by("id").values_list("happened_at", flat=True))
    assert len(moments) > 100 and moments == sorted(moments)


def test_the_demo_company_has_people_deals_and_history(demo):
    assert Person.objects.count() == 41 and Department.objects.count() == 11
    assert Person.objects.filter(is_active=False).count() == 1
    counts = [model._base_manager.count() for model in (Customer, Contact, Opportunity, Activity, Lead, Product)]
    assert counts[0] == 80 and all(counts)
    assert set(Opportunity._base_manager.values_list("status", flat=True)) == {"open", "won", "lost"}
    assert Opportunity._base_manager.filter(forecast_category="commit").exists()
    converted = Lead._base_manager.filter(status="converted")
    assert converted.exists() and all(lead.converted_at >= lead.responded_at >= lead.created_at for lead in converted)


def test_SAL_7_the_demo_has_contracts_paid_late_and_not_at_all_and_its_ledger_adds_up(demo):
    assert differences() == []
    owed = Receivable._base_manager.filter(balance__gt=0)
    assert owed.filter(due_on__lt=dates.today()).exists() and owed.filter(due_on__gte=dates.today()).exists()
    contracts = Contract._base_manager.filter(signed_on__isnull=False)
    assert set(contracts.values_list("status", flat=True)) == {"active", "completed"}
    won = Opportunity._base_manager.filter(status="won", amount__gt=0)
    won = won.exclude(pk__in=SuggestionAnswer._base_manager.filter(opportunity__isnull=False).values("opportunity"))
    assert contracts.count() == won.count() and Payment._base_manager.exists()


def test_SAL_5_the_demo_has_quotes_in_every_state_with_versions_and_some_that_wait_for_approval(demo):
    quotes = Quote._base_manager.all()
    assert set(quotes.values_list("status", flat=True)) == set(Quote.Status.values)
    assert all(
        q.total == q.subtotal - q.reduction == sum(line.amount for line in q.known_lines()) - q.reduction
        for q in quotes
    )
    assert quotes.filter(version_no=2, previous__status="superseded").exists()
    assert quotes.filter(status="sent", valid_until__lt=dates.today()).exists()
    assert Contract._base_manager.filter(quote__status="accepted", signed_on=None).exists()
    waiting = ApprovalPlace.objects.whole_table("test").filter(status="waiting")
    assert {"chengw"} < set(waiting.values_list("person__username", flat=True))


def test_SAL_5_the_demo_sells_what_is_exempt_and_what_is_not_taxable_and_invoices_it(demo, sign_in):
    kept = {model: set(model._base_manager.values_list("tax_treatment", flat=True)) for model in (Product, QuoteLine)}
    assert all(kept[model] == {"taxed", "exempt", "none"} for model in kept)
    invoice = Invoice._base_manager.get(tax_treatment="exempt", status="issued")
    assert invoice.tax == 0 and invoice.contract.amount > invoice.amount
    page = sign_in(Person.objects.get(username="xuj")).get(invoice.contract.get_absolute_url()).content.decode()
    assert "免税" in page and "不征税" in page and "6%" in page


@pytest.mark.parametrize("username", ["chengw", "zhoumz"])
def test_every_page_shows_something(demo, sign_in, username):
    browser = sign_in(Person.objects.get(username=username))
    for page in PAGES:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        assert 'class="empty"' not in answer.content.decode() or page == "/", page


def test_nobody_who_sells_or_sets_up_finds_an_empty_page(demo, sign_in):
    seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id").first()
    for who, pages in (
        (seller, ["/leads/", "/opportunities/", "/quotes/", "/products/", "/targets/"]),
        (Person.objects.get(username="chengw"), FOR_SETTING_UP),
        (Person.objects.get(username="xuj"), ["/approvals/", "/approvals/list/asked/", "/approvals/list/decided/"]),
    ):
        browser = sign_in(who)
        for page in pages:
            answer = browser.get(page)
            assert answer.status_code == 200 and 'class="empty"' not in answer.content.decode(), (who, page)


def test_ACT_6_the_demo_has_rules_whose_logs_tell_what_they_did_and_what_went_wrong(demo, sign_in):
    runs = AutomationRun.objects.all()
    steps = {step["do"] for rule in AutomationRule.objects.all() for step in rule.steps}
    assert {"mail", "webhook", "task"} <= steps and set(runs.values_list("status", flat=True)) == {"done", "failed"}
    assert not AutomationRule.objects.filter(is_active=True, steps__icontains="webhook").exists()
    assert Task.objects.whole_table("test").filter(title__startswith="上门致谢").count() == runs.filter(
        rule__is_active=True, status="done"
    ).count() > 2  # fmt: skip
    states = set(Delivery.objects.whole_table("test").values_list("status", flat=True))
    assert {"sent", "failed", "unclear", "given_up", "skipped", "held", "waiting"} == states
    assert sending.sweep() == 0  # what is to go out later does not at once, to addresses of nobody
    admin = sign_in(Person.objects.get(username="admin"))
    for rule in AutomationRule.objects.all():
        said = admin.get(rule.get_absolute_url()).content.decode()
        assert all(run.title in said for run in rule.runs.all())


def test_ACT_8_the_demo_has_letters_both_ways_in_conversations_and_some_that_wait_for_an_answer(demo, sign_in):
    letters = Letter.objects.whole_table("test")
    assert letters.count() > 60 and letters.filter(direction="in").count() > 20
    assert all(row.sender.endswith(".example") and row.to[0][1].endswith(".example") for row in letters)
    assert letters.filter(quote__isnull=False, files__0__name__endswith=".pdf").exists()
    assert not letters.filter(at__gt=dates.now()).exists()
    assert letters.filter(status="returned").exclude(error="").exists() and letters.filter(is_automatic=True).exists()
    assert LetterTemplate.objects.filter(person=None).count() >= 4 and not any(
        t.wrong for t in LetterTemplate.objects.all()
    )
    answer = letters.exclude(in_reply_to="").first()
    assert answer.thread == letters.get(message_id=answer.in_reply_to).thread
    due = letters.filter(answer_due=True).select_related("owner").first()
    assert due.direction == "in"
    browser = sign_in(due.owner)
    for page in ("/letters/due/", f"/customers/{due.customer_id}/letters/", f"/letters/{due.pk}/", "/letters/"):
        assert due.subject in browser.get(page).content.decode(), page
    addresses = Contact._base_manager.exclude(email="").values_list("email", flat=True)
    assert len(addresses) == len(set(addresses)) and all(a.isascii() for a in addresses)


def test_a_demo_is_not_mixed_with_customers_that_are_there(demo):
    with pytest.raises(Refused):
        install_demo(customers=5)


def test_finance_finds_debts_invoices_bank_lines_and_notes_of_dunning(demo, sign_in):
    browser = sign_in(Person.objects.get(username="xuj"))
    for page in (
        "/receivables/",
        "/invoices/",
        "/invoices/differences/",
        "/bank-statements/",
        "/bank-lines/",
        "/dunning/",
    ):
        answer = browser.get(page)
        assert answer.status_code == 200 and 'class="empty"' not in answer.content.decode(), page
