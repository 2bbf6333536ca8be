"""The messages about reminders: each recipient is told of all a pass wrote for them, many in one message (ACT-6).

A reminder is `is_untold` until its message is written, in one transaction with that, for one recipient at a time:
killed in the middle, the next pass goes on with whoever was not told yet.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext

from zhike.activities import groups
from zhike.activities.models import Reminder, ReminderRule
from zhike.records import config
from zhike.records.actions import notify

# Messages one rule sends a person in one pass; more become one message.
SINGLY = 3
MOST = 500  # calls of a webhook in one transaction


def tell(rule: ReminderRule, now: datetime) -> None:
    """Tell everybody of their reminders of this rule of which they were not told."""
    waiting = Reminder.objects.filter(rule=rule, is_untold=True).order_by("line", "person_id")
    for line, person_id in list(waiting.values_list("line", "person_id").distinct()):
        with config.reading():
            while _tell(rule, person_id, line, now):
                pass


@transaction.atomic
def _tell(rule: ReminderRule, person_id: int | None, line: str, now: datetime) -> bool:
    """Tell one recipient; gives whether more may be left."""
    ReminderRule.objects.select_for_update().get(pk=rule.pk)  # one pass at a time
    rows = Reminder.objects.filter(rule=rule, is_untold=True, line=line, person_id=person_id).order_by("pk")
    if not line:
        _say(rule, person_id, list(rows[: SINGLY + 1]), rows.count())
    elif (first := list(rows[:MOST])) and line.startswith("webhook:"):
        groups.tell(rule, line, first, len(first), now)
        rows = rows.filter(pk__lte=first[-1].pk)
    elif first:
        groups.tell(rule, line, first, rows.count(), now)
    return rows.update(is_untold=False) == MOST


def _say(rule: ReminderRule, person_id: int, first: list[Reminder], count: int) -> None:
    if count <= SINGLY:
        for one in first:
            notify(person_id, one.text, url=one.url, tone=one.tone, about="reminders")
        return
    said = ngettext("%(rule)s: %(n)s record", "%(rule)s: %(n)s records", count) % {"rule": rule.name, "n": count}
    url = f"{reverse('activities:reminder_list')}?{urlencode({'rule': rule.pk})}"
    notify(person_id, said, url=url, tone=rule.tone, about="reminders")
