"""The few ways in which the product says no. Everything else is a bug and is raised as it is."""

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A rule says no. Shown at the fields of a page, or as `errors: [{field, message}]` by the API.

    `messages` maps a field name to its list of messages; "" stands for the whole form.
    """

    def __init__(self, messages):
        if isinstance(messages, dict):
            self.messages = {
                field: [*texts] if isinstance(texts, list | tuple) else [texts] for field, texts in messages.items()
            }
        else:
            self.messages = {"": [messages]}
        super().__init__(self.messages)

    def __str__(self):
        return "; ".join(str(text) for texts in self.messages.values() for text in texts)


class NotVisible(Exception):
    """The record does not exist for this viewer: 404."""


class Forbidden(Exception):
    """The viewer sees the record but may not do this: 403."""


class Stale(Exception):
    """Somebody else saved first: 409. `theirs` is the record as it stands now."""

    message = _("Someone else changed this record in the meantime.")

    def __init__(self, theirs=None):
        self.theirs = theirs
        super().__init__("stale")


class UnscopedQuery(RuntimeError):
    """A query on an owned model was run without a viewer: a programming error, never shown as an empty list."""


class OutsideAction(RuntimeError):
    """An owned record was written outside an action, so without transaction, author and audit: a programming error."""
