"""Addresses of this room."""

from django.urls import path

from zhike.mail import box_views, views

app_name = "mail"
urlpatterns = [
    path("letters/", views.letter_list, name="letter_list"),
    path("letters/due/", views.letter_due, name="letter_due"),
    path("letters/write/", views.letter_write, name="letter_write"),
    path("letters/<int:pk>/", views.letter_page, name="letter_page"),
    path("letters/<int:pk>/body/", views.letter_body, name="letter_body"),
    path("letters/<int:pk>/undo/", views.letter_undo, name="letter_undo"),
    path("letters/<int:pk>/again/", views.letter_again, name="letter_again"),
    path("letters/<int:pk>/delete/", views.letter_delete, name="letter_delete"),
    path("letters/<int:pk>/private/", views.letter_private, name="letter_private"),
    path("letters/<int:pk>/answered/", views.letter_answered, name="letter_answered"),
    path("letters/<int:pk>/file/", views.letter_file, name="letter_file"),
    path("me/mail/", box_views.my_mailbox, name="my_mailbox"),
    path("me/mail/fetch/", box_views.fetch_now, name="fetch_now"),
    path("me/mail/remove/", box_views.my_mailbox_remove, name="my_mailbox_remove"),
    path("me/mail/templates/new/", box_views.template_edit, name="template_create"),
    path("me/mail/templates/<int:pk>/", box_views.template_edit, name="template_edit"),
    path("me/mail/templates/<int:pk>/delete/", box_views.template_delete, name="template_delete"),
    path("settings/mail/", box_views.settings, name="settings"),
    path("settings/mail/rules/", box_views.settings_rules, name="settings_rules"),
    path("settings/mail/fetch/", box_views.settings_fetch, name="settings_fetch"),
    path("settings/mail/remove/", box_views.settings_remove, name="settings_remove"),
    path("settings/mail/templates/new/", box_views.company_template_create, name="company_template_create"),
    path("letters/domains/of/<int:pk>/", box_views.domain_add, name="domain_add"),
    path("letters/domains/<int:pk>/remove/", box_views.domain_remove, name="domain_remove"),
]
