"""What a goal may say, and how goals may stand beside and under each other: the same for what is typed and for
files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from checkins import text
from checkins.errors import UserError
from storage.kinds import GoalStatus

STATUSES = tuple(status for status in GoalStatus if status != GoalStatus.RETIRED)
LONGEST_TITLE, LONGEST_DESCRIPTION = 150, 3000  # characters
NAMED = 6  # goals in one sentence at most


def title(words: str) -> str:
    """A goal's title on one line. Raises UserError for none and for one too long."""
    found = text.on_one_line(words)
    if not found:
        raise UserError("A goal needs a title.")
    if len(found) > LONGEST_TITLE:
        raise UserError(
            f"That title has {len(found)} characters; {LONGEST_TITLE} is the most. The rest fits the description."
        )
    return found


def description(words: str) -> str:
    """A goal's description. Raises UserError for one too long."""
    found = text.clean(words)
    if len(found) > LONGEST_DESCRIPTION:
        raise UserError(f"A description has at most {LONGEST_DESCRIPTION:,} characters.")
    return found


def weight(words: str) -> int:
    """`40` or `40%`. Raises UserError for anything that is not a whole number from 0 to 100."""
    found = words.strip().removesuffix("%").strip()
    if not re.fullmatch(r"[0-9]{1,3}", found) or int(found) > 100:
        raise UserError(f"“{words}” is not a weight. Write a whole number from 0 to 100.")
    return int(found)


def status(words: str, *, retired: bool = False) -> str:
    """A status by its name, whatever the case; with `retired` also that one. Raises UserError."""
    known = tuple(GoalStatus) if retired else STATUSES
    found = " ".join(words.lower().split())
    if found not in known:
        raise UserError(f"“{words}” is not a status. Statuses: {', '.join(known)}.")
    return found


def still_to_come(by: date | None, today: date) -> None:
    """Raises UserError for a date that somebody sets and that is over."""
    if by is not None and by < today:
        raise UserError(f"{by.isoformat()} is over already. Name a day to come.")


def is_free(title: str, taken: Mapping[str, str]) -> None:
    """Raises UserError for a title that another open goal has. `taken` are their handles by their folded titles."""
    other = taken.get(text.folded(title))
    if other is not None:
        raise UserError(f"There is a goal with that title already: #{other}.")


def shares_100(weight: int, others: Sequence[tuple[str, int]]) -> None:
    """Raises UserError where a weight and those of the open goals beside it, by handle, are more than the 100 they
    share."""
    total = weight + sum(each for _, each in others)
    if total > 100:
        taken = ", ".join(f"#{handle} {each}" for handle, each in others[:NAMED])
        more = ", …" if len(others) > NAMED else ""
        raise UserError(
            f"With {weight} the weights beside each other sum to {total}, and they share 100: {taken}{more}.",
            field="weight",
        )


def circles(parents: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with each goal that would be under itself, by handle. `parents` says who would be under whom, by
    handles; empty for nobody."""
    bad: dict[str, str] = {}
    seen = {""}  # known to end at the top, or in a circle that was found already
    for start in parents:
        path: dict[str, None] = {}
        at = start
        while at not in seen and at not in path:
            path[at] = None
            at = parents.get(at, "")
        if at in path:
            way = list(path)
            circle = way[way.index(at) :]
            for place, handle in enumerate(circle):
                shown = [circle[(place + step) % len(circle)] for step in range(min(NAMED, len(circle)))]
                bad[handle] = _circle(shown)
        seen.update(path)
    return bad


def _circle(handles: Sequence[str]) -> str:
    if len(handles) == 1:
        return "A goal cannot be under itself."
    return f"That would be a circle: {' > '.join(f'#{handle}' for handle in [*handles, handles[0]])}."
