"""What a rule can do. Each step has a form made for the kind of record, says itself in words, and is an action's words.

    steps.add(Step("tag", _("Stick a tag on"), "tag", form=TagForm, words=…, carry_out=…))

`carry_out(occasion, **values)` runs inside the rule's transaction, gives what it did in words, raises Refused.
`offered(kind)` says for which kinds the step makes sense. Rooms above add theirs in `apps.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from inspect import signature
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.activities.kinds import TASK
from zhike.activities.models import Task
from zhike.activities.reminding import recipients
from zhike.automation import letters, step_forms
from zhike.automation.models import AutomationRule
from zhike.automation.texts import fill_in
from zhike.channels import webhooks
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.kit.workdays import next_workday
from zhike.org import approvals
from zhike.org.viewers import the_system
from zhike.records.actions import assign_record, change_record, create_record, notify, tag_record
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups, person_names

CALLED = "automation.rule.acted"  # the type of what webhooks are called with


@dataclass(frozen=True)
class Occasion:
    """A record a rule has met, and who acts."""

    kind: RecordKind
    record: Any
    rule: AutomationRule
    by: Viewer
    cause: str = ""

    @property
    def owner(self) -> Viewer:
        """The person responsible for the record, as a viewer. Raises Refused where there is none, or they have left."""
        if self.owner_id is None:
            raise Refused(_("Nobody is responsible for it."))
        try:
            return viewer_of(self.owner_id)
        except LookupError as gone:
            raise Refused(_("Whoever is responsible for it has left.")) from gone

    @property
    def owner_id(self) -> int | None:
        """The person responsible for the record."""
        return getattr(self.record, f"{self.kind.owner}_id", None) if self.kind.owner else None

    def people(self, words: list[str]) -> list[int]:
        """The people meant by "owner", "supervisor", "role:finance", "person:7" who may see the record (ORG-3)."""
        found = sorted(recipients(words, self.owner_id))
        return [pk for pk in found if self.kind.rows(viewer_of(pk)).filter(pk=self.record.pk).exists()]


@dataclass(frozen=True)
class Step:
    """One thing a rule can do."""

    key: str
    label: str | Promise
    icon: str
    form: type[step_forms.StepForm]
    carry_out: Callable[..., str]
    words: Callable[[RecordKind, dict[str, Any]], str]
    offered: Callable[[RecordKind], bool] = lambda kind: True

    def check(self, values: dict[str, Any]) -> None:
        """Raises Refused for values this step does not take: they were kept by another version of the product."""
        try:
            signature(self.carry_out).bind(None, **values)
        except TypeError as wrong:
            raise Refused(_("This step makes no sense any more. Open it and save it again.")) from wrong


_steps: dict[str, Step] = {}


def add(step: Step) -> None:
    """Make a step known."""
    _steps[step.key] = step


def find(key: str) -> Step | None:
    """A step by key, or None where its room is gone."""
    return _steps.get(key)


def offered_for(kind: RecordKind) -> list[Step]:
    """What can be done with records of a kind."""
    return [step for step in _steps.values() if step.offered(kind)]


def create_task(on: Occasion, *, title: str, kind: str, who: str, days: int, priority: str = "normal") -> str:
    """A task for somebody, due in so many working days at nine, about the record's customer or deal (ACT-3)."""
    people = on.people([who])
    if not people:
        raise Refused(_("Nobody is there to do it."))
    values: dict[str, Any] = {
        "title": fill_in(on.kind, title, on.record)[:200], "kind": kind, "assignee": people[0], "priority": priority,
        "due_at": workday_at_nine(days), **_about(on),
    }  # fmt: skip
    create_record(TASK, values, by=on.by)
    return _("Task for %(person)s: %(title)s") % {"person": person_names()[people[0]], "title": values["title"]}


def _about(on: Occasion) -> dict[str, int]:
    """The customer, contact and deal a task is about, as far as the record knows."""
    own = {"customers.customer": "customer", "customers.contact": "contact", "sales.opportunity": "opportunity"}
    about = {name: getattr(on.record, f"{name}_id", None) for name in ("customer", "contact", "opportunity")}
    if on.kind.label in own:
        about[own[on.kind.label]] = on.record.pk
    return {name: pk for name, pk in about.items() if pk}


def workday_at_nine(days: int) -> datetime:
    """Nine o'clock on the `days`-th working day from today; today itself for 0."""
    day = dates.today()
    for _n in range(days):
        day = next_workday(day)
    return datetime.combine(day, time(9), timezone.get_default_timezone())


def set_field(on: Occasion, *, field: str, value: Any) -> str:
    """Another value for a field, by the rules of its form."""
    known = on.kind.fields.get(field)
    if known is None or not known.editable:
        raise Refused(_("This field is gone or cannot be set."))
    cleaned = known.clean(value, Lookups(on.by))
    change_record(on.kind, on.record, {field: cleaned}, by=on.by)
    return _("%(field)s set to %(value)s") % {"field": known.label, "value": known.text(cleaned) or "—"}


