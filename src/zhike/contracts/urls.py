"""Addresses of this room."""

from django.urls import path

from zhike.contracts import contract_views, cross_sell_urls, draft_views, finance_urls, payment_views, settings_views

app_name = "contracts"
urlpatterns = [
    path("contracts/", contract_views.contract_list, name="contract_list"),
    path("contracts/new/", contract_views.contract_create, name="contract_create"),
    path("contracts/from-quote/", contract_views.contract_from_quote, name="contract_from_quote"),
    path("contracts/<int:pk>/", contract_views.contract_page, name="contract_page"),
    path("contracts/<int:pk>/edit/", contract_views.contract_edit, name="contract_edit"),
    path("contracts/<int:pk>/submit/", contract_views.contract_submit, name="contract_submit"),
    path("contracts/<int:pk>/sign/", contract_views.contract_sign, name="contract_sign"),
    path("contracts/<int:pk>/change-order/", contract_views.contract_change_order, name="contract_change_order"),
    path("contracts/<int:pk>/terminate/", contract_views.contract_terminate, name="contract_terminate"),
    path("contracts/<int:pk>/complete/", contract_views.contract_complete, name="contract_complete"),
    path("contracts/<int:pk>/assign/", contract_views.contract_assign, name="contract_assign"),
    path("contracts/<int:pk>/delete/", contract_views.contract_delete, name="contract_delete"),
    path("contracts/<int:pk>/plan/", draft_views.plan_edit, name="plan_edit"),
    path("contracts/<int:pk>/lines/add/", draft_views.line_add, name="line_add"),
    path("contracts/<int:pk>/lines/<int:line_pk>/", draft_views.line_add, name="line_edit"),
    path("contracts/<int:pk>/lines/<int:line_pk>/remove/", draft_views.line_remove, name="line_remove"),
    path("contracts/<int:pk>/milestones/add/", draft_views.milestone_edit, name="milestone_add"),
    path("contracts/<int:pk>/milestones/<int:milestone_pk>/", draft_views.milestone_edit, name="milestone_edit"),
    path("contracts/<int:pk>/milestones/<int:milestone_pk>/done/", draft_views.milestone_done, name="milestone_done"),
    path(
        "contracts/<int:pk>/milestones/<int:milestone_pk>/remove/", draft_views.milestone_remove,
        name="milestone_remove",
    ),
    path("contracts/<int:pk>/<slug:tab>/", contract_views.contract_page, name="contract_tab"),
    path("receivables/list/", payment_views.receivable_list, name="receivable_list"),
    path("receivables/<int:pk>/", payment_views.receivable_page, name="receivable_page"),
    path("receivables/<int:pk>/due/", payment_views.receivable_due, name="receivable_due"),
    path("receivables/<int:pk>/write-off/", payment_views.receivable_write_off, name="receivable_write_off"),
    path("payments/", payment_views.payment_list, name="payment_list"),
    path("payments/new/", payment_views.payment_create, name="payment_create"),
    path("payments/<int:pk>/", payment_views.payment_page, name="payment_page"),
    path("payments/<int:pk>/edit/", payment_views.payment_edit, name="payment_edit"),
    path("payments/<int:pk>/allocate/", payment_views.payment_allocate, name="payment_allocate"),
    path("payments/<int:pk>/use/", payment_views.payment_use, name="payment_use"),
    path("payments/<int:pk>/refund/", payment_views.payment_refund, name="payment_refund"),
    path("payments/<int:pk>/reverse/", payment_views.payment_reverse, name="payment_reverse"),
    path("payments/<int:pk>/<slug:tab>/", payment_views.payment_page, name="payment_tab"),
    path("ledger/<int:pk>/reverse/", payment_views.entry_reverse, name="entry_reverse"),
    path("settings/contracts/", settings_views.contract_rules, name="contract_rules"),
    *finance_urls.urlpatterns,
    *cross_sell_urls.urlpatterns,
]  # fmt: skip
