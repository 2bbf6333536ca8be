"""Addresses of this room."""

from django.urls import path

from zhike.records import files, picking
from zhike.records.imports import views as imports
from zhike.records.views import customise, jobs, lists, reports, search

app_name = "records"
urlpatterns = [
    path("search/", search.results, name="search"),
    path("palette/", search.palette, name="palette"),
    path("lists/<slug:slug>/filter/", lists.filter_fields, name="filters"),
    path("lists/<slug:slug>/filter/<slug:name>/", lists.filter_edit, name="filter"),
    path("lists/<slug:slug>/columns/", lists.columns, name="columns"),
    path("lists/<slug:slug>/views/save/", lists.view_save, name="view_save"),
    path("lists/views/<int:pk>/delete/", lists.view_delete, name="view_delete"),
    path("lists/<slug:slug>/<int:pk>/edit/<slug:name>/", lists.inline, name="inline"),
    path("lists/<slug:slug>/bulk/<slug:what>/", lists.bulk, name="bulk"),
    path("lists/<slug:slug>/export/", lists.export, name="export"),
    path("settings/fields/", customise.field_list, name="fields"),
    path("settings/fields/<slug:slug>/", customise.field_list, name="field_list"),
    path("settings/fields/<slug:slug>/add/", customise.field_edit, name="field_add"),
    path("settings/fields/<slug:slug>/<int:pk>/", customise.field_edit, name="field_edit"),
    path("settings/fields/<int:pk>/archive/", customise.field_archive, name="field_archive"),
    path("settings/fields/<int:pk>/move/", customise.field_move, name="field_move"),
    path("settings/picklists/", customise.picklist_page, name="picklists"),
    path("settings/picklists/<str:key>/", customise.picklist_page, name="picklist_page"),
    path("settings/picklists/<str:key>/add/", customise.option_edit, name="option_add"),
    path("settings/picklists/<str:key>/<int:pk>/", customise.option_edit, name="option_edit"),
    path("settings/picklists/entries/<int:pk>/archive/", customise.option_archive, name="option_archive"),
    path("reports/", reports.report_list, name="reports"),
    path("reports/<slug:report>/", reports.report_page, name="report"),
    path("reports/<slug:report>/export/", reports.report_export, name="report_export"),
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/<int:pk>/", jobs.job_page, name="job_page"),
    path("jobs/<int:pk>/file/", jobs.job_file, name="job_file"),
    path("inbox/", jobs.inbox, name="inbox"),
    path("inbox/read/", jobs.inbox_read, name="inbox_read"),
    path("import/", imports.import_start, name="import_start"),
    path("import/<int:pk>/", imports.import_page, name="import_page"),
    path("import/<int:pk>/columns/", imports.import_map, name="import_map"),
    path("import/<int:pk>/words/", imports.import_words, name="import_words"),
    path("import/<int:pk>/mapping/", imports.import_mapping, name="import_mapping"),
    path("import/template/<slug:slug>/", imports.import_template, name="import_template"),
    path("import/<int:pk>/run/", imports.import_run, name="import_run"),
    path("import/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("import/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("pick/<slug:slug>/", picking.pick, name="pick"),
    path("<slug:slug>/<int:pk>/files/add/", files.file_add, name="file_add"),
    path("files/<int:pk>/", files.file_get, name="file_get"),
    path("files/<int:pk>/remove/", files.file_remove, name="file_remove"),
]
