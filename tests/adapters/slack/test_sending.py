"""What goes out to Slack: one post each, under its key, and every way of failing named."""

from __future__ import annotations

import logging
from contextlib import suppress

import pytest

from adapters.slack.settings import EDIT_PACE
from bot.chat.messages import Chart, Message, Quote, Series, text
from bot.chat.platform import OutcomeUnknown, RateLimited, Sent, Unreachable, Unsupported
from tests.support.fake_slack import Fault, SlackChannel, SlackUser
from tests.support.fake_slack.limits import A_MINUTE
from tests.support.recording_handler import Ear
from tests.support.slack_harness import SlackRig

ANA, CHANNEL = "slack:T1:U1ANA", "slack:T1:C1PLATFORM"
CHART = Message("Week", (Chart("Share", "bars", ("A", "B"), (Series("now", (3, 4)),), "A 3, B 4."),))


async def test_a_person_is_written_to_without_opening_their_dm_first(rig: SlackRig) -> None:
    await rig.platform.send(ANA, Message("Hello"), key="k")
    assert (rig.fake.calls["chat.postMessage"], rig.fake.calls["conversations.open"]) == (1, 0)
    (post,) = rig.fake.team.carrying("k")
    assert post.metadata == {"event_type": "instep_message", "event_payload": {"key": "k"}}


@pytest.mark.parametrize(
    "fault",
    ["server error", "late server error", "timeout", "late timeout", "cut", "late cut", "html", "truncated"],
)
async def test_what_has_no_clear_answer_is_unknown_posted_once_and_can_be_looked_up(
    rig: SlackRig, fault: Fault
) -> None:
    rig.fake.faults.append(("chat.postMessage", fault))
    with pytest.raises(OutcomeUnknown):
        await rig.platform.send(ANA, Message("Hello"), key="k")
    assert rig.fake.calls["chat.postMessage"] == 1  # Slack's SDK would post again after a cut
    arrived = bool(rig.fake.team.carrying("k"))
    assert arrived == (fault.startswith("late") or fault in {"html", "truncated"})
    found = await rig.platform.find(ANA, "k")
    assert isinstance(found, Sent) == arrived


async def test_busy_says_for_how_long(rig: SlackRig) -> None:
    rig.fake.retry_after = 7.5
    rig.fake.faults.append(("chat.postMessage", "busy"))
    with pytest.raises(RateLimited) as busy:
        await rig.platform.send(ANA, Message("Hello"), key="k")
    assert busy.value.retry_after == 7.5


async def test_an_email_that_nobody_confirmed_is_not_told(rig: SlackRig) -> None:
    rig.fake.team.add(SlackUser("U8EVE", "Eve Fox", more={"is_email_confirmed": False}))
    assert (await rig.platform.profile("slack:T1:U8EVE")).email == ""
    assert (await rig.platform.profile(ANA)).email == "ana.duarte@acme.example"


async def test_no_way_to_slack_is_busy_since_nothing_was_said(rig: SlackRig) -> None:
    await rig.fake.stop()
    with suppress(OutcomeUnknown):  # a connection that was open until now
        await rig.platform.send(ANA, Message("Hello"), key="k")
    with pytest.raises(RateLimited):
        await rig.platform.send(ANA, Message("Hello"), key="k")
    await rig.fake.start()


async def test_a_message_in_a_thread_is_found_by_its_key(rig: SlackRig) -> None:
    digest = await rig.platform.send(CHANNEL, Message("Digest"), key="d")
    lines = await rig.platform.send(CHANNEL, Message("Lines"), key="l", under=digest.id)
    assert await rig.platform.find(CHANNEL, "l") == lines


async def test_a_message_far_above_is_found_by_its_key(rig: SlackRig) -> None:
    sent = await rig.platform.send(CHANNEL, Message("Digest"), key="d")
    for number in range(450):
        await rig.platform.send(CHANNEL, Message("Chatter"), key=f"k{number}")
    assert await rig.platform.find(CHANNEL, "d") == sent


async def test_where_history_may_not_be_read_nothing_can_be_looked_up(rig: SlackRig) -> None:
    await rig.platform.send(CHANNEL, Message("Digest"), key="d")
    rig.fake.team.scopes -= {"channels:history", "groups:history"}
    assert await rig.platform.find(CHANNEL, "d") == Unsupported()
    assert await rig.platform.find(ANA, "d") is None


