"""The viewer of a request: built once, cached until people, roles or departments change."""

from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django_htmx.http import HttpResponseClientRedirect

from zhike.kit.htmx import wants_part
from zhike.org.viewers import viewer_of_person
from zhike.records import config


class ViewerMiddleware:
    """Puts `request.viewer` on every request of a person who is signed in (None otherwise), in their language.

    Who still has the password an administrator gave them sees nothing but the page to change it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.viewer = None
        if not request.user.is_authenticated:
            if "Authorization" not in request.headers:
                return self.get_response(request)
            with config.reading():  # whose token it is, the API finds out
                return self.get_response(request)
        with config.reading(getattr(request.user, "config_version", None) or 0):
            request.viewer = viewer_of_person(request.user.pk)
            if not request.user.language:
                return self.get_response(request)
            with translation.override(request.user.language):
                request.LANGUAGE_CODE = request.user.language
                return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Send those with a given password to the page where they choose their own."""
        if request.viewer is None or not request.viewer.person.must_change_password or _may_go_on(request):
            return None
        url = reverse("account_change_password")
        return HttpResponseClientRedirect(url) if wants_part(request) else redirect(url)


def _may_go_on(request) -> bool:
    open_pages = (reverse("account_change_password"), reverse("account_logout"), settings.STATIC_URL)
    return request.path_info.startswith(open_pages)
