"""How many questions the pages of automation rules ask, however much there is (CRAFT §11)."""

import pytest

from zhike.automation.models import AutomationRun
from zhike.automation.tests.factories import AutomationRuleFactory
from zhike.channels.models import Webhook
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit.actions import acting
from zhike.mail.models import LetterTemplate
from zhike.org.viewers import the_system
from zhike.records.models import Tag

pytestmark = pytest.mark.django_db

STEPS = [
    {"do": "tag", "with": {"name": "新客户"}},
    {"do": "set", "with": {"field": "tier", "value": "key"}},
    {"do": "tell", "with": {"who": ["owner"], "text": "{record}"}},
    {"do": "task", "with": {"title": "回访", "kind": "call", "who": "owner", "days": 1}},
]


@pytest.fixture
def much(company):
    """A rule of several steps among others, with a full log, and much to choose from."""
    for n in range(12):
        CustomerFactory(owner=company.li_na, name=f"客户{n}")
        Tag.objects.create(name=f"标签{n}")
        LetterTemplate.objects.create(name=f"模板{n}", subject="你好", text="{customer}")
        with acting(the_system(), "test"):
            Webhook.objects.create(name=f"订阅{n}", owner=company.gm, url="https://erp.example.cn/")
        rule = AutomationRuleFactory(
            steps=STEPS, filter=[["city", "is", ["苏州"]], ["owner", "is", [company.li_na.pk]]]
        )
        for object_id in range(n):
            AutomationRun.objects.create(
                rule=rule,
                kind=rule.kind,
                object_id=object_id,
                title="x",
                cause=f"event:{n}",
                status="failed",
                said=["x"],
            )
    return rule


PAGES = [
    ("", 7), ("new/?kind=customers", 8), ("{r}/", 9), ("{r}/edit/", 8), ("{r}/conditions/", 9), ("{r}/try/", 8),
    ("{r}/steps/set/1/", 8), ("{r}/steps/tell/2/", 8), ("{r}/steps/mail/", 8), ("{r}/steps/webhook/", 8),
    ("{r}/steps/task/", 8), ("{r}/steps/assign/", 8), ("{r}/steps/tag/0/", 8),
]  # fmt: skip


@pytest.mark.parametrize(("page", "most"), PAGES)
def test_ACT_6_pages_ask_a_bounded_number_of_questions(
    company, sign_in, much, page, most, django_assert_max_num_queries
):
    url, client = f"/settings/automation/{page.format(r=much.pk)}", sign_in(company.admin)
    assert client.get(url).status_code == 200
    with django_assert_max_num_queries(most):
        client.get(url)


def test_ACT_6_a_rehearsal_asks_a_bounded_number_of_questions(company, sign_in, much, django_assert_max_num_queries):
    customer = CustomerFactory(owner=company.li_na, city="苏州")
    url, client = f"/settings/automation/{much.pk}/try/", sign_in(company.admin)
    client.post(url, {"record": customer.pk})
    with django_assert_max_num_queries(74):  # four steps carried out, each on the record read anew, and taken back
        assert "设为" in client.post(url, {"record": customer.pk}).content.decode()
