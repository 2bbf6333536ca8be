"""`./zhike backup FILE`: database and uploaded files in one file, consistent while the system runs (PLT-4)."""

from pathlib import Path

from zhike.cli import start_django


def add_arguments(parser) -> None:
    """Where the backup goes."""
    parser.add_argument(
        "file", type=Path, help="the backup (a ZIP file); one of the same name is replaced when it is done"
    )


def run(options) -> int:
    """Write the backup and say what is in it."""
    start_django()
    from zhike.backups import write_backup

    counts = write_backup(options.file)
    print(f"{options.file}: {counts['rows']} rows of {counts['tables']} tables, {counts['files']} files")
    return 0
