"""Import of any kind of record: mapping, engine, undo (IMP-2, CONTRACT "Import mapping")."""

from zhike.kit.actions import running
from zhike.kit.errors import OutsideAction


def is_import() -> bool:
    """Whether an import is under way, or its dry run: it brings facts."""
    return is_dry_run() or running().name == "import"


def is_dry_run() -> bool:
    """Whether rows are only checked: the dry run of an import has no action, so no counter to draw from."""
    try:
        running()
    except OutsideAction:
        return True
    return False
