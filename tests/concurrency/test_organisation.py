"""Changes of the organisation at the same time, with real commits (ORG-1, ORG-3)."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import viewer_of
from zhike.org import actions
from zhike.org.models import Person, Role
from zhike.org.tests.factories import PersonFactory, build_company

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Do these in threads that start together; gives what each was refused with, or None."""
    start, answers = Barrier(len(works)), [None] * len(works)

    def do(place, work):
        try:
            start.wait()
            work()
        except (Refused, Forbidden) as refusal:  # who comes later may not even be let in any more
            answers[place] = refusal
        finally:
            connection.close()

    threads = [Thread(target=do, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_ORG_3_two_administrators_cannot_demote_each_other_at_once():
    company = build_company()
    second = PersonFactory(roles=["administrator"])
    sales = [Role.objects.get(key="sales").pk]
    answers = at_once(
        lambda: actions.change_person(company.admin, {"roles": sales}, by=viewer_of(second.pk)),
        lambda: actions.change_person(second, {"roles": sales}, by=viewer_of(company.admin.pk)),
    )
    assert sum(answer is not None for answer in answers) == 1
    assert Person.objects.filter(roles__is_administrator=True, is_active=True).count() == 1


def test_ORG_1_two_changes_at_once_make_no_circle():
    company = build_company()
    by = viewer_of(company.admin.pk)
    answers = at_once(
        lambda: actions.change_person(company.li_na, {"supervisor": company.zhao_lei.pk}, by=by),
        lambda: actions.change_person(company.zhao_lei, {"supervisor": company.li_na.pk}, by=by),
    )
    assert sum(answer is not None for answer in answers) == 1
