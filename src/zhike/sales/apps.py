from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    name = "zhike.sales"
    label = "sales"
    verbose_name = _("Sales")

    def ready(self):
        from zhike.kit import scope
        from zhike.sales import models

        scope.add_arm(models.customers_dealt_with, inherited=False)
