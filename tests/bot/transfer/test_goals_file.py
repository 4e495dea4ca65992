"""goals.csv: the tree, checked row by row and as a whole."""

from __future__ import annotations

from datetime import date

import pytest

from checkins.errors import UserError
from checkins.goals import rules as goal_rules
from checkins.goals.rules import GoalInput
from storage import goals
from tests.support.import_workspace import GOALS, NOW, ImportWorkspace

HEADER = "goal,title,description,parent,owner,by,weight,status,needs\n"


def test_goals_come_with_all_that_their_rows_say(desk: ImportWorkspace) -> None:
    pricing, growth = desk.goals()["pricing"], desk.goals()["growth"]
    assert (pricing.title, pricing.description) == ("A pricing page", "What it costs")
    assert (pricing.by, pricing.weight, pricing.status) == (date(2026, 6, 30), 60, "at risk")
    assert pricing.parent_id == growth.id
    assert pricing.owner_id == desk.people()["playground:ana"].id
    assert (growth.status, growth.by, growth.weight) == ("on track", None, None)
    design, _ = desk.teams()["Design"]
    with desk.database.transaction() as tx:
        assert goals.needs(tx, [pricing.id]) == {pricing.id: {design.id}}


def test_the_same_goals_again_change_nothing(desk: ImportWorkspace) -> None:
    before = desk.counts()
    (report,) = desk.take(desk.file("goals.csv", GOALS))
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert desk.counts() == before


def test_a_changed_row_changes_its_goal_and_is_in_its_history(desk: ImportWorkspace) -> None:
    (report,) = desk.take(desk.file("goals.csv", GOALS.replace("A pricing page", "Prices").replace("60", "70")))
    assert (report.added, report.updated, report.unchanged) == (0, 1, 1)
    assert (desk.goals()["pricing"].title, desk.goals()["pricing"].weight) == ("Prices", 70)
    assert "changed #pricing: title, weight" in desk.said()


def test_an_empty_cell_means_none_and_an_empty_status_stays(desk: ImportWorkspace) -> None:
    desk.take(desk.file("goals.csv", HEADER + "pricing,A pricing page,,,,,,,\n"))
    pricing = desk.goals()["pricing"]
    assert (pricing.parent_id, pricing.owner_id, pricing.by, pricing.weight) == (None, None, None, None)
    assert pricing.status == "at risk"


def test_a_column_that_is_not_there_changes_nothing(desk: ImportWorkspace) -> None:
    (report,) = desk.take(desk.file("goals.csv", "goal,title\n#pricing,A pricing page\n"))
    assert report.unchanged == 1


def test_retired_and_restored_goals_follow_their_status(desk: ImportWorkspace) -> None:
    desk.take(desk.file("goals.csv", "goal,title,status\npricing,A pricing page,Retired\n"))
    assert desk.goals()["pricing"].retired_at == NOW
    desk.take(desk.file("goals.csv", "goal,title,status\npricing,A pricing page,done\n"))
    assert (desk.goals()["pricing"].retired_at, desk.goals()["pricing"].status) == (None, "done")


def test_several_owners_are_kept_with_the_first_one_in_front(desk: ImportWorkspace) -> None:
    content = HEADER + "eu,EU hosting,,,playground:raj; playground:ana,,,,\n"
    desk.take(desk.file("goals.csv", content))
    persons, eu = desk.people(), desk.goals()["eu"]
    assert eu.owner_id == persons["playground:raj"].id
    with desk.database.transaction() as tx:
        assert goals.owners(tx, [eu])[eu.id] == {persons["playground:raj"].id, persons["playground:ana"].id}
    swapped = HEADER + "eu,EU hosting,,,playground:ana;playground:raj,,,,\n"
    assert desk.take(desk.file("goals.csv", swapped))[0].updated == 1
    assert desk.take(desk.file("goals.csv", swapped))[0].unchanged == 1
    assert desk.goals()["eu"].owner_id == persons["playground:ana"].id


def test_two_goals_may_swap_their_titles(desk: ImportWorkspace) -> None:
    desk.take(desk.file("goals.csv", "goal,title\npricing,Grow\ngrowth,A pricing page\n"))
    assert desk.goals()["pricing"].title == "Grow"


