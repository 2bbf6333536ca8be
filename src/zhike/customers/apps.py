from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"

    def ready(self):
        from zhike.customers import credit, panels
        from zhike.customers.kinds import CONTACT, CUSTOMER
        from zhike.kit import access
        from zhike.kit.registry import buttons, menu, stats, tabs
        from zhike.org import approvals
        from zhike.records.files import files_count, files_panel

        approvals.add(credit.CREDIT_LIMIT)
        access.declare("customers.rhythm.change", _("Change the rhythm of follow-ups"), _("Settings"))
        menu.add("settings", "rhythm", _("Rhythm of follow-ups"), url_name="customers:rhythm", icon="clock", order=58,
                 verb="customers.rhythm.change")  # fmt: skip
        menu.add("main", "customers", _("Customers"), url_name="customers:customer_list", icon="building",
                 group="sales", order=20, verb="customers.customer.view", shortcut="g c")  # fmt: skip
        menu.add("main", "contacts", _("Contacts"), url_name="customers:contact_list", icon="address-book",
                 group="sales", order=25, verb="customers.contact.view", shortcut="g p")  # fmt: skip
        menu.add("phone", "customers", _("Customers"), url_name="customers:customer_list", icon="building", order=20,
                 verb="customers.customer.view")  # fmt: skip
        menu.add("new", "customer", _("Customer"), url_name="customers:customer_create", icon="building", order=10,
                 verb="customers.customer.create")  # fmt: skip
        menu.add("new", "contact", _("Contact"), url_name="customers:contact_create", icon="address-book", order=20,
                 verb="customers.contact.create")  # fmt: skip

        place = CUSTOMER.label
        tabs.add(place, "contacts", _("Contacts"), body=panels.contacts, part=panels.contact_count, order=20,
                 verb=CONTACT.verb("view"))  # fmt: skip
        tabs.add(place, "card", _("Data card"), body=panels.card, order=60)
        tabs.add(place, "files", _("Files"), body=files_panel, part=files_count, order=70)
        tabs.add(place, "changes", _("Changes"), body=panels.changes, order=80)
        stats.add(place, "last", _("Last follow-up"), part=panels.last_followed, order=50)
        stats.add(place, "credit", _("Credit limit"), part=panels.credit, order=60)
        buttons.add(place, "contact", _("New contact"), url_name="customers:contact_create", icon="user-plus", order=30,
                    verb=CONTACT.verb("create"))  # fmt: skip
