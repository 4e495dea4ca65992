"""The laws of what we hear: plain events from honest requests, and private replies."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from bot.chat.events import (
    Choices,
    Invalid,
    MessageReceived,
    Opened,
    Page,
    Pressed,
    Replace,
    Submitted,
    Suggest,
)
from bot.chat.messages import Button, ChoiceField, Form, Message, Option, Pick, Quote, TextField, text
from bot.chat.registry import Capability
from tests.support.harness import Rig, Shown, Somebody
from tests.support.recording_handler import Ear

FORM = Form(
    "goal",
    "parent-7",
    "Add a goal",
    (
        TextField("title", "Title"),
        TextField("why", "Why", rows=4, optional=True),
        ChoiceField("day", "Day", (Option("mo", "Monday"), Option("tu", "Tuesday"))),
        ChoiceField("teams", "Teams", (Option("a", "A"), Option("b", "B"), Option("c", "C")), many=True),
        ChoiceField("parent", "Part of", (), suggests=True, optional=True),
    ),
)
VALUES: dict[str, str | tuple[str, ...]] = {
    "title": "Pricing <b>page</b>",
    "why": "First\nsecond 🙂",
    "day": "tu",
    "teams": ("a", "c"),
    "parent": "goal-3",
}


async def everything(rig: Rig, person: Somebody) -> str:
    """All that somebody can read, in the channel if there is one and in their DM."""
    places = [where for where in (rig.a_channel(), person.address) if where]
    return "\n".join([message.words for where in places for message in await rig.shown(where, person)])


async def named(rig: Rig, person: Somebody, where: str, name: str) -> Shown:
    """The message of this id as somebody sees it."""
    (seen,) = [message for message in await rig.shown(where, person) if message.id == name]
    return seen


async def test_words_typed_to_us_are_heard_as_typed(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.say(person, "Checkout copy 2h\n<b>& more</b> 🙂")
    (event,) = ear.events
    assert isinstance(event, MessageReceived)
    assert event.words == "Checkout copy 2h\n<b>& more</b> 🙂"
    assert (event.command, event.private) == (False, True)
    assert (event.who.id, event.who.name) == (person.id, person.name)


async def test_commands_arrive_as_plain_words_whichever_way_they_are_given(rig: Rig, ear: Ear) -> None:
    for way in rig.ways:
        await rig.command(rig.a_person(), 'goals add "Pricing page" by 2026-06-30', way)
        event = ear.last(MessageReceived)
        assert event.words == 'goals add "Pricing page" by 2026-06-30', way
        assert event.command, way
        assert event.private == ("DM" in way), way


async def test_an_address_from_an_event_works_in_send(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    for way in rig.ways:
        await rig.command(person, "goals", way)
        event = ear.last(MessageReceived)
        for address in {event.where, event.who.address}:
            sent = await rig.platform.send(address, Message(f"To {way}"), key=f"{way} {address}")
            assert (await named(rig, person, address, sent.id)).words.strip() == f"To {way}"


async def test_a_tap_comes_back_with_its_words_and_its_message(rig: Rig, where: str, ear: Ear) -> None:
    person = rig.a_person()
    options = (Option("p", "Pricing page"), Option("h", "EU hosting"))
    sent = await rig.platform.send(
        where,
        Message(
            "Where?",
            (Pick(text("Which goal?"), "file", "line-1", options),),
            (Button("Skip", "skip", "c-9"),),
        ),
        key="k",
    )
    await rig.press(person, where, "Skip")
    event = ear.last(Pressed)
    assert (event.press, event.subject, event.value) == ("skip", "c-9", "")
    await rig.press(person, where, "EU hosting")
    event = ear.last(Pressed)
    assert (event.press, event.subject, event.value) == ("file", "line-1", "h")
    assert (event.message, event.who.id) == (sent.id, person.id)


async def test_form_fields_come_back_under_their_names(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = None
    assert await rig.submit(person, dialog, VALUES) is None
    filled = ear.last(Submitted)
    assert (filled.name, filled.subject, filled.message) == ("goal", "parent-7", sent.id)
    assert dict(filled.values) == VALUES


@pytest.mark.needs(Capability.DIALOGS)
async def test_a_form_is_asked_for_by_its_button(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    assert await rig.press(person, person.address, FORM.title) is not None
    event = ear.last(Opened)
    assert (event.name, event.subject, event.message) == ("goal", "parent-7", sent.id)


@pytest.mark.lacks(Capability.DIALOGS)
async def test_without_dialogs_a_form_stands_in_its_message(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    (seen,) = await rig.shown(person.address, person)
    assert FORM.submit in seen.controls
    assert all(field.label in seen.words for field in FORM.fields)
    assert ear.events == []


async def test_a_form_can_be_opened_by_a_button_and_by_a_command(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Hello", (), (Button("Settings", "settings"),)), key="k")
    ear.reply = FORM
    opened = [await rig.press(person, person.address, "Settings")]
    opened += [await rig.command(person, "goals add", way) for way in rig.ways]
    for dialog in opened:
        assert dialog is not None
        assert dialog.title == "Add a goal"
        assert await rig.submit(person, dialog, VALUES) is not None  # the reply is the form again
        assert dict(ear.last(Submitted).values) == VALUES


async def test_invalid_is_seen_and_the_form_can_be_sent_again(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = Invalid({"title": "There is a goal of that name.", "": "Nothing was saved."})
    dialog = await rig.submit(person, dialog, VALUES)
    assert dialog is not None
    assert "There is a goal of that name." in dialog.errors["title"]
    assert any("Nothing was saved." in words for words in dialog.errors.values())
    assert dict(dialog.values) == VALUES
    ear.reply = Message("Added.")
    assert await rig.submit(person, dialog, VALUES | {"title": "Another"}) is None
    assert "Added." in await everything(rig, person)


async def test_a_field_that_suggests_offers_what_was_replied(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.reply = Choices((Option("g-1", "Pricing page"), Option("g-2", "EU hosting")))
    assert list(await rig.suggest(person, dialog, "parent", "pri")) == ["Pricing page", "EU hosting"]
    event = ear.last(Suggest)
    assert (event.name, event.field, event.typed) == ("goal", "parent", "pri")


@pytest.mark.needs(Capability.CHANNELS)
async def test_a_reply_is_seen_by_the_person_alone(rig: Rig, ear: Ear) -> None:
    person, other = rig.a_person(), rig.another()
    await rig.platform.send(rig.a_channel(), Message("Digest", (), (Button("Mine", "mine"),)), key="k")
    ear.reply = Message("Your own lines", (Quote("Checkout copy"),))
    await rig.press(person, rig.a_channel(), "Mine")
    for way in rig.ways:
        ear.reply = Message(f"Answer to {way}")
        await rig.command(person, "goals", way)
    mine, theirs = await everything(rig, person), await everything(rig, other)
    for words in ("Your own lines", "Checkout copy", *(f"Answer to {way}" for way in rig.ways)):
        assert words in mine
        assert words not in theirs


@pytest.mark.needs(Capability.CHANNELS)
async def test_much_to_read_is_read_whole_by_the_person_alone_and_leaves_what_others_see(rig: Rig, ear: Ear) -> None:
    person, other, where = rig.a_person(), rig.another(), rig.a_channel()
    sent = await rig.platform.send(where, Message("Digest", (), (Button("Open", "open"),)), key="k")
    lines = [f"line {number} of many, as long as lines are: some eighty characters" for number in range(180)]
    ear.reply = Page(Message("All of it", tuple(Quote(line) for line in lines)))
    await rig.press(person, where, "Open")
    window = rig.window(person)
    mine = f"{await everything(rig, person)}\n{window.words if window else ''}"
    assert "All of it" in mine
    assert [line for line in lines if line not in mine] == []
    assert (await named(rig, other, where, sent.id)).words.strip() == "Digest"
    assert "line 1 of many" not in await everything(rig, other)
    assert rig.window(other) is None


@pytest.mark.lacks(Capability.EDITS)
async def test_without_edits_a_replacement_is_said(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Where?", (), (Button("Here", "here"),)), key="k")
    ear.reply = Replace(Message("Filed here."))
    await rig.press(person, person.address, "Here")
    words = [shown.words.strip() for shown in await rig.shown(person.address, person)]
    assert words == ["Where?", "Filed here."]


@pytest.mark.needs(Capability.EDITS)
async def test_replace_stands_in_the_place_of_the_private_message(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Where?", (), (Button("Here", "here"),)), key="k")
    ear.reply = Replace(Message("Filed here."))
    await rig.press(person, person.address, "Here")
    seen = await named(rig, person, person.address, sent.id)
    assert (seen.words.strip(), seen.controls) == ("Filed here.", ())


@pytest.mark.needs(Capability.CHANNELS)
async def test_replace_leaves_what_others_see_and_is_said_privately(rig: Rig, ear: Ear) -> None:
    person, other, where = rig.a_person(), rig.another(), rig.a_channel()
    sent = await rig.platform.send(where, Message("Digest", (), (Button("Mine", "mine"),)), key="k")
    ear.reply = Replace(Message("Only for me."))
    await rig.press(person, where, "Mine")
    assert (await named(rig, other, where, sent.id)).words.strip() == "Digest"
    assert "Only for me." in await everything(rig, person)
    assert "Only for me." not in await everything(rig, other)


async def test_the_same_event_twice_is_one_event(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.say(person, "Checkout copy 2h")
    await rig.again()
    assert len({event.key for event in ear.events}) == 1
    await rig.say(person, "Checkout copy 2h")
    assert len({event.key for event in ear.events}) == 2


async def test_a_failure_gives_the_person_a_reference_and_the_log_the_trace(
    rig: Rig, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    person = rig.a_person()
    ear.fault = RuntimeError("could not file: my secret words")
    with caplog.at_level(logging.DEBUG):
        await rig.say(person, "my secret words")
    answer = (await rig.shown(person.address, person))[-1].words
    reference = re.search(r"reference (\w{6,})", answer)
    assert reference, answer
    assert "RuntimeError" not in answer
    assert reference[1] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "recording_handler.py" in caplog.text
    assert "my secret words" not in caplog.text
    ear.fault = None
    ear.reply = Message("Fine again.")
    await rig.say(person, "my secret words")
    assert "Fine again." in await everything(rig, person)


async def test_a_form_that_failed_stays_open_with_a_reference(
    rig: Rig, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Goals", form=FORM), key="k")
    ear.reply = FORM
    dialog = await rig.press(person, person.address, "Add a goal")
    assert dialog is not None
    ear.fault = RuntimeError("no")
    dialog = await rig.submit(person, dialog, VALUES)
    assert dialog is not None
    assert re.search(r"reference \w{6,}", " ".join(dialog.errors.values()))
    assert "RuntimeError" in caplog.text
    ear.fault, ear.reply = None, None
    assert await rig.submit(person, dialog, VALUES) is None


async def test_the_deadline_is_kept_however_long_hearing_takes(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    ear.open.clear()
    ear.reply = Message("At last.")
    await asyncio.wait_for(rig.knock(person, "slow words"), rig.deadline)
    assert "At last." not in await everything(rig, person)
    ear.open.set()
    await rig.settle()
    assert "At last." in await everything(rig, person)
    assert len(ear.events) == 1


@pytest.mark.needs(Capability.REQUESTS)
async def test_forged_foreign_malformed_and_oversized_requests_are_refused(rig: Rig, ear: Ear) -> None:
    wrong = {
        forgery.name: (status, forgery.expected)
        for forgery in rig.forge()
        if (status := await forgery.send()) != forgery.expected
    }
    assert wrong == {}
    assert ear.events == []
    assert await rig.shown(rig.a_person().address, rig.a_person()) == []
