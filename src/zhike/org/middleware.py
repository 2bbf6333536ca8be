"""The viewer of a request: built once, cached until people, roles or departments change."""

from zhike.org.viewers import viewer_of_person
from zhike.records import config


class ViewerMiddleware:
    """Puts `request.viewer` on every request of a person who is signed in (None otherwise)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.viewer = None
        if not request.user.is_authenticated:
            return self.get_response(request)
        with config.reading(getattr(request.user, "config_version", None) or 0):
            request.viewer = viewer_of_person(request.user.pk)
            return self.get_response(request)
