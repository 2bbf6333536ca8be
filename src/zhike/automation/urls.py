"""Addresses of this room."""

from django.urls import path

from zhike.automation import views

app_name = "automation"
urlpatterns = [
    path("settings/automation/", views.rule_list, name="rule_list"),
    path("settings/automation/new/", views.rule_edit, name="rule_create"),
    path("settings/automation/<int:pk>/", views.rule_page, name="rule_page"),
    path("settings/automation/<int:pk>/edit/", views.rule_edit, name="rule_edit"),
    path("settings/automation/<int:pk>/conditions/", views.rule_conditions, name="rule_conditions"),
    path("settings/automation/<int:pk>/switch/", views.rule_switch, name="rule_switch"),
    path("settings/automation/<int:pk>/delete/", views.rule_delete, name="rule_delete"),
    path("settings/automation/<int:pk>/try/", views.rule_try, name="rule_try"),
    path("settings/automation/<int:pk>/steps/order/", views.step_order, name="step_order"),
    path("settings/automation/<int:pk>/steps/<slug:do>/", views.step_edit, name="step_create"),
    path("settings/automation/<int:pk>/steps/<slug:do>/<int:place>/", views.step_edit, name="step_edit"),
    path("settings/automation/<int:pk>/steps/<int:place>/delete/", views.step_delete, name="step_delete"),
    path("settings/automation/runs/<int:pk>/again/", views.run_again, name="run_again"),
]
