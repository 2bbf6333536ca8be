"""Every address, page and API alike, as every role: no record outside the scope shows, and nothing breaks (ORG-3).

In the west lies a record of every kind, all with the same number and marked with words nobody else uses. A page that
shows these words to somebody who does not see the west's records leaks. A new address whose arguments nobody can fill,
and a new kind without a record here, fail.
"""

import logging
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from zhike.activities.models import ActivityComment, Reminder, ReminderRule, ReportComment, ReportRead
from zhike.activities.tests.factories import ActivityFactory, TaskFactory, WorkReportFactory
from zhike.api.models import ApiToken
from zhike.automation.models import AutomationLetter, AutomationRule, AutomationRun
from zhike.channels.models import Attempt, Delivery, Robot, Webhook
from zhike.contracts.models import (
    BankLine,
    BankStatement,
    Contract,
    InvoiceLine,
    Milestone,
    PayerAlias,
    RewardRule,
    SuggestionAnswer,
)
from zhike.contracts.tests.factories import (
    ContractFactory,
    DunningNoteFactory,
    InvoiceFactory,
    RewardFactory,
    lines_of,
    paid,
    signed,
)
from zhike.customers.models import ClassChange, Customer, CustomerRelation
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.registry import tabs
from zhike.kit.viewer import viewer_of
from zhike.mail.models import LetterTemplate, MailDomain
from zhike.mail.tests.factories import LetterBodyFactory, LetterFactory, account_of
from zhike.org.models import AccessRequest, Approval, ApprovalFlow, ApprovalPlace, Department, RecordShare, Role
from zhike.org.tests.factories import PersonFactory
from zhike.org.viewers import the_system
from zhike.records import kinds, reports
from zhike.records.models import ImportBatch, InboxItem, Job, SavedView, StoredFile
from zhike.sales.models import (
    AssignmentRule,
    BuyingRole,
    DealCompetitor,
    Forecast,
    ForecastLine,
    LeadAssignment,
    OpportunityLine,
    PriceList,
    PriceListItem,
    ProductCategory,
    QuoteLine,
    Target,
    TaxRate,
    TeamMember,
)
from zhike.sales.tests.factories import LeadFactory, OpportunityFactory, ProductFactory, QuoteFactory, shipped
from zhike.sales.tests.project_factories import CompetitorFactory, ResourceRequestFactory

CODE = Path(__file__).parent.parent / "src" / "zhike"
PK = 7001
# Asked for by the first half, found out by the second: a page may repeat what one typed, but know no more. The second
# is plain letters, which stay themselves in JSON, addresses and headers.
ASKED, SECRET = "金丝雀", "yehangdeng"
MARK = ASKED + SECRET
PUBLIC = re.compile(
    r"/accounts/|/manifest.webmanifest$|/sw.js$|/offline/$|/calendar/feed/|/unsubscribe/|/healthz"
    r"|/api/v1/(docs|openapi.json)$"
)
CSV = f"名称,电话\n{MARK},021-5555\n".encode()

