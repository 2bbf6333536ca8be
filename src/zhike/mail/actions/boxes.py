"""Writes around mailboxes: setting them up, how far they were read, domains of customers."""

import re
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.mail.models import MailAccount, MailDomain, MailRules
from zhike.mail.providers import public_domains
from zhike.mail.rules import SETTINGS, WRITE, fetch_again_after
from zhike.org.models import Person
from zhike.records.actions import notify
from zhike.records.models import AuditEntry

DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")
CLAIMED_FOR = timedelta(minutes=5)
TROUBLES_UNTIL_TOLD = 5
State = MailAccount.State


@action
def save_account(account: MailAccount, *, by: Viewer, password: str = "", **values: Any) -> MailAccount:
    """Set a mailbox up or change it; an empty password keeps the one it has. Raises Refused at the field."""
    _need(account, by)
    created = account.pk is None
    changed = {
        name: [getattr(account, name), value] for name, value in values.items() if getattr(account, name) != value
    }
    for name, value in values.items():
        setattr(account, name, value)
    if not account.imap_host and not account.smtp_host:
        raise Refused({"imap_host": _("Name at least one server.")})
    moved = {"imap_host", "smtp_host", "username"} & set(changed)
    if password:
        account.set_password(password)
    elif created or account.is_locked:
        raise Refused({"password": _("Enter the password.")})
    elif moved:
        # Whoever could point a mailbox elsewhere without its password could have the password sent there.
        raise Refused({"password": _("Enter the password, as the server or user name is new.")})
    account.state, account.error, account.failures, account.next_at = State.NEW, "", 0, None
    account.full_clean()
    account.save()
    if {"imap_host", "username", "since"} & set(changed):
        account.folders.all().delete()
    said = {name: [_plain(old), _plain(new)] for name, (old, new) in changed.items() if name != "signature"}
    if password:
        said["password"] = ["", "•••"]
    AuditEntry.write(account, AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED, said)
    return account


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)


@action
def remove_account(account: MailAccount, *, by: Viewer) -> None:
    """Take a mailbox out; its password goes with it, the letters in the record stay."""
    _need(account, by)
    AuditEntry.write(account, AuditEntry.Verb.DELETED, {"address": [account.address, None]})
    account.delete()


def _need(account: MailAccount, by: Viewer) -> None:
    """One's own mailbox, or the company's with the verb."""
    if account.is_company:
        require(by, SETTINGS)
        return
    require(by, WRITE)
    if account.person_id != by.person_id:
        raise Forbidden(WRITE)


@action
def save_rules(*, by: Viewer, inside_hosts: str) -> MailRules:
    """Say which mail servers inside one's own network colleagues may use."""
    require(by, SETTINGS)
    rules = MailRules.objects.order_by("pk").first() or MailRules()
    before, rules.inside_hosts = rules.inside_hosts, "\n".join(inside_hosts.split())
    rules.full_clean()
    rules.save()
    AuditEntry.write(rules, AuditEntry.Verb.CHANGED, {"inside_hosts": [before, rules.inside_hosts]})
    return rules


@action
def start_again(account: MailAccount, *, by: Viewer) -> MailAccount:
    """Have a mailbox read now, also one that stopped or waits for its next attempt."""
    _need(account, by)
    MailAccount.objects.filter(pk=account.pk, state=State.STOPPED).update(state=State.TROUBLE)
    MailAccount.objects.filter(pk=account.pk).update(next_at=None)
    return account


@action
def claim(account_id: int, *, by: Viewer) -> MailAccount | None:
    """Take a mailbox for reading, or stay with it; None while another worker reads it, or when it is out of use."""
    now = dates.now()
    rows = MailAccount.objects.filter(pk=account_id, is_active=True).exclude(state=State.STOPPED)
    if not rows.filter(Q(busy_since=None) | Q(busy_since__lt=now - CLAIMED_FOR)).update(busy_since=now):
        return None
    return rows.select_related("person").first()


@action
def note_fetched(account: MailAccount, *, by: Viewer) -> None:
    """A mailbox was read to its end. Whoever was told that it could not be hears that it can again."""
    MailAccount.objects.filter(pk=account.pk).update(
        state=State.OK, error="", failures=0, next_at=None, busy_since=None, fetched_at=dates.now(), told_at=None
    )
    if account.told_at:
        _tell(account, _("The mailbox %(address)s is read again.") % {"address": account.address}, "ok")


@action
def note_trouble(account: MailAccount, *, by: Viewer, text: str, lasting: bool) -> None:
    """A mailbox could not be read: try ever later, or stop where only its owner can help.

    They are told when it stops, and once when it fails again and again; of the company's the administrators.
    """
    failures = account.failures + 1
    stop, told = lasting, lasting or failures == TROUBLES_UNTIL_TOLD
    MailAccount.objects.filter(pk=account.pk).update(
        state=State.STOPPED if stop else State.TROUBLE, error=text[:300], failures=failures, busy_since=None,
        next_at=dates.now() + fetch_again_after(failures), told_at=dates.now() if told else account.told_at,
    )  # fmt: skip
    if told:
        words = {"address": account.address, "text": text}
        if account.is_company:
            said = _("The company's mailbox %(address)s cannot be read: %(text)s") % words
        else:
            said = _("Your mailbox %(address)s cannot be read: %(text)s") % words
        _tell(account, said, "bad")


def _tell(account: MailAccount, said: str, tone: str) -> None:
    """Whoever can put a mailbox right: its owner, for the company's the administrators."""
    if account.is_company:
        people, url = _administrators(), reverse("mail:settings")
    else:
        people, url = {account.person_id}, reverse("mail:my_mailbox")
    for person_id in sorted(people):
        notify(person_id, said, url=url, tone=tone, about="system")


def _administrators() -> set[int]:
    return set(Person.objects.present().filter(roles__is_administrator=True).values_list("pk", flat=True))


@action
def add_domain(customer: Customer, *, by: Viewer, domain: str) -> MailDomain:
    """Say that letters from a domain belong to a customer. Raises Refused at `domain`."""
    require(by, "customers.customer.change", customer)
    domain = domain.strip().lower().rpartition("@")[2]
    if not DOMAIN.fullmatch(domain):
        raise Refused({"domain": _("A domain such as example.com.cn.")})
    if domain in public_domains():
        raise Refused(
            {"domain": _("Everybody may have an address there; add the people with their addresses instead.")}
        )
    row = MailDomain(customer=customer, domain=domain, person_id=by.person_id)
    row.full_clean()
    row.save()
    AuditEntry.write(customer, AuditEntry.Verb.CHANGED, {"mail_domains": [None, domain]})
    return row


@action
def remove_domain(row: MailDomain, *, by: Viewer) -> None:
    """A domain is no longer a customer's."""
    require(by, "customers.customer.change", row.customer)
    AuditEntry.write(row.customer, AuditEntry.Verb.CHANGED, {"mail_domains": [row.domain, None]})
    row.delete()
