"""What may be uploaded: checked by size, name and bytes; files are served as attachments only (PLT-5)."""

from pathlib import PurePosixPath
from typing import Any

import filetype
from django.utils.translation import gettext as _

from zhike.kit.errors import Refused

LARGEST = 50 * 1024 * 1024
ALLOWED = {
    "pdf", "png", "jpg", "jpeg", "gif", "webp", "heic", "bmp", "tif", "tiff", "txt", "csv", "md", "rtf", "doc", "docx",
    "xls", "xlsx", "ppt", "pptx", "wps", "et", "dps", "odt", "ods", "odp", "ofd", "xml", "eml", "msg", "vcf", "ics",
    "zip", "7z", "rar", "mp3", "wav", "m4a", "amr", "mp4", "mov", "dwg", "dxf",
}  # fmt: skip
EXECUTABLE = {"exe", "elf", "dll", "msi", "swf", "wasm", "dex", "crx", "deb", "rpm", "lnk"}


def checked_upload(upload: Any) -> tuple[str, str]:
    """A safe name and the content type of an upload. Raises Refused at `file`."""
    name = "".join(c for c in PurePosixPath(str(upload.name).replace("\\", "/")).name if c.isprintable()).strip(" .")[
        -150:
    ]
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if not name or ending not in ALLOWED:
        raise Refused({"file": _("Files of this type cannot be kept here.")})
    if upload.size > LARGEST:
        raise Refused({"file": _("The file is larger than %(limit)s MB.") % {"limit": LARGEST // 1024 // 1024}})
    if upload.size == 0:
        raise Refused({"file": _("The file is empty.")})
    upload.seek(0)
    found = filetype.guess(upload.read(8192))
    upload.seek(0)
    if found is not None and found.extension in EXECUTABLE:
        raise Refused({"file": _("Programs cannot be kept here.")})
    return name, found.mime if found else "application/octet-stream"
