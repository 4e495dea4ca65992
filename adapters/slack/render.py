"""Messages and forms as Block Kit, and what Slack sends back of them.

People's words stand in rich_text and plain_text elements alone, where `<!channel>`, `&` and `*` are nothing but
characters; nothing here is mrkdwn but the notification, which is escaped.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from adapters.slack import kit
from adapters.slack.kit import Json, Room, Squeeze
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
    Span,
    Text,
    TextField,
)

HEADING = 80  # a longer title reads better as a bold paragraph than as a heading
LAST = 3  # blocks at the end of a message that stay when its middle does not fit
FEW = 5  # options that are buttons or radio buttons; more are a select
NOTHING = Option("", "None")


def message(m: Message, *, native_charts: bool = True) -> Json:
    """`text` and `blocks` of a message. Without `native_charts` it is fit for a workspace that refuses them."""
    return {"text": _notification(m), "blocks": _fitted(m, kit.MESSAGE, native_charts)}


def home(m: Message) -> Json:
    """The App Home view of a message. Slack draws no charts there."""
    return {"type": "home", "blocks": _fitted(m, kit.HOME, native_charts=False)}


def _notification(m: Message) -> str:
    """The title and the paragraph it opens with: what a locked screen and a screen reader tell."""
    first = m.blocks[0] if m.blocks else None
    lead = first.plain if isinstance(first, Text) and not first.quiet else ""
    words = "\n".join(part for part in (m.title, kit.shorten(lead, kit.LEAD)) if part.strip()) or "Instep"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(character, entity)
    return kit.shorten(words, kit.NOTIFICATION)


def _fitted(m: Message, room: Room, native_charts: bool) -> list[Json]:
    """All of it where that fits; else each part shorter; else the beginning, how much is left out, and the end."""
    head, foot = _title(m), _actions(m)
    blocks = room.blocks - len(head) - len(foot)
    characters = room.characters - kit.weight([head, foot])

    def drawn(kept: int, squeeze: Squeeze) -> list[Json] | None:
        body = _blocks(_ends(m.blocks, kept), squeeze, native_charts)
        fits = len(body) <= blocks and kit.weight(body) <= characters
        return body if fits or (kept <= 1 and squeeze is kit.SQUEEZES[-1]) else None

    for squeeze in kit.SQUEEZES:
        body = drawn(len(m.blocks), squeeze)
        if body is not None:
            return [*head, *body, *foot]
    kept = bisect_left(range(len(m.blocks)), True, key=lambda kept: drawn(kept + 1, squeeze) is None)
    return [*head, *(drawn(kept, squeeze) or []), *foot]


def _ends(blocks: Sequence[Block], kept: int) -> Sequence[Block]:
    """So many of the blocks, taken from the beginning and the very end, and a word about the others."""
    last = min(LAST, kept - 1)
    first = kept - last
    out = sum(not isinstance(block, Rule) for block in blocks[first : len(blocks) - last])
    if kept >= len(blocks) or not out:
        return blocks
    return [*blocks[:first], Text((Span(f"and {out} more"),), quiet=True), *blocks[len(blocks) - last :]]


def _title(m: Message) -> list[Json]:
    words = " ".join(m.title.split())
    if not words:
        return []
    if m.blocks and kit.length(words) <= HEADING:
        return [{"type": "header", "text": kit.plain(words, kit.HEADER)}]
    style = "bold" if m.blocks else "plain"
    return [kit.rich(kit.section([kit.run(kit.shorten(words, kit.TEXT), style)]))]


def _blocks(values: Iterable[Block], squeeze: Squeeze, native_charts: bool) -> list[Json]:
    found: list[Json] = []
    quotes: list[Quote] = []
    charts = kit.CHARTS if native_charts else 0
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
                drawn = kit.chart(value) if charts else None
                charts -= drawn is not None
                found.append(drawn or kit.bars(value, squeeze.most))
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
        return [kit.context(value.spans, most)]
    runs = []
    for span in (span for span in value.spans if span.words):
        runs.append(kit.run(kit.shorten(span.words, most) if most > 0 else "…", span.style))
        most -= kit.length(span.words)
        if most < 0 or runs[-1]["text"] == "…":
            break
    return [kit.rich(kit.section(runs))]


def _quotes(values: Sequence[Quote], most: int) -> list[Json]:
    """One stands by itself; several beside each other are one list, each a bullet."""
    said = []
    for value in values:
        note = [kit.run(f"  {kit.shorten(value.note, most)}", "italic")] if value.note else []
        said.append([kit.run(kit.shorten(value.words, most)), *note])
    if len(said) > 1:
        items = [kit.section(runs) for runs in said]
        return [kit.rich({"type": "rich_text_list", "style": "bullet", "border": 1, "elements": items})]
    return [kit.rich({"type": "rich_text_quote", "elements": runs}) for runs in said]


def _facts(value: Facts, most: int) -> list[Json]:
    """A line for each: two columns would be one below the other on a phone."""
    items: list[Json] = []
    left = most
    for label, said in value.rows:
        left -= kit.length(label) + kit.length(said)
        if left < 0 and items:
            items.append(kit.section([kit.run(f"and {len(value.rows) - len(items)} more", "italic")]))
            break
        items.append(
            kit.section(
                [kit.run(kit.shorten(label, most // 3), "bold"), kit.run(f"  {kit.shorten(said, most // 2)}")]
            )
        )
    return [kit.rich({"type": "rich_text_list", "style": "bullet", "elements": items})] if items else []


def _pick(value: Pick, squeeze: Squeeze) -> list[Json]:
    """A few options are buttons; more of them, or where room is short, a select in the line of its prompt."""
    few = len(value.options) <= FEW and not squeeze.tight
    action = f"pick:{kit.encoded([value.press, value.subject])}"
    fits = kit.length(action) <= kit.ACTION_ID and all(
        kit.length(kit.encoded(option.value)) <= kit.OPTION_VALUE for option in value.options
    )
    if not value.options or few or not fits:
        return [*_text(value.prompt, squeeze.most), *kit.rows(_pick_buttons(value))]
    chosen = [option for option in value.options if option.value == value.chosen and value.chosen]
    select = {
        "type": "static_select",
        "action_id": action,
        "placeholder": kit.plain("Choose", kit.PLACEHOLDER),
        **kit.listed(value.options),
        **({"initial_option": kit.option(chosen[0])} if chosen else {}),
    }
    prompt = kit.plain(value.prompt.plain, min(squeeze.most, kit.TEXT))
    return [{"type": "section", "text": prompt, "accessory": select}]


def _pick_buttons(value: Pick) -> Iterable[tuple[str, Json]]:
    for option in value.options:
        chosen = option.value == value.chosen and value.chosen != ""
        yield (
            kit.encode_press(value.press, value.subject, option.value),
            {"text": kit.plain(f"✓ {option.label}" if chosen else option.label, kit.BUTTON)},
        )


def _actions(m: Message) -> list[Json]:
    """Every button there is. That of the form comes first, and then it alone is the primary one."""
    buttons: list[tuple[str, Json]] = []
    if m.form is not None:
        words = kit.plain(m.form.title, kit.BUTTON)
        buttons.append((kit.encode_open(m.form.name, m.form.subject), {"text": words, "style": "primary"}))
    buttons += [_button(button, first=m.form is None) for button in m.buttons]
    return kit.rows(buttons)


def _button(value: Button, *, first: bool) -> tuple[str, Json]:
    words: Json = {"text": kit.plain(value.label, kit.BUTTON)}
    if value.style == "danger" or (value.style == "primary" and first):
        words["style"] = value.style
    if value.confirm:
        words["confirm"] = {
            "title": kit.plain(value.label, kit.CONFIRM_TITLE),
            "text": kit.plain(value.confirm, kit.CONFIRM_TEXT),
            "confirm": kit.plain(value.label, kit.CONFIRM_BUTTON),
            "deny": kit.plain("Cancel", kit.CONFIRM_BUTTON),
        }
        if value.style == "danger":
            words["confirm"]["style"] = "danger"
    return kit.encode_press(value.press, value.subject), words


def modal(form: Form, *, private_metadata: str) -> Json:
    """The view of a form. Raises ValueError for what no modal holds: too many fields, too much metadata."""
    intro = _text(form.intro, kit.TEXT) if form.intro else []
    blocks = [*intro, *(block for field in form.fields for block in _inputs(field))]
    if len(blocks) > kit.VIEW_BLOCKS or kit.length(private_metadata) > kit.PRIVATE_METADATA:
        raise ValueError(f"The form {form.name} does not fit into a modal.")
    return {
        "type": "modal",
        "callback_id": "form",
        "title": kit.plain(form.title, kit.VIEW_TITLE),
        "submit": kit.plain(form.submit, kit.VIEW_TITLE),
        "close": kit.plain("Cancel", kit.VIEW_TITLE),
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
    """One input, or as many as the words need: opening a form loses none of them."""
    inputs = []
    for at, (before, words) in enumerate(kit.pieces(field.value, kit.INPUT)):
        element: Json = {"type": "plain_text_input", "action_id": "text", "multiline": field.rows > 1}
        if words:
            element["initial_value"] = words
        if at == 0:
            element |= _placeholder(field.placeholder)
        part = f"{at or ''}{'n' if before else ''}"
        inputs.append(_input(field, f"{field.name}/{part}", element, first=at == 0))
    return inputs


def _input(field: Field, block_id: str, element: Json, *, first: bool = True) -> Json:
    """Errors and hints stand at the first input of a field; only that one may be demanded."""
    label = field.label if first else f"{kit.shorten(field.label, kit.LABEL // 2)}, continued"
    return {
        "type": "input",
        "block_id": block_id,
        "label": kit.plain(label, kit.LABEL),
        "optional": field.optional or not first,
        "element": element,
        **({"hint": kit.plain(field.hint, kit.LABEL)} if field.hint.strip() and first else {}),
    }


def _placeholder(words: str) -> Json:
    return {"placeholder": kit.plain(words, kit.PLACEHOLDER)} if words.strip() else {}


def _choice(field: ChoiceField) -> Json:
    """The action_id says whether the value is one or many. What is chosen is an option even where it was none."""
    known = {value.value: value for value in field.options}
    chosen = [known.get(value, Option(value, value)) for value in field.chosen if value]
    offered = [*field.options, *(value for value in chosen if value.value not in known)]
    first = [kit.option(value) for value in chosen]
    several = field.many
    element: Json = {"action_id": "many" if field.many else "one"}
    if field.suggests or not (offered or (field.optional and not field.many)):
        # A single external select cannot be emptied again; one of several that takes one can.
        several = field.many or field.optional
        element |= {"type": "multi_external_select" if several else "external_select", "min_query_length": 0}
        if several and not field.many:
            element["max_selected_items"] = 1
    elif field.many:
        kind = "checkboxes" if len(offered) <= kit.BOXES else "multi_static_select"
        element |= {"type": kind, **kit.listed(offered)}
    else:
        offered = [NOTHING, *offered] if field.optional else offered
        element |= {
            "type": "radio_buttons" if len(offered) <= FEW else "static_select",
            **kit.listed(offered),
        }
    if first:
        element |= {"initial_options": first} if several else {"initial_option": first[0]}
    return element | (_placeholder("Choose") if element["type"].endswith("select") else {})


def options(choices: Choices) -> Json:
    """The answer to a block_suggestion."""
    return kit.listed(choices.options)


def field_name(block_id: str) -> str:
    """The field that an input, a suggestion or an error belongs to."""
    return block_id.rpartition("/")[0]


def names(view: Json) -> list[str]:
    """The fields of a modal that was sent, in their order."""
    found = [field_name(block["block_id"]) for block in view.get("blocks", ()) if block["type"] == "input"]
    return list(dict.fromkeys(found))


def errors(invalid: Invalid, fields: Sequence[str]) -> dict[str, str]:
    """Sentences by block_id. Slack shows them at inputs only: one for the whole form stands at the first."""
    found: dict[str, list[str]] = {}
    for name, sentence in invalid.errors.items():
        found.setdefault(name if name in fields else fields[0], []).append(sentence)
    return {f"{name}/": kit.shorten(" ".join(said), kit.LABEL) for name, said in found.items()}


def refilled(view: Json, invalid: Invalid) -> Json:
    """A modal that was sent, with all that was typed in it, below what is wrong with it."""
    state = view["state"]["values"]
    words = kit.shorten(" ".join(invalid.errors.values()), kit.TEXT)
    blocks = [kit.rich(kit.section([kit.run(words, "bold")]))]
    for block in view["blocks"]:
        if block["type"] == "input":
            element = {key: part for key, part in block["element"].items() if not key.startswith("initial_")}
            given = state.get(block["block_id"], {}).get(element["action_id"], {})
            for kind in ("value", "selected_option", "selected_options"):
                if given.get(kind):
                    element["initial_" + kind.removeprefix("selected_")] = given[kind]
            block = {**block, "element": element}
        blocks.append(block)
    kept = ("type", "callback_id", "title", "submit", "close", "private_metadata")
    return {**{key: view[key] for key in kept}, "blocks": blocks[: kit.VIEW_BLOCKS]}


def notice(m: Message, *, private_metadata: str) -> Json:
    """A message as a modal to read: over the App Home, or in the place of a form that is still coming."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": kit.plain("Instep", kit.VIEW_TITLE),
        "close": kit.plain("Close", kit.VIEW_TITLE),
        "private_metadata": private_metadata,
        "blocks": _fitted(m, kit.HOME, native_charts=False),
    }


def values(state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str | tuple[str, ...]]:
    """What a submitted view holds (its `state.values`) by field name; "" and () for what was left empty."""
    found: dict[str, str | tuple[str, ...]] = {}
    typed: dict[str, dict[int, str]] = {}
    for block_id, inputs in state.items():
        name, _, part = block_id.rpartition("/")
        for kind, given in inputs.items():
            if kind == "text":
                glue = "\n" if part.endswith("n") else ""
                words = f"{glue}{given.get('value') or ''}"
                typed.setdefault(name, {})[int(part.removesuffix("n") or 0)] = words
                continue
            one = given.get("selected_option")
            chosen = given.get("selected_options") or ([one] if one else [])
            read = tuple(str(json.loads(value["value"])) for value in chosen)
            found[name] = read if kind == "many" else "".join(read[:1])
    return found | {name: "".join(parts[at] for at in sorted(parts)) for name, parts in typed.items()}
