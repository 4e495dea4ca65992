"""The questions that ride on a check-in: one tap each, never a must. To add one is to add a row here
(docs/howto/add-a-question.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from checkins.errors import UserError
from storage import replies
from storage.kinds import Mix
from storage.tables import CheckIn


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Everybody who checks in is asked it, in the form and below what was saved.

    `name` is what its replies are kept under and its button is called, and stays. `options` are what may be said, in
    their written form, with their labels. With `in_digest` a team's digest shows what was said, as shares and never
    for fewer than `fewest` people.
    """

    name: str
    prompt: str
    options: Mapping[str, str]
    hint: str = ""
    in_digest: bool = False
    fewest: int = 4


MIX = Question(  # what the part of the day comes to that no line states: checkins/answers/effort.py
    name=replies.EFFORT_MIX,
    prompt="All in all it was",
    options={
        Mix.GOAL.value: "Mostly goal work",
        Mix.SUPPORT.value: "Mostly planned support",
        Mix.FIREFIGHTING.value: "Mostly firefighting",
        Mix.OVERHEAD.value: "Mostly overhead",
        Mix.EVEN.value: "A bit of everything",
        Mix.INCIDENT.value: "Incident all day",
    },
    hint="Spreads the effort over lines that do not state any.",
)
QUESTIONS: tuple[Question, ...] = (MIX,)


def named(name: str) -> Question | None:
    """A question by its name."""
    return next((question for question in QUESTIONS if question.name == name), None)


def said(given: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """What a form says to each question, by its name; empty for nothing, and for what is none of its options."""
    found: dict[str, str] = {}
    for question in QUESTIONS:
        value = given.get(question.name, "")
        chosen = (value[0] if value else "") if isinstance(value, tuple) else value
        found[question.name] = chosen if chosen in question.options else ""
    return found


def tap(tx: Session, checkin: CheckIn, question: Question, value: str) -> None:
    """One reply, in the place of the one before. Raises UserError for what is none of its options."""
    if value not in question.options:
        raise UserError("That is not one of the answers. Take one that is shown.")
    replies.keep(tx, checkin, question.name, value)
