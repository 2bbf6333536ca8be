"""Pages of cross-selling and rewards: what is bought together, suggestions for a customer, rewards (SAL-11)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhike.contracts import suggestions
from zhike.contracts.actions import cross_sell as actions
from zhike.contracts.actions import rewards
from zhike.contracts.cross_sell_forms import GrantForm, RewardRuleForm
from zhike.contracts.cross_sell_tasks import reckon_now
from zhike.contracts.forms import ReasonForm
from zhike.contracts.models import Basis, Reward, RewardRule
from zhike.contracts.reward_kinds import REWARD
from zhike.customers.kinds import CUSTOMER
from zhike.customers.models import Customer
from zhike.customers.queries import customer as one_customer
from zhike.kit import dates, htmx
from zhike.kit.access import may, require
from zhike.kit.actions import acting
from zhike.kit.errors import NotVisible
from zhike.kit.keys import key_of
from zhike.kit.registry import Stat
from zhike.kit.viewer import Viewer
from zhike.records.actions import start_job
from zhike.records.dialogs import dialog, settings_dialog
from zhike.records.lists import ListPage
from zhike.records.prepared import prepared
from zhike.records.queries import record
from zhike.sales import queries as sales
from zhike.sales.kinds import OPPORTUNITY
from zhike.sales.models import Product, Quote

VIEW, RECKON = "contracts.contract.view", "contracts.rules.change"


@require_safe
def cross_sell_page(request: HttpRequest) -> HttpResponse:
    """What is bought together, in one sale or by one customer, and on which days' sales that rests."""
    require(request.viewer, VIEW)
    basis = Basis.CUSTOMER if request.GET.get("basis") == Basis.CUSTOMER else Basis.ORDER
    path = request.path
    context = {
        "pairs": suggestions.top_pairs(basis), "run": suggestions.latest_run(), "basis": basis,
        "can_reckon": request.viewer.can(RECKON),
        "tabs": [
            {"label": label, "url": f"{path}?basis={key}", "current": key == basis} for key, label in Basis.choices
        ],
    }  # fmt: skip
    return htmx.part(request, "contracts/cross_sell.html", context)


@require_POST
def cross_sell_reckon(request: HttpRequest) -> HttpResponse:
    """Have it reckoned anew; the job shows how far it is."""
    require(request.viewer, RECKON)
    with acting(request.viewer, "reckon_cross_sell"):
        job = start_job(_("What is bought together"), by=request.viewer, total=actions.STEPS)
        reckon_now.enqueue(job.pk)
    return htmx.redirect(request, reverse("contracts:cross_sell"), _("Reckoning; it is ready in a moment."))


def customer_panel(request: HttpRequest, customer: Customer) -> SafeString:
    """The tab of a customer: what it might need next, rewards it has and could have."""
    viewer = request.viewer
    held = list(
        Reward.objects.visible_to(viewer).filter(customer=customer).select_related("person").order_by("-id")[:30]
    )
    beyond, today, able = viewer.can(rewards.EXCEED), dates.today(), may(viewer, rewards.GRANT, customer)
    running = {reward.rule_id for reward in held if reward.status == "asked" or reward.is_valid(today)}
    context = {
        "customer": customer, "run": suggestions.latest_run(), "rewards": held, "today": today,
        "suggestions": suggestions.suggestions_for(viewer, customer),
        "answers": suggestions.answers_of(viewer, customer),
        "can_take": may(viewer, OPPORTUNITY.verb("create"), customer),
        "can_decline": may(viewer, CUSTOMER.verb("change"), customer), "can_grant": able,
        "standings": [
            {"standing": one, "grant": able and one.rule.pk not in running and (one.is_earned or beyond)}
            for one in rewards.standings(customer, today)
        ],
    }  # fmt: skip
    return render_to_string("contracts/parts/customer_cross_sell.html", context, request)


def reward_figure(viewer: Viewer, customer: Customer) -> Stat | None:
    """The reward a customer has now, on its card; nothing where it has none."""
    if not (found := _rewards_now(viewer, customer.pk)):
        return None
    reward = found[0]
    url = reverse("customers:customer_tab", args=[customer.pk, "rewards"])
    note = _("%(percent)s%% off until %(day)s") if reward.discount else _("until %(day)s")
    words = {"percent": f"{reward.discount.normalize():f}", "day": reward.valid_until}
    return Stat(reward.name, note=note % words, url=url, tone="ok")


@prepared
def _rewards_now(viewer: Viewer, customer_id: int) -> QuerySet[Reward]:
    rows = Reward.objects.visible_to(viewer).filter(customer_id=customer_id)
    return rows.filter(status="granted", valid_until__gte=dates.today()).order_by("-discount", "-id")[:1]


