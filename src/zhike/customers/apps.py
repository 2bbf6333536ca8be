from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"

    def ready(self):
        from zhike.customers import kinds  # noqa: F401 - makes its kinds known
        from zhike.kit.registry import menu

        menu.add("main", "customers", _("Customers"), url_name="customers:customer_list", icon="building",
                 group="sales", order=20, verb="customers.customer.view", shortcut="g c")  # fmt: skip
        menu.add("main", "contacts", _("Contacts"), url_name="customers:contact_list", icon="address-book",
                 group="sales", order=25, verb="customers.contact.view", shortcut="g p")  # fmt: skip
        menu.add("new", "customer", _("Customer"), url_name="customers:customer_create", icon="building", order=10,
                 verb="customers.customer.create")  # fmt: skip
        menu.add("new", "contact", _("Contact"), url_name="customers:contact_create", icon="address-book", order=20,
                 verb="customers.contact.create")  # fmt: skip
