"""Real input: the public CRM sales data set, loaded by its mapping files, comes out as it went in."""

import html
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.test import Client

from tests import crm_figures
from tests.crm_sales import EXAMPLE, FILES, read, write_small
from zhike.api.tests.test_api import Caller
from zhike.customers.models import Customer
from zhike.kit.viewer import viewer_of
from zhike.org.models import Person
from zhike.org.setup import ensure_company
from zhike.records import config, kinds
from zhike.records.imports.engine import Import
from zhike.records.imports.mapping import Mapping
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Opportunity, OpportunityLine, Product, StageChange
from zhike.sales.setup import install_pipelines

pytestmark = pytest.mark.django_db
STAGES = {"Prospecting": "意向", "Engaging": "售前跟踪", "Won": "签单", "Lost": "输单"}
WHY = "a test compares the table with the file"


def deals():
    return Opportunity.objects.whole_table(WHY)


@pytest.fixture
def folder(tmp_path):
    """The made-up files."""
    return write_small(tmp_path)


@pytest.fixture
def load():
    """Imports all four files of a folder as load.sh does, and gives the counts by kind."""
    ensure_company("correct-horse-battery-7")
    install_pipelines()
    admin = viewer_of(Person.objects.get(username="admin").pk)

    def run(folder) -> dict[str, dict[str, int]]:
        counts = {}
        for kind, name in FILES.items():
            with config.reading():  # as a job does
                work = Import(kinds.get(kind), Mapping.load(EXAMPLE / f"{kind}.json"), admin)
                counts[kind] = work.run(folder / name)
            assert not counts[kind]["failed"], work.first_errors
            assert not work.unmapped, work.unmapped
        return counts

    return run


def test_IMP_2_all_of_the_real_set_is_in_and_twice_is_once(shared_data, load):
    """The real files are loaded once for all that is to be seen of them."""
    folder = shared_data / "maven_crm"
    first = load(folder)
    check_counts(folder, first)
    check_deals(folder)
    check_accounts(folder)
    check_teams(folder)
    check_reports(folder)
    check_nothing_new(folder, load(folder))


def test_IMP_2_all_rows_are_in_and_twice_is_once(folder, load):
    check_counts(folder, load(folder))
    check_nothing_new(folder, load(folder))


def test_IMP_2_days_amounts_and_names_of_deals_are_those_of_the_file(folder, load):
    load(folder)
    check_deals(folder)


def test_IMP_2_accounts_keep_sector_parent_and_figures(folder, load):
    load(folder)
    check_accounts(folder)


def test_ORG_2_a_regional_manager_sees_exactly_their_team(folder, load):
    load(folder)
    check_teams(folder)


def test_INS_1_win_rate_and_cycle_of_the_reports_are_those_of_the_file(folder, load):
    load(folder)
    check_reports(folder)


def check_counts(folder, first):
    """Every row is in, once, with its stage, agent, product and amount."""
    rows = {kind: read(folder, kind) for kind in FILES}
    for kind in ("customers", "products", "opportunities"):
        assert first[kind]["read"] == first[kind]["created"] == len(rows[kind]), kind
    pipeline = rows["opportunities"]

    expected = Counter(STAGES[row["deal_stage"]] for row in pipeline)
    assert Counter(deals().values_list("stage__name", flat=True)) == expected
    assert Counter(deals().values_list("owner__name", flat=True)) == Counter(row["sales_agent"] for row in pipeline)
    assert deals().filter(customer=None).count() == sum(not row["account"] for row in pipeline)
    won = sum((Decimal(row["close_value"]) for row in pipeline if row["deal_stage"] == "Won"), Decimal(0))
    assert sum(deals().filter(status="won").values_list("amount", flat=True)) == won

    assert {*Product.objects.whole_table(WHY).values_list("name", flat=True)} == {
        r["product"] for r in rows["products"]
    }
    mapped = Counter(row["product"].replace("GTXPro", "GTX Pro") for row in pipeline)
    assert Counter(OpportunityLine.objects.whole_table(WHY).values_list("product__name", flat=True)) == mapped
    assert StageChange.objects.whole_table(WHY).count() == len(pipeline)


def check_nothing_new(folder, second):
    """The same files again change nothing."""
    for kind, counts in second.items():
        rows = len(read(folder, kind))
        assert counts["created"] == counts["updated"] == 0 and counts["skipped"] == rows, (kind, counts)