def product_card(request: HttpRequest, product: Product) -> SafeString:
    """What is bought at once with a product."""
    context = {"pairs": suggestions.bought_with(product), "run": suggestions.latest_run()}
    return render_to_string("contracts/parts/bought_with.html", context, request) if context["run"] else SafeString("")


def quote_card(request: HttpRequest, quote: Quote) -> SafeString:
    """What customers like this one also bought, beside what the quote offers; and the reward it has."""
    viewer = request.viewer
    if quote.status != Quote.Status.DRAFT:
        return SafeString("")
    offered = [line.product_id for line in sales.quote_lines(viewer, quote) if line.product_id]
    context = {
        "suggestions": suggestions.suggestions_for(viewer, quote.customer, beside=offered, count=4),
        "customer": quote.customer, "reward": reward_figure(viewer, quote.customer),
    }  # fmt: skip
    return render_to_string("contracts/parts/quote_suggestions.html", context, request)


def _asked(request: HttpRequest, pk: int) -> tuple[Customer, Product]:
    product = key_of(request.POST.get("product") or request.GET.get("product"))
    return one_customer(request.viewer, pk), sales.product(request.viewer, product)


@require_POST
def suggestion_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a deal of a suggestion; the reason is worked out anew, not taken from the page."""
    viewer, (customer, product) = request.viewer, _asked(request, pk)
    require(viewer, OPPORTUNITY.verb("create"))
    found = suggestions.suggestions_for(viewer, customer, count=100)
    reason = next((one.reason for one in found if one.product.pk == product.pk), "")
    deal = actions.take_suggestion(customer, product, by=viewer, reason=reason)
    return htmx.redirect(request, deal.get_absolute_url(), _("Here is the deal."))


@require_http_methods(["GET", "POST"])
def suggestion_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why a product is not for this customer."""
    viewer, (customer, product) = request.viewer, _asked(request, pk)
    require(viewer, CUSTOMER.verb("change"), customer)
    form = ReasonForm(request.POST or None, viewer=viewer)
    values: dict[str, Any] = {"product": product, "by": viewer}
    if request.method == "POST" and form.run(actions.decline_suggestion, customer, **values):
        return htmx.redirect(request, _tab(customer), _("Noted."))
    title = _("%(product)s does not fit?") % {"product": product}
    return dialog(request, form, customer, title=title, submit=_("Do not suggest it again"))


def _tab(customer: Customer) -> str:
    return reverse("customers:customer_tab", args=[customer.pk, "rewards"])


@require_safe
def reward_list(request: HttpRequest) -> HttpResponse:
    """All rewards the viewer sees."""
    return ListPage(REWARD, request).response()


@require_safe
def reward_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A reward is shown on the page of its customer."""
    return redirect(_tab(record(request.viewer, REWARD, pk, related=("customer",)).customer))


@require_http_methods(["GET", "POST"])
def reward_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant a customer a reward."""
    viewer, customer = request.viewer, one_customer(request.viewer, pk)
    require(viewer, rewards.GRANT, customer)
    form = GrantForm(request.POST or None, initial={"rule": request.GET.get("rule", "")})
    if request.method == "POST" and form.run(rewards.grant_reward, customer, by=viewer):
        said = _("Sent for approval.") if form.result.status == "asked" else pgettext("reward", "Granted.")
        return htmx.redirect(request, _tab(customer), said)
    return dialog(request, form, customer, title=_("Grant a reward"), submit=pgettext("reward", "Grant"))


@require_http_methods(["GET", "POST"])
def reward_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reward back."""
    reward = record(request.viewer, REWARD, pk, related=("customer",))
    require(request.viewer, rewards.GRANT, reward)
    form = ReasonForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.run(rewards.end_reward, reward, by=request.viewer):
        return htmx.redirect(request, _tab(reward.customer), _("Taken back."))
    return dialog(request, form, reward, title=_("Take this reward back?"), submit=_("Take back"), danger=True)


@require_safe
def reward_rules(request: HttpRequest) -> HttpResponse:
    """Settings: which reward is earned by what."""
    require(request.viewer, rewards.SET_RULES)
    return htmx.part(request, "contracts/reward_rules.html", {"rules": RewardRule.objects.all()})


@require_http_methods(["GET", "POST"])
def reward_rule_edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Add or change a rule."""
    require(request.viewer, rewards.SET_RULES)
    rule = RewardRule.objects.filter(pk=pk).first() if pk else RewardRule()
    if rule is None:
        raise NotVisible
    form = RewardRuleForm(request.POST or None, rule=rule)
    if request.method == "POST" and form.run(rewards.save_reward_rule, rule, by=request.viewer):
        return htmx.redirect(request, reverse("contracts:reward_rules"), _("Saved."))
    back, about = reverse("contracts:reward_rules"), _("Rules of rewards")
    return settings_dialog(request, form, title=rule.name or _("Reward rule"), submit=_("Save"), back=back, about=about)
