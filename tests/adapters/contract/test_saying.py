"""The laws of what we say: all of it is seen, in the right place, by the right people."""

from __future__ import annotations

import math
import time

import pytest

from bot.chat.events import HomeOpened
from bot.chat.messages import (
    Button,
    Chart,
    ChoiceField,
    Facts,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Series,
    TextField,
    text,
)
from bot.chat.platform import (
    DeadlinePassed,
    OutcomeUnknown,
    RateLimited,
    Sent,
    Unreachable,
    Unsupported,
    send_before,
)
from bot.chat.registry import Capability
from tests.support.harness import Fault, Rig
from tests.support.recording_handler import Ear

HOSTILE = (
    "<img src=x onerror=alert(1)> <b>bold</b> <script>alert(1)</script>",
    "<!channel> <!here> <@U123> @everyone @channel @here #general",
    "**bold** _slanted_ `code` ~gone~ *stars*",
    "[click](https://evil.example) <https://evil.example|click> https://evil.example",
    "&lt;b&gt; &amp; &#60;",
    "> quoted\n- item\n1. item\n# heading\n---",
    "مرحبا بالعالم and back",
    "🙂👩🏽‍💻🇵🇹",
    "{name} {0} %s ${x} \\n",
    ":smile: :tada:",
)

FORM = Form("goal", "g-1", "Add a goal", (TextField("title", "Title"),))

EVERYTHING = Message(
    "Week of 2 March",
    (
        text("Decide **today** or _never_, with `/goals`.", quiet=True),
        Quote("Second draft", "2h"),
        Facts((("Done", "23 lines"), ("No work", "Partner API"))),
        Chart(
            "Share of the week",
            "bars",
            ("Pricing", "Hosting"),
            (Series("share", (30, None)), Series("weight", (40, 60))),
            "Pricing thirty of forty.",
            "%",
        ),
        Chart("Sign-ups", "lines", ("Feb", "Mar"), (Series("people", (410, 455)),), "From 410 to 455."),
        Rule(),
        Pick(
            text("Which goal?"),
            "file",
            "line-1",
            (Option("p", "Pricing page"), Option("h", "EU hosting")),
            "p",
        ),
    ),
    (Button("Answer", "answer", style="primary"), Button("Stop", "stop", style="danger", confirm="Really?")),
    FORM,
)


async def test_everything_said_is_visible(rig: Rig, where: str) -> None:
    sent = await rig.platform.send(where, EVERYTHING, key="key")
    (seen,) = [message for message in await rig.shown(where, rig.a_person()) if message.id == sent.id]
    for words in (
        *(
            "Week of 2 March",
            "Decide today or never, with /goals.",
            "Second draft",
            "2h",
            "Done",
            "23 lines",
        ),
        *("Share of the week", "Pricing", "Hosting", "30", "40", "share", "weight", "455", "Which goal?"),
    ):
        assert words in seen.words
    assert {"Pricing page", "EU hosting", "Answer", "Stop"} <= set(seen.controls)
    assert {FORM.title, FORM.submit} & set(seen.controls)  # it is opened, or it stands there


@pytest.mark.parametrize("words", HOSTILE)
async def test_a_persons_words_are_shown_as_typed_and_do_nothing(rig: Rig, words: str) -> None:
    person = rig.a_person()
    await rig.platform.send(
        person.address,
        Message("Saved.", (Quote(words), Facts((("Line", words),)), text("Filed: {line}", line=words))),
        key="k",
    )
    (seen,) = await rig.shown(person.address, person)
    assert seen.words.count(words) == 3
    assert seen.live == ()


@pytest.mark.needs(Capability.EDITS)
async def test_edit_replaces_what_send_showed(rig: Rig) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Before", (Quote("old words"),)), key="k")
    for _ in range(2):  # it may be repeated freely
        await rig.platform.edit(sent, Message("After", (), (Button("New", "new"),)))
        (seen,) = await rig.shown(person.address, person)
        assert (seen.id, seen.words.strip(), seen.controls) == (sent.id, "After", ("New",))


@pytest.mark.lacks(Capability.EDITS)
async def test_without_edits_what_was_said_stands(rig: Rig) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Before"), key="k")
    await rig.platform.edit(sent, Message("After"))
    (seen,) = await rig.shown(person.address, person)
    assert (seen.id, seen.words.strip()) == (sent.id, "Before")


@pytest.mark.needs(Capability.CHANNELS)
@pytest.mark.needs(Capability.THREADS)
async def test_a_thread_stands_under_the_message_it_was_said_to(rig: Rig) -> None:
    where = rig.a_channel()
    sent = await rig.platform.send(where, Message("Digest"), key="k-1")
    await rig.platform.send(where, Message("All the lines"), key="k-2", under=sent.id)
    first, second = await rig.shown(where, rig.another())
    assert (first.under, second.under) == ("", sent.id)


@pytest.mark.needs(Capability.CHANNELS)
@pytest.mark.lacks(Capability.THREADS)
async def test_without_threads_it_is_said_in_the_channel(rig: Rig) -> None:
    where = rig.a_channel()
    sent = await rig.platform.send(where, Message("Digest"), key="k-1")
    await rig.platform.send(where, Message("All the lines"), key="k-2", under=sent.id)
    shown = await rig.shown(where, rig.another())
    assert [(message.words.strip(), message.under) for message in shown] == [
        ("Digest", ""),
        ("All the lines", ""),
    ]


