"""A real Chromium against the real product: `page` (desktop) and `phone`, each with helpers on it.

A test fails, too, when the browser reports a script error, a blocked resource or a failed request of its page.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.installation import ROOT, Installation

# Playwright's event loop lives in this thread; the tests read the database only between its steps.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ADMIN_PASSWORD = "correct-horse-battery-7"
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
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


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


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    """The running product, empty but for its administrator; `product.installation` runs commands in it."""
    installation = Installation(tmp_path_factory.mktemp("product"), ZHIKE_ADMIN_PASSWORD=ADMIN_PASSWORD)
    with installation.up() as running:
        yield running


@pytest.fixture
def page(browser, product):
    """A desktop page of nobody yet."""
    yield from new_page(browser, product, {"width": 1440, "height": 900})


@pytest.fixture
def phone(browser, product):
    """A page on a phone of nobody yet."""
    yield from new_page(browser, product, {"width": 390, "height": 844}, is_mobile=True, has_touch=True)


def new_page(browser, product, viewport, **options):
    """A page in a browser profile of its own; complains at the end about what the browser complained about."""
    context = browser.new_context(
        base_url=product.url, viewport=viewport, locale="zh-CN", timezone_id="Asia/Shanghai", **options
    )
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.product = product
    complaints = []
    # Answers such as 403, 409 and 422 are part of the product; Chromium logs them as failed resources.
    opened.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert not complaints, "the browser complained:\n" + "\n".join(complaints)


def is_complaint(message) -> bool:
    return message.type == "error" and not re.search(r"status of (4(03|04|09|22))", message.text)


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

    def check(page: Page, *, leave_out: str = "") -> None:
        page.evaluate(source)
        options = {"runOnly": {"type": "tag", "values": RULES}}
        where = {"exclude": [[leave_out]]} if leave_out else {"include": [["html"]]}
        found = page.evaluate("([where, options]) => axe.run(where, options)", [where, options])["violations"]
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