def check_deals(folder):
    """Each deal as its line says."""
    known = {deal.code: deal for deal in deals().select_related("customer", "product", "stage")}
    for row in read(folder, "opportunities"):
        deal = known[row["opportunity_id"]]
        assert (deal.customer.name if deal.customer else "") == row["account"]
        assert (deal.closed_on.isoformat() if deal.closed_on else "") == row["close_date"]
        if row["engage_date"]:
            assert deal.opened_on.isoformat() == row["engage_date"]
        assert deal.amount == (Decimal(row["close_value"]) if row["close_value"] else None)
        assert deal.status == {"Won": "won", "Lost": "lost"}.get(row["deal_stage"], "open")
        assert deal.product.name in deal.name


def check_accounts(folder):
    """Each account with its industry, parent and figures."""
    by_name = {c.name: c for c in Customer.objects.whole_table(WHY).select_related("parent")}
    fields = {str(f.label): f for f in kinds.get("customers").fields.values()}
    for row in read(folder, "customers"):
        customer = by_name[row["account"]]
        assert (customer.parent.name if customer.parent else "") == row["subsidiary_of"]
        assert customer.industry == ("I" if row["sector"] == "technolgy" else customer.industry) != ""
        assert Decimal(str(fields["年收入（百万美元）"].read(customer))) == Decimal(row["revenue"])
        assert fields["成立年份"].read(customer) == int(row["year_established"])
        assert customer.custom["employees"] == int(row["employees"])
        assert customer.region != "Philipines"


def check_teams(folder):
    """Each manager sees the deals of their own people and the customers of those deals, and no others."""
    team = {row["sales_agent"]: row for row in read(folder, "users")}
    by_manager = Counter(team[row["sales_agent"]]["manager"] for row in read(folder, "opportunities"))
    seen_by_all = 0
    for manager in {row["manager"] for row in team.values()}:
        person = Person.objects.get(name=manager)
        agents = {name for name, row in team.items() if row["manager"] == manager}
        assert {*person.reports.values_list("name", flat=True)} == agents
        assert person.department.name == next(r["regional_office"] for r in team.values() if r["manager"] == manager)
        rows = OPPORTUNITY.rows(viewer_of(person.pk))
        assert rows.count() == by_manager[manager]
        assert {*rows.values_list("owner__name", flat=True).distinct()} <= agents
        accounts = {*rows.exclude(customer=None).values_list("customer_id", flat=True).distinct()}
        customers = kinds.get("customers").rows(viewer_of(person.pk))
        assert {*customers.values_list("pk", flat=True)} == accounts
        seen_by_all += rows.count()
    assert seen_by_all == len(read(folder, "opportunities"))


def check_reports(folder):
    """Win rate and cycle, by agent, manager, product and month: API and page say what the file says."""
    rows, admin = crm_figures.decided(folder), Person.objects.get(username="admin")
    client, caller = Client(), Caller(admin)
    client.force_login(admin)
    days = f"?from={min(r['close_date'] for r in rows)}&to={max(r['close_date'] for r in rows)}"
    for by, column in [("owner", "sales_agent"), ("manager", "manager"), ("product", "product"), ("month", "month")]:
        said = caller.get(f"/api/v1/reports/win_rate{days}&by={by}").json()
        rates = crm_figures.win_rates(rows, column)
        figures = [(r["won"], r["lost"], Decimal(str(r["win_rate"])), Decimal(r["won_amount"])) for r in said["rows"]]
        assert dict(zip([r["name"] for r in said["rows"]], figures, strict=True)) == rates, by
        assert said["total"]["won"] == sum(won for won, *_rest in rates.values())
        assert said["total"]["lost"] == sum(lost for _won, lost, *_rest in rates.values())
        for page in (f"/reports/win_rate/{days}&by={by}", f"/opportunities/analysis/{days}&by={by}&as=result"):
            shown = figures_of(client.get(page).content.decode())
            for name, (won, lost, *_rest) in rates.items():
                percent = crm_figures.rounded(100 * won, won + lost, "0.1")
                assert shown[name][:3] == [f"{won:,}", f"{lost:,}", f"{percent}%"], (page, name)
        said = caller.get(f"/api/v1/reports/cycle_days{days}&by={by}").json()
        figures = [(r["won"], r["mean"], r["median"], r["p90"]) for r in said["rows"]]
        expected = crm_figures.cycles(rows, column)
        assert dict(zip([r["name"] for r in said["rows"]], figures, strict=True)) == {
            key: (n, mean and float(mean), middle, most) for key, (n, mean, middle, most) in expected.items()
        }, by


def figures_of(page):
    """The first table of figures on a page: cells by the name of their row."""
    table = re.search(r"<tbody role=\"rowgroup\">(.*?)</tbody>", page, re.S)[1]
    rows = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in table.split("</tr>"))
    return {html.unescape(cells[0]): [re.sub("<[^>]*>", "", cell) for cell in cells[1:]] for cells in rows if cells}
