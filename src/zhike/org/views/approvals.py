"""Pages of approvals: what waits for one, what one asked, one approval with its trace; and the flows (ORG-6)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.kit.keys import key_of
from zhike.org import actions, approvals, flows, queries
from zhike.org.approval_forms import CommentForm, DelegateForm, FlowForm
from zhike.org.models import ApprovalFlow, Person
from zhike.records.dialogs import dialog
from zhike.records.lookups import person_names


@require_safe
def approval_list(request: HttpRequest, tab: str = "waiting") -> HttpResponse:
    """Approvals that wait for one, that one asked for, that one has decided."""
    if tab not in queries.APPROVAL_TABS:
        raise NotVisible
    rows, more = queries.approval_page(request.viewer, tab, key_of(request.GET.get("before")))
    labels = {"waiting": _("Waiting for me"), "asked": _("Asked by me"), "decided": _("Decided by me")}
    tabs = [
        {"label": labels[key], "url": reverse("org:approval_tab", args=[key]), "current": key == tab,
         "count": queries.waiting_count(request.viewer) if key == "waiting" else None}
        for key in queries.APPROVAL_TABS
    ]  # fmt: skip
    context = {"approvals": rows, "tab": tab, "tabs": tabs, "more": more}
    return htmx.part(request, "org/approval_list.html", context)


@require_safe
def approval_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One approval: what it is about, how it goes, and the decision for whom it waits."""
    return _page(request, pk, CommentForm())


def _page(request: HttpRequest, pk: int, form: CommentForm) -> HttpResponse:
    approval = queries.approval(request.viewer, pk)
    context = {
        "approval": approval,
        "facts": approvals.said(approvals.find(approval.subject), approval.facts, request.viewer),
        "subject": approvals.find(approval.subject),
        "trace": queries.trace_of(request.viewer, approval),
        "waits_for_me": queries.waits_for(request.viewer, approval),
        "may_reassign": approval.is_open and request.viewer.can(actions.REASSIGN),
        "is_mine": approval.asked_by_id == request.viewer.person_id,
        "form": form,
    }
    return htmx.part(request, "org/approval_page.html", context, status=422 if form.errors else 200)


@require_POST
def approval_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree or reject."""
    approval, form = queries.approval(request.viewer, pk), CommentForm(request.POST)
    agreed = request.POST.get("decision") == "approve"
    if form.run(actions.decide_approval, approval, by=request.viewer, approve=agreed):
        back = approval.url if request.POST.get("back") == "record" else ""
        return htmx.redirect(request, back or approval.get_absolute_url(), _("Agreed.") if agreed else _("Rejected."))
    return _page(request, pk, form)


@require_http_methods(["GET", "POST"])
def approval_delegate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a colleague decide instead."""
    approval = queries.approval(request.viewer, pk)
    form = DelegateForm(request.POST or None, leave_out={request.viewer.person_id, approval.asked_by_id})
    if request.method == "POST" and form.run(actions.delegate_approval, approval, by=request.viewer):
        return htmx.redirect(request, reverse("org:approval_list"), _("Passed on."))
    return dialog(request, form, title=_("Pass on"), submit=_("Pass on"))


