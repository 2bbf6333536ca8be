"""Addresses of this room."""

from django.urls import path

from zhike.activities import views

app_name = "activities"
urlpatterns = [
    path("", views.home, name="home"),
    path("activities/", views.activity_list, name="activity_list"),
    path("activities/log/", views.activity_log, name="activity_log"),
    path("activities/of/<int:pk>/", views.timeline_more, name="timeline_more"),
    path("activities/<int:pk>/", views.activity_page, name="activity_page"),
    path("activities/<int:pk>/edit/", views.activity_edit, name="activity_edit"),
    path("activities/<int:pk>/comment/", views.activity_comment, name="activity_comment"),
    path("activities/<int:pk>/delete/", views.activity_delete, name="activity_delete"),
]
