"""Letters of the demo company: some two hundred both ways, in conversations; some wait for an answer (ACT-8)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from zhike.activities.models import Activity
from zhike.customers.models import Contact, Customer
from zhike.kit import dates
from zhike.kit.pinyin import syllables
from zhike.mail.actions.filing import keep_file
from zhike.mail.matching import thread_of
from zhike.mail.models import Letter, LetterBody, LetterTemplate
from zhike.mail.parsing import split
from zhike.mail.rules import ANSWER_WITHIN
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.packs.distribution.people import COMPANY
from zhike.records import kinds, search
from zhike.records.bulk import insert_rows
from zhike.sales.models import Opportunity, Quote

WORDS = json.loads((Path(__file__).parent / "data" / "letters.json").read_text("utf-8"))
IN, OUT = Letter.Direction.IN, Letter.Direction.OUT
# Of each salesperson: what came in lately and how many letters of it there are, what was written about before.
LATELY = [("enquiry", 1), ("clarify", 2), ("tender", 1), ("sample", 2), ("training", 1), ("defect", 1)]
BEFORE = ["visit", "statement", "defect", "sample", "training", "clarify", "enquiry", "tender"]
WITH_PDF = 4  # quotes that go along as PDF, which takes a second each; the others stand in the letter itself
AFTER_SALES = {"defect", "training", "statement"}
FILES = {
    "parameters": ("{product}技术参数.csv", "项目,参数\n检测精度,0.08 mm\n节拍,12 秒/件\n占地,1.8 × 2.4 m\n供电,AC 220 V\n气源,0.5 MPa\n"),
    "statement": ("{short}往来对账单.csv", "摘要,应收,已收,余额\n设备款,186000.00,167400.00,18600.00\n备件,9600.00,9600.00,0.00\n"),
    "tender": ("招标公告.txt", "一、项目名称：{project}\n二、截止时间：下周三 17:00\n三、业绩要求：近三年两个同类项目\n3.2 接口：现场总线或等同的协议\n"),
}  # fmt: skip


def give_addresses(contacts: list[Contact]) -> None:
    """Give people addresses at their companies, under a domain that is kept for examples; a few have none."""
    domains: dict[int, str] = {}
    taken: set[str] = set()
    for n, contact in enumerate(contacts):
        customer = contact.customer
        if customer.pk not in domains:
            base = "".join(syllables(customer.short_name))
            place = "".join(syllables(customer.city)[:2])
            free = (name for name in (base, f"{base}-{place}", f"{base}{customer.pk}") if name not in taken)
            taken.add(domain := next(free))
            domains[customer.pk] = domain
        if contact.is_primary or n % 4:
            family, *given = syllables(contact.name)
            wanted = f"{family}.{''.join(given)}@{domains[customer.pk]}.example"
            contact.email = wanted if wanted not in taken else wanted.replace("@", f"{n}@")
            taken.add(contact.email)


def exchange(world: Any, deals: list[Opportunity], keep: Callable[..., None]) -> None:
    """Write the letters and the follow-ups that those sent are. Inside an action."""
    desk = _Desk(Random(20261128), world.today)
    mine: dict[int, list[Opportunity]] = {}
    for deal in sorted(deals, key=lambda deal: (-deal.opened_on.toordinal(), deal.pk)):
        if deal.product_id and deal.amount:
            mine.setdefault(deal.owner_id, []).append(deal)
    rows = Quote.objects.visible_to(the_system()).filter(status=Quote.Status.SENT)
    quotes = list(
        rows.select_related("customer", "contact", "opportunity__product", "owner").order_by("-quoted_on", "id")
    )
    lines, offered = Quote.lines_of_all([quote.pk for quote in quotes]), {}
    for quote in quotes:
        quote.__dict__["lines"] = lines.get(quote.pk, [])
        offered.setdefault(quote.owner_id, []).append(quote)
    for n, person in enumerate(world.people.present_sellers):
        desk.sell(n, person, mine.get(person.pk, []), offered.get(person.pk, []))
    desk.write(keep)
    write_templates()


@dataclass
class _Desk:
    """Conversations as they are written, kept at the end."""

    random: Random
    today: Any
    letters: list[Letter] = field(default_factory=list)
    bodies: list[LetterBody] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    files: list[tuple[Letter, str, bytes, str]] = field(default_factory=list)

    def sell(self, n: int, person: Person, deals: list[Opportunity], quotes: list[Quote]) -> None:
        """What one salesperson writes and gets."""
        for k, quote in enumerate(quotes):
            kind = "offer" if n < WITH_PDF and k == 0 else "listing"
            self.talk(kind, 4 - n % 4 if k == 0 else 1, person, quote.opportunity, quote.created_at, quote)
        kind, count = LATELY[n % len(LATELY)]
        if deal := self._deal(kind, deals):
            began = timezone.now() - timedelta(days=1 + n % 5, hours=self.random.randrange(30 * (count - 1) + 1, 48))
            self.talk(kind, count, person, deal, began)
        for k in range(2):
            kind = BEFORE[(n * 2 + k) % len(BEFORE)]
            if deal := self._deal(kind, deals):
                began = timezone.now() - timedelta(days=self.random.randrange(9, 90))
                self.talk(kind, len(WORDS[kind]), person, deal, began)
        for kind, place in (("away", 0), ("moved", 1)):  # a machine answers, a letter comes back
            if n % 3 == place and deals:
                self.talk(kind, len(WORDS[kind]), person, deals[0], timezone.now() - timedelta(days=2 + n % 4, hours=3))

    def _deal(self, kind: str, deals: list[Opportunity]) -> Opportunity | None:
        wanted = Opportunity.Status.WON if kind in AFTER_SALES else Opportunity.Status.OPEN
        found = [deal for deal in deals if deal.status == wanted] or deals
        return self.random.choice(found[:12]) if found else None

    def talk(
        self, kind: str, count: int, person: Person, deal: Opportunity, at: datetime, quote: Quote | None = None
    ) -> None:
        """One conversation, as far as it has got."""
        contact = deal.contact if deal.contact and deal.contact.email else deal.customer.main_contact
        words = _words(person, contact, deal, quote)
        script, so_far = WORDS[kind][:count], []
        for step in script:
            first, last = step.get("hours", [0, 0])
            at = _working(at + timedelta(hours=self.random.randint(first, last), minutes=self.random.randrange(3, 50)))
            if at > dates.now():
                break
            so_far.append(self._letter(kind, step, words, person, deal, contact, at, so_far, quote))
        if so_far and so_far[-1].direction == IN and script[len(so_far) - 1].get("asks"):
            so_far[-1].answer_due = at > dates.now() - ANSWER_WITHIN

    def _letter(self, kind: str, step: dict, words: dict, person: Person, deal: Opportunity, contact: Contact,
                at: datetime, earlier: list[Letter], quote: Quote | None) -> Letter:  # fmt: skip
        ours, ancestors = step["by"] == "us", [letter.message_id for letter in earlier]
        title = WORDS[kind][0]["subject"].format(**words)
        us, them = [str(person), person.email], [contact.name, contact.email]
        mark = hashlib.sha256(f"{kind}:{deal.pk}:{quote and quote.pk}:{len(self.letters)}".encode()).hexdigest()[:24]
        message_id = f"{mark}@{(us if ours else them)[1].rpartition('@')[2]}"
        text = _text(step["text"].format(**words), ours, words, self.bodies[-1].text if earlier else "", earlier)
        letter = Letter(
            direction=OUT if ours else IN, status=_status(step, ours), error=step.get("returned", "").format(**words),
            is_automatic=step.get("automatic", False),
            subject=step.get("subject", f"回复：{title}").format(**words), snippet=" ".join(split(text).fresh.split())[:200],
            sender=(us if ours else them)[1], sender_name=(us if ours else them)[0], to=[them if ours else us],
            customer=deal.customer, contact=contact, opportunity=deal, quote=quote, owner_id=deal.owner_id,
            holder=person, message_id=message_id, in_reply_to=ancestors[-1] if ancestors else "",
            references=" ".join(ancestors), thread=thread_of(message_id, ancestors, {e.message_id: e for e in earlier}),
            at=at, created_at=at, updated_at=at,
        )  # fmt: skip
        self.letters.append(letter)
        self.bodies.append(LetterBody(letter=letter, text=text, html=step.get("html", "").format(**words)))
        for name in step.get("files", ()):
            self.files.append((letter, name, *_content(name, words, quote)))
        if ours:
            self.activities.append(Activity(
                kind=Activity.Kind.EMAIL, customer=deal.customer, contact=contact, opportunity=deal, author=person,
                owner_id=deal.owner_id, happened_at=at, created_at=at, updated_at=at,
                summary=f"{letter.subject}\n{letter.snippet}",
            ))  # fmt: skip
            letter.__dict__["follow_up"] = self.activities[-1]
        return letter

    def write(self, keep: Callable[..., None]) -> None:
        """Keep it all, oldest first, and find it again."""
        self.activities.sort(key=lambda row: row.happened_at)
        keep(Activity, self.activities)
        order = sorted(range(len(self.letters)), key=lambda n: self.letters[n].at)
        for letter in self.letters:
            if follow_up := letter.__dict__.get("follow_up"):
                letter.activity_id = follow_up.pk
        keep(Letter, [self.letters[n] for n in order])
        for body in self.bodies:
            body.letter_id = body.letter.pk
        insert_rows(LetterBody, [self.bodies[n] for n in order])
        for letter, _which, content, name in self.files:
            kind = "application/pdf" if name.endswith(".pdf") else "text/plain"
            stored = keep_file(letter, ContentFile(content, name=name), name, kind)
            letter.files = [{"id": stored.pk, "name": name, "size": stored.size, "cid": ""}]
        Letter.objects.bulk_update([row[0] for row in self.files], ["files"])
        _note_last(self.activities)
        search.reindex(kinds.get("mail.letter"))


def _words(person: Person, contact: Contact, deal: Opportunity, quote: Quote | None) -> dict[str, str]:
    short = {"总经理": "总", "副总经理": "总", "商务": "老师"}
    title = short.get(contact.title) or contact.title[-2:]
    return {
        "me": str(person), "my_title": person.title, "my_mobile": person.mobile, "my_address": person.email,
        "name": contact.name, "title": contact.title, "call": f"{contact.name[0]}{title}", "mobile": contact.mobile,
        "address": contact.email, "customer": deal.customer.name, "short": deal.customer.short_name,
        "project": deal.name, "product": deal.product.name, "company": COMPANY, "number": quote.label if quote else "", "lines": _lines(quote) if quote else "",
    }  # fmt: skip


def _lines(quote: Quote) -> str:
    """A quote in the text of a letter, a line a product, with its total."""
    rows = [
        f"{n}. {line.name}，{line.quantity.normalize():f} {line.unit}，小计 ¥ {line.amount:,.2f}"
        for n, line in enumerate(quote.__dict__["lines"], 1)
    ]
    return "\n".join([*rows, f"合计（含税）：¥ {quote.total:,.2f}"])


def _text(said: str, ours: bool, words: dict[str, str], before: str, earlier: list[Letter]) -> str:
    """A letter's text with its signature, and what it answers quoted below."""
    lines = "{me}\n{company} {my_title}\n{my_mobile}" if ours else "{name} {title}\n{customer}"
    text = f"{said}\n\n-- \n{lines.format(**words)}"
    if not earlier:
        return text
    last = earlier[-1]
    quoted = "\n".join(f"> {line}".rstrip() for line in split(before).fresh.splitlines())
    when = f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}"
    return f"{text}\n\n{when}，{last.sender_name} <{last.sender}> 写道：\n{quoted}"


