"""Group robots speak each product's protocol; the fakes are checked, too (ACT-7)."""

import json
import time

import pytest
from django.utils import translation

from zhike.channels import robots, sending
from zhike.channels.models import Delivery, Line, Robot, unsealed
from zhike.channels.tests.robots import FAKES, KEY, SECRET, FakeDingTalk, FakeFeishu, FakeWeCom, signature
from zhike.kit import dates
from zhike.kit.sealed import seal
from zhike.kit.viewer import viewer_of
from zhike.records.actions import notify
from zhike.records.models import AuditEntry

Status = Delivery.Status


@pytest.fixture(params=sorted(FAKES))
def fake(request, outside, settings):
    """One of the three products, outside; `fake.kind` and `fake.address`."""
    made = FAKES[request.param]()
    outside.answer, made.server = made, outside
    made.kind, made.address = request.param, outside.url.rstrip("/") + made.path
    settings.PUBLIC_URL = "https://crm.example.cn"
    return made


def form_of(kind, address, **more):
    return {"name": "东区群", "kind": kind, "address": address, "secret": SECRET, "abouts": ["approvals", "tasks"],
            "department": "", "is_active": "on", **more}  # fmt: skip


def set_up(company, sign_in, fake, **more):
    page = sign_in(company.admin).post("/settings/robots/new/", form_of(fake.kind, fake.address, **more))
    assert page.status_code == 302, page.content.decode()
    return Robot.objects.get()


def sent():
    """Send what is due; the latest delivery."""
    for pk in list(Delivery.objects.whole_table("test").values_list("pk", flat=True)):
        sending.send(pk)
    return Delivery.objects.whole_table("test").filter(channel="robot").order_by("-pk").first()


def test_the_fakes_check_what_the_products_check():
    now = str(int(time.time()))
    ask = lambda fake, path, body: json.loads(fake({"path": path, "body": json.dumps(body).encode()})[2])  # noqa: E731
    wecom = FakeWeCom()
    assert ask(wecom, "/cgi-bin/webhook/send?key=x", {})["errcode"] == 93000
    long = {"msgtype": "markdown", "markdown": {"content": "长" * 1400}}
    assert ask(wecom, FakeWeCom.path, long)["errcode"] == 40058
    dingtalk, text = FakeDingTalk(), {"msgtype": "markdown", "markdown": {"title": "a", "text": "b"}}
    old = str(int(time.time() * 1000) - 4_000_000)
    sign = signature(SECRET, f"{old}\n{SECRET}")
    assert ask(dingtalk, f"{FakeDingTalk.path}&timestamp={old}&sign={sign}", text)["errmsg"] == "invalid timestamp"
    assert ask(dingtalk, f"{FakeDingTalk.path}&timestamp={now}000&sign=x", text)["errmsg"] == "sign not match"
    feishu = FakeFeishu()
    assert ask(feishu, FakeFeishu.path, {"timestamp": now, "sign": "x"})["code"] == 19021
    assert ask(feishu, "/open-apis/bot/v2/hook/x", {})["code"] == 19001


def test_the_signatures_are_the_published_ones():
    # Worked by hand from the products' own descriptions: DingTalk signs with the secret, Feishu with the whole text.
    assert robots._signature("this is secret", "1577262236757\nthis is secret") == signature(
        "this is secret", "1577262236757\nthis is secret"
    )
    assert robots._signature("100\ndemo", "") == signature("100\ndemo", "")


def test_ACT_7_a_test_arrives_in_the_group(company, sign_in, fake):
    robot = set_up(company, sign_in, fake)
    page = sign_in(company.admin).post(f"/settings/robots/{robot.pk}/test/")
    delivery = sent()
    assert page.status_code == 302 and f"/settings/deliveries/{delivery.pk}/" in page["Location"]
    assert delivery.status == Status.SENT, delivery.error
    assert "管理员" in fake.posts[0]


def test_ACT_7_messages_to_people_of_the_department_are_posted_once(company, sign_in, fake):
    set_up(company, sign_in, fake, department=company.departments["east"].pk)
    for _again in range(2):
        notify(company.li_na.pk, "请审批 <报价> [点我](http://x)", url="/approvals/1/", about="approvals")
    notify(company.zhao_lei.pk, "西区的事", about="approvals")
    notify(company.li_na.pk, "导入完成", about="jobs")
    delivery = sent()
    assert delivery.status == Status.SENT and len(fake.posts) == 1
    assert "李娜: 请审批" in fake.posts[0] and (
        "https://crm.example.cn/approvals/1/" in str(fake.server.requests[-1]["body"])
    )
    if fake.kind != "feishu":  # markdown hides no link and calls nobody
        assert "](http://x)" not in fake.posts[0] and "<报价>" not in fake.posts[0]


def test_ACT_7_a_wrong_key_or_secret_is_not_tried_again(company, sign_in, fake):
    robot = set_up(company, sign_in, fake)
    wrong = fake.address.replace(KEY, "wrong-key-wrong")
    sign_in(company.admin).post(f"/settings/robots/{robot.pk}/", form_of(fake.kind, wrong, secret=""))
    sign_in(company.admin).post(f"/settings/robots/{robot.pk}/test/")
    delivery = sent()
    assert delivery.status == Status.GIVEN_UP and delivery.error.split()[0] in ("93000", "300005", "19001")
    if fake.kind == "wecom":
        return
    sign_in(company.admin).post(f"/settings/robots/{robot.pk}/", form_of(fake.kind, fake.address, secret="other"))
    sign_in(company.admin).post(f"/settings/robots/{robot.pk}/test/")
    assert sent().error.split()[0] in ("310000", "19021")


