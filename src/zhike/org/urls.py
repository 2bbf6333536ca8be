"""Addresses of this room. allauth's own are under `accounts/`."""

from django.urls import path

from zhike.org.views import access, approvals, mine, people, settings

app_name = "org"
urlpatterns = [
    path("people/", people.chart, name="chart"),
    path("people/<int:pk>/", people.person_page, name="person_page"),
    path("settings/", settings.first, name="settings"),
    path("settings/company/", settings.company, name="company"),
    path("settings/working-hours/", settings.working_hours, name="working_hours"),
    path("settings/history/", settings.history, name="history"),
    path("settings/people/", people.person_list, name="person_list"),
    path("settings/people/add/", people.person_create, name="person_create"),
    path("settings/people/<int:pk>/edit/", people.person_edit, name="person_edit"),
    path("settings/people/<int:pk>/password/", people.person_password, name="person_password"),
    path("settings/people/<int:pk>/leave/", people.person_leave, name="person_leave"),
    path("settings/people/<int:pk>/sign-out/", people.person_sign_out, name="person_sign_out"),
    path("settings/departments/", settings.department_list, name="department_list"),
    path("settings/departments/add/", settings.department_create, name="department_create"),
    path("settings/departments/<int:pk>/", settings.department_edit, name="department_edit"),
    path("settings/departments/<int:pk>/delete/", settings.department_delete, name="department_delete"),
    path("settings/roles/", settings.role_list, name="role_list"),
    path("settings/roles/add/", settings.role_create, name="role_create"),
    path("settings/roles/<int:pk>/", settings.role_edit, name="role_edit"),
    path("settings/roles/<int:pk>/copy/", settings.role_copy, name="role_copy"),
    path("settings/roles/<int:pk>/delete/", settings.role_delete, name="role_delete"),
    path("settings/approvals/", approvals.flow_list, name="flow_list"),
    path("settings/approvals/add/", approvals.flow_edit, name="flow_create"),
    path("settings/approvals/<int:pk>/", approvals.flow_edit, name="flow_edit"),
    path("settings/approvals/<int:pk>/delete/", approvals.flow_delete, name="flow_delete"),
    path("settings/approvers/", approvals.approver_list, name="approver_list"),
    path("settings/approvers/<int:pk>/", approvals.approver_reassign, name="approver_reassign"),
    path("approvals/", approvals.approval_list, name="approval_list"),
    path("approvals/<int:pk>/", approvals.approval_page, name="approval_page"),
    path("approvals/list/<slug:tab>/", approvals.approval_list, name="approval_tab"),
    path("approvals/<int:pk>/decide/", approvals.approval_decide, name="approval_decide"),
    path("approvals/<int:pk>/delegate/", approvals.approval_delegate, name="approval_delegate"),
    path("approvals/<int:pk>/reassign/<int:person_pk>/", approvals.approval_reassign, name="approval_reassign"),
    path("approvals/<int:pk>/recall/", approvals.approval_recall, name="approval_recall"),
    path("me/", mine.profile, name="profile"),
    path("shares/", access.share_list, name="share_list"),
    path("shares/<slug:slug>/<int:pk>/", access.share, name="share"),
    path("shares/<int:pk>/end/", access.share_end, name="share_end"),
    path("access/ask/", access.ask, name="access_ask"),
    path("access/<int:pk>/", access.decide, name="access_decide"),
]
