"""Addresses of the overview of receivables, statements, invoices and dunning."""

from django.urls import path

from zhike.contracts import dunning_views, invoice_views, overview_views, statement_views

urlpatterns = [
    path("receivables/", overview_views.receivables_overview, name="overview"),
    path("receivables/export/", overview_views.overview_export, name="overview_export"),
    path("receivables/account/", overview_views.account_page, name="account"),
    path("receivables/account/pdf/", overview_views.account_file, name="account_file"),
    path("dunning/", dunning_views.dunning_list, name="dunning_list"),
    path("dunning/new/", dunning_views.dunning_note, name="dunning_note"),
    path("dunning/<int:pk>/delete/", dunning_views.dunning_delete, name="dunning_delete"),
    path("settings/dunning/", dunning_views.dunning_steps, name="dunning_steps"),
    path("bank-statements/", statement_views.statement_list, name="statement_list"),
    path("bank-statements/new/", statement_views.statement_new, name="statement_new"),
    path("bank-statements/<int:pk>/", statement_views.statement_page, name="statement_page"),
    path("bank-statements/<int:pk>/import/", statement_views.statement_import, name="statement_import"),
    path("bank-statements/<int:pk>/post/", statement_views.statement_post, name="statement_post"),
    path("bank-statements/<int:pk>/delete/", statement_views.statement_delete, name="statement_delete"),
    path("bank-lines/", statement_views.bank_lines, name="bank_lines"),
    path("bank-lines/post/", statement_views.statement_post, name="statement_post"),
    path("bank-lines/<int:pk>/post/", statement_views.line_post, name="line_post"),
    path("bank-lines/<int:pk>/ignore/", statement_views.line_ignore, name="line_ignore"),
    path("bank-lines/<int:pk>/reopen/", statement_views.line_reopen, name="line_reopen"),
    path("invoices/", invoice_views.invoice_list, name="invoice_list"),
    path("invoices/new/", invoice_views.invoice_create, name="invoice_create"),
    path("invoices/differences/", invoice_views.invoice_gaps, name="invoice_gaps"),
    path("invoices/<int:pk>/", invoice_views.invoice_page, name="invoice_page"),
    path("invoices/<int:pk>/edit/", invoice_views.invoice_edit, name="invoice_edit"),
    path("invoices/<int:pk>/approve/", invoice_views.invoice_approve, name="invoice_approve"),
    path("invoices/<int:pk>/reject/", invoice_views.invoice_reject, name="invoice_reject"),
    path("invoices/<int:pk>/issue/", invoice_views.invoice_issue, name="invoice_issue"),
    path("invoices/<int:pk>/red/", invoice_views.invoice_red, name="invoice_red"),
    path("invoices/<int:pk>/void/", invoice_views.invoice_void, name="invoice_void"),
    path("invoices/<int:pk>/delete/", invoice_views.invoice_delete, name="invoice_delete"),
    path("invoices/<int:pk>/covers/", invoice_views.invoice_covers, name="invoice_covers"),
    path("invoices/<int:pk>/lines/add/", invoice_views.line_add, name="invoice_line_add"),
    path("invoices/<int:pk>/lines/<int:line_pk>/remove/", invoice_views.line_remove, name="invoice_line_remove"),
    path("invoices/<int:pk>/<slug:tab>/", invoice_views.invoice_page, name="invoice_tab"),
]
