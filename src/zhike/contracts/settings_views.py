"""Settings of this room: numbering, the credit check."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.contracts import actions
from zhike.contracts.forms import RulesForm
from zhike.contracts.models import rules_in_force
from zhike.kit import htmx
from zhike.kit.access import require


@require_http_methods(["GET", "POST"])
def contract_rules(request: HttpRequest) -> HttpResponse:
    """How contracts and payments are numbered, and what the credit check does."""
    require(request.viewer, "contracts.rules.change")
    rules = rules_in_force()
    initial = {name: getattr(rules, name) for name in RulesForm.base_fields}
    form = RulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.run(actions.save_rules, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    return htmx.part(request, "contracts/rules.html#form", {"form": form}, status=422 if form.errors else 200)
