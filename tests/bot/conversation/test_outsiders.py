"""Guests and people of other organisations: turned away at every door, on no list of those who are asked."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from bot.chat.events import (
    Choices,
    Edited,
    HomeOpened,
    InboundEvent,
    Invalid,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Pressed,
    QuotedMessage,
    Standing,
    Statuses,
    Submitted,
    Suggest,
)
from bot.chat.platform import OutcomeUnknown, PlatformError, Profile
from storage.tables import Account, CheckIn, Delivery, Inbox, Line, Person
from tests.support.world import World, local, seen

GUEST = "playground:gus"
SECRET = "Wrote the quilted brochure 2h"
KINDS: dict[str, tuple[type[InboundEvent], dict[str, Any]]] = {
    "typed": (MessageReceived, {"words": SECRET}),
    "a command": (MessageReceived, {"words": "goals", "command": True}),
    "edited": (Edited, {"message": "m1", "words": SECRET}),
    "a form opened": (Opened, {"name": "checkin"}),
    "a message to be saved": (Opened, {"name": "checkin", "given": QuotedMessage(SECRET, local(2, 9))}),
    "a form sent": (Submitted, {"name": "checkin", "values": {"words": SECRET}}),
    "a button": (Pressed, {"press": "goals"}),
    "home": (HomeOpened, {}),
}


@pytest.fixture
def team(world: World) -> World:
    """Four people who are asked on Tuesdays, and a guest of whom nobody knows yet."""
    world.goal("Pricing page that sells")
    world.team("Platform", ["ana", "ben", "cem", "dora"], manager="ana")
    world.introduced("ana", "ben", "cem", "dora")
    world.chat.profiles[GUEST] = Profile(GUEST, GUEST, "Gus Guest", "gus@other.example", outsider=True)
    world.chat.channels["playground:#platform"].append(GUEST)
    return world


def rows(world: World, table: Any) -> list[Any]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(table)).all())


def account(world: World, key: str) -> Account:
    with world.database.transaction() as tx:
        return tx.exec(select(Account).where(Account.who == f"playground:{key}")).one()


async def becomes(world: World, key: str, standing: Standing) -> None:
    """Their platform tells it."""
    who = f"playground:{key}"
    world.chat.profiles[who] = replace(world.chat.profiles[who], outsider=standing == "outsider")
    await world.hear(Statuses("s", world.workspace, {}, {who: standing}))


def event(world: World, kind: str, key: str = "gus") -> Any:
    made, more = KINDS[kind]
    return made(**{**world._heard(key), **more})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [False, True])
async def test_an_outsider_is_told_one_sentence_and_nothing_of_theirs_is_kept(
    team: World, kind: str, known: bool, caplog: pytest.LogCaptureFixture
) -> None:
    key = "ben" if known else "gus"
    if known:
        await becomes(team, "ben", "outsider")
    before = len(rows(team, Person))
    with caplog.at_level(logging.DEBUG):
        reply = seen(await team.hear(event(team, kind, key)))
    assert reply.startswith("Instep is for the members of this organisation")
    assert "Pricing" not in reply
    assert "keeps nothing of what they write" in reply
    assert SECRET not in caplog.text
    assert rows(team, Line) == []
    assert len(rows(team, Person)) == before
    assert all(row.body == "" for row in rows(team, Inbox))


async def test_an_outsider_who_asked_for_nothing_is_told_nothing(team: World) -> None:
    before = len(rows(team, Account))
    for made in (MemberJoined, Left):
        assert await team.hear(made(**team._heard("gus"))) is None
    suggest = Suggest(**team._heard("gus"), name="goal", field="parent", typed="pri")
    assert await team.hear(suggest) == Choices(())
    assert len(rows(team, Account)) == before


async def test_somebody_new_is_not_let_in_while_their_platform_does_not_say_who_they_are(team: World) -> None:
    before = len(rows(team, Person))
    for kind in KINDS:
        reply = await team.hear(event(team, kind, "nobody"))
        said = " ".join(reply.errors.values()) if isinstance(reply, Invalid) else seen(reply)
        assert "I cannot find out who you are just now" in said, kind
        assert "try again in a minute" in said, kind
    assert await team.hear(MemberJoined(**team._heard("nobody"))) is None
    assert len(rows(team, Person)) == before
    assert rows(team, Line) == []


async def test_a_form_that_was_sent_meanwhile_stays_open_and_is_taken_when_it_is_sent_again(
    team: World,
) -> None:
    reply = await team.submits("new", "checkin", event_key="f1", words="Pricing page copy")
    assert isinstance(reply, Invalid)
    team.chat.profiles["playground:new"] = Profile("playground:new", "playground:new", "Newcomer")
    assert "Saved" in seen(await team.submits("new", "checkin", event_key="f1", words="Pricing page copy"))


async def test_members_are_not_hindered_by_a_platform_that_does_not_answer(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    asked: list[str] = []

    async def profile(who: str) -> Profile:
        asked.append(who)
        raise OutcomeUnknown

    team.chat.profile = profile  # type: ignore[method-assign]
    await team.says("ben", "Pricing page copy")
    await team.says("ben", "Pricing page calculator")
    assert len(rows(team, Line)) == 2
    assert asked == ["playground:ben"]  # not before every event
    team.at = local(3, 15, 31)
    await team.says("ben", "mine")
    assert len(asked) == 2


async def test_standing_is_looked_at_again_a_day_later_and_not_before(team: World) -> None:
    ben = "playground:ben"
    team.at = local(3, 8)
    team.chat.profiles[ben] = replace(team.chat.profiles[ben], outsider=True)
    assert "members" not in seen(await team.says("ben", "mine"))
    team.at = local(3, 10)
    assert "members of this organisation" in seen(await team.says("ben", "mine"))
    assert account(team, "ben").outsider
    team.chat.profiles[ben] = replace(team.chat.profiles[ben], outsider=False)
    team.at = local(4, 9)
    assert "members of this organisation" in seen(await team.says("ben", "mine"))
    team.at = local(4, 11)
    assert "members of this organisation" not in seen(await team.says("ben", "mine"))
    assert not account(team, "ben").outsider


async def test_who_became_a_guest_is_not_asked_not_counted_and_stays_in_history(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    for key in ("ana", "cem", "dora"):
        await team.says(key, "Pricing page copy")
    question = team.chat.to("ben")[0].message
    await becomes(team, "ben", "outsider")
    (his,) = [row for row in rows(team, CheckIn) if row.person_id == team.read("ben").id]
    assert his.state == "expired"
    await team.lives_until(local(9, 12))
    assert len(team.chat.to("ben")) == 1  # Tuesday's question, and neither reminder nor Friday's
    digest = team.chat.to("#platform")[0].message
    assert "3 of 3" in seen(digest)
    assert team.chat.to("ben")[0].message == question
    await becomes(team, "ben", "member")
    await team.goes_to(local(10, 15, 30))
    assert len(team.chat.to("ben")) == 2


async def test_weeks_that_are_closed_keep_their_figures(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await team.says("ana", "Pricing page copy")
    await team.lives_until(local(20, 12))
    await becomes(team, "ben", "outsider")
    his = [row for row in rows(team, CheckIn) if row.person_id == team.read("ben").id]
    assert {row.day.day: row.state for row in his}[3] == "asked"


async def test_what_waits_for_somebody_who_became_a_guest_is_cancelled_and_says_why(team: World) -> None:
    await team.cycle.plan()
    team.at = local(3, 15, 30)
    await team.cycle.plan()
    await becomes(team, "ben", "outsider")
    (his,) = [row for row in rows(team, Delivery) if row.person_id == team.read("ben").id]
    assert (his.state, his.reason) == ("cancelled", "They are a guest, or of another organisation.")
    assert {row.state for row in rows(team, CheckIn) if row.person_id == his.person_id} == {"expired"}
    await team.cycle.send()
    assert team.chat.to("ben") == []


async def test_nothing_goes_to_a_guest_even_where_it_was_queued_or_is_due_to_be_edited(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    with team.database.transaction() as tx:  # as another process would leave it, or a database that was put back
        ben = tx.exec(select(Account).where(Account.who == "playground:ben")).one()
        ben.outsider = True
        (sent,) = tx.exec(select(Delivery).where(Delivery.person_id == ben.person_id)).all()
        sent.edit_at = team.at
        cem = tx.exec(select(Account).where(Account.who == "playground:cem")).one()
        cem.outsider = True
        (due,) = tx.exec(select(Delivery).where(Delivery.person_id == cem.person_id)).all()
        due.state, due.platform_id = "due", ""
    posts = sum(entry.posts for entry in team.chat.entries)
    await team.cycle.tick()
    assert (team.chat.edits, sum(entry.posts for entry in team.chat.entries)) == (0, posts)
    (his,) = [row for row in rows(team, Delivery) if row.person_id == cem.person_id]
    assert (his.state, his.reason) == ("cancelled", "They are a guest, or of another organisation.")
    (day,) = [row for row in rows(team, CheckIn) if row.person_id == cem.person_id]
    assert day.state == "expired"


async def test_a_guest_is_not_welcomed(world: World) -> None:
    world.team("Platform", ["ana", "ben"])
    await becomes(world, "ben", "outsider")
    await world.goes_to(local(2, 11))
    assert len(world.chat.to("ana")) == 1
    assert world.chat.to("ben") == []
    await becomes(world, "ben", "member")
    await world.goes_to(local(2, 12))
    assert len(world.chat.to("ben")) == 1


async def test_a_guest_is_not_reminded(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    with team.database.transaction() as tx:  # as another process would leave it, or a database that was put back
        tx.exec(select(Account).where(Account.who == "playground:ben")).one().outsider = True
    await team.goes_to(local(4, 9, 30))
    reminded = {row.person_id for row in rows(team, Delivery) if row.kind == "reminder"}
    assert reminded == {team.read(key).id for key in ("ana", "cem", "dora")}


async def test_who_is_gone_at_the_start_has_left(team: World) -> None:
    await becomes(team, "ben", "gone")
    assert team.read("ben").left_at == team.at
    await team.goes_to(local(3, 15, 30))
    assert team.chat.to("ben") == []


async def test_a_roster_says_who_became_a_guest_and_a_team_has_members_only(team: World) -> None:
    ben = "playground:ben"
    team.chat.profiles[ben] = replace(team.chat.profiles[ben], outsider=True)
    team.chat.channels["playground:#platform"].append("playground:root")
    await team.says("root", "/team create Growth")
    await team.says("root", "/team add here for Growth", where="#platform")
    assert account(team, "ben").outsider
    assert "Ben" not in seen(await team.says("root", "/team Growth"))
    assert "A team has members only" in seen(await team.says("root", "/team add @Ben for Growth"))
    assert "Ben" not in seen(await team.says("root", "/team Growth"))


async def test_what_is_kept_until_its_effect_is_there_is_kept_of_members_only(team: World) -> None:
    keep = team.conversation.kept.keep
    await keep(event(team, "typed", "ben"))
    (kept,) = rows(team, Inbox)
    assert SECRET in kept.body
    await keep(event(team, "typed", "gus"))
    await becomes(team, "cem", "outsider")
    await keep(event(team, "typed", "cem"))
    with pytest.raises(PlatformError):
        await keep(event(team, "typed", "nobody"))
    assert len(rows(team, Inbox)) == 1
    team.chat.profiles["playground:new"] = Profile("playground:new", "playground:new", "Newcomer")
    await keep(event(team, "typed", "new"))
    assert len(rows(team, Inbox)) == 2


@pytest.mark.parametrize(
    ("by_outsider", "says"),
    [(True, "somebody outside this organisation"), (None, "cannot find out just now who wrote that")],
)
async def test_what_an_outsider_wrote_is_not_saved_for_anybody(
    team: World, by_outsider: bool | None, says: str
) -> None:
    given = QuotedMessage("", local(2, 9), by_outsider=by_outsider)
    assert says in seen(await team.hear(Opened(**team._heard("ben"), name="checkin", given=given)))
