"""Where the pages of finance are reached: menus, tabs, buttons, cards. Called once, when the apps are ready."""

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Put the pages of receivables, statements, invoices and dunning where people find them."""
    from zhike.contracts import dunning_views, finance_panels
    from zhike.contracts.actions import invoices
    from zhike.contracts.invoice_kinds import DUNNING, INVOICE, SET_STEPS
    from zhike.contracts.models import Invoice
    from zhike.contracts.models.statements import MATCH
    from zhike.kit.registry import buttons, menu, tabs
    from zhike.org import approvals
    from zhike.org.approvals import Fact, Subject
    from zhike.records.files import files_count, files_panel
    from zhike.records.prepared import count_inside

    approvals.add(
        Subject(
            invoices.SUBJECT, _("Invoice above the contract"), Invoice,
            {"amount": Fact(_("amount"), "money", "gt"), "above": Fact(_("above the contract"), "money", "gt")},
            invoices.approval_decided,
        )
    )  # fmt: skip
    see = "contracts.receivable.view"
    menu.add("main", "receivables", _("Receivables and payments"), url_name="contracts:overview", icon="receipt-yuan",
             group="sales", order=42, verb=see, shortcut="g r")  # fmt: skip
    menu.add("main", "statements", _("Bank statements"), url_name="contracts:statement_list", icon="building-bank",
             group="sales", order=46, verb=MATCH)  # fmt: skip
    menu.add("main", "invoices", _("Invoices"), url_name="contracts:invoice_list", icon="file-invoice", group="sales",
             order=48, verb=INVOICE.verb("view"))  # fmt: skip
    menu.add("settings", "dunning", _("Dunning"), url_name="contracts:dunning_steps", icon="phone-outgoing", order=70,
             verb=SET_STEPS)  # fmt: skip
    menu.add("home", "finance", _("Finance"), part=finance_panels.finance_card, order=5, verb=see)
    menu.add("home", "trend", _("Outstanding and overdue"), part=finance_panels.trend_card, order=7, verb=see)
    menu.add("home", "overdue", _("Overdue receivables"), part=finance_panels.overdue_card, order=10, verb=see)

    for place, noted in (("customers.customer", "customer"), ("contracts.contract", "receivable__contract")):
        tabs.add(place, "invoices", _("Invoices"), body=finance_panels.invoices, part=count_inside(INVOICE.model),
                 order=45, verb=INVOICE.verb("view"))  # fmt: skip
        tabs.add(place, "dunning", _("Dunning"), body=dunning_views.log_panel,
                 part=count_inside(DUNNING.model, noted), order=48, verb=DUNNING.verb("view"))  # fmt: skip
        buttons.add(place, "invoice", _("Apply for an invoice"), url_name="contracts:invoice_create",
                    icon="file-invoice", order=12, verb=INVOICE.verb("create"))  # fmt: skip
    buttons.add("customers.customer", "account", _("Statement of account"), url_name="contracts:account",
                icon="file-text", order=10, verb=see)  # fmt: skip

    place = INVOICE.label
    tabs.add(place, "overview", _("Overview"), body=finance_panels.overview_of, order=5)
    tabs.add(place, "files", _("Files"), body=files_panel, part=files_count, order=70)
    tabs.add(place, "changes", _("Changes"), body=finance_panels.changes, order=80)
