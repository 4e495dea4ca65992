"""Messages as Adaptive Cards."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import assert_never

from adapters.msteams import cards, forms
from adapters.msteams.cards import BUTTON, FEW, LARGEST, ROOMS, CardLimits, Json
from bot.chat.messages import Block, Button, Chart, ChoiceField, Facts, Message, Pick, Quote, Rule, Span, Text

SUMMARY = 300
LONGEST = 3_000  # characters of a title
LAST = 3  # blocks at the end of a message that stay when its middle does not fit


def summary(m: Message) -> str:
    """What a notification says: the title and the paragraph it opens with."""
    first = m.blocks[0] if m.blocks else None
    lead = first.plain if isinstance(first, Text) and not first.quiet else ""
    return cards.short("\n".join(part for part in (m.title, lead) if part.strip()) or "Instep", SUMMARY)


def card(m: Message) -> Json:
    """The card of a message, its form in place. What does not fit is shortened, then its middle summed up."""

    def drawn(kept: int, room: CardLimits) -> Json:
        return cards.card([*_title(m), *_blocks(_ends(m.blocks, kept), room), *_foot(m, room)])

    for room in ROOMS:
        whole = drawn(len(m.blocks), room)
        if cards.size(whole) <= LARGEST:
            return whole
    kept = bisect_left(range(1, len(m.blocks)), True, key=lambda kept: cards.size(drawn(kept + 1, ROOMS[-1])) > LARGEST)
    return drawn(kept + 1, ROOMS[-1])


def _ends(blocks: Sequence[Block], kept: int) -> Sequence[Block]:
    """So many of the blocks, taken from the beginning and the very end, and a word about the others."""
    last = min(LAST, kept - 1)
    first = kept - last
    out = sum(not isinstance(block, Rule) for block in blocks[first : len(blocks) - last])
    if kept >= len(blocks) or not out:
        return blocks
    return [*blocks[:first], Text((Span(f"and {out} more"),), quiet=True), *blocks[len(blocks) - last :]]


def _title(m: Message) -> list[Json]:
    if not m.title.strip():
        return []
    words = cards.short(m.title, LONGEST)
    return cards.lines([cards.run(words, size="Large", weight="Bolder") if m.blocks or m.form else cards.run(words)])


def _blocks(values: Sequence[Block], room: CardLimits) -> list[Json]:
    found: list[Json] = []
    quotes: list[Json] = []
    ruled = False
    for at, value in enumerate(values):
        drawn: list[Json] = []
        match value:
            case Quote():
                quotes += _quote(value, room.words)
            case Text():
                drawn = cards.text(value, room.words)
            case Facts():
                drawn = _facts(value, room.words)
            case Chart():
                drawn = [_chart(value, room.words)]
            case Rule():
                pass
            case Pick():
                drawn = _pick(value, room, at)
            case _:
                assert_never(value)
        if quotes and (at + 1 == len(values) or not isinstance(values[at + 1], Quote)):
            drawn = [{"type": "Container", "style": "emphasis", "items": quotes}]
            quotes = []
        if drawn and ruled:
            drawn[0] |= {"separator": True, "spacing": "Medium"}
        ruled = isinstance(value, Rule) or (ruled and not drawn)
        found += drawn
    return found


def _quote(value: Quote, most: int) -> list[Json]:
    runs = [cards.run(cards.short(value.words, most))]
    if value.note:
        runs.append(cards.run(f"\u2002{cards.short(value.note, most)}", size="Small", isSubtle=True))
    return cards.lines(runs, spacing="Small")


def _facts(value: Facts, most: int) -> list[Json]:
    """A line for each: the values of a FactSet would be read as markdown."""
    found: list[Json] = []
    left = most
    for at, (label, said) in enumerate(value.rows):
        left -= len(label) + len(said)
        spacing = "Small" if at else "Default"
        if left < 0 and at:
            more = cards.run(f"and {len(value.rows) - at} more", size="Small", isSubtle=True)
            return found + cards.lines([more], spacing=spacing)
        runs = [
            cards.run(cards.short(label, most // 3), weight="Bolder"),
            cards.run(f"\u2002{cards.short(said, most // 2)}"),
        ]
        found += cards.lines(runs, spacing=spacing)
    return found


def _chart(value: Chart, most: int) -> Json:
    """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards"""
    said = [
        *cards.lines([cards.run(value.title, weight="Bolder")]),
        *cards.lines([cards.run(cards.short(value.fallback, most))], spacing="Small"),
    ]
    plain: Json = {"type": "Container", "items": said}
    data = [
        {
            "legend": series.name,
            "values": [
                {"x": label, "y": number}
                for label, number in zip(value.labels, series.values, strict=False)
                if number is not None and math.isfinite(number)
            ],
        }
        for series in value.series
    ]
    data = [series for series in data if series["values"]]
    if not data:
        return plain
    drawn: Json = {"type": "Chart.Line", "data": data}
    if value.kind == "bars" and len(value.series) == 1:
        drawn = {"type": "Chart.HorizontalBar", "data": data[0]["values"]}
    elif value.kind == "bars":
        drawn = {"type": "Chart.VerticalBar.Grouped", "data": data}
    unit = {"yAxisTitle": value.unit} if value.unit else {}
    return {**drawn, "title": value.title, "colorSet": "categorical", **unit, "fallback": plain}


def _pick(value: Pick, room: CardLimits, at: int) -> list[Json]:
    """A few options are buttons; more are a list with a button beneath."""
    prompt = cards.text(value.prompt, room.words)
    press = {"act": "press", "press": value.press, "subject": value.subject}
    if len(value.options) <= FEW:
        taps = []
        for option in value.options:
            chosen = option.value == value.chosen and value.chosen != ""
            label = f"✓ {option.label}" if chosen else option.label
            taps.append(cards.execute(label, {**press, "value": option.value}))
        return [*prompt, *cards.rows(taps)]
    chosen_one = (value.chosen,) if value.chosen else ()
    field = ChoiceField(f"pick/{at}", value.prompt.plain, value.options, chosen_one, optional=True)
    choices, more = forms.choices(field, room)
    listed = {
        "type": "Input.ChoiceSet",
        "id": field.name,
        "style": "compact",
        **choices,
    }
    tap = cards.execute("Save", {**press, "input": field.name}, inputs="auto")
    columns = [
        {"type": "Column", "width": "stretch", "items": [listed]},
        {"type": "Column", "width": "auto", "items": [cards.row([tap])]},
    ]
    return [*prompt, {"type": "ColumnSet", "columns": columns}, *more]


def _foot(m: Message, room: CardLimits) -> list[Json]:
    """The form and every button. Buttons leave the inputs alone, so an empty form does not hold them up."""
    found: list[Json] = []
    taps: list[Json] = []
    if m.form is not None:
        # A list of a pick is sent with all inputs of the card, so none of them may be demanded beside one.
        lists = any(isinstance(block, Pick) and len(block.options) > FEW for block in m.blocks)
        found = forms.fields(m.form, room, {}, demanding=not lists)
        taps.append(forms.submit(m.form))
    return [*found, *cards.rows([*taps, *(_button(button, first=m.form is None) for button in m.buttons)])]


def _button(value: Button, *, first: bool) -> Json:
    style = {"danger": "destructive", "primary": "positive" if first else ""}.get(value.style, "")
    data = {"act": "press", "press": value.press, "subject": value.subject, "value": ""}
    if not value.confirm:
        return cards.execute(value.label, data, style=style)
    # Cards have no question before an action: the button opens it, and a second one answers it.
    question = [
        *cards.lines([cards.run(value.confirm)]),
        cards.row([cards.execute(value.label, data, style=style)]),
    ]
    return {
        "type": "Action.ShowCard",
        "title": cards.short(value.label, BUTTON),
        "card": {"type": "AdaptiveCard", "version": "1.5", "body": question},
    }
