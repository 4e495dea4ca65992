"""Answers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins import text
from checkins.answers.parse import MOST_CHARACTERS, MOST_LINES, Piece, pieces
from checkins.errors import UserError


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Pricing page 2h", Piece("Pricing page 2h", hours=2)),
        ("Pricing page (2.5 h)", Piece("Pricing page (2.5 h)", hours=2.5)),
        ("Umzug 1,5h", Piece("Umzug 1,5h", hours=1.5)),
        ("Call with ACME 45m", Piece("Call with ACME 45m", hours=0.75)),
        ("2h30 call with ACME", Piece("2h30 call with ACME", hours=2.5)),
        ("Data import 1.5d", Piece("Data import 1.5d", hours=12)),
        ("Interviews 30%", Piece("Interviews 30%", percent=30)),
        ("30% interviews", Piece("30% interviews", percent=30)),
        ("Cut latency by 30%", Piece("Cut latency by 30%")),
        ("Restore time down to 2h", Piece("Restore time down to 2h")),
        ("Answers within 4h", Piece("Answers within 4h")),
        ("Errors < 2%", Piece("Errors < 2%")),
        ("p99 is 200 ms", Piece("p99 is 200 ms")),
        ("Level 3 support", Piece("Level 3 support")),
        ("日本語のページ 3h", Piece("日本語のページ 3h", hours=3)),
    ],
)
def test_effort_is_understood_where_it_is_stated_and_the_words_stay_whole(typed: str, expected: Piece) -> None:
    assert pieces(typed) == [expected]


@pytest.mark.parametrize(
    ("typed", "finished"),
    [
        ("Shipped the pricing page", True),
        ("[x] pricing page", True),
        ("pricing page ✅", True),
        ("Preisseite fertig", True),
        ("[ ] shipped the pricing page", False),
        ("Almost done with the pricing page", False),
        ("Pricing page not merged yet", False),
        ("Pricing page", False),
    ],
)
def test_a_line_is_finished_when_its_writer_says_so(typed: str, finished: bool) -> None:
    assert pieces(typed)[0].finished is finished


def test_bullets_and_blank_lines_are_layout() -> None:
    typed = "- one\r\n\r\n* two\n  • three\n1. four\n12) five\n– six\n\n"
    assert [piece.text for piece in pieces(typed)] == ["one", "two", "three", "four", "five", "six"]


@pytest.mark.parametrize("typed", ["", "   \n\t\n", "\x00\x07", "- \n * \n"])
def test_an_empty_answer_is_told(typed: str) -> None:
    with pytest.raises(UserError, match="nothing was saved"):
        pieces(typed)


@pytest.mark.parametrize("typed", ["👍", "🎉🎉 🎉", "...", "❤️\n✅"])
def test_an_answer_without_words_is_told(typed: str) -> None:
    with pytest.raises(UserError, match=r"no words|empty"):
        pieces(typed)


def test_too_many_characters_are_counted_in_the_sentence() -> None:
    assert len(pieces("x" * MOST_CHARACTERS)) == 1
    with pytest.raises(UserError, match="20,001 characters"):
        pieces("x" * (MOST_CHARACTERS + 1))


def test_too_many_lines_are_counted_in_the_sentence() -> None:
    assert len(pieces("\n".join(["line"] * MOST_LINES))) == MOST_LINES
    with pytest.raises(UserError, match="201 lines"):
        pieces("\n".join(["line"] * (MOST_LINES + 1)))


@pytest.mark.parametrize(
    "typed",
    [
        "<!channel> look",
        "@everyone read this",
        "مراجعة صفحة الأسعار",
        "👩‍👩‍👧 family plan",
        "a\u202eb",
        "<b>bold</b> & *stars*",
    ],
)
def test_words_are_kept_as_typed(typed: str) -> None:
    assert pieces(typed)[0].text == typed


@given(st.text(max_size=300))
def test_any_text_is_taken_or_told(typed: str) -> None:
    try:
        found = pieces(typed)
    except UserError as problem:
        assert problem.sentence.endswith(".")
    else:
        assert found
        for piece in found:
            assert piece.text
            assert piece.text in text.clean(typed)
            assert piece.hours is None or 0 < piece.hours <= 80
            assert piece.percent is None or 0 < piece.percent <= 100
