"""A message outside any chat: as plain text for a terminal, as a page, as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from html import escape
from typing import assert_never

from bot.chat.messages import Block, Chart, Facts, Message, Pick, Quote, Rule, Text
from checkins.digest.summary import DigestSummary
from storage.tables import Goal, KeyResult

WIDTH = 78


def as_text(messages: Sequence[Message]) -> str:
    """For a terminal, 78 columns wide."""
    return (
        "\n\n".join(
            "\n".join([*textwrap.wrap(message.title, WIDTH), "", *_rows(message.blocks)]).rstrip()
            for message in messages
        )
        + "\n"
    )


def _rows(blocks: Sequence[Block]) -> list[str]:
    rows: list[str] = []
    for block in blocks:
        match block:
            case Text():
                rows += _wrapped(block)
            case Quote():
                note = f"  [{block.note}]" if block.note else ""
                rows += textwrap.wrap(f"“{block.words}”{note}", WIDTH, initial_indent="  ", subsequent_indent="   ")
            case Facts():
                widest = min(44, max((len(label) for label, _ in block.rows), default=0))
                for label, value in block.rows:
                    *above, last = textwrap.wrap(label, max(1, widest)) or [""]
                    rows += [f"  {row}" for row in above]
                    lead = f"  {last:<{widest}}  "
                    rows += textwrap.wrap(value, WIDTH, initial_indent=lead, subsequent_indent=" " * (widest + 4)) or [
                        lead.rstrip()
                    ]
            case Chart():
                rows += _chart(block)
            case Rule():
                rows.append("")
            case Pick():
                rows += _wrapped(block.prompt)
            case _:
                assert_never(block)
    return rows


def _wrapped(words: Text) -> list[str]:
    return [row for line in words.plain.split("\n") for row in textwrap.wrap(line, WIDTH) or [""]]


def _chart(chart: Chart) -> list[str]:
    """Bars of characters; the largest value fills the room."""
    rows = textwrap.wrap(f"{chart.title}:", WIDTH)
    most = max((value or 0 for series in chart.series for value in series.values), default=0) or 1
    widest = min(24, max((len(label) for label in chart.labels), default=0))
    names = min(14, max((len(series.name) for series in chart.series), default=0))
    for at, label in enumerate(chart.labels):
        for number, series in enumerate(chart.series):
            value = series.values[at]
            bar = "?" if value is None else f"{'█' * round(24 * value / most)} {value:.0f}{chart.unit}"
            lead = _cut(label, widest) if number == 0 else ""
            rows.append(f"  {lead:<{widest}}  {_cut(series.name, names):<{names}}  {bar}".rstrip())
    return rows


def _cut(words: str, width: int) -> str:
    return words if len(words) <= width else f"{words[: width - 1]}…"


def as_html(messages: Sequence[Message]) -> str:
    """One page with nothing to load: for a browser, or to be sent by mail."""
    parts = "".join(
        f"<section><h2>{escape(message.title)}</h2>{''.join(map(_html, message.blocks))}</section>"
        for message in messages
    )
    title = escape(messages[0].title) if messages else ""
    return f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title><style>{_STYLE}</style><main>{parts}</main></html>\n"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:Canvas;color:CanvasText;color-scheme:light dark}"
    "main{max-width:44rem;margin:2rem auto;padding:0 1rem}h2{font-size:1.15rem}"
    "blockquote{margin:.4rem 0;padding-left:.8rem;border-left:3px solid #0f6f5c}small,.quiet{opacity:.7}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{opacity:.75}dd{margin:0}"
    "@media(max-width:30rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}"
    "table{border-collapse:collapse}td,th{padding:.1rem .8rem .1rem 0;text-align:left}"
)


def _html(block: Block) -> str:
    match block:
        case Text():
            styles = {"bold": "b", "italic": "i", "code": "code"}
            words = "".join(
                f"<{styles[span.style]}>{escape(span.words)}</{styles[span.style]}>"
                if span.style in styles
                else escape(span.words)
                for span in block.spans
            ).replace("\n", "<br>")
            return f"<p class=quiet>{words}</p>" if block.quiet else f"<p>{words}</p>"
        case Quote():
            note = f" <small>{escape(block.note)}</small>" if block.note else ""
            return f"<blockquote>{escape(block.words)}{note}</blockquote>"
        case Facts():
            return "<dl>" + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in block.rows) + "</dl>"
        case Chart():
            head = "".join(f"<th>{escape(series.name)}</th>" for series in block.series)
            body = "".join(
                f"<tr><th>{escape(label)}</th>"
                + "".join(f"<td>{_value(series.values[at], block.unit)}</td>" for series in block.series)
                + "</tr>"
                for at, label in enumerate(block.labels)
            )
            return f"<table><caption>{escape(block.title)}</caption><tr><th></th>{head}</tr>{body}</table>"
        case Rule():
            return "<hr>"
        case Pick():
            return f"<p>{escape(block.prompt.plain)}</p>"
        case _:
            assert_never(block)


def _value(value: float | None, unit: str) -> str:
    return "not shown" if value is None else f"{value:.0f}{escape(unit)}"


def as_payloads(payloads: Sequence[Mapping[str, object]]) -> str:
    """What a platform would be sent, one object for each message."""
    return json.dumps(payloads, ensure_ascii=False, indent=2) + "\n"


def as_json(summary: DigestSummary) -> str:
    """The figures behind a digest, with every line and never a name."""

    def plain(value: object) -> object:
        if isinstance(value, Goal):
            return {
                "handle": value.handle,
                "title": value.title,
                "status": value.status,
                "by": value.by.isoformat() if value.by else None,
            }
        if isinstance(value, KeyResult):
            return {
                "title": value.title,
                "start": value.start,
                "now": value.now,
                "target": value.target,
                "unit": value.unit,
            }
        if isinstance(value, date):
            return value.isoformat()
        raise TypeError(type(value).__name__)

    return json.dumps(asdict(summary), default=plain, ensure_ascii=False, indent=2) + "\n"
