"""What the demo company's products hang on: a tree of categories, price lists, bundles, material to send (SAL-5)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.kit import fonts
from zhike.kit.viewer import Viewer, viewer_of
from zhike.packs.distribution.people import COMPANY
from zhike.records import kinds
from zhike.records.actions import attach_file
from zhike.sales.models import BundlePart, PriceList, PriceListItem, Product, ProductCategory

# category: (below, series of the products in it, words by which some of them belong here instead)
CATEGORIES = {
    "硬件": ("", "", ()), "视觉检测": ("硬件", "视觉检测", ()), "在线检测系统": ("视觉检测", "", ("系统", "灯检")),
    "控制与驱动": ("硬件", "控制与驱动", ()), "控制器": ("控制与驱动", "", ("控制器", "I/O")),
    "机器人与输送": ("硬件", "机器人与输送", ()), "软件": ("", "软件", ()), "服务": ("", "服务", ()),
}  # fmt: skip
# (name, class A–D, tier, percent of the list price, series; none is all, days from today it is valid)
PRICE_LISTS = [
    ("年末备货促销", "", "", 90, ("控制与驱动",), (-20, 40)),
    ("A 类客户价", "A", "", 93, (), None),
    ("B 类客户价", "B", "", 96, ("视觉检测", "控制与驱动"), None),
    ("重点客户价", "", "key", 94, (), None),
    ("去年框架协议价", "A", "", 91, ("服务",), (-400, -35)),
]  # fmt: skip
STEPS = {"控制与驱动": (10, 97)}  # from so many pieces on, percent of the price in the list
# (name, code, price of its own, discount on the parts in percent, parts)
BUNDLES = [
    ("视觉检测入门套装", "TZ-001", None, 5, [("外观检测工作站", 1), ("标签比对相机", 2), ("安装调试", 5), ("操作培训", 2)]),
    ("产线数据化套装", "TZ-002", 218000, 0, [("产线数据看板", 1), ("质量追溯系统", 1), ("操作培训", 4)]),
    ("上下料单元", "TZ-003", None, 6, [("六轴机器人 12 kg", 1), ("可编程控制器 C600", 1), ("人机界面 10 寸", 1), ("安装调试", 8)]),
]  # fmt: skip


def stock(world: Any, products: list[Product], keep: Any) -> None:
    """File the products, price them for classes of customers, bundle them, keep material with them. Inside an action."""
    _file(products)
    _price(world, products)
    _bundle(world, products, keep)
    _add_material(viewer_of(world.people.all["chengw"].pk), products)


def _file(products: list[Product]) -> None:
    made: dict[str, ProductCategory] = {}
    for order, (name, (below, _series, _words)) in enumerate(CATEGORIES.items(), 1):
        made[name] = ProductCategory(name=name, parent=made.get(below), order=order * 10)
        made[name].save()
    for product in products:
        for name, (_below, series, words) in CATEGORIES.items():  # what lies deeper comes later, and wins
            if series == product.series or any(word in product.name for word in words):
                product.category = made[name]
    Product.objects.bulk_update(products, ["category"])


def _price(world: Any, products: list[Product]) -> None:
    items = []
    for order, (name, abc, tier, percent, series, days) in enumerate(PRICE_LISTS, 1):
        row = PriceList(name=name, abc=abc, tier=tier, order=order * 10)
        if days:
            row.valid_from, row.valid_until = (world.today + timedelta(days=n) for n in days)
        row.save()
        for product in products:
            if series and product.series not in series:
                continue
            price = (product.list_price * percent / 100).quantize(Decimal(1))
            items.append(PriceListItem(price_list=row, product=product, price=price))
            if step := STEPS.get(product.series):
                less = (price * step[1] / 100).quantize(Decimal(1))
                items.append(PriceListItem(price_list=row, product=product, price=less, from_quantity=Decimal(step[0])))
    PriceListItem.objects.bulk_create(items)


def _bundle(world: Any, products: list[Product], keep: Any) -> None:
    known, made = {product.name: product for product in products}, world.instant(world.today - timedelta(days=90), 9)
    category = ProductCategory(name="套装", order=5)
    category.save()
    rows = [
        Product(code=code, name=name, series="套装", unit="套", category=category, bundle_discount=Decimal(discount),
                list_price=None if price is None else Decimal(price), created_at=made, updated_at=made)
        for name, code, price, discount, _parts in BUNDLES
    ]  # fmt: skip
    keep(Product, rows)
    BundlePart.objects.bulk_create(
        BundlePart(bundle=row, product=known[name], quantity=Decimal(count))
        for row, bundle in zip(rows, BUNDLES, strict=True)
        for name, count in bundle[-1]
    )


def _add_material(by: Viewer, products: list[Product]) -> None:
    kind, content = kinds.get(Product._meta.label_lower), _brochure(products)
    for product in products:
        if product.series in ("视觉检测", "机器人与输送", "软件"):
            upload = SimpleUploadedFile(f"{COMPANY}产品手册.pdf", content, "application/pdf")
            attach_file(kind, product, by=by, upload=upload)
        if product.series == "控制与驱动":
            table = f"项目,参数\n型号,{product.code}\n供电,AC 220 V / DC 24 V\n防护等级,IP20\n工作温度,0–55 ℃\n"
            upload = SimpleUploadedFile(f"{product.name}技术参数.csv", table.encode("utf-8-sig"), "text/csv")
            attach_file(kind, product, by=by, upload=upload)


def _brochure(products: list[Product]) -> bytes:
    """What we sell, by series, on one sheet."""
    from fpdf import FPDF  # a library that takes long to start

    pdf = FPDF(format="A4")
    pdf.add_font("hei", "", fonts.hei())
    pdf.add_page()
    pdf.set_font("hei", size=18)
    pdf.cell(0, 14, f"{COMPANY} 产品手册", align="C", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("hei", size=10)
    with pdf.table(col_widths=(30, 60, 30, 30), line_height=7, first_row_as_headings=False) as table:
        table.row(("系列", "产品", "型号", "目录价（元）"))
        for product in products:
            table.row((product.series, product.name, product.code, f"{product.list_price:,.2f}"))
    return bytes(pdf.output())
