"""A company in two chats: workspaces that join, accounts that are linked, and people who are asked once."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot import app
from bot.chat.events import Statuses
from bot.settings import Settings
from checkins.people import members
from storage import people as stored_people
from storage.database import Database
from storage.tables import Audit, Code, Company, Line, Membership, Workspace
from tests.support.two_chats import TwoChats
from tests.support.world import local, seen

MARA, ANA, BEN = "slack:T1:mara", "slack:T1:ana", "slack:T1:ben"
TOM, ANA2, BEN2 = "teams:X:tom", "teams:X:ana", "teams:X:benedict"


@pytest.fixture
async def apart(database: Database) -> TwoChats:
    """A Slack workspace and a Teams tenant, each a company of its own so far. Ana has the same e-mail in both, Ben
    not."""
    both = TwoChats(database)
    for who, email in ((MARA, "mara@acme.example"), (ANA, "ana@acme.example"), (BEN, "ben@acme.example")):
        both.is_here(who, email)
    for who, email in (
        (TOM, "tom@acme.example"),
        (ANA2, "Ana@ACME.example"),
        (BEN2, "benedict@other.example"),
    ):
        both.is_here(who, email)
    await both.install("slack:T1", "Acme", MARA)
    await both.install("teams:X", "Microsoft Teams", TOM)
    for who in (ANA, BEN, ANA2, BEN2):
        await both.comes(who)
    return both


@pytest.fixture
async def both(apart: TwoChats) -> TwoChats:
    """The same as one company."""
    answer = await apart.says(TOM, f"instep join {await apart.code(MARA, 'instep invite')}")
    assert "belongs to Acme now" in answer
    return apart


# Coming


async def test_whoever_installs_is_the_first_admin_where_the_settings_name_nobody(database: Database) -> None:
    both = TwoChats(database)
    both.is_here(MARA)
    await both.install("slack:T1", "Acme", MARA)
    assert both.person(MARA).admin
    assert "Nobody is an admin" not in await both.says(MARA, "help")


async def test_where_the_settings_name_somebody_installing_makes_nobody_an_admin(database: Database) -> None:
    both = TwoChats(database, TOM)
    both.is_here(MARA)
    await both.install("slack:T1", "Acme", MARA)
    assert not both.person(MARA).admin  # and there to be welcomed
    assert "Only admins" in await both.says(MARA, "instep audit")


async def test_that_nobody_is_an_admin_yet_is_said_until_somebody_is(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    both = TwoChats(database)
    for who in (TOM, ANA2):
        both.is_here(who)
    await both.install("teams:X", "Microsoft Teams")
    assert "installed in teams:X, where nobody is an admin yet" in caplog.text
    for words in ("Wrote the newsletter", "help"):
        said = await both.says(TOM, words)
        assert "Nobody is an admin here yet" in said
        assert f"instep admin grant {TOM}" in said
    await _starts(app.build(Settings(), database))
    assert "nobody is an admin of Microsoft Teams yet: `instep admin grant ADDRESS`" in caplog.text
    both.make_admin(TOM)
    caplog.clear()
    await _starts(app.build(Settings(), database))
    assert "nobody is an admin" not in caplog.text
    for who, words in ((TOM, "help"), (ANA2, "Wrote the newsletter")):
        assert "Nobody is an admin" not in await both.says(who, words)


async def _starts(instep: app.Instep) -> None:
    runner = web.AppRunner(instep.web)
    await runner.setup()
    await runner.cleanup()


# Joining


async def test_a_workspace_joins_a_company_by_a_code_and_whoever_has_the_same_email_is_one_person(
    apart: TwoChats,
) -> None:
    assert apart.company(TOM).name == "Microsoft Teams"
    await apart.says(ANA2, "Wrote to a customer")
    code = await apart.code(MARA, "instep invite")
    answer = await apart.says(TOM, f"instep join {code.lower().replace('-', ' ')}")
    assert "This Teams workspace belongs to Acme now" in answer
    assert "3 accounts came along; I knew 1 of these people already" in answer
    assert {apart.company(who).name for who in (MARA, TOM, ANA2, BEN2)} == {"Acme"}
    assert apart.person(ANA2).id == apart.person(ANA).id
    assert apart.person(BEN2).id != apart.person(BEN).id
    assert "Wrote to a customer" in await apart.says(ANA, "mine")
    with apart.database.transaction() as tx:
        assert [row.name for row in tx.exec(select(Company)).all()] == ["Acme"]
        said = [row.said for row in tx.exec(select(Audit)).all()]
    assert "brought Microsoft Teams (Teams) in, with 3 accounts, by a code of Mara" in said
    assert "made a code for another workspace to join" in said


async def test_who_brings_a_workspace_in_is_no_admin_there_unless_the_settings_say_so(
    apart: TwoChats, database: Database
) -> None:
    assert apart.person(TOM).admin
    answer = await apart.says(TOM, f"instep join {await apart.code(MARA, 'instep invite')}")
    assert f"instep admin grant {TOM}" in answer
    assert not apart.person(TOM).admin
    assert "Only admins" in await apart.says(TOM, "instep deliveries")


async def test_an_admin_whom_the_settings_name_stays_one(database: Database) -> None:
    both = TwoChats(database, TOM)
    both.is_here(MARA)
    both.is_here(TOM)
    await both.install("slack:T1", "Acme", MARA)
    both.make_admin(MARA)
    await both.install("teams:X", "Microsoft Teams", TOM)
    answer = await both.says(TOM, f"instep join {await both.code(MARA, 'instep invite')}")
    assert "admin grant" not in answer
    assert both.person(TOM).admin


async def test_only_admins_may_invite_and_join(apart: TwoChats) -> None:
    assert "Only admins" in await apart.says(ANA, "instep invite")
    code = await apart.code(MARA, "instep invite")
    assert "Only admins" in await apart.says(ANA2, f"instep join {code}")
    assert apart.company(TOM).name == "Microsoft Teams"
    assert "belongs to Acme" in await apart.says(TOM, f"instep join {code}")  # it was not used up


async def test_a_code_works_once_and_for_an_hour_and_a_newer_one_ends_it(apart: TwoChats) -> None:
    apart.is_here("teams:Y:eve")
    await apart.install("teams:Y", "Eve's", "teams:Y:eve")
    first = await apart.code(MARA, "instep invite")
    second = await apart.code(MARA, "instep invite")
    assert "not good" in await apart.says("teams:Y:eve", f"instep join {first}")
    apart.at += timedelta(minutes=61)
    assert "not good" in await apart.says("teams:Y:eve", f"instep join {second}")
    third = await apart.code(MARA, "instep invite")
    assert "belongs to Acme" in await apart.says(TOM, f"instep join {third}")
    assert "not good" in await apart.says("teams:Y:eve", f"instep join {third}")
    assert apart.company("teams:Y:eve").name == "Eve's"


async def test_what_is_kept_of_a_code_is_not_the_code(apart: TwoChats) -> None:
    code = await apart.code(MARA, "instep invite")
    with apart.database.transaction() as tx:
        (kept,) = tx.exec(select(Code)).all()
    assert code not in str(kept)
    assert code.replace("-", "") not in str(kept)


async def test_after_five_wrong_codes_nothing_is_tried_for_an_hour(apart: TwoChats) -> None:
    code = await apart.code(MARA, "instep invite")
    for _ in range(5):
        assert "not good" in await apart.says(TOM, "instep join AAAAA-AAAAA")
    assert "Too many codes" in await apart.says(TOM, f"instep join {code}")
    assert apart.company(TOM).name == "Microsoft Teams"
    assert "tried a code that is not good" in await apart.says(TOM, "instep audit")
    apart.at += timedelta(minutes=61)
    code = await apart.code(MARA, "instep invite")
    assert "belongs to Acme" in await apart.says(TOM, f"instep join {code}")


async def test_many_together_may_try_no_more_than_twenty(apart: TwoChats) -> None:
    for number in range(4):
        who = f"teams:X:p{number}"
        apart.is_here(who)
        for _ in range(5):
            await apart.says(who, "instep link AAAAA-AAAAA")
    assert "Too many codes" in await apart.says(TOM, "instep link AAAAA-AAAAA")
    assert "not good" in await apart.says(MARA, "instep link AAAAA-AAAAA")  # elsewhere nobody tried


@pytest.mark.parametrize("words", ["team create Sales", 'goals add "Sell more"'])
async def test_a_workspace_with_goals_or_teams_of_its_own_does_not_join(apart: TwoChats, words: str) -> None:
    await apart.says(TOM, words)
    code = await apart.code(MARA, "instep invite")
    answer = await apart.says(TOM, f"instep join {code}")
    assert "would get mixed up" in answer
    assert apart.company(TOM).name == "Microsoft Teams"
    assert apart.company(MARA).name == "Acme"


async def test_a_company_of_two_workspaces_does_not_join_another_and_none_joins_itself(
    both: TwoChats,
) -> None:
    both.is_here("teams:Y:eve")
    await both.install("teams:Y", "Eve's", "teams:Y:eve")
    code = await both.code("teams:Y:eve", "instep invite")
    assert "several workspaces" in await both.says(MARA, f"instep join {code}")
    own = await both.code(MARA, "instep invite")
    assert "belongs to Acme already" in await both.says(MARA, f"instep join {own}")


@pytest.mark.parametrize("code", ["", "AAAA", "AAAAA-AAAA!", "AAAAA-AAAAA-AAAAA", "<script>"])
async def test_what_is_no_code_is_told_so(apart: TwoChats, code: str) -> None:
    answer = await apart.says(TOM, f"instep join {code}")
    assert "is not a code" in answer or "Something is missing" in answer
    assert "instep join CODE" in answer


async def test_an_email_that_two_people_of_a_workspace_have_matches_nobody_when_it_joins(
    apart: TwoChats,
) -> None:
    apart.is_here("teams:X:twin", "twin@acme.example")
    await apart.comes("teams:X:twin")
    with apart.database.transaction() as tx:
        apart._of(tx, "teams:X:twin").email = "ana@acme.example"
    answer = await apart.says(TOM, f"instep join {await apart.code(MARA, 'instep invite')}")
    assert "I knew" not in answer
    assert len({apart.person(who).id for who in (ANA, ANA2, "teams:X:twin")}) == 3


# Asked once


async def test_somebody_with_both_is_asked_once_and_an_answer_from_either_is_the_same(both: TwoChats) -> None:
    both.team("Platform", [ANA, ANA2, BEN])
    await both.goes_to(local(3, 15, 30))
    (question,) = both.to(ANA)
    assert both.to(ANA2) == []
    assert len(both.to(BEN)) == 1

    answer = await both.says(ANA2, "Pricing page copy, 2h")  # typed where it was not asked
    assert "Saved" in answer  # said where they typed,
    await both.cycle.tick()
    assert "Pricing page copy" in seen(question.message)  # and shown where the question stands
    assert await both.says(ANA, "And a call") != "None"
    (checkin,) = [row for row in both.checkins() if row.person_id == both.person(ANA).id]
    assert checkin.words == "Pricing page copy, 2h\nAnd a call"
    await both.cycle.tick()
    assert "And a call" in seen(question.message)
    assert both.to(ANA2) == []


async def test_prefer_by_word_and_in_the_settings(both: TwoChats) -> None:
    both.team("Platform", [ANA, BEN])
    assert "I ask you in Teams from now on" in await both.says(ANA, "prefer teams")
    await both.goes_to(local(3, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (0, 1)
    assert "Where I ask you" in await both.says(ANA2, "instep settings")
    assert "Where I ask you" not in await both.says(BEN, "instep settings")
    place = str(both.account(ANA).workspace_id)
    values: dict[str, Any] = {"rhythm": "team", "days": ("1", "4"), "time": "15:30", "zone": "Europe/Berlin"}
    assert "Saved" in await both.submits(ANA2, "settings", place=place, **values)
    await both.goes_to(local(6, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (1, 1)
    assert "I ask you in Teams" in await both.says(ANA2, "prefer here")
    assert "I know you in Slack only" in await both.says(BEN, "prefer teams")
    assert "is not where I could ask you" in await both.says(ANA, "/prefer pigeons")


async def test_who_is_a_guest_in_one_place_is_asked_in_the_other_as_a_member(both: TwoChats) -> None:
    both.team("Platform", [ANA, BEN])
    both.at = local(3, 15, 30)
    await both.cycle.plan()
    await both.conversation.hear(Statuses("s", "slack:T1", {}, {ANA: "outsider", BEN: "outsider"}))
    await both.cycle.send()
    assert [len(both.to(who)) for who in (ANA, ANA2, BEN)] == [0, 1, 0]
    assert "They are a guest there" in await both.says(ANA2, "prefer slack")  # wanted, and out of reach
    await both.says(ANA2, "Wrote the newsletter")
    await both.goes_to(local(6, 15, 30))
    assert [len(both.to(who)) for who in (ANA, ANA2, BEN)] == [0, 2, 0]


async def test_a_question_that_waited_where_they_are_a_guest_counts_for_nothing(both: TwoChats) -> None:
    both.team("Platform", [ANA])
    both.at = local(3, 15, 30)
    await both.cycle.plan()
    await both.uninstall("teams:X")  # the one place they are a member of
    await both.conversation.hear(Statuses("s", "slack:T1", {}, {ANA: "outsider"}))
    assert [(row.state, row.reason) for row in both.deliveries() if row.person_id == both.person(ANA).id] == [
        ("cancelled", "They are a guest, or of another organisation.")
    ]
    assert {row.state for row in both.checkins()} == {"expired"}


async def test_who_leaves_the_place_they_are_a_member_of_has_left(both: TwoChats) -> None:
    await both.conversation.hear(Statuses("s", "slack:T1", {}, {ANA: "outsider"}))
    await both.leaves(ANA2)
    assert both.person(ANA).left_at is not None


async def test_what_waits_to_be_sent_goes_where_they_prefer_now(both: TwoChats) -> None:
    both.team("Platform", [ANA, BEN])
    both.at = local(3, 15, 30)
    await both.cycle.plan()
    await both.says(ANA, "prefer teams")
    await both.cycle.tick()
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (0, 1)


# Out of reach


async def test_a_question_that_is_refused_in_one_place_is_put_in_the_other_and_admins_see_why(
    both: TwoChats,
) -> None:
    both.team("Platform", [ANA, BEN])
    both.chats["slack"].profiles.pop(ANA)
    await both.goes_to(local(3, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (0, 1)
    (checkin,) = [row for row in both.checkins() if row.person_id == both.person(ANA).id]
    assert checkin.state == "asked"
    shown = await both.says(MARA, "instep deliveries")
    assert "Ana: in Teams, not in Slack: They are not here any more." in shown
    assert "could not be delivered" not in shown

    # Back there, they are written to there again.
    both.is_here(ANA, "ana@acme.example")
    await both.says(ANA, "I am back")
    await both.goes_to(local(6, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (1, 1)
    assert "not in Slack" not in await both.says(MARA, "instep deliveries")


async def test_who_can_be_reached_nowhere_is_told_to_admins_and_may_be_tried_again(both: TwoChats) -> None:
    both.team("Platform", [ANA, BEN])
    both.chats["slack"].profiles.pop(ANA)
    both.chats["teams"].profiles.pop(ANA2)
    await both.goes_to(local(3, 15, 30))
    (failed,) = [row for row in both.deliveries() if row.person_id == both.person(ANA).id]
    assert failed.state == "unreachable"
    (checkin,) = [row for row in both.checkins() if row.person_id == both.person(ANA).id]
    assert checkin.state == "expired"  # nobody asked them, so nobody misses them
    assert "could not be delivered" in await both.says(MARA, "instep deliveries")
    both.is_here(ANA2)
    await both.presses(MARA, "retry", value="all")
    await both.cycle.tick()
    assert len(both.to(ANA2)) == 1
    await both.goes_to(local(6, 15, 30))
    assert len(both.to(ANA2)) == 2


async def test_removing_the_app_in_one_place_is_not_leaving(both: TwoChats) -> None:
    both.team("Platform", [ANA, BEN])
    await both.leaves(ANA)
    await both.leaves(BEN)
    assert both.person(ANA).left_at is None
    assert both.person(BEN).left_at is not None
    await both.goes_to(local(3, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2)), len(both.to(BEN))) == (0, 1, 0)


async def test_a_workspace_that_is_removed_moves_its_people_to_their_other_accounts_and_back(
    both: TwoChats,
) -> None:
    both.team("Platform", [ANA, BEN])
    both.at = local(3, 15, 30)
    await both.cycle.plan()
    await both.uninstall("slack:T1")
    await both.cycle.tick()
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (0, 1)
    await both.install("slack:T1", "Acme")
    await both.goes_to(local(6, 15, 30))
    assert (len(both.to(ANA)), len(both.to(ANA2))) == (1, 1)


# Linking


async def test_one_links_ones_own_accounts_with_a_code_and_nothing_is_lost(both: TwoChats) -> None:
    both.team("Platform", [BEN, BEN2, ANA])
    before = both.person(BEN)
    await both.goes_to(local(3, 15, 30))
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (1, 1)  # two people, as far as was known
    await both.says(BEN, "Replica keeps up")
    await both.says(BEN2, "Call with a partner\nOffice chairs")
    code = await both.code(BEN, "instep link")
    answer = await both.says(BEN2, f"instep link {code}")
    assert "Linked: you are Ben in Slack and Teams" in answer
    assert both.person(BEN2).id == both.person(BEN).id == before.id
    with both.database.transaction() as tx:
        lines = tx.exec(select(Line).where(Line.person_id == before.id)).all()
        open_ones = tx.exec(select(Membership).where(Membership.person_id == before.id)).all()
    assert [line.text for line in sorted(lines, key=lambda line: line.position)] == [
        "Replica keeps up", "Call with a partner", "Office chairs"
    ]  # fmt: skip
    assert len([row for row in open_ones if row.until is None]) == 1
    assert len({line.position for line in lines}) == 3
    (checkin,) = [row for row in both.checkins() if row.person_id == before.id]
    assert checkin.words == "Replica keeps up\nCall with a partner\nOffice chairs"
    assert "not good" in await both.says(BEN2, f"instep link {code}")

    await both.goes_to(local(6, 15, 30))
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (2, 1)
    assert "linked an account in Teams with Ben" in await both.says(MARA, "instep audit")


async def test_a_question_put_to_one_of_them_today_is_not_put_to_the_other(both: TwoChats) -> None:
    both.team("Platform", [BEN, BEN2])
    await both.says(BEN, "time 16:30")
    await both.goes_to(local(3, 15, 30))
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (0, 1)
    await both.says(BEN2, f"instep link {await both.code(BEN, 'instep link')}")
    await both.goes_to(local(3, 16, 30))
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (0, 1)
    await both.says(BEN, "Replica keeps up")
    await both.cycle.tick()
    assert "Replica keeps up" in seen(both.to(BEN2)[0].message)  # it stands where the question was


async def test_who_comes_after_somebody_was_linked_is_welcomed_and_asked_like_anybody(both: TwoChats) -> None:
    """On SQLite they get the number of the person who is gone."""
    await both.says(MARA, "team create Platform")
    await both.says(MARA, f"team add @{BEN} @{BEN2}")
    await both.says(MARA, "team on for Platform")
    await both.goes_to(local(2, 12))
    await both.goes_to(local(3, 15, 30))
    assert [len(both.to(who)) for who in (BEN, BEN2)] == [2, 2]
    number = both.person(BEN2).id
    await both.says(BEN2, f"instep link {await both.code(BEN, 'instep link')}")
    for who in ("slack:T1:yan", "slack:T1:zed"):  # Yan gets the number of who was Ana in Teams
        both.is_here(who, f"{who[-3:]}@acme.example")
        await both.comes(who)
    if both.database.is_sqlite:
        assert both.person("slack:T1:zed").id == number
    await both.says(MARA, "team add @slack:T1:zed")
    await both.goes_to(local(4, 12))
    assert len(both.to("slack:T1:zed")) == 1
    await both.goes_to(local(6, 15, 30))
    assert len(both.to("slack:T1:zed")) == 2
    assert [len(both.to(who)) for who in (BEN, BEN2)] == [3, 2]


async def test_of_two_questions_that_wait_for_one_person_one_is_put(both: TwoChats) -> None:
    both.team("Platform", [BEN, BEN2])
    both.at = local(3, 15, 30)
    await both.cycle.plan()
    await both.says(BEN2, f"instep link {await both.code(BEN, 'instep link')}")
    await both.cycle.tick()
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (1, 0)


async def test_nobody_is_linked_while_something_is_being_sent_to_them(both: TwoChats) -> None:
    both.team("Platform", [BEN, BEN2])
    both.chats["teams"].fail.append(("after", RuntimeError("gone silent")))
    await both.goes_to(local(3, 15, 30))
    code = await both.code(BEN, "instep link")
    assert "I am writing to you just now" in await both.says(BEN2, f"instep link {code}")
    both.at += timedelta(minutes=3)
    await both.cycle.tick()
    assert "Linked" in await both.says(BEN2, f"instep link {code}")  # nor was the code used up
    await both.cycle.tick()
    assert (len(both.to(BEN)), len(both.to(BEN2))) == (1, 1)


async def test_a_code_to_link_is_of_no_use_in_another_company_and_none_in_ones_own_account(
    apart: TwoChats,
) -> None:
    code = await apart.code(ANA, "instep link")
    assert "not good" in await apart.says(ANA2, f"instep link {code}")
    assert "this same account" in await apart.says(ANA, f"instep link {code}")
    assert apart.person(ANA).id != apart.person(ANA2).id


async def test_a_code_of_one_kind_is_none_of_the_other(apart: TwoChats) -> None:
    link, join = await apart.code(MARA, "instep link"), await apart.code(MARA, "instep invite")
    assert "not good" in await apart.says(TOM, f"instep join {link}")
    assert "not good" in await apart.says(BEN, f"instep link {join}")


# By e-mail


async def test_somebody_new_whose_email_is_known_is_the_same_person(both: TwoChats) -> None:
    both.is_here("teams:X:ben", "BEN@acme.example")
    await both.says("teams:X:ben", "home")
    assert both.person("teams:X:ben").id == both.person(BEN).id
    assert not both.account("teams:X:ben").preferred


async def test_an_email_that_could_not_be_asked_for_is_asked_for_again(both: TwoChats) -> None:
    with both.database.transaction() as tx:  # added by name, in a channel
        there = stored_people.workspace(tx, "teams:X")
        assert there is not None
        members.meet(
            tx, there, who="teams:X:ben", address="teams:X:ben", name="Ben", email="", zone="", admin=False, now=both.at
        )  # fmt: skip
    await both.says("teams:X:ben", "Wrote the newsletter")  # Teams does not answer about them
    assert both.person("teams:X:ben").id != both.person(BEN).id
    both.is_here("teams:X:ben", "ben@acme.example")
    both.at += timedelta(minutes=1)
    assert "Wrote the newsletter" in await both.says("teams:X:ben", "mine")
    assert both.person("teams:X:ben").id == both.person(BEN).id


async def test_a_platform_that_tells_no_email_is_asked_for_it_once(both: TwoChats) -> None:
    both.is_here("teams:X:guest")
    await both.says("teams:X:guest", "Wrote a page")
    both.is_here("teams:X:guest", "ben@acme.example")
    await both.says("teams:X:guest", "mine")
    assert both.person("teams:X:guest").id != both.person(BEN).id


async def test_an_email_that_several_have_makes_nobody_the_same(both: TwoChats) -> None:
    for who in ("slack:T1:desk1", "slack:T1:desk2"):
        both.is_here(who)
        await both.comes(who)
        with both.database.transaction() as tx:
            both._of(tx, who).email = "desk@acme.example"
    both.is_here("teams:X:desk", "desk@acme.example")
    await both.comes("teams:X:desk")
    ids = {both.person(who).id for who in ("slack:T1:desk1", "slack:T1:desk2", "teams:X:desk")}
    assert len(ids) == 3


# Two companies in one database


WORDS = st.sampled_from(
    [
        "prefer teams",
        "prefer slack",
        "instep link",
        "instep link {}",
        "instep join {}",
        "instep invite",
        "Wrote a page",
        "stop",
        "start",
        "mine",
        "goals",
        "instep deliveries",
        "instep audit",
        "home",
        "forget",
    ]
)
PEOPLE = [f"{workspace}:{key}" for workspace in ("slack:T1", "teams:X", "slack:T2", "teams:Y") for key in "ab"]


@settings(max_examples=12)
@given(acts=st.lists(st.tuples(st.sampled_from(PEOPLE), WORDS), max_size=14))
def test_two_companies_in_one_database_never_cross(sqlite: Path, acts: list[tuple[str, str]]) -> None:
    """Acme is in T1 and X, Globex in T2 and Y; in each there are an A and a B with the very same e-mail addresses.
    Codes are made and tried by anybody, whosoever they are."""

    async def live(both: TwoChats) -> None:
        for who in PEOPLE:
            both.is_here(who, f"{who[-1]}@same.example")
        for first, second, name in (("slack:T1", "teams:X", "Acme"), ("slack:T2", "teams:Y", "Globex")):
            await both.install(first, name, f"{first}:a")
            await both.install(second, "Microsoft Teams", f"{second}:a")
            code = await both.code(f"{first}:a", "instep invite")
            await both.says(f"{second}:a", f"instep join {code}")
            for who in PEOPLE:
                if who.startswith((first, second)):
                    await both.comes(who)
            both.team("Platform", [f"{first}:a", f"{first}:b"])
        code = "AAAAA-AAAAA"
        for who, words in acts:
            if words in ("instep link", "instep invite"):
                answer = await both.says(who, words)
                code = next((word for word in answer.split() if len(word) == 11 and word[5] == "-"), code)
            else:
                await both.says(who, words.format(code) + (" " + who if words == "Wrote a page" else ""))
        await both.goes_to(local(3, 15, 30))
        ids = {who: both.person(who) for who in PEOPLE}
        for who, person in ids.items():
            acme = who.startswith(("slack:T1", "teams:X"))
            assert both.company(who).name == ("Acme" if acme else "Globex")
            twin = next(
                other
                for other in PEOPLE
                if other != who and other[-1] == who[-1] and other.startswith(("slack:T1", "teams:X")) == acme
            )
            assert person.id == ids[twin].id
            seen_here = await both.says(who, "mine")
            for other in PEOPLE:
                if ids[other].id != person.id:  # who was given somebody's code and uses it is that person
                    assert f"Wrote a page {other}" not in seen_here
        asked = [row for row in both.deliveries() if row.kind == "prompt"]
        assert len({row.person_id for row in asked}) == len(asked)
        used = Counter(both.person(who).id for who in PEOPLE if both.account(who).preferred)
        assert used == Counter({person.id: 1 for person in ids.values()})  # one of each person's, always
        with both.database.transaction() as tx:
            workspaces = {row.id: row.company_id for row in tx.exec(select(Workspace)).all()}
        assert all(workspaces[row.workspace_id] == row.company_id for row in both.deliveries())

    with TemporaryDirectory() as folder:
        shutil.copy(sqlite, Path(folder) / "both.db")
        database = Database(f"sqlite:///{Path(folder) / 'both.db'}")
        try:
            asyncio.run(live(TwoChats(database)))
        finally:
            database.close()
