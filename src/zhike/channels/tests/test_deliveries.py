"""The log of what went out: a list like any other, whose rows are sent again or given up, one or many (ACT-7)."""

import pytest
from django.test import Client
from django.urls import reverse

from zhike.api.models import ApiToken
from zhike.channels.models import Attempt, Delivery, Robot, Webhook
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import UnscopedQuery
from zhike.kit.viewer import viewer_of
from zhike.org.models import Role
from zhike.org.viewers import the_system

pytestmark = pytest.mark.django_db
Status = Delivery.Status
URL = "/settings/deliveries/"


def written(title, status=Status.SENT, **more):
    """A delivery in a state."""
    more = {"channel": "email", "line": "email", **more}
    return Delivery.objects.create(key=f"test:{title}", title=title, status=status, due_at=dates.now(), **more)


def webhook_of(owner):
    hook = Webhook(name="ERP", owner=owner, url="https://erp.example/in", events=["*"])
    with acting(the_system(), "test"):
        hook.save()
    return hook


@pytest.fixture
def may_look(company):
    """Salespeople may look at the log here, and send again."""
    for role in Role.objects.filter(people=company.li_na):
        role.verbs = [*role.verbs, "channels.delivery.view", "channels.delivery.change"]
        role.save()


def test_ACT_7_the_log_is_filtered_like_any_list(company, sign_in):
    written("送达的", person=company.li_na)
    written("放弃的", Status.GIVEN_UP, person=company.wang_wei, error="550 no such user")
    robot = Robot.objects.create(name="东区群", kind="wecom")
    written("群里的", Status.FAILED, channel="robot", line=robot.line, robot=robot)
    client = sign_in(company.admin)
    page = client.get(URL).content.decode()
    assert all(word in page for word in ("送达的", "放弃的", "群里的", "东区群", "550 no such user", "李娜"))
    shown = client.get(f"{URL}?status=given_up,unclear").content.decode()
    assert "放弃的" in shown and "送达的" not in shown
    shown = client.get(f"{URL}?channel=robot").content.decode()
    assert "群里的" in shown and "放弃的" not in shown
    assert "送达的" in client.get(f"{URL}?q=送达").content.decode()
    assert "放弃的" not in client.get(f"{URL}?q=送达").content.decode()
    assert "1 " in client.get(f"{URL}?q=送达&part=foot", headers={"HX-Request": "true"}).content.decode()
    assert client.get(f"{URL}?nothing=1&status__in=nonsense").status_code == 200


def test_ORG_3_who_does_not_see_everything_sees_what_went_to_them_or_over_their_webhooks(company, sign_in, may_look):
    mine, other = written("给李娜", person=company.li_na), written("给王伟", person=company.wang_wei)
    hooked = written("李娜的订阅", channel="webhook", line="webhook:1", webhook=webhook_of(company.li_na))
    client = sign_in(company.li_na)
    page = client.get(URL).content.decode()
    assert "给李娜" in page and "李娜的订阅" in page and "给王伟" not in page
    assert client.get(f"{URL}{mine.pk}/").status_code == client.get(f"{URL}{hooked.pk}/").status_code == 200
    assert client.get(f"{URL}{other.pk}/").status_code == 404
    assert client.post(f"{URL}{other.pk}/resend/").status_code == 404


def test_ACT_7_the_log_is_for_who_may_look_and_sending_again_for_who_may(company, sign_in):
    row = written("放弃的", Status.GIVEN_UP, person=company.li_na)
    client = sign_in(company.li_na)
    assert client.get(URL).status_code == client.get(f"{URL}{row.pk}/").status_code == 403
    assert client.post("/lists/deliveries/bulk/resend/", {"pk": row.pk, "sure": "1"}).status_code in (403, 404)
    for role in Role.objects.filter(people=company.li_na):
        role.verbs = [*role.verbs, "channels.delivery.view"]
        role.save()
    client = sign_in(company.li_na)
    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}{row.pk}/resend/").status_code == 403
    assert client.post(f"{URL}{row.pk}/give-up/").status_code == 403


def bulk(client, what, *rows, **more):
    return client.post(reverse("records:bulk", args=["deliveries", what]),
                       {"pk": [row.pk for row in rows], "sure": "1", **more})  # fmt: skip