@pytest.mark.needs(Capability.CHANNELS)
async def test_a_dm_is_seen_by_nobody_else_and_a_channel_by_its_members(rig: Rig) -> None:
    person, other = rig.a_person(), rig.another()
    await rig.platform.send(person.address, Message("For one"), key="k-1")
    await rig.platform.send(rig.a_channel(), Message("For all"), key="k-2")
    assert [message.words for message in await rig.shown(rig.a_channel(), other)] == ["For all"]
    assert await rig.shown(other.address, other) == []


async def test_a_gone_address_is_unreachable_and_says_why(rig: Rig) -> None:
    for where in rig.gone():
        with pytest.raises(Unreachable, match=r"\w+ \w+"):
            await rig.platform.send(where, Message("Hello"), key="k")


@pytest.mark.needs(Capability.HISTORY)
async def test_find_answers_for_a_message_by_its_key(rig: Rig) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Hello"), key="delivery-1")
    assert await rig.platform.find(person.address, "delivery-1") == sent
    assert await rig.platform.find(person.address, "delivery-2") is None
    assert await rig.platform.find(rig.another().address, "delivery-1") is None


@pytest.mark.lacks(Capability.HISTORY)
async def test_without_history_nobody_can_say_whether_it_arrived(rig: Rig) -> None:
    person = rig.a_person()
    await rig.platform.send(person.address, Message("Hello"), key="delivery-1")
    assert isinstance(await rig.platform.find(person.address, "delivery-1"), Unsupported)


@pytest.mark.needs(Capability.NETWORK)
async def test_what_may_not_leave_any_more_does_not_leave(rig: Rig) -> None:
    person = rig.a_person()
    send_before.set(time.monotonic() - 1)
    with pytest.raises(DeadlinePassed):
        await rig.platform.send(person.address, Message("Too late"), key="late")
    send_before.set(math.inf)
    assert await rig.shown(person.address, person) == []


@pytest.mark.needs(Capability.NETWORK)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", RateLimited),
        ("server error", OutcomeUnknown),
        ("timeout", OutcomeUnknown),
        ("cut", OutcomeUnknown),
    ],
)
async def test_a_fault_is_named_by_what_to_do_about_it(rig: Rig, fault: Fault, error: type[Exception]) -> None:
    rig.break_next(fault)
    with pytest.raises(error):
        await rig.platform.send(rig.a_person().address, Message("Hello"), key="k")
    found = await rig.platform.find(rig.a_person().address, "k")
    assert isinstance(found, Sent | Unsupported | None)


@pytest.mark.needs(Capability.CHANNELS)
async def test_people_profiles_and_channels_are_known(rig: Rig) -> None:
    person, other, where = rig.a_person(), rig.another(), rig.a_channel()
    profile = await rig.platform.profile(person.id)
    assert (profile.id, profile.name, profile.outsider) == (person.id, person.name, False)
    assert {person.id, other.id} <= {one.id for one in await rig.platform.people(where)}
    assert (await rig.platform.check(where)).name
    for gone in rig.gone():
        with pytest.raises(Unreachable):
            await rig.platform.check(gone)


async def test_addresses_carry_the_platforms_name(rig: Rig, where: str) -> None:
    for address in (where, rig.a_person().id):
        assert address.startswith(f"{rig.platform.name}:")


@pytest.mark.needs(Capability.HOME)
async def test_the_home_page_shows_what_it_was_given(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    ear.reply = Message("Your week", (Facts((("Team", "Platform"),)),))
    seen = await rig.home(person)
    ear.last(HomeOpened)
    assert seen is not None
    assert "Platform" in seen.words
    ear.reply = None
    await rig.platform.home(person.id, Message("Your next week"))
    seen = await rig.home(person)
    assert seen is not None
    assert "Your next week" in seen.words


@pytest.mark.lacks(Capability.HOME)
async def test_without_a_home_page_nothing_is_shown_in_its_place(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    await rig.platform.home(person.id, Message("Your week"))
    assert await rig.shown(person.address, person) == []
    assert ear.events == []


async def test_what_we_say_is_not_heard(rig: Rig, where: str, ear: Ear) -> None:
    sent = await rig.platform.send(where, EVERYTHING, key="k")
    await rig.platform.edit(sent, Message("Edited"))
    assert ear.events == []


async def test_a_long_message_is_said_whole(rig: Rig) -> None:
    person = rig.a_person()
    lines = [f"line {number} of many" for number in range(200)]
    await rig.platform.send(person.address, Message("Lines", tuple(Quote(line) for line in lines)), key="k")
    seen = "\n".join(message.words for message in await rig.shown(person.address, person))
    assert [line for line in lines if line not in seen] == []


async def test_a_field_may_hold_what_was_typed_before(rig: Rig, ear: Ear) -> None:
    person = rig.a_person()
    form = Form(
        "f",
        "s",
        "Change",
        (
            TextField("words", "Words", value="as it was"),
            ChoiceField("day", "Day", (Option("mo", "Monday"), Option("tu", "Tuesday")), ("tu",)),
            ChoiceField("teams", "Teams", (Option("a", "A"), Option("b", "B")), ("a", "b"), many=True),
        ),
    )
    await rig.platform.send(person.address, Message("Here", form=form), key="k")
    ear.reply = form
    dialog = await rig.press(person, person.address, "Change")
    assert dialog is not None
    assert dict(dialog.values) == {"words": "as it was", "day": "tu", "teams": ("a", "b")}
