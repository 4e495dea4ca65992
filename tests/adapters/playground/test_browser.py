"""The page as people use it: in a real browser, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.chat.events import Page as PageReply
from bot.chat.events import Pressed
from bot.chat.messages import Button, Message, Quote, text
from tests.adapters.contract.test_saying import EVERYTHING, HOSTILE
from tests.support.playground_harness import PlaygroundRig
from tests.support.playground_messages import digest, threads
from tests.support.recording_handler import Ear
from tests.support.scripted_playground import PLATFORM, Script

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", shutil.which("chromium")) if path and Path(path).exists()), None
)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium at /usr/bin/chromium or on the PATH"),
    pytest.mark.asyncio(loop_scope="module"),
]

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]

Visit = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def rig() -> AsyncIterator[PlaygroundRig]:
    """The playground with the scripted partner."""
    stage = Script()
    made = PlaygroundRig(stage)
    await made.start(stage.hear)
    yield made
    await made.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, rig: PlaygroundRig) -> AsyncIterator[Visit]:
    """Open the page at a hash. Whatever the page complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    async def open_page(at: str = "", width: int = 1280, height: int = 800, scheme: str = "light") -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(5000)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        await page.goto(f"{rig.url}/{at}")
        await expect(page.locator("body.drawn")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        await context.close()
    # A server that is gone while a test wants it gone is all the network may say.
    assert [words for words in complaints if "ERR_CONNECTION" not in words and "WebSocket" not in words] == []


async def say(page: Page, words: str) -> None:
    """Type and send."""
    box = page.get_by_label("Message", exact=True)
    await box.fill(words)
    await box.press("Enter")


async def is_too_wide(page: Page) -> bool:
    """Whether anything makes the page scroll sideways."""
    return bool(
        await page.evaluate(
            "() => [document.documentElement, ...document.querySelectorAll('.transcript, .fields')]"
            ".some((node) => node.scrollWidth > node.clientWidth + 1)"
        )
    )


async def test_somebody_is_picked_and_says_something(visit: Visit) -> None:
    page = await visit()
    await expect(page.get_by_role("button", name="You are Ana Duarte")).to_be_visible()
    await page.get_by_role("button", name="You are Ana Duarte").click()
    await page.get_by_label("Find somebody").fill("chen")
    await page.get_by_role("button", name="Chen Wei").click()
    await expect(page).to_have_url(re.compile("#chen/dm$"))
    await expect(page.locator("#clock b")).to_have_text("23:30")
    await say(page, "Moved the database\nWrote it up 2h")
    await expect(page.locator(".entry .words")).to_have_text("Moved the database\nWrote it up 2h")
    await expect(page.get_by_role("heading", name="Saved, 2 lines.")).to_be_visible()
    await expect(page.locator("blockquote")).to_contain_text(["Moved the database", "Wrote it up 2h"])
    await expect(page.locator("#live")).to_have_text("Instep: Saved, 2 lines.")


async def test_a_form_shows_what_is_wrong_keeps_what_was_typed_and_is_saved(visit: Visit, rig: PlaygroundRig) -> None:
    page = await visit("#maya/dm")
    await say(page, "/goals")
    await page.get_by_role("button", name="Add a goal").click()
    dialog = page.get_by_role("dialog", name="Add a goal")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_text("Please fill this in.")).to_be_visible()
    title = dialog.get_by_label("Title")
    await title.fill("Pricing page")
    await dialog.get_by_label("Support").check()
    parent = dialog.get_by_role("combobox", name="Part of")
    await parent.fill("trust")
    await dialog.get_by_role("option", name="Search people trust").click()
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_text("There is a goal of that name")).to_be_visible()
    await expect(title).to_be_focused()
    await expect(title).to_have_attribute("aria-invalid", "true")
    await expect(title).to_have_value("Pricing page")
    await expect(parent).to_have_value("Search people trust")
    await title.fill("Search that finds")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("heading", name="Added “Search that finds”.")).to_be_visible()
    await expect(page.get_by_text("Under search.")).to_be_visible()


