"""Templates, styles and scripts of all rooms keep the house style: the strict CSP holds, files stay readable."""

import re
from pathlib import Path

import pytest

from zhike.kit import sprite

SRC = Path(sprite.__file__).parents[1]
TEMPLATES = sorted(SRC.glob("*/templates/**/*.html"))
SCRIPTS = sorted(SRC.glob("*/static/**/*.js"))
STYLES = sorted(SRC.glob("*/static/**/*.css"))
INLINE = re.compile(r"""\sstyle=|<style|\son[a-z]+=["']|hx-on|javascript:|<script(?![^>]*\ssrc=)""")


def short(path):
    return str(path.relative_to(SRC))


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_templates_hold_no_inline_style_or_script(path):
    assert not INLINE.findall(path.read_text())


def test_templates_are_short_and_say_what_they_are():
    long, silent = [], []
    for path in TEMPLATES:
        lines = path.read_text().splitlines()
        limit = 20 if path.parent.name == "ui" else 80
        if len(lines) > limit:
            long.append(f"{short(path)}: {len(lines)}")
        # allauth's elements are a line or two, under names of its own.
        if "elements" not in path.parts and not (lines and lines[0].startswith(("{#", "{% comment", "{% extends"))):
            silent.append(short(path))
    assert not long, "\n".join(long)
    assert not silent, "\n".join(silent)


def test_scripts_are_short_and_draw_on_nothing_from_elsewhere():
    wrong = []
    for path in SCRIPTS:
        text = path.read_text()
        if len(text.splitlines()) >= 150 or re.search(r"\beval\(|new Function|https?://(?!www\.w3\.org/)", text):
            wrong.append(short(path))
    assert not wrong, "\n".join(wrong)


def test_colours_stand_in_the_tokens_only():
    # Paper is white and its ink black in every theme.
    allowed = {"tokens.css", "card.css"}
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)")
    wrong = [
        f"{short(path)}:{number} {line.strip()[:60]}"
        for path in STYLES
        if path.name not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if colour.search(re.sub(r"url\([^)]*\)", "", line))
    ]
    assert not wrong, "\n".join(wrong)


USES = {
    ".html": [r'{% icon "([\w-]+)"', r'{%[^%]*\bicon="([\w-]+)"', r'{% entry "([\w-]+)"'],
    ".py": [r'\bicon="([\w-]+)"', r'fmt\.icon\("([\w-]+)"'],
    ".js": [r"\bicon\('([\w-]+)'"],
}


def test_every_icon_used_is_in_the_sprite():
    known, missing = set(sprite.names()), []
    for path in [*TEMPLATES, *SCRIPTS, *(p for p in SRC.rglob("*.py") if "tests" not in p.parts)]:
        for use in USES[path.suffix]:
            missing += [f"{short(path)}: {name}" for name in re.findall(use, path.read_text()) if name not in known]
    assert not missing, "add to kit/icons.txt:\n" + "\n".join(missing)


def test_the_list_of_icons_is_in_order():
    assert sprite.names() == sorted(set(sprite.names()))


def test_the_sprite_is_drawn_from_the_package(tmp_path, monkeypatch):
    (tmp_path / "bell.svg").write_text(
        '<!--\ntags: [x]\n-->\n<svg\n  xmlns="http://www.w3.org/2000/svg" width="24"\n>\n  <path d="M1 1" />\n</svg>\n'
    )
    monkeypatch.setattr(sprite, "SOURCE", tmp_path)
    monkeypatch.setattr(sprite, "names", lambda: ["bell"])
    assert '<symbol id="bell" viewBox="0 0 24 24"><path d="M1 1" /></symbol>' in sprite.build()
    monkeypatch.setattr(sprite, "names", lambda: ["bell", "gone"])
    with pytest.raises(LookupError, match="gone"):
        sprite.build()
