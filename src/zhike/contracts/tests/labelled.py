"""A labelled set of bank lines for measuring the matcher: whose each one is, and which lines it pays, is known.

Made up, but with what banks and payers really do: full names with other brackets and widths, names cut off, short
names, branches and namesakes in other cities, the boss paying privately, a parent company paying, contract numbers
in the memo, two lines at once, part payments, advances, interest, refunds of suppliers and strangers.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from zhike.contracts.matching import Book, Due, Money, Party

BRANDS = [
    "恒旭",
    "宏泰",
    "海川",
    "越新",
    "远拓",
    "联智",
    "中岭",
    "瑞致",
    "天泽",
    "博越",
    "江禾",
    "盛元",
    "华启",
    "明合",
    "东屹",
    "金沃",
    "润达",
    "鼎川",
    "科航",
    "百联",
    "亿创",
    "安澜",
    "启迈",
    "君恒",
    "嘉木",
    "德昌",
    "汇丰源",
    "凌云志",
    "新纪元",
    "长青藤",
]
TRADES = [
    "精密机械",
    "电缆",
    "模具",
    "印染",
    "新能源",
    "电子",
    "汽车零部件",
    "食品",
    "包装",
    "纺织",
    "自动化设备",
    "医疗器械",
    "化工",
    "建材",
    "物流",
]
CITIES = ["苏州", "无锡", "宁波", "绍兴", "扬州", "上海", "合肥", "杭州", "南通", "昆山"]
FORMS = ["有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司", "集团有限公司"]
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", ["建平", "国强", "敏", "丽华", "志远", "海燕", "晓东", "雅静"]
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Labelled:
    """A line with its truth: the customer (None: nobody's), and the lines it pays (None: any will do)."""

    money: Money
    customer: int | None
    pays: frozenset[int] | None
    case: str


def labelled_set(seed: int = 7, customers: int = 400, lines: int = 1000) -> tuple[Book, list[Labelled]]:
    """A book of customers with open lines, and labelled amounts that came in."""
    random = Random(seed)
    parties = _parties(random, customers)
    dues, contracts = _dues(random, parties)
    book = Book(parties, dues, contracts)
    numbers = {contract: number for number, (_customer, contract) in contracts.items()}
    found = []
    for pk in range(lines):
        party = random.choice(parties)
        found.append(_line(random, pk, party, book, numbers, parties))
    return book, found


def _parties(random: Random, count: int) -> list[Party]:
    made, names = [], set()
    while len(made) < count:
        brand, trade, city = random.choice(BRANDS), random.choice(TRADES), random.choice(CITIES)
        name = f"{city}{brand}{trade}{random.choice(FORMS)}"
        if name in names:
            continue
        names.add(name)
        pk = len(made) + 1
        boss = random.choice(SURNAMES) + random.choice(GIVEN)
        made.append(
            Party(
                pk, name, short_name=f"{brand}{trade[:2]}", account=f"3205{random.randrange(10**12):012d}",
                aliases=(f"{brand}控股集团有限公司",) if random.random() < 0.1 else (), people=(boss,),
            )
        )  # fmt: skip
    return made


def _dues(random: Random, parties: list[Party]) -> tuple[list[Due], dict[str, tuple[int, int]]]:
    dues, contracts, pk, contract = [], {}, 0, 0
    for party in parties:
        for _n in range(random.choice((0, 1, 1, 2, 3))):
            contract += 1
            contracts[f"HT-2026-{contract:04d}"] = (party.pk, contract)
            total = Decimal(random.randrange(20, 900) * 1000)
            for share in random.choice(((100,), (30, 70), (30, 60, 10), (50, 50))):
                pk += 1
                due_on = TODAY + timedelta(days=random.randrange(-120, 60))
                dues.append(Due(pk, party.pk, contract, due_on, total * share / 100))
    return dues, contracts


def _line(random: Random, pk: int, party: Party, book: Book, numbers: dict[int, str], parties: list[Party]) -> Labelled:
    case = random.choices(list(CASES), [weight for weight, _make in CASES.values()])[0]
    return CASES[case][1](random, pk, party, book, numbers, case)


def _amount(random: Random, party: Party, book: Book) -> tuple[Decimal, frozenset[int] | None]:
    dues = book.of[party.pk]
    if not dues:
        return Decimal(random.randrange(5, 80) * 1000), frozenset()
    way = random.random()
    if way < 0.6:
        due = random.choice(dues)
        same = [d for d in dues if d.balance == due.balance]
        return due.balance, frozenset({due.pk}) if len(same) == 1 else None
    if way < 0.75:
        return sum(d.balance for d in dues), frozenset(d.pk for d in dues)
    if way < 0.85 and len(dues) > 1:
        return dues[0].balance + dues[1].balance, frozenset(d.pk for d in dues[:2])
    return (dues[0].balance / 3).quantize(Decimal("0.01")), None


def _by(payer, memo=lambda random, party, book, numbers: "货款", account=False):
    def make(random, pk, party, book, numbers, case):
        amount, pays = _amount(random, party, book)
        money = Money(
            pk, amount, payer(random, party), party.account if account else "", memo(random, party, book, numbers)
        )
        return Labelled(money, party.pk, pays, case)

    return make


def _numbered(random, party, book, numbers):
    dues = book.of[party.pk]
    return f"支付{numbers[dues[0].contract]}合同款" if dues else "预付款"


def _wide(random, party):
    return party.name.replace("有限公司", "（有限）公司").replace("（有限）", "有限") + random.choice((" ", "　", ""))


def _other(random, pk, party, book, numbers, case):
    payer, memo = random.choice((("中国工商银行股份有限公司", "结息"), ("国家金库苏州市中心支库", "退税"), ("德国西门子股份公司", "退货款"),
                                 ("杭州甬江物业管理有限公司", "房租退回"), (random.choice(SURNAMES) + "文博", "还款")))  # fmt: skip
    return Labelled(Money(pk, Decimal(random.randrange(100, 900_000)) / 100, payer, "", memo), None, None, case)


def _third(random, pk, party, book, numbers, case):
    dues = book.of[party.pk]
    if not dues:
        return _other(random, pk, party, book, numbers, "stranger")
    memo = f"代付{numbers[dues[0].contract]}"
    return Labelled(
        Money(pk, dues[0].balance, f"{random.choice(CITIES)}顺通供应链管理有限公司", "", memo), party.pk, None, case
    )


CASES = {
    "full name": (38, _by(lambda random, party: party.name)),
    "other width": (8, _by(_wide)),
    "full name and contract": (14, _by(lambda random, party: party.name, _numbered)),
    "account": (6, _by(lambda random, party: "", account=True)),
    "cut off": (6, _by(lambda random, party: party.name[: max(8, len(party.name) - 3)])),
    "short name": (5, _by(lambda random, party: party.short_name)),
    "branch": (4, _by(lambda random, party: f"{party.name}{random.choice(CITIES)}分公司")),
    "alias": (4, _by(lambda random, party: party.aliases[0] if party.aliases else party.name)),
    "the boss": (4, _by(lambda random, party: party.people[0])),
    "third party": (3, _third),
    "stranger": (8, _other),
}
