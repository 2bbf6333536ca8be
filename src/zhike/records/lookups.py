"""What words mean: people by name, records by code or name, picklist labels; cached for one form or one import."""

from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.kit.keys import key_of
from zhike.kit.viewer import Viewer
from zhike.records import config

WIDE_SHARE = 0.05  # of all people


@config.cached
def people() -> list[tuple[int, str, str, bool]]:
    """Everybody, also those who left: (id, username, full name, is active), by name."""
    rows = get_user_model().objects.order_by("name", "id")
    return list(rows.values_list("id", "username", "name", "is_active"))


def colleagues() -> list[tuple[int, str]]:
    """Who has not left: (id, name), by name; for choices."""
    return [(pk, name or username) for pk, username, name, is_active in people() if is_active]


def sees_much(viewer: Viewer) -> bool:
    """Whether what a viewer sees is met often along any list, so that walking it finds enough soon."""
    return viewer.people is None or is_wide(viewer.people)


def share_of(viewer: Viewer) -> float:
    """Whose records a viewer sees, as a share of all people: above 0, as far as anybody's."""
    return 1.0 if viewer.people is None else max(len(viewer.people), 1) / max(len(people()), 1)


def is_wide(chosen: Collection[int]) -> bool:
    """Whether so many people were chosen that their rows are met often along any list."""
    return len(chosen) >= WIDE_SHARE * len(people())


@config.cached
def person_names() -> dict[int, str]:
    """Full names by person id."""
    return {pk: name or username for pk, username, name, active in people()}


def name_in_files(pk: int | None) -> str:
    """How a file names a colleague so that an import finds them: by full name, or username where others share it."""
    name = person_names().get(pk, "")
    return name if len(_people_by_word().get(name.casefold(), [])) == 1 else usernames().get(pk, "")


@config.cached
def usernames() -> dict[int, str]:
    """Usernames by person id."""
    return {pk: username for pk, username, name, active in people()}


@config.cached
def _people_by_word() -> dict[str, list[int]]:
    words: dict[str, list[int]] = {}
    for pk, username, name, _active in people():
        for word in {username.casefold(), (name or username).casefold()}:
            words.setdefault(word, []).append(pk)
    for pk, email in get_user_model().objects.exclude(email="").values_list("pk", "email"):
        if pk not in (found := words.setdefault(email.casefold(), [])):
            found.append(pk)
    return words


@config.cached
def picklist(key: str) -> dict[str, str]:
    """Labels by code of a picklist, in order, archived entries last."""
    from zhike.records.models import PicklistOption

    rows = PicklistOption.objects.filter(picklist=key).order_by("is_archived", "order", "id")
    return dict(rows.values_list("code", "label"))


@config.cached
def picklist_open(key: str) -> list[tuple[str, str]]:
    """The entries of a picklist one may still choose."""
    from zhike.records.models import PicklistOption

    rows = PicklistOption.objects.filter(picklist=key, is_archived=False).order_by("order", "id")
    return list(rows.values_list("code", "label"))


class Lookups:
    """Finds what a word stands for, as this viewer may see it.

    In an import a field may let a new name stand for something still to be made; on its last pass nothing can come
    later in the file any more.
    """

    def __init__(self, viewer: Viewer, *, is_import: bool = False, month_first: bool = False):
        self.viewer, self.is_import, self.is_last_pass = viewer, is_import, False
        self.month_first = month_first  # 3/4/2026 is the fourth of March, as a file says of itself
        self._records: dict[tuple[str, str], int | None] = {}

    def person(self, word) -> int:
        """A person's id by id, username, full name or e-mail; raises ValidationError if unknown or ambiguous."""
        text = str(word).strip()
        whole = isinstance(word, int) and not isinstance(word, bool)
        if whole or key_of(text) in person_names():
            if (pk := key_of(text)) in person_names():
                return pk
        elif len(found := _people_by_word().get(text.casefold(), [])) == 1:
            return found[0]
        elif found:
            raise ValidationError(_("Several people are called %(name)s; use the username."), params={"name": text})
        raise ValidationError(_("No colleague is called %(name)s."), params={"name": text[:60]})

    def record(self, kind, word) -> int:
        """The id of a visible record of this kind by id (int), or by one of its natural keys (text)."""
        text = str(word).strip()
        if isinstance(word, bool) or (isinstance(word, int) and not 0 < word < 2**63):
            word = text  # no key of a database
        key = (kind.label, f"#{word}" if isinstance(word, int) else text)
        if key not in self._records:
            self.prime(kind, [word])
        if (found := self._records.get(key)) is None:
            raise ValidationError(
                _("No %(kind)s “%(name)s” found."), params={"kind": kind.name.lower(), "name": text[:60]}
            )
        if found < 0:
            raise ValidationError(_("Several records are called %(name)s; use the code."), params={"name": text[:60]})
        return found

    def prime(self, kind, words: Iterable) -> None:
        """Look up many words of one kind with few queries."""
        words = [w for w in words if w not in (None, "")]
        ids = {w for w in words if isinstance(w, int)}
        texts = {str(w).strip() for w in words if not isinstance(w, int)}
        rows = kind.model.objects.visible_to(self.viewer)
        if len(texts) == 1 and not ids:
            self._prime_one(kind, rows, *texts)
            return
        for pk in ids:
            self._records[kind.label, f"#{pk}"] = None
        for pk in rows.filter(pk__in=ids).values_list("pk", flat=True) if ids else ():
            self._records[kind.label, f"#{pk}"] = pk
        for text in texts:
            self._records[kind.label, text] = None
        for path in kind.natural_keys if texts else ():
            left = [t for t in texts if self._records[kind.label, t] is None]
            for pk, text in rows.filter(Q(**{f"{path}__in": left})).values_list("pk", path):
                known = self._records.get((kind.label, text))
                self._records[kind.label, text] = pk if known is None or known == pk else -1
        # A number typed where a code is expected may also be the id chosen in a form.
        digits = {t for t in texts if key_of(t) and self._records[kind.label, t] is None}
        for pk in rows.filter(pk__in=digits).values_list("pk", flat=True) if digits else ():
            self._records[kind.label, str(pk)] = pk

    def _prime_one(self, kind, rows, text: str) -> None:
        """The same for one word, as a form sends it: every way it may be meant in one query."""
        as_id = Q(pk=pk) if (pk := key_of(text)) else Q()
        paths = kind.natural_keys
        meant = reduce(or_, (Q(**{path: text}) for path in paths), as_id)
        found = list(rows.filter(meant).values("pk", *paths)) if meant else []
        by_path = [{row["pk"] for row in found if row[path] == text} for path in paths]
        keys = next((keys for keys in by_path if keys), {row["pk"] for row in found})
        self._records[kind.label, text] = None if not keys else keys.pop() if len(keys) == 1 else -1

    def remember(self, kind, word: str, pk: int) -> None:
        """Make a record known that was created in this very import."""
        self._records[kind.label, word] = pk
