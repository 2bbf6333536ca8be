from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "zhike.channels"
    label = "channels"

    def ready(self):
        from zhike.channels import carrying, mail, robots, rules, sending, webhooks
        from zhike.channels.kinds import DELIVERY  # noqa: F401 - makes the kind known
        from zhike.kit.registry import menu
        from zhike.records import events, messages, periodic

        messages.carry_with(carrying.carry)
        sending.carry("email", sending.Carrier(mail.send, repeatable=True, needless=mail.read_already))
        sending.carry("robot", sending.Carrier(robots.send, repeatable=False, rate=robots.RATE))
        sending.carry("webhook", sending.Carrier(webhooks.send, repeatable=True, ailing=webhooks.ailing))
        events.watch(webhooks.wanted, webhooks.hear)
        periodic.every("zhike.channels.tasks.sweep", timedelta(minutes=1))
        menu.add("settings", "deliveries", _("Deliveries"), url_name="channels:delivery_list", icon="send", order=85,
                 verb=rules.SEE)  # fmt: skip
        menu.add("settings", "robots", _("Group robots"), url_name="channels:robot_list", icon="brand-wechat", order=80,
                 verb=rules.SET_ROBOTS)  # fmt: skip
        menu.add("settings", "webhooks", _("Webhooks"), url_name="channels:webhook_list", icon="webhook", order=82,
                 verb=rules.SET_WEBHOOKS)  # fmt: skip
        menu.add("account", "wishes", _("Notifications"), url_name="channels:wishes", icon="bell", order=15)
