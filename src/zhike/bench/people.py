"""The people of the benchmark: one company whose sellers work in teams of fifty."""

from zhike.kit.actions import acting
from zhike.org.models import Department, Person, Role
from zhike.org.setup import install_roles
from zhike.org.viewers import the_system


def make_people(count: int, team: int) -> list[int]:
    """An administrator, managers with a team each, sellers; gives the ids of the sellers."""
    with acting(the_system(), "bench"):
        install_roles()
        role = {r.key: r for r in Role.objects.all()}
        top = Department.objects.create(name="基准公司")
        make_person("bench-admin", "管理员", top, None, role["administrator"])
        sellers = []
        for number in range(0, count, team):
            there = Department.objects.create(name=f"{number // team + 1}部", parent=top)
            manager = make_person(f"bench-manager-{number // team}", f"经理{number}", there, None, role["manager"])
            sellers += [
                make_person(f"bench-seller-{number + i}", f"客户经理{number + i}", there, manager, role["sales"]).pk
                for i in range(team)
            ]
    return sellers


def make_person(username: str, name: str, department: Department, above: Person | None, role: Role) -> Person:
    """A colleague who cannot sign in by password; the benchmark makes their sessions itself."""
    person = Person(username=username, name=name, department=department, supervisor=above)
    person.set_unusable_password()
    person.save()
    person.roles.set([role])
    return person
