from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "zhike.channels"
    label = "channels"

    def ready(self):
        from zhike.channels import rules
        from zhike.kit.registry import menu
        from zhike.records import periodic

        periodic.every("zhike.channels.tasks.sweep", timedelta(minutes=1))
        menu.add("settings", "deliveries", _("Deliveries"), url_name="channels:delivery_list", icon="send", order=85,
                 verb=rules.SEE)  # fmt: skip
