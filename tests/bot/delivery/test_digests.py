"""The weekly digest: once a week, one screen, edited in place, and shares that give nobody away."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.chat.events import Page, Reply
from bot.chat.messages import Chart
from bot.delivery import plan
from bot.views import digests
from checkins.digest import build as digest_build
from checkins.people import members
from checkins.schedule import calendar
from storage import people as stored_people
from storage.tables import Digest, Line
from tests.support.world import ChatMessage, World, local, seen

WEEK = {
    "ana": "Pricing page copy, done\nIncident: mail queue stuck",
    "ben": "Pricing page calculator\nIncident: mail queue stuck again",
    "cem": "Pricing page toggle 4h\nIncident review 4h",
    "dora": "Pricing page interviews\nMeeting",
    "emil": "EU hosting: moved the database, done",
}


async def a_week(world: World, answers: dict[str, str] = WEEK) -> None:
    """Five people of Platform answer on Tuesday; their digest is due on Monday at ten."""
    world.goal(
        "Pricing page that sells",
        description="plans, prices, copy, toggle, calculator, interviews",
        weight=60,
    )
    world.goal("EU hosting", description="database in Frankfurt, moved")
    world.goal("Partner API", description="public endpoints for partners")
    world.team("Platform", list(WEEK), manager="ana")
    world.introduced(*WEEK)
    await world.goes_to(local(3, 15, 30))
    with world.database.transaction() as tx:
        from storage import goals

        ids = {goal.title.split()[0]: goal.id for goal in goals.goals(tx, world.company_id)}
    for key, words in answers.items():
        await world.says(key, words)
    # Everybody says where their lines belong, so that these tests do not hang on the tagger.
    with world.database.transaction() as tx:
        lines = tx.exec(select(Line)).all()
    owner = {world.read(key).id: key for key in WEEK}
    for line in lines:
        first = line.text.split()[0].rstrip(":")
        target = f"goal:{ids[first]}" if first in ids else "firefighting" if first == "Incident" else "overhead"
        await world.presses(owner[line.person_id], "file", str(line.id), target)


def main(world: World) -> str:
    return seen(
        next(entry.message for entry in world.chat.entries if entry.key.startswith("digest") and entry.under is None)
    )


def shares(words: str) -> list[str]:
    """The lines of a digest with a share in them."""
    found = [line for line in words.partition("CONTRIBUTES")[2].partition("QUICKLY")[0].split("\n") if "%" in line]
    assert found, words
    return found


async def test_a_digest_is_posted_once_with_four_blocks_and_its_lines_in_the_thread(world: World) -> None:
    await a_week(world)
    await world.goes_to(local(9, 10, 0))  # the thread comes with the digest, in one tick
    assert len(world.chat.to("#platform")) > 1
    await world.lives_until(local(9, 12))
    posted = [entry for entry in world.chat.entries if entry.to == "playground:#platform"]
    assert [entry.posts for entry in posted] == [1] * len(posted)
    assert [entry.under for entry in posted] == [None] + [posted[0].id] * (len(posted) - 1)
    words = main(world)
    assert words.startswith("Platform · week of 2 Mar · 5 of 5")
    blocks = [words.index(name) for name in ("DONE", "CONTRIBUTES", "QUICKLY ENOUGH", "OUTCOMES")]
    assert blocks == sorted(blocks)
    assert "Pricing page that sells: 4 lines, 1 finished" in words
    thread = "\n".join(seen(entry.message) for entry in posted[1:])
    assert "Incident: mail queue stuck again" in thread
    assert "Ana" not in thread  # grouped by goal, never by person


async def test_goals_without_work_and_work_without_a_goal_are_both_named(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    assert "No work: Partner API" in main(world)
    assert "Nobody worked on Partner API" in main(world)


async def test_shares_come_from_four_people_or_more_and_small_ones_are_merged(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    words = main(world)
    assert "Goal work" in words
    assert "EU hosting: 1 line" in words  # its line is shown
    assert "EU hosting: 20%" not in words  # one person's share is not
    percent = [
        int(number) for number in re.findall(r"(\d+)%", words.partition("CONTRIBUTES")[2].partition("QUICKLY")[0])
    ]
    assert percent
    assert all(number % 5 == 0 for number in percent)


async def test_below_four_people_no_share_is_shown(world: World) -> None:
    await a_week(world, {key: WEEK[key] for key in ("ana", "ben", "cem")})
    await world.lives_until(local(9, 10, 5))
    assert "Shares are shown from 4 people on." in main(world)
    assert "Goal work" not in main(world)


async def test_a_late_answer_appears_at_once_marked_and_moves_no_share(world: World) -> None:
    await a_week(world, {key: WEEK[key] for key in ("ana", "ben", "cem", "dora")})
    await world.lives_until(local(9, 10, 5))
    before = main(world)
    await world.submits(
        "emil",
        "checkin",
        "2026-03-03",
        words="EU hosting all week long\nEU hosting more",
        blockers="",
        mix="",
    )
    await world.cycle.tick()
    after = main(world)
    assert "2 lines came after this was posted" in after
    assert "5 of 5" in after
    share = shares(before)
    assert share == shares(after)
    assert len([entry for entry in world.chat.entries if entry.key == "digest|1|2026-03-02"]) == 1


async def test_shares_are_counted_again_when_the_week_is_closed(world: World) -> None:
    await a_week(world, {key: WEEK[key] for key in ("ana", "ben", "cem", "dora")})
    await world.lives_until(local(9, 10, 5))
    before = main(world)
    await world.submits("emil", "checkin", "2026-03-03", words="EU hosting all week long", blockers="", mix="goal")
    await world.lives_until(local(16, 10, 1))
    await world.goes_to(local(16, 10, 2))
    with world.database.transaction() as tx:
        digest = tx.exec(select(Digest).where(Digest.first == date(2026, 3, 2))).one()
    assert digest.frozen_at is not None
    share = shares(before)
    assert share != shares(main(world))


async def test_four_late_answers_move_the_shares(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    before = main(world)
    for key in ("ana", "ben", "cem"):
        await world.submits(key, "checkin", "2026-03-03", words="Meeting all day", blockers="", mix="overhead")
        await world.cycle.tick()
        assert shares(main(world)) == shares(before)
    await world.submits("dora", "checkin", "2026-03-03", words="Meeting all day", blockers="", mix="overhead")
    await world.cycle.tick()
    assert "Too few people worked on the same things" in main(world)


async def test_the_week_so_far_shows_no_share_so_that_looking_twice_tells_nothing(world: World) -> None:
    await a_week(world)
    words = seen(await world.says("ana", "/digest"))
    assert "Shares are counted when the digest is posted." in words
    assert "Pricing page that sells: 4 lines" in words


async def test_somebody_of_another_team_sees_no_digest_and_an_admin_no_words(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    world.person("zoe")
    world.person("mara", admin=True)
    assert "is for its own people" in seen(await world.says("zoe", "/digest last for Platform"))
    words = seen(await world.says("mara", "/digest last for Platform"))
    assert "Pricing page that sells: 4 lines" in words
    assert ">" not in words
    assert "Lines of Platform are for its own people" in words


async def test_people_who_are_away_are_said_and_not_missed(world: World) -> None:
    await a_week(world, {key: WEEK[key] for key in ("ana", "ben", "cem", "dora")})
    await world.says("emil", "leave today to friday")
    await world.lives_until(local(9, 10, 5))
    assert main(world).startswith("Platform · week of 2 Mar · 4 of 4, 1 away")


async def test_three_words_of_people_at_most_from_different_people_and_never_altered(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    quotes = [line for line in main(world).split("\n") if line.startswith("> ")]
    assert 1 <= len(quotes) <= 3
    with world.database.transaction() as tx:
        typed = {line.text for line in tx.exec(select(Line)).all()}
    assert all(quote[2:].removesuffix(" []") in typed for quote in quotes)


async def test_what_is_in_the_way_stays_in_the_digest_with_its_age_until_it_is_cleared(world: World) -> None:
    await a_week(world)
    await world.submits("ana", "checkin", "2026-03-03", words=WEEK["ana"], blockers="Legal is silent", mix="")
    await world.lives_until(local(9, 10, 5))
    assert "FLAGS  1 open, oldest 5 days" in main(world)


async def test_the_trend_is_drawn_when_there_are_two_weeks(world: World) -> None:
    await a_week(world)
    await world.goes_to(local(6, 15, 30))
    await world.lives_until(local(10, 15, 30))
    for key, words in WEEK.items():
        await world.says(key, words)
    await world.lives_until(local(16, 10, 5))
    charts = [block for entry in world.chat.entries for block in entry.message.blocks if isinstance(block, Chart)]
    assert any(chart.kind == "lines" and len(chart.labels) == 2 for chart in charts)


async def test_after_a_long_outage_only_the_newest_digest_is_posted(world: World) -> None:
    await a_week(world)
    await world.goes_to(local(30, 12))
    await world.goes_to(local(30, 12, 1))
    firsts = [entry.key for entry in world.chat.entries if entry.key.startswith("digest") and entry.under is None]
    assert len(firsts) <= 2


async def test_above_a_team_no_figure_of_fewer_than_four_people_is_shown(world: World) -> None:
    await a_week(world, {"ana": WEEK["ana"]})
    world.person("mara", admin=True)
    words = seen(await world.says("mara", "/digest for Platform"))
    assert "from 4 people on" in words
    assert "1 line" not in words


async def test_above_a_team_goals_that_few_worked_on_are_left_out(world: World) -> None:
    await a_week(world)
    world.person("mara", admin=True)
    words = seen(await world.says("mara", "/digest for Platform"))
    assert "Pricing page that sells: 4 lines" in words
    assert "EU hosting:" not in words


def first(world: World) -> ChatMessage:
    """The digest as it stands in the channel."""
    return next(entry for entry in world.chat.entries if entry.key == "digest|1|2026-03-02")


async def taps(world: World, key: str, label: str) -> Reply:
    """A button under the digest in the channel."""
    (button,) = [button for button in first(world).message.buttons if button.label == label]
    return await world.presses(key, button.press, button.subject, where="#platform")


async def test_open_shows_the_whole_digest_with_every_line_to_the_one_who_taps(world: World) -> None:
    await a_week(world)
    await world.says("ana", "\n".join(f"Thing {number}" for number in range(60)))
    await world.lives_until(local(9, 10, 5))
    before = len(world.chat.entries)
    reply = await taps(world, "emil", "Open")
    assert isinstance(reply, Page)
    words = seen(reply)
    for block in ("DONE", "CONTRIBUTES", "QUICKLY ENOUGH", "OUTCOMES"):
        assert block in words
    for line in ("Thing 0", "Thing 59", *"\n".join(WEEK.values()).split("\n")):
        assert f"> {line} [" in words
    assert "Ana" not in words  # grouped by goal, never by person
    assert len(world.chat.entries) == before  # and nobody else saw anything


async def test_open_shows_lines_to_the_team_figures_to_admins_and_nothing_to_others(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    world.person("mara", admin=True)
    world.person("zoe")
    admin = seen(await taps(world, "mara", "Open"))
    assert "Pricing page that sells: 4 lines" in admin
    assert "EU hosting:" not in admin
    assert ">" not in admin
    assert "Lines of Platform are for its own people." in admin
    stranger = seen(await taps(world, "zoe", "Open"))
    assert stranger.startswith("The digest of Platform is for its own people and its manager.")
    assert "Pricing" not in stranger


async def test_seen_tells_the_team_who_read_it_first_and_how_many_more(world: World) -> None:
    await a_week(world)
    world.person("mara", admin=True)
    await world.lives_until(local(9, 10, 5))
    assert "Read by" not in main(world)
    assert await taps(world, "mara", "Seen") is None
    await world.cycle.tick()
    assert "Read by Mara\n" in main(world)
    assert await taps(world, "ana", "Seen") is None  # she manages it
    await world.cycle.tick()
    assert "Read by Mara and 1 more" in main(world)
    assert len([entry for entry in world.chat.entries if entry.key == first(world).key]) == 1
    assert "Read by Mara and 1 more" in seen(await taps(world, "emil", "Open"))


async def test_seen_twice_changes_nothing(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    await taps(world, "ana", "Seen")
    await world.cycle.tick()
    before, edits = main(world), world.chat.edits
    assert await taps(world, "ana", "Seen") is None
    await world.cycle.tick()
    assert (main(world), world.chat.edits) == (before, edits)


async def test_seen_edits_the_digest_and_not_its_thread(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    edits = world.chat.edits
    await taps(world, "ana", "Seen")
    await world.cycle.tick()
    assert world.chat.edits == edits + 1


async def test_seen_of_the_staff_does_not_count_and_they_are_told_what_does(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    world.person("zoe")
    assert "Seen is for the manager of Platform and admins" in seen(await taps(world, "emil", "Seen"))
    assert "for its own people and its manager" in seen(await taps(world, "zoe", "Seen"))
    await world.cycle.tick()
    assert "Read by" not in main(world)


async def test_buttons_of_a_digest_a_year_old_say_what_they_still_do(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    world.at = local(9, 10, 5) + timedelta(days=365)
    before = main(world)
    said = seen(await taps(world, "ana", "Seen"))
    assert "That digest is of the week of 2 Mar of 2026." in said
    await world.cycle.show()
    assert main(world) == before
    assert "> Incident: mail queue stuck again [" in seen(await taps(world, "emil", "Open"))


async def test_somebody_who_left_sees_nothing_by_an_old_button_and_is_not_back_by_it(world: World) -> None:
    await a_week(world)
    await world.lives_until(local(9, 10, 5))
    with world.database.transaction() as tx:
        team = stored_people.team_named(tx, world.company_id, "Platform")
        emil, dora = world._known(tx, "emil"), world._known(tx, "dora")
        assert team is not None
        members.part(tx, team, emil, world.at)
        members.gone(tx, dora, world.at)
    assert "is for its own people" in seen(await taps(world, "emil", "Open"))
    for label in ("Open", "Seen"):
        assert "As far as I know you have left" in seen(await taps(world, "dora", label))
    assert world.read("dora").left_at is not None
    await world.says("dora", "I am back")
    assert "DONE" in seen(await taps(world, "dora", "Open"))


@pytest.mark.parametrize("subject", ["", "Platform", "Platform|", "Platform|soon", "Nowhere|2026-03-02", "|"])
async def test_a_button_of_a_digest_that_cannot_be_read_is_answered_in_words(world: World, subject: str) -> None:
    await a_week(world)
    for press in ("digest.open", "digest.seen"):
        reply = seen(await world.presses("ana", press, subject))
        assert "another time" in reply or "There is no team" in reply


async def test_what_is_intended_is_said_among_the_goals_of_the_team(world: World) -> None:
    await a_week(world, dict.fromkeys(WEEK, "Pricing page copy\nEU hosting: moved the database"))
    await world.lives_until(local(9, 10, 5))
    assert "Pricing page that sells: 50%, 60% intended" in main(world)
    assert "EU hosting: 50%, 20% intended" in main(world)


async def test_digests_that_are_due_at_once_are_planned_in_a_transaction_each(world: World) -> None:
    for name, key in (("Platform", "ana"), ("Support", "ben"), ("Sales", "cem")):
        world.team(name, [key], manager=key)
        world.introduced(key)
    await world.goes_to(local(3, 15, 30))
    for key in ("ana", "ben", "cem"):
        await world.says(key, "Wrote to two customers")
    world.at = local(9, 10, 0)
    committed: list[int] = []

    def portion_done() -> None:
        with world.database.transaction() as tx:
            committed.append(len(tx.exec(select(Digest)).all()))

    await world.cycle.plan(portion_done)
    assert [number for number in committed if number] == [1, 2, 3]


async def test_told_to_stop_no_further_digest_is_planned(world: World) -> None:
    for name, key in (("Platform", "ana"), ("Support", "ben"), ("Sales", "cem")):
        world.team(name, [key], manager=key)
        world.introduced(key)
    await world.goes_to(local(3, 15, 30))
    for key in ("ana", "ben", "cem"):
        await world.says(key, "Wrote to two customers")
    world.at = local(9, 10, 0)
    stopping: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    await world.cycle.plan(lambda: stopping.append(loop.create_task(world.cycle.stop(1.0))))
    await asyncio.gather(*stopping)
    with world.database.transaction() as tx:
        assert len(tx.exec(select(Digest)).all()) < 3


async def test_each_digest_is_put_into_words_in_a_transaction_of_its_own(world: World) -> None:
    for name, key in (("Platform", "ana"), ("Support", "ben"), ("Sales", "cem")):
        world.team(name, [key], manager=key)
        world.introduced(key)
    await world.goes_to(local(3, 15, 30))
    for key in ("ana", "ben", "cem"):
        await world.says(key, "Wrote to two customers")
    world.at = local(9, 10, 0)
    await world.cycle.plan()
    seen_there: list[str] = []

    def read(_: object, __: object, statement: str, *___: object) -> None:
        if "count(distinct(line.person_id))" in statement:
            seen_there.append("read")

    def commit(_: object) -> None:
        seen_there.append("commit")

    event.listen(world.database.engine, "before_cursor_execute", read)
    event.listen(world.database.engine, "commit", commit)
    await world.cycle.send()
    event.remove(world.database.engine, "before_cursor_execute", read)
    event.remove(world.database.engine, "commit", commit)
    assert seen_there.count("read") == 6  # three digests, then what goes into their threads
    assert ("read", "read") not in set(pairwise(seen_there))


async def test_a_digest_is_read_when_it_is_put_into_words_and_not_when_it_is_planned(world: World) -> None:
    await a_week(world, {key: words for key, words in WEEK.items() if key != "emil"})
    times = 0

    def read(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal times
        times += "count(distinct(line.person_id))" in statement

    event.listen(world.database.engine, "before_cursor_execute", read)
    world.at = local(9, 10)
    await world.cycle.plan()
    assert times == 0
    await world.goes_to(local(9, 10, 1))
    assert times == 2  # itself, and what goes into its thread
    await world.submits("emil", "checkin", "2026-03-03", words=WEEK["emil"], blockers="", mix="")
    await world.goes_to(local(9, 11))
    assert times == 3  # it is edited with its replies, together
    event.remove(world.database.engine, "before_cursor_execute", read)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_two_processes_take_different_digests(world: World) -> None:
    for name, key in (("Platform", "ana"), ("Support", "ben")):
        world.team(name, [key], manager=key)
        world.introduced(key)
    await world.goes_to(local(3, 15, 30))
    for key in ("ana", "ben"):
        await world.says(key, "Wrote to two customers")
    at = local(9, 10, 0)
    with world.database.transaction() as one, world.database.transaction() as other:
        for tx in (one, other):  # who waits for the other one here waits for ever
            tx.connection().exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        assert [plan.digest_due(tx, at)[0] for tx in (one, other, other)] == [1, 1, 0]
    at = local(16, 10, 0)
    with world.database.transaction() as one, world.database.transaction() as other:
        for tx in (one, other):  # who waits for the other one here waits for ever
            tx.connection().exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        assert [plan.recount(tx, at)[1] for tx in (one, other, other)] == [True, True, False]
    with world.database.transaction() as tx:
        assert [row.frozen_at for row in tx.exec(select(Digest))] == [at, at]


async def test_where_there_is_no_room_for_all_lines_each_goal_shows_some_and_says_how_many_more(
    world: World,
) -> None:
    await a_week(world)
    with world.database.transaction() as tx:
        (team,) = stored_people.teams(tx, world.company_id)
        week = calendar.week_of(date(2026, 3, 2), team.working_days)
        every = digest_build.summarise(digest_build.gather(tx, team, week))
        few = digest_build.summarise(digest_build.gather(tx, team, week, shown=6))
    assert (few.lines, few.finished, few.no_goal) == (every.lines, every.finished, every.no_goal)
    assert [work.lines for work in few.work] == [len(work.items) for work in every.work] == [4, 1]
    assert [len(work.items) for work in (*few.work, *few.other)] == [
        2,
        1,
        2,
        1,
    ]  # the smallest leave their room to the others
    told = "\n".join(seen(message) for message in digests.details(few))
    assert told.count("and 2 more lines") == 1  # of the pricing page
    assert told.count("and 1 more line") == 1  # of firefighting
    whole = "\n".join(seen(message) for message in digests.details(every))
    assert "more line" not in whole
