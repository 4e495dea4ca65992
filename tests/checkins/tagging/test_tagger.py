"""What a company sees of its tagger: lines go where their words, their speaker and its answers point."""

import math
import time
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkins.tagging import KINDS, Confirmed, GoalText, LineText, Tagger

PRICING = GoalText(
    "pricing",
    "Launch the new pricing page",
    description="Customers see one simple price. The old calculator goes away.",
    handle="prices",
    key_results=("Half of visitors open the comparison table",),
    owners=frozenset({"ada"}),
)
SEARCH = GoalText("search", "Faster search", description="Results in 200 ms on any catalogue.", handle="search")
HIRING = GoalText("hiring", "Hire five engineers", keywords=("recruiting", "candidates"))
GOALS = (PRICING, SEARCH, HIRING)


def under(text: str, *targets: str, person: str = "") -> Confirmed:
    return Confirmed(LineText(text, person), frozenset(targets))


def best_goal(tagger: Tagger, line: LineText) -> str:
    return tagger.suggest(line).goals[0].target


def chance(tagger: Tagger, line: LineText, target: str) -> float:
    return next(each.confidence for each in tagger.suggest(line).ranked if each.target == target)


def test_every_goal_and_every_kind_is_ranked_and_the_confidences_sum_to_one() -> None:
    suggestion = Tagger(GOALS).suggest(LineText("Rebuilt the comparison table of the pricing page"))
    assert {each.target for each in suggestion.ranked} == {"pricing", "search", "hiring", *KINDS}
    assert math.isclose(sum(each.confidence for each in suggestion.ranked), 1, abs_tol=1e-9)
    confidences = [each.confidence for each in suggestion.ranked]
    assert confidences == sorted(confidences, reverse=True)


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("Rebuilt the comparison table of the pricing page", "pricing"),
        ("search results come back in 150 ms now", "search"),
        ("Talked to two candidates", "hiring"),
        ("serching catalouges quickly", "search"),
    ],
)
def test_with_nothing_confirmed_a_line_goes_to_the_goal_whose_words_it_uses_even_misspelt(text: str, goal: str) -> None:
    assert best_goal(Tagger(GOALS), LineText(text)) == goal


def test_a_hashtag_outweighs_words_that_point_elsewhere() -> None:
    suggestion = Tagger(GOALS).suggest(LineText("Fixed the price calculator on the pricing page #search"))
    assert suggestion.top.target == "search"
    assert "names the goal" in suggestion.top.why


def test_a_goal_title_typed_out_in_any_case_counts_as_naming_it() -> None:
    suggestion = Tagger(GOALS).suggest(LineText("more for HIRE FIVE ENGINEERS today"))
    assert suggestion.top.target == "hiring"


def test_learning_moves_a_line_to_where_it_was_confirmed() -> None:
    tagger, line = Tagger(GOALS), LineText("Walked the finance people through the spreadsheet")
    before = chance(tagger, line, "search")
    tagger.learn([under("Finance people sent a spreadsheet", "search")])
    tagger.learn([under("Cleaned the finance spreadsheet", "search")])
    assert chance(tagger, line, "search") > before
    assert best_goal(tagger, line) == "search"
    assert "like 2 lines filed there" in tagger.suggest(line).goals[0].why


def test_a_ticket_or_link_seen_under_a_goal_brings_the_next_line_about_it_there() -> None:
    tagger = Tagger(GOALS)
    tagger.learn([under("SHOP-12 is in review", "search"), under("read https://wiki.example/table-plan", "hiring")])
    assert best_goal(tagger, LineText("merged SHOP-12")) == "search"
    assert best_goal(tagger, LineText("more thoughts on https://wiki.example/table-plan.")) == "hiring"
    assert "link or ticket" in tagger.suggest(LineText("merged SHOP-12")).goals[0].why


def test_who_speaks_decides_about_a_line_that_says_nothing() -> None:
    tagger = Tagger(GOALS)
    for each in range(6):
        tagger.learn([under(f"step {each} done", "search", person="bo"), under(f"part {each}", "hiring", person="cy")])
    assert best_goal(tagger, LineText("as above", "bo")) == "search"
    assert best_goal(tagger, LineText("as above", "cy")) == "hiring"


