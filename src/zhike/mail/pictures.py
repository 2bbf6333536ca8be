"""The HTML of a letter as a page of its own: cleaned, its pictures inside it, nothing fetched unless asked for."""

import base64

from django.http import HttpResponse
from django.utils.translation import get_language

from zhike.mail.kinds import LETTER
from zhike.mail.models import Letter, LetterBody
from zhike.mail.parsing import cleaned
from zhike.records.models import StoredFile

LARGEST = 8 * 1024 * 1024  # bytes of inline pictures shown
KINDS = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}
PAGE = (
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>-</title><base target="_blank"><style>'
    "html{{color-scheme:light}}body{{margin:12px;font:14px/1.6 system-ui,sans-serif;color:#1c2430;background:#fff;"
    "overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}table{{max-width:100%}}"
    "blockquote{{margin:8px 0;padding-left:12px;border-left:3px solid #d5dae1}}</style></head>"
    "<body>{body}</body></html>"
)


def frame(letter: Letter, body: LetterBody, *, remote: bool) -> HttpResponse:
    """The answer for the frame a letter is shown in. Its policy lets nothing run, and pictures in only if asked for."""
    inside = cleaned(body.html, _inline(letter), remote=remote)
    answer = HttpResponse(PAGE.format(lang=get_language() or "zh-hans", body=inside))
    pictures = "data: https: http:" if remote else "data:"
    answer["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'none'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _inline(letter: Letter) -> dict[str, str]:
    """Pictures that stand in the text, as data: addresses by Content-ID."""
    wanted = {file["id"]: file["cid"] for file in letter.files if file.get("cid")}
    found, total = {}, 0
    rows = StoredFile.objects.filter(pk__in=wanted, kind=LETTER.label, object_id=letter.pk)
    for stored in rows if wanted else ():
        total += stored.size
        if stored.content_type in KINDS and total <= LARGEST:
            with stored.content.open("rb") as file:
                data = base64.b64encode(file.read()).decode()
            found[wanted[stored.pk]] = f"data:{stored.content_type};base64,{data}"
    return found
