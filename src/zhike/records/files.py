"""Files kept with a record of any kind: add, fetch, remove. Served as attachments only, never shown (PLT-5)."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from zhike.kit.access import may
from zhike.kit.errors import NotVisible, Refused
from zhike.kit.htmx import redirect
from zhike.records import actions, kinds, queries
from zhike.records.kinds import RecordKind
from zhike.records.prepared import count_in


@require_POST
def file_add(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Keep uploaded files with a record."""
    kind = _kind(slug)
    record = queries.record_for(request.viewer, kind, pk)
    uploads = request.FILES.getlist("file")
    try:
        if not uploads:
            raise Refused({"file": _("Choose a file.")})
        for upload in uploads[:20]:
            actions.attach_file(kind, record, by=request.viewer, upload=upload)
    except Refused as refusal:
        return redirect(request, _back(record), str(refusal), tone="bad")
    return redirect(request, _back(record), _("Kept."))


@require_safe
def file_get(request: HttpRequest, pk: int) -> FileResponse:
    """A file of a record the viewer sees, as an attachment."""
    stored = queries.file(request.viewer, pk)
    content = stored.content.open("rb")
    return FileResponse(content, as_attachment=True, filename=stored.name, content_type=stored.content_type)


@require_POST
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off its record."""
    stored = queries.file(request.viewer, pk)
    kind = kinds.get(stored.kind)
    record = queries.record_for(request.viewer, kind, stored.object_id)
    actions.remove_file(kind, record, stored, by=request.viewer)
    return redirect(request, _back(record), _("Removed."))


def files_panel(request: HttpRequest, record, *, marks_latest: bool = False) -> SafeString:
    """The tab "files" of a record's page; where only the newest counts, it can be marked."""
    kind = kinds.get(record.kind_label())
    context = {
        "files": list(queries.files_of_seen(kind, record.pk)),
        "slug": kind.slug,
        "record": record,
        "marks_latest": marks_latest,
        "can_change": may(request.viewer, kind.verb("change"), record),
    }
    return render_to_string("records/parts/files.html", context, request)


# How many files a record has that the viewer sees already.
files_count = count_in(queries.count_files, lambda _viewer, record: (kinds.get(record.kind_label()), record.pk))


def _kind(slug: str) -> RecordKind:
    if (kind := kinds.find(slug)) is None:
        raise NotVisible
    return kind


def _back(record) -> str:
    return f"{record.get_absolute_url()}files/" if hasattr(record, "get_absolute_url") else "/"
