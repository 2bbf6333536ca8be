"""Real input, to its end: the sales data set is loaded, and a regional manager works with it (docs/crm-sales.md)."""

import re
import subprocess
import sys

import pytest

from tests.browser.conftest import ADMIN_PASSWORD
from tests.crm_sales import EXAMPLE, read, write_small
from tests.installation import ROOT
from tests.templates import migrated_on_sqlite

PASSWORD = "regional-manager-5"
# Where everything is that stands on a board.
BOXES = """() => [...document.querySelectorAll('.bar > *, .toolbar > *, .lane, .lane > *')]
    .map((element) => element.getBoundingClientRect())"""


@pytest.fixture(scope="module")
def files(request, tmp_path_factory):
    """The real files where they are on this machine, else made-up ones of the same shape."""
    try:
        return request.getfixturevalue("shared_data") / "maven_crm"
    except pytest.skip.Exception:
        return write_small(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def product(files, tmp_path_factory):
    """The running product with the data set in it."""
    folder = tmp_path_factory.mktemp("sales")
    installation = migrated_on_sqlite(folder / "data", ZHIKE_ADMIN_PASSWORD=ADMIN_PASSWORD)
    command = folder / "zhike"
    command.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m zhike "$@"\n')
    command.chmod(0o755)
    with installation.up() as running:
        done = subprocess.run(
            [EXAMPLE / "load.sh", files], env={**installation.environment, "ZHIKE": str(command)},
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        installation.run("user", username(manager_of(files)), "--password", PASSWORD)
        yield running


def manager_of(files) -> str:
    """The manager this journey is about: the first whose team has deals in the first stage."""
    early = {row["sales_agent"] for row in read(files, "opportunities") if row["deal_stage"] == "Prospecting"}
    return min(row["manager"] for row in read(files, "users") if row["sales_agent"] in early)


def username(name: str) -> str:
    """The username the import made from a name."""
    return name.lower().replace(" ", ".")


def team_of(files) -> set[str]:
    """The manager's own salespeople."""
    return {row["sales_agent"] for row in read(files, "users") if row["manager"] == manager_of(files)}


def count_of(page, lane: str) -> int:
    """The number in the head of a column of the board; on a page that is opened it comes after the cards."""
    page.locator(".lane .sum", has_text="加权").first.wait_for()
    return int(page.locator(f"section.lane:has(h2:text-is('{lane}')) header .n").first.inner_text())


def lane_of(page, name: str):
    """The list of cards of a column."""
    return page.locator(f"section.lane:has(h2:text-is('{name}')) > ul")


def test_IMP_2_SAL_2_a_regional_manager_sees_exactly_the_team_on_the_board(
    page, files, sign_in, assert_accessible, screenshot
):
    team = team_of(files)
    deals = [row for row in read(files, "opportunities") if row["sales_agent"] in team]
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.goto("/opportunities/board/")
    assert count_of(page, "意向") == sum(row["deal_stage"] == "Prospecting" for row in deals)
    assert count_of(page, "售前跟踪") == sum(row["deal_stage"] == "Engaging" for row in deals)
    for lane in page.locator("section.lane:not(.end)").all():
        while more := lane.locator(".more button").all():
            cards = lane.locator(".kcard").count()
            more[0].click()
            page.wait_for_function(
                "([lane, n]) => lane.querySelectorAll('.kcard').length > n", arg=[lane.element_handle(), cards]
            )
        assert lane.locator(".kcard").count() == int(lane.locator("header .n").first.inner_text())
    owners = page.locator(".kcard .ft > .end-x").evaluate_all("spans => spans.map((s) => s.title)")
    assert set(owners) == {row["sales_agent"] for row in deals if row["deal_stage"] in ("Prospecting", "Engaging")}
    assert_accessible(page)
    screenshot(page, "board")


def test_CUS_6_CUS_7_an_account_is_found_by_a_part_of_its_name_and_opens_all_round(
    page, files, sign_in, assert_accessible, screenshot
):
    team = team_of(files)
    account = min(
        row["account"] for row in read(files, "opportunities") if row["sales_agent"] in team and row["account"]
    )
    theirs = [row for row in read(files, "opportunities") if row["account"] == account and row["sales_agent"] in team]
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(account.lower()[:-3])
    page.locator("#palette [role=option]", has_text=account).first.click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    assert page.locator("h1").inner_text() == account
    assert_accessible(page)
    page.locator(".c-tabs a", has_text="商机").click()
    page.locator("#panel table tbody tr").first.wait_for()
    assert page.locator("#panel table tbody tr").count() == min(len(theirs), 200)
    screenshot(page, "customer-360-deals")


def test_SAL_2_a_card_moves_by_mouse_by_keyboard_and_by_its_menu(page, files, sign_in, assert_accessible, screenshot):
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.goto("/opportunities/board/")
    before = count_of(page, "售前跟踪")
    card = f"#{lane_of(page, '意向').locator('.kcard').first.get_attribute('id')}"
    page.drag_and_drop(card, "section.lane:has(h2:text-is('售前跟踪')) > ul")
    lane_of(page, "售前跟踪").locator(card).wait_for()
    assert count_of(page, "售前跟踪") == before + 1

    page.locator(f"{card} h3 a").focus()
    page.keyboard.press("Alt+ArrowRight")
    lane_of(page, "商务谈判").locator(card).wait_for()

    page.locator(f"{card} .mv").click()
    page.locator("#dialog[open] button[name=stage]", has_text="意向").click()
    reason = page.locator("#dialog[open] input[name=reason]")
    reason.wait_for()
    assert_accessible(page)
    reason.fill("客户换了负责人")
    page.locator("#dialog[open] footer .btn.primary").click()
    lane_of(page, "意向").locator(card).wait_for()

    page.drag_and_drop(card, "section.lane.end.k-lost > ul")
    page.locator("#dialog[open] select[name=reason]").select_option(index=1)
    screenshot(page, "board-lost")
    page.locator("#dialog[open] footer .btn").last.click()
    page.locator(card).wait_for(state="detached")
    assert count_of(page, "售前跟踪") == before


@pytest.mark.parametrize("where", ["page", "phone"])
def test_SAL_2_sums_that_come_after_the_board_move_nothing_on_it(where, request, files, sign_in, assert_accessible):
    page, held = request.getfixturevalue(where), []
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.route("**/board/?*part=sums*", lambda route: held.append(route))
    page.goto("/opportunities/board/?amount__gte=0&expected_on__gte=2000-01-01")
    status, before = page.locator(".toolbar [role=status]"), page.evaluate(BOXES)
    assert status.inner_text() == "…" and page.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert_accessible(page)
    held.pop().continue_()
    page.locator(".lane .sum", has_text="加权").first.wait_for()
    assert page.evaluate(BOXES) == before and "加权" in status.inner_text()
    assert_accessible(page)


def test_SAL_2_sums_from_before_a_move_that_come_after_it_are_not_shown(page, files, sign_in):
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.goto("/opportunities/board/")
    before, held = count_of(page, "售前跟踪"), []
    page.route("**/board/?*part=sums*", lambda route: held.append((route, route.fetch())))
    page.reload()
    card = f"#{lane_of(page, '意向').locator('.kcard').first.get_attribute('id')}"
    page.locator(f"{card} h3 a").focus()
    page.keyboard.press("Alt+ArrowRight")
    lane_of(page, "售前跟踪").locator(card).wait_for()
    route, answer = held.pop()
    with page.expect_event("requestfinished", lambda asked: "part=sums" in asked.url):
        route.fulfill(response=answer)
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert count_of(page, "售前跟踪") == before + 1
    assert not held  # and the board that came with the move asked for none


def test_SAL_4_the_page_of_a_deal_shows_its_way(page, files, sign_in, assert_accessible, screenshot):
    sign_in(page, username(manager_of(files)), PASSWORD)
    page.goto("/opportunities/board/")
    lane_of(page, "售前跟踪").locator(".kcard h3 a").first.click()
    page.locator(".path [aria-current=step]", has_text="售前跟踪").wait_for()
    assert_accessible(page)
    page.locator("#checklist button").first.click()
    page.locator("#checklist button[aria-pressed=true]").wait_for()
    screenshot(page, "opportunity")
    page.locator(".c-acts .btn.primary").click()
    page.locator("#dialog[open] footer .btn").last.click()
    page.locator("#dialog[open] .note, #dialog[open] .err").first.wait_for()  # no amount yet: the gate says so
    assert_accessible(page)


def test_SAL_4_board_and_deal_on_a_phone(phone, files, sign_in, assert_accessible, screenshot):
    sign_in(phone, username(manager_of(files)), PASSWORD)
    phone.goto("/opportunities/board/")
    assert_accessible(phone)
    screenshot(phone, "board-phone")
    phone.locator(".kcard h3 a").first.click()
    phone.locator(".path").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert_accessible(phone)
    screenshot(phone, "opportunity-phone")
