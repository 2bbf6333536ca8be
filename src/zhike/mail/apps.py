from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MailConfig(AppConfig):
    name = "zhike.mail"
    label = "mail"

    def ready(self):
        from zhike.activities import timeline
        from zhike.activities.models import Activity
        from zhike.customers.actions import moves_with_owner
        from zhike.kit import access
        from zhike.kit.registry import buttons, cards, menu, tabs
        from zhike.mail import actions, panels, queries, rules
        from zhike.mail.kinds import LETTER
        from zhike.mail.models import Letter
        from zhike.records import periodic
        from zhike.records.events import declare
        from zhike.sales.actions import goes_with_lead

        access.declare(rules.WRITE, _("Write e-mails"), pgettext_lazy("letters", "E-mail"))
        access.declare(rules.SETTINGS, _("Set up the company's mailbox"), pgettext_lazy("letters", "E-mail"))
        declare("mail.letter.received", pgettext_lazy("event", "E-mail received"))
        declare("mail.letter.sent", pgettext_lazy("event", "E-mail sent"))
        declare("mail.letter.returned", pgettext_lazy("event", "E-mail undeliverable"))
        moves_with_owner(actions.move_letters)
        goes_with_lead(Letter)
        timeline.add_source("letters", _("E-mails"), panels.events, panels.first)
        timeline.add_behind(Activity.Kind.EMAIL, panels.beside_follow_ups)
        periodic.every("zhike.mail.tasks.fetch_all", timedelta(minutes=2))

        view = LETTER.verb("view")
        title = pgettext_lazy("letters", "E-mail")
        menu.add("main", "letters", title, url_name="mail:letter_due", icon="mail", group="sales", order=65,
                 verb=view, badge=queries.due_count, shortcut="g m")  # fmt: skip
        menu.add("mine", "mailbox", _("My mailbox"), url_name="mail:my_mailbox", icon="inbox", order=15,
                 verb=rules.WRITE)  # fmt: skip
        menu.add("settings", "mail", title, url_name="mail:settings", icon="mail", order=70,
                 verb=rules.SETTINGS)  # fmt: skip
        for place, order in (("customers.customer", 40), ("sales.opportunity", 60), ("sales.lead", 30)):
            tabs.add(
                place, "letters", pgettext_lazy("letters", "E-mail"), body=panels.of_record, order=order, verb=view
            )
        buttons.add("sales.quote", "letter", pgettext_lazy("quote", "Send"), url_name="mail:letter_write", icon="mail",
                    order=5, verb=rules.WRITE)  # fmt: skip
        cards.add("sales.quote", "letters", title, body=panels.of_quote, order=30, verb=view)
        for place in ("customers.customer", "customers.contact", "sales.opportunity"):
            buttons.add(place, "letter", _("Write an e-mail"), url_name="mail:letter_write", icon="mail", order=30,
                        verb=rules.WRITE)  # fmt: skip
