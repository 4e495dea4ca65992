"""Whatever characters somebody types, what is kept is clean or a sentence says why not: it is never "our fault"."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import select

from bot.chat.events import Installed, MessageReceived, Opened, QuotedMessage, Reply, Suggest
from bot.chat.platform import Profile
from bot.conversation import typed_text
from checkins import text
from storage.database import rows_of
from storage.tables import Company, Goal, Team
from tests.support.world import World, local, seen

CONTROLS = "".join(
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in {"Cc", "Cs"} and chr(code) != "\n"
    if code < 0xD800 or code in {0xD800, 0xDBFF, 0xDC00, 0xDFFF}
)
HIDDEN = "\u00ad\u200b\u2060\ufeff\u3164\ufffe\U0010ffff"
NASTY = {
    "NUL": "\x00",
    "half a pair": "\ud83d",
    "all controls": CONTROLS,
    "hidden": HIDDEN,
    "not composed": "e\u0301",
}


@pytest.fixture
async def team(world: World) -> World:
    """Ana was asked today and answered; Mara is the admin; there is a goal."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    world.goal("EU hosting", key_results=("Sign-ups 410 -> 600",))
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "First line", message="m1")
    return world


def there(team: World) -> list[str]:
    """Every text that is kept of the company, and in the tables that are nobody's."""
    with team.database.transaction() as tx:
        return [
            value
            for _, rows in rows_of(tx, team.company_id)
            for row in rows
            for value in row.values()
            if isinstance(value, str)
        ]


Way = Callable[[World, str], Awaitable[Reply]]
TYPED: dict[str, Way] = {
    "an answer": lambda team, x: team.says("ben", f"Pricing {x}page"),
    "an answer, edited": lambda team, x: team.retypes("ana", "m1", f"First {x}line"),
    "the check-in form": lambda team, x: team.submits(
        "ben", "checkin", "2026-03-03", words=f"Pricing {x}page", blockers=f"Legal is {x}silent", mix=x
    ),
    "goals add": lambda team, x: team.says("mara", f'/goals add "Pri{x}cing" needs Plat{x}form owner @a{x}na'),
    "the goal form": lambda team, x: team.submits(
        "mara", "goal", title=f"Pri{x}cing", description=f"Pla{x}ns\n{x}Prices", needs=("Platform",),
        key_results=f"Sign{x}ups 4 -> 6 use{x}rs", initiatives=f"Call th{x}em", handle=f"pri{x}cing",
    ),
    "the goal form, again": lambda team, x: team.submits(
        "mara", "goal", "eu-hosting", title=f"EU hos{x}ting", status=f"on track{x}", by=f"2026-06-{x}30", weight=f"4{x}0",
        key_results=f"Sign-ups {x}410 -> 700", initiatives=x,
    ),
    "goals progress": lambda team, x: team.says("mara", f"/goals progress #eu-hosting Sign-ups{x}: 450"),
    "goals show": lambda team, x: team.says("mara", f"/goals show #eu{x}-hosting"),
    "team create": lambda team, x: team.says("mara", f"/team create Des{x}ign"),
    "the team form": lambda team, x: team.submits(
        "mara", "team", "playground:#platform", name=f"Gro{x}wth", time=f"15{x}:30", digest_time="10:00", days=("1",),
        people=x, on=x, digest_day=x,
    ),
    "team question": lambda team, x: team.says("mara", f'/team question "What {x}now?" for Platform'),
    "team add": lambda team, x: team.says("mara", f"/team add @b{x}en for Platform"),
    "team show": lambda team, x: team.presses("mara", "team.show", f"Plat{x}form"),
    "a code": lambda team, x: team.says("ana", f"/instep link K7QFM-2X9R{x}T"),
    "a zone": lambda team, x: team.says("ana", f"/zone Europe/{x}Paris"),
    "the settings": lambda team, x: team.submits(
        "ana", "settings", zone=f"Europe/{x}Paris", time=f"9:{x}30", days=(x,), rhythm="team", reminder=x, place=x
    ),
    "a button": lambda team, x: team.presses("ana", "file", x, f"goal:{x}"),
    "a form": lambda team, x: team.opens("ana", "checkin", f"2026-03-03{x}"),
    "what is searched for": lambda team, x: team.hear(
        Suggest(**team._heard("mara"), name="goal", field="owner", typed=f"a{x}")
    ),
    "a quoted message": lambda team, x: team.hear(
        Opened(**team._heard("ben"), name="checkin", given=QuotedMessage(f"Wor{x}k", team.at, by=f"A{x}na"))
    ),
    "nothing else": lambda team, x: team.says("ben", x),
}  # fmt: skip


