"""What every page shows around its content."""

from zhike.kit.registry import menu


def page(request):
    """Navigation and viewer for templates."""
    viewer = getattr(request, "viewer", None)
    return {"viewer": viewer, "menu": menu.at("main", viewer) if viewer else []}
