"""Removed from a workspace: it is paused, one admin elsewhere is told once, and back means back."""

from __future__ import annotations

import logging

import pytest
from sqlmodel import select

from bot.chat.events import Installed, MessageReceived, Statuses, Uninstalled, Who
from bot.chat.messages import Message
from bot.chat.platform import Profile, Unreachable
from bot.delivery import content
from checkins.people import members
from storage import people as stored_people
from storage.database import add
from storage.tables import Account, Delivery, Workspace
from tests.support.world import World, local, seen

OTHER = "playground:other"
KEYS = ("ana", "ben", "cem", "dora")


def in_both_chats(world: World) -> None:
    """Platform is in one workspace; Mara and Otto, admins, have accounts in another one of the same company."""
    world.team("Platform", KEYS)
    world.introduced(*KEYS)
    with world.database.transaction() as tx:
        add(tx, Workspace(company_id=world.company_id, key=OTHER, name="Acme West"))
    for key in ("mara", "otto"):
        world.person(key, admin=True)
        elsewhere(world, key)


def elsewhere(world: World, key: str) -> None:
    """A second account of somebody, in the other workspace."""
    address = f"playground:{key}-west"
    world.chat.profiles[address] = Profile(address, address, key.capitalize())
    with world.database.transaction() as tx:
        workspace = stored_people.workspace(tx, OTHER)
        assert workspace is not None
        person = world._known(tx, key)
        account = Account(
            company_id=world.company_id, workspace_id=workspace.id, person_id=person.id, who=address, address=address,
            name=person.name, preferred=False,
        )  # fmt: skip
        add(tx, account)


async def is_removed(world: World, times: int = 1, workspace: str = "") -> None:
    for number in range(times):
        await world.hear(Uninstalled(f"u{number}", workspace or world.workspace))


def told(world: World) -> list[str]:
    """What stands in the DMs of the admins."""
    return [seen(entry.message) for entry in world.chat.entries if entry.to.endswith("-west")]


async def test_one_admin_in_another_chat_is_told_once_however_often_it_is_heard(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    in_both_chats(world)
    world.at = local(3, 9)
    with caplog.at_level(logging.WARNING):
        await is_removed(world, times=4)
    await world.lives_until(local(5, 12))
    (words,) = told(world)
    assert words.startswith("Instep was removed from Acme\n")
    assert world.chat.to("mara-west")  # known longest
    assert [record.message for record in caplog.records].count(
        f"removed from {world.workspace}: nothing is sent there until it is installed again"
    ) == 1


async def test_an_admin_who_is_a_guest_there_is_not_told(world: World) -> None:
    in_both_chats(world)
    await world.hear(Statuses("s", "playground:west", {}, {"playground:mara-west": "outsider"}))
    world.at = local(3, 9)
    await is_removed(world)
    await world.lives_until(local(3, 12))
    assert world.chat.to("mara-west") == []
    assert len(world.chat.to("otto-west")) == 1


async def test_it_is_told_by_day(world: World) -> None:
    in_both_chats(world)
    world.at = local(3, 22)
    await is_removed(world)
    await world.lives_until(local(4, 7, 59))
    assert told(world) == []
    await world.lives_until(local(4, 8, 1))
    assert len(told(world)) == 1


async def test_nothing_is_sent_there_while_it_is_removed_not_even_what_was_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(content.NOTICES, "test", lambda _, which: Message(which))
    in_both_chats(world)
    await world.cycle.plan()
    with world.database.transaction() as tx:
        workspace = stored_people.workspace(tx, world.workspace)
        assert workspace is not None
        waits = Delivery(
            company_id=world.company_id, workspace_id=workspace.id, dedup_key="notice|1", kind="notice", to="playground:ana",
            subject="test:Hello", due_at=world.at, created_at=world.at,
        )  # fmt: skip
        tx.add(waits)
    await is_removed(world)
    await world.lives_until(local(10, 12))
    assert [entry for entry in world.chat.entries if not entry.to.endswith("-west")] == []
    with world.database.transaction() as tx:
        assert tx.exec(select(Delivery.state).where(Delivery.dedup_key == "notice|1")).one() == "due"
    # Back again: it goes, and so do the questions of the next moment and the digest of the next week.
    await world.hear(Installed("i1", world.workspace, "Acme"))
    await world.cycle.tick()
    assert [entry.key for entry in world.chat.to("ana")] == ["notice|1"]
    await world.lives_until(local(10, 15, 31))
    assert [entry.key for entry in world.chat.to("ben")] == ["prompt|2|2026-03-10"]
    await world.says("ben", "Pricing page copy")
    await world.lives_until(local(16, 10, 1))
    assert seen(world.chat.to("#platform")[0].message).startswith("Platform · week of 9 Mar")


async def test_a_digest_that_fell_due_meanwhile_is_posted_when_we_are_back(world: World) -> None:
    in_both_chats(world)
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "Pricing page copy")
    await is_removed(world)
    await world.lives_until(local(9, 12))
    assert world.chat.to("#platform") == []
    await world.hear(Installed("i1", world.workspace, "Acme"))
    await world.cycle.tick()
    assert seen(world.chat.to("#platform")[0].message).startswith("Platform · week of 2 Mar")


