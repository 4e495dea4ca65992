"""Goals by words and by form: what is kept, what is refused and where, and what every change leaves behind."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from bot.chat.events import Invalid, Reply
from bot.chat.messages import ChoiceField, Form, Message, TextField
from checkins.errors import UserError
from checkins.goals import rules as goal_rules
from checkins.goals import tree as goal_tree
from checkins.goals import undo as goal_undo
from checkins.goals.rules import GoalInput
from storage import goals as stored_goals
from storage.database import Database, add
from storage.tables import Audit, Change, Goal, GoalNeed, Initiative, KeyResult, Line, Person, Tag, Team
from tests.support.world import FakeChat, World, local, seen

Row = TypeVar("Row")


def rows(world: World, table: type[Row]) -> list[Row]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(table).order_by(table.id)).all())  # type: ignore[attr-defined]


def one(world: World, handle: str) -> Goal:
    return next(goal for goal in rows(world, Goal) if goal.handle == handle)


@pytest.fixture
def company(world: World) -> World:
    """Mara the admin, Ana and Ben of Platform, a team Legal, and the goals #growth and #hosting."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.team("Legal", [], on=False)
    world.introduced("ana", "ben")
    world.goal("Growth", description="more shops sign up by themselves")
    world.goal("Hosting", description="database in Frankfurt")
    return world


async def filled(world: World, subject: str = "") -> dict[str, Any]:
    """The form as it is opened, with what stands in it."""
    form = await world.opens("mara", "goal", subject)
    assert isinstance(form, Form)
    values: dict[str, Any] = {}
    for field in form.fields:
        match field:
            case TextField():
                values[field.name] = field.value
            case ChoiceField(many=True):
                values[field.name] = field.chosen
            case ChoiceField():
                values[field.name] = field.chosen[0] if field.chosen else ""
    return values


async def sends(world: World, subject: str = "", **changes: Any) -> Reply:
    """The form, opened, changed in these fields, and sent."""
    return await world.submits("mara", "goal", subject, **(await filled(world, subject) | changes))


def story(world: World, handle: str) -> list[str]:
    """What the changes of a goal are, oldest first."""
    goal = one(world, handle)
    return [change.field for change in rows(world, Change) if change.goal_id == goal.id]


# Adding


async def test_a_goal_is_added_by_words_with_every_option_in_any_order(company: World) -> None:
    reply = await company.says(
        "mara",
        '/goals add "Pricing page that sells" weight 40 needs Platform;Legal by 2026-06-30 owner @ana under #growth',
    )
    assert "Added: Pricing page that sells" in seen(reply)
    goal = one(company, "pricing-page-that")
    assert (goal.title, goal.parent_id, goal.owner_id) == (
        "Pricing page that sells",
        one(company, "growth").id,
        company.read("ana").id,
    )
    assert (goal.by, goal.weight, goal.status) == (date(2026, 6, 30), 40, "on track")
    names = {team.id: team.name for team in rows(company, Team)}
    assert {names[need.team_id] for need in rows(company, GoalNeed)} == {"Platform", "Legal"}


async def test_a_title_alone_is_enough_with_and_without_quotes(company: World) -> None:
    await company.says("mara", '/goals add "Quiet nights"')
    await company.says("mara", "/goals add Partner API")
    assert [goal.title for goal in rows(company, Goal)][2:] == ["Quiet nights", "Partner API"]


async def test_two_titles_that_shorten_to_one_handle_get_two(company: World) -> None:
    await company.says("mara", '/goals add "Pricing page, part one"')
    await company.says("mara", '/goals add "Pricing page, part two"')
    handles = [goal.handle for goal in rows(company, Goal)]
    assert len(set(handles)) == len(handles)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ('"growth"', "There is a goal with that title already: #growth"),
        ('"New" by 2026-02-30', "There is no 2026-02-30 in the calendar"),
        ('"New" by someday', "could not read “someday” as a date"),
        ('"New" by 2025-12-31', "2025-12-31 is over already"),
        ('"New" weight 101', "whole number from 0 to 100"),
        ('"New" weight forty', "whole number from 0 to 100"),
        ('"New" owner @zoe', "do not know “@zoe”"),
        ('"New" needs Sales', "Teams: Legal, Platform"),
        ('"New" under #nowhere', "There is no goal #nowhere"),
        ('"New" under growth', "“growth” is not a goal"),
        (f'"{"x" * 151}"', "That title has 151 characters"),
    ],
)
async def test_a_goal_that_cannot_be_added_is_told_why_and_nothing_is_kept(
    company: World, words: str, sentence: str
) -> None:
    before = rows(company, Goal), rows(company, Audit)
    assert sentence in seen(await company.says("mara", f"/goals add {words}"))
    assert (rows(company, Goal), rows(company, Audit)) == before


