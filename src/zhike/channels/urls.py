"""Addresses of this room."""

from django.urls import path

from zhike.channels import delivery_views, robot_views, views, webhook_views

app_name = "channels"
urlpatterns = [
    path("me/messages/", views.wishes_page, name="wishes"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("settings/deliveries/", delivery_views.delivery_list, name="delivery_list"),
    path("settings/deliveries/<int:pk>/", delivery_views.delivery_page, name="delivery_page"),
    path("settings/deliveries/<int:pk>/resend/", delivery_views.delivery_resend, name="delivery_resend"),
    path("settings/deliveries/<int:pk>/give-up/", delivery_views.delivery_give_up, name="delivery_give_up"),
    path("settings/robots/", robot_views.robot_list, name="robot_list"),
    path("settings/robots/new/", robot_views.robot_edit, name="robot_create"),
    path("settings/robots/<int:pk>/", robot_views.robot_edit, name="robot_edit"),
    path("settings/robots/<int:pk>/delete/", robot_views.robot_delete, name="robot_delete"),
    path("settings/robots/<int:pk>/test/", robot_views.robot_try, name="robot_try"),
    path("settings/webhooks/", webhook_views.webhook_list, name="webhook_list"),
    path("settings/webhooks/new/", webhook_views.webhook_edit, name="webhook_create"),
    path("settings/webhooks/<int:pk>/", webhook_views.webhook_page, name="webhook_page"),
    path("settings/webhooks/<int:pk>/edit/", webhook_views.webhook_edit, name="webhook_edit"),
    path("settings/webhooks/<int:pk>/secret/", webhook_views.webhook_secret, name="webhook_secret"),
    path("settings/webhooks/<int:pk>/delete/", webhook_views.webhook_delete, name="webhook_delete"),
    path("settings/webhooks/<int:pk>/test/", webhook_views.webhook_try, name="webhook_try"),
    path("settings/webhooks/<int:pk>/replay/", webhook_views.webhook_replay, name="webhook_replay"),
]
