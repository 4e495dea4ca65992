"""Sets of goals and dated statements in JSONL: each set becomes a company with one team that is switched off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn

from sqlmodel import Session

from bot.transfer import addresses, filing, goal_checks, goal_plans
from bot.transfer.files import Record, Records
from bot.transfer.filing import FilingTarget, ImportedAnswer
from bot.transfer.goal_plans import GoalPlan
from bot.transfer.reports import ProgressReporter, Tally
from checkins import text
from checkins.answers import parse as answer_parse
from checkins.errors import UserError
from checkins.goals import checks
from checkins.goals import rules as goal_rules
from checkins.people import members, teams
from storage import audit, checkins
from storage import goals as stored_goals
from storage import people as stored_people
from storage.database import add_all
from storage.kinds import WorkKind
from storage.tables import Account, Company, Membership, Person

SOMEBODY = "Somebody"  # who wrote the statements that name nobody
WRITTEN_AT = time(16)  # statements have a day and no time; where they come from does not matter, so UTC
LONGEST_SET = teams.LONGEST_NAME  # it is the name of its team, too


@dataclass(frozen=True, slots=True)
class _Goal:
    """A goal as a set has it. The set and its own name for the goal are what it is known by."""

    line: int
    set: str
    goal_id: str
    title: str
    description: str
    initiatives: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement that has a date. It is known by its set, person, day and words."""

    line: int
    set: str
    person: str
    day: date
    text: str
    goal_ids: tuple[str, ...]


def take_goals(tx: Session, records: Records, now: datetime, tally: Tally, progress: ProgressReporter) -> None:
    """Brings companies and their goals to what the file says; bad lines go to the tally and change nothing."""
    sets: dict[str, dict[str, _Goal]] = {}
    for record in records.rows:
        progress.step()
        try:
            goal = _read_goal(record)
            earlier = sets.get(goal.set, {}).get(goal.goal_id)
            if earlier is not None:
                raise UserError(f"{goal.goal_id} is on line {earlier.line} already.")
        except UserError as problem:
            tally.reject(record.line, problem.sentence)
        else:
            sets.setdefault(goal.set, {})[goal.goal_id] = goal
    for name, found in sets.items():
        try:
            company = _company(tx, name, now)
        except UserError as problem:
            for goal in found.values():
                tally.reject(goal.line, problem.sentence)
        else:
            _take_goals(tx, company, list(found.values()), now, tally)


def _take_goals(tx: Session, company: Company, found: list[_Goal], now: datetime, tally: Tally) -> None:
    ids = _people(tx, company, [owner for goal in found for owner in goal.owners], now)
    present = stored_goals.goals(tx, company.id, retired=True)
    handles = {goal.id: goal.handle for goal in present}
    known = {name: handles[goal_id] for name, goal_id in audit.imported_as(tx, company.id).items()}
    plans: dict[str, GoalPlan] = {}
    for goal in found:
        try:
            handle = known.get(goal.goal_id) or _free_handle(tx, company.id, goal.title, plans)
        except UserError as problem:
            tally.reject(goal.line, problem.sentence)
            continue
        plans[handle] = GoalPlan(
            line=goal.line,
            handle=handle,
            title=goal.title,
            values={"description": goal.description},
            owners=tuple(dict.fromkeys(ids[owner] for owner in goal.owners)),
            initiatives=goal.initiatives,
            imported_as=goal.goal_id,
        )
    goal_checks.drop_misfits(plans, present, tally)
    if not tally.is_lost:
        goal_plans.keep(tx, company.id, list(plans.values()), now, tally)


def _free_handle(tx: Session, company_id: int, title: str, taken: Collection[str]) -> str:
    """A handle that neither a goal of the company nor one about to be added has."""
    base = handle = goal_rules.free_handle(tx, company_id, title)
    number = 2
    while handle in taken:
        handle, number = f"{base}-{number}", number + 1
    return handle


def take_statements(tx: Session, records: Records, now: datetime, tally: Tally, progress: ProgressReporter) -> None:
    """Adds the statements that are not there yet, filed where the set filed them; those without a date are skipped."""
    sets: dict[str, list[_Statement]] = {}
    for record in records.rows:
        progress.step()
        try:
            statement = _read_statement(record, now)
        except UserError as problem:
            tally.reject(record.line, problem.sentence)
            continue
        if statement is None:
            tally.skipped["no date"] += 1
        else:
            sets.setdefault(statement.set, []).append(statement)
    for name, found in sets.items():
        company = stored_people.company_named(tx, name)
        if company is None or not _is_set(tx, company):
            for statement in found:
                tally.reject(statement.line, f"The goals of {name} are not here yet. Import them first.")
            continue
        _take_statements(tx, company, found, now, tally, progress)


