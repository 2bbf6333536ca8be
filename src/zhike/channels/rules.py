"""Who may do what here; looking at what went out and exporting it are declared with its kind."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.kit import access

SEE = "channels.delivery.view"
HANDLE = "channels.delivery.change"
SET_ROBOTS = "channels.robot.change"
SET_WEBHOOKS = "channels.webhook.change"

access.declare(HANDLE, _("Send again, give up"), pgettext_lazy("channels", "deliveries"))
access.declare(SET_ROBOTS, _("Set up group robots"), _("Sending"))
access.declare(SET_WEBHOOKS, _("Set up webhooks"), _("Sending"))
