"""Signs of follow-ups."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhike.activities.kinds import SIGNS
from zhike.activities.models import Activity, Task
from zhike.kit import format as fmt
from zhike.records.lookups import person_names

register = template.Library()


@register.simple_tag
def kind_icon(kind: str, cls: str = "") -> SafeString | str:
    """The icon of a kind of follow-up."""
    return fmt.icon(SIGNS[kind][0], cls) if kind in SIGNS else ""


@register.simple_tag
def author_of(activity: Activity) -> str:
    """The author's name, without a query."""
    return person_names().get(activity.author_id, "")


@register.simple_tag
def named_face(pk: int, name: str) -> SafeString:
    """A colleague's face by id and name."""
    return fmt.avatar(pk, name)


@register.simple_tag
def assigned_badge(task: Task) -> SafeString:
    """Who gave a task, without a query."""
    return fmt.badge(_("by %(name)s") % {"name": person_names().get(task.assigned_by_id, "")}, "vio")
