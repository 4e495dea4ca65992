"""What can be asked for: one row an action. The rows themselves, with their handlers, are in
`bot/conversation/actions.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_type_hints

from bot.chat.events import Reply
from bot.commands.arguments import Argument

Right = Literal["", "manager", "admin"]
"""Who may: everybody, who manages the team that is meant, admins. An admin may what a manager may."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row: the words that ask for it, the function that does it, and all that can be known of it beforehand."""

    words: str
    """One word, or a word and a verb (`goals add`), in small letters."""
    handler: Callable[..., Reply]
    """`handler(turn, *, arguments by their names)`. Raises UserError, and PermissionDenied for whom `right` leaves
    out."""
    says: str
    """Its sentence in the help."""
    arguments: tuple[Argument, ...] = ()
    right: Right = ""
    """Told beforehand; the handler, or the rule it calls, looks at it, since buttons and forms lead there too."""
    changes: bool = True
    """Whether anything may be different afterwards; False for what only shows, or opens a form."""
    synonyms: tuple[str, ...] = ()
    """Other words for it, which help does not list."""
    is_rare_in_answers: bool = False
    """Answers hardly ever begin with its word and a number: what looks so is a slip, and told instead of saved."""
    examples: tuple[str, ...] = ()
    """What somebody may type; together they give every argument."""

    @property
    def usage(self) -> str:
        """How it goes, as the help shows it."""
        return " ".join([f"/{self.words}", *(argument.usage for argument in self.arguments)])

    @property
    def output_type(self) -> object:
        """The type of what the handler returns: `Message`, `Form`, or a union of values of `Reply`."""
        return get_type_hints(self.handler)["return"]


class ActionTable:
    """Rows in the order in which help shows them, found by what is typed for them."""

    def __init__(self, rows: Iterable[Action]) -> None:
        """Raises ValueError where two rows have the same words, or a verb's first word has no row of its own."""
        self.rows = tuple(rows)
        by_words: dict[str, Action] = {}
        for action in self.rows:
            for words in (action.words, *action.synonyms):
                if words in by_words:
                    raise ValueError(f"two rows are called “{words}”")
                by_words[words] = action
        for words in by_words:
            if words.split()[0] not in by_words:
                raise ValueError(f"“{words}” needs a row for its first word, which is typed alone at times")
        self.by_words: Mapping[str, Action] = MappingProxyType(by_words)
        self.first_words = sorted({words.split()[0] for words in by_words})

    def helped(self, rights: Collection[Right]) -> list[tuple[str, str]]:
        """Usage and sentence of every action that somebody with these rights may ask for."""
        return [(action.usage, action.says) for action in self.rows if action.right in rights]