async def test_a_message_is_edited_in_place_and_lights_up(visit: Visit, rig: PlaygroundRig) -> None:
    assert isinstance(rig.stage, Script)
    await rig.stage.furnish()
    page = await visit("#ana/dm")
    count = await page.locator(".entry").count()
    entry = page.locator(".entry", has=page.get_by_role("heading", name="Saved, 2 lines."))
    await entry.get_by_role("button", name="EU hosting").click()
    changed = page.locator(".entry.changed")
    await expect(changed.get_by_role("heading")).to_have_text("Saved, 1 line.")
    await expect(changed.get_by_text("edited")).to_be_visible()
    chip = changed.get_by_role("button", name="EU hosting")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await expect(chip).to_be_focused()
    assert await page.locator(".entry").count() == count


async def test_a_button_that_asks_first_can_be_left(visit: Visit, rig: PlaygroundRig) -> None:
    assert isinstance(rig.stage, Script)
    await rig.stage.furnish()
    page = await visit("#ana/dm")
    await page.get_by_role("button", name="Not for me").click()
    await expect(page.get_by_text("Stop all questions from Instep?")).to_be_visible()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", name="Hi Ana")).to_be_visible()
    await page.get_by_role("button", name="Not for me").click()
    await page.locator("dialog").get_by_role("button", name="Not for me").click()
    await expect(page.locator(".entry", has_text="Stopped. Nothing more from me")).to_be_visible()
    await expect(page.get_by_role("heading", name="Hi Ana")).to_be_hidden()


async def test_a_channel_post_has_its_thread_and_a_private_answer(visit: Visit, rig: PlaygroundRig) -> None:
    assert isinstance(rig.stage, Script)
    page = await visit("#ana/dm")
    post = await rig.stage.say(PLATFORM, digest())
    for line in threads():
        await rig.stage.say(PLATFORM, line, under=post)
    await expect(page.get_by_role("link", name="platform new messages")).to_be_visible()
    await page.get_by_role("link", name="platform").click()
    await expect(page.locator("#transcript .entry")).to_have_count(1)
    await page.get_by_role("button", name="2 replies").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_text("Checkout copy, second draft")).to_be_visible()
    await expect(thread.locator("svg.picture path")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(page.get_by_role("button", name="2 replies")).to_be_focused()
    await page.get_by_role("button", name="Pass up").click()
    await expect(page.locator(".entry.private")).to_contain_text("Only you can see this")
    other = await visit("#ben/c/platform")
    await expect(other.get_by_role("button", name="2 replies")).to_be_visible()
    await expect(other.locator(".entry.private")).to_have_count(0)


async def test_everything_can_be_done_with_the_keyboard(visit: Visit) -> None:
    page = await visit("#ana/dm")
    press = page.keyboard.press
    await page.get_by_label("Message", exact=True).focus()
    await page.keyboard.type("/goals ")
    await expect(page.get_by_role("option")).to_have_count(2)
    await press("ArrowDown")
    await expect(page.get_by_role("option", selected=True)).to_contain_text("/goals show")
    await press("Escape")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await press("Control+A")
    await page.keyboard.type("/chec")
    await press("Tab")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("/checkin ")
    await press("Escape")
    await press("Enter")
    dialog = page.get_by_role("dialog", name="Check in")
    await expect(dialog.get_by_label("What did you work on?")).to_be_focused()
    await page.keyboard.type("Read the law")
    await press("Tab")
    await press("Tab")
    await page.keyboard.type("Y")
    await press("Control+Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("heading", name="Saved, 1 line.")).to_be_visible()
    await page.get_by_label("Message", exact=True).focus()
    await page.keyboard.type("typed wrong")
    await press("Enter")
    await expect(page.locator(".words", has_text="typed wrong")).to_be_visible()
    await press("ArrowUp")
    await press("Control+A")
    await page.keyboard.type("typed right")
    await press("Enter")
    await expect(page.locator(".words", has_text="typed right")).to_be_visible()
    await page.get_by_role("button", name="You are Ana").focus()
    await press("Enter")
    await page.keyboard.type("omar")
    await press("Enter")
    await expect(page.get_by_role("button", name="You are Omar Haddad")).to_be_visible()


async def test_a_half_filled_form_is_not_lost_by_escape(visit: Visit) -> None:
    page = await visit("#ana/dm")
    await say(page, "checkin")
    await page.get_by_label("What did you work on?").fill("A long story")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Leave without saving")).to_be_visible()
    await page.get_by_role("button", name="Stay").click()
    await expect(page.get_by_label("What did you work on?")).to_have_value("A long story")


@pytest.mark.parametrize("width", [360, 390])
async def test_a_phone_shows_everything_without_scrolling_sideways(
    visit: Visit, rig: PlaygroundRig, width: int
) -> None:
    assert isinstance(rig.stage, Script)
    await rig.stage.furnish()
    await rig.stage.say("playground:ana", Message("W" * 300, (Quote("x" * 500), *EVERYTHING.blocks)))
    page = await visit("#ana/dm", width=width, height=780)
    assert not await is_too_wide(page)
    await say(page, "checkin")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert not await is_too_wide(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="People and conversations").click()
    await page.get_by_role("link", name="platform").click()
    await expect(page.get_by_role("heading", name="platform", exact=True)).to_be_visible()
    await page.get_by_role("button", name="2 replies").click()
    assert not await is_too_wide(page)
    await page.get_by_role("button", name="Close the thread").click()
    await page.get_by_role("button", name="People and conversations").click()
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="Your week")).to_be_visible()
    assert not await is_too_wide(page)


