"""Pages of mailboxes: one's own, the company's, templates, domains of customers."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from zhike.customers.queries import customer_for
from zhike.kit import htmx
from zhike.kit.access import require
from zhike.kit.errors import NotVisible
from zhike.mail import actions, providers, queries, rules, servers
from zhike.mail.forms import AccountForm, DomainForm, RulesForm, TemplateForm
from zhike.mail.models import LetterTemplate, MailAccount, MailRules
from zhike.mail.tasks import fetch_mailbox
from zhike.records.dialogs import dialog


@require_http_methods(["GET", "POST"])
def my_mailbox(request: HttpRequest) -> HttpResponse:
    """One's own mailbox: servers, password, signature, templates; trying it out before saving."""
    require(request.viewer, rules.WRITE)
    account = queries.my_account(request.viewer) or MailAccount(
        person_id=request.viewer.person_id, address=request.viewer.person.email, display_name=str(request.viewer.person)
    )
    context = {"templates": [t for t in queries.templates(request.viewer) if t.person_id], "own": True}
    return _mailbox(request, account, "mail/my_mailbox.html", context)


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The company's mailbox and drop-box, what holds for everybody, templates for everybody."""
    require(request.viewer, rules.SETTINGS)
    account = queries.company_account() or MailAccount(is_company=True)
    rows = MailRules.objects.order_by("pk").first()
    context = {
        "templates": LetterTemplate.objects.filter(person__isnull=True), "own": False,
        "boxes": queries.colleagues_accounts(),
        "rules": RulesForm(initial={"inside_hosts": rows.inside_hosts if rows else ""}),
    }  # fmt: skip
    return _mailbox(request, account, "mail/settings.html", context)


def _mailbox(request: HttpRequest, account: MailAccount, template: str, context: dict) -> HttpResponse:
    chosen = providers.preset(request.GET.get("provider", ""))
    chosen = chosen or (None if account.pk else _guess(account))
    initial = {**chosen["values"], "username": account.username or account.address} if chosen else {}
    form = AccountForm(request.POST or None, account=account, initial=initial)
    tried = None
    if request.method == "POST" and request.POST.get("what") == "test":
        if form.is_valid():
            trial = form.tried()
            tried = servers.try_out(trial) if trial.secret else None
            if tried is None:
                form.add_error("password", _("Enter the password, as the server or user name is new."))
    elif request.method == "POST" and form.run(actions.save_account, account, by=request.viewer):
        fetch_mailbox.enqueue(form.result.pk)
        return htmx.redirect(request, request.path, _("Saved. Letters are being looked for."))
    context |= {
        "form": form, "account": account, "tried": tried, "presets": providers.presets(),
        "provider": chosen or providers.preset_of_host(account.imap_host),
    }  # fmt: skip
    return htmx.part(request, f"{template}#form", context, status=422 if form.errors else 200)


def _guess(account: MailAccount) -> dict | None:
    domain = account.address.rpartition("@")[2].lower()
    return next((p for p in providers.presets() if domain and domain in p["domains"]), None)


@require_POST
def fetch_now(request: HttpRequest) -> HttpResponse:
    """Look for letters at once."""
    require(request.viewer, rules.WRITE)
    return _fetch(request, queries.my_account(request.viewer), reverse("mail:my_mailbox"))


@require_POST
def settings_fetch(request: HttpRequest) -> HttpResponse:
    """The same for the company's mailbox."""
    require(request.viewer, rules.SETTINGS)
    return _fetch(request, queries.company_account(), reverse("mail:settings"))


def _fetch(request: HttpRequest, account: MailAccount | None, back: str) -> HttpResponse:
    if account is None:
        raise NotVisible
    actions.start_again(account, by=request.viewer)
    fetch_mailbox.enqueue(account.pk)
    return htmx.redirect(request, back, _("Letters are being looked for."))


@require_POST
def my_mailbox_remove(request: HttpRequest) -> HttpResponse:
    """Take one's mailbox out."""
    return _remove(request, queries.my_account(request.viewer), reverse("mail:my_mailbox"))


@require_POST
def settings_remove(request: HttpRequest) -> HttpResponse:
    """Take the company's mailbox out."""
    require(request.viewer, rules.SETTINGS)
    return _remove(request, queries.company_account(), reverse("mail:settings"))


def _remove(request: HttpRequest, account: MailAccount | None, back: str) -> HttpResponse:
    if account is None:
        raise NotVisible
    actions.remove_account(account, by=request.viewer)
    return htmx.redirect(request, back, _("Removed."))


@require_POST
def settings_rules(request: HttpRequest) -> HttpResponse:
    """Which servers inside one's own network colleagues may use."""
    require(request.viewer, rules.SETTINGS)
    form = RulesForm(request.POST)
    if form.run(actions.save_rules, by=request.viewer):
        return htmx.redirect(request, reverse("mail:settings"), _("Saved."))
    return htmx.redirect(request, reverse("mail:settings"), "; ".join(form.head_errors) or _("Not saved."), tone="bad")


@require_http_methods(["GET", "POST"])
def company_template_create(request: HttpRequest) -> HttpResponse:
    """A template for everybody."""
    require(request.viewer, rules.SETTINGS)
    return _template(request, LetterTemplate())


@require_http_methods(["GET", "POST"])
def template_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """A template of one's own, or one of the company's for those who set mail up."""
    require(request.viewer, rules.WRITE)
    found = queries.template(request.viewer, pk, to_change=True) if pk else None
    return _template(request, found or LetterTemplate(person_id=request.viewer.person_id))


def _template(request: HttpRequest, template: LetterTemplate) -> HttpResponse:
    initial = {name: getattr(template, name) for name in TemplateForm.base_fields}
    form = TemplateForm(request.POST or None, initial=initial)
    back = reverse("mail:my_mailbox" if template.person_id else "mail:settings")
    if request.method == "POST" and form.run(actions.save_template, template, by=request.viewer):
        return htmx.redirect(request, back, _("Saved."))
    context = {"form": form, "template": template, "back": back, "words": rules.PLACEHOLDERS}
    return htmx.part(request, "mail/template_form.html#form", context, status=422 if form.errors else 200)


@require_POST
def template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a template."""
    template = queries.template(request.viewer, pk, to_change=True)
    back = reverse("mail:my_mailbox" if template.person_id else "mail:settings")
    actions.delete_template(template, by=request.viewer)
    return htmx.redirect(request, back, _("Deleted."))


@require_http_methods(["GET", "POST"])
def domain_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that letters from a domain belong to this customer."""
    customer = customer_for(request.viewer, pk)
    form = DomainForm(request.POST or None)
    if request.method == "POST" and form.run(actions.add_domain, customer, by=request.viewer):
        return htmx.redirect(request, f"{customer.get_absolute_url()}letters/", _("Saved."))
    return dialog(request, form, customer, title=_("Add a mail domain"), submit=_("Add"))


@require_POST
def domain_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a domain off its customer."""
    row = queries.domain(request.viewer, pk)
    back = f"{row.customer.get_absolute_url()}letters/"
    actions.remove_domain(row, by=request.viewer)
    return htmx.redirect(request, back, _("Removed."))
