"""Jobs of bank statements; safe to run twice: a posted line stays posted once."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from zhike.contracts import bank_queries
from zhike.contracts.actions.statements import post_line
from zhike.contracts.models import BankLine
from zhike.kit import dates
from zhike.kit.errors import Refused
from zhike.kit.viewer import Viewer, viewer_of
from zhike.records import config
from zhike.records.actions import notify
from zhike.records.models import Job

CHUNK = 50


@task()
def post_certain_lines(job_id: int, statement_id: int | None) -> None:
    """Post the open lines of which the suggestion is certain, each in a transaction of its own."""
    job, rows = Job.objects.get(pk=job_id), Job.objects.filter(pk=job_id)
    with config.reading():
        viewer = viewer_of(job.person_id)
        statement = bank_queries.statement(viewer, statement_id) if statement_id else None
        lines = bank_queries.open_lines(viewer, statement)
        rows.update(status=Job.Status.RUNNING, total=len(lines), done=0)
        posted = 0
        for start in range(0, len(lines), CHUNK):
            some = lines[start : start + CHUNK]
            posted += _post(viewer, some)
            rows.update(done=start + len(some))
    told = _("Posted %(posted)s of %(lines)s open lines; the others need a look.") % {
        "posted": posted,
        "lines": len(lines),
    }
    rows.update(status=Job.Status.DONE, message=told, finished_at=dates.now())
    notify(job.person_id, f"{job.title} {told}", url=job.url or reverse("contracts:bank_lines"), about="jobs")


def _post(viewer: Viewer, lines: list[BankLine]) -> int:
    """Post what is certain of some lines."""
    found, paid, posted = bank_queries.suggestions(viewer, lines), set(), 0
    for line in lines:
        best = next(iter(found.get(line.pk, ())), None)
        if best and best.customer.pk in paid:
            # Another line of this customer went before it, and may have paid what this one would: ask anew.
            best = next(iter(bank_queries.suggestions(viewer, [line]).get(line.pk, ())), None)
        if best is None or not best.suggestion.is_certain:
            continue
        try:
            post_line(line, by=viewer, customer=best.customer, allocations=best.pays)
        except Refused:
            continue
        posted += 1
        paid.add(best.customer.pk)
    return posted
