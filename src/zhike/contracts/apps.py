from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    name = "zhike.contracts"
    label = "contracts"
    verbose_name = _("contracts")

    def ready(self):
        from zhike.contracts import cross_sell_reports, cross_selling, finance, measures, panels, reports  # noqa: F401 - reports register themselves
        from zhike.contracts.actions.owners import move_with_customer
        from zhike.contracts.actions.subjects import SUBJECTS
        from zhike.contracts.kinds import CONTRACT, PAYMENT, RECEIVABLE
        from zhike.customers.actions import moves_with_owner
        from zhike.kit.registry import buttons, menu, stats, tabs
        from zhike.org import approvals
        from zhike.records import periodic
        from zhike.records.files import files_count, files_panel
        from zhike.records.prepared import count_inside

        self.declare_events()
        moves_with_owner(move_with_customer)
        finance.register()
        cross_selling.register()
        for subject in SUBJECTS:
            approvals.add(subject)
        periodic.daily("zhike.contracts.tasks.check_ledger", at=time(2, 30))
        measures.add(measures.SIGNED)
        measures.add(measures.RECEIVED)
        view, create, post = CONTRACT.verb("view"), CONTRACT.verb("create"), PAYMENT.verb("create")

        menu.add("main", "contracts", _("Contracts"), url_name="contracts:contract_list", icon="file-dollar",
                 group="sales", order=40, verb=view, shortcut="g h")  # fmt: skip
        menu.add("main", "payments", _("Payments"), url_name="contracts:payment_list", icon="cash",
                 group="sales", order=44, verb=PAYMENT.verb("view"))  # fmt: skip
        menu.add("new", "contract", _("Contract"), url_name="contracts:contract_create", icon="file-dollar", order=50,
                 verb=create)  # fmt: skip
        menu.add("new", "payment", _("Payment"), url_name="contracts:payment_create", icon="cash", order=55, verb=post)
        menu.add("settings", "contracts", _("Contracts and payments"), url_name="contracts:contract_rules",
                 icon="file-dollar", order=60, verb="contracts.rules.change")  # fmt: skip

        place = "customers.customer"
        tabs.add(place, "contracts", _("Contracts and receivables"), body=panels.customer_contracts,
                 part=count_inside(CONTRACT.model), order=40, verb=view)  # fmt: skip
        stats.add(place, "signed", _("Signed so far"), part=panels.signed_figure, order=15, verb=view)
        stats.add(place, "owed", _("Owed"), part=panels.owed_figure, order=25, verb=RECEIVABLE.verb("view"))
        buttons.add(place, "contract", _("New contract"), url_name="contracts:contract_create", icon="file-dollar",
                    order=50, verb=create)  # fmt: skip
        place = "sales.opportunity"
        tabs.add(place, "contracts", _("Contracts"), body=panels.deal_contracts, part=count_inside(CONTRACT.model),
                 order=40, verb=view)  # fmt: skip
        buttons.add(place, "contract", _("New contract"), url_name="contracts:contract_create", icon="file-dollar",
                    order=50, verb=create)  # fmt: skip

        buttons.add("sales.quote", "contract", _("Make the contract"), url_name="contracts:contract_from_quote",
                    icon="file-check", order=10, verb=create)  # fmt: skip
        place = CONTRACT.label
        tabs.add(place, "overview", _("Overview"), body=panels.overview, order=5)
        tabs.add(place, "files", _("Files"), body=files_panel, part=files_count, order=70)
        tabs.add(place, "changes", _("Changes"), body=panels.changes, order=80)
        buttons.add(place, "payment", _("Post a payment"), url_name="contracts:payment_create", icon="cash", order=10,
                    verb=post)  # fmt: skip
        place = PAYMENT.label
        tabs.add(place, "overview", _("Overview"), body=panels.payment_overview, order=5)
        tabs.add(place, "files", _("Files"), body=files_panel, part=files_count, order=70)
        tabs.add(place, "changes", _("Changes"), body=panels.changes, order=80)

    def declare_events(self):
        """What happens to records of this room, for automation and webhooks."""
        from zhike.records.events import declare

        declare("contracts.contract.signed", _("Contract signed"))
        declare("contracts.contract.changed_order", _("Change order in force"))
        declare("contracts.contract.completed", _("Contract completed"))
        declare("contracts.milestone.done", _("Milestone reached"))
        declare("contracts.contract.terminated", _("Contract terminated"))
        declare("contracts.payment.posted", _("Payment posted"))
        declare("contracts.payment.allocated", _("Payment allocated"))
        declare("contracts.payment.reversed", _("Payment reversed"))
        declare("contracts.payment.refunded", _("Payment refunded"))
        declare("contracts.receivable.written_off", _("Receivable written off"))
        declare("contracts.invoice.issued", _("Invoice issued"))
        declare("contracts.invoice.voided", _("Invoice voided"))
        declare("contracts.invoice.reddened", _("Red-letter invoice issued"))