def _take_statements(
    tx: Session,
    company: Company,
    found: list[_Statement],
    now: datetime,
    tally: Tally,
    progress: ProgressReporter,
) -> None:
    goal_ids = audit.imported_as(tx, company.id)
    good: list[_Statement] = []
    for statement in found:
        unknown = [name for name in statement.goal_ids if name not in goal_ids]
        if unknown:
            tally.reject(statement.line, f"{company.name} has no goal {', '.join(unknown)}.")
        else:
            good.append(statement)
    if not good or tally.is_lost:
        return
    ids = _people(tx, company, [statement.person for statement in good], now)
    first, last = min(statement.day for statement in good), max(statement.day for statement in good)
    known = {
        (line.person_id, line.day, text.clean(line.text)) for line in checkins.written(tx, company.id, first, last)
    }
    new: list[ImportedAnswer] = []
    for statement in good:
        pieces = tuple(
            piece
            for piece in answer_parse.pieces(statement.text)
            if (ids[statement.person], statement.day, piece.text) not in known
        )
        if not pieces:
            tally.unchanged += 1
            continue
        known |= {(ids[statement.person], statement.day, piece.text) for piece in pieces}
        tally.added += 1
        new.append(
            ImportedAnswer(
                person_id=ids[statement.person],
                zone="UTC",
                day=statement.day,
                at=datetime.combine(statement.day, WRITTEN_AT, UTC),
                words=statement.text,
                pieces=pieces,
                targets=tuple(FilingTarget(goal_ids[name]) for name in statement.goal_ids)
                or (FilingTarget(None, WorkKind.OTHER),),
            )
        )
    filing.write(tx, company.id, new, _no_tagger, now, progress)
    # Everybody and every goal of a set were there all along: its digests show who and what was silent, too.
    start = datetime.combine(first, time(), UTC) - timedelta(seconds=1)
    stored_people.join_earlier(
        tx, company.id, {person.id: start for _, person in stored_people.accounts(tx, company.id)}
    )
    stored_goals.begin_earlier(tx, company.id, dict.fromkeys(goal_ids.values(), start))


def _company(tx: Session, name: str, now: datetime) -> Company:
    """The company of a set. Raises UserError when another company has its name."""
    company = stored_people.company_named(tx, name)
    if company is None:
        company = members.create_company(tx, name, addresses.of_set(name), name, now)
        teams.create(tx, company.id, name, "UTC", now)
    elif not _is_set(tx, company):
        raise UserError(f"There is a company called {name} already, and it was not made from a set.")
    return company


def _is_set(tx: Session, company: Company) -> bool:
    workspace = stored_people.workspace(tx, addresses.of_set(company.name))
    return workspace is not None and workspace.company_id == company.id


def _people(tx: Session, company: Company, names: Iterable[str], now: datetime) -> dict[str, int]:
    """Ids of the people of a set by their pseudonyms; new ones join its team."""
    workspace = stored_people.workspace(tx, addresses.of_set(company.name))
    team = stored_people.team_named(tx, company.id, company.name)
    assert workspace is not None
    wanted = {name: addresses.in_set(company.name, name) for name in names}
    ids = {account.who: person.id for account, person in stored_people.accounts(tx, company.id)}
    new = {
        who: Person(company_id=company.id, name=name, created_at=now) for name, who in wanted.items() if who not in ids
    }
    add_all(tx, new.values())
    add_all(
        tx,
        [
            Account(
                company_id=company.id,
                workspace_id=workspace.id,
                person_id=person.id,
                who=who,
                address=who,
                name=person.name,
            )
            for who, person in new.items()
        ],
    )
    if team is not None:
        add_all(tx, [Membership(team_id=team.id, person_id=person.id, since=now) for person in new.values()])
    ids |= {who: person.id for who, person in new.items()}
    return {name: ids[who] for name, who in wanted.items()}


def _read_goal(record: Record) -> _Goal:
    values = record.values
    return _Goal(
        line=record.line,
        set=_set(values),
        goal_id=_word(values, "goal_id"),
        title=checks.title(_word(values, "title")),
        description=checks.description(_word(values, "description", needed=False)),
        initiatives=_words(values, "initiatives"),
        owners=_words(values, "owner"),
    )


def _read_statement(record: Record, now: datetime) -> _Statement | None:
    """A statement; None for one without a date."""
    values = record.values
    name = _set(values)
    words = _word(values, "text")
    answer_parse.pieces(words)
    goal_ids = _words(values, "goal_ids")
    if not values.get("date"):
        return None
    written = _word(values, "date")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        raise UserError(f"“{written}” is not a date. Write it like 2026-06-30.") from None
    if day > now.date() + timedelta(days=1):
        raise UserError(f"{written} is still to come.")
    person = _word(values, "person", needed=False) or SOMEBODY
    return _Statement(record.line, name, person, day, words, goal_ids)


def _set(values: Mapping[str, Any]) -> str:
    name = " ".join(_word(values, "set").split())
    if len(name) > LONGEST_SET:
        raise UserError(f"The name of a set has 1 to {LONGEST_SET} characters.")
    return name


def _word(values: Mapping[str, Any], key: str, *, needed: bool = True) -> str:
    found = values.get(key)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or (needed and not found.strip()):
        raise UserError(f"“{key}” has to be words.")
    return text.clean(found)


def _words(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = values.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, str) and each.strip() for each in found):
        raise UserError(f"“{key}” has to be a list of words.")
    return tuple(dict.fromkeys(text.clean(each) for each in found))


def _no_tagger() -> NoReturn:
    raise AssertionError("statements say themselves where they belong")
