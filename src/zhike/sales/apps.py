from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    name = "zhike.sales"
    label = "sales"

    def ready(self):
        from zhike.customers.actions import moves_with_owner
        from zhike.kit import scope
        from zhike.kit.registry import buttons, menu, stats, tabs
        from zhike.org import approvals
        from zhike.org.approvals import Fact, Subject
        from zhike.records import periodic
        from zhike.records.files import files_count, files_panel
        from zhike.records.prepared import count_inside
        from zhike.sales import (  # noqa: F401 - reports declare themselves
            actions,
            competitor_reports,
            lead_reports,
            measures,
            models,
            panels,
            quote_views,
            reports,
            target_kinds,
            target_reports,
        )
        from zhike.sales.actions.deals import move_with_customer
        from zhike.sales.kinds import LEAD, OPPORTUNITY, PRODUCT, QUOTE, SEE_COST

        self.declare_events()
        scope.add_arm(models.customers_dealt_with, inherited=False)
        moves_with_owner(move_with_customer)
        view = OPPORTUNITY.verb("view")

        menu.add("main", "leads", _("Leads"), url_name="sales:lead_list", icon="target-arrow", group="sales", order=10,
                 verb=LEAD.verb("view"), shortcut="g l")  # fmt: skip
        menu.add("main", "opportunities", _("Opportunities"), url_name="sales:opportunity_list", icon="chart-funnel",
                 group="sales", order=30, verb=view, shortcut="g o")  # fmt: skip
        menu.add("main", "quotes", _("Quotes"), url_name="sales:quote_list", icon="file-dollar", group="sales",
                 order=35, verb=QUOTE.verb("view"), shortcut="g q")  # fmt: skip
        menu.add("main", "products", _("Products"), url_name="sales:product_list", icon="package", group="sales",
                 order=50, verb=PRODUCT.verb("view"))  # fmt: skip
        menu.add("main", "targets", _("Targets and forecast"), url_name="sales:target_list", icon="target",
                 group="analysis", order=10, verb="sales.target.view")  # fmt: skip
        measures.add(measures.WON)
        measures.add(measures.NEW_CUSTOMERS)
        periodic.daily("zhike.sales.tasks.keep_forecast_of_month", at=time(0, 20))
        menu.add("phone", "opportunities", _("Opportunities"), url_name="sales:opportunity_list", icon="chart-funnel",
                 order=30, verb=view)  # fmt: skip
        menu.add("settings", "pipelines", _("Pipelines"), url_name="sales:pipeline_list", icon="layout-kanban",
                 order=50, verb="sales.pipeline.change")  # fmt: skip
        menu.add("settings", "taxes", _("Tax rates"), url_name="sales:tax_rate_list", icon="percentage", order=47,
                 verb="sales.taxrate.change")  # fmt: skip
        menu.add("settings", "assignment", _("Lead assignment"), url_name="sales:assignment_list", icon="route",
                 order=48, verb="sales.assignment.change")  # fmt: skip
        menu.add("settings", "prices", _("Price lists"), url_name="sales:price_lists", icon="tag", order=52,
                 verb="sales.product.set_prices")  # fmt: skip
        menu.add("settings", "quotes", _("Quotes"), url_name="sales:quote_rules", icon="file-dollar", order=54,
                 verb="sales.quote.set_rules")  # fmt: skip
        menu.add("settings", "categories", _("Product categories"), url_name="sales:categories", icon="folder",
                 order=53, verb="sales.product.set_prices")  # fmt: skip
        menu.add("new", "opportunity", _("Opportunity"), url_name="sales:opportunity_create", icon="chart-funnel",
                 order=30, verb=OPPORTUNITY.verb("create"))  # fmt: skip
        menu.add("new", "lead", _("Lead"), url_name="sales:lead_create", icon="target-arrow", order=40,
                 verb=LEAD.verb("create"))  # fmt: skip
        menu.add("home", "funnel", _("Funnel"), part=panels.funnel, order=20, verb=view)

        place = "customers.customer"
        tabs.add(place, "deals", _("Deals"), body=panels.customer_deals, part=panels.customer_deal_count, order=30,
                 verb=view)  # fmt: skip
        stats.add(place, "won", _("Won so far"), part=panels.won_figure, order=10, verb=view)
        stats.add(place, "open", _("Open deals"), part=panels.open_figure, order=20, verb=view)
        buttons.add(place, "deal", _("New opportunity"), url_name="sales:opportunity_create", icon="chart-funnel",
                    order=40, verb=OPPORTUNITY.verb("create"))  # fmt: skip

        self.place_projects(OPPORTUNITY)
        place = OPPORTUNITY.label
        tabs.add(place, "overview", _("Overview"), body=panels.overview, order=5)
        tabs.add(place, "files", _("Files"), body=files_panel, part=files_count, order=70)
        tabs.add(place, "changes", _("Changes"), body=panels.changes, order=80)
        quotes = {"body": quote_views.panel, "part": count_inside(QUOTE.model), "verb": QUOTE.verb("view")}
        for where in ("customers.customer", OPPORTUNITY.label):
            tabs.add(where, "quotes", _("Quotes"), order=35, **quotes)
        buttons.add(OPPORTUNITY.label, "quote", _("New quote"), url_name="sales:quote_create", icon="file-dollar",
                    order=50, verb=QUOTE.verb("create"))  # fmt: skip
        approvals.add(
            Subject(
                key="sales.quote", label=_("Quote"), model=models.Quote, decided=actions.quote_decided,
                ask=actions.submit_quote,
                facts={"amount": Fact(_("amount"), "money", "gt"),
                       "discount": Fact(_("largest discount"), "percent", "gt"),
                       "margin": Fact(_("margin"), "percent", "lt", SEE_COST)},
            )
        )  # fmt: skip

    def place_projects(self, opportunity):
        """Who works on deals and who decides them: team, resources, buying centre, competitors, score (SAL-4)."""
        from zhike.kit import scope
        from zhike.kit.registry import menu, tabs
        from zhike.records import periodic
        from zhike.records.events import on
        from zhike.sales import project_panels as panels
        from zhike.sales.actions.scores import SET_WEIGHTS
        from zhike.sales.models.teams import team_arm, team_change
        from zhike.sales.project_kinds import COMPETITOR, RESOURCE
        from zhike.sales.score_tasks import rescore

        scope.add_arm(team_arm)
        scope.add_change_right(team_change)
        for event in ("created", "changed", "moved"):
            on(f"sales.opportunity.{event}", rescore)
        periodic.daily("zhike.sales.score_tasks.refresh_all", at=time(2, 30))
        place = opportunity.label
        tabs.add(place, "buying", _("Buying centre"), body=panels.buying, order=10)
        tabs.add(place, "rivals", _("Competitors"), body=panels.rivals, order=12)
        tabs.add(place, "team", _("Team and resources"), body=panels.team, order=14)
        tabs.add(place, "score", _("Priority score"), body=panels.score, order=60)
        menu.add("main", "resources", _("Resource calendar"), url_name="sales:resource_calendar", icon="calendar-time",
                 group="sales", order=45, verb=RESOURCE.verb("view"))  # fmt: skip
        menu.add("main", "competitors", _("Competitors"), url_name="sales:competitor_list", icon="hand-stop",
                 group="sales", order=55, verb=COMPETITOR.verb("view"))  # fmt: skip
        menu.add("settings", "score", _("Priority score"), url_name="sales:score_weights", icon="adjustments",
                 order=55, verb=SET_WEIGHTS)  # fmt: skip

    def declare_events(self):
        """What happens to records of this room, for automation and webhooks."""
        from zhike.records.events import declare

        declare("sales.lead.converted", _("Lead converted"))
        declare("sales.opportunity.moved", _("Moved to another stage"))
        declare("sales.quote.approved", _("Quote approved"))
        declare("sales.quote.rejected", _("Quote rejected"))
        declare("sales.quote.accepted", _("Quote accepted"))
