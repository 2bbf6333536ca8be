from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    name = "zhike.sales"
    label = "sales"
    verbose_name = _("Sales")

    def ready(self):
        from zhike.customers.actions import moves_with_owner
        from zhike.kit import scope
        from zhike.sales import kinds, models  # noqa: F401 - makes its kinds known
        from zhike.sales.actions.deals import move_with_customer

        scope.add_arm(models.customers_dealt_with, inherited=False)
        moves_with_owner(move_with_customer)
