"""Every address of the product: each room brings its own."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from zhike.kit import app_views

urlpatterns = [
    path("manifest.webmanifest", app_views.manifest, name="manifest"),
    path("sw.js", app_views.service_worker, name="service_worker"),
    path("offline/", app_views.offline, name="offline"),
    # E-mail addresses are changed in the profile; allauth's pages for several of them are not used.
    re_path("^accounts/(?:email|confirm-email)/", RedirectView.as_view(url="/me/")),
    path("accounts/", include("allauth.urls")),
    path("", include("zhike.records.urls")),
    path("", include("zhike.org.urls")),
    path("", include("zhike.channels.urls")),
    path("", include("zhike.customers.urls")),
    path("", include("zhike.sales.urls")),
    path("", include("zhike.contracts.urls")),
    path("", include("zhike.activities.urls")),
    path("", include("zhike.mail.urls")),
    path("", include("zhike.automation.urls")),
    path("", include("zhike.api.urls")),
]
