"""What Slack's documentation takes of the shapes we send: unknown keys, wrong types and lengths are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

INTERACTIVE = {"button", "static_select"}


class InvalidShape(AssertionError):
    """`invalid_blocks`: where, and why."""


def check_message(payload: Json) -> None:
    """A chat.postMessage."""
    _keys(payload, "message", {"text", "blocks"})
    _length(payload["text"], "text", 4_000)
    _need("<" not in payload["text"] and ">" not in payload["text"], "text", "is not escaped")
    check_blocks(payload["blocks"], 40, charts=2)
    _need(sum(_length_of(words) for words in texts(payload["blocks"])) <= 10_000, "message", "is too long")


def check_view(view: Json) -> None:
    """A views.open or views.publish."""
    if view.get("type") == "home":
        _keys(view, "home", {"type", "blocks"})
    else:
        _keys(view, "modal", {"type", "callback_id", "title", "close", "private_metadata", "blocks"}, {"submit"})
        asks = any(block["type"] == "input" for block in view["blocks"])
        _need("submit" in view or not asks, "modal", "has inputs and no submit")
        _need(view["type"] == "modal", "view", "has no type")
        for name in ("title", "submit", "close"):
            if name in view:
                _plain(view[name], name, 24)
        _length(view["private_metadata"], "private_metadata", 3_000, least=0)
        _length(view["callback_id"], "callback_id", 255)
    check_blocks(view["blocks"], 100, charts=0)
    _need(len(json.dumps(view)) < 250_000, "view", "is too large")


def check_blocks(blocks: Sequence[Json], most: int, charts: int) -> None:
    _need(len(blocks) <= most, "blocks", f"are {len(blocks)}")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    _need(len(ids) == len(set(ids)), "block_id", "is there twice")
    _need(sum(block["type"] == "data_visualization" for block in blocks) <= charts, "charts", "are too many")
    for block in blocks:
        _CHECKS[block["type"]](block)


def texts(value: object) -> Iterator[str]:
    """Every string that is shown, without the options of a select."""
    match value:
        case Mapping():
            for key, part in value.items():
                if key in {"text", "title"} and isinstance(part, str):
                    yield part
                elif key not in {"options", "option_groups", "initial_option", "confirm"}:
                    yield from texts(part)
        case str():
            return
        case Sequence():
            for part in value:
                yield from texts(part)
        case _:
            return


def taps(blocks: Sequence[Json]) -> list[Json]:
    """Everything that can be tapped."""
    found = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return found + [block["accessory"] for block in blocks if "accessory" in block]


def _need(holds: object, where: str, why: str) -> None:
    if not holds:
        raise InvalidShape(f"{where} {why}")


def _keys(value: Json, where: str, needed: set[str], also: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    _need(needed <= set(value), where, f"lacks {needed - set(value)}")
    _need(set(value) <= needed | also, where, f"has {set(value) - needed - also}")


def _length_of(words: str) -> int:
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _length(words: object, where: str, most: int, least: int = 1) -> None:
    _need(isinstance(words, str), where, "is not a string")
    assert isinstance(words, str)
    _need(least <= _length_of(words) <= most, where, f"has {_length_of(words)} characters")


def _plain(value: Json, where: str, most: int) -> None:
    _keys(value, where, {"type", "text", "emoji"})
    _need(value["type"] == "plain_text" and value["emoji"] is False, where, "is not inert")
    _length(value["text"], where, most)
    _need(value["text"].strip(), where, "is blank")


def _rich_text(block: Json) -> None:
    _keys(block, "rich_text", {"type", "elements"})
    _need(block["elements"], "rich_text", "is empty")
    for element in block["elements"]:
        match element["type"]:
            case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
                _keys(element, element["type"], {"type", "elements"})
                _runs(element["elements"])
            case "rich_text_list":
                _keys(element, "list", {"type", "style", "elements"}, {"border"})
                _need(element["style"] == "bullet" and element.get("border", 0) in {0, 1}, "list", "style")
                _need(element["elements"], "list", "is empty")
                for item in element["elements"]:
                    _need(item["type"] == "rich_text_section", "list", "holds something else")
                    _keys(item, "item", {"type", "elements"})
                    _runs(item["elements"])
            case other:
                raise InvalidShape(f"rich_text holds {other}")


def _runs(runs: Sequence[Json]) -> None:
    _need(runs, "section", "is empty")
    for run in runs:
        _keys(run, "run", {"type", "text"}, {"style"})
        _need(run["type"] == "text", "run", "is not text: it could mention somebody")
        _length(run["text"], "run", 10_000)
        style = run.get("style", {})
        _need(
            set(style) <= {"bold", "italic", "code"} and all(value is True for value in style.values()),
            "run",
            "style",
        )


def _header(block: Json) -> None:
    _keys(block, "header", {"type", "text"})
    _plain(block["text"], "header", 150)


def _context(block: Json) -> None:
    _keys(block, "context", {"type", "elements"})
    _need(1 <= len(block["elements"]) <= 10, "context", "elements")
    for element in block["elements"]:
        if element["type"] == "mrkdwn":
            _keys(element, "context", {"type", "text", "verbatim"})
            _need(element["verbatim"] is True, "context", "finds links and names")
            _length(element["text"], "context", 3_000)
            bare = re.sub(r"(?<!\w)([*_`])[^*_`\s](?:[^*_`]*[^*_`\s])?\1(?!\w)", "", element["text"])
            _need(not re.search(r"[*_~`&<>]|:[\w+'-]+:", bare), "context", "is not inert")
        else:
            _plain(element, "context", 3_000)


def _section(block: Json) -> None:
    _keys(block, "section", {"type", "text", "accessory"})
    _plain(block["text"], "section", 3_000)
    _element(block["accessory"])


def _divider(block: Json) -> None:
    _keys(block, "divider", {"type"})


def _actions(block: Json) -> None:
    _keys(block, "actions", {"type", "elements"})
    _need(1 <= len(block["elements"]) <= 25, "actions", f"has {len(block['elements'])} elements")
    ids = [element["action_id"] for element in block["elements"]]
    _need(len(ids) == len(set(ids)), "action_id", "is there twice in a block")
    for element in block["elements"]:
        _need(element["type"] in INTERACTIVE, "actions", "hold something else")
        _element(element)


def _element(value: Json) -> None:
    kind = value["type"]
    _length(value["action_id"], "action_id", 255)
    if kind == "button":
        _keys(value, "button", {"type", "action_id", "value", "text"}, {"style", "confirm"})
        _plain(value["text"], "button", 75)
        _length(value["value"], "value", 2_000)
        _need(not set("&<>") & set(value["value"]), "value", "would come back as entities")
        _need(value.get("style", "primary") in {"primary", "danger"}, "button", "style")
        if "confirm" in value:
            confirm = value["confirm"]
            _keys(confirm, "confirm", {"title", "text", "confirm", "deny"}, {"style"})
            for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
                _plain(confirm[name], name, most)
        return
    if kind == "plain_text_input":
        _keys(value, kind, {"type", "action_id", "multiline"}, {"initial_value", "placeholder"})
        _length(value.get("initial_value", "x"), "initial_value", 3_000)
    elif kind in {"checkboxes", "radio_buttons"}:
        initial = "initial_options" if kind == "checkboxes" else "initial_option"
        _keys(value, kind, {"type", "action_id", "options"}, {initial})
        _options(value, 10)
    elif kind in {"static_select", "multi_static_select"}:
        initial = "initial_options" if kind.startswith("multi") else "initial_option"
        lists = {"options"} if "options" in value else {"option_groups"}
        _keys(value, kind, {"type", "action_id", "placeholder", *lists}, {initial})
        _options(value, 100)
    elif kind in {"external_select", "multi_external_select"}:
        several = kind.startswith("multi")
        also = {"initial_options", "max_selected_items"} if several else {"initial_option"}
        _keys(value, kind, {"type", "action_id", "placeholder", "min_query_length"}, also)
        for option in value.get("initial_options", [value["initial_option"]] if "initial_option" in value else []):
            _option(option)
    else:
        raise InvalidShape(f"{kind} is not an element")
    if "placeholder" in value:
        _plain(value["placeholder"], "placeholder", 150)


def _options(value: Json, most: int) -> None:
    groups = [value["options"]] if "options" in value else [group["options"] for group in value["option_groups"]]
    _need(len(groups) <= 100 and all(1 <= len(group) <= most for group in groups), "options", "number")
    for group in value.get("option_groups", []):
        _keys(group, "group", {"label", "options"})
        _plain(group["label"], "group", 75)
    offered = [option for group in groups for option in group]
    for option in offered:
        _option(option)
    initial = value.get("initial_options", [value["initial_option"]] if "initial_option" in value else [])
    _need(initial or "initial_options" not in value, "initial_options", "is empty")
    _need(all(option in offered for option in initial), "initial option", "is not an option")


def _option(value: Json) -> None:
    _keys(value, "option", {"text", "value"})
    _plain(value["text"], "option", 75)
    _length(value["value"], "option value", 150)


def _input(block: Json) -> None:
    _keys(block, "input", {"type", "block_id", "label", "optional", "element"}, {"hint"})
    _length(block["block_id"], "block_id", 255)
    _plain(block["label"], "label", 2_000)
    if "hint" in block:
        _plain(block["hint"], "hint", 2_000)
    _need(block["element"]["type"] != "button", "input", "is a button")
    _element(block["element"])


def _data_visualization(block: Json) -> None:
    _keys(block, "chart", {"type", "title", "chart"})
    _length(block["title"], "chart title", 50)
    chart = block["chart"]
    _keys(chart, "chart", {"type", "series", "axis_config"})
    _need(chart["type"] in {"bar", "line"}, "chart", "type")
    _keys(chart["axis_config"], "axes", {"categories"}, {"y_label"})
    categories = chart["axis_config"]["categories"]
    _need(1 <= len(categories) <= 20 and len(set(categories)) == len(categories), "categories", "number")
    _need(1 <= len(chart["series"]) <= 6, "series", "number")
    _need(len({series["name"] for series in chart["series"]}) == len(chart["series"]), "series", "names")
    for series in chart["series"]:
        _keys(series, "series", {"name", "data"})
        _need([point["label"] for point in series["data"]] == categories, "series", "lacks a category")
        for point in series["data"]:
            _length(point["label"], "category", 20)
            _need(
                isinstance(point["value"], int | float) and abs(point["value"]) < float("inf"),
                "value",
                "number",
            )


_CHECKS = {
    "rich_text": _rich_text,
    "header": _header,
    "context": _context,
    "section": _section,
    "divider": _divider,
    "actions": _actions,
    "input": _input,
    "data_visualization": _data_visualization,
}