def test_an_owner_is_presumed_to_speak_of_their_goal() -> None:
    suggestion = Tagger(GOALS).suggest(LineText("as above", "ada"))
    assert suggestion.goals[0].target == "pricing"
    assert "you own this goal" in suggestion.goals[0].why


def test_a_line_with_two_goals_teaches_both() -> None:
    tagger, line = Tagger(GOALS), LineText("interview loop for the ranking team")
    before = {goal: chance(tagger, line, goal) for goal in ("search", "hiring", "pricing")}
    tagger.learn([under("interview loop for ranking", "search", "hiring")])
    after = {goal: chance(tagger, line, goal) for goal in before}
    assert after["search"] > before["search"]
    assert after["hiring"] > before["hiring"]
    assert after["pricing"] < before["pricing"]


def test_lines_that_served_no_goal_teach_that_and_which_kind_of_work_it_was() -> None:
    tagger, line = Tagger(GOALS), LineText("weekly sync about the office move")
    before = tagger.suggest(line).none
    for each in range(8):
        tagger.learn([under(f"office move sync {each}", "firefighting")])
        tagger.learn([under(f"pricing page step {each}", "pricing")])
    suggestion = tagger.suggest(line)
    assert suggestion.none > before
    assert suggestion.top.target == "firefighting"
    assert "that served no goal" in suggestion.top.why


def test_a_short_word_alone_explains_nothing() -> None:
    goals = (GoalText("move", "EU move of a shop"), GoalText("sales", "Selling to schools"))
    tagger = Tagger(goals)
    for number in range(20):
        tagger.learn([under(f"schools campaign step {number}", "sales")])
    why = tagger.suggest(LineText("a runbook for the EU move")).top.why
    assert "“eu move”" in why
    assert "“a”" not in why


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("helped a customer with an export", "support"),
        ("Kundenanfrage beantwortet", "support"),
        ("resolví una consulta de un cliente", "support"),
        ("incident call until midnight 🔥", "firefighting"),
        ("Ausfall der Datenbank behoben", "firefighting"),
        ("caída del servidor de correo", "firefighting"),
        ("1:1 with my lead", "overhead"),
        ("Besprechung zum Urlaub", "overhead"),
        ("reunión de todo el equipo", "overhead"),
        ("watered the plants", "overhead"),
    ],
)
def test_before_any_answer_cues_tell_the_kinds_apart(text: str, kind: str) -> None:
    assert Tagger(()).suggest(LineText(text)).top.target == kind


def test_a_cue_is_shown_as_the_word_that_was_said() -> None:
    assert Tagger(()).suggest(LineText("Kundenanfrage beantwortet")).top.why == "mentions “kundenanfrage”"
    assert Tagger(()).suggest(LineText("🔥🔥")).top.why == "mentions “🔥”"


def test_without_goals_all_probability_is_on_the_kinds_and_it_still_learns() -> None:
    tagger = Tagger(())
    tagger.learn([under("fed the office cat", "other")] * 3)
    suggestion = tagger.suggest(LineText("the office cat again"))
    assert suggestion.top.target == "other"
    assert math.isclose(suggestion.none, 1, abs_tol=1e-9)


def test_a_retired_goal_hands_its_lines_to_its_successor_and_on_to_that_ones() -> None:
    line = LineText("tuned the tokenizer cache again")
    told = [under(f"tokenizer cache work {each}", "search") for each in range(4)]
    discovery, find = GoalText("discovery", "People see things"), GoalText("find", "Get at anything")
    tagger = Tagger((PRICING, HIRING, discovery), successors={"search": "discovery"})
    tagger.learn(told)
    assert best_goal(tagger, line) == "discovery"
    assert "search" not in {each.target for each in tagger.suggest(line).ranked}
    tagger = Tagger((PRICING, HIRING, find), successors={"search": "discovery", "discovery": "find"})
    tagger.learn(told)
    assert best_goal(tagger, line) == "find"


def test_lines_of_a_goal_closed_without_successor_say_nothing() -> None:
    tagger, line = Tagger((PRICING, HIRING)), LineText("tuned the tokenizer cache again")
    before = tagger.suggest(line)
    tagger.learn([under(f"tokenizer cache work {each}", "search") for each in range(4)])
    assert tagger.suggest(line) == before


