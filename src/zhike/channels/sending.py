"""The engine: takes a delivery that is due, sends it, and writes down what became of it.

A row is marked `sending`, in a transaction of its own, before anything goes out; what is found in that state after its
process died was interrupted, and nobody knows how far it got. Then each channel says what is the lesser harm: a letter
and a webhook go again under the same id, by which the other side can tell (at least once); a robot's post has no id,
so it is left for a person to decide (at most once). See docs/decisions/0010-deliveries.md.
"""

import logging
import os
import random
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from zhike.channels.models import Attempt, Delivery, Line
from zhike.channels.outcomes import Outcome, failed
from zhike.kit import dates

# Seconds before the next attempt, each a fifth more or less; together a day.
AFTER = [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800]
RESTS = [5, 30, 120, 600, 1800, 3600]  # for how long a line rests after failures in a row
LONGEST = timedelta(hours=24)  # after the first attempt; the attempt under way is still made
OVERDUE = timedelta(seconds=90)  # after which a row has been forgotten by its job
QUEUED = timedelta(minutes=15)  # for which the sweep believes that a job it made is coming
ABANDONED = timedelta(hours=24)  # for which a sender of whom nothing is known keeps a row
EXCERPT = 2000  # characters of a request and an answer that are kept

Status = Delivery.Status
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Carrier:
    """How a channel sends: all rows of one letter at once. `repeatable`: the other side can tell a repeat."""

    send: Callable[[list[Delivery]], Outcome]
    repeatable: bool
    rate: tuple[int, int] | None = None  # so many within so many seconds, over one line
    ailing: Callable[[Line, Delivery], None] | None = None  # called at each failure of a line
    needless: Callable[[list[Delivery]], set[int]] | None = None  # ids of rows that need not go any more


_carriers: dict[str, Carrier] = {}


def carry(channel: str, carrier: Carrier) -> None:
    """Make known how a channel sends."""
    _carriers[channel] = carrier


def _everything() -> QuerySet[Delivery]:
    return Delivery.objects.whole_table("everybody's messages are sent")


def enqueue(delivery: Delivery) -> None:
    """Have a row sent when it is due, by a job in the transaction under way."""
    from zhike.channels.tasks import send_delivery  # tasks name their queue at import, which needs the apps ready

    task = send_delivery if delivery.due_at <= dates.now() else send_delivery.using(run_after=delivery.due_at)
    task.enqueue(delivery.pk)


def send(delivery_id: int) -> None:
    """Send a delivery that is due, with all of its letter; nothing where somebody else has it or it is not due."""
    rows = claim(delivery_id)
    if not rows:
        recover(delivery_id)
        return
    started = time.monotonic()
    try:
        outcome = _carriers[rows[0].channel].send(rows)
    except DatabaseError:
        raise  # ours, not the message's: the rows are found as interrupted
    except Exception as error:  # noqa: BLE001 - a message nobody can write must not keep the others from going
        log.exception("delivery %s cannot be made", delivery_id)
        outcome = failed(f"{type(error).__name__}: {error}", again=False)
    spent = int((time.monotonic() - started) * 1000)
    patiently(lambda: settle(rows, outcome, spent))