def test_ACT_7_too_fast_is_tried_again_later(company, sign_in, fake):
    fake.most = 0
    set_up(company, sign_in, fake)
    notify(company.li_na.pk, "请审批", about="approvals")
    delivery = sent()
    assert delivery.status == Status.FAILED and (delivery.due_at - dates.now()).total_seconds() > 50
    assert (Line.objects.get(key__startswith="robot").rests_until - dates.now()).total_seconds() > 50


@pytest.mark.parametrize(("mood", "state"), [("reset", Status.UNCLEAR), ("refuse", Status.FAILED)])
def test_ACT_7_what_may_have_arrived_is_not_posted_again(company, sign_in, fake, mood, state):
    set_up(company, sign_in, fake)
    fake.server.mood = mood
    notify(company.li_na.pk, "请审批", about="approvals")
    assert sent().status == state
    fake.server.mood = "well"
    Delivery.objects.whole_table("test").update(due_at=dates.now())
    Line.objects.update(rests_until=None)
    sent()
    assert len(fake.server.requests) == (1 if mood == "reset" else 2)


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_long_texts_are_cut_to_what_the_product_takes(company, kind):
    robot = Robot(kind=kind, address=seal(f"https://x.example{FAKES[kind].path}"), secret=seal(SECRET))
    _address, body = robots.PROTOCOLS[kind].build(
        robot, robots.Post("知客", "很长的话" * 5000, "https://crm.example.cn/" + "x" * 100)
    )
    text = body["markdown"].get("content") or body["markdown"]["text"] if "markdown" in body else str(body)
    assert len(text.encode()) <= robots.PROTOCOLS[kind].largest


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_many_records_with_long_addresses_are_named_as_far_as_they_fit(company, kind):
    robot = Robot(kind=kind, address=seal(f"https://x.example{FAKES[kind].path}"), secret=seal(SECRET))
    items = tuple((f"[客户{n}](http://x) {'长' * 300}", "https://crm.example.cn/" + "x" * 700) for n in range(10))
    post = robots.Post("知客", "规则：30 条记录", "https://crm.example.cn/customers/", items, 30)
    _address, body = robots.PROTOCOLS[kind].build(robot, post)
    text = json.dumps(body, ensure_ascii=False)
    assert len(text.encode()) <= robots.PROTOCOLS[kind].largest and "https://crm.example.cn/customers/" in text
    named = text.count("客户")
    assert 3 <= named <= 10 and "[客户" not in text and f"还有 {30 - named} 条" in text


def test_ACT_7_keys_and_secrets_are_sealed_never_shown_and_not_in_the_history(company, sign_in, fake):
    robot = set_up(company, sign_in, fake)
    assert unsealed(robot.address) == fake.address and unsealed(robot.secret) == SECRET
    assert KEY not in robot.address and SECRET not in robot.secret
    admin = sign_in(company.admin)
    admin.post(f"/settings/robots/{robot.pk}/test/")
    sent()
    pages = ["/settings/robots/", f"/settings/robots/{robot.pk}/", "/settings/history/",
             f"/settings/deliveries/{Delivery.objects.whole_table('test').get(channel='robot').pk}/"]  # fmt: skip
    for page in pages:
        said = admin.get(page).content.decode()
        assert KEY not in said and SECRET not in said, page
    assert KEY not in str(list(AuditEntry.objects.values()))
    admin.post(f"/settings/robots/{robot.pk}/", form_of(fake.kind, "", secret="", name="改名"))
    robot.refresh_from_db()
    assert unsealed(robot.address) == fake.address and unsealed(robot.secret) == SECRET and robot.name == "改名"


@pytest.mark.parametrize(
    "address", ["", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "http://10.0.0.1/x?key=abc"]
)
def test_an_address_that_cannot_be_is_refused_at_its_field(company, sign_in, address):
    page = sign_in(company.admin).post("/settings/robots/new/", form_of("wecom", address))
    assert page.status_code == 422 and not Robot.objects.exists()


def test_only_those_with_the_right_set_up_robots(company, sign_in, outside):
    for who in (company.li_na, company.manager_east, company.reader):
        assert sign_in(who).get("/settings/robots/").status_code == 403
        assert sign_in(who).post("/settings/robots/new/", {}).status_code == 403
    robot = Robot.objects.create(name="群", kind="wecom")
    assert sign_in(company.li_na).post(f"/settings/robots/{robot.pk}/delete/").status_code == 403
    assert sign_in(company.admin).post(f"/settings/robots/{robot.pk}/delete/").status_code == 302
    assert sign_in(company.admin).post(f"/settings/robots/{robot.pk}/delete/").status_code == 404
    assert viewer_of(company.gm.pk).can("channels.robot.change")
    with translation.override("zh-hans"):
        assert "群机器人" in sign_in(company.admin).get("/settings/robots/").content.decode()
