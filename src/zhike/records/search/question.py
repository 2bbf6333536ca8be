"""What a person asks, cut into words by the rules of the index: all must be met, each by one of its alternatives."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from zhike.kit.pinyin import LONGEST_SYLLABLE, longer_syllables, splits
from zhike.records.search.words import LONGEST, fold, pairs, runs_of, squash

# A question longer than this finds more than was meant, never less.
MOST_WORDS = 10
MOST_PAIRS = 16
MOST_INITIALS = 8
FEW_TERMS = 5
# So many owners are asked for beside the other words; more are no rare word any longer.
FEW_OWNERS = 5
# Shorter beginnings of Latin words are words of the index themselves.
SHORTEST_BEGINNING = 6

# No syllable of pinyin begins with these.
_never_first = set("iuv")
_telephone = re.compile(r"[\d\s()+./-]+")


class Term(NamedTuple):
    """A word of the index, or all words that begin with it."""

    word: str
    is_start: bool = False


# All of an alternative's terms must be there; one alternative is enough for a word; all words must be met.
Alternative = tuple[Term, ...]
Word = tuple[Alternative, ...]


@dataclass(frozen=True)
class Question:
    """The words of a question; none at all when it has neither letter nor digit."""

    text: str
    words: tuple[Word, ...]

    def __bool__(self):
        return bool(self.words)

    def also(self, *more: Word) -> "Question":
        """The same question with further words to be met."""
        return Question(self.text, (*more, *self.words))

    def leaner(self, is_common: Callable[[Term], bool]) -> "Question":
        """The same question without what says little: what very many have, where something rarer is asked for too.

        It finds what the question finds, and perhaps more.
        """

        def lean(alternative: Alternative) -> Alternative:
            if len(alternative) <= FEW_TERMS:
                return alternative
            return tuple(t for t in alternative if not is_common(t)) or alternative[:FEW_TERMS]

        said = [word for word in self.words if not is_whose(word)]
        if rarer := [word for word in said if not any(all(map(is_common, alternative)) for alternative in word)]:
            rarer += [word for word in self.words if is_whose(word) and len(word) <= FEW_OWNERS]
        return Question(self.text, tuple(tuple(map(lean, word)) for word in rarer or self.words))

    def ladder(self) -> list["Question"]:
        """The same question, strictest first: the whole title, its beginning or the last digits, anywhere."""
        whole = squash(self.text)
        steps = []
        if len(whole) > 1:
            steps.append(Question(self.text, (((Term("=" + whole),),),)))
            start: list[Alternative] = [(Term("^" + whole[:2]),)]
            if len(whole) >= 4 and whole.isdigit():
                start.append((Term("$" + whole[-4:]),))
            steps.append(self.also(tuple(start)))
        return [*steps, self]

    def matches(self, words: set[str]) -> bool:
        """Whether a document with these words answers the question: the rule itself, in plain Python."""
        return all(any(all(_has(words, term) for term in alternative) for alternative in word) for word in self.words)

    def written(self, term: Callable[[Term], Any], every: Callable, some: Callable) -> Any:
        """The question in another language, given how it writes a term, "all of" and "one of"."""
        return every([some([every([term(t) for t in alternative]) for alternative in word]) for word in self.words])


def _has(words: set[str], term: Term) -> bool:
    if not term.is_start:
        return term.word in words
    return any(word.startswith(term.word) for word in words)


@functools.lru_cache(maxsize=512)
def ask(text: str) -> Question:
    """Cut what a person typed into words. Any text is a question; it cannot disturb the index."""
    folded = fold(text)
    if _telephone.fullmatch(folded) and len(digits := "".join(re.findall(r"\d+", folded))) >= 4:
        # 0086 or 86 before a number says China; numbers are mostly kept without it.
        digits = re.sub(r"^(00)?86(?=\d{11})", "", digits)
        return Question(text, (_digit_word(digits),))
    return Question(text, tuple(dict.fromkeys(_word(run) for run in runs_of(text)[:MOST_WORDS])))


def is_whose(word: Word) -> bool:
    """Whether a word only asks whose a document is."""
    return all(term.word.startswith("@") for (term, *_more) in word)


def one_of(words: list[str]) -> Word:
    """A word met by any of these words of the index."""
    return tuple((Term(word),) for word in words)


def _word(run: str) -> Word:
    if run.isdigit() and run.isascii():
        return _digit_word(run)
    if run.isascii():
        return _latin_word(run)
    if len(run) == 1:
        return ((Term(run),),)
    return (tuple(Term(pair) for pair in pairs(run[: MOST_PAIRS + 1])),)


def _digit_word(digits: str) -> Word:
    digits = digits[:LONGEST]
    if len(digits) < 4:
        return ((Term(digits),),)
    found = [tuple(Term(digits[i : i + 4]) for i in range(len(digits) - 3)), (Term("~" + digits[::-1], True),)]
    if len(digits) > 4:
        found.append((Term(digits, len(digits) >= SHORTEST_BEGINNING),))
    return tuple(found)


def _latin_word(run: str) -> Word:
    run = run[:LONGEST]
    if not run.isalpha():
        found: list[Alternative] = [(Term(run, len(run) >= SHORTEST_BEGINNING),)]
        return (*found, (Term("~" + run[::-1], True),)) if len(run) >= 4 else tuple(found)
    spoken = splits(run)
    is_pair = any(len(way) == 2 for way in spoken)
    found = [(Term(run, len(run) >= SHORTEST_BEGINNING and not is_pair),)]
    found += [tuple(Term(pair) for pair in pairs(way)) for way in spoken if len(way) > 2]
    if len(run) > 2 and [run] not in spoken:
        found += [(Term(syllable),) for syllable in longer_syllables(run)]
    if not spoken:
        found += _unfinished(run)
    if (len(run) == 3 or 3 < len(run) <= MOST_INITIALS and not spoken) and not _never_first & set(run):
        found.append(tuple(Term(pair) for pair in pairs(run)))
    return tuple(dict.fromkeys(found))


def _unfinished(run: str) -> list[Alternative]:
    """Pinyin of several syllables whose last is still being typed, such as "hengxuj"."""
    found: list[Alternative] = []
    for length in range(1, min(LONGEST_SYLLABLE, len(run))):
        head, rest = run[:-length], run[-length:]
        if longer_syllables(rest):
            found += [(*(Term(pair) for pair in pairs(way)), Term(way[-1] + rest, True)) for way in splits(head)]
    return found
