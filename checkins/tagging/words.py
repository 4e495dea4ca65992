"""Text of any script as the terms it is compared by: words, their beginnings, pairs, and marks such as links."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 4_000  # characters of a line that are read; the rest of a longer one says nothing new
STEM = 5  # characters of a word that survive most endings, in most languages that write endings

_LINK = re.compile(r"https?://[^\s<>|)\]\"'`]+", re.IGNORECASE)
_TICKET = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d+\b|(?<![\w#&])[#!]\d+\b")
_HASHTAG = re.compile(r"(?<![\w#&/])#([^\W\d][\w-]*)")
# Scripts that put no spaces between words: their characters are taken in pairs.
_UNSPACED = (
    "\u0e00-\u0edf"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
# `\w` leaves out the vowel signs that Indic words are spelt with, so they are named here.
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}_])[\w\u0300-\u036f\u0900-\u0963\u0970-\u0dff])+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Accents (U+0300…), and the optional vowel marks and stretching of Arabic and Hebrew.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text read: its plain words in order, distinct terms with what a match is worth, marks and hashtags."""

    plain: tuple[str, ...]
    terms: tuple[tuple[str, float], ...]
    marks: tuple[str, ...]
    hashtags: tuple[str, ...]


def fold(text: str) -> str:
    """Text without case, width or accents, so that "Über" and "uber" are one word."""
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())


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


def marks(text: str) -> list[str]:
    """Links and tracker ids in a text, folded: what names the same piece of work wherever it is mentioned."""
    links = [link.rstrip(".,;:!?/").casefold() for link in _LINK.findall(text)]
    return links + [ticket.casefold() for ticket in _TICKET.findall(_LINK.sub(" ", text))]


def read(text: str) -> Words:
    """The terms of a text, at most its first 4,000 characters."""
    text = text[:LONGEST]
    bare = _LINK.sub(" ", text)
    words = plain(bare)
    terms: dict[str, float] = {}
    for word in words:
        if len(word) >= STEM:
            terms[word] = 0.5
            terms[f"{word[:STEM]}*"] = 0.5
        else:
            terms[word] = 1.0
    for one, two in zip(words, words[1:], strict=False):
        terms[f"{one} {two}"] = 0.3
    return Words(
        tuple(words),
        tuple(terms.items()),
        tuple(dict.fromkeys(marks(text))),
        tuple(dict.fromkeys(fold(tag) for tag in _HASHTAG.findall(bare))),
    )
