"""Pictures from phone cameras: turned upright, without what they tell of place and device, not larger than needed."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps, UnidentifiedImageError

LONGEST = 2400  # pixels of the longer side
THUMB = 240
KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def tidied(upload: Any) -> Any:
    """A picture as it is kept, anything else as it came. EXIF data, which tells where it was taken, goes."""
    try:
        with Image.open(upload) as picture:
            if picture.format not in KINDS:
                return upload
            kept = ImageOps.exif_transpose(picture)
            kept.thumbnail((LONGEST, LONGEST))
            content = _saved(kept, picture.format)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError, SyntaxError):
        return upload  # what is no picture after all is judged by the checks of uploads
    finally:
        upload.seek(0)
    return SimpleUploadedFile(upload.name, content, KINDS[picture.format])


def thumbnail(content: Any) -> bytes | None:
    """A small JPEG of a picture; None for what is none."""
    try:
        with Image.open(content) as picture:
            small = ImageOps.exif_transpose(picture).convert("RGB")
            small.thumbnail((THUMB, THUMB))
            return _saved(small, "JPEG")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None


def _saved(picture: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    if kind == "JPEG":
        picture = picture.convert("RGB")
    for name in ("exif", "icc_profile", "xmp", "comment"):
        picture.info.pop(name, None)
    picture.save(out, kind, quality=85)
    return out.getvalue()
