"""Addresses of cross-selling and rewards."""

from django.urls import path

from zhike.contracts import cross_sell_views as views

urlpatterns = [
    path("cross-sell/", views.cross_sell_page, name="cross_sell"),
    path("cross-sell/reckon/", views.cross_sell_reckon, name="cross_sell_reckon"),
    path("cross-sell/<int:pk>/take/", views.suggestion_take, name="suggestion_take"),
    path("cross-sell/<int:pk>/decline/", views.suggestion_decline, name="suggestion_decline"),
    path("rewards/", views.reward_list, name="reward_list"),
    path("rewards/<int:pk>/", views.reward_page, name="reward_page"),
    path("rewards/<int:pk>/end/", views.reward_end, name="reward_end"),
    path("rewards/grant/<int:pk>/", views.reward_grant, name="reward_grant"),
    path("settings/rewards/", views.reward_rules, name="reward_rules"),
    path("settings/rewards/new/", views.reward_rule_edit, name="reward_rule_add"),
    path("settings/rewards/<int:pk>/", views.reward_rule_edit, name="reward_rule_edit"),
]
