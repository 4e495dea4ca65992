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
from tests.support.harness import Fault, Law, Rig
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


def needs(rig: Rig, law: Law) -> None:
    """Skip, with the rig's own reason, where a law has nothing to hold on to."""
    if reason := rig.exempt.get(law):
        pytest.skip(reason)


async def test_everything_said_is_visible(rig: Rig) -> None:
    person = rig.a_person()
    for where in (person.address, rig.a_channel()):
        sent = await rig.platform.send(where, EVERYTHING, key=f"key-{where}")
        (seen,) = [message for message in await rig.shown(where, person) if message.id == sent.id]
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
        form = "Save" if "forms are opened" in rig.exempt else "Add a goal"
        assert {"Pricing page", "EU hosting", "Answer", "Stop", form} <= set(seen.controls)


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


async def test_edit_replaces_what_send_showed(rig: Rig) -> None:
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Before", (Quote("old words"),)), key="k")
    for _ in range(2):  # it may be repeated freely
        await rig.platform.edit(sent, Message("After", (), (Button("New", "new"),)))
        (seen,) = await rig.shown(person.address, person)
        assert (seen.id, seen.words.strip(), seen.controls) == (sent.id, "After", ("New",))


async def test_a_thread_stands_under_the_message_it_was_said_to(rig: Rig) -> None:
    needs(rig, "threads")
    where = rig.a_channel()
    sent = await rig.platform.send(where, Message("Digest"), key="k-1")
    await rig.platform.send(where, Message("All the lines"), key="k-2", under=sent.id)
    first, second = await rig.shown(where, rig.another())
    assert (first.under, second.under) == ("", sent.id)


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


async def test_find_answers_for_a_message_by_its_key(rig: Rig) -> None:
    needs(rig, "find")
    person = rig.a_person()
    sent = await rig.platform.send(person.address, Message("Hello"), key="delivery-1")
    assert await rig.platform.find(person.address, "delivery-1") == sent
    assert await rig.platform.find(person.address, "delivery-2") is None
    assert await rig.platform.find(rig.another().address, "delivery-1") is None


async def test_what_may_not_leave_any_more_does_not_leave(rig: Rig) -> None:
    needs(rig, "faults")
    person = rig.a_person()
    send_before.set(time.monotonic() - 1)
    with pytest.raises(DeadlinePassed):
        await rig.platform.send(person.address, Message("Too late"), key="late")
    send_before.set(math.inf)
    assert await rig.shown(person.address, person) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("busy", RateLimited),
        ("server error", OutcomeUnknown),
        ("timeout", OutcomeUnknown),
        ("cut", OutcomeUnknown),
    ],
)
async def test_a_fault_is_named_by_what_to_do_about_it(
    rig: Rig, fault: Fault, error: type[Exception]
) -> None:
    needs(rig, "faults")
    rig.break_next(fault)
    with pytest.raises(error):
        await rig.platform.send(rig.a_person().address, Message("Hello"), key="k")
    found = await rig.platform.find(rig.a_person().address, "k")
    assert isinstance(found, Sent | Unsupported | None)


async def test_people_profiles_and_channels_are_known(rig: Rig) -> None:
    person, other, where = rig.a_person(), rig.another(), rig.a_channel()
    profile = await rig.platform.profile(person.id)
    assert (profile.id, profile.name, profile.outsider) == (person.id, person.name, False)
    assert {person.id, other.id} <= {one.id for one in await rig.platform.people(where)}
    assert (await rig.platform.check(where)).name
    for gone in rig.gone():
        with pytest.raises(Unreachable):
            await rig.platform.check(gone)


async def test_addresses_carry_the_platforms_name(rig: Rig) -> None:
    for address in (rig.a_person().address, rig.a_channel(), rig.a_person().id):
        assert address.startswith(f"{rig.platform.name}:")


async def test_the_home_page_shows_what_it_was_given(rig: Rig, ear: Ear) -> None:
    needs(rig, "home")
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


async def test_what_we_say_is_not_heard(rig: Rig, ear: Ear) -> None:
    for where in (rig.a_person().address, rig.a_channel()):
        sent = await rig.platform.send(where, EVERYTHING, key=f"k-{where}")
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
