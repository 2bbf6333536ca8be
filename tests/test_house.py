"""The house keeps its order: who imports whom, who may look at whole tables, who writes where."""

import re
from pathlib import Path

import grimp
import pytest

SRC = Path(__file__).parent.parent / "src"
ROOMS = ["api", "insights", "automation", "mail", "activities", "contracts", "sales", "customers", "channels", "org",
         "records", "kit"]  # fmt: skip
# What a room may use of the rooms below it (CRAFT §1); `kit` is open, `records` also lends its engines.
LENT = {"models", "rules", "actions", "queries", "kinds", "__init__"}
LENT_BY_CUSTOMERS = LENT | {"rhythm"}
LENT_BY_ACTIVITIES = LENT | {"clocks", "reminding", "timeline"}
LENT_BY_ORG = LENT | {"approvals", "viewers"}
LENT_BY_CHANNELS = LENT | {"carrying", "http", "webhooks"}
LENT_BY_SALES = LENT | {"measures", "quote_pdf", "targets"}
LENT_BY_RECORDS = LENT | {
    "bulkactions", "conditions", "config", "customvalues", "dialogs", "events", "exports", "fields", "files", "filters",
    "formpages", "forms", "imports", "lists", "lookups", "messages", "paging", "periodic", "prepared", "recordpages",
    "reports", "search", "shapes", "shipped", "stats", "uploads", "widgets",
}  # fmt: skip
LENT_BY = {
    "activities": LENT_BY_ACTIVITIES, "customers": LENT_BY_CUSTOMERS, "records": LENT_BY_RECORDS, "org": LENT_BY_ORG, "sales": LENT_BY_SALES,
    "channels": LENT_BY_CHANNELS,
}  # fmt: skip
# Places that may look at a whole table, each with its reason in the code; a new one is a reviewed line here.
WHOLE_TABLE = {
    "zhike/mail/actions/filing.py",  # whether a letter is known already, whoever's mailbox brought it
    "zhike/mail/actions/handling.py",  # letters of one conversation; letters of a customer that moves
    "zhike/mail/actions/returning.py",  # the letter a mail server's report is about
    "zhike/mail/actions/writing.py",  # the letter its writer has ordered to be sent
    "zhike/mail/fetching.py",
    "zhike/mail/matching.py",  # which letters of one conversation are known already
    "zhike/mail/tasks.py",  # as actions/writing.py
    "zhike/activities/actions/appointments.py",  # participants of a task the action was let in for
    "zhike/activities/busy.py",  # when colleagues are busy, never with what
    "zhike/automation/letters.py",  # whether a letter answers one that a rule wrote
    "zhike/activities/actions/followups.py",  # follow-ups move with the customer the action was let in for
    "zhike/activities/models/tasks.py",  # who takes part: filtered to the viewer's people
    "zhike/activities/tasks.py",  # which customer a follow-up was with, to reckon the scores of its deals
    "zhike/activities/reminding.py",  # finds what is due for everybody; each person is told of what they see only
    "zhike/activities/actions/reports.py",  # who has read, spoken to or not handed in a report the action was let in for
    "zhike/activities/actions/tasks.py",  # tasks of a customer that moves; participants of a task let in for
    "zhike/channels/actions/deliveries.py",  # the row of a message that is put on its way, or was read by its scope
    "zhike/channels/queries.py",  # what was sent over a subscription that was read by its scope
    "zhike/channels/sending.py",  # everybody's messages are sent
    "zhike/packs/distribution/outgoing.py",  # a demo goes into an empty installation
    "zhike/channels/actions/webhooks.py",  # a subscription that is stopped, whoever's it is
    "zhike/channels/webhooks.py",  # all subscriptions hear of an event; each is sent what its owner sees
    "zhike/contracts/account.py",  # whether a viewer sees all of an account, before a statement of it is written
    "zhike/bench/activities.py",  # how many customers there are, to give each its follow-ups
    "zhike/bench/selling_measure.py",  # counts what the benchmark made
    "zhike/contracts/actions/cross_sell.py",  # answers to suggestions about a customer the action was let in for
    "zhike/contracts/actions/rewards.py",  # what a customer bought over all decides what it has earned
    "zhike/contracts/sold.py",  # what is bought together, of all sales; products and counts are kept, no customers
    "zhike/contracts/actions/drafts.py",  # lines and plan of a contract the action was let in for
    "zhike/contracts/actions/invoices.py",  # what a contract is invoiced at, whoever's invoices they are
    "zhike/contracts/actions/ledger.py",  # the ledger books for whoever the action was let in for, and checks itself
    "zhike/contracts/actions/numbers.py",  # whether a number is taken
    "zhike/contracts/actions/owners.py",  # contracts and payments move with the customer the action was let in for
    "zhike/contracts/actions/payments.py",  # a debt is paid in the order it is due, whoever's contract it is
    "zhike/contracts/actions/quotes.py",  # lines of a quote the action was let in for
    "zhike/contracts/actions/receivables.py",
    "zhike/contracts/actions/signing.py",  # what a customer owes us over all, for the credit check
    "zhike/contracts/actions/statements.py",  # whether a bank line is known, whoever's statement brought it
    "zhike/contracts/actions/states.py",
    "zhike/contracts/actions/undoing.py",  # entries and lines of records an undone import takes back
    "zhike/contracts/invoice_queries.py",  # invoices and receipts of contracts read through their scope
    "zhike/contracts/models/agreements.py",  # lines and plans of contracts read through their scope
    "zhike/contracts/models/ledger.py",
    "zhike/customers/actions.py",  # contacts and parents of a customer the action was let in for
    "zhike/bench/flows.py",  # counts the benchmark's own data
    "zhike/customers/queries.py",  # relations of a customer seen already; the other side is asked for
    "zhike/kit/scope.py",  # where it is defined
    "zhike/org/actions/access.py",  # sharing asks whose record it is before showing it
    "zhike/org/actions/approvals.py",  # places of an approval the action was let in for
    "zhike/org/models/approvals.py",  # places of the viewer's own people
    "zhike/org/models/people.py",
    "zhike/org/queries.py",  # one's own places; approvals of a record read through its scope
    "zhike/records/paging.py",  # split into the viewer's arms, and rows by ids read through them
    "zhike/records/search/documents.py",  # the index knows every record; what is found goes through the scope
    "zhike/records/otherwise.py",  # the arms of a scope one by one; the rows are asked for through the scope
    "zhike/sales/actions/leads.py",  # follow-ups and letters of a lead the action was let in for
    "zhike/sales/actions/assigning.py",  # leads are given out by rule; who has how many, whose customer it is
    "zhike/activities/queries.py",  # the day of the last visit to contacts in the buying centre of a deal one sees
    "zhike/sales/actions/projects.py",  # what stands around a deal the action was let in for
    "zhike/sales/actions/resources.py",  # how busy a colleague is, without saying with what
    "zhike/sales/actions/scores.py",  # scores are reckoned for everybody, shown with each deal
    "zhike/sales/best.py",  # bookings of deals that are read through their scope
    "zhike/sales/rival_fields.py",  # which deals name a competitor; the deals are read through their scope
    "zhike/sales/resource_calendar.py",  # who is busy, without saying with what
    "zhike/sales/score_facts.py",  # as actions/scores.py
    "zhike/sales/actions/deals.py",  # lines and history of a deal the action was let in for
    "zhike/sales/actions/lines.py",
    "zhike/sales/actions/pricing.py",  # parts of a product, which everybody may look up
    "zhike/sales/models/quotes.py",  # lines of quotes that were read through their scope
    "zhike/sales/actions/quotes.py",  # lines and versions of a quote the action was let in for
    "zhike/sales/actions/targets.py",  # a kept forecast is everybody's; each reads the lines they see
    "zhike/sales/actions/setting_up.py",  # moves deals when the administrator changes a pipeline
    "zhike/sales/models/teams.py",  # on whose team the viewer is: filtered to the viewer
    "zhike/sales/queries.py",  # how many deals stand in a stage, for who sets pipelines up; numbers only
    "zhike/sales/likeness.py",  # customers of everybody a lead may belong to; outside the scope they are masked
    "zhike/sales/models/opportunities.py",  # who has a deal with a customer: filtered to the viewer's people
}
# Places that may use a model's unguarded manager: locks, uniqueness and names of records already seen.
BASE_MANAGER = {
    "zhike/backups/read.py",  # a backup is everybody's
    "zhike/backups/write.py",
    "zhike/kit/actions.py",
    "zhike/packs/distribution/install.py",  # a demo goes into an empty installation
    "zhike/packs/distribution/leads.py",
    "zhike/records/actions.py",
    "zhike/records/fields/chosen.py",
    "zhike/records/fields/custom.py",
    "zhike/records/imports/saving.py",
}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("zhike", include_external_packages=False)


