"""The people of the demo company: forty in eight departments, a reporting line, one who left."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from django.contrib.auth.hashers import make_password

from zhike.kit import dates
from zhike.kit.pinyin import syllables
from zhike.org.models import Department, Person, Role
from zhike.packs.distribution.names import mobile, person_name

COMPANY = "澄湖自动化"
# key: (name, part of)
DEPARTMENTS = {
    "office": ("总经办", ""), "east": ("华东大区", ""), "south": ("华南大区", ""), "sales1": ("销售一部", "east"),
    "sales2": ("销售二部", "east"), "sales3": ("销售三部", "south"), "sales4": ("渠道部", "south"),
    "market": ("市场部", ""), "service": ("客户服务部", ""), "finance": ("财务部", ""),
}  # fmt: skip
# (username, name, job title, department, role, supervisor); the salespeople come after them.
LEADERS = [
    ("chengw", "程文涛", "总经理", "office", "general_manager", ""),
    ("linx", "林晓峰", "华东大区总监", "east", "manager", "chengw"),
    ("hej", "何俊杰", "华南大区总监", "south", "manager", "chengw"),
    ("zhoumz", "周明哲", "销售一部经理", "sales1", "manager", "linx"),
    ("xuh", "徐海燕", "销售二部经理", "sales2", "manager", "linx"),
    ("liangj", "梁建军", "销售三部经理", "sales3", "manager", "hej"),
    ("fengl", "冯丽君", "渠道部经理", "sales4", "manager", "hej"),
    ("tangy", "唐雅静", "市场经理", "market", "marketing", "chengw"),
    ("caiz", "蔡志远", "客服经理", "service", "service", "chengw"),
    ("xuj", "许静", "财务经理", "finance", "finance", "chengw"),
]
STAFF = [
    ("market", "marketing", "市场专员", "tangy", 3), ("service", "service", "服务工程师", "caiz", 4),
    ("finance", "finance", "会计", "xuj", 2), ("office", "read_only", "顾问", "chengw", 1),
]  # fmt: skip
TEAMS = {"sales1": ("zhoumz", 6), "sales2": ("xuh", 5), "sales3": ("liangj", 5), "sales4": ("fengl", 4)}


@dataclass
class People:
    """Everybody by username, and who sells."""

    all: dict[str, Person] = field(default_factory=dict)
    sellers: list[Person] = field(default_factory=list)

    @property
    def present_sellers(self) -> list[Person]:
        return [person for person in self.sellers if person.is_active]


def hire(random: Random, password: str) -> People:
    """Create departments and people under the company's top department. Inside an action."""
    top = Department.objects.get(parent=None)
    top.name = COMPANY
    top.save()
    departments = {"": top}
    for order, (key, (name, above)) in enumerate(DEPARTMENTS.items(), 1):
        departments[key] = Department(name=name, parent=departments[above], order=order * 10)
        departments[key].save()
    people, roles, secret = People(), {role.key: role for role in Role.objects.all()}, make_password(password)

    def add(username: str, name: str, title: str, department: str, role: str, supervisor: str) -> Person:
        person = Person(
            username=username, name=name, title=title, department=departments[department], mobile=mobile(random),
            supervisor=people.all.get(supervisor), email=f"{username}@chenghu.example", password=secret,
            hired_on=dates.today() - timedelta(days=random.randrange(120, 2400)),
        )  # fmt: skip
        person.save()
        person.roles.set([roles[role]])
        people.all[username] = person
        return person

    for leader in LEADERS:
        add(*leader)
    for department, (supervisor, count) in TEAMS.items():
        for _n in range(count):
            name = _new_name(random, people)
            people.sellers.append(add(_username(name, people), name, "客户经理", department, "sales", supervisor))
    for department, role, title, supervisor, count in STAFF:
        for _n in range(count):
            name = _new_name(random, people)
            add(_username(name, people), name, title, department, role, supervisor)
    _let_go(people.sellers[-1])
    for key, username in {"east": "linx", "south": "hej", "sales1": "zhoumz", "sales2": "xuh", "sales3": "liangj",
                          "sales4": "fengl", "market": "tangy", "service": "caiz", "finance": "xuj"}.items():  # fmt: skip
        departments[key].head = people.all[username]
        departments[key].save()
    return people


def _let_go(person: Person) -> None:
    person.left_on, person.is_active = dates.today() - timedelta(days=20), False
    person.save()


def _new_name(random: Random, people: People) -> str:
    taken = {person.name for person in people.all.values()}
    while (name := person_name(random)) in taken:
        pass
    return name


def _username(name: str, people: People) -> str:
    """Family name in full, then initials: 陈思远 is chensy; a number where that is taken."""
    family, *given = syllables(name)
    base = family + "".join(syllable[0] for syllable in given)
    username, n = base, 1
    while username in people.all:
        n += 1
        username = f"{base}{n}"
    return username
