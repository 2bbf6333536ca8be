"""The calendar in the browser: arranged, dragged, made longer, seen by the manager, carried out (ACT-3, ACT-5)."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import PHONE

PASSWORD = "zhike-demo"
MANAGER = "zhoumz"
NEXT = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=28)
MONDAY = NEXT - timedelta(days=NEXT.weekday())  # a week with nothing in it yet but what repeats
TITLE = "恒旭二期方案澄清"
OUTCOME = "确认两处修改，下周给新版报价"


@pytest.fixture(scope="module")
def seller(demo):
    """The username and id of one of the manager's people, and of the manager."""
    code = (
        "import json; from zhike.org.models import Person; boss = Person.objects.get(username='zhoumz');"
        "one = Person.objects.filter(supervisor=boss, is_active=True).order_by('pk')[0];"
        "print('>' + json.dumps([one.username, one.pk, boss.pk]))"
    )
    said = demo.installation.run("manage", "shell", "--no-imports", "-c", code).stdout
    return json.loads(said.rpartition(">")[2])


def minute(page, box, of_day):
    """The y of a minute of the day in the columns of hours."""
    grid = page.locator(".cal-grid")
    first, hours = (int(grid.get_attribute(f"data-{name}")) for name in ("first", "hours"))
    return box["y"] + (of_day - first * 60) / (hours * 60) * box["height"]


def column(page, day, person):
    return page.locator(f'.cal-col[data-day="{day.isoformat()}"][data-person="{person}"]')


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 8, steps=4)
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def shown(page, day, person, title=TITLE):
    return column(page, day, person).locator(".ev", has_text=title)


def test_ACT_5_an_appointment_is_arranged_moved_made_longer_seen_and_carried_out(
    open_page, demo, seller, sign_in, assert_accessible, screenshot
):
    name, me, boss = seller
    page = sign_in(open_page(demo), name, PASSWORD)
    page.goto(f"/calendar/?view=week&on={MONDAY}&who={me}")
    tuesday, thursday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)

    # Dragged over empty hours, it asks what; with whom, and who is free then.
    box = column(page, tuesday, me).bounding_box()
    x = box["x"] + box["width"] / 2
    drag(page, (x, minute(page, box, 600) + 2), (x, minute(page, box, 690)))
    dialog = page.locator("dialog#dialog[open]")
    dialog.locator("#id_title").fill(TITLE)
    dialog.locator(".pick input[data-pick-url]").first.fill("恒")
    dialog.locator(".pick [role=option]").first.click()
    customer = dialog.locator("input[name=customer]").input_value()
    assert customer
    assert dialog.locator("#id_due_at").input_value() == f"{tuesday}T10:00"
    assert dialog.locator("#id_ends_at").input_value() == f"{tuesday}T11:30"
    dialog.locator(f'input[name=people][value="{boss}"]').check()
    dialog.locator(".cal-busy li").nth(1).wait_for()
    assert_accessible(page)
    screenshot(page, "calendar-new")
    dialog.locator("footer button.primary").click()
    event = shown(page, tuesday, me)
    event.wait_for()
    assert "10:00–11:30" in event.inner_text()
    assert_accessible(page)

    # To another day and hour; then longer by its lower edge; both to the quarter.
    start, goal = event.bounding_box(), column(page, thursday, me).bounding_box()
    drag(page, (start["x"] + 20, start["y"] + 6), (goal["x"] + 30, minute(page, goal, 870) + 6 + 3))
    moved = shown(page, thursday, me)
    moved.wait_for()
    assert "14:30–16:00" in moved.inner_text()
    edge, goal = moved.bounding_box(), column(page, thursday, me).bounding_box()
    drag(page, (edge["x"] + 30, edge["y"] + edge["height"] - 3), (edge["x"] + 30, minute(page, goal, 1005)))
    page.locator(".ev", has_text="14:30–16:45").wait_for()
    page.locator("#toasts button").last.click()
    page.locator(".ev", has_text="14:30–16:00").wait_for()

    # By keys: a day earlier, a quarter later.
    shown(page, thursday, me).focus()
    page.keyboard.press("Alt+ArrowLeft")
    wednesday = MONDAY + timedelta(days=2)
    shown(page, wednesday, me).wait_for()
    page.wait_for_function("document.activeElement?.dataset.task")
    page.keyboard.press("Alt+ArrowDown")
    page.locator(".ev", has_text="14:45–16:15").wait_for()
    screenshot(page, "calendar-week")

    # The manager has it in the column of their person, beside their own; somebody else's change is told.
    manager = sign_in(open_page(demo), MANAGER, PASSWORD)
    manager.goto(f"/calendar/?view=day&on={wednesday}")
    manager.locator(f'.cal-side input[value="{me}"]').check()
    manager.wait_for_url("**chosen=1**")
    assert manager.locator(".cal-head .cal-who").count() == 2
    theirs = shown(manager, wednesday, me)
    theirs.wait_for()
    assert_accessible(manager)
    screenshot(manager, "calendar-people")
    page.keyboard.press("Alt+ArrowDown")
    page.locator(".ev", has_text="15:00–16:30").wait_for()
    theirs.focus()
    manager.keyboard.press("Alt+ArrowUp")
    shown(manager, wednesday, me, "15:00–16:30").wait_for()
    assert manager.locator("#toasts .bad").count() == 1
    for view in ("week", "month", "list"):
        manager.goto(f"/calendar/?view={view}&on={wednesday}")
        manager.get_by_text(TITLE).first.wait_for()
        assert_accessible(manager)
        screenshot(manager, f"calendar-people-{view}")

    # Carried out in one step: the appointment, the customer's record and the work log have it.
    page.wait_for_load_state("networkidle")  # what was moved last is drawn anew
    shown(page, wednesday, me).click()
    page.locator("#drawer a.primary").click()
    page.locator("#dialog #id_summary").fill(OUTCOME)
    page.locator("#dialog footer button.primary").click()
    page.wait_for_url("**/tasks/**")
    for there in (f"/customers/{customer}/?tab=timeline", "/work-log/"):
        page.goto(there)
        page.get_by_text(OUTCOME).first.wait_for()
    page.goto(f"/calendar/?view=week&on={MONDAY}&who={me}")
    page.locator(".ev.done", has_text=TITLE).wait_for()


def test_ACT_5_the_calendar_on_a_phone_and_its_address_for_the_phone_s_own(
    open_page, demo, seller, sign_in, assert_accessible, screenshot
):
    phone = sign_in(open_page(demo, PHONE), seller[0], PASSWORD)
    for view in ("list", "day", "week", "month"):
        phone.goto(f"/calendar/?view={view}")
        assert phone.evaluate("document.documentElement.scrollWidth <= screen.width"), view
        assert_accessible(phone)
        screenshot(phone, f"calendar-phone-{view}")
    phone.goto("/me/calendar/")
    phone.locator("form[action$='/renew/'] button").click()
    address = phone.locator("#feed-address")
    address.wait_for()
    assert_accessible(phone)
    screenshot(phone, "calendar-feed")
    answer = phone.context.request.get(address.input_value())
    assert answer.ok and answer.text().startswith("BEGIN:VCALENDAR")
