"""Which handler a command, a button, a form or typed words go to."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from bot.chat.events import MessageReceived, Opened, Pressed, Replace, Reply, Submitted
from bot.chat.messages import Message, Text
from bot.commands import parse as command_parse
from bot.commands import table as command_table
from bot.conversation.context import Turn
from bot.conversation.handlers import accounts, admin, checkins, digests, goals, people, teams
from bot.views import notes, welcome
from bot.views import people as people_views
from checkins.answers import questions
from checkins.errors import UserError
from checkins.people import members
from storage import people as stored_people


def said(
    turn: Turn, event: MessageReceived, understood: command_parse.Understood | command_parse.Misread | None
) -> Reply:
    """Typed words: an answer, a command, or neither."""
    match understood:
        case None:
            return _greeted(turn, checkins.typed(turn, event.words))
        case command_parse.Misread(sentence=sentence, marked=marked):
            return notes.problem(sentence, "" if marked else event.words)
        case command_parse.Understood(command=command):
            return _commanded(turn, command)


def _greeted(turn: Turn, reply: Reply) -> Reply:
    """Somebody nobody asked yet types by themselves: they are told who we are, under what they saved."""
    if turn.person.introduced_at is None and isinstance(reply, Message):
        members.introduce(turn.person, turn.now)
        note = _no_admin(turn)
        about = (*welcome.introduction(), note) if note is not None else welcome.introduction()
        return replace(reply, blocks=(*reply.blocks, *about))
    return reply


def _no_admin(turn: Turn) -> Text | None:
    """Said for as long as it is so: somebody has to be the first."""
    if stored_people.admins(turn.tx, turn.person.company_id):
        return None
    return welcome.no_admin(turn.account.who)


def _commanded(turn: Turn, command: command_table.Command) -> Reply:
    match command:
        case command_table.CheckInForm():
            return checkins.form(turn)
        case command_table.Same():
            return checkins.same(turn)
        case command_table.Skip(until=until):
            return checkins.skip_until(turn, until) if until else checkins.skip(turn)
        case command_table.Snooze(length=length):
            return checkins.snooze(turn, length)
        case command_table.Time(minute=minute, days=days):
            return people.time(turn, minute, days)
        case command_table.TimeOfTeam():
            return people.time_of_team(turn)
        case command_table.Zone(zone=zone):
            return people.zone(turn, zone)
        case command_table.Remind(minutes=minutes):
            return people.remind(turn, minutes)
        case command_table.Leave(days=(first, last)):
            return people.leave(turn, first, last)
        case command_table.LeaveOver():
            return people.leave_over(turn)
        case command_table.Mine(weeks=weeks):
            return checkins.mine(turn, weeks)
        case command_table.Stop():
            return people.stop(turn)
        case command_table.Start():
            return people.start(turn)
        case command_table.Forget():
            return people.forget_first(turn)
        case command_table.GoalsTree():
            return goals.tree(turn)
        case command_table.GoalsAdd():
            return goals.add(turn, command)
        case command_table.GoalsShow(goal=handle):
            return goals.show(turn, handle)
        case command_table.GoalsEdit(goal=handle):
            return goals.form(turn, handle)
        case command_table.GoalsProgress(goal=handle, value=value):
            return goals.progress(turn, handle, value)
        case command_table.GoalsRetire(goal=handle, into=into):
            return goals.retire(turn, handle, into)
        case command_table.GoalsRestore(goal=handle):
            return goals.restore(turn, handle)
        case command_table.GoalsMerge(goal=handle, into=into):
            return goals.merge(turn, handle, into)
        case command_table.GoalsUndo():
            return goals.undo(turn)
        case command_table.TeamShow(team=name):
            return teams.show(turn, name)
        case command_table.TeamCreate(name=name):
            return teams.create(turn, name)
        case command_table.TeamAdd():
            return teams.add(turn, command)
        case command_table.TeamRemove():
            return teams.remove(turn, command)
        case command_table.TeamManager():
            return teams.manager(turn, command)
        case command_table.TeamDigest():
            return teams.digest(turn, command)
        case command_table.TeamRhythm():
            return teams.rhythm(turn, command)
        case command_table.TeamWeek():
            return teams.week(turn, command)
        case command_table.TeamQuestion():
            return teams.question(turn, command)
        case command_table.TeamBand():
            return teams.band(turn, command)
        case command_table.TeamOn(team=name):
            return teams.on(turn, name)
        case command_table.TeamOff(team=name):
            return teams.off(turn, name)
        case command_table.DigestNow(team=name):
            return digests.now(turn, name)
        case command_table.DigestLast(team=name):
            return digests.last(turn, name)
        case command_table.DigestWeek(week=week, team=name):
            return digests.of_week(turn, week, name)
        case command_table.Help():
            return _help(turn)
        case command_table.ShowSettings():
            return people.settings_form(turn)
        case command_table.Privacy():
            return people_views.privacy(turn.model_at)
        case command_table.Deliveries():
            return admin.deliveries(turn)
        case command_table.Pause():
            return admin.pause(turn)
        case command_table.Resume():
            return admin.resume(turn)
        case command_table.AuditTrail():
            return admin.trail(turn)
        case command_table.ShowFiling():
            return admin.filing(turn)
        case command_table.AskBelow(percent=percent):
            return admin.ask_below(turn, percent)
        case command_table.Prefer(place=place):
            return accounts.prefer(turn, place)
        case command_table.Link(code=code):
            return accounts.link(turn, code)
        case command_table.Invite():
            return accounts.invite(turn)
        case command_table.Join(code=code):
            return accounts.join(turn, code)
        case _:
            assert_never(command)


def _help(turn: Turn) -> Message:
    rights: list[command_parse.Rights] = [""]
    if turn.person.admin or stored_people.managed(turn.tx, turn.person.id):
        rights.append("manager")
    if turn.person.admin:
        rights.append("admin")
    return people_views.help_page(turn.person.name.split()[0], command_parse.helped(rights), _no_admin(turn))


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
            raise UserError("That button is from another time. `help` shows what there is now.")


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
            raise UserError("That form is from another time. Open it again.")


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
            return _replaced(checkins.snooze(turn, command_table.Snooze().length, event.subject))
        case "answer":
            return _replaced(checkins.typed(turn, event.subject))
        case "file":
            return checkins.file(turn, event.subject, event.value)
        case "move":
            return checkins.move_form(turn, event.subject)
        case "blocker":
            return checkins.blocker(turn, event.subject, event.value)
        case "mine":
            return checkins.mine(turn, command_table.Mine().weeks)
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
        case name if (question := questions.named(name)) is not None:
            return checkins.tap(turn, question, event.subject, event.value)
        case _:
            raise UserError("That button is from another time. `help` shows what there is now.")


def _replaced(reply: Reply) -> Reply:
    return Replace(reply) if isinstance(reply, Message) else reply
