"""How text becomes search words: pairs of characters, whole words, pinyin, initials, digits (CUS-7).

Documents and questions are cut by the same rules, so a question is found exactly where all its words are:
- writing without spaces: each pair of neighbouring characters, so that any two characters find a name;
- Latin words: whole, and their first two to five letters, so that what is typed finds it early;
- Chinese names: also each syllable, each pair of syllables, each pair of initials;
- telephone numbers: each run of four digits, and the last four marked as such;
- codes: whole (found by their beginning) and backwards (found by their end).
Marks keep apart what is no plain word: `=` a whole title, `^` a beginning, `$` the last digits, `~` backwards, `@` an
owner.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence

from zhike.kit.pinyin import readings

# How long a word of the index is at most, in characters; longer ones are cut, in documents and questions alike.
LONGEST = 40
SHORT_TITLE = 24
PERSON_NAME = 4
# Place and brand of a company come first; nobody types the pinyin of what follows, a third of the index else.
MOST_SPOKEN = 8

_runs = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_digits = re.compile(r"\d+")


def fold(text: str) -> str:
    """Text as it is compared: full-width and half-width, upper and lower case are the same."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def runs_of(text: str) -> list[str]:
    """The stretches of Latin letters and digits, and of other writing, in a text; all else separates."""
    return _runs.findall(fold(text))


def squash(text: str) -> str:
    """Letters and digits of folded text only, for comparing whole titles."""
    return "".join(runs_of(text))


def pairs(run: Sequence[str]) -> list[str]:
    """Each two neighbours, joined."""
    return [run[i] + run[i + 1] for i in range(len(run) - 1)]


def owner_word(owner_id: int | None) -> str:
    """The word that says whose a document is; nobody's is 0."""
    return f"@{owner_id or 0}"


# Documents


def text_words(text: str) -> set[str]:
    """The words of any text: pairs of characters, and Latin words with their beginnings."""
    return _words_of_runs(runs_of(text))


def name_words(text: str) -> set[str]:
    """The words of a name: its text, and for Chinese its pinyin and initials."""
    return _named(runs_of(text))


def title_words(text: str) -> set[str]:
    """The words of the name of a record: also its beginning, and the whole of it when it is short."""
    runs = runs_of(text)
    found, whole = _named(runs), "".join(runs)
    if len(whole) > 1:
        found.add("^" + whole[:2])
    if 0 < len(whole) <= SHORT_TITLE:
        found.add("=" + whole)
    syllables = [readings(letter) for letter in whole[:PERSON_NAME]]
    if len(syllables) > 1 and all(syllables):
        found.update("^" + first[0] + second[0] for first in syllables[0] for second in syllables[1])
        if len(whole) <= PERSON_NAME:
            for spoken in itertools.product(*syllables):
                found.add("=" + "".join(spoken))
                found.add("=" + "".join(syllable[0] for syllable in spoken))
    return found


def _words_of_runs(runs: list[str]) -> set[str]:
    found: set[str] = set()
    for run in runs:
        if run.isascii():
            run = run[:LONGEST]
            found.add(run)
            found.update(run[:length] for length in range(2, min(6, len(run))))
        else:
            found.add(run[0])
            found.update(pairs(run))
    return found


def _named(runs: list[str]) -> set[str]:
    found = _words_of_runs(runs)
    for run in runs:
        if not run.isascii():
            if len(run) <= PERSON_NAME:
                found.update(run)
            _add_spoken(run[:MOST_SPOKEN], found)
    return found


def _add_spoken(run: str, found: set[str]) -> None:
    # Syllables, pairs of syllables and pairs of initials, in all readings.
    before: tuple[str, ...] = ()
    for letter in run:
        now = readings(letter)
        for syllable in now:
            found.add(syllable)
            for previous in before:
                found.add(previous + syllable)
                found.add(previous[0] + syllable[0])
        before = now


def phone_words(text: str) -> set[str]:
    """The words of a telephone number: any four digits in a row, and the last four as such."""
    found: set[str] = set()
    digits = "".join(_digits.findall(fold(text)))[:LONGEST]
    if 2 <= len(digits) < 4:
        return {digits}
    found.update(digits[i : i + 4] for i in range(len(digits) - 3))
    if found:
        found.add("$" + digits[-4:])
    return found


def code_words(text: str) -> set[str]:
    """The words of a code or number: whole, backwards, its letters, and its number without leading zeros."""
    runs = runs_of(text)
    whole = "".join(runs)[:LONGEST]
    if not whole:
        return set()
    found = {whole, "~" + whole[::-1], *(run[:LONGEST] for run in runs if not run.isdigit())}
    if numbers := _digits.findall(whole):
        found.add(numbers[-1].lstrip("0") or "0")
    return found


def email_words(text: str) -> set[str]:
    """The words of an e-mail or web address: whole, and its parts."""
    runs = runs_of(text)
    return {run[:LONGEST] for run in [*runs, "".join(runs)] if run}


WAYS = {
    "title": title_words, "name": name_words, "text": text_words, "phone": phone_words, "code": code_words,
    "email": email_words,
}  # fmt: skip
