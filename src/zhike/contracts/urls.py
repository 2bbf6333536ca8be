"""Addresses of this room."""

from django.urls import path

from zhike.contracts import contract_views, payment_views

app_name = "contracts"
urlpatterns = [
    path("contracts/", contract_views.contract_list, name="contract_list"),
    path("contracts/<int:pk>/", contract_views.contract_page, name="contract_page"),
    path("receivables/list/", payment_views.receivable_list, name="receivable_list"),
    path("receivables/<int:pk>/", payment_views.receivable_page, name="receivable_page"),
    path("payments/", payment_views.payment_list, name="payment_list"),
    path("payments/<int:pk>/", payment_views.payment_page, name="payment_page"),
]
