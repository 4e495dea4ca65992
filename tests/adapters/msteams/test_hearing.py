"""What is peculiar to hearing on Teams: who may come in, what they typed, where the answer goes, who comes and goes."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.msteams.settings import Settings
from bot.chat.events import (
    Choices,
    Edited,
    Event,
    HomeOpened,
    Installed,
    Invalid,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Pressed,
    Replace,
    Reply,
    Submitted,
    Suggest,
    Uninstalled,
)
from bot.chat.messages import Button, ChoiceField, Form, Message, Option, Pick, TextField, text
from tests.support import teams_shapes
from tests.support.fake_teams import CHANNEL, CHAT, TEAM, TENANT, Fake
from tests.support.recording_handler import Ear
from tests.support.teams_harness import MemoryStore, TeamsRig, never

FORM = Form(
    "goal",
    "g-1",
    "Add a goal",
    (TextField("title", "Title"), ChoiceField("parent", "Part of", (), suggests=True, optional=True)),
)


def who(fake: Fake, key: str) -> str:
    return f"teams:{TENANT}:{fake.people[key].entra}"


def lines(fake: Fake, key: str, where: str = "") -> list[list[str]]:
    """Our cards, as somebody reads them."""
    return [teams_shapes.lines(cast(Any, one.card)) for one in fake.cards(key, where)]


# Who may come in


def test_an_empty_id_or_secret_is_refused_as_it_would_switch_every_check_off() -> None:
    for name in ("app_id", "app_password", "tenant_id"):
        words: Any = {"app_id": "a", "app_password": "b", "tenant_id": "c"} | {name: " "}
        with pytest.raises(ValueError, match=f"TEAMS_{name.upper()}"):
            Settings(**words)


async def test_without_authentication_only_this_machine_is_listened_to_and_written_to(ear: Ear) -> None:
    rig = TeamsRig(anonymous=True, app_password="")
    rig.ready = True
    await rig.serve(ear, never)
    ana = rig.fake.people["ana"]
    here, there = rig.fake.typed(ana, "hello"), rig.fake.typed(ana, "hello")
    there["serviceUrl"] = "https://smba.example/"
    statuses = []
    for activity in (here, there):
        async with rig.fake.client.post(rig.url, json=activity) as response:
            statuses.append(response.status)
    assert statuses == [200, 403]
    assert len(ear.events) == 1
    await rig.stop()


async def test_a_token_that_was_accepted_is_good_for_its_own_service_alone(rig: TeamsRig, ear: Ear) -> None:
    token = rig.fake.token()
    honest = rig.fake.typed(rig.fake.people["ana"], "hello")
    assert (await rig.fake.deliver(honest, token=token))[0] == 200
    for service in ("https://evil.example/", "", None):
        assert (await rig.fake.deliver(honest | {"serviceUrl": service}, token=token))[0] in (400, 401)
    assert len(ear.events) == 1


async def test_keys_are_fetched_once_and_a_flood_of_unknown_ones_fetches_none(rig: TeamsRig) -> None:
    for number in range(20):
        token = rig.fake.token(key=rig.fake.other_key, name=f"k{number + 2}")
        assert (await rig.fake.deliver(rig.fake.typed(rig.fake.people["ana"], "x"), token=token))[0] == 401
    assert rig.fake.keys_given == 1


async def test_while_the_keys_cannot_be_had_an_activity_is_left_to_come_again(ear: Ear) -> None:
    rig = TeamsRig(openid_url="http://127.0.0.1:9/openid")
    rig.ready = True
    await rig.serve(ear, never)
    assert (await rig.fake.deliver(rig.fake.typed(rig.fake.people["ana"], "hello")))[0] == 503
    assert ear.events == []
    await rig.stop()


async def test_the_words_of_people_reach_no_log(rig: TeamsRig, ear: Ear, caplog: pytest.LogCaptureFixture) -> None:
    secret = "the merger with Initech"
    with caplog.at_level(logging.DEBUG):
        ear.reply = Message(secret)
        await rig.say(rig.a_person(), secret)
        rig.fake.faults.append("html")
        await rig.say(rig.a_person(), secret)
        await rig.platform.send(rig.a_channel(), Message(secret), key="k")
        bad = rig.fake.typed(rig.fake.people["ana"], secret)
        for token in ("x.y.z", rig.fake.token(aud="other"), rig.fake.token(key=rig.fake.other_key)):
            await rig.fake.deliver(bad, token=token)
        await rig.fake.deliver(bad | {"channelData": {}})
    assert secret not in caplog.text
    assert "Initech" not in caplog.text


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_an_honest_sender_garbles_is_taken_or_refused_and_breaks_nothing(
    rig: TeamsRig, data: st.DataObject
) -> None:
    sent = {"act": "send", "name": "n", "subject": "s", "text/a": "b", "one/c": "d"}
    more: Any = {"name": "adaptiveCard/action", "replyToId": "1", "value": {"action": {"data": sent}}}
    typed = rig.fake.typed(rig.fake.people["ana"], "team add @ben", CHANNEL, mention=True)
    garbled = data.draw(st.sampled_from([typed, rig.fake.activity(rig.fake.people["ana"], "invoke", **more)]))
    at: Any = garbled
    path = data.draw(st.sampled_from(list(_paths(garbled))))
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = data.draw(JUNK)
    headers = {"Authorization": f"Bearer {rig.fake.token()}"}
    body = json.dumps(garbled).encode()
    async with rig.fake.client.post(rig.url, data=body, headers=headers) as response:
        assert response.status in (200, 400, 401, 403), (path, body)


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Any:
    """Every place in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*above, key)
        yield from _paths(part, (*above, key))


