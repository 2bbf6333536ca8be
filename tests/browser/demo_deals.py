"""What journeys in the demo company begin with: a customer of its own with an open deal, and a quote for it."""

from tests.browser.test_quotes import put_line

PASSWORD = "zhike-demo"
MADE = """
from zhike.customers.models import Customer
from zhike.kit.actions import acting
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.records import kinds
from zhike.records.actions import save_record
from zhike.sales.models import Opportunity
from zhike.sales.models.pipelines import pipelines
by = the_system()
seller = Person.objects.filter(title="客户经理", is_active=True).order_by("id")[{place}]
with acting(by, "test"):
    customer = Customer(name="{name}有限公司", owner=seller)
    save_record(kinds.get("customers.customer"), customer, by=by, created=True)
    deal = Opportunity(name="{name}产线改造", customer=customer, owner=seller, stage=pipelines()[0].stages_in_order[0])
    save_record(kinds.get("sales.opportunity"), deal, by=by, created=True)
print(seller.username, deal.pk, customer.pk, seller.supervisor.username, seller.supervisor.supervisor.username)
"""


def make_deal(demo, name: str, place: int) -> list[str]:
    """A customer and an open deal of the salesperson at a place: seller, deal, customer, supervisor, the one above."""
    return demo.installation.python(MADE.format(name=name, place=place)).split()


def make_quote(page, deal: str, title: str, product: str, quantity: int) -> str:
    """Write a quote of one line for a deal, as its owner; gives its address."""
    page.goto(f"/opportunities/{deal}/quotes/")
    page.locator("a.btn", has_text="新建报价").last.click()
    page.locator("#record-form").wait_for()
    page.locator("#id_title").fill(title)
    page.locator("#record-form button.primary").click()
    page.locator("#quote-lines").wait_for()
    put_line(page, page.locator("#quote-lines fieldset.line").count(), product, quantity=str(quantity))
    page.locator("#quote-lines button[value=save]").click()
    page.locator("#toasts").get_by_text("已保存").wait_for()
    return page.url


def hand_in(page) -> None:
    """Submit the quote that is open."""
    page.get_by_role("link", name="提交", exact=True).click()
    page.locator("#dialog button.primary").click()
