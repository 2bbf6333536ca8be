"""The category of a product, a place in a tree: lists filter by it with all below (SAL-5)."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from zhike.kit import parse
from zhike.kit.keys import key_of
from zhike.records.fields import Choice
from zhike.sales.models.categories import BETWEEN, category_tree


class CategoryField(Choice):
    """A category, by id, by name where there is one of that name, or by its way from the top ("Sensors / Cameras")."""

    type = "category"
    empty = None

    def choices(self):
        return [(pk, place.path) for pk, place in category_tree().items()]

    def labels(self):
        return {pk: place.path for pk, place in category_tree().items()}

    def parse(self, raw, lookups):
        word, tree = parse.clean_text(str(raw)), category_tree()
        if (pk := key_of(word)) in tree:
            return pk
        wanted = _folded(word)
        by_path = [pk for pk, place in tree.items() if _folded(place.path) == wanted]
        found = by_path or [pk for pk, place in tree.items() if _folded(place.name) == wanted]
        if len(found) == 1:
            return found[0]
        if found:
            paths = _(", ").join(tree[pk].path for pk in found[:5])
            said = _("There are several categories “%(word)s”; give the way from the top: %(paths)s.")
            raise ValidationError(said, params={"word": word[:40], "paths": paths})
        raise ValidationError(_("There is no category “%(word)s”."), params={"word": word[:40]})

    def condition(self, op, values, lookups):
        if op in ("in", "not_in"):
            ids = {pk for value in values for pk in category_tree()[self.parse(value, lookups)].below}
            wanted = Q(**{f"{self.attname}__in": sorted(ids)})
            return wanted if op == "in" else ~wanted | Q(**{f"{self.attname}__isnull": True})
        return super().condition(op, values, lookups)

    def sort_paths(self):
        return (f"{self.name}__name",)


def _folded(path: str) -> str:
    return "/".join(parse.fold(part) for part in path.split(BETWEEN.strip()))
