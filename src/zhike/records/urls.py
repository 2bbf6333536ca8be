"""Addresses of this room."""

from django.urls import path

from zhike.records import files, picking
from zhike.records.imports import views as imports
from zhike.records.views import jobs, lists

app_name = "records"
urlpatterns = [
    path("lists/<slug:slug>/filter/<slug:name>/", lists.filter_edit, name="filter"),
    path("lists/<slug:slug>/columns/", lists.columns, name="columns"),
    path("lists/<slug:slug>/views/save/", lists.view_save, name="view_save"),
    path("lists/views/<int:pk>/delete/", lists.view_delete, name="view_delete"),
    path("lists/<slug:slug>/<int:pk>/edit/<slug:name>/", lists.inline, name="inline"),
    path("lists/<slug:slug>/bulk/<slug:what>/", lists.bulk, name="bulk"),
    path("lists/<slug:slug>/export/", lists.export, name="export"),
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/<int:pk>/", jobs.job_page, name="job_page"),
    path("jobs/<int:pk>/file/", jobs.job_file, name="job_file"),
    path("inbox/", jobs.inbox, name="inbox"),
    path("inbox/read/", jobs.inbox_read, name="inbox_read"),
    path("import/", imports.import_start, name="import_start"),
    path("import/<int:pk>/", imports.import_page, name="import_page"),
    path("import/<int:pk>/columns/", imports.import_map, name="import_map"),
    path("import/<int:pk>/run/", imports.import_run, name="import_run"),
    path("import/<int:pk>/undo/", imports.import_undo, name="import_undo"),
    path("import/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("pick/<slug:slug>/", picking.pick, name="pick"),
    path("<slug:slug>/<int:pk>/files/add/", files.file_add, name="file_add"),
    path("files/<int:pk>/", files.file_get, name="file_get"),
    path("files/<int:pk>/remove/", files.file_remove, name="file_remove"),
]