def patiently(write: Callable[[], None], seconds: float = 120) -> None:
    """Write what became of it even if the database is just being started again."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return write()
        except DatabaseError:
            if time.monotonic() > ends:
                raise
            log.exception("cannot write what became of a delivery; trying again")
            time.sleep(1)
            close_old_connections()


@transaction.atomic
def claim(delivery_id: int) -> list[Delivery]:
    """Mark a due row, and what goes in the same letter, as being sent; [] where there is nothing to do."""
    now = dates.now()
    found = _everything().filter(pk=delivery_id, status__in=Delivery.OPEN).filter(_due(now)).first()
    if found is None:
        return []
    line = _lock(found.line)
    if wait := _wait(line, found, now):
        return _put_off(found, now + timedelta(seconds=wait))
    rows = _needed(found.channel, list(_letter_of(found, now).order_by("pk")), now)
    if not rows:
        return []
    letter = found.letter or uuid.uuid4().hex
    _everything().filter(pk__in=[row.pk for row in rows]).update(
        status=Status.SENDING, letter=letter, sender=own_name(), queued_at=None, changed_at=now,
        attempts=F("attempts") + 1,
    )  # fmt: skip
    _everything().filter(pk__in=[row.pk for row in rows], first_tried_at=None).update(first_tried_at=now)
    line.recent = [*line.recent, now.timestamp()][-200:]
    line.save(update_fields=["recent"])
    return list(_everything().filter(pk__in=[row.pk for row in rows]).order_by("pk"))


def _due(now: datetime) -> Q:
    """What is due; also what was last written in the future: then the clock was wrong, and so is the moment."""
    return Q(due_at__lte=now) | Q(changed_at__gt=now + timedelta(minutes=1))


def _lock(key: str) -> Line:
    Line.objects.get_or_create(key=key)
    return Line.objects.select_for_update().get(key=key)


def _letter_of(found: Delivery, now: datetime) -> QuerySet[Delivery]:
    rows = _everything().filter(status__in=Delivery.OPEN)
    if found.letter:  # this letter was under way before: the same again, no more and no less
        return rows.filter(letter=found.letter)
    if found.bundle:
        return rows.filter(_due(now), bundle=found.bundle, letter="")
    return rows.filter(pk=found.pk)


def _needed(channel: str, rows: list[Delivery], now: datetime) -> list[Delivery]:
    """Without what need not go any more. A letter that was under way before goes as it was."""
    carrier = _carriers.get(channel)
    fresh = [row for row in rows if not row.letter]
    if carrier is None or carrier.needless is None or not fresh:
        return rows
    needless = carrier.needless(fresh)
    _everything().filter(pk__in=needless).update(status=Status.SKIPPED, queued_at=None, changed_at=now)
    return [row for row in rows if row.pk not in needless]


def _wait(line: Line, found: Delivery, now: datetime) -> float:
    """For how many seconds this line takes nothing: it rests after failures, or the rate is used up."""
    if line.rests_until and timedelta(0) < line.rests_until - now < timedelta(hours=2):
        return (line.rests_until - now).total_seconds() * random.uniform(1, 1.2)  # noqa: S311
    carrier = _carriers.get(found.channel)
    if carrier is None or carrier.rate is None:
        return 0
    most, seconds = carrier.rate
    line.recent = [at for at in line.recent if 0 <= now.timestamp() - at < seconds]
    return line.recent[-most] + seconds - now.timestamp() + 0.1 if len(line.recent) >= most else 0


def _put_off(found: Delivery, until: datetime) -> list[Delivery]:
    found.due_at, found.queued_at = until, until
    found.save(update_fields=["due_at", "queued_at", "changed_at"])
    enqueue(found)
    return []


@transaction.atomic
def settle(rows: list[Delivery], outcome: Outcome, milliseconds: int = 0) -> None:
    """Write down what became of an attempt, of the rows and of the line."""
    now = dates.now()
    line = _lock(rows[0].line)
    mine = _everything().filter(pk__in=[row.pk for row in rows], status=Status.SENDING, sender=own_name())
    for row in mine:
        Attempt.objects.create(
            delivery=row, milliseconds=milliseconds, status_code=outcome.status_code, error=outcome.error,
            request=outcome.request[:EXCERPT], response=outcome.response[:EXCERPT],
        )  # fmt: skip
        _settle_row(row, outcome, now)
    _settle_line(line, outcome, now)
    if line.failures and (told := _carriers[rows[0].channel].ailing):
        told(line, rows[0])


def _settle_row(row: Delivery, outcome: Outcome, now: datetime) -> None:
    row.error, row.sender = outcome.error[:300], ""
    if outcome.is_sent:
        row.status, row.sent_at, row.error = Status.SENT, now, ""
    elif outcome.unclear and not _carriers[row.channel].repeatable:
        row.status = Status.UNCLEAR
    elif not outcome.again or is_spent(row, now):
        row.status = Status.GIVEN_UP
    else:
        row.status, row.due_at = Status.FAILED, now + timedelta(seconds=max(pause(row.attempts), outcome.wait))
        row.queued_at = row.due_at
        enqueue(row)
    row.save()


def is_spent(row: Delivery, now: datetime) -> bool:
    """Whether enough was tried: all attempts, or the last one made a day after the first."""
    return row.attempts > len(AFTER) or (row.first_tried_at is not None and now - row.first_tried_at > LONGEST)


def pause(attempts: int) -> float:
    """Seconds before the next attempt, a fifth more or less, so that not all come back together."""
    return AFTER[min(max(attempts, 1), len(AFTER)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311


def _settle_line(line: Line, outcome: Outcome, now: datetime) -> None:
    if outcome.is_sent or not outcome.again and not outcome.unclear:  # the message was at fault, not the line
        if not (line.failures or line.rests_until):
            return
        line.failures, line.failing_since, line.rests_until = 0, None, None
    else:
        line.failures += 1
        line.failing_since = line.failing_since or now
        rest = max(RESTS[min(line.failures, len(RESTS)) - 1], outcome.wait)
        line.rests_until = now + timedelta(seconds=rest)
    line.save()


def wake(line: str) -> None:
    """Let a line that rests try again now."""
    Line.objects.filter(key=line).update(rests_until=None)


def own_name() -> str:
    """This process, so that others see whether it still lives."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{_began(os.getpid())}"