def _status(step: dict, ours: bool) -> str:
    if not ours:
        return Letter.Status.RECEIVED
    return Letter.Status.RETURNED if "returned" in step else Letter.Status.SENT


def write_templates() -> None:
    """The company's letters to begin with."""
    rows = json.loads((Path(__file__).parent / "data" / "letter_templates.json").read_text("utf-8"))
    LetterTemplate.objects.bulk_create(LetterTemplate(order=n * 10, **row) for n, row in enumerate(rows, 1))


def _content(name: str, words: dict[str, str], quote: Quote | None) -> tuple[bytes, str]:
    if name == "quote":
        from zhike.sales.quote_pdf import quote_pdf  # a library that takes long to start

        return quote_pdf(quote, quote.__dict__["lines"]), f"{quote.label}.pdf".replace(" ", "-")
    title, text = FILES[name]
    return text.format(**words).encode("utf-8-sig"), title.format(**words).replace("/", "-")


def _working(at: datetime) -> datetime:
    """The same moment, or the next morning of a working day."""
    at = timezone.localtime(at, timezone.get_default_timezone())
    while at.weekday() > 4 or not 8 <= at.hour < 19:
        at = (at + timedelta(days=1 if at.hour >= 8 else 0)).replace(hour=8, minute=10 + at.minute % 50)
        if at.weekday() < 5:
            break
    return at


def _note_last(activities: list[Activity]) -> None:
    latest = {activity.customer_id: activity for activity in activities}
    rows = Customer.objects.visible_to(the_system()).filter(pk__in=latest)
    moved = []
    for customer in rows:
        activity = latest[customer.pk]
        if customer.last_activity_at is None or customer.last_activity_at < activity.happened_at:
            customer.last_activity_at, customer.last_activity_kind = activity.happened_at, activity.kind
            customer.updated_at = max(customer.updated_at, activity.happened_at)
            moved.append(customer)
    Customer.objects.bulk_update(moved, ["last_activity_at", "last_activity_kind", "updated_at"], batch_size=200)
