"""What people do, and what they see: answers, corrections, settings, goals, teams, and every bad input."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from bot.chat.events import Installed, Invalid, Left, MemberJoined, MessageReceived, Replace, Uninstalled, Who
from bot.chat.messages import Form, Message, Pick
from bot.chat.platform import Profile
from bot.tagging.tagger_pool import Taggers
from checkins.tagging import Tagger
from storage.tables import Audit, CheckIn, Company, Goal, Line, Person, Tag
from tests.support.world import FakeChat, World, local, seen


def rows(world: World, table: type) -> list:  # type: ignore[type-arg]
    with world.database.transaction() as tx:
        return list(tx.exec(select(table).order_by(table.id)).all())  # type: ignore[attr-defined]


@pytest.fixture
def team(world: World) -> World:
    """Ana and Ben in a team that is on, Mara the admin, two goals, and it is Tuesday 15:30."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    world.goal("Pricing page that sells", description="plans, prices, annual toggle")
    world.goal("EU hosting", description="database in Frankfurt")
    return world


async def ask(team: World) -> None:
    await team.goes_to(local(3, 15, 30))


# Answering


async def test_a_typed_answer_becomes_lines_filed_under_goals(team: World) -> None:
    await ask(team)
    assert await team.says("ana", "Pricing page: annual toggle 2h\nMoved the database to Frankfurt, done") is None
    await team.cycle.tick()
    shown = seen(team.chat.to("ana")[-1].message)
    assert "Saved 15:30: 2 lines for Tuesday 3 March" in shown
    lines = rows(team, Line)
    assert [(line.text, line.hours, line.finished) for line in lines] == [
        ("Pricing page: annual toggle 2h", 2.0, False),
        ("Moved the database to Frankfurt, done", None, True),
    ]
    assert len(rows(team, Tag)) == 2
    assert len(team.chat.to("ana")) == 1  # edited in place, no second message


async def test_the_form_saves_the_same_way_and_the_message_becomes_the_answer(team: World) -> None:
    await ask(team)
    form = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(form, Form)
    reply = await team.submits(
        "ana", "checkin", form.subject, words="Pricing page copy", blockers="Legal is slow", mix="goal"
    )
    assert isinstance(reply, Replace)
    assert "In your way: Legal is slow" in seen(reply)
    checkin = rows(team, CheckIn)[0]
    assert (checkin.state, checkin.mix) == ("answered", "goal")


