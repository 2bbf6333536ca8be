"""A rule sends e-mail: once for each cause, through a real mail server, never in a circle (ACT-6, ACT-8)."""

import email
import email.policy
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.mail_servers import Outgoing, smtp_server
from zhike.automation import engine
from zhike.automation.models import AutomationLetter, AutomationRun
from zhike.automation.tests.factories import AutomationRuleFactory
from zhike.automation.tests.test_automation import runs, work_off
from zhike.channels import sending
from zhike.channels.models import Delivery
from zhike.customers.kinds import CUSTOMER
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit.actions import acting
from zhike.kit.viewer import viewer_of
from zhike.mail.actions import save_rules
from zhike.mail.models import Letter, LetterTemplate
from zhike.mail.tasks import send_letter
from zhike.mail.tests.factories import LetterFactory, account_of
from zhike.org.viewers import the_system
from zhike.records.actions import change_record
from zhike.records.events import emit
from zhike.records.models import OutboxEvent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def outgoing():
    save_rules(by=the_system(), inside_hosts="127.0.0.1")
    kept = Outgoing()
    with smtp_server(kept) as kept.port:
        yield kept


@pytest.fixture
def template():
    return LetterTemplate.objects.create(
        name="感谢", subject="感谢{customer.name}", text="{contact.name}您好，\n谢谢贵公司的信任。\n{me.name}"
    )


@pytest.fixture
def customer(company):
    customer = CustomerFactory(owner=company.li_na, name="兰芷精密", city="南京")
    ContactFactory(customer=customer, name="无地址", is_primary=True)
    ContactFactory(customer=customer, name="王工", email="wang@lanzhi.cn")
    return customer


def rule_of(template, who="contact", **values):
    values = {"trigger": "customers.customer.changed", "field": "city", **values}
    return AutomationRuleFactory(steps=[{"do": "mail", "with": {"who": who, "template": str(template.pk)}}], **values)


def letters():
    return list(Letter.objects.whole_table("test").filter(direction="out").order_by("id"))


def move(customer, city, person):
    change_record(CUSTOMER, customer, {"city": city}, by=viewer_of(person.pk))


def send_all():
    """The ten seconds are over, and the worker sends."""
    with acting(the_system(), "test"):
        Letter.objects.whole_table("test").filter(status="waiting").update(send_at=NOW)
    for letter in letters():
        send_letter.func(letter.pk)


def test_ACT_8_a_rule_writes_to_the_contact_in_the_owners_name_once(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template)
    move(customer, "苏州", company.li_na)
    event = OutboxEvent.objects.get(name="customers.customer.changed")
    engine.hear(event)
    engine.hear(event)  # delivered twice, as after a kill
    send_all()
    send_all()
    (message,) = (email.message_from_bytes(raw, policy=email.policy.default) for _f, _t, raw in outgoing.got)
    assert (message["To"], message["Subject"]) == ("王工 <wang@lanzhi.cn>", "感谢兰芷精密")
    assert "王工您好" in message.get_content() and "李娜" in message.get_content()
    (letter,) = letters()
    assert (letter.customer_id, letter.holder_id, letter.status) == (customer.pk, company.li_na.pk, "sent")
    (run,) = runs(rule)
    assert run.status == "done" and "王工 <wang@lanzhi.cn>: 感谢兰芷精密" in run.said[0]


def test_ACT_8_without_a_mailbox_of_its_own_the_companys_is_used_and_none_is_told(
    company, customer, template, outgoing
):
    rule = rule_of(template)
    move(customer, "苏州", company.li_na)
    work_off()
    assert runs(rule)[0].status == "failed" and not letters()
    account_of(None, smtp=outgoing.port, address="info@chenghu.cn", display_name="")
    move(customer, "无锡", company.li_na)
    work_off()
    send_all()
    assert [sender for sender, _to, _raw in outgoing.got] == ["info@chenghu.cn"]
    assert runs(rule)[1].status == "done"


def test_ACT_6_letters_of_a_failed_run_are_not_sent(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template)
    rule.steps = [*rule.steps, {"do": "set", "with": {"field": "uscc", "value": "91350100M000100Y44"}}]
    rule.save()
    move(customer, "苏州", company.li_na)
    work_off()
    send_all()
    assert runs(rule)[0].status == "failed" and not letters() and not outgoing.got


