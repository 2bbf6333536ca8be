"""`./zhike export KIND FILE`: write what a person may see and export to CSV or XLSX (CONTRACT)."""

import sys
from pathlib import Path

from zhike.cli import prepare, start_django


def add_arguments(parser) -> None:
    parser.add_argument("kind", help="users, customers, contacts, leads, products, opportunities …")
    parser.add_argument("file", help="ends in .csv or .xlsx")
    parser.add_argument(
        "--columns", help="names of fields, with commas; `list` for those the list shows (default: all)"
    )
    parser.add_argument("--as", dest="username", metavar="USER", help="as this person (default: an administrator)")


def run(options) -> int:
    """Write the file and say how many rows it has; 2 when nothing was written."""
    prepare.translations()
    start_django()
    from zhike.cli.people import viewer_named
    from zhike.kit.errors import Forbidden
    from zhike.records import config, kinds
    from zhike.records.bulkactions import Selection
    from zhike.records.exports import write_export
    from zhike.records.filters import Filter

    path, kind = Path(options.file), kinds.find(options.kind)
    if kind is None:
        return wrong(f"no such kind: {options.kind}; one of {', '.join(k.slug for k in kinds.everything())}")
    if path.suffix not in (".csv", ".xlsx"):
        return wrong("the file must end in .csv or .xlsx")
    try:
        with config.reading():
            viewer = viewer_named(options.username)
            names = kind.columns if options.columns == "list" else (options.columns or "").split(",")
            if unknown := [name for name in names if name and name not in kind.fields]:
                return wrong(f"no such fields: {', '.join(unknown)}")
            names = [name for name in names if name] or None
            count = write_export(kind, viewer, Selection(kind, [], Filter(kind)), path, names=names)
    except LookupError as error:
        return wrong(str(error.args[0]))
    except Forbidden:
        return wrong(f"this person may not export {kind.slug}")
    except OSError as error:
        return wrong(f"{path}: {error.strerror}")
    print(f"{path}: {count} rows")
    return 0


def wrong(message: str) -> int:
    """Say why nothing was done."""
    print(f"zhike: {message}", file=sys.stderr)
    return 2
