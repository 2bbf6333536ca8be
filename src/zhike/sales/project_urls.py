"""Addresses around deals: people, competitors, resources, score."""

from django.urls import path

from zhike.sales import competitor_views, project_views, resource_views, score_views

DEAL = "opportunities/<int:pk>/"
urlpatterns = [
    path("opportunities/best/", score_views.best_page, name="best"),
    path("opportunities/funnel/", score_views.funnel_page, name="funnel"),
    path(f"{DEAL}buying/add/", project_views.buying_add, name="buying_add"),
    path(f"{DEAL}buying/<int:role_pk>/edit/", project_views.buying_edit, name="buying_edit"),
    path(f"{DEAL}buying/<int:role_pk>/remove/", project_views.buying_remove, name="buying_remove"),
    path(f"{DEAL}rivals/add/", project_views.rival_add, name="rival_add"),
    path(f"{DEAL}rivals/<int:rival_pk>/edit/", project_views.rival_edit, name="rival_edit"),
    path(f"{DEAL}rivals/<int:rival_pk>/remove/", project_views.rival_remove, name="rival_remove"),
    path(f"{DEAL}team/add/", project_views.member_add, name="member_add"),
    path(f"{DEAL}team/<int:member_pk>/edit/", project_views.member_edit, name="member_edit"),
    path(f"{DEAL}team/<int:member_pk>/remove/", project_views.member_remove, name="member_remove"),
    path(f"{DEAL}resources/ask/", resource_views.resource_ask, name="resource_ask"),
    path("resources/", resource_views.calendar_page, name="resource_calendar"),
    path("resources/requests/", resource_views.resource_list, name="resource_list"),
    path("resources/<int:pk>/", resource_views.resource_page, name="resource_page"),
    path("resources/<int:pk>/grant/", resource_views.resource_grant, name="resource_grant"),
    path("resources/<int:pk>/decline/", resource_views.resource_decline, name="resource_decline"),
    path("resources/<int:pk>/cancel/", resource_views.resource_cancel, name="resource_cancel"),
    path("competitors/", competitor_views.competitor_list, name="competitor_list"),
    path("competitors/new/", competitor_views.competitor_create, name="competitor_create"),
    path("competitors/<int:pk>/", competitor_views.competitor_page, name="competitor_page"),
    path("competitors/<int:pk>/edit/", competitor_views.competitor_edit, name="competitor_edit"),
    path("competitors/<int:pk>/delete/", competitor_views.competitor_delete, name="competitor_delete"),
    path("settings/score/", score_views.weights_page, name="score_weights"),
]
