"""One's own account: what everybody may change about themselves."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.kit import htmx
from zhike.org import actions, queries
from zhike.org.forms import ProfileForm


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Language, e-mail and mobile number; the rest is the administrator's."""
    person = queries.person(request.viewer, request.viewer.person_id)
    form = ProfileForm(request.POST or None, viewer=request.viewer, person=person)
    if request.method == "POST" and form.run(actions.set_profile, person, by=request.viewer):
        with translation.override(form.result.language or translation.get_language()):
            return htmx.redirect(request, request.path, _("Saved."))
    context = {"form": form, "person": person, "roles": person.roles.all()}
    return htmx.part(request, "org/profile.html#form", context, status=422 if request.method == "POST" else 200)