# What was typed


async def test_only_our_own_mention_is_taken_out_and_others_become_people(rig: TeamsRig, ear: Ear) -> None:
    also = {"@ben": rig.fake.people["ben"], "@cem": rig.fake.people["cem"]}
    await rig.fake.types("ana", "team add @ben @cem for R&D", CHANNEL, mention=True, also=also)
    said = ear.last(MessageReceived)
    # Nothing was heard from Cem yet: the roster names him.
    assert said.words == f"team add @{who(rig.fake, 'ben')} @{who(rig.fake, 'cem')} for R&D"
    assert said.command


async def test_what_is_not_said_to_us_in_a_channel_is_not_heard(rig: TeamsRig, ear: Ear) -> None:
    await rig.fake.types("ana", "goals are great", CHANNEL)
    await rig.fake.types("ana", "ask @ben", CHANNEL, also={"@ben": rig.fake.people["ben"]})
    rig.fake.chats[CHAT] = ["ana", "ben"]
    rig.fake.in_team.add(CHAT)
    await rig.fake.types("ana", "goals are great", CHAT)
    assert ear.events == []
    await rig.fake.types("ana", "goals", CHAT, mention=True)
    assert (ear.last(MessageReceived).words, ear.last(MessageReceived).private) == ("goals", False)
    await rig.fake.types("ana", "", CHANNEL, mention=True)
    assert (ear.last(MessageReceived).words, ear.last(MessageReceived).command) == ("", True)


async def test_a_list_is_a_line_for_each_item_and_what_is_quoted_is_not_said(rig: TeamsRig, ear: Ear) -> None:
    at = rig.fake.typed(rig.fake.people["ana"], "x")
    at["attachments"][0]["content"] = (
        '<blockquote itemscope itemtype="http://schema.skype.com/Reply"><p>What did you do?</p></blockquote>'
        "<p>This week:</p>\n<ul>\n<li>Pricing <b>page</b> 2h</li>\n<li>a &lt; b</li>\n</ul>"
        '<p>&nbsp;</p><p>Done <img alt="🎉" src="x"></p>'
    )
    assert (await rig.fake.deliver(at))[0] == 200
    assert ear.last(MessageReceived).words == "This week:\n- Pricing page 2h\n- a < b\nDone 🎉"
    del at["attachments"]
    at |= {"id": "another", "text": "as it is: <b> &amp;\r\nsecond"}
    assert (await rig.fake.deliver(at))[0] == 200
    assert ear.last(MessageReceived).words == "as it is: <b> &amp;\nsecond"


async def test_an_edited_message_edits_the_words_it_had(rig: TeamsRig, ear: Ear) -> None:
    typed = await rig.fake.types("ana", "Pricing page")
    for words in ("Pricing page 2h", "Pricing page 3h"):
        await rig.fake.retypes("ana", typed, words)
        edited = ear.last(Edited)
        assert (edited.words, edited.message) == (words, typed["id"])
    await rig.again()
    assert len({event.key for event in ear.events if isinstance(event, Edited)}) == 2


