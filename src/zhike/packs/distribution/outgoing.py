"""What goes out of the demo company: a robot, a webhook and a log of deliveries in every state. None of it is in use."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from zhike.channels import webhooks
from zhike.channels.models import Attempt, Delivery, Line, Preference, Robot, Webhook
from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.sealed import seal
from zhike.packs.distribution import automating
from zhike.packs.distribution.people import People
from zhike.records import messages
from zhike.records.models import InboxItem

Row = tuple[datetime, str, tuple, dict[str, Any]]  # when, what, its fate, more

Status = Delivery.Status
WHY = "a demo goes into an empty installation"
# What became of the messages, newest first: state, attempts, what the other side said.
FATES = [
    (Status.SENT, 1, "", None), (Status.SENT, 1, "", None), (Status.HELD, 0, "", None),
    (Status.SENT, 2, "", None), (Status.GIVEN_UP, 1, "550 5.1.1 收件人不存在", 550), (Status.SENT, 1, "", None),
]  # fmt: skip
# And of some more, so that every state is seen.
LATER = [(Status.FAILED, 3, "451 4.7.1 稍后再试", 451), (Status.SKIPPED, 0, "", None), (Status.WAITING, 0, "", None)]


def send_out(people: People) -> None:
    """Fill the pages of deliveries, robots, webhooks and wishes."""
    Delivery.objects.whole_table(WHY).filter(channel="email").update(
        status=Status.SENT, sent_at=dates.now()
    )  # nobody of the demo is real
    boss, now = next(iter(people.all.values())), dates.now()
    robot = Robot(
        name="东区销售群", kind="wecom", abouts=["approvals", "reminders", "handed"], is_active=False,
        address=seal("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=demo-0000-not-a-real-key"),
    )  # fmt: skip
    robot.save()
    hook = Webhook(
        name="ERP 同步", owner=boss,
        url="https://erp.example.com/hooks/zhike", secret=seal("whsec_ZGVtbw=="), is_active=False,
        events=["customers.customer.*", "contracts.contract.signed"],
    )  # fmt: skip
    hook.save()
    for at, title, fate, more in sorted(_log(boss, robot, hook, now), key=lambda row: row[0]):  # as it would have grown
        write(title, fate, at, **more)
    Line.objects.get_or_create(key=hook.line)
    Preference.objects.create(
        person=boss, ways={"tasks": "now", "jobs": "daily"},
        quiet_from=time(21), quiet_until=time(8), quiet_days_off=True,
    )  # fmt: skip


def _log(boss: Any, robot: Robot, hook: Webhook, now: datetime) -> Iterator[Row]:
    def told(title: str, fate: tuple, at: datetime, **more: Any) -> Row:
        return at, title, fate, more

    items = list(InboxItem.objects.order_by("-id").select_related("person")[: len(FATES)])
    for number, (item, fate) in enumerate(zip(items, FATES, strict=False)):
        yield told(item.text, fate, now - timedelta(hours=2 * number), key=f"demo:{number}", channel="email",
              person_id=item.person_id, about=messages.about(item.about).key, line="email")  # fmt: skip
    said = items[0].text if items else "东区销售群"
    yield told(said, (Status.UNCLEAR, 1, "对方没有在规定时间内应答。", None), now, key="demo:robot", channel="robot",
          robot=robot, line=robot.line)  # fmt: skip

    def called(name: str, data: dict[str, Any], fate: tuple, at: datetime, key: str) -> Row:
        payload = {"type": name, "version": webhooks.VERSION, "data": data}
        return told(webhooks.title_of(name, data), fate, at, key=key, channel="webhook", webhook=hook, line=hook.line,
                    content={"payload": payload})  # fmt: skip

    customers = Customer.objects.whole_table(WHY).order_by("pk")[:2]
    fates = [(Status.SENT, 1, "", 204), (Status.GIVEN_UP, 11, "HTTP 500", 500)]
    for number, (customer, fate) in enumerate(zip(customers, fates, strict=False)):
        data = {"kind": "customers", "id": customer.pk, "record": {"name": customer.name}, "changed": ["city"]}
        yield called("customers.customer.changed", data, fate, now - timedelta(days=number), f"demo:hook:{number}")
    for number, (contract, key) in enumerate(automating.tell_erp(hook)):
        data = {"kind": "contracts", "id": contract.pk, "record": {"name": contract.name}, "rule": automating.TO_ERP}
        fate = (Status.UNCLEAR, 1, "Connection reset by peer", None) if number == 0 else (Status.SENT, 1, "", 204)
        yield called("automation.rule.acted", data, fate, now - timedelta(days=3 + number), key)
    for number, (item, fate) in enumerate(zip(reversed(items), LATER, strict=False)):
        yield told(item.text, fate, now - timedelta(hours=1 + number), key=f"demo:later:{number}", channel="email",
              person_id=boss.pk, about="reminders", line="email")  # fmt: skip


def write(title: str, fate: tuple, at: datetime, **more: Any) -> None:
    """A delivery with its last attempt, at a time gone by; what is still to go does so later than anybody looks."""
    status, attempts, error, code = fate
    row = Delivery.objects.create(
        title=title, status=status, attempts=attempts, error=error, letter=f"demo{more['key'][-6:]}",
        due_at=dates.now() + timedelta(hours=5) if status in Delivery.OPEN else at,
        sent_at=at + timedelta(seconds=2) if status == Status.SENT else None, **more,
    )  # fmt: skip
    Delivery.objects.whole_table(WHY).filter(pk=row.pk).update(created_at=at, changed_at=at)
    if attempts:
        tried = Attempt.objects.create(delivery=row, milliseconds=180, status_code=code, error=error, request=title)
        Attempt.objects.filter(pk=tried.pk).update(at=at)
