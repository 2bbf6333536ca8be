"""Where cross-selling and rewards are reached: menu, tab, cards, settings. Called once, when the apps are ready."""

from datetime import time

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Put suggestions, pairs and rewards where people find them."""
    from zhike.contracts import cross_sell_views as views
    from zhike.contracts.actions import rewards
    from zhike.contracts.models import Reward
    from zhike.contracts.reward_kinds import REWARD
    from zhike.kit.registry import cards, menu, stats, tabs
    from zhike.org import approvals
    from zhike.org.approvals import Fact, Subject
    from zhike.records import periodic
    from zhike.records.events import declare

    approvals.add(
        Subject(
            rewards.SUBJECT, _("Reward for a customer"), Reward,
            {"discount": Fact(_("discount"), "percent", "gt"), "earned": Fact(_("earned by"), "number")},
            rewards.reward_decided,
        )
    )  # fmt: skip
    declare("contracts.suggestion.taken", _("Deal made of a suggestion"))
    declare("contracts.reward.granted", _("Reward granted"))
    periodic.daily("zhike.contracts.cross_sell_tasks.reckon_nightly", at=time(3, 10))
    menu.add("main", "cross_sell", _("Bought together"), url_name="contracts:cross_sell", icon="affiliate",
             group="analysis", order=70, verb=views.VIEW)  # fmt: skip
    menu.add("main", "rewards", _("Customer rewards"), url_name="contracts:reward_list", icon="award", group="sales",
             order=50, verb=REWARD.verb("view"))  # fmt: skip
    menu.add("settings", "rewards", _("Rules of rewards"), url_name="contracts:reward_rules", icon="award", order=75,
             verb=rewards.SET_RULES)  # fmt: skip
    place = "customers.customer"
    tabs.add(place, "rewards", _("Cross-sell and rewards"), body=views.customer_panel, order=46, verb=views.VIEW)
    stats.add(place, "reward", _("Reward"), part=views.reward_figure, order=60, verb=REWARD.verb("view"))
    cards.add("sales.product", "bought_with", _("Often bought with it"), body=views.product_card, order=10)
    cards.add("sales.quote", "suggestions", _("Customers like this also bought"), body=views.quote_card, order=10,
              verb=views.VIEW)  # fmt: skip
