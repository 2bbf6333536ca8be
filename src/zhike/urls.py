"""Every address of the product: each room brings its own."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("zhike.records.urls")),
    path("", include("zhike.org.urls")),
    path("", include("zhike.customers.urls")),
    path("", include("zhike.sales.urls")),
    path("", include("zhike.activities.urls")),
    path("", include("zhike.api.urls")),
]
