"""Letter templates: one's own, and the company's."""

from django.utils.translation import gettext as _

from zhike.kit.access import require
from zhike.kit.actions import action
from zhike.kit.errors import Forbidden, Refused
from zhike.kit.viewer import Viewer
from zhike.mail.models import LetterTemplate
from zhike.mail.rules import PLACEHOLDERS, SETTINGS, WRITE, wrong_with
from zhike.records.models import AuditEntry


@action
def save_template(template: LetterTemplate, *, by: Viewer, name: str, subject: str, text: str) -> LetterTemplate:
    """Add a template or change it. Raises Refused where braces hold what nobody can fill in."""
    _need(template, by)
    for field, value in (("subject", subject), ("text", text)):
        if wrong := wrong_with(value):
            known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
            raise Refused({field: [wrong, _("Possible are %(known)s.") % {"known": known}]})
    created = template.pk is None
    template.name, template.subject, template.text = " ".join(name.split()), subject.strip(), text.strip()
    template.full_clean()
    template.save()
    AuditEntry.write(template, AuditEntry.Verb.CREATED if created else AuditEntry.Verb.CHANGED, {"name": [None, name]})
    return template


@action
def delete_template(template: LetterTemplate, *, by: Viewer) -> None:
    """Delete a template; letters written with it stay as they are."""
    _need(template, by)
    AuditEntry.write(template, AuditEntry.Verb.DELETED, {"name": [template.name, None]})
    template.delete()


def _need(template: LetterTemplate, by: Viewer) -> None:
    if template.person_id is None:
        require(by, SETTINGS)
        return
    require(by, WRITE)
    if template.person_id != by.person_id:
        raise Forbidden(WRITE)