async def test_weights_beside_each_other_share_100(company: World) -> None:
    await company.says("mara", '/goals add "One" under #growth weight 60')
    reply = await company.says("mara", '/goals add "Two" under #growth weight 41')
    assert "sum to 101, and they share 100: #one 60" in seen(reply)
    await company.says("mara", '/goals add "Two" under #hosting weight 41')
    assert [goal.title for goal in rows(company, Goal)][2:] == ["One", "Two"]


# The form


async def test_the_form_adds_a_goal_with_all_its_parts(company: World) -> None:
    reply = await sends(
        company,
        title="Pricing page",
        description="what it costs",
        under="growth",
        owner=str(company.read("ben").id),
        by="30 Jun",
        weight="40%",
        needs=("Legal",),
        status="at risk",
        key_results="Sign-ups 410 -> 600\n\nUptime 99.5 > 99.7 > 99.95 %",
        initiatives="Annual toggle\nCalculator",
    )
    assert "Added: Pricing page" in seen(reply)
    page = seen(await company.says("mara", "/goals show #pricing-page"))
    for words in ("at risk", "#growth Growth", "Ben", "30 June 2026", "40 of 100", "Legal", "Annual toggle; Calculator"):  # fmt: skip
        assert words in page
    assert [(row.title, row.start, row.now, row.target, row.unit) for row in rows(company, KeyResult)] == [
        ("Sign-ups", 410, 410, 600, ""),
        ("Uptime", 99.5, 99.7, 99.95, "%"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "needs a title"),
        ("title", "hosting", "There is a goal with that title already"),
        ("description", "x" * 3001, "at most 3,000 characters"),
        ("owner", "999999", "That person is not here any more"),
        ("owner", "ana", "That person is not here any more"),
        ("by", "2026-02-30", "no 2026-02-30 in the calendar"),
        ("by", "whenever", "could not read “whenever” as a date"),
        ("weight", "forty", "whole number from 0 to 100"),
        ("weight", "101", "whole number from 0 to 100"),
        ("weight", "-1", "whole number from 0 to 100"),
        ("status", "great", "is not a status"),
        ("needs", ("Sales",), "There is no team “Sales”"),
        ("key_results", "more sign-ups", "is not a key result"),
    ],
)
async def test_a_wrong_field_is_told_at_that_field_and_nothing_is_kept(
    company: World, field: str, value: object, sentence: str
) -> None:
    before = rows(company, Goal), rows(company, Audit), rows(company, KeyResult)
    changes: dict[str, Any] = {"title": "Pricing page", field: value}
    reply = await sends(company, **changes)
    assert isinstance(reply, Invalid), seen(reply)
    assert sentence in reply.errors[field]
    again = await sends(company, "growth", **{field: value})
    assert isinstance(again, Invalid), seen(again)
    assert list(again.errors) == [field]
    assert (rows(company, Goal), rows(company, Audit), rows(company, KeyResult)) == before


async def test_a_goal_cannot_be_under_itself_or_under_one_below_it(company: World) -> None:
    await company.says("mara", '/goals add "Below" under #growth')
    await company.says("mara", '/goals add "Deeper" under #below')
    reply = await sends(company, "growth", under="growth")
    assert reply == Invalid({"under": "A goal cannot be under itself."})
    for handle in ("below", "deeper"):
        reply = await sends(company, "growth", under=handle)
        assert isinstance(reply, Invalid)
        assert "circle" in reply.errors["under"]
    assert one(company, "growth").parent_id is None


async def test_an_edit_changes_what_was_changed_and_the_history_tells_it(company: World) -> None:
    await company.says("mara", '/goals add "Pricing" under #growth owner @ana by 30 Jun weight 40 needs Legal')
    reply = await sends(company, "pricing", title="Pricing page", weight="30")
    assert "Pricing page: changed title, weight" in seen(reply)
    goal = one(company, "pricing")
    assert (goal.owner_id, goal.by, goal.weight) == (company.read("ana").id, date(2026, 6, 30), 30)
    assert story(company, "pricing")[-3:] == ["added", "title", "weight"]
    assert "Mara changed #pricing: title, weight" in seen(await company.says("ana", "/goals show #pricing"))


