"""Forms of this room: a letter, a mailbox, a template."""

from email.utils import getaddresses
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_or_word
from zhike.kit.viewer import Viewer
from zhike.mail.composing import Begin
from zhike.mail.models import MailAccount, MailRules
from zhike.records.lookups import Lookups
from zhike.records.widgets import DayInput, RecordInput
from zhike.sales.kinds import OPPORTUNITY

Tls = MailAccount.Tls


class SeveralFiles(forms.FileInput):
    """A field for more than one file."""

    allow_multiple_selected = True


def recipients(text: str) -> list[list[str]]:
    """Addresses typed in a line, with or without names. Raises ValidationError naming the one that is none."""
    found, seen = [], set()
    flat = text.replace("\uff0c", ",").replace("\uff1b", ",").replace(";", ",").replace("\n", ",")
    for name, address in getaddresses([flat]):
        if not name and not address:
            continue
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(_("“%(address)s” is not an e-mail address.") % {"address": address or name})
        if address.lower() not in seen:
            seen.add(address.lower())
            found.append([name.strip()[:120], address])
    if flat.strip(" ,") and not found:
        raise ValidationError(_("“%(address)s” is not an e-mail address.") % {"address": text[:80]})
    return found


class LetterForm(ActionForm):
    """A letter to write. What it is about comes with the page, not with the form."""

    key = forms.CharField(max_length=80, widget=forms.HiddenInput, required=False)
    account = forms.ChoiceField(label=pgettext_lazy("letter", "From"))
    people = forms.MultipleChoiceField(label=pgettext_lazy("letter", "Also to"), required=False,
                                       widget=forms.CheckboxSelectMultiple)  # fmt: skip
    to = forms.CharField(label=pgettext_lazy("letter", "To"), required=False, max_length=2000,
                         help_text=gettext_lazy("Several addresses with a comma between them."))  # fmt: skip
    cc = forms.CharField(label=pgettext_lazy("letter", "Copy to"), required=False, max_length=2000)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300, required=False)
    text = forms.CharField(label=pgettext_lazy("letter", "Text"), max_length=200_000, strip=False,
                           widget=forms.Textarea(attrs={"rows": 14, "class": "inp"}))  # fmt: skip
    with_pdf = forms.BooleanField(label=gettext_lazy("Attach the quote as PDF"), required=False)
    stored = forms.MultipleChoiceField(label=gettext_lazy("Files of the record"), required=False,
                                       widget=forms.CheckboxSelectMultiple)  # fmt: skip
    files = forms.Field(label=gettext_lazy("Files from this computer"), required=False,
                            widget=SeveralFiles(attrs={"multiple": True}))  # fmt: skip

    def __init__(self, data=None, *, start: Begin, senders: list[MailAccount], **more: Any):
        super().__init__(data, **more)
        self.start, self.senders = start, senders
        self.fields["account"].choices = [(f"{a.pk or 0}", _sender(a)) for a in senders]
        if not start.sends:
            del self.fields["with_pdf"]
        self.fields["people"].choices = [
            (f"{p.pk}", f"{p.name} {p.title}".strip() + f" · {p.email}") for p in start.people
            if p.email.lower() not in self.initial.get("to", "").lower()
        ]  # fmt: skip
        self.fields["stored"].choices = [(f"{f.pk}", f.name) for f in start.files]
        for name in ("people", "stored"):
            if not self.fields[name].choices:
                del self.fields[name]

    def clean_to(self):
        return recipients(self.cleaned_data["to"])

    def clean_cc(self):
        return recipients(self.cleaned_data["cc"])

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        chosen = {int(pk) for pk in data.pop("people", [])}
        to = [*data["to"]]
        known = {address.lower() for _name, address in to}
        to += [[p.name, p.email] for p in self.start.people if p.pk in chosen and p.email.lower() not in known]
        stored = {int(pk) for pk in data.pop("stored", [])}
        data.pop("files", None)
        data["sends"] = self.start.sends if data.pop("with_pdf", False) else None
        return {
            **data, "to": to, "account": next(a for a in self.senders if f"{a.pk or 0}" == data["account"]),
            "stored": [f for f in self.start.files if f.pk in stored], "about": self.start.about,
            "answers": self.start.answers, "draft": self.start.draft,
        }  # fmt: skip

    def refuse(self, refusal) -> None:
        """A file that may not be kept is said at the files."""
        refusal.messages = {{"file": "files"}.get(name, name): said for name, said in refusal.messages.items()}
        super().refuse(refusal)


def _sender(account: MailAccount) -> str:
    if account.is_server:
        return _("Mail server of the company <%(address)s>; answers go to your own address") % {
            "address": account.address
        }
    name = account.display_name or (_("Company mailbox") if account.is_company else "")
    return f"{name} <{account.address}>" if name else account.address


