"""Mail servers for the tests of this room: a real Dovecot, a real SMTP server, a mailbox nobody used before."""

import time

import pytest

from tests.mail_servers import Dovecot, Outgoing, smtp_server
from zhike.mail import actions
from zhike.org.viewers import the_system


@pytest.fixture(scope="session")
def dovecot():
    server = Dovecot()
    yield server
    server.close()


@pytest.fixture
def allowed_here(db):
    actions.save_rules(by=the_system(), inside_hosts="127.0.0.1\nlocalhost")


@pytest.fixture
def outgoing():
    kept = Outgoing()
    with smtp_server(kept) as kept.port:
        yield kept


@pytest.fixture
def user():
    """A mailbox nobody used before."""
    return f"lina{time.monotonic_ns()}@chenghu.cn"
