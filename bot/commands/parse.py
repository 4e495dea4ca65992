"""Words to commands: the grammar in one table, and the help made from the same table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.commands import table as command_table
from checkins.errors import UserError
from checkins.goals import checks
from checkins.schedule import parse as schedule_parse

Rights = Literal["", "manager", "admin"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of argument: how help shows it, how it is read, and whether it takes several words."""

    shown: str
    read: Callable[[str, date], object]
    many: bool = False


def _handle(words: str, _: date) -> str:
    handle = words.removeprefix("#").lower()
    if not words.startswith("#") or not handle:
        raise UserError(
            f"“{words}” is not a goal. Goals have short handles like #pricing; `goals` shows them."
        )
    return handle


def _people(words: str, _: date) -> tuple[str, ...]:
    people = tuple(part.strip(",;") for part in words.split())
    for part in people:
        _person(part, _)
    return people


def _person(words: str, _: date) -> str:
    if not words.startswith("@") and words.lower() not in {"here", "me"}:
        raise UserError(f"“{words}” is not a person. Write them like @ana.")
    return words


def _channel(words: str, _: date) -> str:
    if not words.startswith("#") and words.lower() != "here":
        raise UserError(f"“{words}” is not a channel. Write it like #platform, or “here”.")
    return words


def _remind(words: str, _: date) -> int | None:
    if words.lower() in {"off", "no", "none", "never"}:
        return 0
    if words.lower() in {"morning", "default", "on"}:
        return None
    minutes = int(schedule_parse.duration(words).total_seconds() // 60)
    if not 10 <= minutes <= 24 * 60:
        raise UserError("A reminder comes between 10 minutes and 24 hours after the question.")
    return minutes


def _days_off(words: str, today: date) -> tuple[date, date]:
    first, _, last = (part.strip() for part in re.sub(r"\.\.+|…|–| to | until ", "..", words).partition(".."))
    span = schedule_parse.day(first, today), schedule_parse.day(last or first, today)
    if span[1] < span[0]:
        raise UserError("That leave ends before it begins. Write it like leave 2026-07-01..2026-07-14.")
    if (span[1] - span[0]).days > 366:
        raise UserError(
            "That leave is longer than a year. Use `stop` to pause for good, and `start` to come back."
        )
    return span


def _weeks(words: str, _: date) -> int:
    if not words.isdigit() or not 1 <= int(words) <= 52:
        raise UserError(f"“{words}” is not a number of weeks between 1 and 52.")
    return int(words)


def _sure(words: str, _: date) -> int:
    told = words.removesuffix("%")
    if not told.isdigit() or int(told) > 95:
        raise UserError(f"“{words}” is not how sure. Write a whole number from 0 (never ask) to 95.")
    return int(told)


def _band(words: str, _: date) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,3})%?/(\d{1,3})%?/(\d{1,3})%?", words)
    parts = tuple(int(part) for part in match.groups()) if match else ()
    if len(parts) != 3 or sum(parts) != 100:
        raise UserError(
            "A band is three shares that sum to 100: goal work/firefighting/the rest, like 60/25/15."
        )
    return parts


def _week(words: str, _: date) -> str:
    schedule_parse.week(words, 31)
    return words


def _one_day(words: str, _: date) -> int:
    mask = schedule_parse.days(words)
    if mask.bit_count() != 1:
        raise UserError(f"“{words}” is more than one day. Name one, like Mon.")
    return mask.bit_length() - 1


def _platform(words: str, _: date) -> str:
    if words.lower() not in {"slack", "teams", "playground", "here"}:
        raise UserError(f"“{words}” is not where I could ask you. Say slack, teams or here.")
    return words.lower()


def _code(words: str, _: date) -> str:
    plain = words.replace("-", "").replace(" ", "")
    if not plain.isalnum() or len(plain) != 10:
        raise UserError(f"“{words}” is not a code. One looks like K7QFM-2X9RT.")
    return words


