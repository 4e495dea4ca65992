"""Messages and forms as Adaptive Cards, and what Teams sends back of them.

Words stand in TextRuns, where markdown and `<at>` are nothing but characters; a TextBlock would read them.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never

from bot.events import Choices
from bot.messages import (
    Block,
    Button,
    Chart,
    ChoiceField,
    Facts,
    Field,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Span,
    Text,
    TextField,
)

Json: TypeAlias = dict[str, Any]

# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
LARGEST = 75_000  # bytes of a card in UTF-16; Teams takes 80 KB with everything around it
ROW = 6  # buttons beside each other: Teams hides the seventh,
WIDE = 44  # and clips what goes beyond the card: characters of a row, PADDING for each button
PADDING = 4
BUTTON = 75
SUMMARY = 300
LONGEST = 3_000  # characters of a title
SUGGESTED = 15  # results that Teams shows of a search
FEW = 5  # options that are buttons, or stand there all at once; more are a list to open
MANY = 10  # options that are looked through; more are searched
LAST = 3  # blocks at the end of a message that stay when its middle does not fit
NOTHING = Option("", "None")

_MARKUP = re.compile(r"[*_\[\]<>`#~\\]")


@dataclass(frozen=True, slots=True)
class Room:
    """How tightly a card is drawn: characters of one block and of one option, options of one list."""

    words: int
    option: int
    options: int


ROOMS = (Room(10_000, 100, 500), Room(3_000, 60, 300), Room(1_000, 40, 100), Room(300, 30, 25))


@dataclass(frozen=True, slots=True)
class Press:
    """A tap on a button or on an option of a pick."""

    press: str
    subject: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sends:
    """A tap on the button that sends a form; `values` reads what is in it."""

    name: str
    subject: str


def summary(m: Message) -> str:
    """What a notification says: the title and the paragraph it opens with."""
    first = m.blocks[0] if m.blocks else None
    lead = first.plain if isinstance(first, Text) and not first.quiet else ""
    return _short("\n".join(part for part in (m.title, lead) if part.strip()) or "Instep", SUMMARY)


def card(m: Message) -> Json:
    """The card of a message, its form in place. What does not fit is shortened, then its middle summed up."""

    def drawn(kept: int, room: Room) -> Json:
        return _card([*_title(m), *_blocks(_ends(m.blocks, kept), room), *_foot(m, room)])

    for room in ROOMS:
        whole = drawn(len(m.blocks), room)
        if size(whole) <= LARGEST:
            return whole
    kept = bisect_left(
        range(1, len(m.blocks)), True, key=lambda kept: size(drawn(kept + 1, ROOMS[-1])) > LARGEST
    )
    return drawn(kept + 1, ROOMS[-1])


def form_card(f: Form, errors: Mapping[str, str] = {}) -> Json:
    """A form as a card of its own, each error at its field and those of no field at the top."""
    names = {field.name for field in f.fields}
    general = [sentence for name, sentence in errors.items() if name not in names]
    top = [*_lines([_run(f.title, size="Large", weight="Bolder")])]
    for sentence in general:
        top += _error(sentence)
    whole: Json = {}
    for room in ROOMS:
        whole = _card([*top, *_form(f, room, errors, demanding=True), _set([_submit(f)])])
        if size(whole) <= LARGEST:
            break
    return whole


def filled(f: Form, given: Mapping[str, str | tuple[str, ...]]) -> Form:
    """The form with what was typed in the place of what it offered."""
    fields: list[Field] = []
    for field in f.fields:
        value = given.get(field.name)
        if value is None:
            fields.append(field)
        elif isinstance(field, TextField):
            fields.append(replace(field, value=value if isinstance(value, str) else "\n".join(value)))
        else:
            chosen = (value,) if isinstance(value, str) else value
            fields.append(replace(field, chosen=tuple(one for one in chosen if one)))
    return replace(f, fields=tuple(fields))


def size(value: Json) -> int:
    """Bytes in UTF-16."""
    return 2 * len(json.dumps(value))


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def _card(body: list[Json]) -> Json:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": body,
    }


def _ends(blocks: Sequence[Block], kept: int) -> Sequence[Block]:
    """So many of the blocks, taken from the beginning and the very end, and a word about the others."""
    last = min(LAST, kept - 1)
    first = kept - last
    out = sum(not isinstance(block, Rule) for block in blocks[first : len(blocks) - last])
    if kept >= len(blocks) or not out:
        return blocks
    return [*blocks[:first], Text((Span(f"and {out} more"),), quiet=True), *blocks[len(blocks) - last :]]


def _run(words: str, **style: object) -> Json:
    return {"type": "TextRun", "text": words, **style}


def _lines(runs: Iterable[Json], **block: object) -> list[Json]:
    """A RichTextBlock for each line: not every client breaks lines inside one."""
    lines: list[list[Json]] = [[]]
    for run in runs:
        for at, line in enumerate(str(run["text"]).split("\n")):
            if at:
                lines.append([])
            # Teams reads {{DATE(…)}} even here, but not across two runs.
            lines[-1] += [{**run, "text": part} for part in re.split(r"(?<=\{)(?=\{)", line) if part]
    found: list[Json] = [
        {"type": "RichTextBlock", "inlines": line or [_run("\u00a0")], "spacing": "None"} for line in lines
    ]
    found[0] |= {"spacing": "Default", **block}
    return found


def _title(m: Message) -> list[Json]:
    if not m.title.strip():
        return []
    words = _short(m.title, LONGEST)
    return _lines([_run(words, size="Large", weight="Bolder") if m.blocks or m.form else _run(words)])


def _blocks(values: Sequence[Block], room: Room) -> list[Json]:
    found: list[Json] = []
    quotes: list[Json] = []
    ruled = False
    for at, value in enumerate(values):
        drawn: list[Json] = []
        match value:
            case Quote():
                quotes += _quote(value, room.words)
            case Text():
                drawn = _text(value, room.words)
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


def _text(value: Text, most: int, **block: object) -> list[Json]:
    if not value.plain.strip():
        return []
    quiet: Json = {"size": "Small", "isSubtle": True} if value.quiet else {}
    styles: dict[str, Json] = {
        "plain": {},
        "bold": {"weight": "Bolder"},
        "italic": {"italic": True},
        "code": {"fontType": "Monospace"},
    }
    runs = []
    for span in (span for span in value.spans if span.words):
        runs.append(_run(_short(span.words, most) if most > 0 else "…", **styles[span.style], **quiet))
        most -= len(span.words)
        if most < 0 or runs[-1]["text"] == "…":
            break
    return _lines(runs, **block)


def _quote(value: Quote, most: int) -> list[Json]:
    runs = [_run(_short(value.words, most))]
    if value.note:
        runs.append(_run(f"\u2002{_short(value.note, most)}", size="Small", isSubtle=True))
    return _lines(runs, spacing="Small")


def _facts(value: Facts, most: int) -> list[Json]:
    """A line for each: the values of a FactSet would be read as markdown."""
    found: list[Json] = []
    left = most
    for at, (label, said) in enumerate(value.rows):
        left -= len(label) + len(said)
        spacing = "Small" if at else "Default"
        if left < 0 and at:
            more = _run(f"and {len(value.rows) - at} more", size="Small", isSubtle=True)
            return found + _lines([more], spacing=spacing)
        runs = [_run(_short(label, most // 3), weight="Bolder"), _run(f"\u2002{_short(said, most // 2)}")]
        found += _lines(runs, spacing=spacing)
    return found


def _chart(value: Chart, most: int) -> Json:
    """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/charts-in-adaptive-cards"""
    said = [
        *_lines([_run(value.title, weight="Bolder")]),
        *_lines([_run(_short(value.fallback, most))], spacing="Small"),
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


def _pick(value: Pick, room: Room, at: int) -> list[Json]:
    """A few options are buttons; more are a list with a button beneath."""
    prompt = _text(value.prompt, room.words)
    press = {"act": "press", "press": value.press, "subject": value.subject}
    if len(value.options) <= FEW:
        taps = []
        for option in value.options:
            chosen = option.value == value.chosen and value.chosen != ""
            label = f"✓ {option.label}" if chosen else option.label
            taps.append(_execute(label, {**press, "value": option.value}))
        return [*prompt, *_sets(taps)]
    chosen_one = (value.chosen,) if value.chosen else ()
    field = ChoiceField(f"pick/{at}", value.prompt.plain, value.options, chosen_one, optional=True)
    choices, more = _choices(field, room)
    listed = {
        "type": "Input.ChoiceSet",
        "id": field.name,
        "style": "compact",
        **choices,
    }
    tap = _execute("Save", {**press, "input": field.name}, inputs="auto")
    columns = [
        {"type": "Column", "width": "stretch", "items": [listed]},
        {"type": "Column", "width": "auto", "items": [_set([tap])]},
    ]
    return [*prompt, {"type": "ColumnSet", "columns": columns}, *more]


def _foot(m: Message, room: Room) -> list[Json]:
    """The form and every button. Buttons leave the inputs alone, so an empty form does not hold them up."""
    found: list[Json] = []
    taps: list[Json] = []
    if m.form is not None:
        # A list of a pick is sent with all inputs of the card, so none of them may be demanded beside one.
        lists = any(isinstance(block, Pick) and len(block.options) > FEW for block in m.blocks)
        found = _form(m.form, room, {}, demanding=not lists)
        taps.append(_submit(m.form))
    return [*found, *_sets([*taps, *(_button(button, first=m.form is None) for button in m.buttons)])]


def _button(value: Button, *, first: bool) -> Json:
    style = {"danger": "destructive", "primary": "positive" if first else ""}.get(value.style, "")
    data = {"act": "press", "press": value.press, "subject": value.subject, "value": ""}
    if not value.confirm:
        return _execute(value.label, data, style=style)
    # Cards have no question before an action: the button opens it, and a second one answers it.
    question = [*_lines([_run(value.confirm)]), _set([_execute(value.label, data, style=style)])]
    return {
        "type": "Action.ShowCard",
        "title": _short(value.label, BUTTON),
        "card": {"type": "AdaptiveCard", "version": "1.5", "body": question},
    }


def _submit(f: Form) -> Json:
    data = {"act": "send", "name": f.name, "subject": f.subject}
    return _execute(f.submit, data, style="positive", inputs="auto")


def _execute(label: str, data: Json, *, style: str = "", inputs: str = "none") -> Json:
    """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/overview"""
    action = {
        "title": _short(label, BUTTON) if label.strip() else "–",
        "data": data,
        "associatedInputs": inputs,
        **({"style": style} if style else {}),
    }
    return {
        "type": "Action.Execute",
        "verb": data["act"],
        **action,
        "fallback": {"type": "Action.Submit", **action},
    }


def _set(actions: list[Json]) -> Json:
    return {"type": "ActionSet", "actions": actions}


def _sets(actions: list[Json]) -> list[Json]:
    """All of them, in as many rows as they need."""
    rows: list[list[Json]] = []
    width = 0
    for action in actions:
        width += len(action["title"]) + PADDING
        if not rows or width > WIDE or len(rows[-1]) == ROW:
            rows.append([])
            width = len(action["title"]) + PADDING
        rows[-1].append(action)
    return [{**_set(row), "spacing": "Small" if at else "Default"} for at, row in enumerate(rows)]


def _form(f: Form, room: Room, errors: Mapping[str, str], *, demanding: bool) -> list[Json]:
    found = _text(f.intro, room.words) if f.intro else []
    for field in f.fields:
        found += _input(field, f, room, demanding=demanding)
        if field.hint:
            found += _lines([_run(field.hint, size="Small", isSubtle=True)], spacing="Small")
        if field.name in errors:
            found += _error(errors[field.name])
    return found


def _error(sentence: str) -> list[Json]:
    return _lines([_run(sentence, color="Attention", weight="Bolder")], spacing="Small")


def _input(field: Field, f: Form, room: Room, *, demanding: bool) -> list[Json]:
    """What is typed already is never cut, whatever room there is."""
    asked: Json = {"label": field.label or "–"}
    if demanding and not field.optional:
        asked |= {"isRequired": True, "errorMessage": "Please fill this in."}
    match field:
        case TextField():
            words = {"value": field.value} if field.value else {}
            hint = {"placeholder": field.placeholder} if field.placeholder else {}
            kind = {"type": "Input.Text", "id": f"text/{field.name}", "isMultiline": field.rows > 1}
            return [{**kind, **asked, **words, **hint}]
        case ChoiceField():
            choices, more = _choices(field, room)
            named = {"type": "Input.ChoiceSet", "id": f"{'many' if field.many else 'one'}/{field.name}"}
            query: Json = {}
            if field.suggests:
                dataset = json.dumps([f.name, f.subject, field.name])
                query = {"choices.data": {"type": "Data.Query", "dataset": dataset}}
            many = {"isMultiSelect": True} if field.many else {}
            return [{**named, **asked, **many, "style": _style(field, choices), **choices, **query}, *more]
        case _:
            assert_never(field)


def _style(field: ChoiceField, choices: Json) -> str:
    """All at once where they are few, which shows them with their markdown read: then only if there is none."""
    shown = choices["choices"]
    if field.suggests or len(shown) > MANY:
        return "filtered"
    tame = not any(_MARKUP.search(choice["title"]) for choice in shown)
    return "expanded" if tame and len(shown) <= (MANY if field.many else FEW) else "compact"


def _choices(field: ChoiceField, room: Room) -> tuple[Json, list[Json]]:
    """The options, the chosen ones among them for sure, and a word about those that have no room."""
    known = {option.value: option for option in field.options}
    chosen = [known.get(value, Option(value, value)) for value in field.chosen if value]
    others = [option for option in field.options if option not in chosen]
    fitting = len(field.options) <= room.options
    shown = [*field.options, *(o for o in chosen if o.value not in known)] if fitting else [*chosen, *others]
    if field.optional and not field.many:
        shown = [NOTHING, *shown]
    cut = shown[: max(room.options, len(chosen) + 1)] if not fitting else shown
    listed: Json = {
        "placeholder": "Type to search" if field.suggests else "Choose",
        "choices": [
            {"title": _short(option.label, room.option) or "–", "value": _encoded(option.value)}
            for option in cut
        ],
    }
    if chosen:
        listed["value"] = ",".join(_encoded(option.value) for option in chosen)
    more = len(shown) - len(cut)
    words = f"and {more} more: type to find them" if field.suggests else f"and {more} more"
    return listed, _lines([_run(words, size="Small", isSubtle=True)], spacing="None") if more else []


def _encoded(value: str) -> str:
    """JSON with no comma in it: the values of several come back as one string, joined by commas."""
    return json.dumps(value).replace(",", "\\u002c")


def decode(data: Mapping[str, Any]) -> Press | Sends | None:
    """What the data of an action means, sent as Action.Execute or as its fallback; None if it is not ours."""
    match data:
        case {"act": "press", "press": str(press), "subject": str(subject), "value": str(value)}:
            return Press(press, subject, value)
        case {"act": "press", "press": str(press), "subject": str(subject), "input": str(name)}:
            chosen = _decoded(data.get(name))
            return Press(press, subject, chosen[0] if chosen else "")
        case {"act": "send", "name": str(name), "subject": str(subject)}:
            return Sends(name, subject)
        case _:
            return None


def values(data: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """What a sent form holds by field name; "" and () for what was left empty."""
    found: dict[str, str | tuple[str, ...]] = {}
    for key, given in data.items():
        kind, _, name = key.partition("/")
        match kind:
            case "text":
                found[name] = str(given or "")
            case "one":
                found[name] = "".join(_decoded(given)[:1])
            case "many":
                found[name] = tuple(value for value in _decoded(given) if value)
            case _:
                pass
    return found


def _decoded(given: object) -> tuple[str, ...]:
    """Options as they came, and () for what was not of our making."""
    try:
        return tuple(str(json.loads(part)) for part in str(given or "").split(",") if part.strip())
    except ValueError:
        return ()


def query(dataset: str) -> tuple[str, str, str]:
    """Form, subject and field of a search. Raises ValueError for one that is not of our making."""
    match json.loads(dataset):
        case [str(name), str(subject), str(field)]:
            return name, subject, field
        case _:
            raise ValueError("That is not a search of ours.")


def suggestions(choices: Choices) -> Json:
    """The body that answers a search (`application/search`)."""
    results = [
        {"title": option.label or "–", "value": _encoded(option.value)}
        for option in choices.options[:SUGGESTED]
    ]
    return {"type": "application/vnd.microsoft.search.searchResponse", "value": {"results": results}}
