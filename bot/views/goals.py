"""What is said about goals: the tree, one goal and its story, the form, and what a change did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.chat.messages import (
    Block,
    Button,
    ChoiceField,
    Facts,
    Form,
    Message,
    Option,
    Pick,
    Rule,
    Text,
    TextField,
    text,
)
from bot.views.checkins import MOST_OPTIONS, clip
from checkins.goals.checks import STATUSES
from checkins.schedule import calendar
from storage.kinds import GoalStatus

MOST_SHOWN = 60
MOST_CHARACTERS = 9_000
ROWS_A_BLOCK = 8
DEEPEST = 6  # deeper ones are not set in further


@dataclass(frozen=True, slots=True)
class GoalRow:
    """A goal in the tree."""

    depth: int
    handle: str
    title: str
    status: str
    weight: int | None = None
    by: date | None = None
    owner: str = ""
    numbers: str = ""  # "410 → 455 of 600 sign-ups"


@dataclass(frozen=True, slots=True)
class GoalPage:
    """One goal with everything that hangs on it."""

    row: GoalRow
    description: str
    under: str
    needs: tuple[str, ...]
    key_results: tuple[tuple[str, str], ...]
    initiatives: tuple[str, ...]
    pace: str
    people: int
    history: tuple[tuple[date, str], ...]
    successor: str = ""


def tree(rows: Sequence[GoalRow], *, admin: bool) -> Message:
    """All open goals, children below their parents."""
    if not rows:
        return Message(
            "No goals yet",
            (
                text(
                    'Lines are saved all the same and wait to be filed. The first goal: `goals add "Pricing page" by 30 Jun`.'
                    if admin
                    else "An admin adds the first one. Your lines are saved all the same and wait to be filed."
                ),
            ),
            (Button("Add a goal", "goal.add", style="primary"),) if admin else (),
        )
    blocks: list[Block] = []
    shown, room = 0, MOST_CHARACTERS
    for part in _parts(rows[:MOST_SHOWN]):
        block = _part(part)
        room -= len(block.plain)
        if room < 0:
            break
        blocks.append(block)
        shown += len(part)
    if len(rows) > shown:
        blocks.append(text("and {left} more; `goals show #handle` shows each.", quiet=True, left=len(rows) - shown))
    buttons = (Button("Add a goal", "goal.add"),) if admin else ()
    return Message(f"{len(rows)} goal{'s' if len(rows) != 1 else ''}", tuple(blocks), buttons)


def _parts(rows: Sequence[GoalRow]) -> list[list[GoalRow]]:
    """Rows cut into blocks: at a goal of the top, unless the block is still short, and before it grows long."""
    parts: list[list[GoalRow]] = []
    for row in rows:
        if not parts or len(parts[-1]) >= (2 if row.depth == 0 else ROWS_A_BLOCK):
            parts.append([])
        parts[-1].append(row)
    return parts


def _part(rows: Sequence[GoalRow]) -> Text:
    """Two lines a goal: what it is called, and below it, small, how it stands."""
    lines: list[str] = []
    words: dict[str, Any] = {}
    for at, row in enumerate(rows):
        indent = "\u2003" * min(row.depth, DEEPEST)
        about = [
            row.status if row.status != GoalStatus.ON_TRACK else "",
            f"weight {row.weight}" if row.weight is not None else "",
            f"by {row.by.day} {row.by:%b}" if row.by else "",
            row.owner,
            row.numbers,
        ]
        words |= {
            f"title{at}": clip(row.title, 80),
            f"handle{at}": row.handle,
            f"said{at}": clip(" · ".join(part for part in about if part), 160),
        }
        name = f"**{{title{at}}}**" if row.depth == 0 else f"{{title{at}}}"
        lines.append(f"{indent}{name} `#{{handle{at}}}`")
        if words[f"said{at}"]:
            lines.append(f"{indent}_{{said{at}}}_")
    return text("\n".join(lines), **words)


def page(about: GoalPage, *, admin: bool) -> Message:
    """One goal and its story."""
    row = about.row
    facts = [
        ("Handle", f"#{row.handle}"),
        ("Status", row.status + (f", its lines go to #{about.successor} now" if about.successor else "")),
        ("Under", about.under),
        ("Owner", row.owner),
        ("By", f"{calendar.shown(row.by)} {row.by.year}" if row.by else ""),
        ("Weight", f"{row.weight} of 100 beside its siblings" if row.weight is not None else ""),
        ("Needs", ", ".join(about.needs)),
        ("Pace", about.pace),
        *about.key_results,
        ("Tried for it", "; ".join(about.initiatives)),
        ("People with lines here", str(about.people) if about.people else "none yet"),
    ]
    blocks: list[Block] = []
    if about.description:
        blocks.append(text("{words}", words=about.description))
    blocks.append(Facts(tuple((label, value) for label, value in facts if value)))
    if about.history:
        blocks += [Rule(), Facts(tuple((calendar.shown(day), said) for day, said in about.history))]
    buttons = (
        (
            Button("Edit", "goal.edit", row.handle),
            Button("Retire", "goal.retire", row.handle, confirm="Retire this goal?"),
        )
        if admin and row.status != GoalStatus.RETIRED
        else (Button("Restore", "goal.restore", row.handle),)
        if admin
        else ()
    )
    return Message(row.title, tuple(blocks), buttons)


def form(
    title: str = "",
    *,
    handle: str = "",
    description: str = "",
    under: str = "",
    owner: str = "",
    by: date | None = None,
    weight: int | None = None,
    status: str = GoalStatus.ON_TRACK,
    needs: Sequence[str] = (),
    key_results: Sequence[str] = (),
    initiatives: Sequence[str] = (),
    people: Sequence[tuple[str, str]] = (),
    goals: Sequence[tuple[str, str]] = (),
    teams: Sequence[str] = (),
    editing: str = "",
) -> Form:
    """A goal in a form; `editing` is the handle of an existing one."""
    return Form(
        "goal",
        editing,
        "Edit a goal" if editing else "Add a goal",
        (
            TextField("title", "Title", title, placeholder="Pricing page that sells"),
            TextField("description", "What it means", description, rows=3, optional=True, hint="The words people use for it help me file their lines."),
            *([_one("under", "Under", goals, under)] if goals else []),
            *([_one("owner", "Owner", people, owner)] if people else []),
            TextField("by", "By", by.isoformat() if by else "", optional=True, hint="Like 2026-06-30 or 30 Jun."),
            TextField("weight", "Weight", "" if weight is None else str(weight), optional=True, hint="Its share beside its siblings, which sum to 100."),
            ChoiceField("status", "Status", tuple(Option(status, status.capitalize()) for status in STATUSES), (status,)),
            TextField("key_results", "Key results", "\n".join(key_results), rows=3, optional=True, hint="One a line: Sign-ups 410 -> 600. The middle number is now: 410 -> 455 -> 600."),
            TextField("initiatives", "What is tried for it", "\n".join(initiatives), rows=2, optional=True, hint="One a line."),
            *(
                [ChoiceField("needs", "Teams it needs", tuple(Option(name, name) for name in teams), tuple(needs), many=True, optional=True)]
                if teams
                else []
            ),
            *([TextField("handle", "Handle", handle, hint="Short, for #hashtags.")] if editing else []),
        ),
        submit="Save goal",
    )  # fmt: skip


def _one(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> ChoiceField:
    return ChoiceField(
        name,
        label,
        tuple(Option(value, clip(words, 70)) for value, words in options),
        (chosen,) if chosen else (),
        optional=True,
        suggests=len(options) > MOST_OPTIONS,
    )


def added(handle: str, title: str, goal_id: int, own: Sequence[tuple[int, str]]) -> Message:
    """After adding one. `own` are recent lines of the admin that may belong to it; others are asked about theirs."""
    return Message(
        f"Added: {title}",
        (
            text("Type `#{handle}` in a line to file it there.", handle=handle),
            text(
                "I ask people who lately wrote something like it, each in their own check-in, whether it belongs here.",
                quiet=True,
            ),
            *(
                Pick(
                    text("Your line “{words}”: does it serve this goal?", words=clip(words, 120)),
                    "file",
                    str(line_id),
                    (
                        Option(f"goal:{goal_id}", "Yes"),
                        Option("more", "Another goal…"),
                        Option("other", "No goal"),
                    ),
                )
                for line_id, words in own
            ),
        ),
        (
            Button("Show", "goal.show", handle),
            Button("Edit", "goal.edit", handle),
            Button("Undo", "goal.undo"),
        ),
    )


def changed(handle: str, title: str, what: str) -> Message:
    """After changing one."""
    return Message(
        f"{title}: {what.removeprefix('is ')}" if what else f"{title} stays as it was",
        (),
        (Button("Show", "goal.show", handle), *([Button("Undo", "goal.undo")] if what else [])),
    )


def ended(handle: str, title: str, said: str) -> Message:
    """After retiring or merging one."""
    return Message(
        f"{title}: {said}",
        (text("Its history stays. `goals restore #{handle}` brings it back.", handle=handle),),
        (Button("Undo", "goal.undo"),),
    )


def undone(said: str) -> Message:
    """After undo."""
    return Message(f"Taken back: {said}")


_ROW = GoalRow(
    1, "pricing", "Pricing page that sells", "at risk", 40, date(2026, 6, 30), "Ana Ruiz", "410 → 455 of 600"
)
_PAGE = GoalPage(
    _ROW, "Visitors understand what it costs and sign up by themselves.", "#growth", ("Sales", "Legal"),
    (("Sign-ups", "410 → 455 of 600, typed 3 March"),), ("Annual toggle",), "behind: 24% done, 61% of its time gone", 6,
    ((date(2026, 3, 3), "Ana Ruiz set Sign-ups of #pricing to 455"),),
)  # fmt: skip
EXAMPLES: dict[str, Message | Form] = {
    "goals.tree": tree([GoalRow(0, "growth", "Grow by ourselves", "on track", 60), _ROW], admin=True),
    "goals.tree none": tree([], admin=True),
    "goals.page": page(_PAGE, admin=True),
    "goals.form": form(people=[("1", "Ana Ruiz")], goals=[("growth", "Grow by ourselves")], teams=["Sales", "Legal"]),
    "goals.form edit": form(
        "Pricing page that sells", handle="pricing", editing="pricing", by=date(2026, 6, 30), weight=40
    ),
    "goals.added": added("pricing", "Pricing page that sells", 1, [(1, "Pricing page: annual toggle")]),
    "goals.changed": changed("pricing", "Pricing page that sells", "changed date, weight"),
    "goals.ended": ended("pricing", "Pricing page that sells", "retired, its lines go to #growth now"),
    "goals.undone": undone("retired #pricing"),
}
