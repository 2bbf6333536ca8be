"""Small buttons at the end of each row of a list: what rooms say may be done with a record from there (ACT-1)."""

from collections.abc import Callable

from zhike.kit import format as fmt
from zhike.kit.addresses import address_of, known_address
from zhike.kit.format import shown
from zhike.kit.registry import Entry, row_buttons
from zhike.kit.viewer import Viewer
from zhike.records.kinds import RecordKind


def buttons_maker(kind: RecordKind, viewer: Viewer) -> Callable[[int, str], str] | None:
    """What makes the last cell of a row of its pk and (safe) name; None where there is nothing to do."""
    made = [(*_address(entry, kind), _sign(entry)) for entry in row_buttons.at(kind.label, viewer)]
    if not made:
        return None

    def cell(pk: int, name: str) -> str:
        links = "".join([_link(f"{before}{pk}{after}", name, sign) for before, after, sign in made])
        return f'<td role="cell" class="row-acts"><span class="acts">{links}</span></td>'

    return cell


def _address(entry: Entry, kind: RecordKind) -> tuple[str, str]:
    """An address in two parts, between which the pk goes; the dialog leaves the list where it is."""
    if page := known_address(entry.url_name):
        return f"{page}?stay=1&amp;{kind.model._meta.model_name}=", ""
    before, after = address_of(entry.url_name, 0).split("/0/")
    return f"{before}/", f"/{after}?stay=1"


def _sign(entry: Entry) -> tuple[str, str]:
    return shown(entry.label), fmt.icon(entry.icon)


def _link(url: str, name: str, sign: tuple[str, str]) -> str:
    label, icon = sign
    return (
        f'<a class="btn icon sm" href="{url}" hx-get="{url}" hx-target="#dialog" title="{label}"'
        f' aria-label="{label} {name}">{icon}</a>'
    )