async def test_zones_come_with_what_people_say_by_their_present_names(rig: TeamsRig, ear: Ear) -> None:
    for sent, heard in (
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Nowhere", ""),
    ):
        rig.fake.people["ana"].zone = sent
        await rig.say(rig.a_person(), "hello")
        assert ear.last(MessageReceived).who.zone == heard


async def test_what_is_unchanged_is_not_written_again(rig: TeamsRig, ear: Ear) -> None:
    shelf = cast(MemoryStore, rig.store)
    await rig.say(rig.a_person(), "one")
    await rig.fake.types("ana", "goals", CHANNEL, mention=True)
    before = shelf.writes
    for _ in range(5):
        await rig.say(rig.a_person(), "again")
        await rig.fake.types("ana", "goals", CHANNEL, mention=True)
    assert shelf.writes == before


# Where the answer goes


async def test_where_a_tenant_has_no_private_messages_the_answer_comes_in_our_own_chat(rig: TeamsRig, ear: Ear) -> None:
    rig.fake.targeted = False
    ear.reply = Message("Only for you")
    await rig.platform.send(rig.a_channel(), Message("Digest", (), (Button("Mine", "mine"),)), key="k")
    await rig.press(rig.a_person(), rig.a_channel(), "Mine")
    await rig.fake.types("ana", "goals", CHANNEL, mention=True)
    assert lines(rig.fake, "ana") == [["Only for you"], ["Only for you"]]
    assert rig.fake.toasts == ["I answered in our own chat."]
    asked = [one for one in rig.fake.refused if one[0] == "POST"]
    assert len(asked) == 1  # it is not tried each time
    ear.reply = FORM
    dialog = await rig.press(rig.a_person(), rig.a_channel(), "Mine")
    assert dialog is not None
    ear.reply = Message("Added.")
    assert await rig.submit(rig.a_person(), dialog, {"title": "Pricing"}) is None
    assert lines(rig.fake, "ana")[-1] == ["Added."]


async def test_a_form_in_a_channel_is_seen_by_one_person_from_its_opening_to_its_end(rig: TeamsRig, ear: Ear) -> None:
    ear.reply = FORM
    dialog = await rig.command(rig.a_person(), "goals add", "slash in a channel")
    assert dialog is not None
    ear.reply = Invalid({"title": "There is one of that name."})
    dialog = await rig.submit(rig.a_person(), dialog, {"title": "Pricing"})
    assert dialog is not None
    assert (dialog.errors, dialog.values["title"]) == ({"title": "There is one of that name."}, "Pricing")
    ear.reply = Message("Added.", (), (Button("Undo", "undo"),))
    assert await rig.submit(rig.a_person(), dialog, {"title": "Other"}) is None
    ear.reply = Replace(Message("Taken back."))
    await rig.press(rig.a_person(), rig.a_channel(), "Undo")
    assert lines(rig.fake, "ana", CHANNEL) == [["Taken back."]]
    assert lines(rig.fake, "ben", CHANNEL) == []
    assert lines(rig.fake, "ana") == []


async def test_a_form_opened_from_a_message_changes_that_message_and_goes(rig: TeamsRig, ear: Ear) -> None:
    saved = Message("Saved: one line", (), (Button("Edit", "edit"),))
    sent = await rig.platform.send(rig.a_person().address, saved, key="k")
    ear.reply = FORM
    dialog = await rig.press(rig.a_person(), rig.a_person().address, "Edit")
    assert dialog is not None
    ear.reply = Replace(Message("Saved: two lines"))
    assert await rig.submit(rig.a_person(), dialog, {"title": "x"}) is None
    assert ear.last(Submitted).message == sent.id
    (card,) = rig.fake.cards("ana")
    assert (card.id, teams_shapes.lines(cast(Any, card.card))) == (sent.id, ["Saved: two lines"])


