"""People and places for tests: the one small company, and factories for what a test is about."""

import pickle
import re
from dataclasses import dataclass, field

import factory
from django.contrib.auth.hashers import make_password
from django.db import connection
from factory.django import DjangoModelFactory

from zhike.kit.actions import acting
from zhike.org.models import Department, Person, RecordShare, Role
from zhike.org.setup import install_roles
from zhike.org.viewers import the_system
from zhike.records import config, kinds, search

PASSWORD = "orchid-lantern-42"


class RecordFactory(DjangoModelFactory):
    """Base of the factories of records: saves inside an action, as the system."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with acting(the_system(), "test"):
            record = super()._create(model_class, *args, **kwargs)
            if kind := kinds.find(model_class._meta.label_lower):
                search.index(kind, [record])
            return record


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department

    name = factory.Sequence(lambda n: f"部门{n}")


class RoleFactory(DjangoModelFactory):
    class Meta:
        model = Role

    key = factory.Sequence(lambda n: f"role-{n}")
    name = factory.Sequence(lambda n: f"角色{n}")


class PersonFactory(RecordFactory):
    """A colleague; `roles` takes keys of roles, the password is PASSWORD."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    name = factory.Sequence(lambda n: f"同事{n}")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))

    @factory.post_generation
    def roles(self, create, keys):
        if keys:
            self.roles.set(Role.objects.filter(key__in=keys))


class RecordShareFactory(DjangoModelFactory):
    class Meta:
        model = RecordShare


# username: (name, title, department, supervisor, roles)
PEOPLE = {
    "admin": ("管理员", "系统管理员", "top", "", ["administrator"]),
    "gm": ("陈国栋", "总经理", "top", "", ["general_manager"]),
    "manager_east": ("周敏", "东区经理", "east", "gm", ["manager"]),
    "manager_west": ("吴强", "西区经理", "west", "gm", ["manager"]),
    "lead_east": ("孙丽", "东区一组组长", "team", "manager_east", ["manager"]),
    "li_na": ("李娜", "客户经理", "team", "lead_east", ["sales"]),
    "wang_wei": ("王伟", "客户经理", "team", "lead_east", ["sales"]),
    "zhao_lei": ("赵磊", "客户经理", "west", "manager_west", ["sales"]),
    "finance": ("郑洁", "会计", "office", "gm", ["finance"]),
    "service": ("冯涛", "服务工程师", "office", "gm", ["service"]),
    "marketing": ("蒋雯", "市场专员", "office", "gm", ["marketing"]),
    "reader": ("沈静", "顾问", "office", "gm", ["read_only"]),
    "leaver": ("韩雪", "客户经理", "team", "lead_east", ["sales"]),
}
DEPARTMENTS = {"top": ("测试公司", ""), "east": ("东区", "top"), "west": ("西区", "top"), "team": ("东区一组", "east"),
               "office": ("综合部", "top")}  # fmt: skip


@dataclass
class Company:
    """The people by username as attributes (`company.li_na`), `departments` and `roles` by key."""

    people: dict[str, Person] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def present(self) -> list[Person]:
        """Everybody who may sign in."""
        return [person for person in self.people.values() if person.is_active]


def build_company() -> Company:
    """A tree of thirteen people: every role, two regions, a team, one who left."""
    company = Company()
    with acting(the_system(), "test"):
        install_roles()
        company.roles = {role.key: role for role in Role.objects.all()}
        for key, (name, above) in DEPARTMENTS.items():
            company.departments[key] = Department.objects.create(name=name, parent=company.departments.get(above))
        password = make_password(PASSWORD)
        for username, (name, title, department, supervisor, _roles) in PEOPLE.items():
            company.people[username] = Person(
                username=username, name=name, title=title, department=company.departments[department],
                supervisor=company.people.get(supervisor), email=f"{username}@example.com", password=password,
                is_active=username != "leaver",
            )  # fmt: skip
            company.people[username].save()
        Person.roles.through.objects.bulk_create(
            Person.roles.through(person=company.people[username], role=company.roles[key])
            for username, (*_rest, keys) in PEOPLE.items()
            for key in keys
        )
    return company


class Rows:
    """Rows that were written once, to be put into a database that was rolled back since: without a model, in bulk."""

    def __init__(self):
        self.tables: dict[str, tuple[list[str], list[tuple]]] = {}

    def __enter__(self) -> "Rows":
        self.wrapper = connection.execute_wrapper(self.note)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *_) -> None:
        self.wrapper.__exit__(None, None, None)
        with connection.cursor() as cursor:
            for table in self.tables:
                cursor.execute(f'SELECT * FROM "{table}"')
                self.tables[table] = [column[0] for column in cursor.description], cursor.fetchall()

    def note(self, execute, sql, params, many, context):
        """Remember which tables are written to."""
        if written := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql):
            self.tables[written[1]] = [], []
        return execute(sql, params, many, context)

    def put_back(self) -> None:
        """Make these tables hold these rows again."""
        with connection.cursor() as cursor:
            for table in reversed(self.tables):
                cursor.execute(f'DELETE FROM "{table}"')
            for table, (columns, rows) in self.tables.items():
                names, places = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows)


_kept: list[tuple[bytes, Rows]] = []


def company_again() -> Company:
    """The company as this process built it first, under the same numbers, in a tenth of the time."""
    if not _kept:
        with Rows() as rows:
            company = build_company()
        _kept.append((pickle.dumps(company), rows))
        return company
    kept, rows = _kept[0]
    rows.put_back()
    config.bump()  # what was read of the configuration in another test is no longer true
    return pickle.loads(kept)
