"""What comes in from Slack: whose words they are, acknowledged in time, and answered where one looks."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.slack import status as slack_status
from bot.chat.events import (
    Away,
    Edited,
    Event,
    HomeOpened,
    InboundEvent,
    Invalid,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Pressed,
    QuotedMessage,
    Replace,
    Reply,
    Statuses,
    Submitted,
    Uninstalled,
)
from bot.chat.messages import Button, ChoiceField, Facts, Form, Message, Option, Quote, TextField
from bot.chat.platform import Unreachable
from tests.support.fake_slack import Post, SlackUser
from tests.support.fake_slack.slack_actions import DeliveryRefused, controls, signed
from tests.support.recording_handler import Ear
from tests.support.slack_harness import SlackRig, read

ANA, BEN = "U1ANA", "U2BEN"
FORM = Form(
    "checkin", "2026-03-05", "Check in",
    (
        TextField("words", "What?", rows=4),
        ChoiceField("mix", "Mix", (Option("a", "A"), Option("b", "B")), optional=True),
        ChoiceField("teams", "Teams", (Option("x", "X"), Option("y", "Y")), many=True, optional=True),
    ),
)  # fmt: skip


def shown(rig: SlackRig, user: str = ANA) -> list[str]:
    """Everything of ours in their DM, and what only they see in the channel."""
    team = rig.fake.team
    posts = [*team.seen(team.dm(user), user), *(post for post in team.seen("C1PLATFORM", user) if post.only)]
    return [post.text for post in posts if post.by == team.bot_user]


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


# Whose words


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "BBOT", "user": "UBOT"},
        {"bot_id": "B77"},
        {"subtype": "message_deleted", "previous_message": {"text": "hello", "user": ANA}},
        {"subtype": "channel_join"},
        {"subtype": "bot_message"},
        {"channel_type": "mpim"},
        {"text": ""},
    ],
)
async def test_what_is_not_somebodys_own_words_is_not_heard(rig: SlackRig, ear: Ear, more: dict[str, Any]) -> None:
    await rig.hands.types(ANA, "hello", **more)
    await rig.settle()
    assert ear.events == []


async def test_a_reply_in_a_thread_and_words_with_a_file_are_heard(rig: SlackRig, ear: Ear) -> None:
    sent = await rig.platform.send("slack:T1:U1ANA", Message("What did you work on?"), key="k")
    await rig.hands.types(ANA, "Copy 2h", thread=sent.id.partition("/")[2])
    await rig.hands.types(ANA, "See this", subtype="file_share", files=[{"id": "F1"}])
    assert [event.words for event in ear.events if isinstance(event, MessageReceived)] == [
        "Copy 2h",
        "See this",
    ]


async def test_words_changed_later_are_heard_under_the_same_message_and_a_link_that_unfolds_is_not(
    rig: SlackRig, ear: Ear
) -> None:
    ts = await rig.hands.types(ANA, "Copy 2h")
    said = ear.last(MessageReceived)
    await rig.hands.retypes(ANA, ts, "Copy 3h & <more>")
    edited = ear.last(Edited)
    assert (edited.message, edited.words) == (said.message, "Copy 3h & <more>")
    await rig.hands.retypes(ANA, ts, "Copy 3h & <more>")
    assert len(ear.events) == 2


async def test_people_and_channels_that_are_named_are_read(rig: SlackRig, ear: Ear) -> None:
    await rig.hands.types(
        ANA,
        "Paired with \x01@U2BEN\x02 on \x01https://a.example/x?a=1&b=2|the page\x02, see \x01#C1PLATFORM|platform\x02",
    )
    assert (
        ear.last(MessageReceived).words
        == "Paired with @Ben.Okafor on the page (https://a.example/x?a=1&b=2), see #platform"
    )
    assert rig.platform.address("#platform", "slack:T1") == "slack:T1:C1PLATFORM"
    await rig.hands.commands(ANA, "team add \x01@U2BEN|ben.okafor\x02 \x01!subteam^S1|@ops\x02")
    assert ear.last(MessageReceived).words == "team add @U2BEN @ops"


async def test_a_command_about_payloads_arrives_whole(rig: SlackRig, ear: Ear) -> None:
    await rig.hands.commands(ANA, 'goals add "The payload= format & its limits"')
    assert ear.last(MessageReceived).words == 'goals add "The payload= format & its limits"'


async def test_a_prefix_that_avoids_other_apps_is_left_out(rig: SlackRig, ear: Ear) -> None:
    rig.fake.manifest["features"]["slash_commands"].append({"command": "/acme-goals"})
    await rig.hands.commands(ANA, "acme-goals add X")
    assert ear.last(MessageReceived).words == "goals add X"


async def test_a_message_is_saved_by_its_shortcut_and_the_form_opened_by_the_other(rig: SlackRig, ear: Ear) -> None:
    ear.reply = FORM
    await rig.hands.types(BEN, "Fixed the export & more")
    (post,) = [post for post in rig.fake.team.posts if post.by == BEN]
    await rig.hands.shortcut(BEN, "save", post)
    await rig.settle()
    event = ear.last(Opened)
    assert (event.name, event.given) == (
        "checkin",
        QuotedMessage("Fixed the export & more", _moment(post.ts)),
    )
    assert rig.fake.team.modals.pop(BEN)
    await rig.hands.shortcut(ANA, "save", post)
    await rig.settle()
    event = ear.last(Opened)
    assert event.given == QuotedMessage("Fixed the export & more", _moment(post.ts), "Ben Okafor")
    rig.fake.team.modals.clear()
    ear.reply = FORM
    await rig.hands.shortcut(ANA, "checkin")
    await rig.settle()
    assert ear.last(Opened).name == "checkin"
    (view,) = rig.fake.team.modals[ANA]
    ear.reply = Message("Saved, for good.")
    await rig.hands.submits(view, {"words": "Copy"})
    await rig.settle()
    assert "Saved, for good." in shown(rig)


async def test_what_a_guest_wrote_is_not_taken_from_anybody_and_what_an_app_wrote_names_it(
    rig: SlackRig, ear: Ear
) -> None:
    team = rig.fake.team
    team.add(SlackUser("U7GUEST", "Guest Lee", more={"is_restricted": True}))
    theirs = Post("C1PLATFORM", "1772700000.000100", "U7GUEST", "their own words")
    await rig.hands.shortcut(ANA, "save", theirs)
    await rig.settle()
    given = ear.last(Opened).given
    assert given is not None
    assert (given.words, given.by, given.by_outsider) == ("", "", True)
    nobodys = Post("C1PLATFORM", "1772700000.000150", "U9NOBODY", "of somebody Slack does not tell of")
    await rig.hands.shortcut(ANA, "save", nobodys)
    await rig.settle()
    given = ear.last(Opened).given
    assert given is not None
    assert (given.words, given.by_outsider) == ("", None)
    ear.reply = FORM
    app = Post("C1PLATFORM", "1772700000.000200", "", "Merged: export", more={"bot_id": "B7", "username": "GitHub"})
    await rig.hands.shortcut(ANA, "save", app)
    await rig.settle()
    given = ear.last(Opened).given
    assert given is not None
    assert (given.words, given.by) == ("Merged: export", "GitHub")


async def test_an_old_button_and_one_of_nobody_are_heard_as_a_tap_of_no_meaning(rig: SlackRig, ear: Ear) -> None:
    await rig.platform.send("slack:T1:U1ANA", Message("Old", (), (Button("Go", "go"),)), key="k")
    (post,) = rig.fake.team.posts
    element = dict(next(controls(post.blocks))[1])
    for value in ("go", '["jump"]', "zzz"):
        await rig.hands.taps(ANA, post, element | {"value": value})
        assert (ear.last(Pressed).press, ear.last(Pressed).subject) == ("", "")


# People


async def test_newcomers_leavers_and_travellers_are_noticed(rig: SlackRig, ear: Ear) -> None:
    team = rig.fake.team
    cem = SlackUser("U5CEM", "Cem Yilmaz", "Asia/Tokyo")
    await rig.hands.event({"type": "team_join", "user": cem.told("T1")})
    came = ear.last(MemberJoined)
    assert (came.who.name, came.who.zone) == ("Cem Yilmaz", "Asia/Tokyo")
    await rig.hands.event(
        {
            "type": "user_change",
            "user": cem.told("T1") | {"profile": {"status_text": "Lunch"}, "real_name": "Cem Yilmaz"},
        }
    )
    assert len(ear.events) == 1
    await rig.hands.event({"type": "user_change", "user": cem.told("T1") | {"tz": "Europe/Rome"}})
    assert ear.last(MemberJoined).who.zone == "Europe/Rome"
    await rig.hands.event({"type": "user_change", "user": cem.told("T1") | {"deleted": True}})
    assert ear.last(Left).who.id == "slack:T1:U5CEM"
    with pytest.raises(Unreachable, match="deactivated"):
        await rig.platform.profile("slack:T1:U5CEM")
    await rig.hands.event(
        {"type": "team_join", "user": SlackUser("U8", "Guest", more={"is_restricted": True}).told("T1")}
    )
    assert ear.last(MemberJoined).who.id == "slack:T1:U8"  # whoever hears it looks who they are
    team.add(cem)


async def test_a_vacation_status_is_told_when_it_comes_changes_and_goes(rig: SlackRig, ear: Ear) -> None:
    ana = rig.fake.team.people[ANA]
    await rig.fake.called("users.list")

    async def change(**profile: object) -> list[Away | None]:
        user = ana.told("T1")
        before = len(ear.statuses)
        await rig.hands.event({"type": "user_change", "user": user | {"profile": user["profile"] | profile}})
        return [event.of["slack:T1:U1ANA"] for event in ear.statuses[before:]]

    (first,) = await change(status_emoji=":palm_tree:", status_text="Vacationing", status_expiration=0)
    assert first is not None
    assert first.until is None
    assert await change(status_emoji=":palm_tree:", status_text="Vacationing", title="Boss") == []
    (second,) = await change(status_emoji=":palm_tree:", status_text="Vacationing", status_expiration=1772755199)
    assert second is not None
    assert second.mark != first.mark
    assert second.until == datetime(2026, 3, 5, 23, 59, 59, tzinfo=UTC)
    assert await change(status_emoji="", status_text="Lunch") == [None]
    assert await change(status_emoji="", status_text="") == []
    assert ear.events == []
    assert "Vacation" not in repr(ear.statuses)  # what it says stays where it was said


async def test_at_the_start_everybodys_status_is_told_but_a_guests(ear: Ear) -> None:
    rig = SlackRig()
    away = {"profile": {"status_emoji": ":palm_tree:"}}
    rig.fake.team.people["U1ANA"].more |= away
    rig.fake.team.add(SlackUser("U7GUEST", "Guest Lee", more={"is_restricted": True} | away))
    await rig.start(ear, ear.keep)
    await asyncio.wait_for(ear.told.wait(), 5)
    (event,) = ear.statuses
    assert event.workspace == "slack:T1"
    assert [who for who, said in event.of.items() if said is not None] == ["slack:T1:U1ANA"]
    assert set(event.of) == {"slack:T1:U1ANA", "slack:T1:U2BEN"}
    standings = {who.rpartition(":")[2]: standing for who, standing in event.standings.items()}
    people = {"U1ANA": "member", "U2BEN": "member", "U3ZOE": "gone", "U7GUEST": "outsider"}
    assert standings == people | {"UBOT": "outsider", "USLACKBOT": "outsider"}
    await rig.stop()


@pytest.mark.parametrize("mark", ["is_restricted", "is_ultra_restricted", "is_stranger"])
async def test_a_member_who_became_a_guest_and_back_is_told_of(rig: SlackRig, ear: Ear, mark: str) -> None:
    ben = rig.fake.team.people["U2BEN"].told("T1")
    for more, standing in (({mark: True}, "outsider"), ({mark: True}, ""), ({}, "member")):
        before = len(ear.statuses)
        await rig.hands.event({"type": "user_change", "user": ben | more})
        told = [event.standings["slack:T1:U2BEN"] for event in ear.statuses[before:]]
        assert told == ([standing] if standing else [])


async def test_what_somebody_became_is_told_again_where_it_could_not_be_noted(ear: Ear) -> None:
    rig, refused = SlackRig("http"), [Message("The database is away.")]

    async def hear(event: Event) -> Reply:
        if isinstance(event, Statuses) and event.standings == {"slack:T1:U2BEN": "outsider"} and refused:
            return refused.pop()
        return await ear(event)

    await rig.start(hear, ear.keep)
    await asyncio.wait_for(ear.told.wait(), 5)  # everybody was listed
    ben = rig.fake.team.people["U2BEN"].told("T1") | {"is_restricted": True}
    await rig.hands.event({"type": "user_change", "user": ben})
    assert [event.standings for event in ear.statuses[1:]] == [{"slack:T1:U2BEN": "outsider"}]
    await rig.stop()


async def test_everybody_is_listed_again_until_it_is_noted_who_they_are(ear: Ear) -> None:
    rig, refused = SlackRig(again=0.05), [Message("The database is away.")]
    rig.fake.faults.append(("users.list", "server error"))

    async def hear(event: Event) -> Reply:
        if isinstance(event, Statuses) and refused:
            return refused.pop()
        return await ear(event)

    await rig.start(hear, ear.keep)
    await asyncio.wait_for(ear.told.wait(), 5)
    assert ear.statuses[0].standings["slack:T1:U3ZOE"] == "gone"
    await rig.stop()


@pytest.mark.parametrize(
    "kind",
    ["channel_shared", "channel_unshared", "channel_archive", "group_unarchive", "member_left_channel"],
)
async def test_a_channel_that_changed_is_told_of(rig: SlackRig, ear: Ear, kind: str) -> None:
    who = "UBOT" if kind == "member_left_channel" else ANA
    await rig.hands.event({"type": kind, "channel": "C1PLATFORM", "user": who, "event_ts": "1"})
    assert [event.where for event in ear.changes] == ["slack:T1:C1PLATFORM"]


@pytest.mark.parametrize(
    ("emoji", "words", "is_away"),
    [
        (":palm_tree:", "Vacationing", True),
        (":palm_tree:", "", True),
        (":palm_tree:", "Back on Monday", True),
        (":palm_tree:", "Vacation from 12 June", False),
        (":face_with_thermometer:", "Out sick", True),
        ("", "On vacation until 14 July", True),
        ("", "on vacation, back Monday", True),
        ("", "I'm on leave", True),
        ("", "OOO", True),
        ("", "Out of office this week", True),
        ("", "PTO (back 3/14)", True),
        ("", "Im Urlaub bis 14.7.", True),
        ("", "De vacaciones", True),
        ("", "En congés jusqu'au 14", True),
        (":house_with_garden:", "Working remotely", False),
        (":calendar:", "In a meeting", False),
        ("", "Vacation planning", False),
        ("", "Vacation next week!", False),
        ("", "Leave me alone", False),
        ("", "Holiday shopping", False),
        ("", "Back from vacation", False),
        ("", "Not on vacation", False),
        ("", "Sick beats", False),
        ("", "Away team captain", False),
        ("", "Working on the PTO tool", False),
        ("", "", False),
        (":airplane:", "Flying to Lisbon", False),
    ],
)
def test_which_status_says_that_somebody_is_away(emoji: str, words: str, is_away: bool) -> None:
    told = {"profile": {"status_emoji": emoji, "status_text": words, "status_expiration": 0}}
    assert (slack_status.away(told) is not None) == is_away


def test_a_status_of_slacks_own_is_known_in_any_language() -> None:
    told = {"status_emoji": ":earth_africa:", "status_text": "Loma", "status_text_canonical": "Vacationing"}
    assert slack_status.away({"profile": told}) is not None


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}]
)
async def test_being_removed_is_heard_once_it_happens(rig: SlackRig, ear: Ear, event: dict[str, object]) -> None:
    await rig.hands.event(event)
    assert ear.last(Uninstalled).workspace == "slack:T1"


async def test_a_token_of_somebody_that_is_revoked_removes_nothing(rig: SlackRig, ear: Ear) -> None:
    await rig.hands.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1ANA"]}})
    assert ear.events == []


# In time


async def test_an_event_is_acknowledged_only_once_it_is_kept(both: SlackRig, ear: Ear) -> None:
    ear.open.clear()
    await both.hands.types(ANA, "slow words")
    (kept,) = ear.kept
    assert isinstance(kept, MessageReceived)
    assert (kept.words, kept.key) == ("slow words", ear.last(MessageReceived).key)


async def test_an_event_that_cannot_be_kept_is_delivered_again(ear: Ear) -> None:
    rig, fails = SlackRig("http"), [OSError("disk"), OSError("disk")]

    async def keep(event: InboundEvent) -> None:
        if fails:
            raise fails.pop()

    await rig.start(ear, keep)
    ear.open.clear()
    await rig.hands.types(ANA, "slow words")
    assert len(ear.events) == 3
    assert len({event.key for event in ear.events if isinstance(event, MessageReceived)}) == 1
    ear.open.set()
    await rig.stop()


async def test_something_that_hangs_while_it_is_kept_is_not_acknowledged(ear: Ear) -> None:
    rig = SlackRig("http")

    async def keep(event: InboundEvent) -> None:
        await asyncio.Event().wait()

    await rig.start(ear, keep)
    rig.hands.tries = 1
    ear.open.clear()
    with pytest.raises(DeliveryRefused, match="500"):
        await rig.hands.types(ANA, "slow words")
    ear.open.set()
    await rig.stop()


async def test_a_form_that_takes_its_time_is_opened_in_the_place_of_a_word(both: SlackRig, ear: Ear) -> None:
    await both.platform.send("slack:T1:U1ANA", Message("Question", form=FORM), key="k")
    (post,) = both.fake.team.posts
    ear.open.clear()
    ear.reply = FORM
    await both.hands.taps(ANA, post, next(controls(post.blocks))[1])
    await both.fake.called("views.open")
    (view,) = both.fake.team.modals[ANA]
    assert "One moment" in json.dumps(view.shown, ensure_ascii=False)
    ear.open.set()
    await both.settle()
    assert view.shown["title"]["text"] == "Check in"


async def test_a_form_that_comes_too_late_is_offered_behind_a_button(rig: SlackRig, ear: Ear) -> None:
    ear.open.clear()
    ear.reply = FORM
    await rig.hands.commands(ANA, "checkin", "C1PLATFORM")
    for trigger in rig.fake.methods.triggers.values():
        trigger.at -= 10
    ear.open.set()
    await rig.settle()
    (post,) = [post for post in rig.fake.team.posts if post.only == ANA]
    await rig.hands.taps(ANA, post, next(controls(post.blocks))[1])
    await rig.settle()
    assert rig.fake.team.modals[ANA][-1].shown["title"]["text"] == "Check in"


async def test_a_form_that_is_sent_and_takes_its_time_comes_back_with_what_was_typed(both: SlackRig, ear: Ear) -> None:
    ear.reply = FORM
    await both.hands.shortcut(ANA, "checkin")
    await both.settle()
    (view,) = both.fake.team.modals[ANA]
    ear.open.clear()
    ear.reply = Invalid({"words": "Which day?", "": "Nothing was saved."})
    await both.hands.submits(view, {"words": "Copy\n2h 🙂", "mix": "b", "teams": ("x", "y")})
    assert "One moment" in json.dumps(view.shown, ensure_ascii=False)
    assert isinstance(ear.kept[-1], Submitted)
    ear.open.set()
    await both.settle()
    assert "Which day? Nothing was saved." in json.dumps(view.shown)
    ear.reply = Message("Saved.")
    await both.hands.submits(view, {})
    again = ear.last(Submitted)
    assert dict(again.values) == {"words": "Copy\n2h 🙂", "mix": "b", "teams": ("x", "y")}
    assert (again.name, again.subject) == ("checkin", "2026-03-05")
    await both.settle()
    assert "Saved." in shown(both)


async def test_what_follows_is_not_overtaken_by_its_own_acknowledgement(ear: Ear) -> None:
    rig = SlackRig("http")

    async def keep(event: InboundEvent) -> None:
        ear.open.set()  # the reply is there before the acknowledgement has left

    await rig.start(ear, keep)
    rig.hands.travel = 0.1
    ear.reply = FORM
    await rig.hands.shortcut(ANA, "checkin")
    await rig.settle()
    (view,) = rig.fake.team.modals[ANA]
    ear.open.clear()
    ear.reply = Invalid({"words": "Which day?"})
    await rig.hands.submits(view, {"words": "Copy"})
    await rig.settle()
    assert "Which day?" in json.dumps(view.shown)
    await rig.stop()


async def test_a_form_that_was_closed_meanwhile_loses_nothing_that_was_typed(rig: SlackRig, ear: Ear) -> None:
    for reply in (Invalid({"words": "Which day?"}), Replace(Message("Saved.")), FORM):
        ear.reply = FORM
        await rig.hands.shortcut(ANA, "checkin")
        await rig.settle()
        view = rig.fake.team.modals[ANA][-1]
        ear.open.clear()
        ear.reply = reply
        await rig.hands.submits(view, {"words": "Copy 2h", "mix": "b"})
        rig.fake.team.modals[ANA].clear()
        ear.open.set()
        await rig.settle()
    posts = [read(post) for post in rig.fake.team.seen("DU1ANA", ANA)]
    assert ["Which day?" in posts[0].words, "Copy 2h" in posts[0].words] == [True, True]
    assert [posts[1].words, posts[2].controls] == ["Saved.", ("Check in",)]


async def test_from_a_crowd_on_an_event_is_kept_at_once(rig: SlackRig, ear: Ear) -> None:
    ear.open.clear()
    await asyncio.gather(*(rig.hands.types(ANA, f"line {n}") for n in range(10)))
    began = time.monotonic()
    await rig.hands.types(ANA, "one more")
    assert time.monotonic() - began < 0.3  # the rig's patience is half a second
    assert len(ear.kept) == 11


async def test_the_same_form_sent_twice_is_one_and_with_other_words_another(rig: SlackRig, ear: Ear) -> None:
    ear.reply = FORM
    await rig.hands.shortcut(ANA, "checkin")
    await rig.settle()
    (view,) = rig.fake.team.modals[ANA]
    ear.reply = Invalid({"words": "No."})
    await rig.hands.submits(view, {"words": "Copy"})
    await rig.hands.submits(view, {"words": "Copy"})
    await rig.hands.submits(view, {"words": "Copy 2h"})
    keys = [event.key for event in ear.events if isinstance(event, Submitted)]
    assert keys[0] == keys[1] != keys[2]


# Where one looks


async def test_a_private_answer_is_replaced_where_it_stands(rig: SlackRig, ear: Ear) -> None:
    ear.reply = Message("Which?", (), (Button("This", "this"),))
    await rig.hands.commands(ANA, "goals", "C1PLATFORM")
    (post,) = [post for post in rig.fake.team.posts if post.only == ANA]
    ear.reply = Replace(Message("That one."))
    await rig.hands.taps(ANA, post, next(controls(post.blocks))[1])
    await rig.settle()
    assert post.text == "That one."
    assert shown(rig) == ["That one."]


async def test_an_address_for_answers_that_ran_out_is_replaced_by_a_whisper(rig: SlackRig, ear: Ear) -> None:
    await rig.platform.send("slack:T1:C1PLATFORM", Message("Digest", (), (Button("Mine", "mine"),)), key="k")
    (post,) = rig.fake.team.posts
    ear.reply = Message("Yours.")
    ear.open.clear()
    await rig.hands.taps(ANA, post, next(controls(post.blocks))[1])
    for url in rig.fake.urls.values():
        url.uses = 0
    ear.open.set()
    await rig.settle()
    assert shown(rig) == ["Yours."]
    assert rig.fake.team.posts[-1].only == ANA


async def test_where_we_are_not_a_command_is_answered_all_the_same(rig: SlackRig, ear: Ear) -> None:
    ear.reply = Message("Four goals.")
    await rig.hands.commands(ANA, "goals", "C3AWAY")
    assert [post.text for post in rig.fake.team.seen("C3AWAY", ANA)] == ["Four goals."]
    await rig.hands.mentions(ANA, "C3AWAY", "goals")
    await rig.settle()
    assert shown(rig) == ["Four goals."]


async def test_an_answer_is_shown_once_however_the_line_breaks(rig: SlackRig, ear: Ear) -> None:
    ear.reply = Message("Saved.")
    rig.fake.faults += [("chat.postMessage", "busy"), ("chat.postMessage", "late cut")]
    await rig.hands.types(ANA, "Copy 2h")
    await rig.settle()
    assert shown(rig) == ["Saved."]


async def test_the_home_page_is_shown_when_home_is_opened_and_not_with_the_messages(rig: SlackRig, ear: Ear) -> None:
    ear.reply = Message(
        "Ana, this is how I ask you",
        (Facts((("Zone", "Lisbon"),)),),
        (Button("Privacy", "privacy"), Button("Settings", "settings")),
    )
    await rig.hands.opens_home(ANA, tab="messages")
    await rig.settle()
    assert ear.events == []
    await rig.hands.opens_home(ANA)
    await rig.settle()
    home = rig.fake.team.homes[ANA]
    found = {name: element for name, element, _ in controls(home["blocks"])}
    # What a tap there says stands over the page, where one looks; and the page is shown anew.
    ear.reply = Message("Who sees what", (Quote("Your team."),))
    await rig.hands.taps_view(ANA, home, found["Privacy"])
    await rig.settle()
    (view,) = rig.fake.team.modals[ANA]
    assert "Who sees what" in json.dumps(view.shown)
    assert isinstance(ear.events[-1], HomeOpened)
    assert shown(rig) == []
    # So does what a form there says once it is sent.
    ear.reply = FORM
    await rig.hands.taps_view(ANA, home, found["Settings"])
    await rig.settle()
    ear.reply = Message("Saved.")
    await rig.hands.submits(rig.fake.team.modals[ANA][-1], {"words": "x"})
    await rig.settle()
    assert "Saved." in json.dumps(rig.fake.team.modals[ANA][-1].shown)
    assert shown(rig) == []
    assert isinstance(ear.events[-1], HomeOpened)


async def test_a_tap_in_what_is_read_over_the_home_page_changes_it(rig: SlackRig, ear: Ear) -> None:
    ear.reply = Message("Home", (Quote("x"),), (Button("Goals", "goals"),))
    await rig.hands.opens_home(ANA)
    await rig.settle()
    home = rig.fake.team.homes[ANA]
    ear.reply = Message("Goals", (Quote("Pricing"),), (Button("Add", "goal.add"), Button("Show", "goal.show")))
    await rig.hands.taps_view(ANA, home, next(controls(home["blocks"]))[1])
    await rig.settle()
    (view,) = rig.fake.team.modals[ANA]
    taps = {name: element for name, element, _ in controls(view.shown["blocks"])}
    ear.reply = Message("Pricing page, by 30 Jun")
    await rig.hands.taps_view(ANA, view.shown, taps["Show"], view.id)
    await rig.settle()
    assert "by 30 Jun" in json.dumps(view.shown)
    ear.reply = FORM
    await rig.hands.taps_view(ANA, view.shown, taps["Add"], view.id)
    await rig.settle()
    assert view.shown["title"]["text"] == "Check in"


# The wire


async def test_refused_requests_leave_nothing_of_what_was_written_in_the_log(
    rig: SlackRig, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"team_id": "T1", "event": {"text": "my secret words"}}).encode()
    with caplog.at_level(logging.DEBUG):
        for headers in (
            {"Content-Type": "application/json"},
            signed("x" * 32, body, "application/json"),
            signed(rig.fake.signing_secret, body, "application/json"),
            signed(rig.fake.signing_secret, body, "text/plain"),
        ):
            status, answer = await rig.hands.post(body, headers)
            assert 400 <= status < 500
            assert "secret" not in answer
    assert "secret" not in caplog.text


async def test_slack_can_check_where_it_is_sent_to(rig: SlackRig) -> None:
    body = b'{"type":"url_verification","token":"x","challenge":"abc"}'
    assert await rig.hands.post(body, signed(rig.fake.signing_secret, body, "application/json")) == (
        200,
        '{"challenge": "abc"}',
    )


async def test_a_new_socket_takes_over_when_slack_asks_for_one_and_when_one_breaks(ear: Ear) -> None:
    rig = SlackRig("socket")
    await rig.start(ear, ear.keep)
    await rig.fake.refresh_sockets()
    await rig.hands.types(ANA, "one")
    await rig.fake.drop_sockets()
    await rig.hands.types(ANA, "two")
    assert [event.words for event in ear.events if isinstance(event, MessageReceived)] == ["one", "two"]
    await rig.stop()


async def test_what_was_not_acknowledged_when_the_socket_broke_comes_again_as_the_same(ear: Ear) -> None:
    rig = SlackRig("socket")
    await rig.start(ear, ear.keep)
    ear.open.clear()
    typing = asyncio.create_task(rig.hands.types(ANA, "slow words"))
    await ear.heard.wait()
    await rig.fake.drop_sockets()
    await typing
    assert len({event.key for event in ear.events if isinstance(event, MessageReceived)}) == 1
    assert len(ear.events) > 1
    ear.open.set()
    await rig.stop()


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"bot_token": "xoxb-wrong"}, "SLACK_BOT_TOKEN"), ({"app_token": "xapp-wrong"}, "SLACK_APP_TOKEN")],
)
async def test_a_token_that_slack_refuses_ends_the_start_with_a_sentence(
    ear: Ear, settings: dict[str, Any], says: str
) -> None:
    rig = SlackRig("socket", **settings)
    with pytest.raises(Unreachable, match=says):
        await rig.start(ear, ear.keep)
    await rig.platform.close()
    await rig.fake.stop()


async def test_a_token_that_is_refused_once_slack_is_back_is_told_in_the_log(
    ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    rig = SlackRig("socket", again=0.05, app_token="xapp-wrong")
    rig.fake.faults += [("auth.test", "server error")]
    await rig.start(ear, ear.keep)
    assert rig.platform.listener is not None
    with suppress(Unreachable):
        await rig.platform.listener.started
    assert "Slack refuses SLACK_APP_TOKEN" in caplog.text
    await rig.stop()


async def test_while_slack_cannot_be_reached_it_is_tried_again(ear: Ear, caplog: pytest.LogCaptureFixture) -> None:
    rig = SlackRig("socket", again=0.05)
    rig.fake.faults += [("auth.test", "server error"), ("apps.connections.open", "cut")]
    await rig.start(ear, ear.keep)
    await rig.hands.types(ANA, "hello")
    assert ear.last(MessageReceived).words == "hello"
    assert "Slack did not answer clearly" in caplog.text
    await rig.stop()