def test_ACT_6_a_rule_that_hears_of_its_own_letter_is_stopped(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    first = rule_of(template)
    circle = rule_of(template, kind="mail.letter", trigger="mail.letter.sent", field="")
    move(customer, "苏州", company.li_na)
    for _n in range(4):
        work_off()
        send_all()
    assert [run.status for run in runs(first)] == ["done"]
    assert [run.status for run in runs(circle)] == ["done", "stopped"]
    assert len(outgoing.got) == 2


def received(letter, **values):
    """An answer to a letter arrives."""
    answer = LetterFactory(customer=letter.customer, in_reply_to=letter.message_id, **values)
    with acting(the_system(), "test"):
        emit("mail.letter.received", answer, by=the_system())
    return answer


def test_ACT_6_machines_that_answer_each_other_are_stopped(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template, kind="mail.letter", trigger="mail.letter.received", field="")
    received(LetterFactory(customer=customer, direction="out"), answer_due=True)  # a person asks
    work_off()
    (ours,) = [letter for letter in letters() if AutomationLetter.objects.filter(letter=letter).exists()]
    received(ours, answer_due=False)  # "I am away"
    work_off()
    assert [run.status for run in runs(rule)] == ["done", "stopped"]
    received(ours, answer_due=True)  # a person again
    work_off()
    assert [run.status for run in runs(rule)] == ["done", "stopped", "done"]


def test_ACT_8_a_letter_of_a_machine_is_not_answered_by_a_rule(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template, kind="mail.letter", trigger="mail.letter.received", field="")
    asked = LetterFactory(customer=customer, direction="out")
    received(asked, is_automatic=True)
    work_off()
    assert [run.status for run in runs(rule)] == ["done"] and "不予自动回复" in runs(rule)[0].said[0]
    assert len(letters()) == 1  # the one that was asked with
    received(asked)
    work_off()
    assert [letter.is_automatic for letter in letters()] == [False, True]


def test_ACT_6_a_rule_writes_to_the_same_address_three_times_a_day_at_most(company, customer, template, outgoing):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template)
    for city in ("苏州", "无锡", "常州", "南通"):
        move(customer, city, company.li_na)
        work_off()
    assert [run.status for run in runs(rule)] == ["done", "done", "done", "failed"]
    assert len(letters()) == 3 and "wang@lanzhi.cn" in runs(rule)[3].said[0]


@time_machine.travel(NOW, tick=False)
def test_ACT_7_a_rule_writes_to_the_owner_at_once_and_once(company, customer, template, mailoutbox):
    rule = rule_of(template, who="owner")
    move(customer, "苏州", company.li_na)
    event = OutboxEvent.objects.get(name="customers.customer.changed")
    engine.hear(event)
    engine.hear(event)
    for pk in Delivery.objects.whole_table("test").values_list("pk", flat=True):
        sending.send(pk)
        sending.send(pk)
    (letter,) = mailoutbox
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"
    assert letter.to == ["li_na@example.com"] and letter.subject == "感谢兰芷精密"
    assert "谢谢贵公司的信任" in letter.body and "谢谢贵公司的信任" in letter.alternatives[0][0]
    assert runs(rule)[0].said == ["电子邮件已发给李娜：感谢兰芷精密"]


def test_ACT_8_a_rehearsal_sends_nothing(company, customer, template, outgoing, sign_in):
    account_of(company.li_na, smtp=outgoing.port)
    rule = rule_of(template)
    page = sign_in(company.admin).post(f"/settings/automation/{rule.pk}/try/", {"record": customer.pk})
    assert "wang@lanzhi.cn" in page.content.decode()
    send_all()
    assert not letters() and not outgoing.got and not AutomationRun.objects.exists()


def test_ACT_8_the_step_is_set_up_by_clicks_with_the_companys_templates_only(company, template, sign_in):
    own = LetterTemplate.objects.create(name="李娜自己的", text="x", person=company.li_na)
    rule = AutomationRuleFactory(steps=[])
    client, url = sign_in(company.admin), rule.get_absolute_url()
    page = client.get(f"{url}steps/mail/").content.decode()
    assert "感谢" in page and own.name not in page
    assert client.post(f"{url}steps/mail/", {"who": "contact", "template": own.pk}).status_code == 422
    assert client.post(f"{url}steps/mail/", {"who": "contact", "template": template.pk}).status_code == 302
    assert "联系人 · 感谢" in client.get(url).content.decode()
    template.delete()
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("text, place", [("您好 {contact.name", "第 4 个字符"), ("{contact.password}", "第 1 个字符"),
                                         ("好 {}", "第 3 个字符"), ("{客户}", "第 1 个字符")])  # fmt: skip
def test_ACT_8_a_bad_template_is_refused_with_the_place(company, sign_in, text, place):
    client = sign_in(company.admin)
    page = client.post("/settings/mail/templates/new/", {"name": "坏", "subject": "x", "text": text})
    assert page.status_code == 422 and place in page.content.decode()
    assert not LetterTemplate.objects.exists()


def test_ACT_8_a_broken_template_harms_only_its_own_rule_and_is_marked(company, customer, template, outgoing, sign_in):
    account_of(company.li_na, smtp=outgoing.port)
    broken = LetterTemplate.objects.create(name="坏模板", subject="x", text="您好 {contact.name")
    bad, good = rule_of(broken), rule_of(template)
    move(customer, "苏州", company.li_na)
    work_off()
    send_all()
    assert [run.status for run in (*runs(bad), *runs(good))] == ["failed", "done"]
    assert "坏模板" in runs(bad)[0].said[0] and "第 4 个字符" in runs(bad)[0].said[0]
    assert len(outgoing.got) == 1
    page = sign_in(company.admin).get("/settings/mail/").content.decode()
    assert "有误" in page and "第 4 个字符" in page
