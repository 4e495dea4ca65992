"""Teams by words: making one, its people, its rhythm, its digest, switching it on."""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.messages import Form, Message
from bot.conversation.context import Turn
from bot.view_values import team_values
from bot.views import teams as team_views
from checkins import standings
from checkins.errors import Gathered, PermissionDenied, UserError
from checkins.people import members, teams
from checkins.schedule import calendar
from checkins.schedule import parse as schedule_parse
from storage import database
from storage import people as stored_people
from storage.tables import Audit, Person, Team


def show(turn: Turn, *, team_name: str = "") -> Message | Form:
    """One team; for somebody in none, all of them; for an admin in a channel without one, the form that makes one."""
    is_asked_in_a_channel = not team_name and not turn.event.private
    if is_asked_in_a_channel and turn.person.admin and _has_none(turn):
        return team_views.setup(turn.event.where)
    every = stored_people.teams(turn.tx, turn.person.company_id)
    near = stored_people.teams_of(turn.tx, [turn.person.id])[turn.person.id]
    if not team_name and not near and not stored_people.managed(turn.tx, turn.person.id) and len(every) != 1:
        rows = [(team.name, len(stored_people.members(turn.tx, team.id)), team.on_at is not None) for team in every]
        return team_views.listed(rows, admin=turn.person.admin)
    team = _find(turn, team_name)
    return team_views.page(team_values.team_page(turn.tx, team), may_run=teams.may_run(turn.person, team))


def _has_none(turn: Turn) -> bool:
    return stored_people.team_in(turn.tx, turn.person.company_id, turn.event.where) is None


