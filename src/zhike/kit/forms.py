"""Forms parse and check input; `run` hands it to an action and lands what that refuses on the fields (CRAFT §3)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from zhike.kit.errors import Refused, Stale


class ClockInput(forms.TimeInput):
    """A time of the day, by the browser's own means."""

    def __init__(self):
        super().__init__(attrs={"type": "time"}, format="%H:%M")


class ActionForm(forms.Form):
    """A form whose valid values go to an action. After `run`, `result` is what the action gave back."""

    result: Any = None
    stale: Stale | None = None

    def run(self, act: Callable, *args, **kwargs) -> bool:
        """Call `act(*args, **kwargs, **values)` if the form is valid; False with the errors in place otherwise.

        Somebody else's earlier save is kept in `stale`, so that the page can show both versions (409).
        """
        if not self.is_valid():
            return False
        return self.attempt(act, *args, **kwargs, **self.values())

    def attempt(self, act: Callable, *args, **kwargs) -> bool:
        """Call an action; what it refuses lands on the fields of this form."""
        try:
            self.result = act(*args, **kwargs)
        except Refused as refusal:
            self.refuse(refusal)
            return False
        except Stale as stale:
            self.stale = stale
            self.add_error(None, str(stale.message))
            return False
        return True

    def values(self) -> dict[str, Any]:
        """What the action gets; the cleaned data unless a form says otherwise."""
        return dict(self.cleaned_data)

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal at its fields; messages for fields this form lacks go to its head."""
        for name, messages in refusal.messages.items():
            self.add_error(name if name in self.fields else None, ValidationError(messages))

    @property
    def head_errors(self) -> list[str]:
        """Messages that belong to no field."""
        return list(self.errors.get(NON_FIELD_ERRORS, []))
