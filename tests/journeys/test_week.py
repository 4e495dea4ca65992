"""A week of a small company in a real browser: somebody of the staff, an admin on a phone, a manager."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Locator, Page, async_playwright, expect
from sqlmodel import Session

from bot import app
from bot.app import Instep
from bot.chat.events import MessageReceived, Who
from bot.demo.playground_world import WORKSPACE, channel_for
from bot.settings import Settings
from checkins.goals import rules as goal_rules
from checkins.people import members, teams
from storage import people as stored_people
from storage.database import Database

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", shutil.which("chromium")) if path and Path(path).exists()), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium at /usr/bin/chromium or on the PATH")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NAMES = {
    "mara": "Mara Lind",
    "ben": "Ben Okafor",
    "ana": "Ana Ruiz",
    "cem": "Cem Yilmaz",
    "dora": "Dora Weiss",
}


def create_company(tx: Session) -> None:
    """Five people of one team that is on, managed by Ben; Mara is the admin; two goals."""
    company = members.create_company(tx, "Acme", WORKSPACE, "Acme", MONDAY)
    workspace = stored_people.workspace(tx, WORKSPACE)
    assert workspace is not None
    team = teams.create(tx, company.id, "Platform", "Europe/Berlin", MONDAY)
    everybody = {}
    for key, name in NAMES.items():
        address = f"playground:{key}"
        everybody[key] = members.meet(
            tx, workspace, who=address, address=address, name=name, email="", zone="Europe/Berlin",
            admin=key == "mara", now=MONDAY,
        )  # fmt: skip
        members.join(tx, team, everybody[key], MONDAY)
    team.manager_id = everybody["ben"].id
    teams.set_digest(
        tx, team, channel=channel_for("Platform"), channel_name="platform", workspace_id=workspace.id, weekday=None,
        minute=None, now=MONDAY,
    )  # fmt: skip
    teams.switch_on(tx, team, MONDAY)
    for title, words in (("Pricing page", "plans, toggle, copy"), ("EU hosting", "database in Frankfurt")):
        goal_rules.add(tx, everybody["mara"], goal_rules.GoalInput(title, description=words), MONDAY)


@pytest_asyncio.fixture
async def served(tmp_path: Path, sqlite: Path) -> AsyncIterator[Instep]:
    """The company behind the playground's page, on a free port."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    await database.run(create_company)
    instep = app.build(Settings(platforms=("playground",), port=port), database, starts_at=MONDAY)
    runner = web.AppRunner(instep.web, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield instep
    await runner.cleanup()
    database.close()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


async def sit_down(browser: Browser, served: Instep, at: str, width: int, height: int, dark: bool) -> Page:
    """A page of one's own, where an error of the page is an error of the test."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )  # fmt: skip
    context.set_default_timeout(10_000)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    await page.goto(f"http://127.0.0.1:{served.settings.port}/{at}")
    await expect(page.locator("body.drawn")).to_be_visible()
    return page


async def say(page: Page, words: str) -> None:
    # A form's answer may be drawn before its dialog is gone, and what lies under a dialog takes no keys.
    await expect(page.get_by_role("dialog")).to_have_count(0)
    box = page.get_by_label("Message", exact=True)
    await box.fill(words)
    await box.press("Enter")


async def move(page: Page, label: str) -> None:
    """The clock is moved, and everything on the way is over."""
    await page.get_by_role("button", name=label, exact=True).click()
    await expect(page.locator("#clock")).to_have_attribute("aria-busy", "false", timeout=20_000)


def card(page: Page, title: str | re.Pattern[str]) -> Locator:
    """The newest message with this title."""
    return page.locator("#transcript .card").filter(has=page.get_by_role("heading", name=title)).last


async def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    wide = "() => [document.documentElement, ...document.querySelectorAll('.transcript, .fields')].some((node) => node.scrollWidth > node.clientWidth + 1)"
    assert not await page.evaluate(wide)


async def test_a_week_as_staff_admin_and_manager(served: Instep, browser: Browser) -> None:
    keys = count()

    async def answers(key: str, words: str) -> None:
        who = Who(f"playground:{key}", WORKSPACE, f"playground:{key}", NAMES[key])
        said = MessageReceived(key=f"t{next(keys)}", who=who, where=who.address, private=True, words=words)
        await served.conversation.hear(said)

    # Ana is welcomed, asked, and answers by form, by one tap and by typing.
    ana = await sit_down(browser, served, "#ana/dm", 1280, 800, dark=False)
    await card(ana, "Hi Ana, I’m Instep").get_by_role("button", name="Fine").click()
    await expect(ana.get_by_role("heading", name=re.compile("^Good. I will ask on Tuesday 3 March"))).to_be_visible()
    await move(ana, "Next question")
    await card(ana, "What did you work on, Ana?").get_by_role("button", name="Check in").click()
    dialog = ana.get_by_role("dialog", name="Check in")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Please fill this in.")).to_be_visible()
    lines = (
        "Annual toggle works #pricing-page 2h\nXylophone repaired\nDatabase copied #eu-hosting, done\nTeam meeting 30m"
    )
    await dialog.get_by_label("What did you work on?").fill(lines)
    await dialog.get_by_label("Anything in your way?").fill("Waiting for Legal")
    await dialog.get_by_role("button", name="Save").click()
    saved = card(ana, re.compile("^Saved 15:3.: 4 lines for Tuesday 3 March"))
    await expect(saved).to_contain_text("→ Pricing page · 2h")
    await expect(saved).to_contain_text("In your way: Waiting for Legal")
    asked = saved.get_by_role("group", name="Which goal does this serve?").first
    questions = await saved.get_by_role("group", name="Which goal does this serve?").count()
    await asked.get_by_role("button", name="No goal").click()
    await expect(saved.get_by_role("group", name="Which goal does this serve?")).to_have_count(questions - 1)
    await saved.get_by_role("button", name="Mostly goal work").click()
    await expect(saved.get_by_role("button", name="Mostly goal work")).to_have_attribute("aria-pressed", "true")
    await say(ana, "Wrote the copy #pricing-page")
    await expect(card(ana, re.compile("^Saved .*5 lines for Tuesday 3 March"))).to_contain_text("Wrote the copy")
    await say(ana, "zone Berln")
    await expect(
        card(ana, re.compile("time zone “Berln”")).get_by_text("Did you mean America/Belem, Europe/Berlin?")
    ).to_be_visible()
    await answers("ben", "Replica keeps up #eu-hosting 4h\nCall with a partner #pricing-page")
    await answers("cem", "Backups restore in 20 minutes #eu-hosting, done")
    await answers("dora", "Interviewed two shops #pricing-page")

    # Mara changes goals on her phone: a form with a mistake, then right; retired, and undone.
    mara = await sit_down(browser, served, "#mara/dm", 390, 844, dark=True)
    await say(mara, "/goals add")
    dialog = mara.get_by_role("dialog", name="Add a goal")
    await dialog.get_by_label("Title").fill("Partner API")
    await dialog.get_by_label("By").fill("2026-02-30")
    await dialog.get_by_role("button", name="Save goal").click()
    await expect(dialog.get_by_text("There is no 2026-02-30 in the calendar.")).to_be_visible()
    await fits(mara)
    await dialog.get_by_label("By").fill("30 Jun")
    await dialog.get_by_role("button", name="Save goal").click()
    await expect(card(mara, "Added: Partner API")).to_be_visible()
    await say(mara, "goals retire #partner-api")
    await card(mara, "Partner API: retired").get_by_role("button", name="Undo").click()
    await expect(mara.locator("#transcript").get_by_text("Taken back: retired #partner-api")).to_be_visible()
    await say(mara, "goals")
    await expect(card(mara, "3 goals")).to_contain_text("by 30 Jun")
    await fits(mara)

    # Ben lets a week pass and reads the digest; a late answer changes it where it stands.
    ben = await sit_down(browser, served, "#ben/c/platform", 390, 844, dark=False)
    await move(ben, "A week on")
    digest = card(ben, re.compile("^Platform · week of 2 Mar · 4 of 5$"))
    await expect(digest).to_contain_text("DONE 9 lines, 2 finished")
    await expect(digest).to_contain_text("No work: Partner API")
    await expect(digest).to_contain_text("FLAGS 1 open")
    await fits(ben)
    await digest.get_by_role("button", name="Seen").click()
    await expect(digest).to_contain_text("Read by Ben")
    await digest.get_by_role("button", name="Open").click()
    whole = ben.get_by_role("dialog", name=re.compile("^Platform · week of 2 Mar"))
    await expect(whole).to_contain_text("QUICKLY ENOUGH")
    await expect(whole).to_contain_text("Backups restore in 20 minutes")
    await expect(whole).not_to_contain_text("Cem")
    await fits(ben)
    await whole.get_by_role("button", name="Close").click()
    await expect(whole).to_have_count(0)
    await ben.locator(".replies").last.click()
    thread = ben.locator("#thread")
    await expect(thread).to_contain_text("Backups restore in 20 minutes")
    await expect(thread).not_to_contain_text("Cem")
    await thread.get_by_role("button", name="Close").click()
    await card(ana, "Still time to check in for Friday, Ana").get_by_role("button", name="Check in").click()
    dialog = ana.get_by_role("dialog", name="Check in")
    await dialog.get_by_label("What did you work on?").fill("Currency switch fixed #pricing-page")
    await dialog.get_by_role("button", name="Save").click()
    await expect(card(ana, re.compile("1 line for Friday 6 March"))).to_contain_text("late")
    await expect(digest).to_contain_text("DONE 10 lines, 3 finished")
    await expect(digest).to_contain_text("1 line came after this was posted and is included.")

    # Ana's own page, and out: one tap ends it, one tap begins it again.
    await ana.get_by_role("link", name="Home").click()
    home = ana.locator(".home .card")
    await expect(home).to_contain_text("Friday 13 March, 15:30")
    await home.get_by_role("button", name="Stop for good").click()
    await ana.get_by_role("dialog").get_by_role("button", name="Stop for good").click()
    await expect(home).to_contain_text("never: you asked me to stop")
    await home.get_by_role("button", name="Start again").click()
    await expect(home).to_contain_text("Friday 13 March, 15:30")
