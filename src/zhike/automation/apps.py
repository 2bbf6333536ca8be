from datetime import time, timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AutomationConfig(AppConfig):
    name = "zhike.automation"
    label = "automation"
    verbose_name = _("automation")

    def ready(self):
        from zhike.automation import actions, engine
        from zhike.kit import access
        from zhike.kit.registry import menu
        from zhike.records import events, messages, periodic

        access.declare(actions.CHANGE, _("Set up automation"), _("Settings"))
        messages.declare("automation", _("Messages of automation rules"), order=60)
        events.watch(engine.wanted, engine.hear)
        periodic.daily("zhike.automation.tasks.act_by_day", at=time(8, 5))
        periodic.every("zhike.automation.tasks.act_by_minute", timedelta(minutes=5))
        menu.add("settings", "automation", _("Automation"), url_name="automation:rule_list", icon="bolt", order=62,
                 verb=actions.CHANGE)  # fmt: skip
