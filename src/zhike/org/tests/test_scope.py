"""Who sees what: the scope says it, SQL and brute force agree, forgetting it is loud (ORG-2, ORG-3, ORG-4)."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Contact, Customer
from zhike.customers.tests.factories import ContactFactory, CustomerFactory
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Forbidden, NotVisible, OutsideAction, Refused, UnscopedQuery
from zhike.kit.viewer import viewer_of
from zhike.org import actions
from zhike.org.models import AccessRequest, Department, Person, RecordShare, Role
from zhike.org.tests.factories import RecordShareFactory
from zhike.org.viewers import the_system
from zhike.records import config
from zhike.records.actions import change_record
from zhike.records.models import AuditEntry, InboxItem
from zhike.records.queries import record, record_for

SCOPES = [scope.value for scope in Role.DataScope]


@pytest.fixture
def customers(company):
    """A customer of everybody who sells."""
    return {
        name: CustomerFactory(name=f"{name}的客户", owner=person)
        for name, person in company.people.items()
        if name in ("li_na", "wang_wei", "zhao_lei", "lead_east", "manager_west", "leaver")
    }


def seen_by(viewer):
    return {name.removesuffix("的客户") for name in Customer.objects.visible_to(viewer).values_list("name", flat=True)}


def test_ORG_2_supervisors_at_every_level_see_what_their_people_have(company, customers, viewer):
    assert seen_by(viewer(company.li_na)) == {"li_na"}
    assert seen_by(viewer(company.lead_east)) == {"li_na", "wang_wei", "leaver", "lead_east"}
    assert seen_by(viewer(company.manager_east)) == {"li_na", "wang_wei", "leaver", "lead_east"}
    assert seen_by(viewer(company.manager_west)) == {"zhao_lei", "manager_west"}
    assert seen_by(viewer(company.gm)) == seen_by(viewer(company.admin)) == {*customers}


def test_ORG_3_one_query_that_names_no_viewer_fails_loudly(company, customers):
    for forgotten in (
        lambda: list(Customer.objects.filter(tier="key")),
        lambda: Customer.objects.count(),
        lambda: Customer.objects.get(pk=customers["li_na"].pk),
        lambda: Customer.objects.exists(),
        lambda: list(Contact.objects.values("name")),
        lambda: Customer.objects.aggregate(n=__import__("django.db.models", fromlist=["Count"]).Count("pk")),
        lambda: customers["li_na"].contacts.count(),
    ):
        with pytest.raises(UnscopedQuery):
            forgotten()
    with acting(the_system(), "test"):
        for forgotten in (lambda: Customer.objects.update(name="x"), lambda: Customer.objects.all().delete()):
            with pytest.raises(UnscopedQuery):
                forgotten()


def test_ORG_3_writing_outside_an_action_fails_loudly(company, customers):
    for write in (
        lambda: Customer(name="x", owner=company.li_na).save(),
        lambda: customers["li_na"].save(),
        lambda: customers["li_na"].delete(),
        lambda: Customer.objects.whole_table("test").update(name="x"),
        lambda: Customer.objects.bulk_create([Customer(name="x", owner=company.li_na)]),
    ):
        with pytest.raises(OutsideAction):
            write()


def test_ORG_3_sharing_shows_one_record_to_read_or_to_edit(company, customers, viewer):
    li_na, reader_of_one = viewer(company.li_na), viewer(company.zhao_lei)
    mine = customers["li_na"]
    ContactFactory(customer=mine, name="共享的联系人")
    with pytest.raises(NotVisible):
        record(reader_of_one, CUSTOMER, mine.pk)
    actions.share_record(CUSTOMER, mine, by=li_na, people=[company.zhao_lei])
    assert seen_by(reader_of_one) == {"zhao_lei", "li_na"}
    assert Contact.objects.visible_to(reader_of_one).filter(name="共享的联系人").exists()
    with pytest.raises(Forbidden):
        record_for(reader_of_one, CUSTOMER, mine.pk)
    with pytest.raises(Forbidden):  # what was shown to one is not theirs to show on
        actions.share_record(CUSTOMER, mine, by=reader_of_one, people=[company.wang_wei])
    actions.share_record(CUSTOMER, mine, by=li_na, people=[company.zhao_lei], can_change=True)
    change_record(CUSTOMER, record_for(reader_of_one, CUSTOMER, mine.pk), {"phone": "021-5555"}, by=reader_of_one)
    shares = RecordShare.objects.filter(object_id=mine.pk)
    actions.unshare_record(CUSTOMER, mine, shares.get(), by=li_na)
    assert seen_by(reader_of_one) == {"zhao_lei"}
    kept = AuditEntry.objects.filter(kind="customers.customer", object_id=mine.pk, verb="shared").order_by("id")
    assert [entry.person for entry in kept] == [company.li_na] * 3
    assert "赵磊" in kept[0].changes["shared"][1] and "赵磊" in kept[2].changes["shared"][0]


def test_ORG_4_what_is_lent_comes_back_by_itself(company, customers, viewer, sign_in):
    today, mine = dates.today(), customers["li_na"]
    page = sign_in(company.li_na).post(
        f"/shares/customers/{mine.pk}/", {"people": [company.zhao_lei.pk], "until": today.isoformat()}
    )
    assert page.status_code == 302
    assert "li_na" in seen_by(viewer(company.zhao_lei))
    assert InboxItem.objects.filter(person=company.zhao_lei).count() == 1
    RecordShare.objects.update(until=today - timedelta(days=1))
    assert "li_na" not in seen_by(viewer(company.zhao_lei))


def test_ORG_4_the_pages_of_sharing_keep_the_line(company, customers, sign_in):
    mine, url = customers["li_na"], f"/shares/customers/{customers['li_na'].pk}/"
    assert sign_in(company.li_na).get(url).status_code == 200
    assert sign_in(company.manager_east).get(url).status_code == 200
    assert sign_in(company.zhao_lei).get(url).status_code == 404
    assert sign_in(company.reader).get(url).status_code == 403
    yesterday = (dates.today() - timedelta(days=1)).isoformat()
    assert sign_in(company.li_na).post(url, {"people": [company.zhao_lei.pk], "until": yesterday}).status_code == 422
    assert sign_in(company.li_na).post(url, {"people": [company.leaver.pk]}).status_code == 422
    share = RecordShareFactory(kind=CUSTOMER.label, object_id=mine.pk, person=company.zhao_lei, granted_by=company.gm)
    assert sign_in(company.wang_wei).post(f"/shares/{share.pk}/end/").status_code == 404
    assert "li_na的客户" in sign_in(company.zhao_lei).get("/shares/").content.decode()
    assert "li_na的客户" not in sign_in(company.wang_wei).get("/shares/").content.decode()
    assert sign_in(company.zhao_lei).post(f"/shares/{share.pk}/end/").status_code == 302
    assert not RecordShare.objects.exists()


def test_ORG_4_who_asks_learns_nothing_until_the_owner_grants(company, customers, sign_in, viewer):
    asker, until = sign_in(company.zhao_lei), str(dates.today() + timedelta(days=7))
    answers = [
        asker.post(
            "/access/ask/", {"kind": "customers", "word": word, "reason": "合并采购", "until": until}, follow=True
        )
        for word in ("li_na的客户", "根本没有的客户")
    ]
    said = [[str(m) for m in answer.context["messages"]] for answer in answers]
    assert said[0] == said[1] and "li_na的客户" not in answers[0].content.decode()
    asked = AccessRequest.objects.get()
    assert InboxItem.objects.get(person=company.li_na).url == f"/access/{asked.pk}/"
    assert sign_in(company.zhao_lei).get(f"/access/{asked.pk}/").status_code == 404
    assert sign_in(company.manager_west).get(f"/access/{asked.pk}/").status_code == 404
    page = sign_in(company.lead_east).post(f"/access/{asked.pk}/", {"grant": "1", "until": until})
    assert page.status_code == 302
    seen = viewer(company.zhao_lei)
    assert "li_na" in seen_by(seen)
    with pytest.raises(Forbidden):
        record_for(seen, CUSTOMER, customers["li_na"].pk)
    assert sign_in(company.li_na).post(f"/access/{asked.pk}/", {"grant": "1", "until": until}).status_code == 422
    assert AuditEntry.objects.filter(verb="shared", person=company.lead_east).count() == 1


def test_ORG_4_where_the_owner_has_left_their_supervisor_is_asked(company, customers, viewer):
    actions.ask_access(CUSTOMER, "leaver的客户", by=viewer(company.zhao_lei), reason="接手", until=dates.today())
    assert [*InboxItem.objects.values_list("person__username", flat=True)] == ["lead_east"]
    with pytest.raises(Refused):
        actions.ask_access(
            CUSTOMER, "x", by=viewer(company.zhao_lei), reason="y", until=dates.today() - timedelta(days=1)
        )


# The algebra: whatever the tree, the roles and the shares, SQL says what the rules say.

PEOPLE = 7


@st.composite
def companies(draw):
    """A random company: supervisors (possibly none), departments, roles, shares."""
    small = st.integers(0, PEOPLE - 1)
    return {
        "above": [draw(st.one_of(st.none(), st.integers(0, i - 1))) if i else None for i in range(PEOPLE)],
        "department": [draw(st.one_of(st.none(), st.integers(0, 3))) for _ in range(PEOPLE)],
        "below": [None, *(draw(st.integers(0, i)) for i in range(3))],  # the parent of each department
        "roles": [draw(st.lists(st.sampled_from(SCOPES), max_size=2)) for _ in range(PEOPLE)],
        "owners": draw(st.lists(small, min_size=1, max_size=8)),
        "shares": draw(st.lists(st.tuples(small, st.integers(0, 7), st.sampled_from([None, -1, 0, 3])), max_size=6)),
    }


def people_seen(plan, who):
    """The ids whose records a person sees, worked out plainly; None for everybody's."""
    seen, grew = {who}, True
    while grew:
        found = {i for i in range(PEOPLE) if plan["above"][i] in seen and i not in seen}
        seen, grew = seen | found, bool(found)
    here = plan["department"][who]
    for scope in plan["roles"][who]:
        if scope == "everything":
            return None
        if here is not None and scope in ("department", "below"):
            wanted, grew = {here}, scope == "below"
            while grew:
                found = {d for d in range(4) if plan["below"][d] in wanted and d not in wanted}
                wanted, grew = wanted | found, bool(found)
            seen |= {i for i in range(PEOPLE) if plan["department"][i] in wanted}
    return seen


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=companies())
def test_ORG_3_what_sql_shows_is_what_the_rules_say(db, plan):
    from django.db import transaction

    with transaction.atomic(), config.reading():
        people, rows = build(plan)
        for who, person in enumerate(people):
            seen = people_seen(plan, who)
            lent = {
                rows[what % len(rows)].pk
                for whom, what, days in plan["shares"]
                if whom == who and (days is None or days >= 0)
            }
            wanted = {
                row.pk
                for row, owner in zip(rows, plan["owners"], strict=True)
                if seen is None or owner in seen or row.pk in lent
            }
            shown = [*Customer.objects.visible_to(viewer_of(person.pk)).values_list("pk", flat=True)]
            assert sorted(shown) == sorted(wanted)  # as lists: nothing twice
        transaction.set_rollback(True)


