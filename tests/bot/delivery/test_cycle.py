"""The tick: asked once, at the right time, whatever the platform does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from bot.chat.messages import Message, Pick
from bot.chat.platform import OutcomeUnknown, Pace, RateLimited, Unreachable
from checkins.people import members
from storage import people as stored_people
from storage.database import Database
from storage.outbox import deliveries as stored_deliveries
from storage.tables import CheckIn, Delivery, Digest, Workspace
from tests.support.world import FakeChat, World, local, seen


def deliveries(world: World) -> list[Delivery]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(Delivery).order_by(Delivery.id)).all())  # type: ignore[arg-type]


def states(world: World) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in deliveries(world)]


def platform_team(world: World, *keys: str) -> None:
    world.team("Platform", keys or ("ana", "ben"))
    world.introduced(*(keys or ("ana", "ben")))


async def test_everybody_is_asked_at_their_own_local_time(world: World) -> None:
    world.person("kavya", "Asia/Kolkata")
    world.person("tom", "America/New_York")
    platform_team(world, "ana", "kavya", "tom")
    for hour, minute, expected in (
        (11, 0, {"kavya"}),
        (15, 30, {"kavya", "ana"}),
        (21, 30, {"kavya", "ana", "tom"}),
    ):
        await world.goes_to(local(3, hour, minute))
        assert {entry.to.partition(":")[2] for entry in world.chat.entries} == expected


async def test_a_step_says_how_much_it_planned(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    assert (await world.cycle.plan()).planned == 2
    assert (await world.cycle.plan()).planned == 0


async def test_ticking_again_and_again_asks_once(world: World) -> None:
    platform_team(world)
    for minute in range(30, 45):
        await world.goes_to(local(3, 15, minute))
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


async def test_two_processes_that_tick_at_once_ask_once(world: World, database: Database) -> None:
    import asyncio

    from bot.delivery.cycle import Cycle

    platform_team(world, *(f"p{number}" for number in range(30)))
    world.at = local(3, 15, 30)
    others = [Cycle(database, {"playground": world.chat}, lambda: world.at) for _ in range(3)]
    await asyncio.gather(world.cycle.tick(), *(other.tick() for other in others))
    assert [entry.posts for entry in world.chat.entries] == [1] * 30


async def test_nobody_is_asked_before_their_team_is_on_and_then_they_are_welcomed_first(world: World) -> None:
    team = world.team("Platform", ["ana"], on=False)
    await world.lives_until(local(6, 16))
    assert world.chat.entries == []
    with world.database.transaction() as tx:
        from checkins.people import teams
        from storage import people as stored_people

        teams.switch_on(tx, stored_people.team(tx, team.id), world.at)
    await world.lives_until(local(10, 16))
    assert [entry.key.partition("|")[0] for entry in world.chat.entries] == ["welcome", "prompt"]
    welcome = seen(world.chat.entries[0].message)
    assert "First question: Tuesday 10 March, 15:30 (Europe/Berlin)." in welcome


async def test_a_welcome_says_your_time_only_where_the_zone_is_known_and_asks_for_it_else(
    world: World,
) -> None:
    world.person("ana", "")
    world.team("Platform", ["ana", "ben"])
    await world.lives_until(local(2, 12))
    ana, ben = (seen(world.chat.to(key)[0].message) for key in ("ana", "ben"))
    assert "your time" in ben
    assert "Which city" not in ben
    assert "your time" not in ana
    assert "First question" not in ana
    assert "Which city has the same time as you? (Berlin, Paris, Madrid, Rome | Honolulu" in ana  # the team's first
    assert "UTC" in seen(await world.presses("ana", "fine"))
    chosen = seen(await world.presses("ana", "zone", value="Asia/Tokyo"))
    assert "First question: Tuesday 3 March, 15:30 (Asia/Tokyo)." in chosen
    assert world.read("ana").own_zone
    assert "I do not know the time zone" in seen(await world.presses("ana", "zone", value="Atlantis"))


async def test_the_day_of_the_welcome_brings_no_question_since_one_unprompted_message_is_enough(
    world: World,
) -> None:
    world.at = local(3, 10)
    world.team("Platform", ["ana"])
    await world.goes_to(local(3, 10, 1))
    await world.lives_until(local(6, 16))
    said = [(entry.key.partition("|")[0], entry.key.rpartition("|")[2]) for entry in world.chat.to("ana")]
    assert [kind for kind, _ in said] == ["welcome", "prompt"]
    assert said[1][1] == "2026-03-06"


async def test_a_welcome_waits_for_the_end_of_quiet_hours(world: World) -> None:
    world.at = local(2, 20)
    world.team("Platform", ["ana"])
    await world.goes_to(local(2, 23))
    assert world.chat.entries == []
    await world.goes_to(local(3, 8, 1))
    assert len(world.chat.entries) == 1


async def test_after_an_outage_a_stale_question_is_counted_and_not_sent(world: World) -> None:
    platform_team(world)
    await world.goes_to(local(3, 21, 30))  # six hours late
    assert world.chat.entries == []
    with world.database.transaction() as tx:
        assert {row.state for row in tx.exec(select(CheckIn)).all()} == {"expired"}
    assert {(row.state, row.reason) for row in deliveries(world) if row.kind == "prompt"} == {
        ("expired", "It could not be sent in time.")
    }
    await world.goes_to(local(6, 15, 30))
    assert [entry.key.rpartition("|")[2] for entry in world.chat.entries] == ["2026-03-06"] * 2


async def test_a_question_that_is_a_little_late_is_still_put(world: World) -> None:
    platform_team(world)
    await world.goes_to(local(3, 17, 0))
    assert len(world.chat.entries) == 2


async def test_one_reminder_the_next_working_morning_and_only_without_an_answer(world: World) -> None:
    platform_team(world)
    await world.goes_to(local(3, 15, 30))
    await world.says("ben", "Something done")
    await world.lives_until(local(6, 12))
    reminders = [entry for entry in world.chat.entries if entry.key.startswith("reminder")]
    assert [entry.to for entry in reminders] == ["playground:ana"]
    assert "Still time to check in for Tuesday" in reminders[0].message.title


async def test_nobody_is_reminded_on_a_day_they_are_away(world: World) -> None:
    platform_team(world)
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "leave 2026-03-04..2026-03-06")
    await world.lives_until(local(6, 12))
    reminders = [entry.to for entry in world.chat.entries if entry.key.startswith("reminder")]
    assert reminders == ["playground:ben"]


async def test_a_daily_rhythm_gets_no_morning_reminder_since_the_next_question_comes_anyway(
    world: World,
) -> None:
    platform_team(world, "ana")
    await world.says("ana", "time 15:30 Mon-Fri")
    await world.lives_until(local(5, 18))
    kinds = [entry.key.partition("|")[0] for entry in world.chat.to("ana")]
    assert kinds == ["prompt"] * 4
    days = {entry.key.rpartition("|")[2] for entry in world.chat.to("ana")}
    assert len(days) == 4


async def test_the_reminder_is_the_persons_own_choice(world: World) -> None:
    platform_team(world)
    await world.says("ana", "remind 60m")
    await world.says("ben", "remind off")
    await world.lives_until(local(3, 18))
    assert [entry.key.partition("|")[0] for entry in world.chat.to("ana")] == ["prompt", "reminder"]
    await world.lives_until(local(6, 12))
    assert [entry.key.partition("|")[0] for entry in world.chat.to("ben")] == ["prompt"]


async def test_a_team_may_ask_in_its_own_words(world: World) -> None:
    world.person("mara", admin=True)
    platform_team(world, "ana")
    reply = await world.says("mara", '/team question "What moved a goal forward today?" for Platform')
    assert "What moved a goal forward today?" in seen(reply)
    await world.goes_to(local(3, 15, 30))
    assert world.chat.to("ana")[0].message.title == "What moved a goal forward today?"
    await world.says("mara", "/team question default for Platform")
    await world.goes_to(local(6, 15, 30))
    assert world.chat.to("ana")[1].message.title == "What did you work on, Ana?"


async def test_a_team_that_works_sunday_to_thursday_has_its_own_week(world: World) -> None:
    world.person("mara", admin=True)
    platform_team(world, "ana")
    reply = await world.says("mara", "/team week Sun-Thu for Platform")
    assert "works Sun-Thu" in seen(reply)
    await world.lives_until(local(15, 12))
    await world.says("ana", "Something for the week")
    asked = [entry.key.rpartition("|")[2] for entry in world.chat.to("ana") if entry.key.startswith("prompt")]
    assert asked == ["2026-03-02", "2026-03-05", "2026-03-09", "2026-03-12"]  # Mondays and Thursdays
    posted = [entry.key for entry in world.chat.to("#platform") if entry.under is None]
    assert posted == ["digest|1|2026-03-01", "digest|1|2026-03-08"]  # on Sundays, for the week from Sunday on


async def test_no_local_date_is_asked_twice_when_somebody_changes_zone(world: World) -> None:
    platform_team(world, "ana")
    await world.goes_to(local(3, 15, 30))
    await world.says("ana", "zone America/Los_Angeles")
    await world.lives_until(local(5, 1))
    assert [entry.key.rpartition("|")[2] for entry in world.chat.to("ana") if "prompt" in entry.key] == ["2026-03-03"]


async def test_somebody_asked_to_wait_by_the_platform_is_asked_after_the_wait(world: World) -> None:
    platform_team(world, "ana")
    world.chat.fail = [("before", RateLimited(30))]
    await world.goes_to(local(3, 15, 30))
    assert world.chat.entries == []
    await world.goes_to(local(3, 15, 30) + timedelta(seconds=29))
    assert world.chat.entries == []
    await world.goes_to(local(3, 15, 30) + timedelta(seconds=31))
    assert [entry.posts for entry in world.chat.entries] == [1]


async def test_an_uncertain_message_that_arrived_is_found_and_not_sent_again(world: World) -> None:
    platform_team(world, "ana")
    world.chat.fail = [("after", OutcomeUnknown("cut"))]
    await world.goes_to(local(3, 15, 30))
    assert states(world)[0] == ("prompt", "uncertain")
    await world.goes_to(local(3, 15, 33))
    assert states(world)[0] == ("prompt", "sent")
    assert [entry.posts for entry in world.chat.entries] == [1]


async def test_an_uncertain_message_that_did_not_arrive_is_sent_again_after_the_window(world: World) -> None:
    platform_team(world, "ana")
    world.chat.fail = [("before", OutcomeUnknown("cut"))]
    await world.goes_to(local(3, 15, 30))
    await world.goes_to(local(3, 15, 31))
    assert world.chat.entries == []  # too early to say that it never arrived
    await world.goes_to(local(3, 15, 33))
    await world.goes_to(local(3, 15, 34))
    assert [entry.posts for entry in world.chat.entries] == [1]


async def test_where_nothing_can_be_looked_up_an_uncertain_question_is_held_and_the_reminder_makes_up(
    world: World,
) -> None:
    platform_team(world, "ana")
    world.chat.searchable = False
    world.chat.fail = [("before", OutcomeUnknown("cut"))]
    await world.goes_to(local(3, 15, 30))
    await world.lives_until(local(3, 18))
    assert ("prompt", "held") in states(world)
    await world.lives_until(local(4, 12))
    assert [entry.key.partition("|")[0] for entry in world.chat.entries] == ["reminder"]


async def test_a_sender_that_died_after_its_claim_leaves_nothing_lost_and_nothing_twice(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    await world.cycle.plan()
    claimed = await world.database.run(
        lambda tx: stored_deliveries.claim(tx, "who died", world.at, timedelta(seconds=60), 10, {}, {})
    )
    await world.chat.send(claimed[0].to, Message("What did you work on?"), key=claimed[0].dedup_key)
    for seconds in (30, 61, 100, 179):
        await world.goes_to(local(3, 15, 30) + timedelta(seconds=seconds))
        assert len(world.chat.entries) == 1  # the other may still be on its way
    for seconds in (182, 183, 400):
        await world.goes_to(local(3, 15, 30) + timedelta(seconds=seconds))
        assert sorted(entry.posts for entry in world.chat.entries) == [1, 1]


async def test_somebody_who_cannot_be_reached_is_not_counted_as_silent(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.chat.fail = [
        ("before", Unreachable("They removed the app.")),
        ("before", Unreachable("They removed the app.")),
    ]
    await world.goes_to(local(3, 15, 30))
    prompts = [row for row in deliveries(world) if row.kind == "prompt"]
    assert {(row.state, row.reason) for row in prompts} == {("unreachable", "They removed the app.")}
    with world.database.transaction() as tx:
        assert {row.state for row in tx.exec(select(CheckIn)).all()} == {"expired"}


async def test_somebody_who_cannot_be_reached_is_left_alone_until_they_write_themselves(world: World) -> None:
    platform_team(world, "ana")
    world.chat.fail = [("before", Unreachable("They removed the app."))]
    await world.lives_until(local(6, 16))
    assert world.chat.entries == []
    with world.database.transaction() as tx:
        assert [row.day for row in tx.exec(select(CheckIn)).all()] == [date(2026, 3, 3)]
    await world.says("ana", "I am back")
    await world.lives_until(local(10, 16))
    assert [entry.key.rpartition("|")[2] for entry in world.chat.to("ana")] == ["2026-03-10"]


async def test_a_message_that_cannot_be_made_is_held_and_stops_nobody_elses(world: World) -> None:
    platform_team(world)
    with world.database.transaction() as tx:
        workspace = stored_people.workspace(tx, world.workspace)
        assert workspace is not None
        digest = Digest(
            company_id=world.company_id, team_id=1, first=date(2026, 2, 23), last=date(2026, 3, 1),
            due_at=world.at, counted_at=world.at, freezes_at=world.at,
        )  # fmt: skip
        tx.add(digest)
        tx.flush()
        broken = Delivery(
            company_id=world.company_id, workspace_id=workspace.id, dedup_key="detail|oops", kind="detail",
            to="playground:#platform", digest_id=digest.id, due_at=world.at, created_at=world.at,
        )  # fmt: skip
        tx.add(broken)
    await world.goes_to(local(3, 15, 30))
    assert len(world.chat.entries) == 2
    held = next(row for row in deliveries(world) if row.dedup_key == "detail|oops")
    assert (held.state, held.reason) == ("held", "It could not be put into words; the log says where.")


async def test_a_sender_that_breaks_in_an_unforeseen_way_loses_and_doubles_nothing(world: World) -> None:
    platform_team(world)
    world.chat.fail = [("after", RuntimeError("unforeseen"))]
    await world.goes_to(local(3, 15, 30))
    assert len(world.chat.entries) == 2
    assert sorted(state for kind, state in states(world) if kind == "prompt") == ["sent", "uncertain"]
    await world.goes_to(local(3, 15, 33))
    assert {state for kind, state in states(world) if kind == "prompt"} == {"sent"}
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


async def test_pause_stops_what_is_waiting_and_resume_does_not_flood(world: World) -> None:
    world.person("mara", admin=True)
    platform_team(world)
    world.chat.fail = [("before", RateLimited(60))] * 2
    await world.goes_to(local(3, 15, 30))
    await world.says("mara", "/instep pause")
    await world.lives_until(local(3, 18))
    assert world.chat.entries == []
    await world.says("mara", "/instep resume")
    await world.lives_until(local(3, 19))
    assert world.chat.entries == []
    await world.lives_until(local(6, 16))
    assert len([entry for entry in world.chat.entries if entry.key.startswith("prompt")]) == 2


async def test_sending_can_be_limited_to_a_few_addresses(world: World, database: Database) -> None:
    from bot.delivery.cycle import Cycle

    platform_team(world)
    world.at = local(3, 15, 30)
    rounds = Cycle(database, {"playground": world.chat}, lambda: world.at, only_to=frozenset({"playground:ana"}))
    await rounds.tick()
    assert [entry.to for entry in world.chat.entries] == ["playground:ana"]


async def test_a_person_in_two_teams_gets_one_question(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.team("Data", ["ana"])
    await world.goes_to(local(3, 15, 30))
    assert len(world.chat.to("ana")) == 1


async def test_across_the_autumn_night_each_day_is_asked_once(world: World) -> None:
    world.at = local(20, 12, month=10)
    platform_team(world, "ana")
    await world.says("ana", "time 02:30 Sat,Sun,Mon")
    await world.lives_until(local(27, 12, month=10))
    asked = [entry.key.rpartition("|")[2] for entry in world.chat.to("ana") if entry.key.startswith("prompt")]
    assert asked == ["2026-10-24", "2026-10-25", "2026-10-26"]


async def test_two_companies_in_one_database_are_asked_apart(world: World, database: Database) -> None:
    from tests.support.world import FakeChat

    platform_team(world, "ana")
    other = World(database, name="Other", chat=FakeChat("second"))
    other.team("Platform", ["zoe"])
    other.introduced("zoe")
    both = {"playground": world.chat, "second": other.chat}
    from bot.delivery.cycle import Cycle

    world.at = local(3, 15, 30)
    await Cycle(database, both, lambda: world.at).tick()
    await other.says("zoe", "Their secret plan")
    other.at = world.at
    assert "Their secret plan" not in seen(await world.says("ana", "/digest"))
    assert [entry.to for entry in other.chat.entries] == ["second:zoe"]


async def test_a_day_to_come_cannot_be_answered(world: World) -> None:
    platform_team(world, "ana")
    reply = await world.submits("ana", "checkin", "2026-12-24", words="From the future", blockers="", mix="")
    assert "still to come" in seen(reply)


def test_a_rhythm_of_no_team_is_none(world: World) -> None:
    person = world.person("zoe")
    assert members.rhythm(person, []) is None
    assert date(2026, 3, 2) == world.at.date()


async def test_an_admin_sees_why_a_question_did_not_arrive_and_has_it_tried_again(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.person("root", admin=True)
    world.chat.fail = [("before", Unreachable("They removed the app."))]
    await world.goes_to(local(3, 15, 30))
    reply = await world.says("root", "instep deliveries")
    assert "question to Ana: could not be delivered. They removed the app." in seen(reply)
    assert isinstance(reply, Message)
    [pick] = [block for block in reply.blocks if isinstance(block, Pick)]
    assert [option.label for option in pick.options] == ["question to Ana"]
    again = await world.presses("root", "retry", value=pick.options[0].value)
    assert "did not arrive" not in seen(again)
    await world.cycle.tick()
    assert len(world.chat.to("ana")) == 1
    assert "Saved" in seen(await world.says("ana", "Pricing page")) or world.chat.to("ana")
    assert "not there any more" in seen(await world.presses("root", "retry", value=pick.options[0].value))
    assert "Only admins" in seen(await world.presses("ben", "retry", value="all"))


async def test_a_round_that_waits_is_seen_with_its_time_and_taken_back(database: Database) -> None:
    world = World(database, chat=FakeChat(pace=Pace(2.0, 1)))
    keys = [f"p{number}" for number in range(20)]
    platform_team(world, *keys)
    world.person("root", admin=True)
    await world.goes_to(local(3, 15, 30))
    said = seen(await world.says("root", "instep deliveries"))
    assert "19 wait for Acme at 120 a minute, through by about 15:30." in said
    assert "Only admins" in seen(await world.presses("p1", "take back"))
    assert "wait for" not in seen(await world.presses("root", "take back"))
    await world.lives_until(local(3, 16))
    assert len(world.chat.entries) == 1
    with world.database.transaction() as tx:
        assert sorted(row.state for row in tx.exec(select(CheckIn)).all()) == ["asked"] + ["expired"] * 19


WORDING, SETTLING = "FROM checkin JOIN person", "sent_at="


@contextmanager
def just_before(world: World, words: str, what: Callable[[], None]) -> Iterator[None]:
    """Something happens on the database's thread just before a statement with these words."""

    def listen(_: object, __: object, statement: str, *___: object) -> None:
        if words in statement:
            what()

    event.listen(world.database.engine, "before_cursor_execute", listen)
    yield
    event.remove(world.database.engine, "before_cursor_execute", listen)


