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
    print(
        "Passwords of mailboxes, robots and webhooks open only with the secret key they were sealed with: "
        "copy the file secret_key of the old data folder here (or set ZHIKE_SECRET_KEY), or enter them again."
    )
    return 0
