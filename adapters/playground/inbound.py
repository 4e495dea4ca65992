"""What a page asks for, read from its JSON and checked before anything is done with it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from adapters.playground.playground_world import Player
from adapters.playground.transcript import Transcripts
from bot.chat.events import HomeOpened, Opened, Pressed, Submitted, Suggest, Who
from bot.chat.inbound import whole

WORKSPACE = "playground:local"

_COMMAND = re.compile(r"/(?=[a-z][\w-]*(?:\s|$))", re.IGNORECASE)
_MENTION = re.compile(r"@instep\b[\s,:]*", re.IGNORECASE)


class RequestRefused(Exception):
    """A request that is not taken: its HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Typed:
    """Words for a conversation, heard only when they are `spoken` to us."""

    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Retyped:
    """Other words in the place of some typed in the DM before."""

    message: str
    words: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The clock is to be moved."""

    to: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """What is due is to be done now."""


Act: TypeAlias = Typed | Retyped | Moved | Ticked | Pressed | Opened | Submitted | Suggest | HomeOpened


def spoken(words: str, *, private: bool) -> tuple[str, bool] | None:
    """The plain words said to us, and whether they are a command by their form; None for chatter in a channel."""
    stripped = words.strip()
    for mark in (_COMMAND, _MENTION):
        if match := mark.match(stripped):
            return stripped[match.end() :], True
    return (words, False) if private else None


def who(player: Player) -> Who:
    """The person as events name them."""
    return Who(player.id, WORKSPACE, player.id, player.name, player.zone)


def read(body: bytes, room: Transcripts, moves: Sequence[tuple[str, str]]) -> tuple[Player, str, Act]:
    """Who does what, and the event's key. Raises RequestRefused with 400 for whatever is not understood."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, "That is not JSON.") from error
    if not isinstance(given, dict):
        raise RequestRefused(400, "That is not a JSON object.")
    player = next((player for player in room.players if player.id == given.get("as")), None)
    if player is None:
        raise RequestRefused(400, "There is no such person here.")
    key = _word(given, "key")
    if not 0 < len(key) <= 100:
        raise RequestRefused(400, "A key has 1 to 100 characters.")
    key = f"{player.id}:{key}"
    return player, key, _act(given, player, key, room, moves)


def _act(
    given: dict[str, object], player: Player, key: str, room: Transcripts, moves: Sequence[tuple[str, str]]
) -> Act:
    match _word(given, "kind"):
        case "say":
            return Typed(_where(given, player), _said(given))
        case "edit":
            entry = room.entry(_word(given, "message"))
            if (
                entry is None
                or (entry.by, entry.where) != (player.id, player.id)
                or not isinstance(entry.body, str)
                or spoken(entry.body, private=True) != (entry.body, False)
            ):
                raise RequestRefused(400, "Only your own words to Instep can be edited, and no commands.")
            return Retyped(entry.id, _said(given))
        case "move":
            to = _word(given, "to")
            if to not in dict(moves):
                raise RequestRefused(400, "The clock cannot be moved there.")
            return Moved(to)
        case "tick":
            return Ticked()
        case "look":
            return HomeOpened(key, who(player), player.id, True)
        case "press" | "open" | "submit" | "suggest" as kind:
            where = _where(given, player)
            message = _word(given, "message")
            subject = _word(given, "subject")
            heard = (key, who(player), where, where == player.id, message)
            if kind == "press":
                return Pressed(*heard, press=_word(given, "press"), subject=subject, value=_word(given, "value"))
            name = _word(given, "name")
            if kind == "open":
                return Opened(*heard, name=name, subject=subject)
            if kind == "submit":
                return Submitted(*heard, name=name, subject=subject, values=_values(given))
            field, typed = _word(given, "field"), _word(given, "typed")
            return Suggest(*heard, name=name, subject=subject, field=field, typed=typed)
        case _:
            raise RequestRefused(400, "That is not something a page can do.")


def _where(given: dict[str, object], player: Player) -> str:
    where = _word(given, "where")
    if where != player.id and where not in player.channels:
        raise RequestRefused(400, "That conversation is not one of theirs.")
    return where


def _said(given: dict[str, object]) -> str:
    words = _word(given, "words")
    if not words.strip():
        raise RequestRefused(400, "Nothing was typed.")
    return words


def _values(given: dict[str, object]) -> dict[str, str | tuple[str, ...]]:
    values = given.get("values")
    if not isinstance(values, dict):
        raise RequestRefused(400, "A form has values.")
    return {whole(name): _value(value) for name, value in values.items()}


def _value(value: object) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(whole(item) for item in cast("list[str]", value))
    raise RequestRefused(400, "A field's value is a string or a list of strings.")


def _word(given: dict[str, object], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise RequestRefused(400, f"{name} is a string.")
    return whole(value)