def build(plan):
    """The planned company in the database."""
    with acting(the_system(), "test"):
        roles = {
            scope: Role.objects.create(key=scope, name=scope, data_scope=scope, verbs=["customers.customer.view"])
            for scope in [*SCOPES, "none"]
            if scope != "none"
        }
        viewing = Role.objects.create(key="viewing", name="viewing", verbs=["customers.customer.view"])
        departments = []
        for number, parent in enumerate(plan["below"]):
            above = departments[parent] if parent is not None else None
            departments.append(Department.objects.create(name=f"d{number}", parent=above))
        people = []
        for number in range(PEOPLE):
            above, place = plan["above"][number], plan["department"][number]
            person = Person(username=f"p{number}", name=f"p{number}")
            person.supervisor = people[above] if above is not None else None
            person.department = departments[place] if place is not None else None
            person.set_unusable_password()
            person.save()
            person.roles.set([viewing, *(roles[scope] for scope in plan["roles"][number])])
            people.append(person)
        config.bump()
    rows = [CustomerFactory(owner=people[owner]) for owner in plan["owners"]]
    for whom, what, days in plan["shares"]:
        until = None if days is None else dates.today() + timedelta(days=days)
        RecordShare.objects.update_or_create(
            person=people[whom], kind=CUSTOMER.label, object_id=rows[what % len(rows)].pk,
            defaults={"until": until, "granted_by": people[0]},
        )  # fmt: skip
    # Of several shares of one record to one person the last holds.
    latest = {}
    for whom, what, days in plan["shares"]:
        latest[whom, what % len(rows)] = (whom, what, days)
    plan["shares"] = [*latest.values()]
    return people, rows
