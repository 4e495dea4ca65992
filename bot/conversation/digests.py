"""Digests on request: this week so far, the last one, one by its week, and all lines of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.conversation.turn import Turn
from bot.messages import Message, Quote, Rule, text
from bot.views import digests as views
from checkins import digest, privacy, reading, schedule, teams
from checkins.problems import Problem, Refused
from checkins.schedule import Week
from checkins.summary import Summary
from storage import digests as stored
from storage.tables import Team

MOST_BLOCKS = 38


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


def lines(turn: Turn, subject: str) -> Message:
    """All lines of a team's week, grouped by goal, for its people and its manager."""
    name, _, first = subject.rpartition("|")
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    try:
        week = schedule.week_of(date.fromisoformat(first), team.working_days)
    except ValueError:
        raise Problem("That button is from another time. `digest` shows this week so far.") from None
    if not teams.may_see(turn.tx, turn.person, team):
        raise Refused(f"Lines of {team.name} are for its own people. You see its figures.")
    messages = views.details(digest.summarise(digest.gather(turn.tx, team, week)))
    blocks = [block for message in messages for block in (*message.blocks, Rule())][:-1]
    if not blocks:
        return Message(f"{team.name} has no lines in the {week.label}")
    hidden = sum(isinstance(block, Quote) for block in blocks[MOST_BLOCKS:])
    if hidden:
        more = text("and {hidden} more; the thread of the digest has them all.", quiet=True, hidden=hidden)
        blocks = [*blocks[:MOST_BLOCKS], more]
    return Message(f"{team.name} · all lines, {week.label}", tuple(blocks))


def _shown(turn: Turn, team: Team, week: Week) -> Message:
    summary = digest.summarise(digest.gather(turn.tx, team, week))
    if teams.may_see(turn.tx, turn.person, team):
        return views.digest(summary)
    if not turn.person.admin:
        raise Refused(f"The digest of {team.name} is for its own people and its manager.")
    return replace(views.digest(_figures(summary)), buttons=())


def _figures(summary: Summary) -> Summary:
    """What may be seen from above the team: no words of anybody, and no figure of fewer than four people."""
    if summary.answered < privacy.FEWEST:
        raise Problem(f"Figures of {summary.team} are shown above the team from {privacy.FEWEST} people on.")
    return replace(
        summary,
        work=tuple(work for work in summary.work if work.people >= privacy.FEWEST),
        other=tuple(work for work in summary.other if work.people >= privacy.FEWEST),
        no_goal=0,
        blockers=(),
        quotes=(),
        decision=None,
    )


def _this_week(turn: Turn, team: Team) -> Week:
    today = schedule.local_day(turn.now, team.zone)
    return schedule.week_of(today, team.working_days)
