"""Addresses that only the tests of the frame have."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path

from zhike.kit import htmx
from zhike.kit.errors import Forbidden, NotVisible, Refused, Stale

ERRORS = {
    "unseen": NotVisible(),
    "forbidden": Forbidden("x.change"),
    "stale": Stale(),
    "refused": Refused("Rules say no."),
    "nul": ValueError("A string literal cannot contain NUL (0x00) characters."),
    "huge": OverflowError("Python int too large to convert to SQLite INTEGER"),
    "bug": ValueError("a bug"),
}


@login_not_required
def fail(request, how):
    raise ERRORS[how]


@login_not_required
def hello(request):
    return HttpResponse(f"hello {request.GET.get('q', '')}")


def private(request):
    return HttpResponse("private")


@login_not_required
def moved(request):
    return htmx.redirect(request, "/hello/", "Saved")


urlpatterns = [
    path("fail/<str:how>/", fail),
    path("hello/", hello),
    path("private/", private),
    path("moved/", moved),
    path("api/v1/nothing/", private),
    path("accounts/", include("allauth.urls")),
    path("manifest.webmanifest", hello, name="manifest"),
]