@pytest.mark.parametrize("kind", NASTY)
async def test_what_is_typed_is_kept_clean_or_told_about(team: World, kind: str) -> None:
    for way, types in TYPED.items():
        reply = await types(team, NASTY[kind])
        assert "our fault" not in seen(reply), way
        assert [words for words in there(team) if words != text.clean(words)] == [], way


async def test_a_title_is_the_same_goal_however_it_is_typed(team: World) -> None:
    await team.says("mara", "/goals add Caf\u00e9")
    assert "that title already" in seen(await team.says("mara", "/goals add CAFE\u0301\u200b"))
    await team.says("mara", "/team create Caf\u00e9")
    assert "called" in seen(await team.says("mara", "/team create Cafe\u0301"))
    with team.database.transaction() as tx:
        assert [goal.title for goal in tx.exec(select(Goal))] == ["EU hosting", "Caf\u00e9"]
        assert [row.name for row in tx.exec(select(Team))] == ["Platform", "Caf\u00e9"]


async def test_a_line_from_before_words_were_composed_stays_the_same_line(team: World) -> None:
    """Its writer corrected where it is filed; sending the form again does not undo that."""
    await team.says("ben", "Caf\u00e9 menu", message="m2")
    with team.database.transaction() as tx:
        tx.connection().exec_driver_sql("UPDATE line SET text = 'Cafe\u0301 menu' WHERE message = 'm2'")
        tx.connection().exec_driver_sql("UPDATE checkin SET words = 'Cafe\u0301 menu' WHERE words LIKE 'Caf%%'")
        before = tx.connection().exec_driver_sql("SELECT id FROM line WHERE message = 'm2'").scalar_one()
    await team.submits("ben", "checkin", "2026-03-03+1", words="Cafe\u0301 menu\nMore", blockers="", mix="")
    with team.database.transaction() as tx:
        after = tx.connection().exec_driver_sql("SELECT id FROM line WHERE message = 'm2'").scalar_one()
    assert after == before


@pytest.mark.parametrize("name", ["A\x00na", "\u200b", ""])
async def test_a_name_that_the_platform_tells_is_kept_clean(team: World, name: str) -> None:
    address = "playground:new"
    team.chat.profiles[address] = Profile(address, address, name, "n\x00ew@acme.example", "Europe/\x00Berlin")
    assert "our fault" not in seen(await team.says("new", "/instep help"))
    assert team.read("new").name == ("Ana" if "na" in name else "Somebody")
    assert [words for words in there(team) if words != text.clean(words)] == []


async def test_a_workspace_s_name_is_kept_clean(team: World) -> None:
    await team.hear(Installed("i1", "playground:other", "Ac\x00me \ud800Two"))
    with team.database.transaction() as tx:
        assert [row.name for row in tx.exec(select(Company).order_by(Company.name))][-1] == "Acme Two"


async def test_an_event_that_is_put_by_is_clean_as_well(team: World) -> None:
    """It is written before it is heard."""
    event = MessageReceived(**team._heard("ana"), words="Half a pair \ud83d and\x00 more")
    await team.conversation.kept.keep(event)
    assert typed_text.cleaned(event).words == "Half a pair  and more"
