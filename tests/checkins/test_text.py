"""Words as they are kept."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins import text

ANYTHING = st.text(st.characters(), max_size=60)


def test_no_control_and_no_half_of_a_pair_is_kept() -> None:
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in {"Cc", "Cs"}:
            assert text.clean(f"a{chr(code)}b") in {"ab", "a\nb", "a b"}, hex(code)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\r\nb\rc\u2028d\u2029e\x0bf\x0cg\x85h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\tb", "a b"),
        ("Pricing\u200b\u00ad\ufeff page", "Pricing page"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("  a  b  ", "a  b"),
        ("\u200d\u200e \ufe0f\u3164", ""),
    ],
)
def test_what_is_kept(typed: str, kept: str) -> None:
    assert text.clean(typed) == kept


@pytest.mark.parametrize("typed", ["👩‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "می‌خواهم", "עברית\u200f!", "❤️", "日本語", "a\u202eb"])
def test_what_people_write_with_stays(typed: str) -> None:
    assert text.clean(typed) == typed


def test_names_are_the_same_by_what_they_look_like() -> None:
    assert text.folded(" Caf\u00c9\n Nord") == text.folded("cafe\u0301  nord\u200b")
    assert text.on_one_line("a\n b\x00") == "a b"


@given(ANYTHING)
def test_cleaning_twice_changes_nothing(typed: str) -> None:
    once = text.clean(typed)
    assert text.clean(once) == once
    assert text.on_one_line(text.on_one_line(typed)) == text.on_one_line(typed)
    once.encode()
