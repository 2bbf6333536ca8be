"""Every page that links lead to, on the demo company: accessible, without complaints, and within a phone's width."""

import re
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import DESKTOP, PHONE, RULES

# Where a walk must not go: out of the session, to files, and to the page that reads the API's description (not ours).
LEFT_OUT = re.compile(r"logout|/files/|download|/pdf/|\.(pdf|csv|xlsx)$|^/api/|/static/")
# What is one page for all records, fields, kinds or lists of words.
ALIKE = re.compile(r"/\d+|(?<=/filter)/[^/]+|(?<=/lists)/[^/]+|(?<=/settings/fields)/[^/]+|(?<=/picklists)/[^/]+")
# The pages are the same, the colours too: what a phone may add is what is too small to touch.
ON_A_PHONE = ["wcag22aa"]


def shape_of(address: str) -> str:
    """Addresses that differ only in which record, field or kind they are about are of one page."""
    return ALIKE.sub("/0", urlsplit(address).path)


@contextmanager
def laid_open(page, size):
    """The whole page within the window: what a bar at the foot covers by chance of the scroll is no smaller for it."""
    height = page.evaluate("Math.max(...[...document.querySelectorAll('html, body, main')].map((e) => e.scrollHeight))")
    page.set_viewport_size({**size, "height": min(max(height + 200, size["height"]), 15_000)})
    try:
        yield
    finally:
        page.set_viewport_size(size)


@pytest.mark.parametrize(("device", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_point_11_every_page_is_accessible_and_fits(
    open_page, demo, sign_in, assert_accessible, screenshot, device, options
):
    page = sign_in(open_page(demo, options))
    waiting, seen, wrong = ["/"], set(), []
    while waiting:
        address = waiting.pop(0)
        if shape_of(address) in seen:
            continue
        seen.add(shape_of(address))
        try:
            answer = page.goto(address)
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            continue
        if not answer.ok:
            wrong.append(f"{address}: answers {answer.status}")
            page.complaints.clear()
            continue
        screenshot(page, f"{device}{re.sub('[^a-z0-9]+', '-', shape_of(address))}".rstrip("-"))
        try:
            with laid_open(page, options["viewport"]):
                assert_accessible(page, rules=ON_A_PHONE if device == "phone" else RULES)
        except AssertionError as error:
            wrong.append(str(error))
        if page.evaluate("document.documentElement.scrollWidth > screen.width + 1"):
            wrong.append(f"{address}: wider than the {device}")
        for link in page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
            target = urlsplit(urljoin(page.url, link))
            path = f"{target.path}?{target.query}" if target.query else target.path
            if target.netloc == urlsplit(page.url).netloc and not LEFT_OUT.search(target.path):
                waiting.append(path)
    print(f"{device}: {len(seen)} pages")
    assert not wrong, "\n\n".join(wrong)
    assert len(seen) > 200