async def test_an_edit_of_nothing_says_so_and_changes_nothing(company: World) -> None:
    await company.says("mara", '/goals add "Pricing" under #growth owner @ana by 30 Jun weight 40 needs Legal')
    before = story(company, "pricing")
    assert "Pricing stays as it was" in seen(await sends(company, "pricing"))
    assert story(company, "pricing") == before


async def test_a_handle_can_be_changed_and_the_old_one_leads_nowhere(company: World) -> None:
    await sends(company, "hosting", handle="#EU Hosting")
    assert one(company, "eu-hosting").title == "Hosting"
    assert "There is no goal #hosting" in seen(await company.says("ana", "/goals show #hosting"))
    await company.says("ana", "Talked to the provider #eu-hosting")
    assert rows(company, Tag)[0].goal_id == one(company, "eu-hosting").id


async def test_a_handle_that_is_taken_or_empty_is_refused_at_its_field(company: World) -> None:
    assert await sends(company, "hosting", handle="growth") == Invalid({"handle": "#growth is taken by “Growth”."})
    reply = await sends(company, "hosting", handle="!!!")
    assert isinstance(reply, Invalid)
    assert "letters or digits" in reply.errors["handle"]


async def test_key_results_and_initiatives_are_added_changed_and_removed_by_their_lines(
    company: World,
) -> None:
    await sends(company, "growth", key_results="Sign-ups 410 -> 600\nVisits 5000 -> 9000", initiatives="A\nB")
    kept = {row.title: row.id for row in rows(company, KeyResult)}
    await sends(company, "growth", key_results="Sign-ups 410 -> 455 -> 700\nCalls 3 -> 1", initiatives="B\nC")
    found = rows(company, KeyResult)
    assert {row.title: (row.now, row.target) for row in found} == {"Sign-ups": (455, 700), "Calls": (3, 1)}
    assert next(row.id for row in found if row.title == "Sign-ups") == kept["Sign-ups"]
    assert [row.title for row in rows(company, Initiative)] == ["B", "C"]


async def test_a_form_opened_before_somebody_else_retired_the_goal_is_told(company: World) -> None:
    values = await filled(company, "hosting")
    await company.says("mara", "/goals retire #hosting")
    reply = await company.submits("mara", "goal", "hosting", **values)
    assert isinstance(reply, Invalid)
    assert "#hosting is retired" in next(iter(reply.errors.values()))


# Progress


async def test_progress_takes_a_number_or_a_status(company: World) -> None:
    await sends(company, "growth", key_results="Sign-ups 410 -> 1,600")
    assert "1,455" in seen(await company.says("mara", "/goals progress #growth 1,455"))
    assert rows(company, KeyResult)[0].now == 1455
    assert "Growth: at risk" in seen(await company.says("mara", "/goals progress #growth At Risk"))
    assert one(company, "growth").status == "at risk"
    assert story(company, "growth")[-2:] == [f"key result {rows(company, KeyResult)[0].id}", "status"]


async def test_an_owner_who_is_no_admin_types_progress_and_others_are_refused(company: World) -> None:
    await sends(company, "growth", owner=str(company.read("ana").id), key_results="Sign-ups 410 -> 600")
    assert "455" in seen(await company.says("ana", "/goals progress #growth 455"))
    reply = await company.says("ben", "/goals progress #growth 500")
    assert "Only admins and the owner of #growth" in seen(reply)
    assert rows(company, KeyResult)[0].now == 455
    assert rows(company, Audit)[-1].act == "refused"
    assert "Only admins" in seen(await company.says("ana", "/goals edit #growth"))


async def test_progress_that_could_mean_two_key_results_asks_which(company: World) -> None:
    await sends(company, "growth", key_results="Sign-ups 410 -> 600\nSign-ups by phone 3 -> 9\nVisits 1 -> 2")
    reply = await company.says("mara", "/goals progress #growth 455")
    assert "Which key result of #growth? “Sign-ups”, “Sign-ups by phone”, “Visits”" in seen(reply)
    await company.says("mara", "/goals progress #growth Visits: 1.5")
    await company.says("mara", "/goals progress #growth phone 5")
    assert {row.title: row.now for row in rows(company, KeyResult)} == {
        "Sign-ups": 410,
        "Sign-ups by phone": 5,
        "Visits": 1.5,
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("#growth fine", "neither a number nor a status"),
        ("#growth 12", "has no key result to set"),
        ("#grow 12", "Did you mean #growth?"),
    ],
)
async def test_progress_that_cannot_be_taken_is_told(company: World, words: str, sentence: str) -> None:
    assert sentence in seen(await company.says("mara", f"/goals progress {words}"))


