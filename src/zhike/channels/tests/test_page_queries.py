"""How many questions the pages of robots, webhooks and wishes ask, however much there is (CRAFT §11)."""

import pytest

from zhike.channels.models import Attempt, Delivery, Line, Robot, Webhook
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.sealed import seal
from zhike.org.viewers import the_system
from zhike.records.models import InboxItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def much(company):
    """Twelve robots and subscriptions, each with a log and a line of its own; the last subscription."""
    for n in range(12):
        robot = Robot.objects.create(name=f"群{n}", kind="wecom", address=seal("https://qyapi.example/"))
        with acting(the_system(), "test"):
            hook = Webhook.objects.create(
                name=f"订阅{n}", owner=company.gm, url="https://erp.example.cn/",
                events=["customers.customer.changed"], secret=seal("x"),
            )  # fmt: skip
        for line, more in ((robot.line, {"robot": robot}), (hook.line, {"webhook": hook})):
            Line.objects.create(key=line)
            for i in range(n):
                row = Delivery.objects.create(
                    key=f"{line}:{i}", title="x", status="failed", due_at=dates.now(), line=line, **more
                )
                Attempt.objects.create(delivery=row)
        InboxItem.objects.create(person=company.gm, text=f"消息{n}", about="reminders")
    return hook


PAGES = [
    ("/settings/robots/", 6), ("/settings/robots/new/", 6), ("/settings/robots/{r}/", 7), ("/settings/webhooks/", 6),
    ("/settings/webhooks/new/", 6), ("/settings/webhooks/{w}/", 7), ("/settings/webhooks/{w}/edit/", 6),
    ("/me/messages/", 6), ("/inbox/", 6),
]  # fmt: skip


@pytest.mark.parametrize(("url", "most"), PAGES)
def test_ACT_7_pages_ask_a_bounded_number_of_questions(
    company, sign_in, much, url, most, django_assert_max_num_queries
):
    url = url.format(r=Robot.objects.last().pk, w=much.pk)
    client = sign_in(company.admin if "robots" in url else company.gm)
    assert client.get(url).status_code == 200
    with django_assert_max_num_queries(most):
        client.get(url)
