"""The world behind the playground: who one may be, which channels there are, and a clock that can be moved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlmodel import Session

from adapters.playground.playground_world import Player, PlaygroundChannel
from bot.conversation.actions import ACTIONS
from bot.delivery.cycle import Cycle
from checkins.people import members as member_rules
from storage import people as stored_people
from storage.database import Database

WORKSPACE = "playground:local"
MOVES = (
    ("hour", "An hour on"),
    ("next", "Next question"),
    ("friday", "Friday afternoon"),
    ("week", "A week on"),
)


class MovableClock:
    """The time, and how far it was moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self._ahead = (start - datetime.now(UTC)) if start is not None else timedelta(0)

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, moment: datetime) -> None:
        """Jumps; never backwards, since nothing that was said can be unsaid."""
        self._ahead += max(timedelta(0), moment - self.now())


class Cast(Protocol):
    """People of a demo who answer by themselves."""

    async def answers(self) -> int:
        """Answers what is open now; how many did."""
        ...


class DatabaseWorld:
    """What the playground's page shows and does, from the database and the rounds."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self._database = database
        self.clock = clock
        self.cycle: Cycle | None = None
        self.cast: Cast | None = None
        self.beat: Callable[[], Awaitable[None]] | None = None

    def now(self) -> datetime:
        return self.clock.now()

    async def players(self) -> Sequence[Player]:
        return await self._database.run(_players)

    async def channels(self) -> Sequence[PlaygroundChannel]:
        return await self._database.run(_channels)

    def commands(self) -> Sequence[tuple[str, str]]:
        """All there is, under each of its words; `help` is typed as it is."""
        return [
            (f"/{words}", action.says)
            for action in ACTIONS.rows
            for words in sorted((action.words, *action.synonyms))
            if words != "help"
        ]

    def moves(self) -> Sequence[tuple[str, str]]:
        return MOVES

    async def tick(self) -> None:
        if self.beat is not None:
            await self.beat()

    async def move(self, to: str, report: Callable[[], None], *, who: str = "") -> None:
        """Moves the clock through everything that falls due on the way, so that each thing has its own time."""
        assert self.cycle is not None
        target = await self._target(to, who)
        while True:
            due = await self.cycle.next_at()
            step = target if due is None or due > target else due
            self.clock.move_to(step)
            await self.tick()
            if self.cast is not None and await self.cast.answers():
                await self.tick()
            report()
            if step >= target:
                return

    async def _target(self, to: str, who: str) -> datetime:
        assert self.cycle is not None
        now = self.now()
        match to:
            case "hour":
                return now + timedelta(hours=1)
            case "next":
                due = await self._database.run(lambda tx: _next_question(tx, who, now))
                return due or now + timedelta(hours=1)
            case "friday":
                days = (4 - now.weekday()) % 7
                moment = (now + timedelta(days=days)).replace(hour=16, minute=0, second=0, microsecond=0)
                return moment if moment > now else moment + timedelta(days=7)
            case "week":
                return now + timedelta(days=7)
            case _:
                raise ValueError(f"no such move: {to}")


def _next_question(tx: Session, who: str, now: datetime) -> datetime | None:
    """When this person is asked next; where they are not, when anybody is."""
    known = stored_people.account(tx, who)
    own = (
        member_rules.next_question(known[1], stored_people.teams_of(tx, [known[1].id])[known[1].id], now)
        if known
        else None
    )
    return own or stored_people.next_due(tx, now)


def _players(tx: Session) -> Sequence[Player]:
    rows = stored_people.all_accounts(tx, WORKSPACE)
    teams = stored_people.teams_of(tx, [person.id for _, person in rows])
    managed: dict[int, list[str]] = {}
    channels_of: dict[int, set[str]] = {person.id: set() for _, person in rows}
    for company_id in {person.company_id for _, person in rows}:
        for team in stored_people.teams(tx, company_id):
            if team.manager_id is not None:
                managed.setdefault(team.manager_id, []).append(team.name)
                if team.digest_to:
                    channels_of.setdefault(team.manager_id, set()).add(team.digest_to)
    for person_id, rows_of in teams.items():
        channels_of[person_id] |= {team.digest_to for team in rows_of if team.digest_to}
    found = [
        Player(
            id=account.who,
            name=person.name,
            role="admin" if person.admin else "manager" if person.id in managed else "staff",
            teams=tuple(team.name for team in teams[person.id]),
            zone=person.zone,
            channels=tuple(sorted(channels_of[person.id] | ({LOBBY} if person.admin else set()))),
        )
        for account, person in rows
    ]
    order = {"admin": 0, "manager": 1, "staff": 2}
    return sorted(found, key=lambda player: (order[player.role], player.name))


LOBBY = "playground:#lobby"


def _channels(tx: Session) -> Sequence[PlaygroundChannel]:
    """Each team's channel with its people and manager, one for each team by name, and a lobby for everybody."""
    members: dict[str, list[str]] = {LOBBY: []}
    for player in _players(tx):
        members[LOBBY].append(player.id)
        for address in player.channels:
            if address != LOBBY:
                members.setdefault(address, []).append(player.id)
    for company in stored_people.companies(tx):
        for team in stored_people.teams(tx, company.id):
            if not team.digest_to:
                members.setdefault(channel_for(team.name), [])
    return [
        PlaygroundChannel(address, address.partition("#")[2], tuple(ids)) for address, ids in sorted(members.items())
    ]


def channel_for(name: str) -> str:
    """The address of the playground's channel for a team."""
    return f"playground:#{'-'.join(name.lower().split())}"
