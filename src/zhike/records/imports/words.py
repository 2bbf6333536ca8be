"""Words in a file that the fields do not know: each is counted, and another word may be given for it (IMP-2)."""

from difflib import SequenceMatcher
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.forms import ActionForm
from zhike.kit.keys import key_or_word
from zhike.kit.viewer import Viewer
from zhike.records import customising
from zhike.records import lookups as look
from zhike.records.fields import Field, Person, Ref
from zhike.records.imports.mapping import Mapping
from zhike.records.kinds import RecordKind
from zhike.records.lookups import Lookups
from zhike.records.models import ImportBatch
from zhike.records.widgets import RecordInput

SHOWN = 30  # words of a field at a time, those of most rows first
ALIKE = 0.7
ADD, BLANK = "+", "-"


class WordsForm(ActionForm):
    """For each unknown word what it means: a known one, nothing, a new entry of the list, or still unknown."""

    def __init__(self, data: Any, *, kind: RecordKind, batch: ImportBatch, viewer: Viewer):
        super().__init__(data)
        self.kind, self.viewer, self.lookups = kind, viewer, Lookups(viewer)
        self.words: dict[str, tuple[Field, str]] = {}
        self.groups: list[dict[str, Any]] = []
        for name, counted in batch.checked.get("unknown", {}).items():
            if (field := kind.fields.get(name)) is not None:
                self._add(field, counted)

    def _add(self, field: Field, counted: list[list[Any]]) -> None:
        controls = []
        for number, (word, rows) in enumerate(counted[:SHOWN]):
            key = f"word_{field.name}_{number}"
            self.words[key] = (field, word)
            self.fields[key] = self._control(field, word)
            controls.append({"control": self[key], "rows": rows})
        self.groups.append(
            {
                "field": field,
                "controls": controls,
                "is_reference": isinstance(field, Ref),
                "more": max(len(counted) - SHOWN, 0),
            }
        )

    def _control(self, field: Field, word: str) -> forms.Field:
        if isinstance(field, Ref):
            return forms.CharField(label=word, required=False, max_length=200,
                                   widget=RecordInput(field.target, self.lookups))  # fmt: skip
        options = known_words(field)
        choices = [("", _("Unknown: these rows fail"))]
        if not field.required:
            choices.append((BLANK, _("Leave the field empty")))
        if customising.can_grow(field) and self.viewer.can(customising.VERB):
            choices.append((ADD, _("Add “%(word)s” to the list") % {"word": word}))
        choices.append((_("It means"), [(f"={value}", label) for value, label in options]))
        return forms.ChoiceField(label=word, required=False, choices=choices, initial=likely(word, options),
                                 widget=forms.Select(attrs={"class": "inp"}))  # fmt: skip

    def mapping(self, kept: Mapping) -> Mapping:
        """The mapping with what these words mean; the words of `added` then mean themselves."""
        values = {name: dict(words) for name, words in kept.values.items()}
        for key, (field, word) in self.words.items():
            chosen = self.cleaned_data.get(key, "")
            if chosen in ("", ADD):
                continue
            meant = "" if chosen == BLANK else chosen.removeprefix("=")
            if isinstance(field, Ref):
                meant = key_or_word(meant)
            values.setdefault(field.name, {})[parse.fold(word)] = meant
        return Mapping(columns=kept.columns, key=kept.key, join=kept.join, values=values, defaults=kept.defaults,
                       options=kept.options)  # fmt: skip

    def added(self) -> list[tuple[Field, str]]:
        """The words that are to become entries of their lists."""
        return [(field, word) for key, (field, word) in self.words.items() if self.cleaned_data.get(key) == ADD]


def known_words(field: Field) -> list[tuple[Any, str]]:
    """What a word of this field may mean: (value, label)."""
    if isinstance(field, Person):
        return [(pk, f"{name or username} ({username})") for pk, username, name, active in look.people() if active]
    return [(value, str(label).strip("\u3000")) for value, label in field.choices() if value not in ("", None)]


def likely(word: str, options: list[tuple[Any, str]]) -> str:
    """The known word that is nearly this one, or holds it, as the select says it; else ""."""
    wanted, best, most = parse.fold(word), "", ALIKE
    for value, label in options:
        known = parse.fold(label)
        inside = len(wanted) > 1 and len(known) > 1 and (wanted in known or known in wanted)
        score = 0.9 if inside else SequenceMatcher(None, wanted, known).ratio()
        if score > most:
            best, most = f"={value}", score
    return best
