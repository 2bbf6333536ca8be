"""Pinyin of Chinese characters, without tones and in lower case, as people type it."""

import functools
import os
import unicodedata
from pathlib import Path

# Names are read letter by letter, so the 47,000 phrases (40 MB in each process) are left out, and nothing is copied.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")

DATA = Path(__file__).parent / "data"


@functools.lru_cache(maxsize=65536)
def readings(letter: str) -> tuple[str, ...]:
    """The usual readings of one character in names; none for what is not Chinese. The vowel ü is written v."""
    if several := _polyphones().get(letter):
        return several
    from pypinyin.constants import PINYIN_DICT  # 13 MB, loaded only where something is indexed

    first = _without_tone(PINYIN_DICT.get(ord(letter), "").partition(",")[0])
    return (first,) if first.isascii() and first.isalpha() else ()


def syllables(text: str) -> list[str]:
    """The first reading of each character; what is not Chinese stays as it is, letter by letter."""
    return [(readings(letter) or (letter,))[0] for letter in text]


@functools.cache
def _polyphones() -> dict[str, tuple[str, ...]]:
    # Characters that names and places read in several ways, or otherwise than the dictionary's first.
    lines = (DATA / "polyphones.txt").read_text(encoding="utf-8").splitlines()
    return {letter: tuple(several) for letter, *several in map(str.split, lines)}


def _without_tone(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


LONGEST_SYLLABLE = 6
MOST_SPLITS = 6


@functools.cache
def all_syllables() -> frozenset[str]:
    """Every syllable of Mandarin in pinyin, without tones."""
    return frozenset((DATA / "syllables.txt").read_text(encoding="ascii").split())


def splits(letters: str) -> list[list[str]]:
    """The ways to read Latin letters as whole syllables, longest syllables first: "xian" is xian or xi an."""
    ways: list[list[str]] = []

    def go(start: int, way: list[str]) -> None:
        if len(ways) >= MOST_SPLITS:
            return
        if start == len(letters):
            ways.append(way)
            return
        for end in range(min(start + LONGEST_SYLLABLE, len(letters)), start, -1):
            if reachable[end] and letters[start:end] in known:
                go(end, [*way, letters[start:end]])

    known = all_syllables()
    # From which places the end can be reached at all: keeps the search short on long nonsense.
    reachable = [False] * len(letters) + [True]
    for start in range(len(letters) - 1, -1, -1):
        reachable[start] = any(
            reachable[end] and letters[start:end] in known
            for end in range(start + 1, min(start + LONGEST_SYLLABLE, len(letters)) + 1)
        )
    if letters and reachable[0]:
        go(0, [])
    return ways


@functools.lru_cache(maxsize=4096)
def longer_syllables(letters: str) -> tuple[str, ...]:
    """The longer syllables that begin with these letters; none for what cannot become one."""
    return tuple(sorted(s for s in all_syllables() if s.startswith(letters) and s != letters))
