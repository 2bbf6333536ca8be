"""Addresses of this room."""

from django.urls import path

from zhike.records import files, picking
from zhike.records.imports import views as imports

app_name = "records"
urlpatterns = [
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
