"""Importing in the browser: a messy GB 18030 file, corrected, its words explained, mended and taken back (IMP-2)."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from zhike.kit.tables.reader import open_table
from zhike.kit.tables.writer import write_xlsx

CUSTOMERS = """客户资料导出表（内部）,,,,,,
,,,,,,
客户名称,联系电话,省,市,区,客户级别,来源,信用代码
 卷云精密机械有限公司 ,0512-62345678,江苏,苏州,工业园区,大客户,展会推荐,91350100M000100Y43
卷云新能源科技有限公司,138 0013 8000,江苏,无锡,新吴区,普通,行业论坛,
卷云电子有限公司,021 5555 6666 转 801,上海,上海,浦东,大客户,行业论坛,91350100M000100Y44
"""


def whole(page, size):
    """The whole page in the window, so that axe sees all of it."""
    height = page.evaluate("Math.max(...[...document.querySelectorAll('html, body, main')].map((e) => e.scrollHeight))")
    page.set_viewport_size({**size, "height": min(max(height + 100, size["height"]), 8000)})


def choose(page, column, field):
    page.get_by_label(column, exact=True).select_option(label=field)


@pytest.mark.parametrize(("device", "options"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_IMP_2_a_messy_file_is_imported_mended_and_taken_back(
    open_page, product, sign_in, assert_accessible, screenshot, tmp_path, device, options
):
    page = sign_in(open_page(product, options))

    def seen(step):
        whole(page, options["viewport"])
        screenshot(page, f"import-{step}-{device}")
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth > screen.width + 1")
        assert not wide, f"step {step} is wider than the {device}"
        page.set_viewport_size(options["viewport"])

    def upload(path):
        page.goto("/import/?kind=customers")
        page.locator("input[type=file]").set_input_files(path)
        page.get_by_role("button", name="继续").click()
        page.wait_for_url("**/columns/")

    def check():
        page.get_by_role("button", name="核对文件").click()
        page.get_by_role("button", name="开始导入").wait_for()

    file = tmp_path / f"{device}.csv"
    file.write_bytes(
        CUSTOMERS.replace("卷云", f"卷云{device}")
        .replace("来源", f"来源 {device}")
        .replace("行业论坛", f"{device}论坛")
        .encode("gb18030")
    )
    upload(file)
    page.get_by_role("combobox", name="编码").get_by_text("自动（GB18030").wait_for(state="attached")
    assert page.locator(".preview .titles td").first.inner_text() == "客户名称"
    page.get_by_role("combobox", name="编码").select_option("big5")
    page.wait_for_url("**encoding=big5**")
    page.get_by_role("combobox", name="编码").select_option("")
    page.get_by_role("link", name="第 1 行").click()
    page.locator(".preview .titles td").get_by_text("内部").wait_for()
    page.get_by_role("link", name="第 3 行").click()
    page.locator(".preview .titles td").get_by_text("客户名称").wait_for()
    choose(page, f"来源 {device}", "来源")
    choose(page, "市", "地址")
    choose(page, "区", "地址")
    page.locator("#joins").get_by_text("苏州工业园区").wait_for()
    seen("columns")
    check()
    words = page.locator(".words li")
    assert words.filter(has_text="大客户").locator("small").inner_text() == "2 行"
    seen("words")
    page.get_by_label("大客户", exact=True).select_option(label="重点")
    page.get_by_label("普通", exact=True).select_option(label="字段留空")
    page.get_by_label(f"{device}论坛", exact=True).select_option(label=f"把“{device}论坛”加入选项")
    page.get_by_label("展会推荐", exact=True).select_option(label="展会")
    page.get_by_role("button", name="保存并重新核对").click()
    page.locator(".words").wait_for(state="detached")
    page.get_by_text("校验位不符").wait_for()
    seen("checked")
    page.get_by_role("button", name="开始导入").click()
    page.get_by_role("link", name="导入改好的文件").wait_for()
    seen("result")
    with page.expect_download() as download:
        page.get_by_role("link", name="失败行").click()
    failed = open_table(download.value.path())
    assert [cells[0] for _line, cells in failed.rows()] == [f"卷云{device}电子有限公司"]
    mended = tmp_path / "mended.xlsx"
    rows = [["" if title == "信用代码" else cell for title, cell in zip(failed.columns, cells, strict=True)]
            for _line, cells in failed.rows()]  # fmt: skip
    write_xlsx(mended, failed.columns, rows)
    upload(mended)
    page.get_by_text("已沿用当时的选择").wait_for()
    check()
    page.get_by_role("button", name="开始导入").click()
    page.get_by_role("button", name="撤销导入").wait_for()
    page.goto(f"/customers/?q=卷云{device}")
    page.get_by_text(f"卷云{device}电子有限公司").first.wait_for()
    assert page.get_by_text("浦东").count() == 0 and page.locator("tbody tr").count() == 3
    page.goto("/import/")
    page.get_by_role("link", name=file.name).first.click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="撤销导入").click()
    page.get_by_text("该导入已撤销").wait_for()
    seen("undone")
    page.goto(f"/customers/?q=卷云{device}")
    page.get_by_text(f"卷云{device}电子有限公司").first.wait_for()
    assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("图片.csv", b"\x89PNG\r\n\x1a\n", "这不是表格"), ("空.xlsx", b"PK\x03\x04" + b"0" * 60, "")],
)
def test_bad_input_a_file_that_is_no_table_is_told_and_another_chosen(
    page, sign_in, assert_accessible, tmp_path, name, content, said
):
    sign_in(page)
    file = tmp_path / name
    file.write_bytes(content)
    page.goto("/import/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="继续").click()
    page.locator(".note.t-bad").get_by_text(said).first.wait_for()
    assert_accessible(page)
    page.get_by_role("link", name="换一个文件").click()
    page.locator("input[type=file]").wait_for()
