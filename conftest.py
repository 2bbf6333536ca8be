"""What every test may use: the public data sets, the small company, its people as viewers and signed in."""

import gc
import os
import shutil
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import settings as hypothesis_settings

from tests.stack import with_room

ROOT = Path(__file__).resolve().parent

# No test is judged by the clock, neither are its examples: the machine may be busy.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")


def pytest_collection_finish():
    """What is loaded by now stays to the end: no need to look through it for garbage, nor so often through the rest."""
    gc.freeze()
    gc.set_threshold(10_000, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Call each test with room for what it calls; `None` leaves the calling to pytest."""
    pyfuncitem.obj = with_room(pyfuncitem.obj)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets whose licences keep them out of the repository."""
    folder = Path(os.environ.get("ZHIKE_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip("the public data sets (ZHIKE_SHARED_DATA) are not on this machine")
    return folder


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings) -> bool:
    """The test database begins as a copy of a migrated one; `migrate` then finds nothing to do."""
    from django.conf import settings

    from tests import templates

    test = settings.DATABASES["default"]["TEST"]
    if is_sqlite := settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        shutil.copyfile(templates.migrated_file(), test["NAME"])
    else:
        test["TEMPLATE"] = templates.migrated_database()
    return is_sqlite


@pytest.fixture
def company(db):
    """The one small company: `company.gm`, `company.li_na`, … with departments and roles."""
    from zhike.org.tests.factories import company_again

    return company_again()


@pytest.fixture
def viewer():
    """`viewer(company.li_na)` gives the Viewer of a person."""
    from zhike.kit.viewer import viewer_of

    return lambda person: viewer_of(person.pk)


@pytest.fixture
def sign_in():
    """`sign_in(company.li_na)` gives a test client in which this person is signed in."""

    def signed_in(person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return signed_in