# Ending and bringing back


async def test_a_goal_with_goals_under_it_is_not_retired(company: World) -> None:
    await company.says("mara", '/goals add "Below" under #growth')
    reply = await company.says("mara", "/goals retire #growth")
    assert "#growth still has goals under it: #below" in seen(reply)
    await company.says("mara", "/goals retire #below")
    assert "Growth: retired" in seen(await company.says("mara", "/goals retire #growth"))
    assert "is retired already" in seen(await company.says("mara", "/goals retire #growth"))


async def test_a_goal_is_not_retired_into_itself_or_into_one_that_is_over(company: World) -> None:
    assert "still open" in seen(await company.says("mara", "/goals retire #growth into #growth"))
    await company.says("mara", "/goals retire #hosting")
    assert "#hosting is retired" in seen(await company.says("mara", "/goals retire #growth into #hosting"))
    assert one(company, "growth").retired_at is None


async def test_lines_of_the_kind_go_to_the_successor_of_a_retired_goal(company: World) -> None:
    await company.goes_to(local(3, 15, 30))
    await company.says("ana", "Zebra crossing painted")
    hosting, growth = one(company, "hosting").id, one(company, "growth").id
    await company.presses("ana", "file", str(rows(company, Line)[0].id), f"goal:{hosting}")
    await company.says("mara", "/goals retire #hosting into #growth")
    await company.says("ben", "Zebra crossing repainted")
    old, new = rows(company, Line)
    tags = {tag.line_id: tag.goal_id for tag in rows(company, Tag)}
    assert tags == {old.id: hosting, new.id: growth}
    page = seen(await company.says("ana", "/goals show #hosting"))
    assert "retired, its lines go to #growth now" in page


async def test_a_retired_goal_is_gone_from_the_tree_and_comes_back_restored(company: World) -> None:
    await company.says("mara", "/goals retire #hosting into #growth")
    assert "Hosting" not in seen(await company.says("ana", "/goals"))
    assert "Hosting: restored" in seen(await company.says("mara", "/goals restore #hosting"))
    assert "Hosting" in seen(await company.says("ana", "/goals"))
    goal = one(company, "hosting")
    assert (goal.status, goal.retired_at, goal.successor_id) == ("on track", None, None)
    assert "is not retired" in seen(await company.says("mara", "/goals restore #hosting"))


async def test_a_merge_moves_lines_and_goals_and_keeps_one_tag_a_line(company: World) -> None:
    await company.goes_to(local(3, 15, 30))
    await company.says("mara", '/goals add "Below" under #hosting')
    await company.says("ana", "Xylophone repaired #hosting\nXylophone tuned #hosting #growth")
    assert "1 line" in seen(await company.says("mara", "/goals merge #hosting into #growth"))
    growth = one(company, "growth")
    assert one(company, "below").parent_id == growth.id
    first, second = rows(company, Line)
    assert (first.id, growth.id) in {(tag.line_id, tag.goal_id) for tag in rows(company, Tag)}
    assert [tag.goal_id for tag in rows(company, Tag) if tag.line_id == second.id].count(growth.id) == 1
    assert one(company, "hosting").retired_at is not None


async def test_a_merge_that_makes_a_circle_is_refused(company: World) -> None:
    await company.says("mara", '/goals add "Below" under #growth')
    assert "cannot be merged into itself" in seen(await company.says("mara", "/goals merge #growth into #growth"))
    assert "#below is under #growth" in seen(await company.says("mara", "/goals merge #growth into #below"))
    await company.says("mara", "/goals retire #hosting")
    assert "Restore it first" in seen(await company.says("mara", "/goals merge #growth into #hosting"))
    assert one(company, "growth").retired_at is None


# Undo


