"""Whether a lead belongs to a customer we know already: by name, number, e-mail or its domain, company-wide (CUS-8).

Found are customers of everybody, so that nobody makes a second one; what the viewer may not see stays masked. The
candidates come from the search index, which knows numbers and names however they were typed; here they are compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.customers.kinds import CONTACT, CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.kit import parse, phones
from zhike.kit.viewer import Viewer
from zhike.records import search
from zhike.records.lookups import person_names
from zhike.sales.models import Lead

WHY = "whether a lead is a customer already, whoever's; shown masked outside the viewer's scope"
MOST = 5
CANDIDATES = 30
SHORTEST = 2  # letters of a name without its legal form
# Domains anybody may have an address at say nothing about a company.
PUBLIC_DOMAINS = {
    "qq.com", "163.com", "126.com", "gmail.com", "outlook.com", "hotmail.com", "sina.com", "sohu.com", "foxmail.com",
    "139.com", "189.cn", "aliyun.com", "yeah.net", "icloud.com",
}  # fmt: skip
_everywhere = Viewer(None, None, None, frozenset({CUSTOMER.verb("view"), CONTACT.verb("view")}))


@dataclass(frozen=True)
class Likeness:
    """A customer a lead may belong to, and by what; `name` is masked where the viewer may not see it."""

    customer: Customer
    why: str | Promise
    name: str
    owner: str
    is_seen: bool


def alike(viewer: Viewer, lead: Lead) -> list[Likeness]:
    """Customers a lead may belong to, surest first; those outside the viewer's scope masked, with whom to ask."""
    found = candidates(lead)
    seen = set(CUSTOMER.rows(viewer).filter(pk__in=found).values_list("pk", flat=True)) if found else set()
    customers = Customer.objects.whole_table(WHY).in_bulk(found)
    some = [_likeness(customers[pk], why, pk in seen) for pk, why in found.items() if pk in customers]
    return sorted(some, key=lambda one: not one.is_seen)[:MOST]


def _likeness(customer: Customer, why: str | Promise, is_seen: bool) -> Likeness:
    name = customer.name if is_seen else masked(customer.name)
    return Likeness(customer, why, name, person_names().get(customer.owner_id, ""), is_seen)


def candidates(lead: Lead) -> dict[int, str | Promise]:
    """Ids of the customers, of everybody, that are the same as a lead's company, and by what."""
    found: dict[int, str | Promise] = {}
    for number in {lead.mobile, lead.phone} - {""}:
        for pk in _by_number(phones.e164(number) or phones.digits(number)):
            found.setdefault(pk, _("same number"))
    if lead.email:
        for pk in _by_address(lead.email.lower()):
            found.setdefault(pk, _("same e-mail or domain"))
    for pk in _by_name(lead.company or ""):
        found.setdefault(pk, pgettext_lazy("likeness", "same name"))
    return found


def known_customer(lead: Lead) -> Customer | None:
    """The customer a lead belongs to most surely: by name first, then by number or address."""
    found = next(iter(_by_name(lead.company)), None) or next(iter(candidates(lead)), None)
    return Customer.objects.whole_table(WHY).filter(pk=found).first() if found else None


def _by_name(name: str) -> Iterable[int]:
    core = company_core(name)
    if len(core) < SHORTEST:
        return []
    hits = search.find(_everywhere, core, kinds=[CUSTOMER], limit=CANDIDATES)
    return [hit.object_id for hit in hits if company_core(hit.title) == core]


def _by_number(number: str) -> Iterable[int]:
    if len(number) < 5:
        return []
    hits = search.find(
        _everywhere, phones.digits(number).removeprefix("86"), kinds=[CUSTOMER, CONTACT], limit=CANDIDATES
    )

    def is_same(*others: str) -> bool:
        return any(other and (phones.e164(other) or phones.digits(other)) == number for other in others)

    rows = Customer.objects.whole_table(WHY).filter(pk__in=[h.object_id for h in hits if h.kind == CUSTOMER.label])
    found = [pk for pk, phone in rows.values_list("pk", "phone") if is_same(phone)]
    people = Contact.objects.whole_table(WHY).filter(pk__in=[h.object_id for h in hits if h.kind == CONTACT.label])
    return [*found, *(pk for pk, *numbers in people.values_list("customer_id", "mobile", "phone") if is_same(*numbers))]


def _by_address(address: str) -> Iterable[int]:
    domain = address.rpartition("@")[2]
    rows = Contact.objects.whole_table(WHY)
    same = rows.filter(email__iexact=address)
    if domain not in PUBLIC_DOMAINS:
        same = rows.filter(email__iendswith=f"@{domain}")
    return list(same.order_by("-id").values_list("customer_id", flat=True)[:CANDIDATES])


def company_core(name: str) -> str:
    """A company's name for comparing: half width, without brackets, spaces and its legal form."""
    text = "".join(letter for letter in parse.fold(name) if letter.isalnum() or letter in ".,")
    shorter = True
    while shorter:
        shorter = next((text.removesuffix(word) for word in _legal_forms() if text.endswith(word) and text != word), "")
        text = (shorter or text).rstrip(".,")
    return text


@cache
def _legal_forms() -> list[str]:
    words = (Path(__file__).parent / "data" / "company_words.txt").read_text(encoding="utf-8").split()
    return sorted(words, key=len, reverse=True)


def masked(name: str) -> str:
    """A name of which only its beginning and end show."""
    return f"{name[:2]}***{name[-2:]}" if len(name) > 6 else f"{name[:1]}***"