async def test_a_history_that_is_cut_to_one_reading_a_minute_is_no_place_to_look(rig: SlackRig) -> None:
    rig.fake.retry_after = 60.0
    rig.fake.faults.append(("conversations.history", "busy"))
    assert await rig.platform.find(CHANNEL, "d") == Unsupported()
    rig.fake.retry_after = 3.0
    rig.fake.faults.append(("conversations.history", "busy"))
    with pytest.raises(RateLimited):
        await rig.platform.find(CHANNEL, "d")


async def test_a_workspace_that_refuses_native_charts_gets_them_as_characters(rig: SlackRig) -> None:
    await rig.platform.send(CHANNEL, CHART, key="a")
    assert rig.fake.team.posts[-1].blocks[-1]["type"] == "data_visualization"
    rig.fake.team.native_charts = False
    sent = await rig.platform.send(CHANNEL, CHART, key="b")
    assert rig.fake.team.posts[-1].blocks[-1]["type"] == "rich_text"
    calls = rig.fake.calls["chat.postMessage"]
    await rig.platform.send(CHANNEL, CHART, key="c")
    assert rig.fake.calls["chat.postMessage"] == calls + 1  # it is remembered
    await rig.platform.edit(sent, CHART)
    assert rig.fake.team.carrying("c")[0].blocks[-1]["type"] == "rich_text"


async def test_blocks_that_slack_refuses_are_no_reason_to_send_them_again_and_again(rig: SlackRig) -> None:
    rig.fake.refuse["chat.postMessage"] = "invalid_blocks"
    with pytest.raises(Unreachable, match="invalid_blocks"):
        await rig.platform.send(CHANNEL, Message("Hello", (text("there"),)), key="a")
    assert rig.fake.calls["chat.postMessage"] == 1


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("slack:T1:U3ZOE", "deactivated"),
        ("slack:T1:C2OLD", "archived"),
        ("slack:T1:C3AWAY", "/invite"),
        ("slack:T1:C4SECRET", "/invite"),
        ("slack:T9:U1ANA", "T9"),
        ("playground:ana", "not an address in Slack"),
    ],
)
async def test_what_cannot_be_written_to_says_what_an_admin_can_do(rig: SlackRig, where: str, says: str) -> None:
    rig.fake.team.channels["C4SECRET"] = SlackChannel("C4SECRET", "secret", [], bot=False, more={"is_private": True})
    with pytest.raises(Unreachable) as error:
        await rig.platform.send(where, Message("Hello"), key="k")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        (SlackChannel("C44", "old", [], more={"is_archived": True}), "#old is archived"),
        (SlackChannel("C44", "shared", [], more={"is_ext_shared": True}), "another company"),
        (SlackChannel("C44", "soon", [], more={"is_pending_ext_shared": True}), "another company"),
        (SlackChannel("C44", "asked", [], more={"pending_shared": ["T7"]}), "another company"),
        (
            SlackChannel("C44", "grid", [], more={"is_org_shared": True, "shared_team_ids": ["T1", "T7"]}),
            "other workspaces",
        ),
        (
            SlackChannel("C44", "unsure", [], more={"is_org_shared": True, "shared_team_ids": None}),
            "other workspaces",
        ),
        (SlackChannel("C44", "away", [], bot=False), "/invite @Instep"),
        (SlackChannel("C44", "secret", [], bot=False, more={"is_private": True}), "/invite @Instep"),
    ],
)
async def test_a_channel_no_digest_can_go_to_is_told_when_it_is_chosen(
    rig: SlackRig, channel: SlackChannel, says: str
) -> None:
    rig.fake.team.channels["C44"] = channel
    with pytest.raises(Unreachable) as error:
        await rig.platform.check("slack:T1:C44")
    assert says in str(error.value)


async def test_a_channel_that_was_renamed_keeps_its_address(rig: SlackRig) -> None:
    rig.fake.team.channels["C1PLATFORM"].name = "infra"
    assert (await rig.platform.check(CHANNEL)).name == "infra"
    await rig.platform.send(CHANNEL, Message("Digest"), key="k")


