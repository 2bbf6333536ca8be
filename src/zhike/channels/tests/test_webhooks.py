"""Webhooks: signed, scoped by their owner, tried again, replayed, stopped; by page and by API (ACT-7)."""

import base64
import hashlib
import hmac
import json
import re
import socket
from datetime import timedelta

import pytest

from zhike.api.models import ApiToken
from zhike.channels import actions, sending, webhooks
from zhike.channels.models import Delivery, Line, Webhook
from zhike.contracts.tests.factories import ContractFactory, signed
from zhike.customers.kinds import CUSTOMER
from zhike.customers.tests.factories import CustomerFactory
from zhike.kit import dates
from zhike.kit.access import VERBS
from zhike.kit.actions import acting
from zhike.kit.viewer import viewer_of
from zhike.org.models import Role
from zhike.org.viewers import the_system
from zhike.records import events, kinds
from zhike.records.actions import assign_record, change_record, create_record, delete_record
from zhike.records.models import AuditEntry, InboxItem, OutboxEvent
from zhike.records.tasks import deliver_event
from zhike.sales.tests.factories import OpportunityFactory

Status = Delivery.Status


class Receiver:
    """The other side as Standard Webhooks ask for: checks the signature and the time, drops what it has."""

    def __init__(self):
        self.secret, self.events, self.repeats, self.bad = "", {}, 0, 0

    def __call__(self, request):
        headers = {name.lower(): value for name, value in request["headers"].items()}
        message, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = hmac.new(key, b".".join([message.encode(), stamp.encode(), request["body"]]), hashlib.sha256)
        right = "v1," + base64.b64encode(signed.digest()).decode()
        if right not in headers["webhook-signature"].split() or abs(request["at"] - int(stamp)) > 300:
            self.bad += 1
            return 401, {}, b"bad signature"
        self.repeats += message in self.events
        self.events[message] = json.loads(request["body"])
        return 204, {}, b""

    def told(self):
        return list(self.events.values())


@pytest.fixture
def receiver(outside):
    made = outside.answer = Receiver()
    made.server = outside
    return made


@pytest.fixture
def may_subscribe(company):
    """Sales people may set up webhooks, too, so that scopes differ."""
    role = Role.objects.get(key="sales")
    role.verbs = [*role.verbs, "channels.webhook.change", "channels.delivery.change"]
    role.save()


def subscribe(person, receiver, *names, name="erp"):
    receiver.secret = webhooks.new_secret()
    return actions.save_webhook(
        Webhook(), by=viewer_of(person.pk), name=name, url=receiver.server.url, events=list(names) or ["*"],
        secret=receiver.secret,
    )  # fmt: skip


def go_out():
    """The worker's turn: events are heard, deliveries sent."""
    for pk in OutboxEvent.objects.filter(delivered_at=None).order_by("pk").values_list("pk", flat=True):
        deliver_event.call(pk)
    for pk in (
        Delivery.objects.whole_table("test").filter(channel="webhook").order_by("pk").values_list("pk", flat=True)
    ):
        sending.send(pk)


def test_the_fake_receiver_checks_signature_and_time(receiver):
    receiver.secret = webhooks.new_secret()
    body = b"{}"
    good = webhooks.signature(receiver.secret, "msg_1", "1000", body)

    def ask(sign, at):
        return receiver(
            {
                "headers": {"webhook-id": "msg_1", "webhook-timestamp": "1000", "webhook-signature": sign},
                "body": body,
                "at": at,
            }
        )[0]

    assert ask(good, 1000) == 204 and ask(good, 2000) == 401 and ask("v1,xxxx", 1000) == 401