@require_http_methods(["GET", "POST"])
def approval_reassign(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    """Let somebody else decide instead of a colleague who has left or is away."""
    require(request.viewer, actions.REASSIGN)
    approval = queries.approval(request.viewer, pk)
    person = queries.place_waiting(request.viewer, approval, person_pk).person
    form = DelegateForm(request.POST or None, leave_out={person.pk, approval.asked_by_id})
    act = actions.reassign_approval
    if request.method == "POST" and form.run(act, approval, by=request.viewer, person=person):
        return htmx.redirect(request, approval.get_absolute_url(), _("Passed on."))
    return _reassign_dialog(request, form, person, 1)


@require_safe
def approver_list(request: HttpRequest) -> HttpResponse:
    """Settings: for whom approvals wait, those who have left or are away first."""
    require(request.viewer, actions.REASSIGN)
    return htmx.part(request, "org/approvers.html", {"rows": queries.waiting_by_person(request.viewer)})


@require_http_methods(["GET", "POST"])
def approver_reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass on all that waits for a colleague."""
    require(request.viewer, actions.REASSIGN)
    person = queries.person(request.viewer, pk)
    form = DelegateForm(request.POST or None, leave_out={person.pk})
    if request.method == "POST" and form.run(actions.reassign_everything, person, by=request.viewer):
        return htmx.redirect(request, reverse("org:approver_list"), _moved(*form.result, form.cleaned_data["to"]))
    count = next((len(row["approvals"]) for row in queries.waiting_by_person(request.viewer)
                  if row["person"] == person), 0)  # fmt: skip
    return _reassign_dialog(request, form, person, count)


def _moved(moved: int, stayed: int, to: str) -> str:
    said = _("Passed on: %(count)s.") % {"count": moved}
    if not stayed:
        return said
    why = _("%(count)s stay, because %(person)s asked for them.")
    return f"{said} {why % {'count': stayed, 'person': person_names()[int(to)]}}"


def _reassign_dialog(request: HttpRequest, form: DelegateForm, person: Person, count: int) -> HttpResponse:
    waits = ngettext(
        "%(n)s approval waits for %(person)s. Who takes over may read the record and decides about it.",
        "%(n)s approvals wait for %(person)s. Who takes over may read the records and decides about them.",
        count,
    )
    said = waits % {"n": count, "person": person}
    return dialog(request, form, person, title=_("Pass on approvals"), submit=_("Pass on"), text=said)


@require_POST
def approval_recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's request back."""
    approval = actions.recall_approval(queries.approval(request.viewer, pk), by=request.viewer)
    return htmx.redirect(request, approval.url or approval.get_absolute_url(), _("Recalled."))


@require_safe
def flow_list(request: HttpRequest) -> HttpResponse:
    """Settings: the flows of each subject."""
    require(request.viewer, flows.CHANGE)
    rows = ApprovalFlow.objects.prefetch_related("steps__role", "steps__person")
    shown = [
        (subject, [(f, [approvals.condition_said(subject, c) for c in f.conditions]) for f in rows
                   if f.subject == subject.key])
        for subject in approvals.everything()
    ]  # fmt: skip
    context = {"subjects": shown, "may_reassign": request.viewer.can(actions.REASSIGN)}
    return htmx.part(request, "org/flow_list.html", context)


@require_http_methods(["GET", "POST"])
def flow_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add a flow to a subject (`?subject=`), or change one."""
    require(request.viewer, flows.CHANGE)
    flow = _flow(pk) if pk else ApprovalFlow(subject=_subject_asked(request), order=1000)
    form = FlowForm(request.POST or None, flow=flow)
    if request.method == "POST" and form.run(flows.save_flow, flow, by=request.viewer):
        return htmx.redirect(request, reverse("org:flow_list"), _("Saved."))
    invalid = form.is_bound and not form.is_valid()
    context = {"form": form, "flow": flow, "subject": approvals.get(flow.subject)}
    return htmx.part(request, "org/flow_form.html", context, status=422 if invalid or form.errors else 200)


@require_POST
def flow_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a flow somebody made."""
    require(request.viewer, flows.CHANGE)
    flows.delete_flow(_flow(pk), by=request.viewer)
    return htmx.redirect(request, reverse("org:flow_list"), _("Deleted."))


def _flow(pk: int) -> ApprovalFlow:
    found = ApprovalFlow.objects.filter(pk=pk).first()
    if found is None or approvals.find(found.subject) is None:
        raise NotVisible
    return found


def _subject_asked(request: HttpRequest) -> str:
    if approvals.find(key := request.GET.get("subject", "")) is None:
        raise NotVisible
    return key
