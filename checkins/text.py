"""Words as they are kept: what people type and what files hold goes through here before it becomes a row."""

from __future__ import annotations

import unicodedata

_BREAKS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n") | {"\t": " "})

# Controls, halves of surrogate pairs, private use, and what is no character. PostgreSQL takes no NUL in a text, neither
# database takes half a pair, and nobody sees any of the others.
_NEVER_KEPT = frozenset({"Cc", "Cs", "Co", "Cn"})

# Invisible, and without a use in running text: two titles that look the same would be different ones. Joiners stay,
# since emoji and Persian are written with them, and so do direction marks.
_INVISIBLE = frozenset(
    "\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064"
    "\u206a\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)


def clean(words: str) -> str:
    """The words in NFC, on as many lines as they were, without what is invisible and without blanks around them. Empty
    where nothing is left that could be seen. `clean(clean(words)) == clean(words)`."""
    if words.isascii() and words.isprintable():
        return words.strip()
    broken = words.replace("\r\n", "\n").translate(_BREAKS)
    kept = "".join(
        character
        for character in broken
        if character == "\n" or (unicodedata.category(character) not in _NEVER_KEPT and character not in _INVISIBLE)
    )
    found = unicodedata.normalize("NFC", kept).strip()
    return found if any(map(_is_seen, found)) else ""


def on_one_line(words: str) -> str:
    """The same with one blank between words: a title, a name."""
    return " ".join(clean(words).split())


def folded(words: str) -> str:
    """The form by which two titles or names are the same: on one line, whatever the case."""
    return on_one_line(words).casefold()


def _is_seen(character: str) -> bool:
    """Whether it is more than a blank, a joiner or a direction mark."""
    return unicodedata.category(character)[0] not in "ZC" and not 0xFE00 <= ord(character) <= 0xFE0F
