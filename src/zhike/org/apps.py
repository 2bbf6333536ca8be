from datetime import time, timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgConfig(AppConfig):
    name = "zhike.org"
    label = "org"

    def ready(self):
        from zhike.kit import access, context, registry, scope, viewer, workdays
        from zhike.org import flows, kinds, queries, viewers  # noqa: F401 - makes its kind known
        from zhike.org.actions import REASSIGN, share_by_ids
        from zhike.org.forms import ShareManyForm
        from zhike.org.models.hours import working_spans
        from zhike.records import bulkactions, events, messages, periodic
        from zhike.records.bulkactions import BulkAction

        viewer.build_viewers_with(viewers.viewer_of_person)
        messages.declare("approvals", _("Approvals"), email="now", order=10)
        events.declare("org.person.left", _("Colleague left"))
        scope.add_arm(viewers.shared_arm)
        scope.add_change_right(viewers.shared_change)
        context.company_name_from(queries.company_name)
        workdays.hours_from(working_spans)
        periodic.daily("zhike.org.tasks.end_of_employment", at=time(0, 5))
        periodic.every("zhike.org.tasks.remind_of_approvals", timedelta(minutes=15))
        access.declare(flows.CHANGE, _("Set up approval flows"), _("Approvals"))
        access.declare(REASSIGN, _("Pass on what waits for others"), _("Approvals"))
        registry.menu.add("main", "approvals", _("Approvals"), url_name="org:approval_list", icon="rubber-stamp",
                          group="home", order=25, badge=queries.waiting_count)  # fmt: skip
        self.place_pages(registry.menu)
        share = BulkAction("share", _("Share"), "share", "share", share_by_ids, ShareManyForm)
        bulkactions.add(share)

    def place_pages(self, menu):
        """Where the pages of this room are reached from."""
        menu.add("settings", "people", _("Colleagues"), url_name="org:person_list", icon="users", order=10,
                 verb="org.person.change")  # fmt: skip
        menu.add("settings", "departments", _("Departments"), url_name="org:department_list", icon="sitemap", order=20,
                 verb="org.department.change")  # fmt: skip
        menu.add("settings", "roles", _("Roles"), url_name="org:role_list", icon="shield-check", order=30,
                 verb="org.role.change")  # fmt: skip
        menu.add("settings", "company", _("Company"), url_name="org:company", icon="building", order=5,
                 verb="org.company.change")  # fmt: skip
        menu.add("settings", "hours", _("Working hours"), url_name="org:working_hours", icon="clock", order=7,
                 verb="org.company.change")  # fmt: skip
        menu.add("settings", "flows", _("Approval flows"), url_name="org:flow_list", icon="rubber-stamp", order=40,
                 verb="org.approvalflow.change")  # fmt: skip
        menu.add("settings", "approvers", _("Approvals waiting"), url_name="org:approver_list", icon="hourglass",
                 order=41, verb="org.approval.reassign")  # fmt: skip
        menu.add("settings", "history", _("History"), url_name="org:history", icon="history", order=90,
                 verb="org.history.view")  # fmt: skip
        menu.add("mine", "profile", _("My account"), url_name="org:profile", icon="user-circle", order=10)
        menu.add("mine", "chart", _("Colleagues"), url_name="org:chart", icon="hierarchy", order=20)
        menu.add("mine", "access", _("Shared and lent"), url_name="org:share_list", icon="share", order=30)
        for order, (key, label, url_name, icon) in enumerate([
            ("profile", _("Profile"), "org:profile", "user"),
            ("password", _("Password"), "account_change_password", "password"),
            ("two_factor", _("Two-step sign-in"), "mfa_index", "fingerprint"),
            ("sessions", _("Devices signed in"), "usersessions_list", "device-mobile"),
        ]):  # fmt: skip
            menu.add("account", key, label, url_name=url_name, icon=icon, order=order * 10)