async def test_of_many_digests_that_fell_due_meanwhile_only_the_newest_are_posted(world: World) -> None:
    in_both_chats(world)
    elsewhere(world, "ana")
    await is_removed(world)
    for day in (3, 10, 17, 24):  # Ana writes in the other chat all the while
        await world.lives_until(local(day, 16))
        who = Who("playground:ana-west", OTHER, "playground:ana-west", "Ana")
        said = MessageReceived(key=f"s{day}", who=who, where=who.address, private=True, words="Pricing page copy")
        await world.hear(said)
    await world.lives_until(local(31, 12))
    await world.hear(Installed("i1", world.workspace, "Acme"))
    await world.lives_until(local(31, 13))
    posted = [entry for entry in world.chat.to("#platform") if entry.under is None]
    assert 1 <= len(posted) <= 2


async def test_who_could_not_be_reached_because_of_it_can_be_reached_again(world: World) -> None:
    in_both_chats(world)
    world.chat.fail = [("before", Unreachable("Instep was removed from this Slack workspace."))] * 4
    await world.goes_to(local(3, 15, 30))  # the questions were on their way already
    await is_removed(world)
    await world.hear(Installed("i1", world.workspace, "Acme"))
    await world.lives_until(local(6, 15, 31))
    for key in KEYS:
        assert len(world.chat.to(key)) == 1


async def test_back_before_it_was_told_nobody_is_told(world: World) -> None:
    in_both_chats(world)
    world.at = local(3, 22)
    await is_removed(world)
    await world.hear(Installed("i1", world.workspace, "Acme"))
    await world.lives_until(local(4, 12))
    assert told(world) == []


async def test_removed_a_second_time_is_told_a_second_time(world: World) -> None:
    in_both_chats(world)
    world.at = local(3, 9)
    await is_removed(world)
    await world.cycle.tick()
    await world.hear(Installed("i1", world.workspace, "Acme"))
    world.at = local(4, 9)
    await is_removed(world)
    await world.cycle.tick()
    assert len(told(world)) == 2


async def test_every_start_hears_of_an_installation_and_changes_nothing_in_one_that_was_not_removed(
    world: World,
) -> None:
    in_both_chats(world)
    world.chat.fail = [("before", Unreachable("They were deactivated."))]
    await world.goes_to(local(3, 15, 30))
    await world.hear(Installed("i1", world.workspace, "Acme"))
    with world.database.transaction() as tx:
        closed = [account.who for account in tx.exec(select(Account)) if account.unreachable]
    assert len(closed) == 1


async def test_admins_see_it_under_deliveries_and_nothing_of_it_is_said_to_go(world: World) -> None:
    in_both_chats(world)
    world.at = local(3, 9)
    await is_removed(world, workspace=OTHER)
    words = seen(await world.says("mara", "/instep deliveries"))
    assert "Instep was removed from Acme West on 3 Mar 09:00. Nothing is sent there" in words
    await world.hear(Installed("i1", OTHER, "Acme West"))
    assert "removed" not in seen(await world.says("mara", "/instep deliveries"))


async def test_with_no_other_chat_nobody_is_written_to(world: World) -> None:
    world.team("Platform", KEYS)
    world.introduced(*KEYS)
    world.person("mara", admin=True)
    await is_removed(world, times=2)
    await world.lives_until(local(5, 12))
    assert world.chat.entries == []


async def test_an_admin_who_asked_to_stop_or_left_is_not_told(world: World) -> None:
    in_both_chats(world)
    world.at = local(3, 9)
    await world.says("mara", "stop")
    await is_removed(world)
    await world.cycle.tick()
    assert world.chat.to("otto-west")
    assert not world.chat.to("mara-west")
    with world.database.transaction() as tx:
        members.gone(tx, world._known(tx, "otto"), world.at)
    await world.hear(Installed("i1", world.workspace, "Acme"))
    world.at = local(4, 9)
    await is_removed(world)
    await world.cycle.tick()
    assert len(told(world)) == 1


async def test_another_company_hears_nothing_of_it(world: World) -> None:
    in_both_chats(world)
    await world.hear(Installed("i9", "playground:theirs", "Initech"))
    world.at = local(3, 9)
    await is_removed(world, workspace="playground:theirs")
    await world.cycle.tick()
    assert [entry for entry in world.chat.entries if "removed" in entry.message.title] == []
    assert "removed" not in seen(await world.says("mara", "/instep deliveries"))