def test_the_signature_is_that_of_standard_webhooks():
    # The example of the specification, https://github.com/standard-webhooks/standard-webhooks
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_ACT_7_created_changed_assigned_deleted_arrive_as_the_api_shows_them(company, receiver, client):
    subscribe(company.gm, receiver)
    gm = viewer_of(company.gm.pk)
    made = create_record(CUSTOMER, {"name": "无锡远拓", "city": "无锡"}, by=gm)
    go_out()
    token = ApiToken.make(company.gm.pk)
    api = client.get(f"/api/v1/customers/{made.pk}", headers={"authorization": f"Bearer {token}"}).json()
    (first,) = receiver.told()
    assert first["type"] == "customers.customer.created" and first["version"] == 1
    assert first["data"]["record"] == api and first["data"]["by"] == "gm" and first["data"]["kind"] == "customers"
    made = change_record(CUSTOMER, made, {"city": "苏州"}, by=gm)
    made = assign_record(CUSTOMER, made, by=gm, owner_id=company.li_na.pk)
    go_out()
    delete_record(CUSTOMER, made, by=gm)
    go_out()
    types = [event["type"].rpartition(".")[2] for event in receiver.told()]
    assert types == ["created", "changed", "assigned", "changed", "deleted"]
    assert receiver.told()[1]["data"]["changed"] == ["city"] and receiver.told()[4]["data"]["record"] is None
    assert receiver.bad == receiver.repeats == 0
    headers = receiver.server.requests[0]["headers"]
    assert headers["webhook-id"].startswith("msg_") and headers["Content-Type"] == "application/json"


def test_ACT_7_the_log_says_in_words_what_a_subscription_was_told(company, sign_in, receiver):
    hook, gm = subscribe(company.gm, receiver), viewer_of(company.gm.pk)
    made = create_record(CUSTOMER, {"name": "无锡远拓"}, by=gm)
    made = assign_record(CUSTOMER, change_record(CUSTOMER, made, {"city": "苏州"}, by=gm), by=gm,
                         owner_id=company.li_na.pk)  # fmt: skip
    signed(ContractFactory(owner=company.li_na, name="检测线合同"))
    go_out()
    delete_record(CUSTOMER, made, by=gm)
    webhooks.call(hook, "automation.rule.acted", CUSTOMER, CustomerFactory(owner=company.li_na, name="苏州华宇").pk,
                  key="rule:1", at=dates.now(), rule="大客户同步")  # fmt: skip
    go_out()
    client = sign_in(company.gm)
    client.post(f"/settings/webhooks/{hook.pk}/test/")
    titles = list(Delivery.objects.whole_table("test").filter(webhook=hook).values_list("title", flat=True))
    for title in ("客户已新建：无锡远拓", "客户已修改：无锡远拓", "客户已转给其他负责人：无锡远拓", "合同签订：检测线合同",
                  "客户已删除", "规则“大客户同步”：苏州华宇", "测试消息"):  # fmt: skip
        assert title in titles, titles
    page = client.get("/settings/deliveries/").content.decode()
    assert "客户已修改：无锡远拓" in page and "customers.customer.changed" not in page


def test_ACT_7_everything_that_happens_to_records_has_words():
    for kind in kinds.heard_of():
        for name in events.names_of(kind):
            title = webhooks.title_of(name, {"kind": kind.slug, "record": {kind.title: "甲"}})
            assert kind.label not in title and re.match(r"[\u4e00-\u9fff]", title), title
            assert not kind.title or title.endswith("：甲"), title


@pytest.mark.parametrize("label", [kind.label for kind in kinds.heard_of()])
def test_ACT_7_every_kind_can_be_subscribed_to(label):
    known = actions.known_events()
    assert f"{label}.*" in known and f"{label}.created" in known and f"{label}.changed" in known


def test_ACT_7_a_subscription_tells_only_what_its_owner_sees(company, receiver, may_subscribe):
    subscribe(company.li_na, receiver)
    west = CustomerFactory(owner=company.zhao_lei, name="西区机密")
    gm = viewer_of(company.gm.pk)
    west = change_record(CUSTOMER, west, {"city": "成都"}, by=gm)
    mine = create_record(CUSTOMER, {"name": "我的客户"}, by=viewer_of(company.li_na.pk))
    go_out()
    west.refresh_from_db()
    delete_record(CUSTOMER, west, by=gm)
    go_out()
    assert [event["data"]["id"] for event in receiver.told()] == [mine.pk]
    assert "西区机密" not in str(list(Delivery.objects.whole_table("test").values()))


