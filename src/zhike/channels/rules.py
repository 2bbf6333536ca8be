"""Who may do what here."""

from django.utils.translation import gettext_lazy as _

from zhike.kit import access

SEE = "channels.delivery.view"
HANDLE = "channels.delivery.change"
SET_ROBOTS = "channels.robot.change"
SET_WEBHOOKS = "channels.webhook.change"

for _verb, _label in (
    (SEE, _("See what was sent")),
    (HANDLE, _("Send again, give up")),
    (SET_ROBOTS, _("Set up group robots")),
    (SET_WEBHOOKS, _("Set up webhooks")),
):
    access.declare(_verb, _label, _("Sending"))