async def test_dark_follows_the_system_until_somebody_chooses(visit: Visit) -> None:
    page = await visit("#ana/dm", scheme="dark")
    background = "() => getComputedStyle(document.body).backgroundColor"
    assert await page.evaluate(background) == "rgb(19, 24, 22)"
    await page.get_by_role("button", name="Use light colours").click()
    assert await page.evaluate(background) == "rgb(252, 251, 249)"
    await page.reload()
    await expect(page.get_by_role("button", name="Use dark colours")).to_be_visible()
    assert await page.evaluate(background) == "rgb(252, 251, 249)"


async def test_hostile_words_are_words(visit: Visit, rig: PlaygroundRig) -> None:
    page = await visit("#ana/c/platform")
    for words in HOSTILE:
        await say(page, words)
        await rig.platform.send(PLATFORM, Message(words, (Quote(words, words),)), key=words)
    await expect(page.locator(".entry .words")).to_have_text([words.replace("\n", " ") for words in HOSTILE])
    shown = [await node.text_content() for node in await page.locator(".verbatim").all()]
    assert shown == list(HOSTILE)
    assert await page.locator(":is(.words, .card) :is(img, script, a, b)").count() == 0


async def test_everything_said_is_on_the_page(visit: Visit, rig: PlaygroundRig) -> None:
    await rig.platform.send("playground:ana", EVERYTHING, key="k")
    page = await visit("#ana/dm")
    card = page.locator(".card")
    for words in (
        *(
            "Week of 2 March",
            "Decide today or never, with /goals.",
            "Second draft",
            "2h",
            "23 lines",
            "Partner API",
        ),
        *("Share of the week", "Pricing", "30%", "share", "Pricing thirty of forty.", "455", "Which goal?"),
    ):
        await expect(card).to_contain_text(words)
    for name in ("Add a goal", "Answer", "Stop", "Pricing page", "EU hosting"):
        await expect(card.get_by_role("button", name=name, exact=True)).to_be_visible()
    await expect(card.locator("rect.bar")).to_have_count(4)
    await expect(card.locator("circle.dot")).to_have_count(2)


async def test_the_clock_is_moved_and_brings_what_is_due(visit: Visit) -> None:
    page = await visit("#maya/dm")
    await expect(page.locator("#clock .reading")).to_contain_text("Thu 5 Mar")
    await page.get_by_role("button", name="Next prompt").click()
    await expect(page.locator("#clock .reading")).to_contain_text("Fri 6 Mar")
    await page.get_by_role(
        "button", name="You are Maya Lindqvist, manager · Platform. Act as somebody else; 2 have"
    ).click()
    await page.get_by_role("button", name="Ben Okafor").click()
    await expect(page.get_by_role("heading", name="What did you work on?")).to_be_visible()
    await expect(page.locator(".day")).to_have_text(["Friday 6 March"])


