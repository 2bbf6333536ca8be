"""Addresses of this room."""

from django.urls import path

from zhike.records import files

app_name = "records"
urlpatterns = [
    path("<slug:slug>/<int:pk>/files/add/", files.file_add, name="file_add"),
    path("files/<int:pk>/", files.file_get, name="file_get"),
    path("files/<int:pk>/remove/", files.file_remove, name="file_remove"),
]
