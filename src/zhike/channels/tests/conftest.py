import ipaddress

import pytest

from zhike.channels.tests.fakes import serving


@pytest.fixture
def outside(settings):
    """A server outside the house: the fake runs on this machine, so this machine is allowed."""
    settings.OUTGOING_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as server:
        yield server