_TITLE = Kind('"Title"', lambda words, _: words, many=True)
_NAME = Kind("NAME", lambda words, _: words, many=True)
_GOAL = Kind("#goal", _handle)
_PERSON = Kind("@person", _person)
_PEOPLE = Kind("@a @b|here", _people, many=True)
_CHANNEL = Kind("#channel|here", _channel)
_DATE = Kind("DATE", schedule_parse.day, many=True)
_DATES = Kind("DATE..DATE", _days_off, many=True)
_DAY = Kind("DAY", _one_day)
_DAYS = Kind("DAYS", lambda words, _: schedule_parse.days(words))
_TIME = Kind("TIME", lambda words, _: schedule_parse.time(words))
_ZONE = Kind("ZONE", lambda words, _: schedule_parse.zone(words), many=True)
_LENGTH = Kind("1h", lambda words, _: schedule_parse.duration(words), many=True)
_REMIND = Kind("60m|morning|off", _remind, many=True)
_WEEKS = Kind("WEEKS", _weeks)
_WEIGHT = Kind("N", lambda words, _: checks.weight(words))
_SURE = Kind("75%", _sure)
_TEAMS = Kind(
    "TEAM;TEAM", lambda words, _: tuple(part.strip() for part in words.split(";") if part.strip()), many=True
)
_VALUE = Kind("NUMBER|STATUS", lambda words, _: words, many=True)
_PLATFORM = Kind("slack|teams|here", _platform)
_CODE = Kind("CODE", _code, many=True)
_BAND = Kind("60/25/15", _band)
_WEEK = Kind("2026-W10", _week)


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument; with `keyword` it is named (`under #goal`) and may stand anywhere."""

    name: str
    kind: Kind
    keyword: str = ""
    optional: bool = False

    @property
    def usage(self) -> str:
        words = f"{self.keyword} {self.kind.shown}".strip()
        return f"[{words}]" if self.optional else words


@dataclass(frozen=True, slots=True)
class Spec:
    """One row of the grammar: the words that call it, its arguments, its sentence in the help."""

    words: str
    make: Callable[..., command_table.Command]
    says: str
    args: tuple[Arg, ...] = ()
    rights: Rights = ""

    @property
    def usage(self) -> str:
        return " ".join([f"/{self.words}", *(arg.usage for arg in self.args)])


def _option(keyword: str, kind: Kind, name: str = "") -> Arg:
    return Arg(name or keyword, kind, keyword, optional=True)


_FOR = _option("for", _NAME, "team")
_OPTIONAL_LENGTH = Arg("length", _LENGTH, optional=True)

GRAMMAR: tuple[Spec, ...] = (
    Spec("checkin", command_table.CheckInForm, "open the check-in form"),
    Spec("same", command_table.Same, "answer with the same lines as last time"),
    Spec("skip", command_table.Skip, "skip today, or every day until a date", (_option("until", _DATE),)),
    Spec("snooze", command_table.Snooze, "be asked again in a while", (_OPTIONAL_LENGTH,)),
    Spec("time", command_table.Time, "choose when you are asked", (Arg("minute", _TIME), Arg("days", _DAYS, optional=True))),
    Spec("time team", command_table.TimeOfTeam, "go back to your team's rhythm"),
    Spec("zone", command_table.Zone, "set your time zone", (Arg("zone", _ZONE),)),
    Spec("remind", command_table.Remind, "choose your one reminder, or none", (Arg("minutes", _REMIND),)),
    Spec("leave", command_table.Leave, "days off: not asked, not counted", (Arg("days", _DATES),)),
    Spec("leave over", command_table.LeaveOver, "end your leave from today"),
    Spec("prefer", command_table.Prefer, "where I ask you, if you use both", (Arg("place", _PLATFORM),)),
    Spec("mine", command_table.Mine, "your last weeks", (Arg("weeks", _WEEKS, optional=True),)),
    Spec("stop", command_table.Stop, "no more questions, until `start`"),
    Spec("start", command_table.Start, "be asked again"),
    Spec("forget", command_table.Forget, "delete every word you wrote"),
    Spec("goals", command_table.GoalsTree, "all goals"),
    Spec(
        "goals add",
        command_table.GoalsAdd,
        "add a goal; without words, a form",
        (
            Arg("title", _TITLE, optional=True),
            _option("under", _GOAL),
            _option("owner", _PERSON),
            _option("by", _DATE),
            _option("weight", _WEIGHT),
            _option("needs", _TEAMS),
        ),
        "admin",
    ),
    Spec("goals show", command_table.GoalsShow, "one goal and its story", (Arg("goal", _GOAL),)),
    Spec("goals edit", command_table.GoalsEdit, "change a goal in a form", (Arg("goal", _GOAL),), "admin"),
    Spec(
        "goals progress",
        command_table.GoalsProgress,
        "set its number, or on track, at risk, off track, done",
        (Arg("goal", _GOAL), Arg("value", _VALUE)),
    ),
    Spec(
        "goals retire",
        command_table.GoalsRetire,
        "end a goal; its lines stay, or go into another",
        (Arg("goal", _GOAL), _option("into", _GOAL)),
        "admin",
    ),
    Spec("goals restore", command_table.GoalsRestore, "bring a retired goal back", (Arg("goal", _GOAL),), "admin"),
    Spec(
        "goals merge",
        command_table.GoalsMerge,
        "move a goal's lines into another and retire it",
        (Arg("goal", _GOAL), Arg("into", _GOAL, "into")),
        "admin",
    ),
    Spec("goals undo", command_table.GoalsUndo, "take back your last change of a goal (10 minutes)", (), "admin"),
    Spec("team", command_table.TeamShow, "your team: people, rhythm, digest", (_FOR,)),
    Spec("team create", command_table.TeamCreate, "make a team", (Arg("name", _NAME),), "admin"),
    Spec("team add", command_table.TeamAdd, "add people", (Arg("people", _PEOPLE), _FOR), "manager"),
    Spec("team remove", command_table.TeamRemove, "take people out", (Arg("people", _PEOPLE), _FOR), "manager"),
    Spec("team manager", command_table.TeamManager, "say who manages it", (Arg("person", _PERSON), _FOR), "admin"),
    Spec(
        "team digest",
        command_table.TeamDigest,
        "where and when its digest is posted",
        (Arg("channel", _CHANNEL), Arg("day", _DAY, optional=True), Arg("minute", _TIME, optional=True), _FOR),
        "manager",
    ),
    Spec(
        "team rhythm", command_table.TeamRhythm, "when its people are asked", (Arg("days", _DAYS), Arg("minute", _TIME), _FOR), "manager"
    ),
    Spec(
        "team week",
        command_table.TeamWeek,
        "its working days: its week begins on the first of them",
        (Arg("days", _DAYS), _FOR),
        "manager",
    ),
    Spec(
        "team question",
        command_table.TeamQuestion,
        "what its people are asked, in your words, or “default”",
        (Arg("question", Kind('"Question?"', lambda words, _: words, many=True)), _FOR),
        "manager",
    ),
    Spec("team band", command_table.TeamBand, "the effort you aim for: goal work/firefighting/rest", (Arg("band", _BAND), _FOR), "manager"),
    Spec("team on", command_table.TeamOn, "switch it on: its people are welcomed and asked", (_FOR,), "manager"),
    Spec("team off", command_table.TeamOff, "switch it off: nobody in it is asked", (_FOR,), "manager"),
    Spec("digest", command_table.DigestNow, "this week so far, for you alone", (_FOR,)),
    Spec("digest last", command_table.DigestLast, "the last digest", (_FOR,)),
    Spec("digest week", command_table.DigestWeek, "the digest of one week", (Arg("week", _WEEK), _FOR)),
    Spec("instep", command_table.Help, "what I do and what you can say"),
    Spec("instep help", command_table.Help, "what I do and what you can say"),
    Spec("instep settings", command_table.ShowSettings, "your rhythm, zone and reminder, in one form"),
    Spec("instep privacy", command_table.Privacy, "who sees what"),
    Spec("instep link", command_table.Link, "make another account of yours one with this one", (Arg("code", _CODE, optional=True),)),
    Spec("instep invite", command_table.Invite, "a code for another workspace of this company", (), "admin"),
    Spec("instep join", command_table.Join, "bring this workspace into the company of a code", (Arg("code", _CODE),), "admin"),
    Spec("instep deliveries", command_table.Deliveries, "what was sent, what waits, what failed and why", (), "admin"),
    Spec("instep pause", command_table.Pause, "stop all sending at once", (), "admin"),
    Spec("instep resume", command_table.Resume, "send again", (), "admin"),
    Spec("instep filing", command_table.ShowFiling, "how well lines are filed, week by week", (), "admin"),
    Spec("instep ask", command_table.AskBelow, "ask about a line when less sure than this", (Arg("percent", _SURE),), "admin"),
    Spec("instep audit", command_table.AuditTrail, "who changed what", (), "admin"),
)  # fmt: skip

_BY_WORDS = {spec.words: spec for spec in GRAMMAR} | {
    "help": next(s for s in GRAMMAR if s.words == "instep help")
}
_FIRST = sorted({spec.words.split()[0] for spec in GRAMMAR} | {"help"})
_PRECISE = {
    "leave",
    "zone",
    "time",
    "remind",
    "snooze",
    "skip",
}  # rarely the first word of an answer with a number
_SHORT = 200  # longer than this, or on several lines, is an answer


@dataclass(frozen=True, slots=True)
class Understood:
    """A command, the row it came from, and whether it was marked as one (a slash, a mention)."""

    command: command_table.Command
    spec: Spec
    marked: bool


@dataclass(frozen=True, slots=True)
class Misread:
    """Meant as a command, and not one: the sentence to show. Unmarked words may still have been an answer."""

    sentence: str
    marked: bool


def parse(words: str, today: date, *, marked: bool) -> Understood | Misread | None:
    """What the words ask for; None when they are an answer.

    Marked words are always a command. Others are one only when short, on one line, and either a command alone
    or a command word with a verb or argument it knows: "digest page shipped 2h" is an answer.
    """
    words = words.strip()
    marked = marked or words.startswith("/")
    if not marked and (len(words) > _SHORT or "\n" in words or words.startswith(("-", "*", "•"))):
        return None
    tokens = _tokens(words.removeprefix("/"))
    if tokens and tokens[0].lower() == "instep" and len(tokens) > 1 and tokens[1].lower() in _FIRST:
        tokens = tokens[1:]
    if not tokens:
        return Understood(command_table.Help(), _BY_WORDS["help"], marked=True) if marked else None
    first = tokens[0].lower()
    if first not in _FIRST:
        return Misread(_unknown(tokens[0]), marked=True) if marked else None
    spec, rest = _spec(tokens)
    bare = len(spec.words.split()) == 1
    try:
        values = _read(spec, rest, today)
    except UserError as problem:
        meant = spec.words in _PRECISE and _looks_meant(spec, rest)
        if marked or not bare or meant:
            return Misread(_misread(spec, first, rest, problem, marked=marked), marked)
        return None
    return Understood(spec.make(**values), spec, marked)


def _looks_meant(spec: Spec, rest: Sequence[str]) -> bool:
    """Few words, and one of them a number or nearly a word this command knows: a slip, not an answer."""
    if len(rest) == 1:
        return True
    keywords = [arg.keyword for arg in spec.args if arg.keyword]
    near = any(difflib.get_close_matches(word.lower(), keywords, n=1, cutoff=0.8) for word in rest)
    return len(rest) < 4 and (near or re.search(r"\d", " ".join(rest)) is not None)


def helped(rights: Sequence[Rights]) -> list[tuple[str, str]]:
    """Usage and sentence of every command somebody with these rights may use, in the table's order."""
    return [(spec.usage, spec.says) for spec in GRAMMAR if spec.rights in rights and spec.words != "instep"]