# One record of each kind, of a salesman in the west. Kinds all colleagues see carry no mark.
RECORDS = {
    "customers.customer": lambda owner: CustomerFactory(
        pk=PK, owner=owner, name=MARK, code=f"K{MARK}", short_name=MARK, phone="13700007001", next_step=MARK
    ),
    "customers.contact": lambda owner: ContactFactory(pk=PK, customer=customer(), name=MARK, title=MARK, note=MARK),
    "sales.competitor": lambda owner: CompetitorFactory(pk=PK),
    "sales.product": lambda owner: ProductFactory(pk=PK),
    "sales.opportunity": lambda owner: OpportunityFactory(pk=PK, owner=owner, customer=customer(), name=MARK),
    "sales.quote": lambda owner: QuoteFactory(pk=PK, owner=owner, customer=customer(), title=MARK, note=MARK),
    "sales.resourcerequest": lambda owner: ResourceRequestFactory(
        pk=PK, opportunity_id=PK, requester=owner, asked_person=owner, reason=MARK, status="granted", person=owner
    ),
    "sales.target": lambda owner: marked_target(owner),
    "sales.lead": lambda owner: LeadFactory(pk=PK, owner=owner, name=MARK, company=MARK),
    "contracts.contract": lambda owner: ContractFactory(pk=PK, owner=owner, customer=customer(), name=MARK, note=MARK),
    "contracts.receivable": lambda owner: marked_line(),
    "contracts.payment": lambda owner: paid(customer(), 5, pk=PK, number=MARK, payer=MARK, note=MARK, reference=MARK),
    "contracts.invoice": lambda owner: InvoiceFactory(
        pk=PK, owner=owner, customer=customer(), title=MARK, content=MARK, note=MARK
    ),
    "contracts.dunningnote": lambda owner: DunningNoteFactory(
        pk=PK, customer=customer(), said=MARK, contact_name=MARK, person=owner
    ),
    "contracts.reward": lambda owner: RewardFactory(
        pk=PK,
        owner=owner,
        customer=customer(),
        name=MARK[:40],
        reason=MARK,
        gift=MARK,
        person=owner,
        rule=RewardRule.objects.create(pk=PK, name="走查等级", at_least=1, discount=3),
    ),
    "activities.activity": lambda owner: ActivityFactory(pk=PK, customer=customer(), summary=MARK, next_step=MARK),
    "activities.task": lambda owner: TaskFactory(
        pk=PK, assignee=owner, customer=customer(), title=MARK, note=MARK, place=MARK
    ),
    "mail.letter": lambda owner: LetterFactory(
        pk=PK,
        customer=customer(),
        subject=MARK,
        snippet=MARK,
        sender_name=MARK,
        thread=MARK,
        answer_due=True,
        account=account_of(owner, pk=PK, address="west@chenghu.cn", signature=MARK),
    ),
    "activities.workreport": lambda owner: WorkReportFactory(
        pk=PK, author=owner, name=MARK, done=MARK, plan=MARK, trouble=MARK
    ),
    "channels.delivery": lambda owner: Delivery.objects.create(
        pk=PK,
        key="walk",
        channel="email",
        line="email",
        person=owner,
        title=MARK,
        due_at=dates.now(),
        content={"payload": {"type": "ping", "data": {"x": MARK}}},
        status="given_up",
        error=MARK,
    ),  # fmt: skip
    "org.person": lambda owner: PersonFactory(pk=PK, supervisor=owner),
}


def customer():
    """The marked customer."""
    return Customer.objects.whole_table("test").get(pk=PK)


def marked_line():
    """The marked contract signed, its receivable with the number of all marked records."""
    contract = signed(Contract.objects.whole_table("test").get(pk=PK), on=-40)
    with acting(the_system(), "test"):
        line = lines_of(contract)[0]
        line.pk, line.code, line.label = PK, f"H{MARK}", MARK
        line._state.adding = line.is_booked = True
        line.amount = line.balance = 0
        line.save()


def marked_target(owner):
    with acting(the_system(), "test"):
        Target(pk=PK, measure="won", year=dates.today().year, person=owner, value=7001).save()


