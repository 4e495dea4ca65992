"""Which lines somebody is asked about, and how many."""

from checkins.tagging import Confirmed, GoalText, LineText, Tagger, asking

GOALS = (GoalText("pricing", "Launch the new pricing page"), GoalText("search", "Faster search"))


def test_only_unsure_lines_are_asked_about_and_first_those_like_nothing_that_is_confirmed() -> None:
    tagger = Tagger(GOALS)
    tagger.learn([Confirmed(LineText("watered the plants"), frozenset({"other"}))])
    texts = (
        "Launch the new pricing page #search #pricing",
        "watered the cactus",
        "painted a fence",
        "plants",
    )
    suggestions = [tagger.suggest(LineText(text)) for text in texts]
    everything = asking.which(suggestions, 1.0, 9, early=True)
    assert everything[-1] == 3  # word for word what is confirmed
    assert everything.index(2) < everything.index(1)
    sure = max(each.confidence for each in suggestions)
    surest = [each.confidence for each in suggestions].index(sure)
    assert surest not in asking.which(suggestions, sure, 9, early=True)
    assert len(asking.which(suggestions, 1.0, 2, early=True)) == 2
    assert asking.which(suggestions, 1.0, -1, early=True) == []


def test_a_line_much_like_one_that_is_confirmed_is_not_asked_about_once_there_are_enough() -> None:
    tagger = Tagger(GOALS)
    tagger.learn([Confirmed(LineText("watered the plants"), frozenset({"other"}))])
    again, new = (tagger.suggest(LineText(text)) for text in ("watered the cactus", "painted a fence"))
    assert again.confidence < 1.0
    assert asking.which([again, new], 1.0, 9, early=True) == [1, 0]
    assert asking.which([again, new], 1.0, 9, early=False) == [1]


def test_new_people_are_asked_more_and_those_who_never_tap_less() -> None:
    assert asking.most([], new=True) == 3
    assert asking.most([], new=False) == 2
    assert asking.most([False] * 6, new=True) == 1
    assert asking.most([False] * 5, new=False) == 2  # too early to tell
    assert asking.most([False] * 5 + [True], new=False) == 2
    assert asking.most([True] + [False] * 9, new=False) == 2  # one tap, and all is as before


def test_a_company_that_confirmed_little_is_asked_more_unless_it_wants_no_questions() -> None:
    assert asking.below(0.75, early=True) == 0.9
    assert asking.below(0.95, early=True) == 0.95
    assert asking.below(0.75, early=False) == 0.75
    assert asking.below(0.0, early=True) == 0.0


def test_what_is_kept_of_a_suggestion_begins_with_the_decision_and_how_sure_it_was() -> None:
    tagger = Tagger(GOALS)
    tagger.learn([Confirmed(LineText(f"{word} for everybody"), frozenset({"other"})) for word in "abcdefgh"])
    suggestion = tagger.suggest(LineText("lunch for everybody"))
    first, *others = suggestion.kept(4)
    assert first.target == suggestion.top.target
    assert first.confidence == suggestion.confidence == suggestion.none
    assert len(others) == 3
    assert first.target not in {each.target for each in others}