async def test_undo_takes_back_an_add_an_edit_progress_and_a_retirement(company: World) -> None:
    await sends(company, "growth", key_results="Sign-ups 410 -> 600")
    await company.says("mara", '/goals add "Mistake"')
    assert "Taken back: added #mistake" in seen(await company.says("mara", "/goals undo"))
    assert one(company, "mistake").retired_at is not None
    await sends(company, "growth", title="Grow", by="30 Jun", weight="20", owner=str(company.read("ana").id), needs=("Legal",), key_results="Sign-ups 410 -> 900\nMore 1 -> 2", initiatives="Try")  # fmt: skip
    await company.says("mara", "/goals undo")
    goal = one(company, "growth")
    assert (goal.title, goal.by, goal.weight, goal.owner_id) == ("Growth", None, None, None)
    assert [(row.title, row.target) for row in rows(company, KeyResult)] == [("Sign-ups", 600)]
    assert (rows(company, GoalNeed), rows(company, Initiative)) == ([], [])
    await company.says("mara", "/goals progress #growth 455")
    await company.says("mara", "/goals undo")
    assert rows(company, KeyResult)[0].now == 410
    await company.says("mara", "/goals retire #hosting into #growth")
    await company.presses("mara", "goal.undo")
    goal = one(company, "hosting")
    assert (goal.retired_at, goal.status, goal.successor_id) == (None, "on track", None)


async def test_undo_goes_back_one_step_after_the_other_and_is_not_itself_undone(company: World) -> None:
    for title in ("Hosting in Europe", "Hosting in Frankfurt"):
        await sends(company, "hosting", title=title)
    await company.says("mara", "/goals undo")
    assert one(company, "hosting").title == "Hosting in Europe"
    await company.says("mara", "/goals undo")
    assert one(company, "hosting").title == "Hosting"
    assert "nothing of yours" in seen(await company.says("mara", "/goals undo"))


async def test_undo_ends_after_ten_minutes_and_is_ones_own(company: World) -> None:
    company.person("noor", admin=True)
    await company.says("mara", "/goals retire #hosting")
    company.at += timedelta(minutes=9)
    assert "nothing of yours" in seen(await company.says("noor", "/goals undo"))
    company.at += timedelta(minutes=2)
    assert "nothing of yours" in seen(await company.says("mara", "/goals undo"))
    assert one(company, "hosting").retired_at is not None


async def test_a_merge_is_not_undone(company: World) -> None:
    await company.says("mara", "/goals merge #hosting into #growth")
    assert "A merge cannot be taken back" in seen(await company.says("mara", "/goals undo"))
    assert one(company, "hosting").retired_at is not None


# The tree


async def test_the_tree_shows_goals_below_their_parents(company: World) -> None:
    await company.says("mara", '/goals add "Below" under #growth')
    await company.says("mara", '/goals add "Deeper" under #below owner @ana by 30 Jun weight 10')
    lines = seen(await company.says("ana", "/goals")).split("\n")
    assert lines == [
        "4 goals",
        "Growth #growth",
        "\u2003Below #below",
        "\u2003\u2003Deeper #deeper",
        "\u2003\u2003weight 10 · by 30 Jun · Ana",
        "Hosting #hosting",
    ]


async def test_a_tree_of_300_goals_fits_a_message_and_says_how_many_are_left(company: World) -> None:
    with company.database.transaction() as tx:
        for number in range(298):
            above = None if number % 10 == 0 else f"goal-{number - 1}"
            parent = stored_goals.goal(tx, company.company_id, above) if above else None
            add(
                tx,
                Goal(
                    company_id=company.company_id,
                    handle=f"goal-{number}",
                    title=f"Goal number {number} {'with a long title ' * 7}".strip(),
                    parent_id=parent.id if parent else None,
                    created_at=company.at,
                ),
            )
    reply = await company.says("ana", "/goals")
    assert isinstance(reply, Message)
    assert reply.title == "300 goals"
    assert len(reply.blocks) <= 40
    assert len(seen(reply)) <= 10_000
    shown = seen(reply)
    left = int(shown.split("and ")[-1].split(" more")[0])
    assert shown.count("#goal-") + 2 + left == 300
    assert shown.index("#goal-3\n") < shown.index("#goal-4\n")
    assert isinstance(await company.opens("mara", "goal"), Form)


# Whatever one does

_KEYS = count()
_ACTS = st.tuples(
    st.sampled_from(["add", "add", "edit", "edit", "retire", "restore", "merge", "undo"]),
    st.integers(0, 5),
    st.integers(-1, 5),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_ACTS, max_size=14))