def test_ACT_7_what_waits_is_not_told_once_the_owner_sees_it_no_more(company, receiver, may_subscribe):
    subscribe(company.li_na, receiver, "customers.customer.created")
    mine = create_record(CUSTOMER, {"name": "我的客户"}, by=viewer_of(company.li_na.pk))
    receiver.server.mood = "refuse"
    go_out()
    assign_record(CUSTOMER, mine, by=viewer_of(company.gm.pk), owner_id=company.zhao_lei.pk)
    receiver.server.mood = "well"
    again()
    row = Delivery.objects.whole_table("test").get(channel="webhook")
    assert row.status == Status.GIVEN_UP and not receiver.events


def test_ACT_7_fields_hidden_from_the_owner_stay_hidden(company, receiver, may_subscribe):
    subscribe(company.li_na, receiver)
    product = kinds.get("sales.product")
    hidden = product.hidden_from(viewer_of(company.li_na.pk))
    assert hidden
    create_record(product, {"name": "泵", "code": "P7", **dict.fromkeys(hidden, 77)}, by=the_system())
    go_out()
    (event,) = receiver.told()
    assert not hidden & event["data"]["record"].keys() and not hidden & set(event["data"]["changed"])


def test_ACT_7_only_what_was_subscribed_to_is_told_and_else_nothing_is_written(company, receiver):
    subscribe(company.gm, receiver, "sales.opportunity.*")
    CustomerFactory(owner=company.li_na)
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    assert not webhooks.wanted("customers.customer.created") and webhooks.wanted("sales.opportunity.moved")
    OpportunityFactory(owner=company.li_na), ContractFactory(owner=company.li_na)
    go_out()
    assert {event["data"]["kind"] for event in receiver.told()} == {"opportunities"}


def again():
    Delivery.objects.whole_table("test").update(due_at=dates.now())
    Line.objects.update(rests_until=None)
    go_out()


@pytest.mark.parametrize("mood", ["hang", "reset", "refuse"])
def test_ACT_7_an_endpoint_that_fails_gets_it_later_under_the_same_id(company, receiver, mood, monkeypatch):
    monkeypatch.setattr(webhooks.http, "TOTAL", 0.5)
    real = webhooks.http.request
    monkeypatch.setattr(webhooks.http, "request", lambda *args, **more: real(*args, **{**more, "total": 0.5}))
    subscribe(company.gm, receiver, "customers.customer.*")
    receiver.server.mood = mood
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    go_out()
    row = Delivery.objects.whole_table("test").get(channel="webhook")
    assert row.status == Status.FAILED and row.error and row.tries.get().error == row.error
    receiver.server.mood = "well"
    again()
    ids = {request["headers"]["webhook-id"] for request in receiver.server.requests}
    assert len(ids) == 1 and len(receiver.events) == 1


def test_ACT_7_a_redirect_inside_is_not_followed(company, receiver):
    subscribe(company.gm, receiver, "customers.customer.*")
    receiver.server.answer = lambda request: (302, {"Location": "http://10.0.0.1/"}, b"")
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    go_out()
    assert Delivery.objects.whole_table("test").get(channel="webhook").tries.get().status_code == 302
    assert len(receiver.server.requests) == 1


