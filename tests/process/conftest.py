"""Installations for tests of whole processes: migrated once per test process, copied for each test."""

import os

import pytest

from tests.installation import Installation, copy_of, drop_database, empty_database
from tests.templates import migrated_installation


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An installation with tables, the administrator `admin` (password `first-password`) and nothing else."""
    made = migrated_installation(tmp_path_factory.mktemp("migrated"), ZHIKE_ADMIN_PASSWORD="first-password")
    with made.up() as running:
        assert running.stop() == 0
    yield made
    drop_database(made.database)


@pytest.fixture
def installation(migrated, tmp_path):
    """A fresh copy of the migrated installation."""
    made = copy_of(migrated, tmp_path / "installation")
    yield made
    drop_database(made.database)


@pytest.fixture
def new_installation(tmp_path):
    """An installation nobody has started yet."""
    made = Installation(tmp_path / f"new-{os.getpid()}", empty_database())
    yield made
    drop_database(made.database)
