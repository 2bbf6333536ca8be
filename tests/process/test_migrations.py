"""What was filled in under an earlier shape of the tables is there under the present one."""

import json

AS_OF = """
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
apps = MigrationLoader(connection).project_state([{states}]).apps
make = lambda model, /, **values: apps.get_model(model).objects.create(**values)
"""

FILLED_IN_BEFORE_CATEGORIES = """
make("records.PicklistOption", picklist="sales.product_category", code="pump", label="水泵", order=7)
for name, category in [("A", "pump"), ("B", "pump"), ("C", "valve"), ("D", "")]:
    make("sales.Product", code=name, name=name, category=category)
"""

FILLED_IN_BEFORE_LETTERS = """
person = make("org.Person", username="li_na", name="李娜")
customer = make("customers.Customer", name="恒旭", owner=person)
quote = make("sales.Quote", number="Q1", customer=customer, owner=person)
for n, status in enumerate(["sent", "sending", "waiting", "failed"]):
    make("sales.QuoteSending", quote=quote, person=person, to=f"{status}@example.com", subject=f"报价 {n}",
         text="您好：\\n\\n请查收报价。", status=status, error="550" if status == "failed" else "",
         sent_at=timezone.now() if status == "sent" else None)
"""

WHAT_CAME_OF_IT = """
import json
from django.db import connection
from zhike.mail.models import Letter, LetterBody
from zhike.sales.models import Product
letters = Letter._base_manager.order_by("pk").select_related("customer", "holder", "owner", "quote")
print(json.dumps({
    "letters": [[l.status, l.subject, l.to[0][1], l.customer.name, l.holder.name, l.owner.name, l.quote.number,
                 l.sends_quote, l.error, l.snippet] for l in letters],
    "texts": list(LetterBody._base_manager.values_list("text", flat=True)),
    "products": {p.name: p.category and p.category.name for p in Product._base_manager.select_related("category")},
    "tables": [t for t in connection.introspection.table_names() if "sending" in t],
}))
"""


def as_of(*states: tuple[str, str]) -> str:
    return AS_OF.format(states=", ".join(map(repr, states)))


def test_nothing_filled_in_is_lost_by_migrating(new_installation):
    old = new_installation
    old.run("manage", "migrate", "sales", "0008", "--verbosity=0")
    old.python(as_of(("sales", "0008_targets"), ("records", "0001_initial")) + FILLED_IN_BEFORE_CATEGORIES)
    old.run("manage", "migrate", "sales", "0013", "--verbosity=0")
    old.python(as_of(("sales", "0013_quote_letters")) + FILLED_IN_BEFORE_LETTERS)
    old.run("manage", "migrate", "--verbosity=0")
    now = json.loads(old.python(WHAT_CAME_OF_IT))
    assert now["products"] == {"A": "水泵", "B": "水泵", "C": "valve", "D": None}
    sent, sending, waiting, failed = now["letters"]
    assert sent == ["sent", "报价 0", "sent@example.com", "恒旭", "李娜", "李娜", "Q1", True, "", "您好： 请查收报价。"]
    assert (sending[0], waiting[0], failed[0], failed[-2]) == ("unsure", "failed", "failed", "550")
    assert waiting[-2] and now["texts"] == ["您好：\n\n请查收报价。"] * 4 and now["tables"] == []