async def test_a_channel_named_out_of_the_blue_is_not_guessed(rig: SlackRig) -> None:
    where = rig.platform.address("#platform", "slack:T1")
    with pytest.raises(Unreachable, match="Choose it from the list"):
        await rig.platform.check(where)


async def test_guests_bots_and_people_of_other_companies_are_outsiders(rig: SlackRig) -> None:
    team = rig.fake.team
    team.add(
        SlackUser("U5", "Guest", more={"is_restricted": True}), SlackUser("U6", "Single", more={"is_ultra_restricted": True}),
        SlackUser("U7", "Other", more={"team_id": "T7"}), SlackUser("U8", "Stranger", more={"is_stranger": True}),
        SlackUser("U9", "Robot", more={"is_bot": True}), SlackUser("W1", "Grid", more={"team_id": "T7", "enterprise_user": {"teams": ["T1"]}}),
    )  # fmt: skip
    team.channels["C1PLATFORM"].members += ["U5", "U6", "U7", "U8", "U9", "W1", "U3ZOE"]
    found = {profile.id.rpartition(":")[2]: profile for profile in await rig.platform.people(CHANNEL)}
    assert {name for name, profile in found.items() if not profile.outsider} == {"U1ANA", "U2BEN", "W1"}
    assert "U3ZOE" not in found  # deactivated
    assert (found["U1ANA"].zone, found["U1ANA"].email) == ("Europe/Lisbon", "ana.duarte@acme.example")


async def test_a_large_channel_is_read_by_pages_and_not_by_person(rig: SlackRig) -> None:
    people = [SlackUser(f"U{number:04d}", f"Person {number}") for number in range(450)]
    rig.fake.team.add(*people)
    rig.fake.team.channels["C1PLATFORM"].members += [person.id for person in people]
    assert len(await rig.platform.people(CHANNEL)) == 453  # and the bot, an outsider
    assert rig.fake.calls["users.info"] == 0
    assert rig.fake.calls["conversations.members"] == 3


async def test_reading_waits_while_slack_is_busy(rig: SlackRig) -> None:
    rig.fake.faults.append(("conversations.members", "busy"))
    assert len(await rig.platform.people(CHANNEL)) == 3


async def test_a_look_at_a_channel_says_so_when_slack_does_not(rig: SlackRig) -> None:
    rig.fake.faults += [("conversations.info", "busy"), ("conversations.info", "server error")]
    with pytest.raises(RateLimited):
        await rig.platform.check(CHANNEL)
    with pytest.raises(OutcomeUnknown):
        await rig.platform.check(CHANNEL)


async def test_a_channel_is_public_unless_slack_says_that_it_is_private(rig: SlackRig) -> None:
    for more, is_public in (({}, True), ({"is_private": None}, True), ({"is_private": True}, False)):
        rig.fake.team.channels["C1PLATFORM"].more = more
        assert (await rig.platform.check(CHANNEL)).is_public is is_public


async def test_an_edit_may_be_repeated_and_a_message_that_is_gone_says_so(rig: SlackRig) -> None:
    sent = await rig.platform.send(ANA, Message("Before"), key="k")
    rig.fake.faults.append(("chat.update", "late cut"))
    with pytest.raises(OutcomeUnknown):
        await rig.platform.edit(sent, Message("After"))
    await rig.platform.edit(sent, Message("After"))
    rig.fake.team.wipe()
    with pytest.raises(Unreachable, match="not there any more"):
        await rig.platform.edit(sent, Message("After"))


async def test_nothing_that_is_said_reaches_a_log(rig: SlackRig, ear: Ear, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for fault in ("html", "cut", "server error"):
            rig.fake.faults.append(("chat.postMessage", fault))
            with pytest.raises(OutcomeUnknown):
                await rig.platform.send(ANA, Message("T", (Quote("my secret words"),)), key="k")
        await rig.say(rig.a_person(), "my secret words")
    assert "secret" not in caplog.text


def test_no_minute_has_more_edits_than_their_tier() -> None:
    per_second, _ = A_MINUTE["chat.update"]
    assert EDIT_PACE.burst + EDIT_PACE.per_second * 60 <= per_second * 60
