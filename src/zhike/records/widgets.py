"""Controls of forms that Django does not bring: day, instant, colleague, other record."""

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from zhike.kit.keys import key_or_word
from zhike.records.lookups import colleagues


class DayInput(forms.DateInput):
    """The browser's own date picker; anything a parser understands may also be pasted."""

    input_type = "date"

    def __init__(self):
        super().__init__(attrs={"class": "inp"}, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self):
        super().__init__(attrs={"class": "inp"}, format="%Y-%m-%dT%H:%M")


class ChoiceInput(forms.Select):
    """One of some choices, a callable: only a form that is shown asks for them, not one that is sent."""

    def __init__(self, choices, *, required, **attrs):
        super().__init__(
            choices=choices if required else lambda: [("", "—"), *choices()], attrs={"class": "inp", **attrs}
        )


class PersonInput(ChoiceInput):
    """Colleagues who have not left."""

    def __init__(self, *, required):
        super().__init__(colleagues, required=required, **{"data-person": ""})


class RecordInput(forms.TextInput):
    """A text box that suggests records of a kind as one types; it sends the id in a hidden field beside it."""

    template_name = "records/widgets/record_input.html"

    def __init__(self, kind, lookups):
        super().__init__(attrs={"class": "inp", "autocomplete": "off"})
        self.kind, self.lookups = kind, lookups

    def value_from_datadict(self, data, files, name):
        """The chosen record's id, or what was typed where nothing was chosen."""
        return data.get(name) or data.get(f"{name}__text")

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        title = ""
        if value not in (None, ""):
            try:
                pk = self.lookups.record(self.kind, key_or_word(value))
                title = self.kind.model.objects.visible_to(self.lookups.viewer).get(pk=pk)
            except ValidationError:
                title = value
        context["widget"] |= {"title": str(title), "pick_url": reverse("records:pick", args=[self.kind.slug])}
        return context
