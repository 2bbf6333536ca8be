"""A daily report in the browser: drafted from the log, handed in, read by the manager who says something (ACT-4)."""

from tests.browser.conftest import PHONE

PASSWORD = "zhike-demo"
MANAGER = "zhoumz"


def test_ACT_4_a_report_is_drafted_handed_in_read_and_commented(
    open_page, demo, sign_in, assert_accessible, screenshot
):
    name = demo.installation.run(
        "manage", "shell", "--no-imports", "-c",
        "from zhike.org.models import Person; print('>' + Person.objects.filter(supervisor__username='zhoumz',"
        " is_active=True).order_by('pk')[0].username)",
    ).stdout.rpartition(">")[2].strip()  # fmt: skip
    seller = sign_in(open_page(demo, PHONE), name, PASSWORD)
    seller.goto("/work-log/")
    assert_accessible(seller)
    screenshot(seller, "work-log-phone")
    seller.get_by_role("link", name="写日报").tap()
    seller.locator("#id_done").fill("1. 拜访恒旭：确认二期范围")
    seller.locator("#id_trouble").fill("样机排期紧")
    assert_accessible(seller)
    screenshot(seller, "work-report-write-phone")
    seller.get_by_role("button", name="提交").tap()
    seller.get_by_text("样机排期紧").wait_for()

    manager = sign_in(open_page(demo), MANAGER, PASSWORD)
    manager.goto("/work-reports/team/")
    assert_accessible(manager)
    screenshot(manager, "work-reports-team")
    manager.get_by_role("link", name="未读").first.click()
    manager.locator("#drawer").get_by_text("完成的工作").first.wait_for()
    manager.goto("/work-reports/?author__team=&sort=-first_on")
    manager.get_by_role("link", name="日报").first.click()
    manager.get_by_text("1. 拜访恒旭：确认二期范围").first.wait_for()
    manager.locator("#said").fill("下周一起去")
    assert_accessible(manager)
    manager.get_by_role("button", name="点评").click()
    manager.get_by_text("下周一起去").first.wait_for()
    screenshot(manager, "work-report-read")

    seller.reload()
    seller.get_by_text("下周一起去").first.wait_for()
    assert seller.get_by_role("link", name="编辑").count() == 0
