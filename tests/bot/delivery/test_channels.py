"""A digest's channel is looked at before anything is shown in it: who reads along there changes after it was chosen."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.chat.events import ChannelChanged
from bot.chat.messages import Message
from bot.chat.platform import Channel, OutcomeUnknown, PlatformError, RateLimited, Unreachable
from bot.delivery import content
from bot.delivery.cycle import Cycle
from bot.delivery.timing import Timing
from storage.tables import Delivery
from tests.support.world import World, local, seen

WHERE = "playground:#platform"
SHARED = "#platform is shared with another company, which would read along."


@pytest.fixture
async def team(world: World) -> World:
    """A team that answered on Tuesday; its digest is due on Monday at ten."""
    world.goal("Pricing page that sells")
    world.team("Platform", ["ana", "ben"], manager="ana")
    world.introduced("ana", "ben")
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "Pricing page copy")
    await world.lives_until(local(9, 9))
    world.chat.looks.clear()
    return world


def sent(world: World, *kinds: str) -> list[Delivery]:
    with world.database.transaction() as tx:
        rows = tx.exec(select(Delivery).order_by(Delivery.id)).all()  # type: ignore[arg-type]
    return [row for row in rows if row.kind in (kinds or ("digest", "detail"))]


def posted(world: World) -> list[str]:
    return [seen(entry.message) for entry in world.chat.to("#platform")]


async def test_a_channel_where_others_read_along_gets_no_digest_and_says_why(team: World) -> None:
    team.chat.fail_looks.append(Unreachable(SHARED))
    await team.lives_until(local(9, 12))
    assert posted(team) == []
    digest = sent(team, "digest")[0]
    assert (digest.state, digest.reason) == ("unreachable", SHARED)


@pytest.mark.parametrize(
    ("trouble", "wait"), [(RateLimited(90), 90), (OutcomeUnknown(), 30)], ids=["asked to wait", "no answer"]
)
async def test_a_platform_that_does_not_say_gets_no_digest_until_it_does(
    team: World, monkeypatch: pytest.MonkeyPatch, trouble: PlatformError, wait: int
) -> None:
    monkeypatch.setitem(content.NOTICES, "test", lambda _, which: Message(which))
    team.chat.fail_looks.append(trouble)
    await team.goes_to(local(9, 10))
    assert posted(team) == []
    (digest,) = sent(team, "digest")
    assert (digest.state, digest.due_at) == ("due", team.at + timedelta(seconds=wait))
    await team.says("root", "/team create Growth")  # the workspace is not paused for it
    with team.database.transaction() as tx:
        tx.add(
            Delivery(
                company_id=digest.company_id, workspace_id=digest.workspace_id, dedup_key="notice|1", kind="notice",
                to="playground:ben", subject="test:Still here", due_at=team.at, created_at=team.at,
            )
        )  # fmt: skip
    await team.goes_to(team.at + timedelta(seconds=1))
    assert [seen(entry.message) for entry in team.chat.to("ben")][-1] == "Still here"
    await team.goes_to(team.at + timedelta(seconds=wait))
    assert len(posted(team)) == 2
    assert all(entry.posts == 1 for entry in team.chat.to("#platform"))


async def test_a_look_that_hangs_is_no_doubt_about_the_digest(team: World) -> None:
    hangs = asyncio.Event()

    async def check(where: str) -> Channel:
        await hangs.wait()
        raise AssertionError(where)

    team.chat.check = check  # type: ignore[method-assign]
    timing = Timing(timeout=timedelta(seconds=0.5))
    team.cycle = Cycle(team.database, {"playground": team.chat}, lambda: team.at, timing=timing)
    await team.goes_to(local(9, 10))
    assert posted(team) == []
    assert [row.state for row in sent(team)] == ["due", "due"]


async def test_a_process_that_stops_while_it_looks_leaves_the_digest_due(team: World) -> None:
    looking, hangs = asyncio.Event(), asyncio.Event()

    async def check(where: str) -> Channel:
        looking.set()
        await hangs.wait()
        raise AssertionError(where)

    team.chat.check = check  # type: ignore[method-assign]
    team.at = local(9, 10)
    tick = asyncio.create_task(team.cycle.tick())
    await looking.wait()
    await team.cycle.stop(0.2)
    await tick
    assert {row.state for row in sent(team)} == {"due"}


async def test_replies_in_the_thread_rely_on_a_look_of_the_last_half_minute(team: World) -> None:
    await team.goes_to(local(9, 10))
    assert team.chat.looks == [WHERE]
    for later, looks in ((30, 1), (1, 2)):
        team.at += timedelta(seconds=later)
        with team.database.transaction() as tx:
            (detail,) = tx.exec(select(Delivery).where(Delivery.kind == "detail")).all()
            detail.state = "due"
        await team.cycle.send()
        assert len(team.chat.looks) == looks


async def test_a_channel_that_changed_is_looked_at_again_before_the_next_reply(team: World) -> None:
    await team.goes_to(local(9, 10))
    team.cycle.channels.changed("playground:#elsewhere")
    for changed, looks in ((False, 1), (True, 2)):
        with team.database.transaction() as tx:
            (detail,) = tx.exec(select(Delivery).where(Delivery.kind == "detail")).all()
            detail.state = "due"
        if changed:
            team.chat.fail_looks.append(Unreachable(SHARED))
            team.cycle.channels.changed(WHERE)
        await team.cycle.send()
        assert len(team.chat.looks) == looks
    assert sent(team, "detail")[0].state == "unreachable"


async def test_what_the_platform_tells_of_a_channel_reaches_whoever_sends(team: World) -> None:
    from bot.conversation.dispatcher import Conversation

    conversation = Conversation(
        team.database, {"playground": team.chat}, team.taggers, admins=frozenset(), now=lambda: team.at,
        wake=lambda: None, channels=team.cycle.channels,
    )  # fmt: skip
    await team.goes_to(local(9, 10))
    await conversation.hear(ChannelChanged("c", team.workspace, WHERE))
    with team.database.transaction() as tx:
        (detail,) = tx.exec(select(Delivery).where(Delivery.kind == "detail")).all()
        detail.state = "due"
    await team.cycle.send()
    assert len(team.chat.looks) == 2


async def test_a_look_during_which_the_channel_changed_is_not_relied_on(team: World) -> None:
    channels = team.cycle.channels

    async def check(where: str) -> Channel:
        team.chat.looks.append(where)
        if len(team.chat.looks) == 1:
            channels.changed(where)
        return Channel("platform", is_public=False)

    team.chat.check = check  # type: ignore[method-assign]
    for _ in range(2):
        await channels.look(WHERE, was_private=False, anew=False)
    assert len(team.chat.looks) == 2


@pytest.mark.parametrize(
    ("trouble", "again"),
    [(None, False), (Unreachable(SHARED), False), (RateLimited(90), True), (OutcomeUnknown(), True)],
    ids=["fine", "shared", "asked to wait", "no answer"],
)
async def test_every_edit_of_a_digest_looks_first(team: World, trouble: PlatformError | None, again: bool) -> None:
    await team.goes_to(local(9, 10))
    before, looks, edits = posted(team), len(team.chat.looks), team.chat.edits
    await edit(team)
    if trouble is not None:
        team.chat.fail_looks += [trouble]
    await team.cycle.show()
    assert len(team.chat.looks) == looks + 1
    assert team.chat.edits == edits + (trouble is None)
    assert posted(team) == before
    with team.database.transaction() as tx:
        digest = tx.exec(select(Delivery).where(Delivery.kind == "digest")).one()
    assert (digest.state, digest.edit_at is not None) == ("sent", again)
    if again:
        team.at += timedelta(seconds=90)
        await team.cycle.show()
        assert team.chat.edits == edits + 1


async def edit(team: World) -> None:
    with team.database.transaction() as tx:
        tx.exec(select(Delivery).where(Delivery.kind == "digest")).one().edit_at = team.at


async def test_a_private_channel_that_became_public_is_held_until_it_is_chosen_again(team: World) -> None:
    team.chat.channels[WHERE].append("playground:root")
    await team.says("root", "/team digest here", where="#platform")
    team.chat.public.add(WHERE)
    await team.goes_to(local(9, 10))
    (digest,) = sent(team, "digest")
    assert digest.state == "held"
    assert digest.reason == (
        "#platform was private when it was chosen for the digest, and anybody can read it now. If that is wanted, choose it "
        "again: “team digest here”."
    )
    assert posted(team) == []
    await team.says("root", "/team digest here", where="#platform")
    await team.presses("root", "retry", value=str(digest.id))
    await team.goes_to(local(9, 11))
    assert len(posted(team)) == 2


async def test_what_stands_in_a_channel_that_became_public_is_not_edited(team: World) -> None:
    team.chat.channels[WHERE].append("playground:root")
    await team.says("root", "/team digest here", where="#platform")
    await team.goes_to(local(9, 10))
    edits = team.chat.edits
    team.chat.public.add(WHERE)
    await edit(team)
    await team.cycle.show()
    assert team.chat.edits == edits


async def test_a_channel_that_was_public_all_along_is_no_surprise(team: World) -> None:
    team.chat.public.add(WHERE)
    team.chat.channels[WHERE].append("playground:root")
    await team.says("root", "/team digest here", where="#platform")
    await team.goes_to(local(9, 10))
    assert len(posted(team)) == 2


async def test_choosing_a_channel_waits_a_moment_while_the_platform_is_busy(team: World) -> None:
    team.chat.channels[WHERE].append("playground:root")
    team.chat.fail_looks += [RateLimited(0), RateLimited(0)]
    assert "goes to #platform" in seen(await team.says("root", "/team digest here", where="#platform"))
    team.chat.fail_looks += [RateLimited(0)] * 3
    said: Any = await team.says("root", "/team digest here", where="#platform")
    assert "try again in a minute" in seen(said)


async def test_a_digest_that_is_tried_again_days_later_has_its_thread(world: World) -> None:
    """Its replies were given up with it, when the channel was not there."""
    world.team("Platform", ["ana"], manager="ana")
    world.introduced("ana")
    world.person("root", admin=True)
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "Pricing page copy")
    members = world.chat.channels.pop(WHERE)
    await world.lives_until(local(10, 9))
    assert world.chat.to("#platform") == []
    world.chat.channels[WHERE] = members
    await world.presses("root", "retry", value="all")
    await world.goes_to(local(10, 9, 1))
    digest, *replies = world.chat.to("#platform")
    assert replies
    assert {reply.under for reply in replies} == {digest.id}
