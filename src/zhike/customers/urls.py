"""Addresses of this room."""

from django.urls import path

from zhike.customers import card_views, contact_views, credit, settings_views, views

app_name = "customers"
urlpatterns = [
    path("customers/", views.customer_list, name="customer_list"),
    path("customers/new/", views.customer_create, name="customer_create"),
    path("customers/<int:pk>/", views.customer_page, name="customer_page"),
    path("customers/<int:pk>/edit/", views.customer_edit, name="customer_edit"),
    path("customers/<int:pk>/class/", views.customer_class, name="customer_class"),
    path("customers/<int:pk>/assign/", views.customer_assign, name="customer_assign"),
    path("customers/<int:pk>/credit/", credit.customer_credit, name="customer_credit"),
    path("customers/<int:pk>/next/", views.customer_next, name="customer_next"),
    path("customers/<int:pk>/delete/", views.customer_delete, name="customer_delete"),
    path("customers/<int:pk>/relations/add/", views.relation_add, name="relation_add"),
    path("customers/relations/<int:pk>/remove/", views.relation_remove, name="relation_remove"),
    path("customers/<int:pk>/card/print/", card_views.card_print, name="card_print"),
    path("customers/<int:pk>/card/pdf/", card_views.card_file, name="card_file"),
    path("customers/<int:pk>/<slug:tab>/", views.customer_page, name="customer_tab"),
    path("settings/rhythm/", settings_views.rhythm, name="rhythm"),
    path("contacts/", contact_views.contact_list, name="contact_list"),
    path("contacts/new/", contact_views.contact_create, name="contact_create"),
    path("contacts/birthdays/", contact_views.contact_birthdays, name="contact_birthdays"),
    path("contacts/<int:pk>/", contact_views.contact_page, name="contact_page"),
    path("contacts/<int:pk>/edit/", contact_views.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/delete/", contact_views.contact_delete, name="contact_delete"),
]
