"""Digests on request: this week so far, the last one, one by its week; and the buttons under a posted one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.conversation.turn import Turn
from bot.events import Page, Reply
from bot.messages import Message
from bot.views import digests as views
from checkins import digest, privacy, reading, schedule, teams
from checkins.problems import Problem, Refused
from checkins.schedule import Week
from checkins.summary import Summary
from storage import digests as stored
from storage.tables import Team

SEEN_WITHIN = timedelta(days=28)  # a digest that is older is history


def now(turn: Turn, name: str) -> Message:
    """This week so far, for the person alone. Shares wait for the digest itself."""
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    return _shown(turn, team, _this_week(turn, team))


def last(turn: Turn, name: str) -> Message:
    """The newest digest that was posted."""
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    newest = stored.last(turn.tx, team.id)
    if newest is None:
        raise Problem(f"{team.name} has had no digest yet. `digest` shows this week so far.")
    return _shown(turn, team, Week(newest.first, newest.last))


def of_week(turn: Turn, iso: str, name: str) -> Message:
    """One week."""
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    week = reading.week(iso, team.working_days)
    if week.first > _this_week(turn, team).first:
        raise Problem("That week is still to come.")
    return _shown(turn, team, week)


def opened(turn: Turn, subject: str) -> Page:
    """The whole digest with all its lines, for its people and its manager; figures for admins."""
    team, week = _meant(turn, subject)
    summary = digest.summarise(digest.gather(turn.tx, team, week))
    posted = stored.digest(turn.tx, team.id, week.first)
    if not teams.may_see(turn.tx, turn.person, team):
        _require_admin(turn, team)
        return Page(views.figures(_figures(summary)))
    if posted is None and not summary.lines:
        raise Problem(f"{team.name} has nothing in the {week.label} of {week.first.year}.")
    return Page(views.whole(summary, stored.readers(turn.tx, posted.id) if posted else ()))


def seen(turn: Turn, subject: str) -> Reply:
    """Its manager, or an admin, says to the team that they read it; once more changes nothing."""
    team, week = _meant(turn, subject)
    if not teams.may_run(turn.person, team):
        if not teams.may_see(turn.tx, turn.person, team):
            _require_admin(turn, team)
        raise Problem(
            f"Seen is for the manager of {team.name} and admins: it tells the team that they read it. "
            "Open is for you too."
        )
    posted = stored.digest(turn.tx, team.id, week.first)
    if posted is None:
        raise Problem(f"{team.name} has had no digest for the {week.label} of {week.first.year}.")
    if turn.now >= posted.due_at + SEEN_WITHIN:
        raise Problem(
            f"That digest is of the {week.label} of {week.first.year}. It stays as it is; Open still shows it."
        )
    if stored.mark_read(turn.tx, posted.id, turn.person.id, turn.now):
        stored.show_anew(turn.tx, posted.id, turn.now)
    return None


def _meant(turn: Turn, subject: str) -> tuple[Team, Week]:
    """The team and the week of a button under a digest."""
    name, _, first = subject.rpartition("|")
    try:
        day = date.fromisoformat(first)
    except ValueError:
        raise Problem("That button is from another time. `digest` shows this week so far.") from None
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    return team, schedule.week_of(day, team.working_days)


def _require_admin(turn: Turn, team: Team) -> None:
    if not turn.person.admin:
        raise Refused(f"The digest of {team.name} is for its own people and its manager.")


def _shown(turn: Turn, team: Team, week: Week) -> Message:
    summary = digest.summarise(digest.gather(turn.tx, team, week))
    if teams.may_see(turn.tx, turn.person, team):
        return views.digest(summary)
    _require_admin(turn, team)
    return views.figures(_figures(summary))


def _figures(summary: Summary) -> Summary:
    """What may be seen from above the team: no words of anybody, and no figure of fewer than four people."""
    if summary.answered < privacy.FEWEST:
        raise Problem(f"Figures of {summary.team} are shown above the team from {privacy.FEWEST} people on.")
    work = tuple(each for each in summary.work if each.people >= privacy.FEWEST)
    other = tuple(each for each in summary.other if each.people >= privacy.FEWEST)
    return replace(
        summary,
        # Of what is shown, as the rest would be what few people wrote.
        lines=sum(each.lines for each in (*work, *other)),
        finished=sum(each.finished for each in (*work, *other)),
        late=0,
        work=work,
        other=other,
        no_goal=0,
        blockers=(),
        quotes=(),
        decision=None,
    )


def _this_week(turn: Turn, team: Team) -> Week:
    today = schedule.local_day(turn.now, team.zone)
    return schedule.week_of(today, team.working_days)
