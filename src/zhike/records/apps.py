from datetime import time, timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "zhike.records"
    label = "records"

    def ready(self):
        from zhike.kit import access, context
        from zhike.kit.registry import menu
        from zhike.records import messages, periodic, prepared
        from zhike.records.queries import unread

        context.count_badges_with(prepared.counts_of)
        access.declare("records.customise", _("Set up fields and picklists"), _("Administration"))
        menu.add("main", "import", _("Import"), url_name="records:import_start", icon="file-import", group="admin",
                 order=80, verb="*.import")  # fmt: skip
        menu.add("main", "reports", _("Reports"), url_name="records:reports", icon="report-analytics",
                 group="analysis", order=50, shortcut="g r")  # fmt: skip
        menu.add("main", "inbox", _("Messages"), url_name="records:inbox", icon="bell", group="home", order=30,
                 badge=unread, shortcut="g m")  # fmt: skip
        menu.add("settings", "fields", _("Fields"), url_name="records:fields", icon="forms", order=60,
                 verb="records.customise")  # fmt: skip
        menu.add("settings", "picklists", _("Picklists"), url_name="records:picklists", icon="list", order=65,
                 verb="records.customise")  # fmt: skip
        menu.add("mine", "jobs", _("Jobs"), url_name="records:job_list", icon="clock", order=40)
        menu.add("palette", "search", _("Search"), url_name="records:palette")
        messages.declare("handed", _("Records handed to me"), email="now", order=30)
        messages.declare("jobs", _("Imports, exports and other jobs"), email="none", order=70)
        messages.declare("system", _("Trouble with the system"), email="now", order=80)
        messages.declare("other", _("Everything else"), order=90)
        periodic.daily("zhike.records.housekeeping.tidy_up", at=time(3, 30))
        periodic.daily("zhike.records.housekeeping.take_statistics", at=time(3, 45))
        periodic.every("zhike.records.housekeeping.tidy_search", timedelta(minutes=5))
