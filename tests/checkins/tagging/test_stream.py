"""Walking files: each line is filed before anything of its own check-in is known, and from nothing but its own."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from checkins.tagging import asking, stream

GOALS: list[dict[str, Any]] = [
    {
        "set": name,
        "goal_id": f"{name}/{goal}",
        "title": title,
        "description": None,
        "initiatives": [],
        "owner": owner,
    }
    for name in ("north", "south")
    for goal, title, owner in (("page", "New pricing page", ["ada"]), ("find", "Faster search", None))
]


def statement(
    number: int,
    text: str,
    goal: str | None,
    person: str | None = None,
    day: str | None = None,
    name: str = "north",
) -> dict[str, Any]:
    goal_ids = [f"{name}/{goal}"] if goal else []
    return {
        "set": name, "id": f"{name}-{number}", "order": number, "text": text, "person": person, "date": day,
        "goal_ids": goal_ids,
    }  # fmt: skip


def week(name: str = "north") -> list[dict[str, Any]]:
    """Two people on four days, alternating, in turn on either goal or none, and lines of nobody."""
    said = [("tuned the tokenizer", "find"), ("new price table", "page"), ("swept the attic", None)]
    lines: list[dict[str, Any]] = []
    for day in range(4):
        for line in range(6):
            text, goal = said[(day + line) % 3]
            person = ("ada", "bo", None)[line % 3]
            lines.append(statement(len(lines), f"{text} {line}", goal, person, f"2030-01-0{day + 1}", name))
    return lines


def walk(statements: list[dict[str, Any]], learn: str = "all") -> list[stream.StreamPrediction]:
    return list(stream.run(GOALS, statements, learn))


def test_a_prediction_ranks_the_goals_of_its_set_and_says_how_likely_none_is() -> None:
    (prediction,) = walk([statement(0, "price table", "page", name="south")])
    assert prediction["id"] == "south-0"
    assert {each["goal_id"] for each in prediction["ranked"]} == {"south/page", "south/find"}
    assert sum(each["score"] for each in prediction["ranked"]) + prediction["p_none"] == pytest.approx(1)


@pytest.mark.parametrize("learn", ["all", "ask:0.75"])
def test_the_truth_of_a_checkin_changes_no_prediction_before_the_stream_is_past_it(learn: str) -> None:
    honest = week()
    for changed in range(0, len(honest), 5):  # each person, each day
        twisted = [dict(each) for each in honest]
        twisted[changed]["goal_ids"] = ["north/find"] if not honest[changed]["goal_ids"] else []
        person, day = honest[changed]["person"], honest[changed]["date"]
        same = [
            number
            for number, each in enumerate(honest)
            if number <= changed or (person and (each["person"], each["date"]) == (person, day))
        ]
        before, after = walk(honest, learn), walk(twisted, learn)
        assert [before[number] for number in same] == [after[number] for number in same]


def test_what_is_confirmed_is_learnt_from_the_next_day_on() -> None:
    assert walk(week(), "all") != walk(week(), "none")
    assert walk(week()[:2], "all") == walk(week()[:2], "none")


def test_learning_nothing_is_the_default_and_needs_no_truth() -> None:
    blind = [{key: value for key, value in each.items() if key != "goal_ids"} for each in week()]
    assert list(stream.run(GOALS, blind)) == walk(week(), "none")


def test_sets_know_nothing_of_each_other() -> None:
    mixed = [line for pair in zip(week("north"), week("south"), strict=True) for line in pair]
    apart = {each["id"]: each for each in [*walk(week("north")), *walk(week("south"))]}
    assert {each["id"]: each for each in walk(mixed)} == apart


def test_only_text_person_date_order_and_set_are_looked_at() -> None:
    known = {"set", "id", "text", "person", "date", "order", "goal_ids"}
    with_more = [{**each, "source": each["goal_ids"], "none_kind": "ops", "licence": "x"} for each in week()]
    renamed = [{**each, "id": str(number)} for number, each in enumerate(week())]
    assert all(set(each) > known for each in with_more)
    assert walk(with_more) == walk(week())
    assert [each["ranked"] for each in walk(renamed)] == [each["ranked"] for each in walk(week())]


def test_only_lines_below_the_threshold_are_asked_about_and_counted() -> None:
    nothing, everything, some = stream.StreamSummary(), stream.StreamSummary(), stream.StreamSummary()
    list(stream.run(GOALS, week(), "none", None, nothing))
    list(stream.run(GOALS, week(), "all", None, everything))
    predictions = list(stream.run(GOALS, week(), "ask:0.6", None, some))
    unsure = [max(each["p_none"], each["ranked"][0]["score"]) < 0.6 for each in predictions]
    assert (nothing.asked, everything.asked, some.asked) == (0, 24, sum(unsure))
    assert some.lines == 24
    assert some.asked_share == pytest.approx(sum(unsure) / 24)


def test_after_fifty_answers_nobody_is_asked_about_a_line_much_like_one_that_was_answered() -> None:
    unlike = [
        f"{one}{two}{one} {two}{one}{one}" for one in "bdfgklmn" for two in ("au", "ei", "io", "uy", "oa", "ie", "ae")
    ]
    said = [*unlike[: asking.EARLY], *unlike[:9], "auditors visited"]
    summary = stream.StreamSummary()
    list(stream.run(GOALS, [statement(at, text, "find") for at, text in enumerate(said)], "ask:1", None, summary))
    assert summary.asked == asking.EARLY + 1


def test_of_a_check_in_at_most_three_lines_are_asked_about_and_those_of_nobody_are_check_ins_of_their_own() -> None:
    one_day = [statement(at, f"{word} step", "find", "ada", "2030-01-01") for at, word in enumerate("abcdef")]
    nobody = [statement(10 + at, f"{word} step", "find") for at, word in enumerate("ghijkl")]
    hers, theirs, all_of_it = stream.StreamSummary(), stream.StreamSummary(), stream.StreamSummary()
    list(stream.run(GOALS, one_day, "ask:1", None, hers))
    list(stream.run(GOALS, nobody, "ask:1", None, theirs))
    list(stream.run(GOALS, one_day, "all", None, all_of_it))
    assert (hers.asked, theirs.asked, all_of_it.asked) == (3, 6, 6)


def test_asking_below_zero_is_learning_nothing() -> None:
    assert walk(week(), "ask:0") == walk(week(), "none")


@pytest.mark.parametrize("learn", ["", "some", "ask", "ask:", "ask:2", "ask:x", "ask:nan"])
def test_a_way_to_learn_that_cannot_be_read_is_refused(learn: str) -> None:
    with pytest.raises(stream.InvalidLearnOption):
        walk(week(), learn)


def test_a_set_without_goals_is_all_none() -> None:
    (prediction,) = walk([statement(0, "anything", None, name="elsewhere")])
    assert prediction["ranked"] == []
    assert prediction["p_none"] == pytest.approx(1)


@pytest.fixture(scope="module")
def data() -> dict[str, list[dict[str, Any]]]:
    folder = os.environ.get("INSTEP_TAGGING_DATA")
    if not folder:
        pytest.skip("INSTEP_TAGGING_DATA is not set")
    return {
        name: [json.loads(line) for line in (Path(folder) / f"{name}.jsonl").read_text("utf8").splitlines()]
        for name in ("goals", "statements")
    }


def test_on_real_statements_nothing_but_the_permitted_fields_is_looked_at(
    data: dict[str, list[dict[str, Any]]],
) -> None:
    allowed = ("set", "id", "order", "text", "person", "date", "goal_ids")
    statements = [each for each in data["statements"] if each["set"] == data["goals"][0]["set"]]
    bare = [{key: each[key] for key in allowed} for each in statements]
    fields = ("set", "goal_id", "title", "description", "initiatives", "owner")
    goals = [{key: each[key] for key in fields} for each in data["goals"]]
    assert list(stream.run(data["goals"], statements, "all")) == list(stream.run(goals, bare, "all"))