def test_ORG_3_who_reads_the_log_without_saying_for_whom_fails_loudly(company):
    row = written("一条")
    with pytest.raises(UnscopedQuery):
        list(Delivery.objects.filter(pk=row.pk))
    with pytest.raises(UnscopedQuery):
        Delivery.objects.filter(pk=row.pk).update(title="x")
    with pytest.raises(UnscopedQuery):
        Webhook(pk=1).deliveries.count()
    assert not Delivery.objects.visible_to(viewer_of(company.li_na.pk)).exists()


def test_ACT_7_many_are_sent_again_at_once_and_what_arrived_stays(company, sign_in):
    lost, unsure, done = written("丢", Status.GIVEN_UP), written("疑", Status.UNCLEAR), written("到", Status.SENT)
    answer = bulk(sign_in(company.admin), "resend", lost, unsure, done)
    assert answer.status_code in (200, 204, 302)
    states = dict(Delivery.objects.whole_table("test").values_list("title", "status"))
    assert states == {"丢": Status.WAITING, "疑": Status.WAITING, "到": Status.SENT}


def test_ACT_7_all_of_a_filter_are_given_up(company, sign_in):
    for n in range(3):
        written(f"失败{n}", Status.FAILED)
    kept = written("未决", Status.UNCLEAR)
    bulk(sign_in(company.admin), "give_up", all="1", query="status=failed")
    assert Delivery.objects.whole_table("test").filter(status=Status.GIVEN_UP).count() == 3
    kept.refresh_from_db()
    assert kept.status == Status.UNCLEAR


def test_ACT_7_nobody_sends_again_what_was_read_before_it_went(company, sign_in):
    row = written("已读的", Status.SKIPPED, person=company.li_na)
    client = sign_in(company.admin)
    page = client.get(f"{URL}{row.pk}/").content.decode()
    assert "resend" not in page and "give-up" not in page
    assert client.post(f"{URL}{row.pk}/resend/", HTTP_HX_REQUEST="true").status_code == 422
    row.refresh_from_db()
    assert row.status == Status.SKIPPED


def test_ACT_7_the_log_is_read_by_the_api_and_changed_by_nobody_there(company):
    row = written("给李娜", Status.GIVEN_UP, person=company.li_na, error="550")
    admin, li_na = (
        Client(headers={"authorization": f"Bearer {ApiToken.make(person.pk)}"})
        for person in (company.admin, company.li_na)
    )
    (item,) = admin.get("/api/v1/deliveries?status=given_up").json()["items"]
    assert (item["id"], item["recipient"], item["error"]) == (row.pk, "李娜", "550")
    assert admin.get(f"/api/v1/deliveries/{row.pk}").json()["status"] == "given_up"
    changed = admin.patch(f"/api/v1/deliveries/{row.pk}", "{}", content_type="application/json")
    assert changed.status_code == admin.delete(f"/api/v1/deliveries/{row.pk}").status_code == 405
    assert li_na.get("/api/v1/deliveries").status_code == li_na.get(f"/api/v1/deliveries/{row.pk}").status_code == 403


def test_ACT_7_nothing_is_announced_of_the_log_and_no_rule_is_about_it(company, sign_in):
    client = sign_in(company.admin)
    assert client.get("/settings/automation/new/?kind=deliveries").status_code == 404
    assert client.get("/settings/reminders/new/?kind=deliveries").status_code == 404
    assert "channels.delivery" not in client.get("/settings/webhooks/new/").content.decode()


def test_ACT_7_the_pages_of_the_log_ask_a_constant_number_of_questions(company, sign_in, django_assert_num_queries):
    client = sign_in(company.admin)
    robot = Robot.objects.create(name="东区群", kind="wecom")
    for n in range(30):
        row = written(f"消息{n}", channel="robot", line=robot.line, robot=robot)
        written(f"邮件{n}", person=company.li_na)
        Attempt.objects.create(delivery=row)
    client.get(URL)
    with django_assert_num_queries(4):  # session, person with version, rows, badges of the navigation
        client.get(URL)
    client.get(f"{URL}{row.pk}/")
    with django_assert_num_queries(5):
        client.get(f"{URL}{row.pk}/")
    assert client.get(f"/lists/deliveries/{row.pk}/edit/title/").status_code == 403  # a log is edited by nobody
