"""Which handler a command, a button, a form or typed words go to."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot import commands, grammar
from bot.conversation import accounts, admin, checkins, digests, goals, people, teams
from bot.conversation.turn import Turn
from bot.events import Opened, Pressed, Replace, Reply, Said, Submitted
from bot.messages import Message, Text
from bot.views import notes, welcome
from bot.views import people as people_views
from checkins import people as rules
from checkins.problems import Problem
from storage import people as stored


def said(turn: Turn, event: Said, understood: grammar.Understood | grammar.Misread | None) -> Reply:
    """Typed words: an answer, a command, or neither."""
    match understood:
        case None:
            return _greeted(turn, checkins.typed(turn, event.words))
        case grammar.Misread(sentence=sentence, marked=marked):
            return notes.problem(sentence, "" if marked else event.words)
        case grammar.Understood(command=command):
            return _commanded(turn, command)


def _greeted(turn: Turn, reply: Reply) -> Reply:
    """Somebody nobody asked yet types by themselves: they are told who we are, under what they saved."""
    if turn.person.introduced_at is None and isinstance(reply, Message):
        rules.introduce(turn.person, turn.now)
        note = _no_admin(turn)
        about = (*welcome.introduction(), note) if note is not None else welcome.introduction()
        return replace(reply, blocks=(*reply.blocks, *about))
    return reply


def _no_admin(turn: Turn) -> Text | None:
    """Said for as long as it is so: somebody has to be the first."""
    if stored.admins(turn.tx, turn.person.company_id):
        return None
    return welcome.no_admin(turn.account.who)


def _commanded(turn: Turn, command: commands.Command) -> Reply:
    match command:
        case commands.CheckInForm():
            return checkins.form(turn)
        case commands.Same():
            return checkins.same(turn)
        case commands.Skip(until=until):
            return checkins.skip_until(turn, until) if until else checkins.skip(turn)
        case commands.Snooze(length=length):
            return checkins.snooze(turn, length)
        case commands.Time(minute=minute, days=days):
            return people.time(turn, minute, days)
        case commands.TimeOfTeam():
            return people.time_of_team(turn)
        case commands.Zone(zone=zone):
            return people.zone(turn, zone)
        case commands.Remind(minutes=minutes):
            return people.remind(turn, minutes)
        case commands.Leave(days=(first, last)):
            return people.leave(turn, first, last)
        case commands.LeaveOver():
            return people.leave_over(turn)
        case commands.Mine(weeks=weeks):
            return checkins.mine(turn, weeks)
        case commands.Stop():
            return people.stop(turn)
        case commands.Start():
            return people.start(turn)
        case commands.Forget():
            return people.forget_first(turn)
        case commands.GoalsTree():
            return goals.tree(turn)
        case commands.GoalsAdd():
            return goals.add(turn, command)
        case commands.GoalsShow(goal=handle):
            return goals.show(turn, handle)
        case commands.GoalsEdit(goal=handle):
            return goals.form(turn, handle)
        case commands.GoalsProgress(goal=handle, value=value):
            return goals.progress(turn, handle, value)
        case commands.GoalsRetire(goal=handle, into=into):
            return goals.retire(turn, handle, into)
        case commands.GoalsRestore(goal=handle):
            return goals.restore(turn, handle)
        case commands.GoalsMerge(goal=handle, into=into):
            return goals.merge(turn, handle, into)
        case commands.GoalsUndo():
            return goals.undo(turn)
        case commands.TeamShow(team=name):
            return teams.show(turn, name)
        case commands.TeamCreate(name=name):
            return teams.create(turn, name)
        case commands.TeamAdd():
            return teams.add(turn, command)
        case commands.TeamRemove():
            return teams.remove(turn, command)
        case commands.TeamManager():
            return teams.manager(turn, command)
        case commands.TeamDigest():
            return teams.digest(turn, command)
        case commands.TeamRhythm():
            return teams.rhythm(turn, command)
        case commands.TeamWeek():
            return teams.week(turn, command)
        case commands.TeamQuestion():
            return teams.question(turn, command)
        case commands.TeamBand():
            return teams.band(turn, command)
        case commands.TeamOn(team=name):
            return teams.on(turn, name)
        case commands.TeamOff(team=name):
            return teams.off(turn, name)
        case commands.DigestNow(team=name):
            return digests.now(turn, name)
        case commands.DigestLast(team=name):
            return digests.last(turn, name)
        case commands.DigestWeek(week=week, team=name):
            return digests.of_week(turn, week, name)
        case commands.Help():
            return _help(turn)
        case commands.Settings():
            return people.settings_form(turn)
        case commands.Privacy():
            return people_views.privacy(turn.model_at)
        case commands.Deliveries():
            return admin.deliveries(turn)
        case commands.Pause():
            return admin.pause(turn)
        case commands.Resume():
            return admin.resume(turn)
        case commands.AuditTrail():
            return admin.trail(turn)
        case commands.Filing():
            return admin.filing(turn)
        case commands.AskBelow(percent=percent):
            return admin.ask_below(turn, percent)
        case commands.Prefer(place=place):
            return accounts.prefer(turn, place)
        case commands.Link(code=code):
            return accounts.link(turn, code)
        case commands.Invite():
            return accounts.invite(turn)
        case commands.Join(code=code):
            return accounts.join(turn, code)
        case _:
            assert_never(command)


def _help(turn: Turn) -> Message:
    rights: list[grammar.Rights] = [""]
    if turn.person.admin or stored.managed(turn.tx, turn.person.id):
        rights.append("manager")
    if turn.person.admin:
        rights.append("admin")
    return people_views.help_page(turn.person.name.split()[0], grammar.helped(rights), _no_admin(turn))


def opened(turn: Turn, event: Opened) -> Reply:
    """A form asked for by its name."""
    match event.name:
        case "checkin" if event.given is not None and event.given.by_outsider is None:
            return notes.of_somebody()
        case "checkin" if event.given is not None and event.given.by_outsider:
            return notes.of_an_outsider()
        case "checkin" if event.given is not None:
            return checkins.keep_form(turn, event.given)
        case "checkin":
            return checkins.form(turn, event.subject)
        case "move":
            return checkins.move_form(turn, event.subject)
        case "goal":
            return goals.form(turn, event.subject)
        case "settings":
            return people.settings_form(turn)
        case "team":
            return teams.show(turn, "")
        case _:
            raise Problem("That button is from another time. `help` shows what there is now.")


def submitted(turn: Turn, event: Submitted) -> Reply:
    """A form sent."""
    match event.name:
        case "checkin":
            return Replace(checkins.submitted(turn, event.subject, event.values))
        case "move":
            return Replace(checkins.moved(turn, event.values))
        case "goal":
            return goals.submitted(turn, event.subject, event.values)
        case "team":
            return teams.set_up(turn, event.values)
        case "settings":
            return people.settings(turn, event.values)
        case _:
            raise Problem("That form is from another time. Open it again.")


def pressed(turn: Turn, event: Pressed) -> Reply:
    """A tap."""
    match event.press:
        case "checkin" | "edit":
            return checkins.form(turn, event.subject)
        case "same":
            return _replaced(checkins.same(turn, event.subject))
        case "skip":
            return _replaced(checkins.skip(turn, event.subject))
        case "snooze":
            return _replaced(checkins.snooze(turn, commands.Snooze().length, event.subject))
        case "answer":
            return _replaced(checkins.typed(turn, event.subject))
        case "file":
            return checkins.file(turn, event.subject, event.value)
        case "move":
            return checkins.move_form(turn, event.subject)
        case "mix":
            return checkins.mix(turn, event.subject, event.value)
        case "blocker":
            return checkins.blocker(turn, event.subject, event.value)
        case "mine":
            return checkins.mine(turn, commands.Mine().weeks)
        case "fine":
            return people.fine(turn)
        case "settings":
            return people.settings_form(turn)
        case "zone":
            return people.zone_of_welcome(turn, event.value)
        case "privacy":
            return people_views.privacy(turn.model_at)
        case "stop":
            return _replaced(people.stop(turn))
        case "start":
            return _replaced(people.start(turn))
        case "forget":
            return people.forget(turn)
        case "goals":
            return goals.tree(turn)
        case "goal.add":
            return goals.form(turn, "")
        case "goal.show":
            return goals.show(turn, event.subject)
        case "goal.edit":
            return goals.form(turn, event.subject)
        case "goal.retire":
            return goals.retire(turn, event.subject)
        case "goal.restore":
            return goals.restore(turn, event.subject)
        case "goal.undo":
            return _replaced(goals.undo(turn))
        case "team.show":
            return teams.show(turn, event.subject)
        case "team.on":
            return _replaced(teams.on(turn, event.subject))
        case "digest.open" | "digest.lines":  # the latter is what it was called at first
            return digests.opened(turn, event.subject)
        case "digest.seen":
            return digests.seen(turn, event.subject)
        case "retry":
            return admin.retry(turn, event.value)
        case "take back":
            return admin.take_back(turn)
        case "resume":
            return _replaced(admin.resume(turn))
        case _:
            raise Problem("That button is from another time. `help` shows what there is now.")


def _replaced(reply: Reply) -> Reply:
    return Replace(reply) if isinstance(reply, Message) else reply
