"""Chinese is complete: every text of every room has its translation, none is fuzzy (PLT-1)."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

SRC = Path(__file__).parent.parent / "src" / "zhike"
ROOMS = sorted(path.parents[1] for path in SRC.glob("*/locale/zh_Hans"))
ENTRIES = "LC_MESSAGES/django.po"


def test_rooms_with_texts_have_a_catalogue():
    assert {room.name for room in ROOMS} >= {"kit", "records", "org", "customers", "sales", "activities"}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_PLT_1_every_text_has_a_chinese_translation(room, tmp_path):
    """The texts are extracted anew from a copy of the room, as `makemessages` would; needs GNU gettext."""
    if shutil.which("xgettext") is None:
        pytest.fail("needs GNU gettext: apt-get install gettext")
    copy = tmp_path / room.name
    shutil.copytree(room, copy, ignore=shutil.ignore_patterns("*.mo", "__pycache__", "tests"))
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "--no-obsolete"]
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    entries = polib.pofile(str(copy / "locale" / "zh_Hans" / ENTRIES))
    missing = [
        e.msgid for e in entries
        if "fuzzy" in e.flags or not (e.msgstr or (e.msgid_plural and all(e.msgstr_plural.values())))
    ]  # fmt: skip
    assert not missing, f"{room.name}: {missing}"


def test_texts_are_marked_by_the_names_the_extraction_knows():
    """Under a name of its own (`gettext as say`) a call is not seen, and its text missed by nobody above."""
    renamed = re.compile(r"^from django\.utils\.translation import \w+ as (?!_$)\w+$", re.MULTILINE)
    sources = (path for path in SRC.rglob("*.py") if "tests" not in path.parts)
    found = {str(path.relative_to(SRC)): renamed.findall(path.read_text(encoding="utf-8")) for path in sources}
    assert len(found) > 100 and not [path for path, names in found.items() if names]


def test_texts_inside_f_strings_are_translated_all_the_same():
    """The extraction does not look into f-strings: what is marked there has to be marked or translated elsewhere, too."""
    entries = (entry for room in ROOMS for entry in polib.pofile(str(room / "locale" / "zh_Hans" / ENTRIES)))
    known = {entry.msgid for entry in entries}
    marks, missing = {"_", "gettext", "gettext_lazy", "pgettext", "ngettext"}, []
    for path in SRC.rglob("*.py"):
        strings = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)]
        calls = [node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)]
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id in marks and "tests" not in path.parts:
                text = call.args[call.func.id == "pgettext"]
                if isinstance(text, ast.Constant) and text.value not in known:
                    missing.append(f"{path.relative_to(SRC)}: {text.value}")
    assert not missing, "\n".join(missing)


def test_rooms_do_not_translate_a_text_differently():
    """Django merges the catalogues of all rooms; of two translations of one text only one is ever shown, everywhere."""
    said: dict[tuple[str | None, str], dict[str, str]] = {}
    for room in ROOMS:
        for entry in polib.pofile(str(room / "locale" / "zh_Hans" / ENTRIES)):
            text = entry.msgstr or entry.msgstr_plural.get(0, "")
            said.setdefault((entry.msgctxt, entry.msgid), {})[room.name] = text
    different = [
        f"{context or ''}|{text}: {rooms}" for (context, text), rooms in said.items() if len(set(rooms.values())) > 1
    ]
    assert not different, (
        "One text has several translations, and Django shows one of them in all rooms. Where it means the same, write "
        'the same translation; where it means something else, give it a context there: pgettext("invoice line", …) in '
        'Python, {% translate "…" context "invoice line" %} in a template.\n' + "\n".join(different)
    )


def test_the_product_says_you_to_everybody_in_one_way():
    """Polite (U+60A8) everywhere, never U+4F60 in one message and polite in the next."""
    texts = [(room.name, entry) for room in ROOMS for entry in polib.pofile(str(room / "locale" / "zh_Hans" / ENTRIES))]
    plain = [(room, e.msgstr) for room, e in texts if "\u4f60" in e.msgstr + "".join(e.msgstr_plural.values())]
    assert len(texts) > 1000 and not plain
