"""What the system does for a person, and tells them: jobs with progress and files, and the inbox."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from zhike.kit import dates
from zhike.kit.errors import NotVisible
from zhike.kit.htmx import part, redirect
from zhike.records import queries

SHOWN = 100


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """This person's latest jobs."""
    return part(request, "records/job_list.html", {"jobs": list(queries.jobs_of(request.viewer)[:SHOWN])})


@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A job's progress, asked for each second while it runs; then its result or file."""
    job = queries.job(request.viewer, pk)
    return part(request, "records/job_page.html#state", {"job": job, "busy": job.is_under_way})


@require_safe
def job_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file a job made, for its person only."""
    job = queries.job(request.viewer, pk)
    if not job.file:
        raise NotVisible
    return FileResponse(job.file.open("rb"), as_attachment=True, filename=job.file_name)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages to this person, newest first; seeing the page marks them as read afterwards."""
    items = list(queries.inbox_of(request.viewer)[:SHOWN])
    unread = [item.pk for item in items if item.read_at is None]
    return part(request, "records/inbox.html#items", {"items": items, "unread": unread})


@require_POST
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Mark all messages as read."""
    queries.inbox_of(request.viewer).filter(read_at__isnull=True).update(read_at=dates.now())
    return redirect(request, "/inbox/")
