"""What tests of every room use: the small company, its people as viewers and signed in."""

import pytest
from django.test import Client

from zhike.kit.viewer import viewer_of


@pytest.fixture
def company(db):
    """The one small company: `company.gm`, `company.li_na`, … with departments and roles."""
    from zhike.org.tests.factories import build_company

    return build_company()


@pytest.fixture
def viewer():
    """`viewer(company.li_na)` gives the Viewer of a person."""
    return lambda person: viewer_of(person.pk)


@pytest.fixture
def sign_in():
    """`sign_in(company.li_na)` gives a test client in which this person is signed in."""

    def signed_in(person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return signed_in
