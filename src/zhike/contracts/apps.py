from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    name = "zhike.contracts"
    label = "contracts"
    verbose_name = _("contracts")

    def ready(self):
        from zhike.contracts.actions.owners import move_with_customer
        from zhike.contracts.kinds import CONTRACT, PAYMENT
        from zhike.customers.actions import moves_with_owner
        from zhike.kit.registry import menu

        moves_with_owner(move_with_customer)
        menu.add("main", "contracts", _("Contracts"), url_name="contracts:contract_list", icon="file-dollar",
                 group="sales", order=40, verb=CONTRACT.verb("view"), shortcut="g h")  # fmt: skip
        menu.add("main", "payments", _("Payments"), url_name="contracts:payment_list", icon="cash",
                 group="sales", order=44, verb=PAYMENT.verb("view"))  # fmt: skip
