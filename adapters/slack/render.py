"""Messages and forms as Block Kit, and what Slack sends back of them.

People's words stand in rich_text and plain_text elements alone, where `<!channel>`, `&` and `*` are nothing but
characters; nothing here is mrkdwn but the notification, which is escaped.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from adapters.slack import limits
from adapters.slack.limits import Room, Squeeze, length, shorten
from bot.events import Choices, Invalid
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
    Text,
    TextField,
)

Json: TypeAlias = dict[str, Any]

HEADING = 80  # a longer title reads better as a bold paragraph than as a heading
LAST = 3  # blocks at the end of a message that stay when its middle does not fit
FEW = 5  # options that are buttons or radio buttons; more are a select
BAR = 20  # characters of the longest bar in a chart made of them
NOTHING = Option("", "None")


@dataclass(frozen=True, slots=True)
class Press:
    """A tap on a button or on an option of a pick."""

    press: str
    subject: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Opens:
    """A tap on the button of a form."""

    name: str
    subject: str


def message(m: Message, *, native_charts: bool = True) -> Json:
    """`text` and `blocks` of a message. Without `native_charts` it is fit for a workspace that refuses them."""
    return {"text": _notification(m), "blocks": _fitted(m, limits.MESSAGE, native_charts)}


def home(m: Message) -> Json:
    """The App Home view of a message. Slack draws no charts there."""
    return {"type": "home", "blocks": _fitted(m, limits.HOME, native_charts=False)}


def _notification(m: Message) -> str:
    """The title and the paragraph it opens with: what a locked screen and a screen reader tell."""
    first = m.blocks[0] if m.blocks else None
    lead = first.plain if isinstance(first, Text) and not first.quiet else ""
    words = "\n".join(part for part in (m.title, shorten(lead, limits.LEAD)) if part.strip()) or "Instep"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(character, entity)
    return shorten(words, limits.NOTIFICATION)


def _fitted(m: Message, room: Room, native_charts: bool) -> list[Json]:
    """All of it where that fits; else each part shorter; else the beginning, how much is left out, and the end."""
    ends = [*_title(m), *_actions(m)]
    left = Room(room.blocks - len(ends), room.characters - limits.weight(ends))

    def fits(blocks: list[Json]) -> bool:
        return len(blocks) <= left.blocks and limits.weight(blocks) <= left.characters

    for squeeze in limits.SQUEEZES:
        body = _blocks(m.blocks, squeeze, native_charts)
        if fits(body):
            return [*_title(m), *body, *_actions(m)]
    fewest, most = 1, len(m.blocks) - 1
    while fewest < most:
        kept = (fewest + most + 1) // 2
        if fits(_blocks(_ends(m.blocks, kept), squeeze, native_charts)):
            fewest = kept
        else:
            most = kept - 1
    return [*_title(m), *_blocks(_ends(m.blocks, fewest), squeeze, native_charts), *_actions(m)]


def _ends(blocks: Sequence[Block], kept: int) -> list[Block]:
    last = min(LAST, kept - 1)
    first = kept - last
    out = sum(not isinstance(block, Rule) for block in blocks[first : len(blocks) - last])
    return [*blocks[:first], Text((_span(f"and {out} more"),), quiet=True), *blocks[len(blocks) - last :]]


def _title(m: Message) -> list[Json]:
    words = " ".join(m.title.split())
    if not words:
        return []
    if m.blocks and length(words) <= HEADING:
        return [{"type": "header", "text": _plain(words, limits.HEADER)}]
    style = "bold" if m.blocks else "plain"
    return [_rich(_section([_run(shorten(words, limits.TEXT), style)]))]


def _blocks(values: Iterable[Block], squeeze: Squeeze, native_charts: bool) -> list[Json]:
    found: list[Json] = []
    quotes: list[Quote] = []
    charts = limits.CHARTS if native_charts else 0
    for value in values:
        if isinstance(value, Quote):
            quotes.append(value)
            continue
        found += _quotes(quotes, squeeze.most)
        quotes = []
        match value:
            case Text():
                found += _text(value, squeeze.most)
            case Facts():
                found += _facts(value, squeeze.most)
            case Chart():
                drawn = _chart(value) if charts else None
                charts -= drawn is not None
                found.append(drawn or _bars(value, squeeze.most))
            case Rule():
                found.append({"type": "divider"})
            case Pick():
                found += _pick(value, squeeze)
            case _:
                assert_never(value)
    return found + _quotes(quotes, squeeze.most)


def _text(value: Text, most: int) -> list[Json]:
    if not value.plain.strip():
        return []
    if value.quiet:
        # plain_text has no styles: what is code elsewhere stands in quotation marks.
        words = "".join(f"“{span.words}”" if span.style == "code" else span.words for span in value.spans)
        return [{"type": "context", "elements": [_plain(words, min(most, limits.TEXT))]}]
    runs = []
    for span in value.spans:
        if span.words and most > 0:
            runs.append(_run(shorten(span.words, most), span.style))
        most -= length(span.words)
    return [_rich(_section(runs))]


def _quotes(values: Sequence[Quote], most: int) -> list[Json]:
    """One stands by itself; several beside each other are one list, each a bullet."""
    if not values:
        return []
    if len(values) == 1:
        note = [_section([_run(shorten(values[0].note, most), "italic")])] if values[0].note else []
        words = _run(shorten(values[0].words, most))
        return [_rich({"type": "rich_text_quote", "elements": [words]}, *note)]
    items = [
        _section(
            [
                _run(shorten(value.words, most)),
                *([_run(f"  {shorten(value.note, most)}", "italic")] if value.note else []),
            ]
        )
        for value in values
    ]
    return [_rich({"type": "rich_text_list", "style": "bullet", "border": 1, "elements": items})]


def _facts(value: Facts, most: int) -> list[Json]:
    """A line for each: two columns would be one below the other on a phone."""
    items: list[Json] = []
    left = most
    for label, said in value.rows:
        left -= length(label) + length(said)
        if left < 0 and items:
            items.append(_section([_run(f"and {len(value.rows) - len(items)} more", "italic")]))
            break
        items.append(
            _section([_run(shorten(label, most // 3), "bold"), _run(f"  {shorten(said, most // 2)}")])
        )
    return [_rich({"type": "rich_text_list", "style": "bullet", "elements": items})] if items else []


def _chart(value: Chart) -> Json | None:
    """https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block, where it can say all of it.

    Each series has a number for each category, so a chart with a gap is made of characters instead.
    """
    labels = [shorten(label, limits.CHART_LABEL) for label in value.labels]
    names = [shorten(series.name, limits.CHART_LABEL) for series in value.series]
    numbers = [number for series in value.series for number in _numbers(series.values)]
    if (
        not 0 < len(labels) <= limits.CHART_LABELS
        or not 0 < len(names) <= limits.CHART_SERIES
        or any(len(set(words)) < len(words) or not all(words) for words in (labels, names))
        or None in numbers
        or len(numbers) != len(labels) * len(names)
    ):
        return None
    axes = {"categories": labels} | ({"y_label": value.unit} if value.unit.strip() else {})
    series = [
        {
            "name": name,
            "data": [{"label": label, "value": n} for label, n in zip(labels, series.values, strict=True)],
        }
        for name, series in zip(names, value.series, strict=True)
    ]
    kind = "bar" if value.kind == "bars" else "line"
    return {
        "type": "data_visualization",
        "title": shorten(value.title, limits.CHART_TITLE) or "Chart",
        "chart": {"type": kind, "series": series, "axis_config": axes},
    }


def _numbers(values: Iterable[float | None]) -> list[float | None]:
    return [value if value is not None and math.isfinite(value) else None for value in values]


def _bars(value: Chart, most: int) -> Json:
    """The same as characters: bars below their labels, or for lines the sentence."""
    title = _section([_run(shorten(value.title, most) or "Chart", "bold")])
    numbers = [_numbers(series.values) for series in value.series]
    longest = max((abs(n) for row in numbers for n in row if n is not None), default=0)
    if value.kind == "lines" or not longest or len(value.labels) > limits.CHART_LABELS:
        return _rich(title, _section([_run(shorten(value.fallback, most))]))
    lines = []
    for at, label in enumerate(value.labels):
        lines.append(label)
        for series, row in zip(value.series, numbers, strict=True):
            number = row[at] if at < len(row) else None
            name = f"  {series.name}" if len(value.series) > 1 else ""
            drawn = "–" if number is None else f"{'█' * max(1, round(abs(number) / longest * BAR))}"
            said = "" if number is None else f" {number:g}{value.unit}"
            lines.append(f"{drawn}{said}{name}")
    drawing = {
        "type": "rich_text_preformatted",
        "elements": [_run(shorten("\n".join(lines), most))],
    }
    return _rich(title, drawing)


def _pick(value: Pick, squeeze: Squeeze) -> list[Json]:
    """A few options are buttons; more of them, or where room is short, a select in the line of its prompt."""
    few = len(value.options) <= FEW and not squeeze.tight
    action = f"pick:{_encoded([value.press, value.subject])}"
    fits = length(action) <= limits.ACTION_ID and all(
        length(_encoded(option.value)) <= limits.OPTION_VALUE for option in value.options
    )
    if not value.options or few or not fits:
        return [*_text(value.prompt, squeeze.most), *_rows(_pick_buttons(value))]
    chosen = [option for option in value.options if option.value == value.chosen and value.chosen]
    select = {
        "type": "static_select",
        "action_id": action,
        "placeholder": _plain("Choose", limits.PLACEHOLDER),
        **_listed(value.options),
        **({"initial_option": _option(chosen[0])} if chosen else {}),
    }
    prompt = _plain(value.prompt.plain, min(squeeze.most, limits.TEXT))
    return [{"type": "section", "text": prompt, "accessory": select}]


def _pick_buttons(value: Pick) -> Iterable[tuple[str, Json]]:
    for option in value.options:
        chosen = option.value == value.chosen and value.chosen != ""
        yield (
            encode_press(value.press, value.subject, option.value),
            {"text": _plain(f"✓ {option.label}" if chosen else option.label, limits.BUTTON)},
        )


def _actions(m: Message) -> list[Json]:
    """Every button there is. That of the form comes first, and then it alone is the primary one."""
    buttons: list[tuple[str, Json]] = []
    if m.form is not None:
        words = _plain(m.form.title, limits.BUTTON)
        buttons.append((encode_open(m.form.name, m.form.subject), {"text": words, "style": "primary"}))
    buttons += [_button(button, plain=m.form is not None) for button in m.buttons]
    return _rows(buttons)


def _button(value: Button, *, plain: bool) -> tuple[str, Json]:
    words: Json = {"text": _plain(value.label, limits.BUTTON)}
    if value.style == "danger" or (value.style == "primary" and not plain):
        words["style"] = value.style
    if value.confirm:
        words["confirm"] = {
            "title": _plain(value.label, limits.CONFIRM_TITLE),
            "text": _plain(value.confirm, limits.CONFIRM_TEXT),
            "confirm": _plain(value.label, limits.CONFIRM_BUTTON),
            "deny": _plain("Cancel", limits.CONFIRM_BUTTON),
        }
        if value.style == "danger":
            words["confirm"]["style"] = "danger"
    return encode_press(value.press, value.subject), words


def _rows(buttons: Iterable[tuple[str, Json]]) -> list[Json]:
    """Buttons in as many rows as they need. One that cannot carry what it stands for is said to be missing."""
    fit: list[Json] = []
    unfit: list[Json] = []
    for value, words in buttons:
        if length(value) <= limits.VALUE:
            fit.append({"type": "button", "action_id": f"tap:{len(fit)}", "value": value, **words})
        else:
            sentence = f"“{words['text']['text']}” is not offered here: there are too many words for a button."
            unfit.append({"type": "context", "elements": [_plain(sentence, limits.TEXT)]})
    rows = [fit[at : at + limits.ACTIONS] for at in range(0, len(fit), limits.ACTIONS)]
    return [*({"type": "actions", "elements": row} for row in rows), *unfit]


def encode_press(press: str, subject: str, value: str = "") -> str:
    """The value of a button; more than 2,000 characters are not sent."""
    return _packed(["press", press, subject, value])


def encode_open(name: str, subject: str) -> str:
    """The value of the button of a form."""
    return _packed(["open", name, subject])


def decode(action: Mapping[str, Any]) -> Press | Opens | None:
    """What one of the `actions` of a block_actions payload means; None for one that is not of our making."""
    try:
        kind, _, rest = str(action["action_id"]).partition(":")
        if kind == "pick":
            given = ["press", *json.loads(rest), json.loads(action["selected_option"]["value"])]
        else:
            given = json.loads(_unpacked(action["value"]))
    except (KeyError, TypeError, ValueError, zlib.error):
        return None
    match given:
        case ["press", str(press), str(subject), str(value)]:
            return Press(press, subject, value)
        case ["open", str(name), str(subject)]:
            return Opens(name, subject)
        case _:
            return None


def _encoded(value: object) -> str:
    """JSON without the three characters that Slack may send back as entities."""
    words = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return words.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _packed(value: list[str]) -> str:
    words = _encoded(value)
    if length(words) <= limits.VALUE:
        return words
    return "z" + base64.urlsafe_b64encode(zlib.compress(words.encode(), 9)).decode()


def _unpacked(words: str) -> str:
    if not words.startswith("z"):
        return words
    unpacked = zlib.decompressobj()
    return unpacked.decompress(base64.urlsafe_b64decode(words[1:]), limits.VALUE * 100).decode()


def modal(form: Form, *, private_metadata: str) -> Json:
    """The view of a form. Raises ValueError for what no modal holds: too many fields, too much metadata."""
    intro = _text(form.intro, limits.TEXT) if form.intro else []
    blocks = [*intro, *(block for field in form.fields for block in _inputs(field))]
    if len(blocks) > limits.VIEW_BLOCKS or length(private_metadata) > limits.PRIVATE_METADATA:
        raise ValueError(f"The form {form.name} does not fit into a modal.")
    return {
        "type": "modal",
        "callback_id": "form",
        "title": _plain(form.title, limits.VIEW_TITLE),
        "submit": _plain(form.submit, limits.VIEW_TITLE),
        "close": _plain("Cancel", limits.VIEW_TITLE),
        "private_metadata": private_metadata,
        "blocks": blocks,
    }


def _inputs(field: Field) -> list[Json]:
    match field:
        case TextField():
            return _typed(field)
        case ChoiceField():
            return [_input(field, f"{field.name}/", _choice(field))]
        case _:
            assert_never(field)


def _typed(field: TextField) -> list[Json]:
    """One input, or as many as the words need: none of them is lost by opening a form."""
    inputs = []
    for at, (before, piece) in enumerate(limits.pieces(field.value, limits.INPUT)):
        element: Json = {"type": "plain_text_input", "action_id": "text", "multiline": field.rows > 1}
        if piece:
            element["initial_value"] = piece
        if field.placeholder.strip() and at == 0:
            element["placeholder"] = _plain(field.placeholder, limits.PLACEHOLDER)
        glue = "\n" if before else ""
        inputs.append(_input(field, f"{field.name}/{at or ''}{'n' if glue else ''}", element, part=at))
    return inputs


def _input(field: Field, block_id: str, element: Json, part: int = 0) -> Json:
    label = field.label if part == 0 else f"{shorten(field.label, limits.LABEL - 20)}, continued"
    return {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label, limits.LABEL),
        "optional": field.optional or part > 0,
        "element": element,
        **({"hint": _plain(field.hint, limits.LABEL)} if field.hint.strip() and part == 0 else {}),
    }