async def test_an_address_leads_there_and_a_wrong_one_to_somebody(visit: Visit) -> None:
    page = await visit("#omar/c/market")
    await expect(page.get_by_role("heading", name="market")).to_be_visible()
    await page.goto("about:blank")
    page = await visit("#zoe/c/nowhere")
    await expect(page.get_by_role("button", name="You are Ana Duarte")).to_be_visible()
    await expect(page).to_have_url(re.compile("#ana/dm$"))


async def test_three_hundred_messages_open_at_the_newest(visit: Visit, rig: PlaygroundRig) -> None:
    for number in range(300):
        await rig.platform.send("playground:ana", Message(f"Message {number}", (Quote("words"),)), key=str(number))
    page = await visit("#ana/dm")
    await expect(page.locator(".entry")).to_have_count(300)
    await expect(page.get_by_role("heading", name="Message 299")).to_be_in_viewport()
    await page.locator("#transcript").evaluate("(node) => node.scrollTo(0, 0)")
    await expect(page.get_by_role("heading", name="Message 0", exact=True)).to_be_in_viewport()
    await rig.platform.send("playground:ana", Message("Message 300"), key="300")
    await page.get_by_role("button", name="New messages").click()
    await expect(page.get_by_text("Message 300", exact=True)).to_be_in_viewport()


async def test_a_restart_is_survived_and_nothing_typed_is_lost(visit: Visit, rig: PlaygroundRig) -> None:
    page = await visit("#ana/dm")
    await rig.stop_serving()
    await expect(page.get_by_text("Not connected.")).to_be_visible()
    await say(page, "typed while nobody listened")
    stage = Script()
    again = PlaygroundRig(stage, rig.port)
    await again.start(stage.hear)
    await expect(page.get_by_text("Not connected.")).to_be_hidden(timeout=10_000)
    await expect(page.locator(".words")).to_have_text("typed while nobody listened", timeout=10_000)
    await expect(page.get_by_role("heading", name="Saved, 1 line.")).to_be_visible()
    await again.stop()


async def test_a_failure_tells_the_person_a_reference(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    page = await visit("#ana/dm")
    await say(page, "boom")
    await expect(page.locator(".entry", has_text="pass on the reference")).to_be_visible()
    assert "boom" not in caplog.text


async def test_a_tap_while_the_last_one_is_under_way_is_heard_after_it_and_a_double_click_once(
    browser: Browser,
) -> None:
    ear = Ear()
    rig = PlaygroundRig()
    await rig.start(ear)
    person = rig.a_person()
    buttons = (Button("One", "one"), Button("Two", "two"))
    await rig.platform.send(person.address, Message("Which?", (text("Tap."),), buttons), key="k")
    page = await browser.new_page()
    await page.goto(f"{rig.url}/#ana/dm")
    ear.open.clear()
    await page.get_by_role("button", name="One").dblclick()
    await page.get_by_role("button", name="Two").click()
    await asyncio.wait_for(ear.heard.wait(), 5)
    ear.open.set()
    await expect(page.locator(".card")).not_to_have_attribute("aria-busy", "true")
    assert [event.press for event in ear.events if isinstance(event, Pressed)] == ["one", "two"]
    await page.close()
    await rig.stop()


async def test_much_to_read_opens_in_a_window_that_closes(browser: Browser) -> None:
    ear = Ear()
    rig = PlaygroundRig()
    await rig.start(ear)
    person = rig.a_person()
    await rig.platform.send(PLATFORM, Message("Digest", (), (Button("Open", "open"),)), key="k")
    ear.reply = PageReply(Message("All of it", tuple(Quote(f"line {number}") for number in range(150))))
    for width, height in ((1280, 800), (390, 844)):
        page = await browser.new_page(viewport={"width": width, "height": height})
        await page.goto(f"{rig.url}/#{person.id.partition(':')[2]}/c/platform")
        await page.get_by_role("button", name="Open").click()
        window = page.get_by_role("dialog", name="All of it")
        await window.get_by_text("line 149").scroll_into_view_if_needed()
        await expect(window.get_by_text("line 149")).to_be_in_viewport()
        assert not await is_too_wide(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.close()
    await rig.stop()
