"""What somebody typed, out of the HTML that Teams sends: every line of it, and nothing that they only quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

Json = Mapping[str, Any]

BLOCKS = {"p", "div", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"}
SILENT = {"script", "style", "attachment"}

_AT = re.compile(r"<at(?:\s[^>]*)?>(.*?)</at>", re.DOTALL)


def words(activity: Json, ours: str, person: Mapping[str, str]) -> tuple[str, bool]:
    """What was typed, and whether we were mentioned in it.

    Our own mention (`ours` is our id) is left out; anybody else's is written as @ and their id, which `person` gives
    by what Teams calls them, or their name where it does not.
    """
    mentions = _mentions(activity)
    names: list[str | None] = []
    for mention in mentions:
        mentioned = mention.get("mentioned") or {}
        name = str(mentioned.get("id", ""))
        if name == ours:
            names.append(None)
        else:
            names.append("@" + (person.get(name) or str(mentioned.get("name", "")).replace(" ", ".")))
    html = _html(activity)
    if html is None:
        rest = iter(names)
        said = _AT.sub(lambda match: next(rest, f"@{match[1]}") or "", str(activity.get("text") or ""))
    else:
        reader = _Reader(names)
        reader.feed(html)
        reader.close()
        said = reader.said()
    return said.replace("\u00a0", " ").replace("\r\n", "\n").strip(), None in names


def _mentions(activity: Json) -> Sequence[Json]:
    found = activity.get("entities")
    return [
        one
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and one.get("type") == "mention" and isinstance(one.get("mentioned"), dict)
    ]


def _html(activity: Json) -> str | None:
    found = activity.get("attachments")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("contentType") == "text/html":
            content = one.get("content")
            if isinstance(content, str):
                return content
    return None


class _Reader(HTMLParser):
    """Words with a line for each paragraph, break and item of a list."""

    def __init__(self, names: Sequence[str | None]) -> None:
        super().__init__(convert_charrefs=True)
        self._names = list(names)
        self._lines: list[str] = [""]
        self._open: list[str] = []
        self._numbers: list[int | None] = []  # of the lists we are in; None where they have bullets
        self._quoted = 0  # depth inside a message that is being replied to
        self._mention: int | None = None

    def said(self) -> str:
        """All of it."""
        return "\n".join(line.rstrip(" ") for line in self._lines).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "blockquote" and (self._quoted or "Reply" in (given.get("itemtype") or "")):
            self._quoted += 1
        if self._quoted:
            return
        match tag:
            case "br":
                self._lines.append("")
            case "at":
                at = given.get("id") or ""
                self._mention = int(at) if at.isdigit() else 0
                name = self._names[self._mention] if self._mention < len(self._names) else "@"
                self._lines[-1] += name or ""
                self._open.append("at")
            case "img" | "emoji":
                self._lines[-1] += given.get("alt") or ""
            case "li":
                self._break()
                number = self._numbers[-1] if self._numbers else None
                self._lines[-1] += "- " if number is None else f"{number}. "
                if number is not None:
                    self._numbers[-1] = number + 1
            case _ if tag in SILENT:
                self._open.append(tag)
            case _ if tag in BLOCKS:
                if tag in {"ul", "ol"}:
                    self._numbers.append(1 if tag == "ol" else None)
                self._break()

    def handle_endtag(self, tag: str) -> None:
        if self._quoted:
            self._quoted -= tag == "blockquote"
            return
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
        if tag in BLOCKS or tag == "li":
            self._break()

    def handle_data(self, data: str) -> None:
        if self._quoted or self._open:  # a mention's own words are its id by now
            return
        words = re.sub(r"[ \t\r\n]+", " ", data)
        line = self._lines[-1]
        self._lines[-1] += words.lstrip(" ") if not line or line.endswith(" ") else words

    def _break(self) -> None:
        if self._lines[-1].strip():
            self._lines.append("")
        else:
            self._lines[-1] = ""
