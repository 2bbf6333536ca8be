"""Addresses of this room."""

from django.urls import path

from zhike.channels import delivery_views

app_name = "channels"
urlpatterns = [
    path("settings/deliveries/", delivery_views.delivery_list, name="delivery_list"),
    path("settings/deliveries/<int:pk>/", delivery_views.delivery_page, name="delivery_page"),
    path("settings/deliveries/<int:pk>/resend/", delivery_views.delivery_resend, name="delivery_resend"),
    path("settings/deliveries/<int:pk>/give-up/", delivery_views.delivery_give_up, name="delivery_give_up"),
]
