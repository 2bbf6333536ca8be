"""Addresses of this room."""

from django.urls import path

from zhike.sales import analysis, assignment_views, board, lead_views, pipeline_views, product_views, views

app_name = "sales"
urlpatterns = [
    path("opportunities/", views.opportunity_list, name="opportunity_list"),
    path("opportunities/board/", board.board_page, name="board"),
    path("opportunities/analysis/", analysis.analysis_page, name="analysis"),
    path("opportunities/new/", views.opportunity_create, name="opportunity_create"),
    path("opportunities/<int:pk>/", views.opportunity_page, name="opportunity_page"),
    path("opportunities/<int:pk>/edit/", views.opportunity_edit, name="opportunity_edit"),
    path("opportunities/<int:pk>/move/", views.opportunity_move, name="opportunity_move"),
    path("opportunities/<int:pk>/assign/", views.opportunity_assign, name="opportunity_assign"),
    path("opportunities/<int:pk>/delete/", views.opportunity_delete, name="opportunity_delete"),
    path("opportunities/<int:pk>/check/", views.check_tick, name="check_tick"),
    path("opportunities/<int:pk>/lines/add/", views.line_add, name="line_add"),
    path("opportunities/<int:pk>/lines/total/", views.lines_total, name="lines_total"),
    path("opportunities/<int:pk>/lines/<int:line_pk>/remove/", views.line_remove, name="line_remove"),
    path("opportunities/<int:pk>/<slug:tab>/", views.opportunity_page, name="opportunity_tab"),
    path("products/", product_views.product_list, name="product_list"),
    path("products/new/", product_views.product_create, name="product_create"),
    path("products/<int:pk>/", product_views.product_page, name="product_page"),
    path("products/<int:pk>/edit/", product_views.product_edit, name="product_edit"),
    path("products/<int:pk>/delete/", product_views.product_delete, name="product_delete"),
    path("leads/", lead_views.lead_list, name="lead_list"),
    path("leads/new/", lead_views.lead_create, name="lead_create"),
    path("leads/<int:pk>/", lead_views.lead_page, name="lead_page"),
    path("leads/<int:pk>/edit/", lead_views.lead_edit, name="lead_edit"),
    path("leads/<int:pk>/claim/", lead_views.lead_claim, name="lead_claim"),
    path("leads/<int:pk>/release/", lead_views.lead_release, name="lead_release"),
    path("leads/<int:pk>/disqualify/", lead_views.lead_disqualify, name="lead_disqualify"),
    path("leads/<int:pk>/assign/", lead_views.lead_assign, name="lead_assign"),
    path("leads/<int:pk>/delete/", lead_views.lead_delete, name="lead_delete"),
    path("leads/<int:pk>/convert/", lead_views.lead_convert, name="lead_convert"),
    path("leads/<int:pk>/by-rules/", assignment_views.lead_by_rules, name="lead_by_rules"),
    path("leads/<int:pk>/reopen/", lead_views.lead_reopen, name="lead_reopen"),
    path("settings/assignment/", assignment_views.rule_list, name="assignment_list"),
    path("settings/assignment/new/", assignment_views.rule_edit, name="assignment_create"),
    path("settings/assignment/order/", assignment_views.rule_order, name="assignment_order"),
    path("settings/assignment/run/", assignment_views.give_out, name="assignment_run"),
    path("settings/assignment/<int:pk>/", assignment_views.rule_edit, name="assignment_edit"),
    path("settings/assignment/<int:pk>/conditions/", assignment_views.rule_conditions, name="assignment_conditions"),
    path("settings/assignment/<int:pk>/delete/", assignment_views.rule_delete, name="assignment_delete"),
    path("settings/pipelines/", pipeline_views.pipeline_list, name="pipeline_list"),
    path("settings/pipelines/new/", pipeline_views.pipeline_edit, name="pipeline_create"),
    path("settings/pipelines/<int:pk>/", pipeline_views.pipeline_page, name="pipeline_page"),
    path("settings/pipelines/<int:pk>/edit/", pipeline_views.pipeline_edit, name="pipeline_edit"),
    path("settings/pipelines/<int:pk>/order/", pipeline_views.stage_order, name="stage_order"),
    path("settings/pipelines/<int:pipeline_pk>/stages/new/", pipeline_views.stage_edit, name="stage_create"),
    path("settings/pipelines/<int:pipeline_pk>/stages/<int:pk>/", pipeline_views.stage_edit, name="stage_edit"),
    path(
        "settings/pipelines/<int:pipeline_pk>/stages/<int:pk>/remove/", pipeline_views.stage_remove, name="stage_remove"
    ),
    path(
        "settings/pipelines/<int:pipeline_pk>/stages/<int:pk>/restore/",
        pipeline_views.stage_restore,
        name="stage_restore",
    ),
]