async def test_a_client_that_knows_no_execute_gets_all_of_it_too(rig: TeamsRig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = Invalid({"title": "No."})
    dialog = await rig.submit(person, dialog, {"title": "Pricing"}, old=True)
    assert dialog is not None
    assert (dialog.errors, dialog.values["title"]) == ({"title": "No."}, "Pricing")
    ear.reply = Replace(Message("Saved.", (Pick(text("Where?"), "file", "7", (Option("a", "A"),)),)))
    assert await rig.submit(person, dialog, {"title": "Pricing"}, old=True) is None
    (card,) = rig.fake.cards("ana")
    (tap,) = teams_shapes.taps(cast(Any, card.card))
    ear.reply = Replace(Message("Filed."))
    await rig.fake.taps("ana", card, cast(Any, tap), old=True)
    assert ear.last(Pressed).value == "a"
    assert lines(rig.fake, "ana") == [["Filed."]]


async def test_a_form_that_comes_again_to_another_process_takes_nothing_away(rig: TeamsRig, ear: Ear) -> None:
    ear.reply = FORM
    dialog = await rig.command(rig.a_person(), "goals add", "slash in a DM")
    assert dialog is not None
    ear.reply = Message("Added.")
    assert await rig.submit(rig.a_person(), dialog, {"title": "x"}) is None
    ear.reply = None  # as the conversation replies to what it has heard before
    await rig.submit(rig.a_person(), dialog, {"title": "x"})
    assert lines(rig.fake, "ana") == [["Added."]]


async def test_a_form_for_everybody_is_not_replaced_by_what_one_person_typed(rig: TeamsRig, ear: Ear) -> None:
    await rig.platform.send(rig.a_channel(), Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(rig.a_person(), rig.a_channel(), "Add a goal")
    assert dialog is not None
    ear.reply = Invalid({"title": "No."})
    await rig.submit(rig.a_person(), dialog, {"title": "My secret"}, old=True)
    assert lines(rig.fake, "ana", CHANNEL)[1:] == [["No."]]
    assert "My secret" not in str([one.card for one in rig.fake.cards("ben", CHANNEL)])
    ear.reply = Replace(Message("Saved."))
    await rig.submit(rig.a_person(), dialog, {"title": "My secret"})
    assert lines(rig.fake, "ana", CHANNEL)[-1] == ["Saved."]
    assert len(rig.fake.cards("ben", CHANNEL)) == 1


async def test_where_the_message_of_a_form_is_gone_the_form_becomes_the_answer(rig: TeamsRig, ear: Ear) -> None:
    sent = await rig.platform.send(rig.a_person().address, Message("Saved", (), (Button("Edit", "edit"),)), key="k")
    ear.reply = FORM
    dialog = await rig.press(rig.a_person(), rig.a_person().address, "Edit")
    assert dialog is not None
    del rig.fake.activities[sent.id]
    ear.reply = Replace(Message("Saved again"))
    assert await rig.submit(rig.a_person(), dialog, {"title": "x"}) is None
    assert lines(rig.fake, "ana") == [["Saved again"]]


async def test_a_search_is_answered_and_one_that_fails_or_takes_too_long_finds_nothing(rig: TeamsRig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = Choices((Option("g", "Growth"),))
    assert await rig.suggest(person, dialog, "parent", "gro") == ["Growth"]
    ear.fault = RuntimeError("no")
    assert await rig.suggest(person, dialog, "parent", "gro") == []
    ear.fault = None
    ear.open.clear()
    assert await rig.suggest(person, dialog, "parent", "gro") == []
    assert ear.kept == []
    assert ear.last(Suggest).field == "parent"


async def test_a_reply_waits_while_teams_asks_to_and_is_shown_once(rig: TeamsRig, ear: Ear) -> None:
    rig.fake.faults.extend(["busy", "precondition", "busy"])
    ear.reply = Message("At last.")
    await rig.say(rig.a_person(), "hello")
    assert lines(rig.fake, "ana") == [["At last."]]


async def test_home_is_looked_at_and_shown_in_our_own_chat(rig: TeamsRig, ear: Ear) -> None:
    ear.reply = Message("Ana, this is how I ask you")
    for way in ("home", "/home", "Home"):
        await rig.say(rig.a_person(), way)
    await rig.fake.types("ana", "home", CHANNEL, mention=True)
    assert [type(event) for event in ear.events] == [HomeOpened] * 4
    assert len(lines(rig.fake, "ana")) == 4
    assert lines(rig.fake, "ana", CHANNEL) == []


# In time


async def test_a_slow_press_is_acknowledged_and_its_card_changes_later(rig: TeamsRig, ear: Ear) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Where?", (), (Button("Here", "here"),)), key="k")
    ear.open.clear()
    ear.reply = Replace(Message("Filed."))
    await rig.press(person, person.address, "Here")
    assert rig.fake.toasts[-1].startswith("Still at it")
    assert [event.key for event in ear.kept] == [event.key for event in ear.events]
    ear.open.set()
    await rig.fake.until(lambda: rig.fake.activities[sent.id].edits)
    assert lines(rig.fake, "ana") == [["Filed."]]


async def test_a_form_refused_late_still_shows_what_is_wrong(rig: TeamsRig, ear: Ear) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = Invalid({"title": "No."})
    ear.open.clear()
    await rig.submit(person, dialog, {"title": "Pricing"})
    ear.open.set()
    await rig.fake.until(lambda: rig.fake.activities[sent.id].edits)
    (card,) = rig.fake.cards("ana")
    assert "No." in teams_shapes.lines(cast(Any, card.card))
    assert teams_shapes.sent(cast(Any, card.card))["text/title"] == "Pricing"


async def test_what_can_be_neither_heard_in_time_nor_kept_is_not_acknowledged_and_heard_once(
    ear: Ear,
) -> None:
    async def broken(event: Any) -> None:
        raise OSError("the disk is full")

    rig = TeamsRig(patience=0.2)
    await rig.start(ear, broken)
    ear.open.clear()
    ear.reply = Message("At last.")
    at = rig.fake.typed(rig.fake.people["ana"], "slow")
    assert (await rig.fake.deliver(at))[0] == 503
    ear.open.set()
    assert (await rig.fake.deliver(at))[0] == 200  # Teams brings it again
    assert len(ear.events) == 1
    assert lines(rig.fake, "ana") == [["At last."]]
    await rig.stop()


async def test_from_a_crowd_on_an_activity_is_kept_soon_and_not_waited_for(ear: Ear) -> None:
    rig = TeamsRig(patience=8.0)
    await rig.start(ear, ear.keep)
    ear.open.clear()
    slow = [
        asyncio.create_task(rig.fake.deliver(rig.fake.typed(rig.fake.people["ana"], f"line {n}"))) for n in range(10)
    ]
    while len(ear.events) < 10:
        ear.heard.clear()
        await ear.heard.wait()
    began = time.monotonic()
    assert (await rig.fake.deliver(rig.fake.typed(rig.fake.people["ana"], "one more")))[0] == 200
    assert time.monotonic() - began < 4.0
    assert len(ear.kept) == 1  # those before are still waited for
    ear.open.set()
    assert {status for status, _ in await asyncio.gather(*slow)} == {200}
    await rig.stop()


async def test_an_activity_delivered_again_is_answered_as_it_was_and_nothing_is_said_twice(
    rig: TeamsRig, ear: Ear
) -> None:
    rig.fake.twice = True
    ear.reply = Message("Only admins can change goals.")
    await rig.say(rig.a_person(), "goals add x")
    assert lines(rig.fake, "ana") == [["Only admins can change goals."]]
    assert len(ear.events) == 1


# Who comes and goes


class RecordedEvents:
    """Everything that is heard, installations too."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, event: Event) -> Reply:
        self.events.append(event)
        return None

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


@pytest.fixture
async def fresh() -> Any:
    """A tenant nothing was heard from yet."""
    rig, notes = TeamsRig(), RecordedEvents()
    rig.ready = True
    await rig.serve(notes, never)
    yield rig, notes
    await rig.stop()


async def test_adding_the_app_is_told_twice_and_is_one_state(fresh: tuple[TeamsRig, RecordedEvents]) -> None:
    rig, notes = fresh
    await rig.fake.adds_app("ana")
    assert set(notes.kinds()) == {"Installed", "MemberJoined"}
    assert {event.who.id for event in notes.events if isinstance(event, MemberJoined)} == {who(rig.fake, "ana")}
    assert {event.workspace for event in notes.events if isinstance(event, Installed)} == {f"teams:{TENANT}"}
    # A setup policy adds it for one person after the other: the first of them is nobody special.
    assert {event.who for event in notes.events if isinstance(event, Installed)} == {None}
    before = dict(cast(MemoryStore, rig.store).texts)
    await rig.fake.adds_app("ana")
    assert cast(MemoryStore, rig.store).texts == before
    await rig.fake.removes_app("ana")
    assert isinstance(notes.events[-1], Left)


async def test_whoever_speaks_first_installs_us_though_nothing_told_of_it(
    fresh: tuple[TeamsRig, RecordedEvents],
) -> None:
    rig, notes = fresh
    await rig.say(rig.a_person(), "hello")
    await rig.say(rig.a_person(), "hello again")
    assert notes.kinds() == ["Installed", "MessageReceived", "MessageReceived"]


async def test_who_joins_a_team_comes_and_who_leaves_it_has_not_left(
    fresh: tuple[TeamsRig, RecordedEvents],
) -> None:
    rig, notes = fresh
    cem = rig.fake.people["cem"]
    await rig.fake.adds_to_team("ana")
    joined = rig.fake.activity(rig.fake.people["ana"], "conversationUpdate", TEAM)
    member = [{"id": cem.user, "aadObjectId": cem.entra}]
    assert (await rig.fake.deliver(joined | {"membersAdded": member}))[0] == 200
    assert cast(MemberJoined, notes.events[-1]).who.id == who(rig.fake, "cem")
    heard = len(notes.events)
    parted = rig.fake.activity(rig.fake.people["ana"], "conversationUpdate", TEAM, membersRemoved=member)
    assert (await rig.fake.deliver(parted))[0] == 200
    assert len(notes.events) == heard


async def test_a_team_that_throws_us_out_is_closed_in_every_channel_until_it_takes_us_back(
    fresh: tuple[TeamsRig, RecordedEvents],
) -> None:
    rig, notes = fresh
    await rig.fake.adds_to_team("ana")
    await rig.fake.changes("ana", "channelCreated", CHANNEL, channel={"name": "platform"})
    out = rig.fake.activity(rig.fake.people["ana"], "conversationUpdate", TEAM, membersRemoved=[{"id": rig.fake.bot}])
    for _ in range(2):
        assert (await rig.fake.deliver(out))[0] == 200
    assert isinstance(notes.events[-1], Uninstalled)
    with pytest.raises(Exception, match="removed from that team"):
        await rig.platform.send(rig.a_channel(), Message("Hello"), key="k")
    await rig.fake.adds_to_team("ana")
    await rig.platform.send(rig.a_channel(), Message("Hello"), key="k")
    assert notes.kinds()[-1] == "Installed"


async def test_we_are_not_uninstalled_while_somebody_has_us(fresh: tuple[TeamsRig, RecordedEvents]) -> None:
    rig, notes = fresh
    await rig.fake.adds_app("ben")
    await rig.fake.adds_to_team("ana")
    out = rig.fake.activity(rig.fake.people["ana"], "installationUpdate", TEAM, action="remove")
    assert (await rig.fake.deliver(out))[0] == 200
    assert "Uninstalled" not in notes.kinds()


async def test_channels_are_renamed_deleted_and_restored(fresh: tuple[TeamsRig, RecordedEvents]) -> None:
    rig, _ = fresh
    await rig.fake.adds_to_team("ana")
    await rig.fake.changes("ana", "channelCreated", CHANNEL, channel={"name": "platform"})
    for _ in range(2):
        await rig.fake.changes("ana", "channelRenamed", CHANNEL, channel={"name": "infra"})
    assert (await rig.platform.check(rig.a_channel())).name == "infra"
    for what, words in (
        ("channelDeleted", "channel was deleted"),
        ("teamArchived", "archived"),
        ("teamDeleted", "team was"),
    ):
        await rig.fake.changes("ana", what, CHANNEL)
        with pytest.raises(Exception, match=words):
            await rig.platform.send(rig.a_channel(), Message("Hello"), key="k")
        await rig.fake.changes("ana", "channelRestored" if what[0] == "c" else "teamRestored", CHANNEL)
        await rig.platform.send(rig.a_channel(), Message("Hello"), key=what)


async def test_an_address_moves_with_its_service(rig: TeamsRig, ear: Ear) -> None:
    at = rig.fake.typed(rig.fake.people["ana"], "hello")
    at["serviceUrl"] = f"{rig.fake.url}/apac/"
    token = rig.fake.token(serviceurl=at["serviceUrl"])
    assert (await rig.fake.deliver(at, token=token))[0] == 200
    with pytest.raises(Exception, match="not there"):  # the fake has no such service
        await rig.platform.send(rig.a_person().address, Message("Hello"), key="k")
    await rig.say(rig.a_person(), "back again")
    await rig.platform.send(rig.a_person().address, Message("Hello"), key="k")
    assert Opened not in [type(event) for event in ear.events]