def room_of(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


def is_test(module):
    return ".tests" in module or module.endswith("conftest")


def test_rooms_import_only_rooms_below_and_only_what_those_lend(graph):
    wrong = []
    for module in graph.modules:
        room = room_of(module)
        if room is None or is_test(module):
            continue
        for other in graph.find_modules_directly_imported_by(module):
            below = room_of(other)
            if below is None or below == room:
                continue
            inside = (other.split(".") + ["__init__"])[2]
            lent = LENT_BY.get(below, LENT)
            if ROOMS.index(below) < ROOMS.index(room) or (below != "kit" and inside not in lent):
                wrong.append(f"{module} imports {other}")
    assert not wrong, "\n".join(sorted(wrong))


def test_nobody_imports_a_pack_or_the_root(graph):
    wrong = [
        f"{module} imports {other}"
        for module in graph.modules
        if room_of(module) and not is_test(module)
        for other in graph.find_modules_directly_imported_by(module)
        if other.startswith(("zhike.packs", "zhike.cli")) or other in ("zhike.settings", "zhike.urls", "zhike.asgi")
    ]
    assert not wrong, "\n".join(sorted(wrong))


def places_that_say(pattern):
    said = re.compile(pattern)
    return {
        str(path.relative_to(SRC))
        for path in SRC.rglob("*.py")
        if "tests" not in path.parts and "migrations" not in path.parts and said.search(path.read_text())
    }


def test_only_listed_places_look_at_whole_tables():
    assert places_that_say(r"whole_table\(") == WHOLE_TABLE


def test_only_listed_places_go_round_the_guard():
    assert places_that_say(r"_base_manager") == BASE_MANAGER


def test_no_chinese_in_code_or_templates():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    allowed = ("packs", "tests", "locale", "data", "bench")
    wrong = [
        f"{path.relative_to(SRC)}:{number}"
        for path in [*SRC.rglob("*.py"), *SRC.rglob("*.html"), *SRC.rglob("*.js")]
        if not set(allowed) & set(path.parts)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if chinese.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_files_stay_short():
    long = [f"{p.relative_to(SRC)}: {n}" for p in SRC.rglob("*.py") if (n := len(p.read_text().splitlines())) > 500]
    assert not long, "\n".join(long)
