"""Reckoning what is bought together: each night, and on demand with progress."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from zhike.contracts.actions.cross_sell import reckon
from zhike.kit import dates
from zhike.kit.viewer import viewer_of
from zhike.org.viewers import the_system
from zhike.records.models import Job


@task()
def reckon_nightly() -> None:
    """What is bought together, as of today."""
    reckon(by=the_system())


@task()
def reckon_now(job_id: int) -> None:
    """The same for somebody who asked for it."""
    job, rows = Job.objects.get(pk=job_id), Job.objects.filter(pk=job_id)
    rows.update(status=Job.Status.RUNNING, done=0)
    run = reckon(by=viewer_of(job.person_id))
    told = _("%(orders)s sales to %(customers)s customers looked at.") % {
        "orders": run.orders, "customers": run.customers,
    }  # fmt: skip
    url = reverse("contracts:cross_sell")
    rows.update(status=Job.Status.DONE, done=job.total, message=told, finished_at=dates.now(), url=url)
