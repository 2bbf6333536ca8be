"""What makes the product an app on a phone: its manifest, its service worker, and the page without a connection."""

from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

HOUR = 3600


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> JsonResponse:
    """The web app manifest."""
    icons = [
        {"src": static("zk/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static("zk/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static("zk/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ]
    home = "/"
    said = {
        "name": str(_("ZhiKe")), "short_name": str(_("ZhiKe")), "start_url": home, "scope": home, "id": home,
        "display": "standalone", "background_color": "#f4f4f1", "theme_color": "#f4f4f1", "icons": icons,
    }  # fmt: skip
    return JsonResponse(said, content_type="application/manifest+json", headers={"Cache-Control": f"max-age={HOUR}"})


@require_safe
@login_not_required
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it serves all pages."""
    script = Path(finders.find("zk/sw.js")).read_text(encoding="utf-8")
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
@login_not_required
def offline(request: HttpRequest) -> HttpResponse:
    """The page shown where there is no connection; it names nobody."""
    return render(request, "offline.html")