def field_words(kind: RecordKind, values: dict[str, Any]) -> str:
    """ "Level: key" """
    known = kind.fields.get(values["field"])
    if known is None:
        return _("a field that is gone")
    try:
        said = known.text(known.clean(values["value"], Lookups(the_system())))
    except ValidationError:
        said = str(values["value"])
    return f"{known.label} → {said or '—'}"


def assign(on: Occasion, *, who: str) -> str:
    """Another owner."""
    found = sorted(recipients([who], on.owner_id))
    if not found:
        raise Refused(_("Nobody is there to take it."))
    assign_record(on.kind, on.record, by=on.by, owner_id=found[0])
    return _("Handed to %(person)s") % {"person": person_names()[found[0]]}


def tell(on: Occasion, *, who: list[str], text: str) -> str:
    """A message to people who may see the record, which goes their ways of delivery."""
    people = on.people(who)
    url = on.record.get_absolute_url() if hasattr(on.record, "get_absolute_url") else ""
    for person_id in people:
        notify(person_id, fill_in(on.kind, text, on.record), url=url, about="automation")
    return _("Told: %(people)s") % {"people": _(", ").join(person_names()[pk] for pk in people) or "—"}


def tag(on: Occasion, *, name: str) -> str:
    """A tag."""
    tag_record(on.kind, on.record, by=on.by, name=name)
    return _("Tagged %(name)s") % {"name": name}


def ask_approval(on: Occasion, *, subject: str) -> str:
    """The record is put up for approval in its owner's name, as they would do it on its page (ORG-6)."""
    found = approvals.find(subject)
    if found is None or found.ask is None:
        raise Refused(_("This needs no approval any more."))
    found.ask(on.record, by=on.owner)
    return _("Put up for approval: %(what)s") % {"what": found.label}


def call_webhook(on: Occasion, *, webhook: str) -> str:
    """The record goes to a subscription's address, signed, as far as the subscription's owner sees it."""
    hook = next((hook for hook in webhooks.in_use() if str(hook.pk) == webhook), None)
    if hook is None:
        raise Refused(_("This subscription is not in use."))
    key = f"automation:{on.rule.pk}:{on.record.pk}:{on.cause}"
    if not webhooks.call(hook, CALLED, on.kind, on.record.pk, key=key, at=dates.now(), rule=on.rule.name):
        raise Refused(_("The owner of the subscription does not see this record."))
    return _("Sent to %(name)s") % {"name": hook.name}


def _webhook_words(kind: RecordKind, values: dict[str, Any]) -> str:
    return dict(step_forms.webhook_choices()).get(values["webhook"], _("a subscription that is gone"))


def who_words(word: str) -> str:
    """ "owner" in words."""
    return str(dict(step_forms.who_choices()).get(word, word))


def _task_words(kind: RecordKind, values: dict[str, Any]) -> str:
    label = Task.Kind(values["kind"]).label
    when = _("in %(n)s working days") % {"n": values["days"]} if values["days"] else _("today")
    return f"{label} “{values['title']}” → {who_words(values['who'])} · {when}"


def _tell_words(kind: RecordKind, values: dict[str, Any]) -> str:
    return f"{_(', ').join(map(who_words, values['who']))} · {values['text']}"


def _approve_words(kind: RecordKind, values: dict[str, Any]) -> str:
    found = approvals.find(values["subject"])
    return str(found.label if found else values["subject"])


def _has_owner(kind: RecordKind) -> bool:
    return bool(kind.owner) and "assign" in kind.verbs


def _can_change(kind: RecordKind) -> bool:
    return "change" in kind.verbs and bool(step_forms.settable(kind))


add(Step("task", gettext_lazy("Create a task"), "checkbox", step_forms.TaskStepForm, create_task, _task_words))
add(Step("tell", gettext_lazy("Tell people"), "bell", step_forms.TellStepForm, tell, _tell_words))
add(Step("set", gettext_lazy("Set a field"), "edit", step_forms.FieldStepForm, set_field, field_words, _can_change))
add(Step("assign", gettext_lazy("Hand to another owner"), "user-share", step_forms.AssignStepForm, assign,
         lambda kind, values: who_words(values["who"]), _has_owner))  # fmt: skip
add(Step("tag", gettext_lazy("Stick a tag on"), "tag", step_forms.TagStepForm, tag,
         lambda kind, values: values["name"], lambda kind: "change" in kind.verbs))  # fmt: skip
add(Step("approve", gettext_lazy("Put up for approval"), "rubber-stamp", step_forms.ApproveStepForm, ask_approval,
         _approve_words, lambda kind: bool(step_forms.subjects_of(kind))))  # fmt: skip
add(Step("mail", gettext_lazy("Send an e-mail"), "mail", step_forms.MailStepForm, letters.send, letters.words,
         letters.can_write))  # fmt: skip
add(Step("webhook", gettext_lazy("Call a webhook"), "webhook", step_forms.WebhookStepForm, call_webhook,
         _webhook_words))  # fmt: skip