def test_successors_that_run_in_a_circle_are_no_goal_at_all() -> None:
    tagger = Tagger(GOALS, successors={"gone": "lost", "lost": "gone"})
    tagger.learn([under("a line", "gone")])
    assert tagger.suggest(LineText("a line")).ranked == Tagger(GOALS).suggest(LineText("a line")).ranked


def test_a_goal_cannot_be_called_like_a_kind() -> None:
    with pytest.raises(ValueError, match="support"):
        Tagger([GoalText("support", "Support")])


def many() -> list[Confirmed]:
    """Ninety lines of thirty check-ins of three people, with a pattern worth learning."""
    words = ["invoice", "ranking", "candidate", "printer"]
    targets = ["pricing", "search", "hiring", "overhead"]
    return [
        Confirmed(
            LineText(f"{words[(day + line) % 4]} step {line} of {day}", f"p{day % 3}", date(2030, 1, 1 + day)),
            frozenset({targets[(day + line) % 4]}),
        )
        for day in range(30)
        for line in range(3)
    ]


def test_two_taggers_told_the_same_in_other_portions_agree_to_the_last_bit() -> None:
    lines = many()
    at_once, by_checkin = Tagger(GOALS), Tagger(GOALS)
    at_once.learn(lines)
    for start in range(0, len(lines), 3):
        by_checkin.suggest(LineText("asking changes nothing"))
        by_checkin.learn(lines[start : start + 3])
    for text in ("ranking step", "printer", "nothing known", ""):
        assert at_once.suggest(LineText(text, "p1")) == by_checkin.suggest(LineText(text, "p1"))


def test_learning_on_makes_the_next_lines_of_the_pattern_likelier() -> None:
    tagger, lines = Tagger(GOALS), many()
    right = []
    for start in range(0, len(lines), 3):
        for each in lines[start : start + 3]:
            (target,) = each.targets
            right.append(tagger.suggest(each.line).top.target == target)
        tagger.learn(lines[start : start + 3])
    assert np.mean(right[60:]) > np.mean(right[:30])
    assert np.mean(right[60:]) > 0.8


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=60), st.sampled_from([*KINDS, "a", "b"])), max_size=12), st.text())
def test_any_characters_at_all_give_probabilities(told: list[tuple[str, str]], text: str) -> None:
    tagger = Tagger([GoalText("a", told[0][0] if told else ""), GoalText("b", text, handle=text)])
    tagger.learn([under(each, target, person=each[:2]) for each, target in told])
    suggestion = tagger.suggest(LineText(text, text[:2]))
    assert len(suggestion.ranked) == 2 + len(KINDS)
    assert all(0 <= each.confidence <= 1 and each.why for each in suggestion.ranked)
    assert math.isclose(sum(each.confidence for each in suggestion.ranked), 1, abs_tol=1e-9)


@pytest.mark.parametrize("text", ["", "   \n\t", "x" * 20_000, "word " * 4_000, "🔥" * 5_000, "会" * 20_000])
def test_empty_and_endless_lines_are_filed_and_learnt_quickly(text: str) -> None:
    tagger = Tagger(GOALS)
    began = time.process_time()
    tagger.learn([under(text, "pricing", person="bo")])
    tagger.suggest(LineText(text, "bo"))
    assert time.process_time() - began < 1


def test_time_for_a_line_grows_no_faster_than_the_number_of_goals() -> None:
    chances = np.random.default_rng(5)
    words = [f"{first}{second}" for first in ("ba", "ko", "mi", "ru") for second in range(200)]

    def text(count: int) -> str:
        return " ".join(chances.choice(words, count))

    def seconds(goals: int) -> float:
        tagger = Tagger([GoalText(f"g{each}", text(4), text(30)) for each in range(goals)])
        tagger.learn([under(text(12), f"g{chances.integers(goals)}") for _ in range(40)])
        lines = [LineText(text(12)) for _ in range(20)]
        times = []
        for _ in range(5):
            began = time.process_time()
            for line in lines:
                tagger.suggest(line)
            times.append(time.process_time() - began)
        return min(times)

    assert seconds(160) / seconds(40) < 4 * 1.5
