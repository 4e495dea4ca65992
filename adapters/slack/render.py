"""Messages and forms as Block Kit, and what Slack sends back of them.

People's words stand in rich_text and plain_text elements alone, where `<!channel>`, `&` and `*` are nothing but
characters; nothing here is mrkdwn but the notification, which is escaped.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from adapters.slack import blocks as slack_blocks
from adapters.slack.blocks import BlockBudget, Json, Squeeze
from bot.chat.events import Choices, Invalid
from bot.chat.messages import (
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
    return {"text": _notification(m), "blocks": _fitted(m, slack_blocks.MESSAGE, native_charts)}


def home(m: Message) -> Json:
    """The App Home view of a message. Slack draws no charts there."""
    return {"type": "home", "blocks": _fitted(m, slack_blocks.HOME, native_charts=False)}


def _notification(m: Message) -> str:
    """The title and the paragraph it opens with: what a locked screen and a screen reader tell."""
    first = m.blocks[0] if m.blocks else None
    lead = first.plain if isinstance(first, Text) and not first.quiet else ""
    words = (
        "\n".join(part for part in (m.title, slack_blocks.shorten(lead, slack_blocks.LEAD)) if part.strip()) or "Instep"
    )
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        words = words.replace(character, entity)
    return slack_blocks.shorten(words, slack_blocks.NOTIFICATION)


def _fitted(m: Message, room: BlockBudget, native_charts: bool) -> list[Json]:
    """All of it where that fits; else each part shorter; else the beginning, how much is left out, and the end."""
    head, foot = _title(m), _actions(m)
    blocks = room.blocks - len(head) - len(foot)
    characters = room.characters - slack_blocks.weight([head, foot])

    def drawn(kept: int, squeeze: Squeeze) -> list[Json] | None:
        body = _blocks(_ends(m.blocks, kept), squeeze, native_charts)
        fits = len(body) <= blocks and slack_blocks.weight(body) <= characters
        return body if fits or (kept <= 1 and squeeze is slack_blocks.SQUEEZES[-1]) else None

    for squeeze in slack_blocks.SQUEEZES:
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
    if m.blocks and slack_blocks.length(words) <= HEADING:
        return [{"type": "header", "text": slack_blocks.plain(words, slack_blocks.HEADER)}]
    style = "bold" if m.blocks else "plain"
    return [
        slack_blocks.rich(
            slack_blocks.section([slack_blocks.run(slack_blocks.shorten(words, slack_blocks.TEXT), style)])
        )
    ]


def _blocks(values: Iterable[Block], squeeze: Squeeze, native_charts: bool) -> list[Json]:
    found: list[Json] = []
    quotes: list[Quote] = []
    charts = slack_blocks.CHARTS if native_charts else 0
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
                drawn = slack_blocks.chart(value) if charts else None
                charts -= drawn is not None
                found.append(drawn or slack_blocks.bars(value, squeeze.most))
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
        return [slack_blocks.context(value.spans, most)]
    runs = []
    for span in (span for span in value.spans if span.words):
        runs.append(slack_blocks.run(slack_blocks.shorten(span.words, most) if most > 0 else "…", span.style))
        most -= slack_blocks.length(span.words)
        if most < 0 or runs[-1]["text"] == "…":
            break
    return [slack_blocks.rich(slack_blocks.section(runs))]


def _quotes(values: Sequence[Quote], most: int) -> list[Json]:
    """One stands by itself; several beside each other are one list, each a bullet."""
    said = []
    for value in values:
        note = [slack_blocks.run(f"  {slack_blocks.shorten(value.note, most)}", "italic")] if value.note else []
        said.append([slack_blocks.run(slack_blocks.shorten(value.words, most)), *note])
    if len(said) > 1:
        items = [slack_blocks.section(runs) for runs in said]
        return [slack_blocks.rich({"type": "rich_text_list", "style": "bullet", "border": 1, "elements": items})]
    return [slack_blocks.rich({"type": "rich_text_quote", "elements": runs}) for runs in said]


def _facts(value: Facts, most: int) -> list[Json]:
    """A line for each: two columns would be one below the other on a phone."""
    items: list[Json] = []
    left = most
    for label, said in value.rows:
        left -= slack_blocks.length(label) + slack_blocks.length(said)
        if left < 0 and items:
            items.append(slack_blocks.section([slack_blocks.run(f"and {len(value.rows) - len(items)} more", "italic")]))
            break
        items.append(
            slack_blocks.section(
                [
                    slack_blocks.run(slack_blocks.shorten(label, most // 3), "bold"),
                    slack_blocks.run(f"  {slack_blocks.shorten(said, most // 2)}"),
                ]
            )
        )
    return [slack_blocks.rich({"type": "rich_text_list", "style": "bullet", "elements": items})] if items else []


def _pick(value: Pick, squeeze: Squeeze) -> list[Json]:
    """A few options are buttons; more of them, or where room is short, a select in the line of its prompt."""
    few = len(value.options) <= FEW and not squeeze.tight
    action = f"pick:{slack_blocks.encoded([value.press, value.subject])}"
    fits = slack_blocks.length(action) <= slack_blocks.ACTION_ID and all(
        slack_blocks.length(slack_blocks.encoded(option.value)) <= slack_blocks.OPTION_VALUE for option in value.options
    )
    if not value.options or few or not fits:
        return [*_text(value.prompt, squeeze.most), *slack_blocks.rows(_pick_buttons(value))]
    chosen = [option for option in value.options if option.value == value.chosen and value.chosen]
    select = {
        "type": "static_select",
        "action_id": action,
        "placeholder": slack_blocks.plain("Choose", slack_blocks.PLACEHOLDER),
        **slack_blocks.listed(value.options),
        **({"initial_option": slack_blocks.option(chosen[0])} if chosen else {}),
    }
    prompt = slack_blocks.plain(value.prompt.plain, min(squeeze.most, slack_blocks.TEXT))
    return [{"type": "section", "text": prompt, "accessory": select}]


def _pick_buttons(value: Pick) -> Iterable[tuple[str, Json]]:
    for option in value.options:
        chosen = option.value == value.chosen and value.chosen != ""
        yield (
            slack_blocks.encode_press(value.press, value.subject, option.value),
            {"text": slack_blocks.plain(f"✓ {option.label}" if chosen else option.label, slack_blocks.BUTTON)},
        )


def _actions(m: Message) -> list[Json]:
    """Every button there is. That of the form comes first, and then it alone is the primary one."""
    buttons: list[tuple[str, Json]] = []
    if m.form is not None:
        words = slack_blocks.plain(m.form.title, slack_blocks.BUTTON)
        buttons.append((slack_blocks.encode_open(m.form.name, m.form.subject), {"text": words, "style": "primary"}))
    buttons += [_button(button, first=m.form is None) for button in m.buttons]
    return slack_blocks.rows(buttons)


def _button(value: Button, *, first: bool) -> tuple[str, Json]:
    words: Json = {"text": slack_blocks.plain(value.label, slack_blocks.BUTTON)}
    if value.style == "danger" or (value.style == "primary" and first):
        words["style"] = value.style
    if value.confirm:
        words["confirm"] = {
            "title": slack_blocks.plain(value.label, slack_blocks.CONFIRM_TITLE),
            "text": slack_blocks.plain(value.confirm, slack_blocks.CONFIRM_TEXT),
            "confirm": slack_blocks.plain(value.label, slack_blocks.CONFIRM_BUTTON),
            "deny": slack_blocks.plain("Cancel", slack_blocks.CONFIRM_BUTTON),
        }
        if value.style == "danger":
            words["confirm"]["style"] = "danger"
    return slack_blocks.encode_press(value.press, value.subject), words


def modal(form: Form, *, private_metadata: str) -> Json:
    """The view of a form. Raises ValueError for what no modal holds: too many fields, too much metadata."""
    intro = _text(form.intro, slack_blocks.TEXT) if form.intro else []
    blocks = [*intro, *(block for field in form.fields for block in _inputs(field))]
    if len(blocks) > slack_blocks.VIEW_BLOCKS or slack_blocks.length(private_metadata) > slack_blocks.PRIVATE_METADATA:
        raise ValueError(f"The form {form.name} does not fit into a modal.")
    return {
        "type": "modal",
        "callback_id": "form",
        "title": slack_blocks.plain(form.title, slack_blocks.VIEW_TITLE),
        "submit": slack_blocks.plain(form.submit, slack_blocks.VIEW_TITLE),
        "close": slack_blocks.plain("Cancel", slack_blocks.VIEW_TITLE),
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
    for at, (before, words) in enumerate(slack_blocks.pieces(field.value, slack_blocks.INPUT)):
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
    label = field.label if first else f"{slack_blocks.shorten(field.label, slack_blocks.LABEL // 2)}, continued"
    return {
        "type": "input",
        "block_id": block_id,
        "label": slack_blocks.plain(label, slack_blocks.LABEL),
        "optional": field.optional or not first,
        "element": element,
        **({"hint": slack_blocks.plain(field.hint, slack_blocks.LABEL)} if field.hint.strip() and first else {}),
    }


def _placeholder(words: str) -> Json:
    return {"placeholder": slack_blocks.plain(words, slack_blocks.PLACEHOLDER)} if words.strip() else {}


def _choice(field: ChoiceField) -> Json:
    """The action_id says whether the value is one or many. What is chosen is an option even where it was none."""
    known = {value.value: value for value in field.options}
    chosen = [known.get(value, Option(value, value)) for value in field.chosen if value]
    offered = [*field.options, *(value for value in chosen if value.value not in known)]
    first = [slack_blocks.option(value) for value in chosen]
    several = field.many
    element: Json = {"action_id": "many" if field.many else "one"}
    if field.suggests or not (offered or (field.optional and not field.many)):
        # A single external select cannot be emptied again; one of several that takes one can.
        several = field.many or field.optional
        element |= {"type": "multi_external_select" if several else "external_select", "min_query_length": 0}
        if several and not field.many:
            element["max_selected_items"] = 1
    elif field.many:
        kind = "checkboxes" if len(offered) <= slack_blocks.BOXES else "multi_static_select"
        element |= {"type": kind, **slack_blocks.listed(offered)}
    else:
        offered = [NOTHING, *offered] if field.optional else offered
        element |= {
            "type": "radio_buttons" if len(offered) <= FEW else "static_select",
            **slack_blocks.listed(offered),
        }
    if first:
        element |= {"initial_options": first} if several else {"initial_option": first[0]}
    return element | (_placeholder("Choose") if element["type"].endswith("select") else {})


def options(choices: Choices) -> Json:
    """The answer to a block_suggestion."""
    return slack_blocks.listed(choices.options)


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
    return {f"{name}/": slack_blocks.shorten(" ".join(said), slack_blocks.LABEL) for name, said in found.items()}


def refilled(view: Json, invalid: Invalid) -> Json:
    """A modal that was sent, with all that was typed in it, below what is wrong with it."""
    state = view["state"]["values"]
    words = slack_blocks.shorten(" ".join(invalid.errors.values()), slack_blocks.TEXT)
    blocks = [slack_blocks.rich(slack_blocks.section([slack_blocks.run(words, "bold")]))]
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
    return {**{key: view[key] for key in kept}, "blocks": blocks[: slack_blocks.VIEW_BLOCKS]}


def notice(m: Message, *, private_metadata: str) -> Json:
    """A message as a modal to read: over the App Home, or in the place of a form that is still coming."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": slack_blocks.plain("Instep", slack_blocks.VIEW_TITLE),
        "close": slack_blocks.plain("Close", slack_blocks.VIEW_TITLE),
        "private_metadata": private_metadata,
        "blocks": _fitted(m, slack_blocks.HOME, native_charts=False),
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
