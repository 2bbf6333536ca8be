"""`./zhike restore FILE`: a backup into an empty installation, on SQLite or PostgreSQL whichever it was made on."""

from pathlib import Path

from zhike.cli import prepare, start_django


def add_arguments(parser) -> None:
    """Which backup."""
    parser.add_argument("file", type=Path, help="a file that `zhike backup` wrote")


def run(options) -> int:
    """Restore all of it or nothing."""
    prepare.translations()
    start_django()
    from zhike.backups import restore_backup

    counts = restore_backup(options.file)
    print(f"{options.file}: {counts['rows']} rows of {counts['tables']} tables, {counts['files']} files restored")
    return 0
