"""The API's address. Built when the first request comes, so that every room has registered its kinds by then."""

from django.urls import path

from zhike.api.api import build

urlpatterns = [path("api/v1/", build().urls)]
