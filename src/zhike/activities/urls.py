"""Addresses of this room."""

from django.urls import path

from zhike.activities import calendar_views, feed_views, lead_views, reminder_views, task_views, views

app_name = "activities"
urlpatterns = [
    path("", views.home, name="home"),
    path("activities/", views.activity_list, name="activity_list"),
    path("activities/log/", views.activity_log, name="activity_log"),
    path("leads/<int:pk>/log/", lead_views.lead_log, name="lead_log"),
    path("activities/of/<int:pk>/", views.timeline_more, name="timeline_more"),
    path("activities/<int:pk>/", views.activity_page, name="activity_page"),
    path("activities/<int:pk>/edit/", views.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/comment/", views.activity_comment, name="activity_comment"),
    path("activities/<int:pk>/delete/", views.activity_delete, name="activity_delete"),
    path("tasks/", task_views.task_list, name="task_list"),
    path("tasks/new/", task_views.task_create, name="task_create"),
    path("tasks/<int:pk>/", task_views.task_page, name="task_page"),
    path("tasks/<int:pk>/edit/", task_views.task_edit, name="task_edit"),
    path("tasks/<int:pk>/complete/", task_views.task_complete, name="task_complete"),
    path("tasks/<int:pk>/reopen/", task_views.task_reopen, name="task_reopen"),
    path("tasks/<int:pk>/accept/", task_views.task_accept, name="task_accept"),
    path("tasks/<int:pk>/decline/", task_views.task_decline, name="task_decline"),
    path("tasks/<int:pk>/cancel/", task_views.task_cancel, name="task_cancel"),
    path("tasks/<int:pk>/delete/", task_views.task_delete, name="task_delete"),
    path("tasks/<int:pk>/participants/", task_views.task_participants, name="task_participants"),
    path("tasks/<int:pk>/move/", calendar_views.move, name="task_move"),
    path("tasks/<int:pk>/comes/", calendar_views.comes, name="task_comes"),
    path("tasks/<int:pk>/stays-away/", calendar_views.stays_away, name="task_stays_away"),
    path("calendar/", calendar_views.show, name="calendar"),
    path("calendar/new/", calendar_views.arrange, name="calendar_new"),
    path("calendar/free/", calendar_views.free, name="calendar_free"),
    path("calendar/feed/<str:secret>.ics", feed_views.feed, name="calendar_feed"),
    path("me/calendar/", feed_views.feed_page, name="calendar_feed_page"),
    path("me/calendar/renew/", feed_views.feed_renew, name="calendar_feed_renew"),
    path("me/calendar/revoke/", feed_views.feed_revoke, name="calendar_feed_revoke"),
    path("me/calendar/leads/", feed_views.my_leads, name="calendar_my_leads"),
    path("settings/reminder-times/", feed_views.company_leads, name="calendar_leads"),
    path("reminders/", reminder_views.reminder_list, name="reminder_list"),
    path("reminders/<int:pk>/later/", reminder_views.reminder_put_off, name="reminder_put_off"),
    path("reminders/<int:pk>/done/", reminder_views.reminder_done, name="reminder_done"),
    path("settings/reminders/", reminder_views.rule_list, name="rule_list"),
    path("settings/reminders/new/", reminder_views.rule_edit, name="rule_create"),
    path("settings/reminders/<int:pk>/", reminder_views.rule_edit, name="rule_edit"),
    path("settings/reminders/<int:pk>/delete/", reminder_views.rule_delete, name="rule_delete"),
]