def _spec(tokens: Sequence[str]) -> tuple[Spec, list[str]]:
    two = " ".join(tokens[:2]).lower()
    if len(tokens) > 1 and two in _BY_WORDS:
        return _BY_WORDS[two], list(tokens[2:])
    return _BY_WORDS[tokens[0].lower()], list(tokens[1:])


def _misread(spec: Spec, first: str, rest: Sequence[str], problem: UserError, *, marked: bool) -> str:
    verbs = [known.split()[1] for known in _BY_WORDS if known.startswith(f"{first} ")]
    if marked and verbs and spec.words == first and rest:
        near = difflib.get_close_matches(rest[0].lower(), verbs, n=1, cutoff=0.5)
        hint = f" Did you mean `/{first} {near[0]}`?" if near else f" There is {', '.join(sorted(verbs))}."
        if not spec.args or near:
            return f"I do not know “{first} {rest[0]}”.{hint}"
    return f"{problem.sentence}\nIt goes like this: `{spec.usage}`"


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word.lower(), _FIRST, n=1, cutoff=0.5)
    hint = f" Did you mean `/{near[0]}`?" if near else ""
    return f"I do not know “{word}”.{hint} `/instep help` shows everything."


def _tokens(words: str) -> list[str]:
    """Words, with what stands in double quotes of any kind as one; a quote inside a word is a letter."""
    found = re.findall(r"[\"“”„«](.+?)[\"“”»](?=\s|$)|(\S+)", words)
    return [quoted or plain for quoted, plain in found]


def _read(spec: Spec, tokens: Sequence[str], today: date) -> dict[str, object]:
    """The arguments by name. Raises UserError for one that is missing, misread or too many."""
    keywords = {arg.keyword: arg for arg in spec.args if arg.keyword}
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
    for arg in spec.args:
        if arg.keyword:
            if arg.keyword in parts:
                if not parts[arg.keyword]:
                    raise UserError(f"Something is missing after “{arg.keyword}”.")
                values[arg.name] = arg.kind.read(" ".join(parts[arg.keyword]), today)
            elif not arg.optional:
                raise UserError(f"Something is missing: {arg.usage}.")
            continue
        if not loose:
            if not arg.optional:
                raise UserError(f"Something is missing: {arg.kind.shown}.")
            continue
        taken = " ".join(loose) if arg.kind.many else loose[0]
        try:
            values[arg.name] = arg.kind.read(taken, today)
        except UserError:
            if not arg.optional:
                raise
            continue
        loose = [] if arg.kind.many else loose[1:]
    if loose:
        raise UserError(f"I do not know what to do with “{' '.join(loose)}”.")
    return values
