"""Everything one can ask for in words, as values; `bot/commands/parse.py` reads words into them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class CheckInForm: ...


@dataclass(frozen=True, slots=True)
class Same: ...


@dataclass(frozen=True, slots=True)
class Skip:
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Snooze:
    length: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Time:
    minute: int
    days: int | None = None


@dataclass(frozen=True, slots=True)
class TimeOfTeam: ...


@dataclass(frozen=True, slots=True)
class Zone:
    zone: str


@dataclass(frozen=True, slots=True)
class Remind:
    minutes: int | None  # 0 is off, None the next working morning


@dataclass(frozen=True, slots=True)
class Leave:
    days: tuple[date, date]


@dataclass(frozen=True, slots=True)
class LeaveOver: ...


@dataclass(frozen=True, slots=True)
class Mine:
    weeks: int = 2


@dataclass(frozen=True, slots=True)
class Stop: ...


@dataclass(frozen=True, slots=True)
class Start: ...


@dataclass(frozen=True, slots=True)
class Forget: ...


@dataclass(frozen=True, slots=True)
class GoalsTree: ...


@dataclass(frozen=True, slots=True)
class GoalsAdd:
    title: str = ""
    under: str = ""
    owner: str = ""
    by: date | None = None
    weight: int | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoalsShow:
    goal: str


@dataclass(frozen=True, slots=True)
class GoalsEdit:
    goal: str


@dataclass(frozen=True, slots=True)
class GoalsProgress:
    goal: str
    value: str


@dataclass(frozen=True, slots=True)
class GoalsRetire:
    goal: str
    into: str = ""


@dataclass(frozen=True, slots=True)
class GoalsRestore:
    goal: str


@dataclass(frozen=True, slots=True)
class GoalsMerge:
    goal: str
    into: str


@dataclass(frozen=True, slots=True)
class GoalsUndo: ...


@dataclass(frozen=True, slots=True)
class TeamShow:
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamCreate:
    name: str


@dataclass(frozen=True, slots=True)
class TeamAdd:
    people: tuple[str, ...]  # ("here",) is everybody in this channel
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamRemove:
    people: tuple[str, ...]
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamManager:
    person: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamDigest:
    channel: str  # "here" is this channel
    day: int | None = None
    minute: int | None = None
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamRhythm:
    days: int
    minute: int
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamWeek:
    days: int
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamQuestion:
    question: str  # "default" is the usual one
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamBand:
    band: tuple[int, int, int]
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamOn:
    team: str = ""


@dataclass(frozen=True, slots=True)
class TeamOff:
    team: str = ""


@dataclass(frozen=True, slots=True)
class DigestNow:
    team: str = ""


@dataclass(frozen=True, slots=True)
class DigestLast:
    team: str = ""


@dataclass(frozen=True, slots=True)
class DigestWeek:
    week: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Help: ...


@dataclass(frozen=True, slots=True)
class ShowSettings: ...


@dataclass(frozen=True, slots=True)
class Privacy: ...


@dataclass(frozen=True, slots=True)
class Deliveries: ...


@dataclass(frozen=True, slots=True)
class Pause: ...


@dataclass(frozen=True, slots=True)
class Resume: ...


@dataclass(frozen=True, slots=True)
class AuditTrail: ...


@dataclass(frozen=True, slots=True)
class AskBelow:
    percent: int


@dataclass(frozen=True, slots=True)
class ShowFiling: ...


@dataclass(frozen=True, slots=True)
class Prefer:
    place: str  # "slack", "teams", "playground" or "here"


@dataclass(frozen=True, slots=True)
class Link:
    code: str = ""  # without one, a code is given


@dataclass(frozen=True, slots=True)
class Invite: ...


@dataclass(frozen=True, slots=True)
class Join:
    code: str


Command = (
    CheckInForm | Same | Skip | Snooze | Time | TimeOfTeam | Zone | Remind | Leave | LeaveOver | Mine | Stop | Start
    | Forget | GoalsTree | GoalsAdd | GoalsShow | GoalsEdit | GoalsProgress | GoalsRetire | GoalsRestore | GoalsMerge
    | GoalsUndo | TeamShow | TeamCreate | TeamAdd | TeamRemove | TeamManager | TeamDigest | TeamRhythm | TeamWeek | TeamQuestion | TeamBand
    | TeamOn | TeamOff | DigestNow | DigestLast | DigestWeek | Help | ShowSettings | Privacy | Deliveries | Pause | Resume
    | AuditTrail | AskBelow | ShowFiling | Prefer | Link | Invite | Join
)  # fmt: skip
