"""A real Chromium against the real product: `page` (desktop) and `phone`, each with helpers on it.

A test fails, too, when the browser reports a script error, a blocked resource or a failed request of its page.
"""

import os
import re
import shutil
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, expect, sync_playwright

from tests.installation import ROOT, free_port
from tests.templates import demo_installation, migrated_on_sqlite

# Playwright's event loop lives in this thread; the tests read the database only between its steps.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# On a busy machine; a test that passes does not wait for these.
PATIENCE = 30_000  # milliseconds
expect.set_options(timeout=PATIENCE)

# A page is seen before its scripts listen: while it loads, while a module is on its way, while HTMX puts a part in.
SAY_LOADED = "addEventListener('load', () => document.documentElement.toggleAttribute('data-loaded', true))"
DEAF = "html:not([data-loaded]), html[data-coming], html:has(.htmx-added, .htmx-settling)"
# Answers such as 403, 409 and 422 are part of the product, which Chromium logs as failed resources; and `SAY_LOADED` may
# not run in the frame that a stranger's letter is shut in.
NO_COMPLAINT = re.compile(r"status of 4(03|04|09|22)|^Blocked script execution in '[^']*/letters/\d+/body/'")

ADMIN_PASSWORD = "correct-horse-battery-7"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "var" / "screenshots"
FIND = "async ([where, options]) => (await axe.run(where, options)).violations"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser; what is in one file stays in one process.

    The longest comes first. It makes the demo company; those who do not need that come while it does.
    """
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    walks = [item for item in here if item.path.stem == "test_every_page"]
    with_demo = {item.path for item in here if "demo" in item.fixturenames}
    for item in here:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.xdist_group(item.name if item in walks else item.path.stem))
    turns = {item: 2 * place for place, item in enumerate(walks)}
    items.sort(key=lambda item: turns.get(item, 3 if item.path in with_demo else 1))


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests, the system's own."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.fail("the browser tests need Chromium: ./zhike test installs it as root")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS, headless=True)
        yield chromium
        chromium.close()


class Letters:
    """What a mail server took in, as parsed messages in their order."""

    def __init__(self):
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the server's name for it
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """Letters to an address so far."""
        return [message for message in self.messages if address in str(message["To"])]


@pytest.fixture(scope="session")
def letters():
    """A real SMTP server at which the demo company's letters arrive; `letters.url` is its address."""
    handler = Letters()
    server = Controller(handler, hostname="127.0.0.1", port=free_port())
    server.start()
    handler.url = f"smtp://127.0.0.1:{server.port}"
    yield handler
    server.stop()


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    """The running product, empty but for its administrator; `product.installation` runs commands in it."""
    installation = migrated_on_sqlite(tmp_path_factory.mktemp("product"), ZHIKE_ADMIN_PASSWORD=ADMIN_PASSWORD)
    with installation.up() as running:
        yield running


@pytest.fixture(scope="session")
def demo(tmp_path_factory, letters):
    """The running product with the demo company in it; its letters arrive at `letters`."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "demo-company"
    installation = demo_installation(
        tmp_path_factory.mktemp("demo"), shared, ZHIKE_ADMIN_PASSWORD=ADMIN_PASSWORD, ZHIKE_EMAIL_URL=letters.url
    )
    with installation.up() as running:
        yield running


@pytest.fixture
def open_page(browser):
    """`open_page(product)` or `open_page(demo, PHONE)`: a page in a browser profile of its own.

    At its end the test fails about what the browser complained about.
    """
    opened = []

    def open_one(running, options=DESKTOP) -> Page:
        context = browser.new_context(
            base_url=running.url, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(SAY_LOADED)
        page = context.new_page()
        page.add_locator_handler(page.locator(DEAF), lambda: None)  # before each action it waits until that is over
        page.product, page.complaints = running, []
        page.on("console", lambda message: is_complaint(message) and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        opened.append(page)
        return page

    yield open_one
    for page in opened:
        page.context.close()
    complaints = [complaint for page in opened for complaint in page.complaints]
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


@pytest.fixture
def page(open_page, product):
    """A desktop page of nobody yet."""
    return open_page(product)


@pytest.fixture
def phone(open_page, product):
    """A page on a phone of nobody yet."""
    return open_page(product, PHONE)


def is_complaint(message) -> bool:
    return message.type == "error" and not NO_COMPLAINT.search(message.text)


@pytest.fixture(scope="session")
def sign_in():
    """`sign_in(page, username, password)`: through the form the first time, with the kept session afterwards."""
    kept: dict[tuple[str, str], list] = {}

    def enter(page: Page, username: str = "admin", password: str = ADMIN_PASSWORD) -> Page:
        if cookies := kept.get((page.product.url, username)):
            page.context.add_cookies(cookies)
            page.goto("/")
        else:
            page.goto("/accounts/login/")
            page.locator("input[name=login]").fill(username)
            page.locator("input[name=password]").fill(password)
            page.locator("form:has(input[name=password]) button[type=submit]").click()
            page.wait_for_url(lambda url: "/accounts/login" not in url)
            kept[page.product.url, username] = page.context.cookies()
        return page

    return enter


@pytest.fixture(scope="session")
def assert_accessible():
    """`assert_accessible(page)`: axe finds nothing against WCAG 2.2 AA."""
    source = AXE.read_text()

    def check(page: Page, *, leave_out: str = "", rules: list[str] = RULES) -> None:
        page.wait_for_load_state()  # a page on its way has no title yet
        page.locator(DEAF).wait_for(state="detached")
        page.evaluate(source)
        # Of what is well, axe would otherwise say for every element how to find it, and hand all of it over.
        options = {"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]}
        where = {"exclude": [[leave_out]]} if leave_out else {"include": [["html"]]}
        found = page.evaluate(FIND, [where, options])
        said = [
            f"{violation['id']}: {violation['help']}\n  " + "\n  ".join(n["html"][:200] for n in violation["nodes"][:5])
            for violation in found
        ]
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check


@pytest.fixture(scope="session")
def screenshot():
    """`screenshot(page, name)`: a picture in var/screenshots, for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, *, whole: bool = False) -> Path:
        page.evaluate("() => document.fonts.ready")
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    return take