def addresses(patterns=None, prefix="/", arguments=()):
    """Every address of the product: (pattern, names of its arguments)."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        written = str(entry.pattern)
        route = prefix + written.lstrip("^").rstrip("$")
        named = (*arguments, *entry.pattern.converters, *re.findall(r"\(\?P<(\w+)>", written))
        if hasattr(entry, "url_patterns"):
            yield from addresses(entry.url_patterns, route, named)
        else:
            yield route, named


def choices_of(name):
    """What an argument of this name may be; raises where nobody knows."""
    if name == "pk" or name.endswith("_pk"):
        return [PK]
    if name == "slug":
        return [kind.slug for kind in kinds.everything()]
    if name == "tab":
        return sorted({key for place in tabs._entries.values() for key in place} | {"waiting", "asked", "decided"})
    known = {
        "report": reports.names(),
        "uidb36": ["1"],
        "do": ["task", "tell", "set", "assign", "tag", "approve", "webhook", "mail"],  # steps of automation
        "place": [0, 1],
        "secret": [f"{PK}-nobody-knows"],
        "key": ["abc-def"],
        "token": ["not-ours"],
        "name": ["name", "owner", "customer", "roles", "nonsense"],  # fields
        "what": ["assign", "tag", "share", "export", "delete", "resend", "give_up"],  # what one does with many records
    }
    if name not in known:
        raise AssertionError(f"the walk cannot fill the argument {name!r}: say in choices_of what it may be")
    return known[name]


def filled(route, named):
    """The address with each choice of its arguments."""
    found = [route]
    for name in dict.fromkeys(named):
        place = re.compile(rf"<(?:\w+:)?{name}>|\(\?P<{name}>(?:\[[^]]*\]|[^)\[])*\)")
        found = [place.sub(str(choice), one, count=1) for one in found for choice in choices_of(name)]
    return found


def everywhere():
    """All addresses with their arguments filled in."""
    urls = {url for route, named in addresses() for url in filled(route, named)}
    return sorted(url.replace("(?:email|confirm-email)", "email") for url in urls)


@pytest.fixture
def west(company):
    """The company with a marked record of every kind in the west, and what hangs on them."""
    owner = company.zhao_lei
    for label in sorted(kinds_known(), key=[*RECORDS].index):
        RECORDS[label](owner)
    record = {"kind": "customers.customer", "object_id": PK}
    with acting(the_system(), "test"):
        other = CustomerFactory(owner=owner, name=MARK)
        CustomerRelation(pk=PK, customer_id=PK, other=other, note=MARK, kind="dealer").save()
        ClassChange(pk=PK, customer_id=PK, field="tier", new="key", reason=MARK, owner=owner, person=owner).save()
        BuyingRole(pk=PK, opportunity_id=PK, contact_id=PK, role="decider", note=MARK).save()
        DealCompetitor(pk=PK, opportunity_id=PK, competitor_id=PK, note=MARK).save()
        TeamMember(pk=PK, opportunity_id=PK, person=company.manager_west).save()
        OpportunityLine(pk=PK, opportunity_id=PK, product_id=PK, quantity=1, price=1).save()
        rule = ReminderRule(pk=PK, name="要走的规则", kind="customers.customer", clock="updated_at", text="{record}")
        rule.save()
        Reminder(pk=PK, rule=rule, person=owner, kind=rule.kind, object_id=PK, cause="x", text=MARK).save()
        steps = [{"do": "tag", "with": {"name": "走查"}}]
        AutomationRule(
            pk=PK, name="走查自动化", kind=rule.kind, trigger="customers.customer.created", steps=steps
        ).save()
        AutomationRun(pk=PK, rule_id=PK, kind=rule.kind, object_id=PK, title=MARK, cause="x", status="failed").save()
        AutomationLetter(pk=PK, rule_id=PK, letter_id=PK, address=f"{SECRET}@lanzhi.cn").save()
        Milestone(pk=PK, contract_id=PK, name=MARK, note=MARK).save()
        statement = BankStatement(pk=PK, owner=owner, file_name=MARK, bank=MARK, imported_at=dates.now())
        statement.save()
        BankLine(
            pk=PK, statement=statement, line=1, digest="walk", booked_on=dates.today(), amount=5, payer=MARK
        ).save()
        PayerAlias(customer_id=PK, key=MARK, name=MARK, person=owner).save()
        SuggestionAnswer(customer_id=PK, product_id=PK, opportunity_id=PK, reason=MARK, person=owner).save()
        InvoiceLine(pk=PK, invoice_id=PK, content=MARK, amount=1, net=1, tax=0).save()
        LetterBodyFactory(pk=PK, letter_id=PK, text=MARK, html=f"<p>{MARK}</p><table></table>")
        MailDomain(pk=PK, customer_id=PK, domain="west.cn", person=owner).save()
        LetterTemplate(pk=PK, person=owner, name=MARK, text=MARK).save()
        ActivityComment(pk=PK, activity_id=PK, author=owner, text=MARK).save()
        ReportComment(pk=PK, report_id=PK, author=owner, text=MARK).save()
        ReportRead(pk=PK, report_id=PK, person=company.manager_west).save()
        prices = PriceList(pk=PK, name="走查价目")
        prices.save()
        PriceListItem(pk=PK, price_list=prices, product_id=PK, price=1).save()
        ProductCategory(pk=PK, name="走查分类").save()
        TaxRate(pk=PK, name="走查税率", rate=13, valid_from=dates.today()).save()
        QuoteLine(pk=PK, quote_id=PK, product_id=PK, name=MARK, quantity=1, price=1).save()
        rule = AssignmentRule(pk=PK, name="走查分配", is_active=False, how="customer")
        rule.save()
        LeadAssignment(pk=PK, lead_id=PK, rule=rule, rule_name=MARK, how="turn", person=owner).save()
        pipeline = shipped()
        type(pipeline)(pk=PK, name="要走的流程", order=999).save()
        type(pipeline.stages_in_order[0])(pk=PK, pipeline_id=PK, name="一", order=1).save()
        ApprovalFlow(pk=PK, subject="customers.credit_limit", name="要走的审批").save()
        approval = Approval(
            pk=PK, subject="customers.credit_limit", object_id=PK, title=MARK, reason=MARK, flow_name="流程",
            steps=[{"label": "上级", "mode": "any"}], asked_by=owner, facts={"limit": "7001"},
        )  # fmt: skip
        approval.save()
        ApprovalPlace(approval=approval, step=0, person=company.manager_west, comment=MARK).save()
        this = dates.today().replace(day=1)
        kept = Forecast.objects.create(pk=PK, taken_at=dates.now(), month=this)
        ForecastLine(forecast=kept, owner=owner, month=this, commit=7001).save()
        Department.objects.create(pk=PK, name="空部门", parent=company.departments["top"])
        Role.objects.create(pk=PK, key="walk", name="走查", verbs=[])
    batch = ImportBatch(pk=PK, kind="customers.customer", file_name=f"{MARK}.csv", person=owner)
    batch.upload.save("west.csv", ContentFile(CSV))
    stored = StoredFile(
        pk=PK, **record, name=f"{MARK}.txt", size=1, content_type="text/plain", sha256="0", person=owner
    )
    stored.content.save("west.txt", ContentFile(MARK.encode()))
    Job.objects.create(pk=PK, title=MARK, person=owner)
    InboxItem.objects.create(pk=PK, person=owner, text=MARK)
    with acting(the_system(), "test"):
        Webhook(pk=PK, name=MARK, owner=owner, url=f"https://example.com/{SECRET}", events=["*"]).save()
    Robot.objects.create(pk=PK, name="走查机器人", kind="wecom")
    Attempt.objects.create(delivery_id=PK, error=MARK, request=MARK, response=MARK)
    SavedView.objects.create(pk=PK, kind="customers.customer", name=MARK, person=owner)
    RecordShare.objects.create(pk=PK, **record, person=company.manager_west, granted_by=owner)
    AccessRequest.objects.create(pk=PK, **record, person=company.manager_west, reason=MARK, until="2099-01-01")
    return company


def kinds_known():
    """The kinds of the product, each with a record to walk with."""
    labels = {kind.label for kind in kinds.everything()}
    assert labels <= RECORDS.keys(), f"the walk has no record of {labels - RECORDS.keys()}"
    return labels


QUERY = f"?q={ASKED}&" + "&".join(
    f"{name}={PK}"
    for name in (
        "customer",
        "contact",
        "opportunity",
        "lead",
        "product",
        "contract",
        "receivable",
        "id",
        "quote",
        "reply",
        "forward",
        "draft",
        "template",
    )
)
WAYS = {
    "page": lambda client, url: client.get(url + QUERY),
    "part": lambda client, url: client.get(url + QUERY, headers={"HX-Request": "true"}),
    "post": lambda client, url: client.post(url, {"q": ASKED}),
}
API_WAYS = {
    "page": WAYS["page"],
    "post": lambda client, url: client.post(url, "{}", content_type="application/json"),
    "patch": lambda client, url: client.patch(url, "{}", content_type="application/json"),
    "delete": lambda client, url: client.delete(url),
}


def ways_to(url):
    """How an address may be asked."""
    return API_WAYS if url.startswith("/api/") else WAYS


WHO = ["admin", "gm", "manager_east", "manager_west", "lead_east", "li_na", "finance", "service", "marketing", "reader",
       "nobody"]  # fmt: skip
BY_EVERY_WAY = {"admin", "manager_east", "li_na", "reader", "nobody"}


@pytest.fixture(autouse=True)
def unlogged(caplog):
    """What is refused is no news here, and each line of the log would keep its whole request, of megabytes at times."""
    caplog.set_level(logging.CRITICAL, "django.request")


class Walker:
    """A person at every address; each answer is undone, and notes what broke and what leaked."""

    def __init__(self, person, west_id):
        self.person, self.client, self.wrong = person, Client(), []
        self.found = {"page": 0, "api": 0}
        self.client.force_login(person)
        self.session = self.client.cookies["sessionid"].value
        self.token = ApiToken.make(person.pk)
        viewer = viewer_of(person.pk)
        self.sees_the_west = viewer.sees_owner(west_id)

    def visit(self, url, way, go=None):
        """Go there once, by a way of `ways_to` or one's own."""
        client = Client(headers={"authorization": f"Bearer {self.token}"}) if url.startswith("/api/") else self.client
        self.client.cookies["sessionid"] = self.session  # some addresses sign out
        try:
            with transaction.atomic():
                answer = go(url) if go else ways_to(url)[way](client, url)
                said = b"".join(answer.streaming_content) if answer.streaming else answer.content
                transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001 - every address shall be tried
            self.wrong.append(f"{way} {url}: {type(error).__name__}: {error}")
            return
        if answer.status_code >= 500:
            self.wrong.append(f"{way} {url}: {answer.status_code}")
        said = said.decode(errors="ignore") + "".join(f"{k}: {v}" for k, v in answer.headers.items())
        self.found["api" if url.startswith("/api/") else "page"] += SECRET in said
        if SECRET in said and not self.sees_the_west:
            place = said.index(SECRET)
            self.wrong.append(f"{way} {url} shows: …{said[max(place - 80, 0) : place + 40]}…")