class AccountForm(ActionForm):
    """A mailbox. The password is typed anew or left alone, never shown."""

    address = forms.EmailField(label=gettext_lazy("E-mail address"))
    display_name = forms.CharField(label=gettext_lazy("Name as sender"), max_length=60, required=False)
    username = forms.CharField(label=gettext_lazy("User name"), max_length=120,
                               help_text=gettext_lazy("Mostly the address itself."))  # fmt: skip
    password = forms.CharField(
        label=gettext_lazy("Password or authorisation code"), required=False, max_length=200, strip=True,
        widget=forms.PasswordInput(attrs={"class": "inp", "autocomplete": "new-password"}),
    )  # fmt: skip
    imap_host = forms.CharField(label=gettext_lazy("Incoming server (IMAP)"), max_length=120, required=False)
    imap_port = forms.IntegerField(label=gettext_lazy("IMAP port"), min_value=1, max_value=65535)
    imap_tls = forms.ChoiceField(label=gettext_lazy("IMAP encryption"), choices=Tls.choices)
    smtp_host = forms.CharField(label=gettext_lazy("Outgoing server (SMTP)"), max_length=120, required=False)
    smtp_port = forms.IntegerField(label=gettext_lazy("SMTP port"), min_value=1, max_value=65535)
    smtp_tls = forms.ChoiceField(label=gettext_lazy("SMTP encryption"), choices=Tls.choices)
    reads_inbox = forms.BooleanField(label=gettext_lazy("Read the inbox"), required=False)
    reads_sent = forms.BooleanField(label=gettext_lazy("Read the folder of sent mail"), required=False)
    keeps_sent = forms.BooleanField(
        label=gettext_lazy("Put a copy of what is sent from here into the folder of sent mail"), required=False,
        help_text=gettext_lazy("Not needed where the provider does so by itself."),
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("Letters since"), widget=DayInput(),
                            help_text=gettext_lazy("Older letters are left alone."))  # fmt: skip
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)
    signature = forms.CharField(label=gettext_lazy("Signature"), max_length=2000, required=False,
                                widget=forms.Textarea(attrs={"rows": 4, "class": "inp"}))  # fmt: skip

    SERVERS = ("imap_host", "imap_port", "imap_tls", "smtp_host", "smtp_port", "smtp_tls")

    def __init__(self, data=None, *, account: MailAccount, **more: Any):
        self.account = account
        values = {name: getattr(account, name) for name in self.base_fields if name != "password"}
        super().__init__(data, initial={**values, **more.pop("initial", {})}, **more)
        if account.secret and not account.is_locked:
            self.fields["password"].help_text = _("Leave empty to keep the one there is.")

    def tried(self) -> MailAccount:
        """A mailbox as typed, not saved, to sign in with."""
        data = dict(self.cleaned_data)
        password = data.pop("password")
        trial = MailAccount(secret=self.account.secret, **data)
        moved = {"imap_host", "smtp_host", "username"} & set(self.changed_data)
        if password:
            trial.set_password(password)
        elif moved or self.account.is_locked:  # nobody has a kept password sent to a server of their choice
            trial.secret = ""
        return trial


class RulesForm(ActionForm):
    """What holds for everybody's mailboxes."""

    inside_hosts = forms.CharField(
        label=MailRules._meta.get_field("inside_hosts").verbose_name, required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "inp mono"}),
        help_text=gettext_lazy("One name a line. Other servers inside your network are not connected to."),
    )  # fmt: skip


class TemplateForm(ActionForm):
    """A letter to begin with."""

    name = forms.CharField(label=pgettext_lazy("template", "Name"), max_length=60)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, required=False)
    text = forms.CharField(label=pgettext_lazy("letter", "Text"), max_length=8000,
                           widget=forms.Textarea(attrs={"rows": 10, "class": "inp"}))  # fmt: skip


class DomainForm(ActionForm):
    """A domain whose letters belong to a customer."""

    domain = forms.CharField(label=gettext_lazy("Domain"), max_length=120,
                             help_text=gettext_lazy("Letters from there are filed with this customer."))  # fmt: skip


class FileUnderForm(ActionForm):
    """With which customer and deal a conversation lies."""

    def __init__(self, data=None, *, viewer: Viewer, **more: Any):
        super().__init__(data, **more)
        self.lookups = Lookups(viewer)
        for name, kind, required in (("customer", CUSTOMER, True), ("contact", CONTACT, False),
                                     ("opportunity", OPPORTUNITY, False)):  # fmt: skip
            widget = RecordInput(kind, self.lookups)
            self.fields[name] = forms.CharField(label=kind.name, required=required, widget=widget)

    def clean(self):
        data = super().clean()
        for name, kind in (("customer", CUSTOMER), ("contact", CONTACT), ("opportunity", OPPORTUNITY)):
            given = data.get(name)
            if not given:
                data[name] = None
                continue
            try:
                pk = self.lookups.record(kind, key_or_word(given))
            except ValidationError as error:
                self.add_error(name, error)
                continue
            data[name] = kind.model.objects.visible_to(self.lookups.viewer).get(pk=pk)
        return data
