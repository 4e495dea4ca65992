"""A message outside any chat: within a terminal's width, and as a page in which people's words do nothing."""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import views
from bot.chat.messages import Chart, Facts, Message, Option, Pick, Quote, Rule, Series, Text, text
from bot.cli import render

HOSTILE = "<script>alert(1)</script><img src=x onerror='y'>\" onclick=\"z & <!--"


def examples() -> dict[str, Message]:
    """Every message of every view."""
    found: dict[str, Message] = {}
    for module in pkgutil.iter_modules(views.__path__):
        given = getattr(importlib.import_module(f"bot.views.{module.name}"), "EXAMPLES", {})
        found.update({name: message for name, message in given.items() if isinstance(message, Message)})
    return found


EXAMPLES = examples()


def wide(row: str) -> bool:
    return any(unicodedata.east_asian_width(character) in "WF" for character in row)


def everything(words: str) -> Message:
    """A message with every part there is, each saying the same."""
    return Message(
        words,
        (
            text("**{words}** _{words}_ `{words}` {words}", words=words),
            text("{words}", quiet=True, words=words),
            Quote(words, words),
            Facts(((words, words), ("short", words), (words, ""))),
            Chart(
                words,
                "bars",
                (words, "b"),
                (Series(words, (1.0, None)), Series("s", (0.0, 3.0))),
                words,
                words[:3],
            ),
            Rule(),
            Pick(text("{words}", words=words), "press", "1", (Option("a", words),)),
        ),
    )


class Tags(HTMLParser):
    """What a browser would see as tags, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_fits_a_terminal(name: str) -> None:
    printed = render.as_text([EXAMPLES[name]])
    assert printed.endswith("\n")
    assert [row for row in printed.splitlines() if len(row) > 78 and not wide(row)] == []


@given(words=st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=200))
def test_any_words_in_any_part_fit_a_terminal(words: str) -> None:
    # A unit is ours and short; anything else may be as long as somebody likes.
    printed = render.as_text([everything(words)])
    assert max(map(len, printed.split("\n"))) <= 78


def test_several_messages_are_printed_one_below_the_other() -> None:
    printed = render.as_text([Message("One", (text("first"),)), Message("Two", (text("second"),))])
    assert printed == "One\n\nfirst\n\nTwo\n\nsecond\n"


def test_a_chart_of_nothing_is_printed() -> None:
    assert render.as_text([Message("T", (Chart("Empty", "bars", (), (), "nothing"),))]) == "T\n\nEmpty:\n"


def test_hostile_words_are_words_on_a_page() -> None:
    plain = Tags(render.as_html([everything("plain")]))
    hostile = Tags(render.as_html([everything(HOSTILE)]))
    assert hostile.found == plain.found  # the same tags with the same attributes, whatever was said
    assert hostile.words.count(HOSTILE) >= 12


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_loads_nothing(name: str) -> None:
    page = render.as_html([EXAMPLES[name]])
    tags = Tags(page).found
    assert {tag for tag, _ in tags}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form"})
    for _, attributes in tags:
        assert {"src", "href", "srcset", "style", "background", "action"}.isdisjoint(attributes)
        assert not any(attribute.startswith("on") for attribute in attributes)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) == 1
    assert "url(" not in styles[0]
    assert "@import" not in styles[0]


def test_a_page_of_nothing_is_a_page() -> None:
    assert render.as_html([]).startswith("<!doctype html>")
    assert Text(()).plain == ""
    assert render.as_text([]) == "\n"
