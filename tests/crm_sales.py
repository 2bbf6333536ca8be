"""The public CRM sales data set: its files, and a small made-up set of the same shape where it is absent."""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "crm-sales"
FILES = {
    "users": "sales_teams.csv",
    "customers": "accounts.csv",
    "products": "products.csv",
    "opportunities": "sales_pipeline.csv",
}
TEAMS = {"Dora Brandt": "Central", "Mel Marsh": "Central", "Cora Lund": "East"}
AGENTS = [
    "Ann Snell",
    "Ces Lamp",
    "Vera Hill",
    "Lu Vence",
    "Mo Fraser",
    "Jo Berth",
    "Marty Free",
    "Gla Cole",
    "Nia Huff",
]
SECTORS = ["technolgy", "medical", "retail", "software", "entertainment", "marketing", "telecommunications", "finance",
           "employment", "services"]  # fmt: skip
PRODUCTS = [("GTX Basic", "GTX", 550), ("GTX Pro", "GTX", 4821), ("MG Special", "MG", 55)]


def read(folder: Path, kind: str) -> list[dict[str, str]]:
    """The rows of one of the files."""
    with (folder / FILES[kind]).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_small(folder: Path) -> Path:
    """Write a set of the same shape: misspelt sector and product, subsidiaries, deals without account or amount."""
    dice, managers = random.Random(7), list(TEAMS)
    names = [f"Betatone {n}" for n in range(12)]
    _write(folder, "users", ["sales_agent", "manager", "regional_office"], [
        [agent, managers[n % 3], TEAMS[managers[n % 3]]] for n, agent in enumerate(AGENTS)
    ])  # fmt: skip
    columns = ["account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"]
    # The parent of the first comes later in the file.
    _write(folder, "customers", columns, [
        [name, SECTORS[n % 10], 1990 + n, f"{100 + n}.5", 100 * n + 7, "Philipines" if n == 3 else "United States",
         names[9] if n == 0 else names[0] if n == 5 else ""]
        for n, name in enumerate(names)
    ])  # fmt: skip
    _write(folder, "products", ["product", "series", "sales_price"], PRODUCTS)
    deals = []
    for n in range(240):
        stage = ("Prospecting", "Engaging", "Won", "Won", "Lost")[n % 5]
        begun = date(2016, 10, 20) + timedelta(days=n)
        decided = stage in ("Won", "Lost")
        product = dice.choice(PRODUCTS)[0]
        deals.append([
            f"D{n:05d}", dice.choice(AGENTS), "GTXPro" if product == "GTX Pro" else product,
            dice.choice(names) if decided or n % 3 else "", stage, "" if stage == "Prospecting" else begun,
            begun + timedelta(days=dice.randint(1, 90)) if decided else "",
            {"Won": dice.randint(50, 5000), "Lost": 0}.get(stage, ""),
        ])  # fmt: skip
    columns = ["opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date"]
    _write(folder, "opportunities", [*columns, "close_value"], deals)
    return folder


def _write(folder: Path, kind: str, columns: list[str], rows: list) -> None:
    with (folder / FILES[kind]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