@pytest.mark.parametrize("who", WHO)
def test_ORG_3_no_address_shows_what_lies_outside_the_scope(west, who):
    cache.clear()
    person = PersonFactory(username="nobody") if who == "nobody" else west.people[who]
    walker = Walker(person, west.zhao_lei.pk)
    for url in everywhere():
        for way in ways_to(url) if who in BY_EVERY_WAY else ["page"]:
            walker.visit(url, way)
    assert not walker.wrong, "\n".join(walker.wrong)
    # The marks are there to be found: whoever sees the west meets them on many pages, and through the API.
    assert not walker.sees_the_west or (walker.found["page"] > 10 and walker.found["api"] > 4), walker.found


def test_PLT_5_nobody_gets_past_the_door_without_signing_in(west, client):
    wrong = []
    for url in everywhere():
        for way, go in ways_to(url).items():
            with transaction.atomic():
                answer = go(client, url)
                transaction.set_rollback(True)
            to_door = "/accounts/login/" in answer.get("Location", "") + answer.get("HX-Redirect", "")
            # The API has no door, and says what it does not know or offer at all before it asks who calls.
            shut = answer.status_code in (401, 404, 405) if url.startswith("/api/") else to_door
            if not PUBLIC.search(url) and not shut:
                wrong.append(f"{way} {url}: {answer.status_code}")
            if not answer.streaming and SECRET in answer.content.decode(errors="ignore"):
                wrong.append(f"{way} {url} shows the mark")
    assert not wrong, "\n".join(wrong)