def test_ACT_7_a_name_that_leads_inside_at_the_next_attempt_is_given_up_untold(company, receiver, monkeypatch):
    hook = subscribe(company.gm, receiver, "customers.customer.*")
    there, real = ["127.0.0.1"], socket.getaddrinfo
    with acting(the_system(), "test"):
        hook.url = f"http://rebind.example:{receiver.server.port}/"
        hook.save()

    def names(host, port, *args, **more):
        if host != "rebind.example":
            return real(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (there[0], port))]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    receiver.server.mood = "refuse"
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    go_out()
    assert len(receiver.server.requests) == 1
    receiver.server.mood, there[0] = "well", "10.0.0.1"  # inside, and not what the tests may reach
    again()
    row = Delivery.objects.whole_table("test").get(channel="webhook")
    assert row.status == Status.GIVEN_UP and "内部地址" in row.error and len(receiver.server.requests) == 1


def test_ACT_7_many_events_behind_one_hanging_endpoint_cost_one_attempt(company, receiver):
    subscribe(company.gm, receiver, "customers.customer.*")
    receiver.server.mood = "refuse"
    for number in range(8):
        create_record(CUSTOMER, {"name": f"客户{number}"}, by=viewer_of(company.gm.pk))
    go_out()
    assert len(receiver.server.requests) == 1
    receiver.server.mood = "well"
    again()
    assert len(receiver.events) == 8


def test_ACT_7_long_failing_stops_it_and_tells_owner_and_administrators(company, receiver):
    hook = subscribe(company.gm, receiver, "customers.customer.*")
    receiver.server.mood = "refuse"
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    go_out()
    Line.objects.update(failures=20)
    again()
    assert viewer_sees(hook).is_active  # many failures, but not for long
    Line.objects.update(failing_since=dates.now() - timedelta(days=4))
    again()
    assert not viewer_sees(hook).is_active
    told = InboxItem.objects.filter(about="system")
    assert {item.person_id for item in told} == {company.gm.pk, company.admin.pk}
    again()
    assert Delivery.objects.whole_table("test").get(channel="webhook").status == Status.GIVEN_UP


def viewer_sees(hook):
    return Webhook.objects.visible_to(the_system()).get(pk=hook.pk)


def test_ACT_7_gone_for_good_stops_it(company, receiver):
    hook = subscribe(company.gm, receiver, "customers.customer.*")
    receiver.server.answer = lambda request: (410, {}, b"")
    create_record(CUSTOMER, {"name": "无锡远拓"}, by=viewer_of(company.gm.pk))
    go_out()
    assert not viewer_sees(hook).is_active and "410" in viewer_sees(hook).stopped_because


def test_ACT_7_one_or_a_span_is_replayed_under_the_same_ids(company, receiver, sign_in):
    hook = subscribe(company.gm, receiver, "customers.customer.*")
    for number in range(3):
        create_record(CUSTOMER, {"name": f"客户{number}"}, by=viewer_of(company.gm.pk))
    go_out()
    Delivery.objects.whole_table("test").filter(
        channel="webhook", pk=Delivery.objects.whole_table("test").filter(channel="webhook").first().pk
    ).update(status=Status.GIVEN_UP)
    page = sign_in(company.gm)
    span = {"since": "2020-01-01T00:00", "until": "2099-01-01T00:00"}
    assert page.post(f"/settings/webhooks/{hook.pk}/replay/", span).status_code == 302
    go_out()
    assert receiver.repeats == 1
    page.post(f"/settings/webhooks/{hook.pk}/replay/", {**span, "everything": "on"})
    go_out()
    assert receiver.repeats == 4 and len(receiver.events) == 3
    row = Delivery.objects.whole_table("test").filter(channel="webhook").first()
    assert page.post(f"/settings/deliveries/{row.pk}/resend/").status_code == 302
    go_out()
    assert receiver.repeats == 5
    assert page.post(f"/settings/webhooks/{hook.pk}/replay/", {"since": "x"}).status_code == 422