def test_two_goals_may_swap_their_places(desk: ImportWorkspace) -> None:
    content = "goal,title,parent\ngrowth,Grow,pricing\npricing,A pricing page,\n"
    assert desk.take(desk.file("goals.csv", content))[0].committed
    assert desk.goals()["growth"].parent_id == desk.goals()["pricing"].id


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",EU,,,,,,,", "This row says no goal."),
        ("!!,EU,,,,,,,", "A handle needs letters or digits, like #pricing."),
        ("eu,,,,,,,,", "A goal needs a title."),
        (f"eu,{'x' * 151},,,,,,,", "That title has 151 characters; 150 is the most. The rest fits the description."),
        (f"eu,EU,{'x' * 3001},,,,,,", "A description has at most 3,000 characters."),
        ("eu,EU,,nowhere,,,,,", "There is no goal #nowhere to be under."),
        ("eu,EU,,eu,,,,,", "A goal cannot be under itself."),
        ("eu,EU,,,playground:no,,,,", "The owner playground:no is nobody here. Import people.csv with them first."),
        ("eu,EU,,,,2026-02-30,,,", "There is no 2026-02-30 in the calendar. Check the day and the month."),
        ("eu,EU,,,,30 June,,,", "“30 June” is not a date. Write it like 2026-06-30."),
        ("eu,EU,,,,,101,,", "“101” is not a weight. Write a whole number from 0 to 100."),
        ("eu,EU,,,,,a lot,,", "“a lot” is not a weight. Write a whole number from 0 to 100."),
        ("eu,EU,,,,,,fine,", "“fine” is not a status. Statuses: on track, at risk, off track, done, retired."),
        ("eu,EU,,,,,,,Platform;Sales", "There is no team “Sales”."),
        ("eu,grow,,,,,,,", "There is a goal with that title already: #growth."),
        ("eu,EU,,growth,,,41,,", "With 41 the weights beside each other sum to 101, and they share 100: #pricing 60."),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line_and_reason(settled: ImportWorkspace, row: str, reason: str) -> None:
    assert settled.bad("goals.csv", f"{HEADER}api,Partner API,,,,,,,\n{row}\n") == [(3, reason)]


def test_a_goal_that_is_there_twice_is_bad(desk: ImportWorkspace) -> None:
    content = "goal,title\nEU hosting,EU\n#eu-hosting,Europe\n"
    assert desk.bad("goals.csv", content) == [(3, "#eu-hosting is on line 2 already.")]


def test_every_goal_of_a_circle_is_bad_and_those_beside_it_are_not(desk: ImportWorkspace) -> None:
    content = "goal,title,parent\na,A,b\nb,B,c\nc,C,a\nd,D,\n"
    assert [line for line, _ in desk.bad("goals.csv", content)] == [2, 3, 4]


def test_a_circle_through_a_goal_that_is_not_in_the_file_is_bad(desk: ImportWorkspace) -> None:
    assert desk.bad("goals.csv", "goal,title,parent\ngrowth,Grow,pricing\n") == [
        (2, "That would be a circle: #growth > #pricing > #growth.")
    ]


def test_with_skip_bad_what_hangs_on_a_bad_row_is_left_out_too(desk: ImportWorkspace) -> None:
    content = "goal,title,parent,by\na,A,,2026-13-01\nb,B,a,\nc,C,b,\nd,D,growth,\n"
    (report,) = desk.take(desk.file("goals.csv", content), skip_bad=True)
    assert [row.line for row in report.bad] == [2, 3, 4]
    assert (report.added, set(desk.goals())) == (1, {"pricing", "growth", "d"})


def test_a_long_chain_of_goals_is_read_quickly_whatever_its_order(desk: ImportWorkspace) -> None:
    rows = [f"g{n},Goal {n},{f'g{n + 1}' if n < 999 else ''}" for n in range(1000)]
    (report,) = desk.take(desk.file("goals.csv", "goal,title,parent\n" + "\n".join(rows)))
    assert report.added == 1000


def test_weights_of_retired_goals_do_not_count(desk: ImportWorkspace) -> None:
    content = HEADER + "old,Old,,growth,,,80,retired,\n"
    assert desk.take(desk.file("goals.csv", content))[0].committed


@pytest.mark.parametrize(
    ("row", "typed"),
    [
        (f"eu,{'x' * 151},,,,,,,", GoalInput("x" * 151)),
        (f"eu,EU,{'x' * 3001},,,,,,", GoalInput("EU", "x" * 3001)),
        ("eu,GR\u200bOW,,,,,,,", GoalInput("GR\u200bOW")),
        ("eu,EU,,growth,,,41,,", GoalInput("EU", under="growth", weight=41)),
        ("eu,EU,,,,,101,,", GoalInput("EU", weight=101)),
        ("growth,Grow,,pricing,,,,,", GoalInput("Grow", under="pricing")),
        ("growth,Grow,,growth,,,,,", GoalInput("Grow", under="growth")),
    ],
)
def test_what_a_file_may_not_say_may_not_be_typed_and_the_sentence_is_the_same(
    desk: ImportWorkspace, row: str, typed: GoalInput
) -> None:
    [(_, told)] = desk.bad("goals.csv", f"{HEADER}{row}\n")
    known = desk.goals()["growth"] if row.startswith("growth") else None
    company_id = desk.goals()["growth"].company_id
    with desk.database.transaction() as tx, pytest.raises(UserError) as problem:
        goal_rules.check(tx, company_id, known, typed)
    assert told == problem.value.sentence
