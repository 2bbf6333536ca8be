"""Five hundred people with a page open hear of a message at once, and of what came while they were away (ACT-7)."""

import asyncio
import resource

import pytest

from zhike.bench import live

PEOPLE = 500
WORDS = ["first", "second", "third"]  # a machine that is busy with something else may be late once, not each time


@pytest.fixture
def many_files():
    """Room for a connection each, here and in the server, which inherits it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = before[1] if before[1] != resource.RLIM_INFINITY else 4096
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(before[0], 4096), most), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ACT_7_five_hundred_open_pages_show_a_message_within_a_second_and_miss_none(installation, many_files):
    with installation.up() as running:
        cookies = live.ask(installation.environment, "people", str(PEOPLE)).splitlines()
        assert len(set(cookies)) == PEOPLE
        asyncio.run(told(running.port, cookies, installation.environment))
        assert "Traceback" not in (installation.folder / "logs" / "zhike.log").read_text()


async def told(port: int, cookies: list[str], environment: dict[str, str]) -> None:
    clients = [live.Client(port, cookie) for cookie in cookies]
    await connect(clients)
    for word in WORDS:
        latest = await tell(clients, environment, word)
        if latest < 1:
            break
    assert latest < 1, f"the last of {PEOPLE} saw it after {latest:.2f} s"
    for client in clients:
        client.close()
    await asyncio.to_thread(live.ask, environment, "tell", str(PEOPLE), "missed")
    await connect(clients)  # with Last-Event-ID, as a browser that comes back
    await live.heard_by_all(clients, "missed")
    for client in clients:
        heard = [said for said, _at in client.heard]
        client.close()
        assert heard.count("missed") == 1 and len(heard) == len(set(heard)), heard


async def connect(clients: list[live.Client]) -> None:
    for start in range(0, len(clients), 50):
        await asyncio.gather(*(client.connect() for client in clients[start : start + 50]))


async def tell(clients: list[live.Client], environment: dict[str, str], word: str) -> float:
    """A message to each; gives after how many seconds from the commit the last one had it. All hear it."""
    committed = float(await asyncio.to_thread(live.ask, environment, "tell", str(len(clients)), word))
    await live.heard_by_all(clients, word)
    heard = [[at - committed for said, at in client.heard if said == word] for client in clients]
    assert all(len(times) == 1 for times in heard), f"{sum(len(times) != 1 for times in heard)} heard it not once"
    return max(times[0] for times in heard)
