from datetime import time, timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "zhike.activities"
    label = "activities"

    def ready(self):
        self.tell_of_deals()
        from zhike.activities import actions, lead_views, measures, reminder_views, task_views, views
        from zhike.activities.actions import reminders
        from zhike.activities.kinds import ACTIVITY, TASK
        from zhike.activities.models import Activity
        from zhike.customers.actions import moves_with_owner
        from zhike.kit import access
        from zhike.kit.registry import buttons, menu, row_buttons, tabs
        from zhike.records import messages, periodic
        from zhike.sales.actions import goes_with_lead

        measures.add(measures.VISITS)
        measures.add(measures.FOLLOW_UPS)
        moves_with_owner(actions.move_activities)
        moves_with_owner(actions.move_tasks)
        menu.add("main", "home", _("Workbench"), url_name="activities:home", icon="layout-dashboard", group="home",
                 order=10, shortcut="g h")  # fmt: skip
        menu.add("phone", "home", _("Workbench"), url_name="activities:home", icon="layout-dashboard", order=10)
        menu.add("main", "activities", _("Follow-ups"), url_name="activities:activity_list", icon="message-circle",
                 group="sales", order=60, verb=ACTIVITY.verb("view"), shortcut="g f")  # fmt: skip
        menu.add("new", "activity", _("Log a follow-up"), url_name="activities:activity_log", icon="pencil-plus",
                 order=5, verb=ACTIVITY.verb("create"), shortcut="l")  # fmt: skip
        goes_with_lead(Activity)
        tabs.add("sales.lead", "timeline", _("Follow-ups"), body=lead_views.panel, order=10)
        tabs.add("customers.customer", "timeline", _("Timeline"), body=views.timeline_panel, order=10)
        menu.add("main", "team_feed", _("Team feed"), url_name="activities:team_feed", icon="users", group="home",
                 order=35, verb=ACTIVITY.verb("view"))  # fmt: skip
        for place in ("customers.customer", "sales.opportunity", "customers.contact"):
            buttons.add(place, "log", _("Log a follow-up"), url_name="activities:activity_log", icon="pencil-plus",
                        order=90, verb=ACTIVITY.verb("create"))  # fmt: skip
        for place, page in (
            ("customers.customer", "activity_log"), ("sales.opportunity", "activity_log"),
            ("customers.contact", "activity_log"), ("sales.lead", "lead_log"),
        ):  # fmt: skip
            row_buttons.add(place, "log", _("Log a follow-up"), url_name=f"activities:{page}", icon="pencil-plus",
                            verb=ACTIVITY.verb("create"))  # fmt: skip
        menu.add("orders", "log", _("Log a follow-up"), url_name="activities:activity_log", icon="pencil-plus",
                 group="customers", verb=ACTIVITY.verb("create"))  # fmt: skip
        access.declare(actions.TEMPLATES, _("Change templates of follow-ups"), _("Settings"))
        menu.add("settings", "templates", _("Minutes of follow-ups"), url_name="activities:templates",
                 icon="clipboard-list", order=57, verb=actions.TEMPLATES)  # fmt: skip

        access.declare(reminders.CHANGE, _("Set up reminders"), _("Reminders"))
        messages.declare("tasks", _("Tasks"), email="hourly", order=15)
        messages.declare("reminders", _("Reminders"), order=20)
        messages.declare("guidance", _("Comments on my follow-ups"), email="hourly", order=40)
        periodic.daily("zhike.activities.tasks.remind_by_day", at=time(8, 0))
        periodic.every("zhike.activities.tasks.remind_by_minute", timedelta(minutes=5))
        menu.add("main", "reminders", _("Reminders"), url_name="activities:reminder_list", icon="alarm", group="home",
                 order=30, badge=reminder_views.open_count)  # fmt: skip
        menu.add("settings", "reminders", _("Reminder rules"), url_name="activities:rule_list", icon="alarm", order=60,
                 verb=reminders.CHANGE)  # fmt: skip
        menu.add("home", "worth", _("Worth noting"), part=reminder_views.home_card, order=30)

        periodic.every("zhike.activities.tasks.remind_of_due_tasks", timedelta(minutes=1))
        view = TASK.verb("view")
        menu.add("main", "tasks", _("Tasks"), url_name="activities:task_list", icon="checkbox", group="home", order=15,
                 verb=view, shortcut="g t")  # fmt: skip
        menu.add("new", "task", _("Task"), url_name="activities:task_create", icon="checkbox", order=8,
                 verb=TASK.verb("create"), shortcut="t")  # fmt: skip
        for place in ("customers.customer", "sales.opportunity"):
            tabs.add(place, "tasks", _("Tasks"), body=task_views.panel, part=task_views.panel_count, order=25,
                     verb=view)  # fmt: skip
            buttons.add(place, "task", _("Arrange"), url_name="activities:task_create", icon="calendar-plus", order=20,
                        verb=TASK.verb("create"))  # fmt: skip

        self.place_calendar(menu, view)
        self.place_reports(menu)

    def place_calendar(self, menu, view):
        """Where the calendar is reached from."""
        from zhike.activities.actions.appointments import SET_UP

        menu.add("main", "calendar", _("Calendar"), url_name="activities:calendar", icon="calendar", group="home",
                 order=12, verb=view, shortcut="g a")  # fmt: skip
        menu.add("phone", "calendar", _("Calendar"), url_name="activities:calendar", icon="calendar", order=20,
                 verb=view)  # fmt: skip
        menu.add("account", "calendar", _("Calendar and reminders"), url_name="activities:calendar_feed_page",
                 icon="calendar", order=15)  # fmt: skip
        menu.add("settings", "leads", _("Reminder times"), url_name="activities:calendar_leads", icon="alarm", order=62,
                 verb=SET_UP)  # fmt: skip

    def place_reports(self, menu):
        """Where the work log and the reports are reached from, and when who owes one is told."""
        from zhike.activities import reports
        from zhike.activities.actions.reports import SET_UP
        from zhike.activities.kinds import WORK_REPORT
        from zhike.activities.models.reports import OVERSEE
        from zhike.kit import access
        from zhike.records import messages, periodic
        from zhike.records.events import declare

        access.declare(SET_UP, _("Set up work reports"), _("Work reports"))
        access.declare(OVERSEE, _("Read everybody's work reports"), _("Work reports"))
        messages.declare("reports", _("Work reports"), email="daily", order=45)
        declare("activities.workreport.submitted", _("Work report handed in"))
        periodic.every("zhike.activities.tasks.ask_for_reports", timedelta(minutes=10))
        menu.add("main", "worklog", _("Work log"), url_name="activities:work_log", icon="notebook", group="home",
                 order=20, verb=WORK_REPORT.verb("view"), badge=reports.count_unread)  # fmt: skip
        menu.add("settings", "work-reports", _("Work reports"), url_name="activities:report_rules", icon="notebook",
                 order=64, verb=SET_UP)  # fmt: skip

    def tell_of_deals(self):
        """What the room of deals cannot know: when contacts were visited, and that a follow-up makes deals fresh."""
        from zhike.activities import queries
        from zhike.activities.tasks import rescore_deals
        from zhike.records.events import declare, on
        from zhike.sales.queries import visits_from

        visits_from(queries.last_visits)
        on("activities.activity.created", rescore_deals)
        declare("activities.activity.commented", _("Follow-up commented"))
        declare("activities.task.completed", _("Task completed"))