def test_ACT_7_pages_show_the_secret_once_and_the_log(company, receiver, sign_in):
    page = sign_in(company.gm)
    form = {"name": "erp", "url": receiver.server.url, "events": ["customers.customer.*"], "is_active": "on"}
    answer = page.post("/settings/webhooks/new/", form)
    hook = Webhook.objects.visible_to(the_system()).get()
    secret = webhooks.unsealed(hook.secret)
    assert secret in answer.content.decode() and answer["Cache-Control"] == "no-store"
    receiver.secret = secret
    page.post(f"/settings/webhooks/{hook.pk}/test/")
    go_out()
    assert receiver.told()[0]["type"] == "ping"
    for url in ("/settings/webhooks/", f"/settings/webhooks/{hook.pk}/", f"/settings/webhooks/{hook.pk}/edit/",
                f"/settings/deliveries/{Delivery.objects.whole_table('test').get(channel='webhook').pk}/", "/settings/history/"):  # fmt: skip
        said = page.get(url).content.decode()
        assert secret not in said and "erp" in said or "ping" in said, url
    assert secret not in str(list(AuditEntry.objects.values())) and secret not in hook.secret
    fresh = page.post(f"/settings/webhooks/{hook.pk}/secret/").content.decode()
    assert secret not in fresh and webhooks.unsealed(viewer_sees(hook).secret) in fresh
    assert page.post("/settings/webhooks/new/", {**form, "url": "http://10.0.0.1/"}).status_code == 422
    assert page.post(f"/settings/webhooks/{hook.pk}/delete/").status_code == 302


def test_ACT_7_the_api_manages_subscriptions(company, receiver, client, may_subscribe):
    headers = {"authorization": f"Bearer {ApiToken.make(company.li_na.pk)}"}

    def ask(method, url, body=None):
        return getattr(client, method)(
            f"/api/v1/webhooks{url}", body and json.dumps(body), content_type="application/json", headers=headers
        )

    made = ask("post", "", {"name": "erp", "url": receiver.server.url, "events": ["customers.customer.*"]})
    assert made.status_code == 201, made.content
    receiver.secret, pk = made.json()["secret"], made.json()["id"]
    assert "secret" not in ask("get", f"/{pk}").json() and ask("get", "").json()["count"] == 1
    assert ask("post", "", {"name": "x", "url": receiver.server.url, "events": ["no.such.event"]}).status_code == 422
    assert ask("post", "", {"name": "x", "url": "http://127.0.0.1:1/", "events": []}).status_code == 422
    create_record(CUSTOMER, {"name": "我的客户"}, by=viewer_of(company.li_na.pk))
    go_out()
    log = ask("get", f"/{pk}/deliveries").json()["items"]
    assert [row["status"] for row in log] == ["sent"] and log[0]["payload"]["data"]["record"]["name"] == "我的客户"
    assert ask("post", f"/{pk}/deliveries/{log[0]['id']}/replay").json()["status"] == "waiting"
    go_out()
    span = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "everything": True}
    assert ask("post", f"/{pk}/replay", span).json() == {"sent": 1}
    go_out()
    assert receiver.repeats == 2
    assert ask("patch", f"/{pk}", {"is_active": False}).json()["is_active"] is False
    assert ask("post", f"/{pk}/secret").json()["secret"] != receiver.secret
    other = {"authorization": f"Bearer {ApiToken.make(company.wang_wei.pk)}"}
    assert client.get(f"/api/v1/webhooks/{pk}", headers=other).status_code == 404
    reader = {"authorization": f"Bearer {ApiToken.make(company.reader.pk)}"}
    assert client.get(f"/api/v1/webhooks/{pk}", headers=reader).status_code == 403
    assert ask("delete", f"/{pk}").status_code == 204 and ask("get", f"/{pk}").status_code == 404


def test_the_shipped_roles_leave_webhooks_to_administrators(company):
    assert {"channels.webhook.change", "channels.robot.change"} <= set(VERBS)
    for who, may in (("admin", True), ("gm", True), ("manager_east", False), ("li_na", False), ("finance", False)):
        assert viewer_of(company.people[who].pk).can("channels.webhook.change") == may
