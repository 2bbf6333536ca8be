"""Ten million follow-ups and half a million tasks for the data set of the benchmark, made by the database itself.

Most customers have eight follow-ups, each 997th has two thousand: a page must not be slower for whom one knows best.
"""

from django.db import connection, models, transaction

from zhike.activities.models import Activity, Task
from zhike.bench.data import _default, _plain, indexed_afterwards, statistics, step
from zhike.customers.models import Customer
from zhike.kit import dates

USUAL, MANY, EACH = 8, 2000, 997
YEARS = 730 * 86_400  # seconds over which they are spread
BATCH = 50_000  # customers in a transaction
KINDS = "CASE n.n % 5 WHEN 0 THEN 'visit' WHEN 1 THEN 'call' WHEN 2 THEN 'wechat' WHEN 3 THEN 'meeting' ELSE 'call' END"
WHY = "making the data of the benchmark"


def generate() -> None:
    """Add follow-ups and tasks to a database that has customers and their contacts."""
    customers = Customer.objects.whole_table(WHY).aggregate(most=models.Max("pk"))["most"]
    with indexed_afterwards([Activity, Task]):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE bench_n (n bigint PRIMARY KEY)")
            numbers = ", ".join(f"({n})" for n in range(1, MANY + 1))
            cursor.execute(f"INSERT INTO bench_n (n) VALUES {numbers}")
        with step("follow-ups"):
            for first in range(0, customers, BATCH):
                follow_ups(first, first + BATCH)
        with step("tasks"):
            for first in range(0, customers, BATCH):
                tasks(first, first + BATCH)
    with step("last follow-ups"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customers_customer SET last_activity_at = (SELECT MAX(happened_at) FROM activities_activity a"
            " WHERE a.customer_id = customers_customer.id) WHERE id % 3 <> 0"
        )
    statistics()


def follow_ups(after: int, last: int) -> None:
    """What was said with the customers of a range of ids."""
    at = ago(f"(c.id * 48271 + n.n * 7654321) % {YEARS}")
    written = "'第' || n.n || '次沟通：客户关心交期与价格，答应下周给答复'"
    values = {"kind": KINDS, "happened_at": at, "created_at": at, "updated_at": at, "minutes": "30",
              "summary": written, "author_id": "c.owner_id", "owner_id": "c.owner_id", "customer_id": "c.id",
              "contact_id": "c.main_contact_id"}  # fmt: skip
    many = f"n.n <= CASE WHEN c.id % {EACH} = 0 THEN {MANY} ELSE {USUAL} END"
    fill(Activity, values, f"customers_customer c JOIN bench_n n ON {many} WHERE c.id > {after} AND c.id <= {last}")


def tasks(after: int, last: int) -> None:
    """A task for every other customer of a range: one in twenty-five is open, due within ten days of now."""
    is_open = "c.id % 50 = 0"
    due = f"CASE WHEN {is_open} THEN {ago('c.id * 7919 % 1728000 - 864000')} ELSE {ago(f'c.id * 7919 % {YEARS}')} END"
    values = {"title": "'联系' || c.name", "kind": "'call'", "assignee_id": "c.owner_id", "customer_id": "c.id",
              "assigned_by_id": "c.owner_id", "due_at": due, "updated_at": due, "created_at": due,
              "status": f"CASE WHEN {is_open} THEN 'open' ELSE 'done' END",
              "closed_at": f"CASE WHEN {is_open} THEN NULL ELSE {ago(f'c.id * 7919 % {YEARS}')} END"}  # fmt: skip
    fill(Task, values, f"customers_customer c WHERE c.id % 2 = 0 AND c.id > {after} AND c.id <= {last}")


def fill(model: type[models.Model], values: dict[str, str], rows: str) -> None:
    """INSERT … SELECT: some columns by SQL, the others by their defaults."""
    columns, said, given = [], [], []
    for column in model._meta.local_concrete_fields:
        if column.primary_key:
            continue
        columns.append(f'"{column.column}"')
        if column.column in values:
            said.append(values[column.column])
        else:
            said.append("%s")
            given.append(_plain(column.get_db_prep_save(_default(column), connection)))
    # The driver reads a percent sign as the place of a value.
    chosen = ", ".join(s if s == "%s" else s.replace("%", "%%") for s in said)
    text = f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) SELECT {chosen} FROM {rows.replace("%", "%%")}'
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, given)


def remainder(column: str) -> models.Expression:
    """Nought for the customers with many follow-ups."""
    return models.ExpressionWrapper(models.F(column) % EACH, models.IntegerField())


def ago(seconds: str) -> str:
    """SQL of the moment so many seconds back."""
    now = dates.now().replace(microsecond=0, tzinfo=None).isoformat(sep=" ")
    if connection.vendor == "sqlite":
        return f"datetime('{now}', (-({seconds})) || ' seconds')"
    return f"(timestamptz '{now}+00' - ({seconds}) * interval '1 second')"
