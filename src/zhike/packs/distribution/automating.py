"""What the demo company lets the system do by itself: rules with their logs. None that would send anything is in use."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from zhike.automation import engine
from zhike.automation.models import AutomationRule, AutomationRun
from zhike.channels.models import Webhook
from zhike.contracts.models import Contract
from zhike.kit import dates
from zhike.mail.models import Letter, LetterTemplate
from zhike.org.viewers import the_system
from zhike.sales.models import Opportunity

Status = AutomationRun.Status
TO_ERP = "合同签订后同步到 ERP"
CALLED = 6  # deals won that the rule in use has met


def automate(today: date) -> None:
    """A rule that was carried out on the deals won lately, and one that writes to contacts. Inside an action."""
    _call_after_winning(today)
    _thank_for_trust()


def _call_after_winning(today: date) -> None:
    """In use: its runs are true ones, whose tasks lie with their owners."""
    rule = _rule(
        "大单赢单后由负责人上门致谢", "sales.opportunity", "sales.opportunity.moved",
        [{"do": "task", "with": {"title": "上门致谢：{record}", "kind": "visit", "who": "owner", "days": 5,
                                 "priority": "high"}},
         {"do": "tag", "with": {"name": "大单"}}],
        filter=[["status", "in", ["won"]], ["amount", "gte", ["200000"]]], is_active=True,
    )  # fmt: skip
    deals = Opportunity.objects.visible_to(the_system()).filter(owner__is_active=True)
    found = engine.matching(rule).filter(pk__in=deals.values("pk")).order_by("-closed_on", "-pk")[:CALLED]
    for number, deal in enumerate(reversed(list(found))):
        run = engine.meet(rule, deal, f"demo:{number}")
        _happened(run, min(deal.closed_on or today, today))


def _thank_for_trust() -> None:
    """Not in use, for nobody of the demo has a mailbox; its log tells of quotes that went to their contacts."""
    template = LetterTemplate.objects.create(
        name="报价发送", subject="{company.name} 报价 {quote.number}",
        text="{contact.name}您好：\n\n附件是我们为 {opportunity.name} 准备的报价，请查收。\n\n{me.name}\n{me.mobile}",
    )  # fmt: skip
    rule = _rule(
        "报价审批通过后发给客户联系人", "sales.quote", "sales.quote.approved",
        [{"do": "mail", "with": {"who": "contact", "template": str(template.pk)}}],
    )  # fmt: skip
    letters = Letter.objects.visible_to(the_system()).filter(direction="out", quote__isnull=False)
    latest = {letter.quote_id: letter for letter in letters.select_related("quote").order_by("at", "pk")}
    for letter in list(latest.values())[-4:]:
        name, address = letter.to[0]
        _ran(rule, letter.quote, Status.DONE, [f"已发邮件给 {name} <{address}>: {letter.subject}"], letter.at)
    unwritten = engine.matching(rule).exclude(pk__in=letters.values("quote")).order_by("-pk").first()
    if unwritten is not None:
        _ran(rule, unwritten, Status.FAILED, ["第 1 步：相关联系人没有邮箱地址。"], dates.now())


def tell_erp(hook: Webhook) -> Iterable[tuple[Contract, str]]:
    """A rule that told the ERP of contracts until the subscription was put out of use. Gives what it was told of."""
    rule = _rule(
        TO_ERP, "contracts.contract", "contracts.contract.signed",
        [{"do": "webhook", "with": {"webhook": str(hook.pk)}}],
    )  # fmt: skip
    signed = Contract.objects.visible_to(the_system()).filter(signed_on__isnull=False).order_by("-signed_on", "-pk")[:4]
    *earlier, latest = reversed(list(signed))
    for contract in earlier:
        _ran(rule, contract, Status.DONE, [f"已发送到 {hook.name}"], _morning(contract.signed_on))
        yield contract, f"automation:{rule.pk}:{contract.pk}"
    run = engine.meet(rule, latest, "demo:latest")  # truly tried: the subscription is not in use
    _happened(run, latest.signed_on)


def _rule(name: str, kind: str, trigger: str, steps: list[dict[str, Any]], **more: Any) -> AutomationRule:
    rule = AutomationRule(name=name, kind=kind, trigger=trigger, steps=steps, order=5, **more)
    rule.save()
    return rule


def _ran(rule: AutomationRule, record: Any, status: str, said: list[str], at: datetime) -> None:
    run = AutomationRun.objects.create(
        rule=rule, kind=rule.kind, object_id=record.pk, title=str(record)[:200], cause=f"demo:{record.pk}",
        status=status, said=said,
    )  # fmt: skip
    AutomationRun.objects.filter(pk=run.pk).update(happened_at=at)


def _happened(run: AutomationRun | None, day: date) -> None:
    if run is not None:
        AutomationRun.objects.filter(pk=run.pk).update(happened_at=_morning(day))


def _morning(day: date) -> datetime:
    return min(datetime.combine(day, time(9, 41), timezone.get_default_timezone()), dates.now() - timedelta(hours=1))