def _began(pid: int) -> str:
    """When a process was started, as Linux tells it; numbers are used again. "" where that is not told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def is_gone(sender: str) -> bool | None:
    """Whether a sender's process is no more; None for one on another machine, of whom nothing is known."""
    host, _sep, process = sender.partition(":")
    pid, _sep, began = process.partition(":")
    if not pid.isdigit() or host != socket.gethostname()[:60]:
        return None
    if sender == own_name():
        return True  # it is sweeping, so it is not sending
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return began != _began(int(pid))


def sweep(now: datetime | None = None) -> int:
    """Pick up what was forgotten: rows whose sender was killed, and rows overdue without a job. Gives how many."""
    now = now or dates.now()
    return _take_back(now) + _queue_overdue(now)


def recover(delivery_id: int) -> None:
    """Take back a row that a worker was killed over: its job, done again, comes here before the sweep does."""
    row = _everything().filter(pk=delivery_id, status=Status.SENDING).first()
    if row is not None and is_gone(row.sender):
        _interrupted(_everything().filter(status=Status.SENDING, letter=row.letter), row.line, dates.now())


def _take_back(now: datetime) -> int:
    senders = _everything().filter(status=Status.SENDING).values_list("letter", "sender", "line").distinct()
    count = 0
    for letter, sender, line in list(senders):
        gone = is_gone(sender)
        rows = _everything().filter(status=Status.SENDING, letter=letter, sender=sender)
        if gone is None:
            rows = rows.exclude(changed_at__range=(now - ABANDONED, now + ABANDONED))
        if gone is not False:
            count += _interrupted(rows, line, now)
    return count


@transaction.atomic
def _interrupted(rows: QuerySet[Delivery], line: str, now: datetime) -> int:
    """A whole letter at once, so that it goes again as it was."""
    _lock(line)
    found = list(rows.order_by("pk"))
    for row in found:
        row.sender, row.due_at, row.queued_at = "", now, now
        row.error = _("Interrupted while being sent.")
        row.status = Status.FAILED if _carriers[row.channel].repeatable else Status.UNCLEAR
        row.save()
    for row in found:
        if row.is_open:
            enqueue(row)
    return len(found)


def _queue_overdue(now: datetime) -> int:
    resting = Line.objects.filter(key=OuterRef("line"), rests_until__gt=now, rests_until__lt=now + timedelta(hours=2))
    late = Q(due_at__lt=now - OVERDUE) | Q(changed_at__gt=now + timedelta(minutes=1))
    fresh = Q(queued_at__gt=now - QUEUED, queued_at__lte=now)
    rows = _everything().filter(late, status__in=Delivery.OPEN).exclude(fresh).exclude(Exists(resting))
    found = list(rows.order_by("due_at")[:500])
    for row in found:
        with transaction.atomic():
            row.queued_at, row.due_at = now, min(row.due_at, now)
            row.save(update_fields=["queued_at", "due_at", "changed_at"])
            enqueue(row)
    return len(found)
