"""The people of the demo: they answer by themselves, a little differently every time, the same on every run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from sqlmodel import Session

from bot.chat.events import MessageReceived, Pressed, Submitted, Who
from bot.conversation.dispatcher import Conversation
from bot.demo.company import BLOCKERS, LINES, PEOPLE, Someone
from bot.demo.playground_world import WORKSPACE
from checkins.answers import assign_goals
from storage import checkins, goals, people
from storage.database import Database

KINDS = ("support", "firefighting", "overhead", "other")
FEATURED = frozenset({"playground:ana", "playground:ben", "playground:mara"})  # left to whoever sits at the page
ANSWERS = 0.88  # of those asked
TAPS = 0.8  # of the questions about a line


class DemoCast:
    """Answers for everybody whom nobody at the page plays."""

    def __init__(self, database: Database, conversation: Conversation, now: Callable[[], datetime]) -> None:
        self._database = database
        self._conversation = conversation
        self._now = now
        self._random = random.Random(20)  # noqa: S311  a story, not a secret
        self._keys = count()
        self._place = {line: place for place, lines in LINES.items() for line in lines}
        self._decided: set[tuple[str, str]] = set()
        self._told: Counter[str] = Counter()
        self.spared: set[str] = set(FEATURED)
        self.week = 0

    async def answers(self) -> int:
        """Everybody who is asked and has not decided yet answers, or lets it pass. How many answered."""
        open_days = await self._database.run(self._open)
        done = 0
        for someone, day in open_days:
            if (someone.key, day) in self._decided or f"playground:{someone.key}" in self.spared:
                continue
            self._decided.add((someone.key, day))
            if self._random.random() < ANSWERS:
                await self._answer(someone, day)
                done += 1
        return done

    def _open(self, tx: Session) -> list[tuple[Someone, str]]:
        today = self._now().date()
        found = []
        for someone in PEOPLE:
            known = people.account(tx, f"playground:{someone.key}")
            row = checkins.open_checkin(tx, known[1].id, today - timedelta(days=3)) if known else None
            if row is not None:
                found.append((someone, row.day.isoformat()))
        return found

    async def _answer(self, someone: Someone, day: str) -> None:
        words = "\n".join(self._lines(someone))
        blocker = BLOCKERS.get(someone.key)
        if blocker and self.week >= 1:
            values = {"words": words, "blockers": blocker}
            await self.act(Submitted, someone.key, name="checkin", subject=day, values=values)
        else:
            await self.act(MessageReceived, someone.key, words=words)
        for line_id, text in await self._database.run(lambda tx: self._asked(tx, someone)):
            place = self._place.get(text)
            if place is not None and self._random.random() < TAPS:
                value = await self._database.run(lambda tx, place=place: _target(tx, someone, place))  # type: ignore[misc]
                await self.act(Pressed, someone.key, press="file", subject=str(line_id), value=value)

    def _lines(self, someone: Someone) -> list[str]:
        """Two to four lines, mostly on one's own goals, and as far as there are others none that was said before."""
        places = [*(someone.works_on[:1] * 4), *(someone.works_on[1:] * 2)]
        places += ["support"] * (3 if someone.team == "Care" else 1) + ["firefighting", "overhead"]
        if self.week >= 2 and someone.team == "Platform":
            places += ["firefighting"] * 2  # a bad week for them
        places += ["other"] * (self._random.random() < 0.3)
        chosen: list[str] = []
        for _ in range(self._random.choice((2, 3, 3, 4))):
            pool = [line for line in LINES[self._random.choice(places)] if line not in chosen]
            if pool:
                least = min(self._told[line] for line in pool)
                chosen.append(self._random.choice([line for line in pool if self._told[line] == least]))
                self._told[chosen[-1]] += 1
        return chosen

    def _asked(self, tx: Session, someone: Someone) -> list[tuple[int, str]]:
        known = people.account(tx, f"playground:{someone.key}")
        assert known is not None
        last = checkins.last_answered(tx, known[1].id)
        lines = checkins.lines(tx, [last.id]) if last else []
        return [(line.id, line.text) for line in assign_goals.open_questions(lines)]

    async def act(self, event: type[MessageReceived | Submitted | Pressed], key: str, **more: object) -> None:
        """One thing done by somebody of the cast, heard like anybody's."""
        address = f"playground:{key}"
        name = next(someone.name for someone in PEOPLE if someone.key == key)
        who = Who(address, WORKSPACE, address, name)
        await self._conversation.hear(
            event(key=f"cast:{next(self._keys)}", who=who, where=address, private=True, **more)  # type: ignore[arg-type]
        )


def _target(tx: Session, someone: Someone, place: str) -> str:
    if place in KINDS:
        return place
    known = people.account(tx, f"playground:{someone.key}")
    assert known is not None
    goal = goals.goal(tx, known[1].company_id, place)
    return f"goal:{goal.id}" if goal else "other"
