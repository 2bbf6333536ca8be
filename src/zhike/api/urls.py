"""Addresses of this room."""

app_name = "api"
urlpatterns = []
