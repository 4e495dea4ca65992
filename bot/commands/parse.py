"""Words to actions: reads what somebody typed against the rows it is given."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.commands.arguments import Lookup
from bot.commands.table import Action, ActionTable
from checkins.errors import UserError

_SHORT = 200  # longer than this, or on several lines, is an answer


@dataclass(frozen=True, slots=True)
class Understood:
    """An action, its arguments by name (without those left out), and whether it was marked (a slash, a mention)."""

    action: Action
    values: Mapping[str, object]
    marked: bool

    @property
    def lookup(self) -> tuple[Lookup, str] | None:
        """What to ask the platform before the handler runs, and the word that wants it: `here`, or a channel's name."""
        for argument in self.action.arguments:
            match argument.lookup, self.values.get(argument.name):
                case "people", (str(word),) if word.lower() == "here":
                    return "people", word
                case "channel", str(word):
                    return "channel", word
        return None


@dataclass(frozen=True, slots=True)
class Misread:
    """Meant as a command, and not one: the sentence to show. Unmarked words may still have been an answer."""

    sentence: str
    marked: bool


def parse(words: str, today: date, actions: ActionTable, *, marked: bool) -> Understood | Misread | None:
    """What the words ask for; None when they are an answer.

    Marked words are always a command. Others are one only when short, on one line, and either a command alone
    or a command word with a verb or argument it knows: "digest page shipped 2h" is an answer.
    """
    words = words.strip()
    marked = marked or words.startswith("/")
    if not marked and (len(words) > _SHORT or "\n" in words or words.startswith(("-", "*", "•"))):
        return None
    tokens = _tokens(words.removeprefix("/"))
    if tokens and tokens[0].lower() == "instep" and len(tokens) > 1 and tokens[1].lower() in actions.first_words:
        tokens = tokens[1:]
    if not tokens:
        return Understood(actions.by_words["help"], {}, marked=True) if marked else None
    first = tokens[0].lower()
    if first not in actions.first_words:
        return Misread(_unknown(tokens[0], actions), marked=True) if marked else None
    action, said, rest = _meant(tokens, actions)
    try:
        values = _read(action, rest, today)
    except UserError as problem:
        has_verb = said != first or said == "help"  # hardly an answer begins with “help”
        is_slip = action.is_rare_in_answers and _looks_meant(action, rest)
        if marked or has_verb or is_slip:
            return Misread(_misread(action, said, rest, problem, actions, marked=marked), marked)
        return None
    return Understood(action, values, marked)


def _looks_meant(action: Action, rest: Sequence[str]) -> bool:
    """Few words, and one of them a number or nearly a word this command knows: a slip, not an answer."""
    if len(rest) == 1:
        return True
    keywords = [argument.keyword for argument in action.arguments if argument.keyword]
    near = any(difflib.get_close_matches(word.lower(), keywords, n=1, cutoff=0.8) for word in rest)
    return len(rest) < 4 and (near or re.search(r"\d", " ".join(rest)) is not None)


def _meant(tokens: Sequence[str], actions: ActionTable) -> tuple[Action, str, list[str]]:
    """The action, the words that called it, and what follows them."""
    two = " ".join(tokens[:2]).lower()
    if len(tokens) > 1 and two in actions.by_words:
        return actions.by_words[two], two, list(tokens[2:])
    first = tokens[0].lower()
    return actions.by_words[first], first, list(tokens[1:])


def _misread(
    action: Action, said: str, rest: Sequence[str], problem: UserError, actions: ActionTable, *, marked: bool
) -> str:
    verbs = [known.split()[1] for known in actions.by_words if known.startswith(f"{said} ")]
    if marked and verbs and rest:
        near = difflib.get_close_matches(rest[0].lower(), verbs, n=1, cutoff=0.5)
        hint = f" Did you mean `/{said} {near[0]}`?" if near else f" There is {', '.join(sorted(verbs))}."
        if not action.arguments or near:
            return f"I do not know “{said} {rest[0]}”.{hint}"
    return f"{problem.sentence}\nIt goes like this: `{action.usage}`"


def _unknown(word: str, actions: ActionTable) -> str:
    near = difflib.get_close_matches(word.lower(), actions.first_words, n=1, cutoff=0.5)
    hint = f" Did you mean `/{near[0]}`?" if near else ""
    return f"I do not know “{word}”.{hint} `/instep help` shows everything."


def _tokens(words: str) -> list[str]:
    """Words, with what stands in double quotes of any kind as one; a quote inside a word is a letter."""
    found = re.findall(r"[\"“”„«](.+?)[\"“”»](?=\s|$)|(\S+)", words)
    return [quoted or plain for quoted, plain in found]


def _read(action: Action, tokens: Sequence[str], today: date) -> dict[str, object]:
    """The arguments by name. Raises UserError for one that is missing, misread or too many."""
    keywords = {argument.keyword: argument for argument in action.arguments if argument.keyword}
    parts: dict[str, list[str]] = {"": []}
    at = ""
    for token in tokens:
        if token.lower() in keywords and token.lower() not in parts:
            at = token.lower()
            parts[at] = []
        else:
            parts[at].append(token)
    values: dict[str, object] = {}
    loose = parts.pop("")
    for argument in action.arguments:
        if argument.keyword:
            if argument.keyword in parts:
                if not parts[argument.keyword]:
                    raise UserError(f"Something is missing after “{argument.keyword}”.")
                values[argument.name] = argument.kind.read(" ".join(parts[argument.keyword]), today)
            elif not argument.optional:
                raise UserError(f"Something is missing: {argument.usage}.")
            continue
        if not loose:
            if not argument.optional:
                raise UserError(f"Something is missing: {argument.kind.shown}.")
            continue
        taken = " ".join(loose) if argument.kind.many else loose[0]
        try:
            values[argument.name] = argument.kind.read(taken, today)
        except UserError:
            if not argument.optional:
                raise
            continue
        loose = [] if argument.kind.many else loose[1:]
    if loose:
        raise UserError(f"I do not know what to do with “{' '.join(loose)}”.")
    return values
