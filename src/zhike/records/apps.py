from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "zhike.records"
    label = "records"

    def ready(self):
        from zhike.kit import access
        from zhike.kit.registry import menu
        from zhike.records import periodic

        access.declare("records.customise", _("Set up fields and picklists"), _("Administration"))
        menu.add("main", "import", _("Import"), url_name="records:import_start", icon="file-import", group="admin",
                 order=80, verb="*.import")  # fmt: skip
        periodic.daily("zhike.records.housekeeping.tidy_up", at=time(3, 30))