async def test_what_was_claimed_when_the_database_went_away_was_not_sent_and_goes_when_it_is_back(
    world: World,
) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    await world.cycle.plan()

    def gone() -> None:
        raise OperationalError("SELECT", {}, ConnectionError("the connection is lost"))

    with just_before(world, WORDING, gone):
        await world.cycle.send()
    assert {(row.state, row.reason) for row in deliveries(world)} == {("due", "The database did not answer.")}
    await world.goes_to(local(3, 15, 30))
    assert world.chat.entries == []
    await world.goes_to(local(3, 15, 30) + timedelta(seconds=1))
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


async def test_what_was_answered_while_the_database_is_away_is_written_down_when_it_is_back(
    world: World,
) -> None:
    """Where the platform cannot be asked nobody else would ever know."""
    world.chat.searchable = False
    platform_team(world, "ana", "ben")
    away = [True, True]

    def gone() -> None:
        if away:
            away.pop()
            raise OperationalError("UPDATE", {}, ConnectionError("the connection is lost"))

    with just_before(world, SETTLING, gone):
        await world.goes_to(local(3, 15, 30))
    assert not away
    assert {row.state for row in deliveries(world)} == {"sent"}
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_workspace_that_somebody_else_is_at_is_looked_at_again_in_a_moment(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    await world.cycle.plan()
    with world.database.transaction() as tx:
        tx.exec(select(Workspace).with_for_update()).all()
        done = await world.cycle.send()
    assert done.sent == 0
    assert done.again_at is not None
    assert done.again_at - world.at < timedelta(seconds=1)
    assert (await world.cycle.send()).sent == 2


async def test_told_to_stop_while_messages_are_made_it_sends_none_of_them(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    await world.cycle.plan()
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(10)

    with just_before(world, WORDING, wait):
        sending = asyncio.create_task(world.cycle.send())
        await asyncio.to_thread(reached.wait, 10)
        stopping = asyncio.create_task(world.cycle.sender.stop(5))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(sending, stopping)
    assert world.chat.entries == []
    assert {row.state for row in deliveries(world)} == {"due"}
    world.restart()
    await world.goes_to(world.at)
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


async def test_a_round_that_is_cancelled_while_messages_are_made_is_made_up_for(world: World) -> None:
    platform_team(world, "ana", "ben")
    world.at = local(3, 15, 30)
    await world.cycle.plan()
    reached, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        go_on.wait(10)

    with just_before(world, WORDING, wait):
        sending = asyncio.create_task(world.cycle.send())
        await asyncio.to_thread(reached.wait, 10)
        sending.cancel()
        go_on.set()
        with suppress(asyncio.CancelledError):
            await sending
    async with asyncio.timeout(10):
        for seconds in (61, 182, 183):
            await world.goes_to(local(3, 15, 30) + timedelta(seconds=seconds))
    assert [entry.posts for entry in world.chat.entries] == [1, 1]


async def test_what_is_over_by_the_time_it_is_in_words_is_not_said(world: World) -> None:
    """A claim holds for most of a minute, and evening may begin in it."""
    platform_team(world)
    await world.says("ana", "time 17:30 Tue")
    world.at = local(3, 17, 59)
    await world.cycle.plan()

    def evening() -> None:
        world.at = local(3, 18)

    with just_before(world, WORDING, evening):
        await world.cycle.send()
    assert world.chat.entries == []
    await world.cycle.tick()
    assert [(row.state, row.reason) for row in deliveries(world) if row.kind == "prompt" and row.person_id == 1] == [
        ("expired", "It could not be sent in time.")
    ]


async def test_a_reminder_is_not_sent_into_the_evening_but_the_next_morning(world: World) -> None:
    platform_team(world)
    await world.says("ana", "time 16:30 Tue")
    await world.says("ana", "remind 2h")
    await world.lives_until(local(4, 12))
    assert [(entry.key, entry.key.partition("|")[0]) for entry in world.chat.to("ana")] == [
        ("prompt|1|2026-03-03", "prompt"),
        ("reminder|1|2026-03-03", "reminder"),
    ]


async def test_a_day_with_a_question_of_its_own_brings_no_reminder_of_another(world: World) -> None:
    """They were to be reminded on Wednesday morning, and then chose to be asked on Wednesdays."""
    platform_team(world, "ana")
    await world.lives_until(local(3, 16))
    await world.says("ana", "time 15:30 Wed,Fri")
    await world.lives_until(local(4, 16))
    assert [entry.key for entry in world.chat.to("ana")] == ["prompt|1|2026-03-03", "prompt|1|2026-03-04"]


async def test_something_for_nobody_we_know_holds_up_nobody_else(world: World) -> None:
    """An opening that is over is set anew for everybody; one row that belongs to nobody must not end the plan."""
    platform_team(world, "ana")
    with world.database.transaction() as tx:
        tx.add(
            Delivery(
                company_id=world.company_id, workspace_id=1, dedup_key="notice|1", kind="notice", to="playground:nobody",
                due_at=world.at, expires_at=world.at, created_at=world.at,
            )
        )  # fmt: skip
    await world.goes_to(local(3, 15, 30))
    assert [entry.to for entry in world.chat.entries] == ["playground:ana"]
