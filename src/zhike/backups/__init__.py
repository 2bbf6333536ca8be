"""Backup and restore of everything: all tables and all uploaded files, in a form that both databases read (PLT-4).

A backup is a ZIP file: `manifest.json` (which code, which tables), `tables/NAME.jsonl` (a list of values per row, in
the order of the columns in the manifest) and `files/…`. Rows pass one by one in both directions, so memory stays flat.
"""

from zhike.backups.read import restore_backup
from zhike.backups.write import write_backup

__all__ = ["restore_backup", "write_backup"]
