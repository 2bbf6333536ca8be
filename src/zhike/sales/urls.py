"""Addresses of this room."""

app_name = "sales"
urlpatterns = []
