"""Text of any script as the terms it is compared by: words, pieces of words, and marks such as links."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 4_000  # characters of a text that are read; the rest of a longer one says nothing new
SHORT = 3  # a word of at most so many characters is one term; a longer one is compared by its pieces too
BEGINNINGS = (3, 5)  # characters that survive most endings, in most languages that write endings
PIECE = 4  # characters of the pieces that meet despite typos, prefixes and compounds

_LINK = re.compile(r"https?://[^\s<>|)\]\"'`]+", re.IGNORECASE)
_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d+\b|(?<![\w#&])[#!]\d+\b")
_HASHTAG = re.compile(r"(?<![\w#&/])#([^\W\d_](?:[\w-]*\w)?)")
# Scripts that put no spaces between words: their characters are taken in pairs.
_UNSPACED = (
    "\u0e00-\u0edf"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
# Accents, and the optional vowel marks and stretching of Hebrew and Arabic.
_ACCENT = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
# `\w` leaves out accents and the vowel signs that Indic words are spelt with, so they are named here.
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}_])[\w{_ACCENT}\u0900-\u0963\u0970-\u0dff])+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACCENTS = re.compile(f"[{_ACCENT}]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as read.

    `plain` is its folded words in order; `terms` its distinct terms with what a match on each is worth, a whole
    word with all its pieces about one; `marks` the links and tracker ids in it; `hashtags` without their `#`.
    """

    plain: tuple[str, ...]
    terms: dict[str, float]
    marks: tuple[str, ...]
    hashtags: tuple[str, ...]


def fold(text: str) -> str:
    """Text without case, width or accents, so that "Über" and "uber" are one word."""
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", bare)  # what is left belongs together: kana and their voicing, Hangul


def plain(text: str) -> list[str]:
    """The folded words of a text in order; scripts without spaces give their pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(text):
        if _IS_UNSPACED.match(word):
            folded = fold(word)
            found.extend(folded[i : i + 2] for i in range(max(1, len(folded) - 1)))
            continue
        parts = _CAMEL.split(word)
        if len(parts) > 1:
            found.extend(folded for part in parts if len(folded := fold(part)) > 1)
        if folded := fold(word):
            found.append(folded)
    return found


def read(text: str) -> Words:
    """The words of a text, at most its first 4,000 characters."""
    text = text[:LONGEST]
    bare = _LINK.sub(" ", text)
    words = plain(bare)
    terms: dict[str, float] = {}
    for word in dict.fromkeys(words):
        _add_terms(terms, word)
    links = [link.rstrip(".,;:!?/").casefold() for link in _LINK.findall(text)]
    tickets = [ticket.casefold() for ticket in _TICKET.findall(bare)]
    hashtags = [fold(tag) for tag in _HASHTAG.findall(bare)]
    return Words(tuple(words), terms, tuple(dict.fromkeys(links + tickets)), tuple(dict.fromkeys(hashtags)))


def _add_terms(terms: dict[str, float], word: str) -> None:
    if len(word) <= SHORT:
        terms[word] = 1.0
        return
    terms[word] = 0.3
    for length in BEGINNINGS:
        if len(word) >= length:
            terms[f"{word[:length]}*"] = 0.2
    edged = f"^{word}$"
    pieces = len(edged) - PIECE + 1
    worth = 0.3 / pieces**0.5
    for start in range(pieces):
        term = f"~{edged[start : start + PIECE]}"
        terms[term] = max(terms.get(term, 0.0), worth)


def join(words: Sequence[str]) -> str:
    """Neighbouring plain words as a person would write them; pairs of characters overlap again."""
    joined = ""
    for word in words:
        if joined and _IS_UNSPACED.match(word) and joined.endswith(word[0]):
            joined += word[1:]
        else:
            joined = f"{joined} {word}".strip()
    return joined