def test_whatever_one_does_the_tree_has_no_circle_and_every_handle_is_its_own(
    database: Database, acts: list[tuple[str, int, int]]
) -> None:
    number = next(_KEYS)
    world = World(database, name=f"Company {number}", chat=FakeChat(f"chat{number}"))
    world.person("mara", admin=True)
    mara = world.read("mara")
    for act, which, other in acts:
        world.at += timedelta(minutes=1)
        with contextlib.suppress(UserError):  # told, and nothing kept
            _act(world, mara, act, which, other)
        with database.transaction() as tx:
            every = stored_goals.goals(tx, world.company_id, retired=True)
            assert len({goal.handle for goal in every}) == len(every)
            above = {goal.id: goal.parent_id for goal in every}
            for start in above:
                seen_on_the_way, at = set(), above[start]
                while at is not None:
                    assert at != start
                    assert at not in seen_on_the_way
                    seen_on_the_way.add(at)
                    at = above[at]
            open_ones = stored_goals.goals(tx, world.company_id)
            assert len(goal_tree.tree(open_ones)) == len(open_ones)


def _act(world: World, mara: Person, act: str, which: int, other: int) -> None:
    with world.database.transaction() as tx:
        every = stored_goals.goals(tx, world.company_id, retired=True)
        goal = every[which % len(every)] if every else None
        beside = every[other % len(every)] if every and other >= 0 else None
        under = beside.handle if beside else ""
        match act:
            case "undo":
                goal_undo.undo(tx, mara, world.at)
            case "add":
                goal_rules.add(tx, mara, GoalInput(f"Goal {which} {other}", under=under), world.at)
            case _ if goal is None:
                return
            case "edit":
                goal_input = GoalInput(f"Goal {which}", under=under, handle=f"goal-{other}")
                goal_rules.edit(tx, mara, goal, goal_input, world.at)
            case "retire":
                goal_rules.retire(tx, mara, goal, beside, world.at)
            case "restore":
                goal_rules.restore(tx, mara, goal, world.at)
            case "merge" if beside is not None:
                goal_rules.merge(tx, mara, goal, beside, world.at)


async def test_an_unknown_parent_and_a_past_date_are_told_at_their_fields(company: World) -> None:
    reply = await sends(company, title="X", under="nowhere")
    assert isinstance(reply, Invalid)
    assert "under" in reply.errors
    reply = await sends(company, title="X", by="2025-01-01")
    assert isinstance(reply, Invalid)
    assert "by" in reply.errors


async def test_an_edit_that_changes_nothing_leaves_no_trace(company: World) -> None:
    before = len(rows(company, Audit))
    await sends(company, "growth")
    assert len(rows(company, Audit)) == before


async def test_undo_makes_no_circle_when_somebody_else_moved_goals_meanwhile(company: World) -> None:
    company.person("noor", admin=True)
    await sends(company, "hosting", under="growth")
    await sends(company, "hosting", under="")
    values = await filled(company, "growth")
    await company.submits("noor", "goal", "growth", **(values | {"under": "hosting"}))
    assert "circle" in seen(await company.says("mara", "/goals undo"))
    assert one(company, "hosting").parent_id is None


async def test_undo_gives_no_handle_back_that_was_taken_meanwhile(company: World) -> None:
    company.person("noor", admin=True)
    await sends(company, "hosting", handle="eu")
    await company.says("noor", '/goals add "Hosting again"')
    values = await filled(company, "hosting-again")
    await company.submits("noor", "goal", "hosting-again", **(values | {"handle": "hosting"}))
    assert "belongs to “Hosting again” by now" in seen(await company.says("mara", "/goals undo"))


async def test_undo_leaves_alone_what_somebody_changed_again(company: World) -> None:
    company.person("noor", admin=True)
    await sends(company, "hosting", weight="30")
    values = await filled(company, "hosting")
    await company.submits("noor", "goal", "hosting", **(values | {"weight": "50"}))
    assert "changed again since" in seen(await company.says("mara", "/goals undo"))
    assert one(company, "hosting").weight == 50


async def test_restoring_a_goal_whose_title_or_weight_was_given_away_is_told(company: World) -> None:
    await company.says("mara", "/goals retire #hosting")
    await company.says("mara", '/goals add "Hosting"')
    assert "with that title already" in seen(await company.says("mara", "/goals restore #hosting"))
    await company.says("mara", '/goals add "A" under #growth weight 60')
    await company.says("mara", "/goals retire #a")
    await company.says("mara", '/goals add "B" under #growth weight 60')
    assert "sum to 120" in seen(await company.says("mara", "/goals restore #a"))
