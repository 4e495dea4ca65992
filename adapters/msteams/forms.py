"""Forms as Adaptive Cards, in a message or alone, and what comes back of a card: taps, values, searches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from adapters.msteams import cards
from adapters.msteams.cards import FEW, ROOMS, CardLimits, Json
from bot.chat.events import Choices
from bot.chat.messages import ChoiceField, Field, Form, Option, TextField

SUGGESTED = 15  # results that Teams shows of a search
MANY = 10  # options that are looked through; more are searched
NOTHING = Option("", "None")

_MARKUP = re.compile(r"[*_\[\]<>`#~\\]")


@dataclass(frozen=True, slots=True)
class Press:
    """A tap on a button or on an option of a pick."""

    press: str
    subject: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sends:
    """A tap on the button that sends a form; `values` reads what is in it. `origin` is the message the form was
    asked for in ("" for none), where it stands on a card of its own; None where it stands in its message."""

    name: str
    subject: str
    origin: str | None = None


def card(f: Form, errors: Mapping[str, str] = {}, *, origin: str | None = None) -> Json:
    """A form as a card of its own, each error at its field and those of no field at the top.

    `origin` comes back with what is sent: see `Sends`.
    """
    names = {field.name for field in f.fields}
    general = [sentence for name, sentence in errors.items() if name not in names]
    top = [*cards.lines([cards.run(f.title, size="Large", weight="Bolder")])]
    for sentence in general:
        top += cards.error(sentence)
    whole: Json = {}
    for room in ROOMS:
        whole = cards.card([*top, *fields(f, room, errors, demanding=True), cards.row([submit(f, origin)])])
        if cards.size(whole) <= cards.LARGEST:
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


def submit(f: Form, origin: str | None = None) -> Json:
    """The button that sends a form."""
    data = {"act": "send", "name": f.name, "subject": f.subject}
    if origin is not None:
        data["from"] = origin
    return cards.execute(f.submit, data, style="positive", inputs="auto")


def fields(f: Form, room: CardLimits, errors: Mapping[str, str], *, demanding: bool) -> list[Json]:
    """The fields, each with its hint and its error. `demanding` has the client ask for those that are not optional."""
    found = cards.text(f.intro, room.words) if f.intro else []
    for field in f.fields:
        found += _input(field, f, room, demanding=demanding)
        if field.hint:
            found += cards.lines([cards.run(field.hint, size="Small", isSubtle=True)], spacing="Small")
        if field.name in errors:
            found += cards.error(errors[field.name])
    return found


def _input(field: Field, f: Form, room: CardLimits, *, demanding: bool) -> list[Json]:
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
            offered, more = choices(field, room)
            named = {"type": "Input.ChoiceSet", "id": f"{'many' if field.many else 'one'}/{field.name}"}
            query: Json = {}
            if field.suggests:
                dataset = json.dumps([f.name, f.subject, field.name])
                query = {"choices.data": {"type": "Data.Query", "dataset": dataset}}
            many = {"isMultiSelect": True} if field.many else {}
            style = _style(field, offered)
            whole = {"wrap": True} if style == "expanded" else {}  # or a phone cuts long options off
            return [{**named, **asked, **many, "style": style, **whole, **offered, **query}, *more]
        case _:
            assert_never(field)


def _style(field: ChoiceField, choices: Json) -> str:
    """All at once where they are few, which shows them with their markdown read: then only if there is none."""
    shown = choices["choices"]
    if field.suggests or len(shown) > MANY:
        return "filtered"
    tame = not any(_MARKUP.search(choice["title"]) for choice in shown)
    return "expanded" if tame and len(shown) <= (MANY if field.many else FEW) else "compact"


def choices(field: ChoiceField, room: CardLimits) -> tuple[Json, list[Json]]:
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
            {"title": cards.short(option.label, room.option) or "–", "value": _encoded(option.value)} for option in cut
        ],
    }
    if chosen:
        listed["value"] = ",".join(_encoded(option.value) for option in chosen)
    more = len(shown) - len(cut)
    words = f"and {more} more: type to find them" if field.suggests else f"and {more} more"
    return listed, cards.lines([cards.run(words, size="Small", isSubtle=True)], spacing="None") if more else []


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
            origin = data.get("from")
            return Sends(name, subject, origin if isinstance(origin, str) else None)
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
        {"title": option.label or "–", "value": _encoded(option.value)} for option in choices.options[:SUGGESTED]
    ]
    return {"type": "application/vnd.microsoft.search.searchResponse", "value": {"results": results}}
