"""Settings: the letter that goes with quotes, how long they are valid, their usual terms (SAL-5)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhike.kit import htmx
from zhike.kit.access import require
from zhike.sales import actions
from zhike.sales.models.quote_rules import quote_rules
from zhike.sales.quote_forms import QuoteRulesForm

SET_QUOTES = "sales.quote.set_rules"


@require_http_methods(["GET", "POST"])
def quote_rules_page(request: HttpRequest) -> HttpResponse:
    """The letter of quotes with its places, their validity and usual terms."""
    require(request.viewer, SET_QUOTES)
    rules = quote_rules()
    initial = {name: getattr(rules, name) for name in QuoteRulesForm.base_fields}
    initial |= {"letter_subject": rules.subject_template, "letter_text": rules.text_template}
    form = QuoteRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.run(actions.save_quote_rules, by=request.viewer):
        return htmx.redirect(request, request.path, _("Saved."))
    context = {"form": form, "places": _places()}
    return htmx.part(request, "sales/quote_rules.html#form", context, status=422 if form.errors else 200)


def _places() -> list[tuple[str, str]]:
    """What a letter may name, and what stands there then."""
    return [
        ("{name}", _("the contact, or the customer")), ("{customer}", _("the customer")),
        ("{company}", _("our company's name")), ("{number}", _("number and version of the quote")),
        ("{title}", _("its title")), ("{total}", _("its total with tax")), ("{valid_until}", _("its last day")),
        ("{person}", _("whoever sends it")), ("{mobile}", _("their mobile")),
    ]  # fmt: skip
