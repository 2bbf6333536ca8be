"""On the phone: a visit in six taps and twenty seconds, kept when the connection drops, sent once; an app (ACT-1, PLT)."""

import time
from base64 import b64decode

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.installation import Running

MOST_TAPS = 6
MOST_SECONDS = 20
MOST_BYTES = 60 * 1024
ASKED = """
from zhike.org.models import Person
print(Person.objects.filter(roles__key="sales", is_active=True).order_by("id").first().username)
"""


@pytest.fixture(scope="module")
def seller(demo):
    """A salesperson of the demo company."""
    return demo.installation.python(ASKED).strip().splitlines()[-1]


class Taps:
    """A finger that counts."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def __call__(self, locator):
        self.count += 1
        locator.tap()


def follow_ups(demo: Running) -> int:
    """How many follow-ups there are, as the list counts them."""
    return int(demo.installation.python(COUNT).strip().splitlines()[-1])


COUNT = "from zhike.activities.models import Activity; print(Activity.objects.whole_table('test').count())"


FILES = """
from zhike.activities.models import Activity
from zhike.records.models import StoredFile
row = Activity.objects.whole_table("test").get(summary="拍了铭牌和车间")
print(StoredFile.objects.filter(kind="activities.activity", object_id=row.pk).count())
"""
DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def test_ACT_1_a_visit_is_logged_on_a_phone_in_six_taps_and_twenty_seconds(
    demo, open_page, sign_in, seller, assert_accessible
):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    expect(phone.locator(".tabbar")).to_be_visible()
    tap, began = Taps(phone), time.monotonic()
    tap(phone.locator(".tabbar .add"))
    tap(phone.locator("#new-sheet").get_by_role("link", name="记跟进"))
    tap(phone.locator("nav.chips").first.get_by_role("link").first)
    tap(phone.locator(".seg label", has_text="拜访"))
    phone.get_by_role("textbox", name="参加人").wait_for()
    phone.locator("#id_summary").fill("看了二期现场，需求已确认")
    tap(phone.locator(".chips button", has_text="明天"))
    looking = time.monotonic()
    assert_accessible(phone)
    began += time.monotonic() - looking  # the salesperson does not wait for that
    tap(phone.get_by_role("button", name="保存"))
    phone.get_by_text("看了二期现场，需求已确认").first.wait_for()
    assert tap.count <= MOST_TAPS and time.monotonic() - began < MOST_SECONDS


def test_ACT_1_what_is_logged_without_a_connection_is_sent_once_when_it_is_back(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    phone.goto("/activities/log/")
    phone.locator("nav.chips").first.get_by_role("link").first.tap()
    phone.locator("#id_summary").fill("地下车库里记的")
    phone.locator("input[name=key]").wait_for(state="attached")
    phone.wait_for_load_state("networkidle")
    before = follow_ups(demo)
    phone.context.set_offline(True)
    phone.get_by_role("button", name="保存").tap()
    expect(phone.locator(".waiting-box")).to_contain_text("1")
    assert follow_ups(demo) == before
    phone.context.set_offline(False)
    expect(phone.locator(".waiting-box")).to_be_hidden()
    assert follow_ups(demo) == before + 1
    phone.complaints.clear()  # the browser says that it was offline


def log_of_first_customer(phone):
    """The form of a follow-up on the first customer offered; gives its text field."""
    phone.goto("/activities/log/")
    phone.locator("nav.chips").first.get_by_role("link").first.tap()
    phone.locator("input[name=key]").wait_for(state="attached")
    phone.wait_for_load_state("networkidle")
    return phone.locator("#id_summary")


def test_ACT_1_a_follow_up_begun_is_there_again_until_it_is_saved(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    log_of_first_customer(phone).fill("写到一半来了电话")
    phone.reload()
    expect(phone.locator("#id_summary")).to_have_value("写到一半来了电话")
    phone.get_by_role("button", name="保存").tap()
    phone.get_by_text("写到一半来了电话").first.wait_for()
    expect(log_of_first_customer(phone)).to_have_value("")


def test_ACT_1_photos_of_a_camera_add_up_and_go_with_the_follow_up(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    log_of_first_customer(phone).fill("拍了铭牌和车间")
    camera = phone.locator("input[type=file][capture]")
    expect(phone.locator("label", has=camera)).to_be_visible()
    for name in ("铭牌.png", "车间.png"):  # a camera gives one at a time
        camera.set_input_files({"name": name, "mimeType": "image/png", "buffer": DOT})
        expect(phone.locator("[data-names]")).to_contain_text(name)
    expect(phone.locator("[data-names]")).to_contain_text("铭牌.png")
    phone.get_by_role("button", name="保存").tap()
    phone.get_by_text("拍了铭牌和车间").first.wait_for()
    assert demo.installation.python(FILES).strip().splitlines()[-1] == "2"


def test_ACT_1_what_is_refused_later_stays_until_its_writer_lets_it_go(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    log_of_first_customer(phone).fill("客户已经不在了")
    phone.evaluate(
        "document.querySelector('form[data-outbox]').setAttribute('hx-post', '/activities/of/99999999/log/')"
    )
    phone.context.set_offline(True)
    phone.get_by_role("button", name="保存").tap()
    waiting = phone.locator(".waiting-box")
    expect(waiting).to_contain_text("1")
    asked = []
    phone.on(
        "dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss() if len(asked) < 2 else dialog.accept())
    )
    phone.context.set_offline(False)
    expect(phone.locator(".toast", has_text="客户已经不在了")).to_be_visible()
    waiting.tap()
    expect(waiting).to_contain_text("1")
    waiting.tap()
    expect(waiting).to_be_hidden()
    assert len(asked) == 2 and all("客户已经不在了" in text for text in asked)
    phone.complaints.clear()  # the browser says that it was offline


def test_PLT_the_product_is_an_app_with_a_page_for_no_connection(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    manifest = phone.evaluate("fetch('/manifest.webmanifest').then(r => r.json())")
    assert manifest["display"] == "standalone" and len(manifest["icons"]) == 3
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.reload()
    phone.wait_for_load_state("networkidle")
    kept = phone.evaluate(
        "caches.open('zk-static-1').then(c => c.keys()).then(k => k.map(r => new URL(r.url).pathname))"
    )
    assert "/offline/" in kept and all(path.startswith(("/static/", "/offline/")) for path in kept)
    phone.context.set_offline(True)
    phone.goto("/customers/", wait_until="commit")
    phone.get_by_text("没有网络").first.wait_for()
    phone.context.set_offline(False)
    phone.complaints.clear()


def test_ACT_1_each_screen_costs_less_than_sixty_kilobytes_after_the_first(demo, open_page, sign_in, seller):
    phone = sign_in(open_page(demo, PHONE), seller, "zhike-demo")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for path in ("/", "/customers/", "/opportunities/", "/activities/log/"):  # the first time
        phone.goto(path)
        phone.wait_for_load_state("networkidle")
    session = phone.context.new_cdp_session(phone)
    session.send("Network.enable")
    session.send(
        "Network.setBypassServiceWorker", {"bypass": True}
    )  # what goes over the line, with the browser's own cache
    bytes_of = []
    session.on("Network.loadingFinished", lambda event: bytes_of.append(event["encodedDataLength"]))
    for path in ("/", "/customers/", "/opportunities/", "/activities/log/"):
        bytes_of.clear()
        phone.goto(path)
        phone.wait_for_load_state("networkidle")
        assert 0 < sum(bytes_of) <= MOST_BYTES, (path, sum(bytes_of))