async def test_a_form_can_be_asked_for_once_more_by_its_name_and_subject(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy\nOther thing")
    opened = [
        await team.opens("ana", "checkin", "2026-03-03"),
        await team.opens("ana", "settings"),
        await team.presses("ana", "move", "2026-03-03"),
    ]
    for form in opened:
        assert isinstance(form, Form)
        assert await team.opens("ana", form.name, form.subject) == form


async def test_what_was_typed_while_a_form_was_open_is_kept(team: World) -> None:
    await ask(team)
    form = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(form, Form)
    await team.says("ana", "Helped ACME")
    await team.submits("ana", "checkin", form.subject, words="Pricing page", blockers="", mix="")
    assert [line.text for line in by_position(team)] == ["Pricing page", "Helped ACME"]

    edit = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(edit, Form)
    await team.says("ana", "Mail queue stuck")
    await team.submits("ana", "checkin", edit.subject, words="Pricing page, done", blockers="", mix="")
    # What the form showed and its writer took out is gone; what it never showed is not.
    assert [line.text for line in by_position(team)] == ["Pricing page, done", "Mail queue stuck"]


async def test_a_form_sent_twice_says_everything_once(team: World) -> None:
    await ask(team)
    form = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(form, Form)
    for _ in range(2):
        await team.submits("ana", "checkin", form.subject, words="Pricing page\nHelped ACME", blockers="", mix="")
    assert [line.text for line in by_position(team)] == ["Pricing page", "Helped ACME"]


def by_position(team: World) -> list[Line]:
    return sorted(rows(team, Line), key=lambda line: line.position)


async def test_a_line_that_stays_keeps_where_it_was_filed_when_the_answer_is_edited(team: World) -> None:
    await ask(team)
    await team.says("ana", "Something about plans\nOther thing")
    first = rows(team, Line)[0]
    goal = rows(team, Goal)[1]
    await team.presses("ana", "file", str(first.id), f"goal:{goal.id}")
    await team.submits(
        "ana", "checkin", "2026-03-03", words="Something about plans\nA third thing", blockers="", mix=""
    )
    kept = {line.text: line.id for line in rows(team, Line)}
    assert kept["Something about plans"] == first.id
    assert "Other thing" not in kept
    tags = [tag for tag in rows(team, Tag) if tag.line_id == first.id]
    assert [(tag.goal_id, tag.source) for tag in tags] == [(goal.id, "person")]


async def test_one_tap_corrects_where_a_line_is_filed_and_the_tagger_learns_it(team: World) -> None:
    await ask(team)
    hosting = next(goal for goal in rows(team, Goal) if goal.title == "EU hosting")
    await team.says("ana", "Zebra crossing painted")
    line = rows(team, Line)[0]
    reply = await team.presses("ana", "file", str(line.id), f"goal:{hosting.id}")
    assert "→ EU hosting" in seen(reply)
    await team.says("ben", "Zebra crossing repainted")
    other = rows(team, Line)[-1]
    tags = [tag for tag in rows(team, Tag) if tag.line_id == other.id]
    assert tags[0].goal_id == hosting.id


async def test_a_line_the_tagger_is_unsure_of_is_asked_about_with_its_three_best_places(team: World) -> None:
    await ask(team)
    await team.says("ana", "Xylophone repaired")
    await team.cycle.tick()
    message = team.chat.to("ana")[-1].message
    picks = [block for block in message.blocks if isinstance(block, Pick) and block.press == "file"]
    assert len(picks) == 1
    labels = [option.label for option in picks[0].options]
    assert labels[-2:] == ["Another goal…", "No goal"]
    assert len(labels) == 5


async def test_a_hashtag_files_a_line_by_its_writers_word(team: World) -> None:
    await ask(team)
    handle = rows(team, Goal)[0].handle
    await team.says("ana", f"Talked to Legal #{handle}")
    tag = rows(team, Tag)[0]
    assert (tag.goal_id, tag.source) == (rows(team, Goal)[0].id, "person")


async def test_a_second_message_adds_lines_to_the_same_check_in(team: World) -> None:
    await ask(team)
    await team.says("ana", "First thing")
    await team.says("ana", "Second thing")
    assert [line.text for line in rows(team, Line)] == ["First thing", "Second thing"]
    assert len(rows(team, CheckIn)) == 2  # Ana's and Ben's


async def test_an_answer_nobody_asked_for_is_saved_and_says_who_we_are(world: World) -> None:
    world.person("zoe")
    reply = await world.says("zoe", "Wrote the onboarding guide")
    assert "Saved" in seen(reply)
    assert "I’m Instep" in seen(reply)
    again = await world.says("zoe", "And another thing")
    assert "I’m Instep" not in seen(again)


async def test_an_edited_message_edits_its_own_lines_and_leaves_the_others(team: World) -> None:
    await ask(team)
    await team.submits("ana", "checkin", "2026-03-03", words="[x] First\nSecond", blockers="", mix="")
    await team.says("ana", "Third thng\nFourth", message="m7")
    await team.retypes("ana", "m7", "Third thing")
    lines = [(line.text, line.finished) for line in rows(team, Line)]
    assert lines == [("First", True), ("Second", False), ("Third thing", False)]


async def test_an_edited_command_or_a_message_that_became_nothing_changes_no_answer(team: World) -> None:
    await ask(team)
    await team.says("ana", "Real work", message="m1")
    await team.says("ana", "mine", message="m2")
    await team.retypes("ana", "m2", "mine 4")
    await team.retypes("ana", "", "what is this")
    await team.retypes("ben", "m1", "Not my words")
    assert [line.text for line in rows(team, Line)] == ["Real work"]


async def test_lines_added_to_an_answer_get_a_word_since_the_answer_may_be_far_above(team: World) -> None:
    await ask(team)
    assert await team.says("ana", "One") is None
    assert "Added: 2 lines for Tuesday 3 March now" in seen(await team.says("ana", "Two"))


async def test_after_a_snooze_only_the_newest_message_shows_the_answer(team: World) -> None:
    await ask(team)
    await team.presses("ana", "snooze", "2026-03-03")
    await team.goes_to(local(3, 16, 30))
    await team.submits("ana", "checkin", "2026-03-03", words="Work", blockers="", mix="")
    await team.cycle.tick()
    titles = [entry.message.title for entry in team.chat.to("ana")]
    assert [title.startswith("Saved") for title in titles] == [False, True]


async def test_leave_moves_the_next_question_behind_it(team: World) -> None:
    assert "Next question: Friday 13 March" in seen(await team.says("ana", "leave tomorrow to 2026-03-12"))


async def test_a_slip_in_a_command_is_asked_about_and_not_saved_as_work(team: World) -> None:
    await ask(team)
    reply = await team.says("ana", "skip untill Friday")
    assert "[Save it as my answer]" in seen(reply)
    assert rows(team, Line) == []


async def test_a_time_changed_beside_the_teams_rhythm_is_not_ignored(team: World) -> None:
    wrong: dict[str, Any] = {
        "rhythm": "team",
        "days": ("1", "4"),
        "zone": "Europe/Berlin",
        "reminder": "morning",
    }
    reply = await team.submits("ana", "settings", time="25:99", **wrong)
    assert isinstance(reply, Invalid)
    assert "time" in reply.errors
    reply = await team.submits("ana", "settings", time="09:00", **wrong)
    assert isinstance(reply, Invalid)
    assert "rhythm" in reply.errors


async def test_same_as_last_time_repeats_what_was_not_finished_where_it_was_filed(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy\nShipped the calculator")
    line = rows(team, Line)[0]
    hosting = next(goal for goal in rows(team, Goal) if goal.title == "EU hosting")
    await team.presses("ana", "file", str(line.id), f"goal:{hosting.id}")
    await team.goes_to(local(6, 15, 30))
    reply = await team.presses("ana", "same", "2026-03-06")
    assert "Pricing page copy" in seen(reply)
    assert "calculator" not in seen(reply)
    assert "→ EU hosting" in seen(reply)


async def test_skip_ends_the_question_without_a_reminder_and_an_answer_still_counts(team: World) -> None:
    await ask(team)
    reply = await team.presses("ana", "skip", "2026-03-03")
    assert "Skipped" in seen(reply)
    await team.lives_until(local(4, 12))
    assert [entry.key for entry in team.chat.to("ana")] == [f"prompt|{team.read('ana').id}|2026-03-03"]
    await team.submits("ana", "checkin", "2026-03-03", words="I did answer", blockers="", mix="")
    assert rows(team, CheckIn)[0].state == "answered"


async def test_snooze_asks_again_later_in_a_new_message(team: World) -> None:
    await ask(team)
    reply = await team.presses("ana", "snooze", "2026-03-03")
    assert "16:30" in seen(reply)
    await team.goes_to(local(3, 16, 30))
    assert len(team.chat.to("ana")) == 2
    assert "What did you work on" in seen(team.chat.to("ana")[1].message)


async def test_leave_is_neither_asked_nor_missed(team: World) -> None:
    await team.says("ana", "leave today to friday")
    await team.lives_until(local(6, 16))
    assert team.chat.to("ana") == []
    states = {(row.day, row.state) for row in rows(team, CheckIn) if row.person_id == team.read("ana").id}
    assert states == {(date(2026, 3, 3), "away"), (date(2026, 3, 6), "away")}


async def test_stop_ends_everything_and_start_begins_again(team: World) -> None:
    await team.says("ana", "stop")
    await team.lives_until(local(4, 12))
    assert team.chat.to("ana") == []
    await team.says("ana", "start")
    await team.lives_until(local(6, 16))
    assert len(team.chat.to("ana")) == 1


async def test_an_own_time_wins_over_the_teams_and_can_be_given_back(team: World) -> None:
    reply = await team.says("ana", "time 09:15 Wed")
    assert "Wednesday 4 March, 09:15" in seen(reply)
    await team.lives_until(local(4, 9, 20))
    assert [entry.key.rpartition("|")[2] for entry in team.chat.to("ana")] == ["2026-03-04"]
    assert "Friday 6 March, 15:30" in seen(await team.says("ana", "time team"))


async def test_the_settings_form_tells_each_wrong_field(team: World) -> None:
    reply = await team.submits(
        "ana", "settings", rhythm="own", days=("1",), time="25:00", zone="Europe/Berlin", reminder="off"
    )
    assert reply == Invalid({"time": "“25:00” is not a time. Write it like 09:30 or 3:30pm."})
    reply = await team.submits(
        "ana", "settings", rhythm="own", days=(), time="9:00", zone="Europe/Berlin", reminder="off"
    )
    assert isinstance(reply, Invalid)
    assert "days" in reply.errors


async def test_mine_shows_ones_own_weeks_and_nobody_elses(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy")
    assert "Pricing page copy" in seen(await team.says("ana", "mine"))
    assert "Pricing page copy" not in seen(await team.says("ben", "mine"))


async def test_forget_asks_first_and_then_deletes_every_word(team: World) -> None:
    await ask(team)
    await team.says("ana", "Something private")
    assert "Delete your one line?" in seen(await team.says("ana", "forget"))
    assert len(rows(team, Line)) == 1
    await team.presses("ana", "forget")
    assert rows(team, Line) == []
    assert all("private" not in row.words for row in rows(team, CheckIn))


# Once and only once


async def test_the_same_event_twice_is_one_answer(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy", event_key="evt1")
    await team.says("ana", "Pricing page copy", event_key="evt1")
    assert len(rows(team, Line)) == 1


async def test_two_submits_at_once_are_one_check_in(team: World) -> None:
    import asyncio

    await ask(team)
    await asyncio.gather(
        *(
            team.submits(
                "ana",
                "checkin",
                "2026-03-03",
                words="Pricing page copy",
                blockers="",
                mix="",
                event_key=f"k{n % 2}",
            )
            for n in range(4)
        )
    )
    assert [line.text for line in rows(team, Line)] == ["Pricing page copy"]


# Bad input: a sentence, and nothing changed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "That was empty"),
        ("   \n ", "That was empty"),
        ("x" * 20_001, "20,001 characters"),
        ("\n".join(["line"] * 201), "201 lines"),
        ("👍", "no words"),
        ("\x00\x01", "That was empty"),
    ],
)
async def test_an_answer_that_cannot_be_taken_is_told_and_nothing_is_saved(
    team: World, words: str, sentence: str
) -> None:
    await ask(team)
    assert sentence in seen(await team.says("ana", words))
    reply = await team.submits("ana", "checkin", "2026-03-03", words=words, blockers="", mix="")
    assert isinstance(reply, Invalid)
    assert sentence in reply.errors["words"]
    assert rows(team, Line) == []
    assert {row.state for row in rows(team, CheckIn)} == {"asked"}


@pytest.mark.parametrize(
    "words",
    [
        "<!channel> and <@U1> look",
        "@everyone",
        "مراجعة صفحة الأسعار 2h",
        "*bold* _it_ `code` <b>&amp;</b>",
        "\u202eevil",
        "line\n" * 199 + "last",
    ],
)
async def test_hostile_or_unusual_words_are_kept_as_they_are(team: World, words: str) -> None:
    await ask(team)
    await team.says("ana", words)
    assert [line.text for line in rows(team, Line)] == [part for part in words.split("\n") if part]
    await team.cycle.tick()
    assert "Saved" in team.chat.to("ana")[-1].message.title


async def test_words_near_a_command_are_told_and_can_still_be_saved_as_an_answer(team: World) -> None:
    await ask(team)
    reply = await team.says("ana", "skip until 2026-02-30")
    assert "no 2026-02-30 in the calendar" in seen(reply)
    assert "[Save it as my answer]" in seen(reply)
    await team.presses("ana", "answer", "skip until 2026-02-30")
    assert [line.text for line in rows(team, Line)] == ["skip until 2026-02-30"]


async def test_an_old_button_is_told_politely(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy")
    line = rows(team, Line)[0]
    team.at += timedelta(days=40)
    reply = await team.presses("ana", "file", str(line.id), "support")
    assert "closed on 16 March" in seen(reply)
    assert "from another time" in seen(await team.presses("ana", "no such button"))
    assert "from another time" in seen(await team.presses("ana", "skip", "not a date"))
    assert "not there any more" in seen(await team.presses("ana", "file", "999999", "support"))


async def test_old_buttons_change_nothing_in_a_week_that_is_closed(team: World) -> None:
    await ask(team)
    team.at += timedelta(days=40)
    for press in ("skip", "snooze", "same"):
        assert "closed on 16 March" in seen(await team.presses("ana", press, "2026-03-03"))
    assert {row.state for row in rows(team, CheckIn)} == {"asked"}


async def test_a_tap_with_a_value_nobody_offered_is_told_and_changes_nothing(team: World) -> None:
    await ask(team)
    await team.says("ana", "Work")
    assert "not one of" in seen(await team.presses("ana", "mix", "2026-03-03", "<script>"))
    assert rows(team, CheckIn)[0].mix == ""


async def test_a_zone_that_no_clock_knows_is_utc_until_they_say(world: World) -> None:
    world.chat.profiles["playground:mars"] = Profile("playground:mars", "playground:mars", "Mars", zone="Mars/Olympus")
    assert "Saved" in seen(await world.says("mars", "My first line"))
    assert world.read("mars").zone == "UTC"


async def test_somebody_elses_line_or_day_cannot_be_touched(team: World) -> None:
    await ask(team)
    await team.says("ana", "Pricing page copy")
    line = rows(team, Line)[0]
    assert "not there any more" in seen(await team.presses("ben", "file", str(line.id), "support"))
    assert rows(team, Tag)[0].source == "tagger"


async def test_an_answer_after_the_freeze_is_told_when_it_closed(team: World) -> None:
    await ask(team)
    team.at = local(16, 10, 0)
    reply = await team.submits("ana", "checkin", "2026-03-03", words="Too late", blockers="", mix="")
    assert isinstance(reply, Invalid)
    assert "closed on 16 March" in reply.errors[""]


async def test_when_something_breaks_the_person_gets_a_reference_and_the_log_the_trace_without_words(
    team: World, caplog: pytest.LogCaptureFixture
) -> None:
    words = "my secret words"

    class Unforeseen(Taggers):
        def of(self, tx: Session, company_id: int) -> Tagger:
            raise RuntimeError(words)  # an error that quotes what somebody wrote

    team = World(
        team.database,
        name="Other",
        chat=FakeChat("other"),
        taggers=Unforeseen(team.database, lambda: team.at),
    )
    team.person("ana")
    with caplog.at_level(logging.ERROR):
        reply = await team.says("ana", words)
    assert "our fault" in seen(reply)
    reference = seen(reply).rpartition("reference: ")[2].rstrip(".")
    assert reference in caplog.text
    assert "RuntimeError at:" in caplog.text
    assert "in typed" in caplog.text  # where it happened
    assert words not in caplog.text


# Rights


@pytest.mark.parametrize(
    "words",
    [
        '/goals add "Mine"', "/goals edit #eu-hosting", "/goals retire #eu-hosting", "/goals restore #eu-hosting",
        "/goals merge #eu-hosting into #pricing-page-that", "/goals undo", "/goals progress #eu-hosting done",
        "/team create Mine", "/team add @ben for Platform", "/team remove @ben for Platform", "/team manager @ana for Platform",
        "/team digest #platform for Platform", "/team rhythm Mon 10:00 for Platform", "/team band 60/25/15 for Platform",
        "/team on for Platform", "/team off for Platform", "/instep deliveries", "/instep pause", "/instep resume", "/instep audit", "/instep filing", "/instep ask 50",
    ],
)  # fmt: skip
async def test_a_member_is_refused_every_admin_act_and_the_refusal_is_audited(team: World, words: str) -> None:
    before = rows(team, Goal), rows(team, Company)
    reply = await team.says("ana", words)
    assert "nly " in seen(reply), seen(reply)
    assert (rows(team, Goal), rows(team, Company)) == before
    assert rows(team, Audit)[-1].act == "refused"


async def test_rights_are_looked_at_again_behind_every_button_and_form(team: World) -> None:
    await team.says("mara", "/goals")
    with team.database.transaction() as tx:
        tx.exec(select(Person).where(Person.name == "Mara")).one().admin = False
    assert "Only admins" in seen(await team.presses("mara", "goal.edit", "eu-hosting"))
    assert "Only admins" in seen(await team.presses("mara", "goal.retire", "eu-hosting"))
    reply = await team.submits("mara", "goal", "", title="New one")
    assert isinstance(reply, Invalid)
    assert "Only admins" in reply.errors[""]


# Installing, coming, going


async def test_an_install_makes_a_company_once_and_an_uninstall_ends_it(world: World) -> None:
    await world.hear(Installed("i1", "playground:other", "Other"))
    await world.hear(Installed("i2", "playground:other", "Other"))
    assert [company.name for company in rows(world, Company)] == ["Acme", "Other"]
    await world.hear(Uninstalled("u1", "playground:other"))
    world.chat.profiles["playground:eve"] = Profile("playground:eve", "playground:eve", "Eve")
    who = Who("playground:eve", "playground:other", "playground:eve", "Eve")
    reply = await world.hear(MessageReceived(key="s1", who=who, where="playground:eve", private=True, words="hello"))
    assert isinstance(reply, Message)
    assert "not set up" in reply.title


async def test_somebody_who_left_is_not_asked_and_comes_back_by_writing(team: World) -> None:
    who = Who("playground:ana", team.workspace, "playground:ana", "Ana")
    await team.hear(Left(key="l1", who=who, where="playground:ana", private=True))
    await team.goes_to(local(3, 15, 30))
    assert team.chat.to("ana") == []
    await team.hear(MemberJoined(key="c1", who=who, where="playground:ana", private=True))
    await team.lives_until(local(6, 16))
    assert len(team.chat.to("ana")) == 1


async def test_a_form_that_somebody_waits_for_comes_before_the_answers_of_a_crowd(team: World) -> None:
    await ask(team)
    ended: list[str] = []

    async def does(name: str, what: Awaitable[object]) -> None:
        await what
        ended.append(name)

    answers = [asyncio.create_task(does("answer", team.says("ana", f"Pricing page, part {n}"))) for n in range(60)]
    await asyncio.sleep(0)  # they are all on their way
    form = asyncio.create_task(does("form", team.opens("ben", "checkin", "2026-03-03")))
    await asyncio.gather(*answers, form)
    assert ended.index("form") < 20