def asked_for():
    """Every name a view reads from an address or a form, as far as the code names it."""
    reads = re.compile(r"""\.get(?:list)?\(["'](\w+)["']""")
    return sorted({name for path in CODE.rglob("*.py") for name in reads.findall(path.read_text())})


@pytest.mark.parametrize("word", ["²", "9" * 30, "\x00", "2026-02-31"], ids=["superscript", "long", "nul", "no day"])
def test_every_address_bears_words_that_are_no_number_day_or_text(west, word):
    walker = Walker(west.people["admin"], west.zhao_lei.pk)
    sent, form = urlencode(dict.fromkeys(asked_for(), word)), "application/x-www-form-urlencoded"  # once for all
    ways = {
        "page": lambda url: walker.client.get(f"{url}?{sent}"),
        "post": lambda url: walker.client.post(url, sent, content_type=form),
    }
    for url in everywhere():
        for way, go in ways.items() if not url.startswith("/api/") else ():
            walker.visit(url, way, go)
    assert not walker.wrong, "\n".join(walker.wrong)


def test_the_walk_notices_an_argument_it_cannot_fill():
    with pytest.raises(AssertionError, match="cannot fill"):
        filled("/figures/<slug:figure>/", ["figure"])
    assert filled("/customers/<int:pk>/lines/<int:line_pk>/", ["pk", "line_pk"]) == [f"/customers/{PK}/lines/{PK}/"]
