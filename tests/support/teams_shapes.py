"""Adaptive Cards 1.5 as we use them, and the extensions of Teams: unknown names and lacking properties are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

SHARED = {"type", "spacing", "separator"}
ELEMENTS: dict[str, tuple[set[str], set[str]]] = {  # needed, and may be there
    "RichTextBlock": ({"inlines"}, set()),
    "Container": ({"items"}, {"style"}),
    "ColumnSet": ({"columns"}, set()),
    "Column": ({"items", "width"}, set()),
    "ActionSet": ({"actions"}, set()),
    "Input.Text": (
        {"id", "label", "isMultiline"},
        {"value", "placeholder", "isRequired", "errorMessage"},
    ),
    "Input.ChoiceSet": (
        {"id", "choices", "style", "placeholder"},
        {"label", "value", "isMultiSelect", "isRequired", "errorMessage", "choices.data", "wrap"},
    ),
    "Chart.HorizontalBar": ({"data", "title", "colorSet", "fallback"}, {"yAxisTitle"}),
    "Chart.VerticalBar.Grouped": ({"data", "title", "colorSet", "fallback"}, {"yAxisTitle"}),
    "Chart.Line": ({"data", "title", "colorSet", "fallback"}, {"yAxisTitle"}),
}
RUN = {"type", "text", "weight", "italic", "fontType", "size", "isSubtle", "color"}
VALUES = {
    "spacing": {"None", "Small", "Default", "Medium"},
    "style": {"emphasis", "compact", "expanded", "filtered", "positive", "destructive"},
    "size": {"Small", "Large"},
    "weight": {"Bolder"},
    "fontType": {"Monospace"},
    "color": {"Attention"},
}


class InvalidShape(AssertionError):
    """A card that Teams would not draw."""


def check(card: Json) -> None:
    """A card to send: its names, its properties and its size."""
    _keys(card, "card", {"type", "$schema", "version", "msteams", "body"})
    _need(card["type"] == "AdaptiveCard" and card["version"] == "1.5", "card", "version")
    _items(card["body"])
    ids = [element["id"] for element in elements(card) if "id" in element]
    _need(len(ids) == len(set(ids)), "id", "is there twice")
    _need(len(json.dumps(card).encode("utf-16-le")) < 80_000, "card", "is too large")


def elements(value: object) -> Iterator[Json]:
    """Every object with a type, the fallbacks of charts among them, those of actions not."""
    match value:
        case Mapping():
            if "type" in value:
                yield value
            for key, part in value.items():
                if key not in {"data", "msteams"} and not (key == "fallback" and value["type"].startswith("Action")):
                    yield from elements(part)
        case str():
            return
        case Sequence():
            for part in value:
                yield from elements(part)
        case _:
            return


def taps(card: Json) -> list[Json]:
    """Every action that sends something, those behind a question too."""
    return [element for element in elements(card) if element["type"] == "Action.Execute"]


def inputs(card: Json) -> list[Json]:
    """Every input."""
    return [element for element in elements(card) if element["type"].startswith("Input.")]


def lines(card: Json) -> list[str]:
    """What is read, line by line."""
    return [
        "".join(run["text"] for run in element["inlines"])
        for element in elements(card)
        if element["type"] == "RichTextBlock"
    ]


def sent(card: Json) -> dict[str, str]:
    """The inputs as they come back when the card is sent as it was shown."""
    return {str(each["id"]): str(each.get("value", "")) for each in inputs(card)}


def _need(holds: object, where: str, why: str) -> None:
    if not holds:
        raise InvalidShape(f"{where}: {why}")


def _keys(value: Json, where: str, needed: set[str], also: set[str] | None = None) -> None:
    _need(needed <= set(value), where, f"lacks {needed - set(value)}")
    _need(set(value) <= needed | (also or set()), where, f"has {set(value) - needed - (also or set())}")
    for name, known in VALUES.items():
        _need(name not in value or value[name] in known, where, f"{name} {value.get(name)}")


def _items(values: Sequence[Json]) -> None:
    _need(isinstance(values, list) and values, "items", "are none")
    for value in values:
        _element(value)


def _element(value: Json) -> None:
    kind = value["type"]
    _need(kind in ELEMENTS, kind, "is not an element we use")
    needed, also = ELEMENTS[kind]
    _keys(value, kind, needed | {"type"}, also | SHARED)
    match kind:
        case "RichTextBlock":
            _need(value["inlines"], kind, "is empty")
            for run in value["inlines"]:
                _keys(run, "TextRun", {"type", "text"}, RUN)
                _need(run["type"] == "TextRun" and run["text"], "TextRun", "is empty")
                _need("\n" not in run["text"], "TextRun", "breaks a line")
                _need("{{" not in run["text"], "TextRun", "would be read as a date")
        case "Container" | "Column":
            _items(value["items"])
        case "ColumnSet":
            _items(value["columns"])
        case "ActionSet":
            _need(1 <= len(value["actions"]) <= 6, kind, "number of actions")
            for action in value["actions"]:
                _action(action)
        case "Input.ChoiceSet":
            _choices(value)
        case "Input.Text":
            _need(value["label"] and isinstance(value["isMultiline"], bool), kind, "label")
        case _:
            _chart(value)


def _choices(value: Json) -> None:
    for choice in value["choices"]:
        _keys(choice, "choice", {"title", "value"})
        _need(choice["title"] and choice["value"] and "," not in choice["value"], "choice", "value")
        if value["style"] == "expanded":
            _need(value.get("wrap"), "choice", "would be cut off")
            _need(not set("*_[`#") & set(choice["title"]), "choice", "would be read as markdown")
    offered = {choice["value"] for choice in value["choices"]}
    chosen = value["value"].split(",") if "value" in value else []
    _need(set(chosen) <= offered, "choice", "is not offered")
    _need(len(chosen) <= 1 or value.get("isMultiSelect"), "choice", "is several")
    if "choices.data" in value:
        _keys(value["choices.data"], "query", {"type", "dataset"})
        _need(value["style"] == "filtered", "query", "style")


def _chart(value: Json) -> None:
    _need(value["data"] and value["fallback"]["type"] == "Container", value["type"], "data or fallback")
    _element(value["fallback"])
    rows = [value["data"]]
    if value["type"] != "Chart.HorizontalBar":
        for series in value["data"]:
            _keys(series, "series", {"legend", "values"})
        rows = [series["values"] for series in value["data"]]
    for row in rows:
        for point in row:
            _keys(point, "point", {"x", "y"})
            _need(isinstance(point["y"], int | float) and abs(point["y"]) < float("inf"), "point", "value")


def _action(value: Json) -> None:
    if value["type"] == "Action.ShowCard":
        _keys(value, "ShowCard", {"type", "title", "card"})
        _need(0 < len(value["title"]) <= 75, "ShowCard", "title")
        _keys(value["card"], "card", {"type", "version", "body"})
        _items(value["card"]["body"])
        return
    _need(value["type"] == "Action.Execute", value["type"], "is not an action we use")
    needed = {"title", "data", "associatedInputs"}
    _keys(value, "Execute", {"type", "verb", "fallback", *needed}, {"style"})
    _keys(value["fallback"], "Submit", {"type", *needed}, {"style"})
    _need(value["fallback"]["type"] == "Action.Submit", "fallback", "type")
    _need(all(value["fallback"][name] == value[name] for name in needed), "fallback", "says something else")
    _need(0 < len(value["title"]) <= 75 and value["title"].strip(), "action", "title")
    _need(value["associatedInputs"] in {"auto", "none"}, "action", "associatedInputs")
    _need(isinstance(value["data"], dict), "action", "data")