def set_up(turn: Turn, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form of a new team: its people, rhythm and digest at once."""
    if not turn.person.admin:
        raise PermissionDenied("Only admins can make teams.")
    if turn.found.refused:
        raise UserError(turn.found.refused)
    days = values.get("days", ())
    mask = sum(1 << int(day) for day in days if day.isdigit() and int(day) < 7)
    gathered = Gathered()
    with gathered.at("days"):
        if not mask:
            raise UserError("Choose at least one day.")
    minute = digest_minute = 0
    with gathered.at("time"):
        minute = schedule_parse.time(str(values.get("time", "")))
    with gathered.at("digest_time"):
        digest_minute = schedule_parse.time(str(values.get("digest_time", "")))
    digest_day = str(values.get("digest_day", ""))
    with gathered.at("name"):
        team = teams.create(turn.tx, turn.person.company_id, str(values.get("name", "")), turn.person.zone, turn.now)
    gathered.tell()
    _set_digest(turn, team, int(digest_day) if digest_day.isdigit() else None, digest_minute)
    if values.get("people") == "here":
        for person in _here(turn):
            members.join(turn.tx, team, person, turn.now)
    teams.set_rhythm(turn.tx, team, mask, minute, turn.now)
    if values.get("on") == "now":
        teams.switch_on(turn.tx, team, turn.now)
    _audit(turn, "team create", f"set up the team {team.name}")
    turn.tx.flush()
    return team_views.page(team_values.team_page(turn.tx, team), may_run=True)


def create(turn: Turn, *, team_name: str) -> Message:
    """A new team."""
    if not turn.person.admin:
        raise PermissionDenied("Only admins can make teams.")
    team = teams.create(turn.tx, turn.person.company_id, team_name, turn.person.zone, turn.now)
    _audit(turn, "team create", f"made the team {team.name}")
    return team_views.page(team_values.team_page(turn.tx, team), may_run=True)


def add(turn: Turn, *, people: tuple[str, ...], team_name: str = "") -> Message:
    """People into a team: by name, or with `here` everybody in this channel."""
    team = _runs(turn, team_name)
    if [word.lower() for word in people] == ["here"]:
        chosen = _here(turn)
    else:
        chosen = [_member(turn, word) for word in people]
    joined = [person.name for person in chosen if members.join(turn.tx, team, person, turn.now)]
    if not joined:
        return team_views.done(f"They are all in {team.name} already.", team.name)
    _audit(turn, "team add", f"added {_list(joined)} to {team.name}")
    on = "" if team.on_at else "Nobody is asked before “team on”."
    return team_views.done(f"{_list(joined)} {'is' if len(joined) == 1 else 'are'} in {team.name} now.", team.name, on)


def remove(turn: Turn, *, people: tuple[str, ...], team_name: str = "") -> Message:
    """People out of a team."""
    team = _runs(turn, team_name)
    chosen = [turn.person_called(word) for word in people]
    parted = [person.name for person in chosen if members.part(turn.tx, team, person, turn.now)]
    if not parted:
        return team_views.done(f"Nobody of them is in {team.name}.", team.name)
    _audit(turn, "team remove", f"took {_list(parted)} out of {team.name}")
    return team_views.done(
        f"{_list(parted)} {'is' if len(parted) == 1 else 'are'} not in {team.name} any more.", team.name
    )


def manager(turn: Turn, *, person: str, team_name: str = "") -> Message:
    """Who manages a team."""
    if not turn.person.admin:
        raise PermissionDenied("Only admins can say who manages a team.")
    team = _find(turn, team_name)
    chosen = turn.person_called(person)
    team.manager_id = chosen.id
    _audit(turn, "team manager", f"made {chosen.name} the manager of {team.name}")
    return team_views.done(f"{chosen.name} manages {team.name} now.", team.name)


def digest(
    turn: Turn, *, channel: str, day: int | None = None, minute: int | None = None, team_name: str = ""
) -> Message:
    """Where and when a team's digest is posted; the channel was tried before."""
    team = _runs(turn, team_name)
    if turn.found.refused:
        raise UserError(turn.found.refused)
    _set_digest(turn, team, day, minute)
    _audit(turn, "team digest", f"sent the digest of {team.name} to #{team.digest_channel}")
    when = calendar.DAY_NAMES[
        team.digest_weekday if team.digest_weekday is not None else calendar.week_start(team.working_days)
    ]
    said = f"The digest of {team.name} goes to #{team.digest_channel}, {when} at {calendar.clock(team.digest_minute)}."
    return team_views.done(said, team.name)


def rhythm(turn: Turn, *, days: int, minute: int, team_name: str = "") -> Message:
    """When a team is asked."""
    team = _runs(turn, team_name)
    teams.set_rhythm(turn.tx, team, days, minute, turn.now)
    words = f"{calendar.in_words(team.days)} at {calendar.clock(team.minute)}"
    _audit(turn, "team rhythm", f"set the rhythm of {team.name} to {words}")
    return team_views.done(f"{team.name} is asked {words}, each in their own time zone.", team.name)


def week(turn: Turn, *, days: int, team_name: str = "") -> Message:
    """A team's working days."""
    team = _runs(turn, team_name)
    teams.set_week(turn.tx, team, days, turn.now)
    words = calendar.in_words(team.working_days)
    _audit(turn, "team week", f"set the working days of {team.name} to {words}")
    asked = f"Asked {calendar.in_words(team.days)} at {calendar.clock(team.minute)}; “team rhythm” changes that."
    return team_views.done(f"{team.name} works {words}.", team.name, asked)


def question(turn: Turn, *, question: str, team_name: str = "") -> Message:
    """What a team is asked; `default` is the usual question."""
    team = _runs(turn, team_name)
    teams.set_question(team, question)
    _audit(turn, "team question", f"set the question of {team.name} to “{team.question or teams.USUAL_QUESTION}”")
    return team_views.done(f"{team.name} is asked: {team.question or teams.USUAL_QUESTION}", team.name)


def band(turn: Turn, *, band: tuple[int, int, int], team_name: str = "") -> Message:
    """The effort a team aims for."""
    team = _runs(turn, team_name)
    team.band_goal, team.band_firefighting, _ = band
    _audit(turn, "team band", f"set the band of {team.name} to {'/'.join(map(str, band))}")
    said = f"{team.name} aims for {band[0]}% goal work and at most {band[1]}% firefighting."
    return team_views.done(said, team.name)


def on(turn: Turn, *, team_name: str = "") -> Message:
    """Its people are welcomed, then asked."""
    team = _runs(turn, team_name)
    size = teams.switch_on(turn.tx, team, turn.now)
    _audit(turn, "team on", f"switched {team.name} on")
    digest_too = "" if team.digest_to else "Its digest has no channel yet: “team digest #channel”."
    return team_views.done(
        f"{team.name} is on: {size} {'people are' if size != 1 else 'person is'} welcomed now and asked in its rhythm.",
        team.name,
        digest_too,
    )


def off(turn: Turn, *, team_name: str = "") -> Message:
    """Nobody is asked on its account."""
    team = _runs(turn, team_name)
    teams.switch_off(turn.tx, team, turn.now)
    _audit(turn, "team off", f"switched {team.name} off")
    return team_views.done(f"{team.name} is off: nobody is asked on its account.", team.name)


def _find(turn: Turn, name: str) -> Team:
    return teams.find(turn.tx, turn.person, name, turn.event.where)


def _runs(turn: Turn, name: str) -> Team:
    team = _find(turn, name)
    teams.require(turn.person, team)
    return team


def _set_digest(turn: Turn, team: Team, weekday: int | None, minute: int | None) -> None:
    channel = turn.found.channel
    assert channel is not None
    teams.set_digest(
        turn.tx, team, channel=turn.found.where, channel_name=channel.name, is_private=not channel.is_public,
        workspace_id=turn.workspace.id, weekday=weekday, minute=minute, now=turn.now,
    )  # fmt: skip


def _member(turn: Turn, words: str) -> Person:
    person = turn.person_called(words)
    if standings.is_outsider(turn.tx, person.id):
        raise UserError(f"{person.name} is a guest, or of another organisation. A team has members only.")
    return person


def _here(turn: Turn) -> list[Person]:
    if turn.found.refused:
        raise UserError(turn.found.refused)
    found = []
    for profile in turn.found.here:
        if profile.outsider:
            continue
        known = stored_people.account(turn.tx, profile.id)
        person = known[1] if known else None
        if person is None:
            person = members.meet(
                turn.tx,
                turn.workspace,
                who=profile.id,
                address=profile.address,
                name=profile.name,
                email=profile.email,
                zone=profile.zone,
                admin=False,
                now=turn.now,
            )
        found.append(person)
    if not found:
        raise UserError("Nobody is here whom I could add. Say it in the team's channel.")
    return found


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _audit(turn: Turn, act: str, said: str) -> None:
    database.add(
        turn.tx,
        Audit(company_id=turn.person.company_id, at=turn.now, actor_id=turn.person.id, act=act, said=said),
    )
