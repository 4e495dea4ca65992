"""Digests on request: this week so far, the last one, one by its week; and the buttons under a posted one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.chat.events import Page, Reply
from bot.chat.messages import Message
from bot.conversation.context import Turn
from bot.views import digests as digest_views
from checkins import privacy
from checkins.digest import build as digest_build
from checkins.digest.summary import DigestSummary
from checkins.errors import PermissionDenied, UserError
from checkins.people import teams
from checkins.schedule import calendar
from checkins.schedule import parse as schedule_parse
from checkins.schedule.calendar import Week
from storage import digests as stored_digests
from storage.tables import Team

SEEN_WITHIN = timedelta(days=28)  # a digest that is older is history


def now(turn: Turn, *, team_name: str = "") -> Message:
    """This week so far, for the person alone. Shares wait for the digest itself."""
    team = teams.find(turn.tx, turn.person, team_name, turn.event.where)
    return _shown(turn, team, _this_week(turn, team))


def last(turn: Turn, *, team_name: str = "") -> Message:
    """The newest digest that was posted."""
    team = teams.find(turn.tx, turn.person, team_name, turn.event.where)
    newest = stored_digests.last(turn.tx, team.id)
    if newest is None:
        raise UserError(f"{team.name} has had no digest yet. `digest` shows this week so far.")
    return _shown(turn, team, Week(newest.first, newest.last))


def of_week(turn: Turn, *, week: str, team_name: str = "") -> Message:
    """One week, by its ISO name."""
    team = teams.find(turn.tx, turn.person, team_name, turn.event.where)
    meant = schedule_parse.week(week, team.working_days)
    if meant.first > _this_week(turn, team).first:
        raise UserError("That week is still to come.")
    return _shown(turn, team, meant)


def opened(turn: Turn, subject: str) -> Page:
    """The whole digest with all its lines, for its people and its manager; figures for admins."""
    team, week = _meant(turn, subject)
    summary = digest_build.summarise(digest_build.gather(turn.tx, team, week))
    posted = stored_digests.digest(turn.tx, team.id, week.first)
    if not teams.may_see(turn.tx, turn.person, team):
        _require_admin(turn, team)
        return Page(digest_views.figures(_figures(summary)))
    if posted is None and not summary.lines:
        raise UserError(f"{team.name} has nothing in the {week.label} of {week.first.year}.")
    return Page(digest_views.whole(summary, stored_digests.readers(turn.tx, posted.id) if posted else ()))


def seen(turn: Turn, subject: str) -> Reply:
    """Its manager, or an admin, says to the team that they read it; once more changes nothing."""
    team, week = _meant(turn, subject)
    if not teams.may_run(turn.person, team):
        if not teams.may_see(turn.tx, turn.person, team):
            _require_admin(turn, team)
        raise UserError(
            f"Seen is for the manager of {team.name} and admins: it tells the team that they read it. "
            "Open is for you too."
        )
    posted = stored_digests.digest(turn.tx, team.id, week.first)
    if posted is None:
        raise UserError(f"{team.name} has had no digest for the {week.label} of {week.first.year}.")
    if turn.now >= posted.due_at + SEEN_WITHIN:
        raise UserError(
            f"That digest is of the {week.label} of {week.first.year}. It stays as it is; Open still shows it."
        )
    if stored_digests.mark_read(turn.tx, posted.id, turn.person.id, turn.now):
        stored_digests.show_anew(turn.tx, posted.id, turn.now)
    return None


def _meant(turn: Turn, subject: str) -> tuple[Team, Week]:
    """The team and the week of a button under a digest."""
    name, _, first = subject.rpartition("|")
    try:
        day = date.fromisoformat(first)
    except ValueError:
        raise UserError("That button is from another time. `digest` shows this week so far.") from None
    team = teams.find(turn.tx, turn.person, name, turn.event.where)
    return team, calendar.week_of(day, team.working_days)


def _require_admin(turn: Turn, team: Team) -> None:
    if not turn.person.admin:
        raise PermissionDenied(f"The digest of {team.name} is for its own people and its manager.")


def _shown(turn: Turn, team: Team, week: Week) -> Message:
    summary = digest_build.summarise(digest_build.gather(turn.tx, team, week))
    if teams.may_see(turn.tx, turn.person, team):
        return digest_views.digest(summary)
    _require_admin(turn, team)
    return digest_views.figures(_figures(summary))


def _figures(summary: DigestSummary) -> DigestSummary:
    """What may be seen from above the team: no words of anybody, and no figure of fewer than four people."""
    if summary.answered < privacy.FEWEST:
        raise UserError(f"Figures of {summary.team} are shown above the team from {privacy.FEWEST} people on.")
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
    today = calendar.local_day(turn.now, team.zone)
    return calendar.week_of(today, team.working_days)
