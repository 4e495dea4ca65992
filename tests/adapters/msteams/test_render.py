"""The renderer of Teams: everything that can be said comes out as a card that Teams draws."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.msteams import forms, render
from adapters.msteams.forms import Press, Sends
from bot.chat.messages import (
    Block,
    Button,
    Chart,
    ChoiceField,
    Facts,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Series,
    Text,
    TextField,
    text,
)
from bot.views import checkins
from checkins.answers.questions import QUESTIONS
from tests.support import teams_shapes
from tests.support.examples import EXAMPLES

HOSTILE = (
    "<at>Ana</at>",
    "**bold** _it_",
    "[click](https://evil.example)",
    "# heading",
    "- list",
    "a & b &amp; <b>",
    "`code`",
    "{{DATE(2026-03-05T10:00:00Z,SHORT)}} {{{{",
    "${name}",
    "مرحبا \u202eתירבע",
    "👩‍👩‍👧‍👦 𝒳",
    "<!channel> <@U1>",
    "\"\\ ' {}",
)
words = st.text(max_size=60)
long_words = st.text(min_size=1, max_size=40).map(lambda part: part * 400)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_view_is_a_card_that_teams_draws(name: str) -> None:
    example = EXAMPLES[name]
    if isinstance(example, Form):
        card = forms.card(example)
    else:
        card = render.card(example)
        assert render.summary(example).startswith(example.title[:100])
    teams_shapes.check(card)
    assert teams_shapes.lines(card)[0] == example.title.split("\n")[0]
    assert not any(" more" in line and line.startswith("and ") for line in teams_shapes.lines(card))


@pytest.mark.parametrize("said", HOSTILE)
def test_peoples_words_are_literal_and_inert_wherever_they_stand(said: str) -> None:
    options = tuple(Option(f"{number}{said}", said) for number in range(3))
    message = Message(
        said,
        (
            text("before {said} after", said=said),
            text("{said}", said=said, quiet=True),
            Quote(said, said),
            Facts(((said, said),)),
            Pick(text("{said}", said=said), "press", said, options),
            Pick(text("{said}", said=said), "press", "1", options * 3),
            Chart(said, "bars", (said,), (Series(said, (1.0,)),), said, said),
        ),
        (Button(said, "press", said, confirm=said),),
        Form("name", said, said, (ChoiceField("a", said, options), TextField("b", said, said, said, said))),
    )
    card = render.card(message)
    teams_shapes.check(card)
    assert "\n".join(teams_shapes.lines(card)).count(said) >= 13
    kinds = {element["type"] for element in teams_shapes.elements(card)}
    assert not kinds & {"TextBlock", "FactSet"}  # they read markdown
    assert "entities" not in card["msteams"]
    assert {Press("press", said, option.value) for option in options} <= {
        forms.decode(tap["data"]) for tap in teams_shapes.taps(card)
    }
    teams_shapes.check(forms.card(Form("n", said, said, (TextField("b", said),)), {"b": said, "": said}))


def test_a_summary_is_the_title_and_the_first_paragraph() -> None:
    assert render.summary(Message("R&D", (text("Decide **this** now."),))) == "R&D\nDecide this now."
    assert len(render.summary(Message("x" * 900))) == 300


def test_each_line_is_a_block_and_styles_are_kept() -> None:
    card = render.card(Message("t", (text("a **b**\n\n_c_ `d`"),)))
    teams_shapes.check(card)
    assert teams_shapes.lines(card) == ["t", "a b", "\u00a0", "c d"]
    runs = [run for block in card["body"][1:] for run in block["inlines"]]
    assert [sorted(set(run) - {"type", "text"}) for run in runs] == [
        [],
        ["weight"],
        [],
        ["italic"],
        [],
        ["fontType"],
    ]


def test_a_rule_is_a_line_above_what_follows() -> None:
    card = render.card(Message("t", (Quote("a"), Rule(), Quote("b"), Rule(), text("c"), Rule())))
    teams_shapes.check(card)
    assert [element.get("separator", False) for element in card["body"]] == [False, False, True, True]


def test_a_form_stands_in_its_message_with_its_button_first_and_alone_primary() -> None:
    form = checkins.form(checkins._SAVED.day, "Pricing 3h")
    message = Message("t", (), (Button("Go", "go", style="primary"), Button("Skip", "skip", "x")), form)
    card = render.card(message)
    teams_shapes.check(card)
    taps = teams_shapes.taps(card)
    assert [(tap["title"], tap.get("style"), tap["associatedInputs"]) for tap in taps] == [
        ("Save", "positive", "auto"),
        ("Go", None, "none"),
        ("Skip", None, "none"),
    ]
    assert forms.decode(taps[0]["data"]) == Sends("checkin", form.subject)
    assert forms.decode({**taps[0]["data"], **teams_shapes.sent(card)}) == Sends("checkin", form.subject)
    unsaid = {question.name: "" for question in QUESTIONS}
    assert forms.values(teams_shapes.sent(card)) == {"words": "Pricing 3h", "blockers": "", **unsaid}
    assert [bool(each.get("isRequired")) for each in teams_shapes.inputs(card)] == [
        True,
        False,
        *(False for _ in unsaid),
    ]


def test_a_button_that_asks_first_opens_its_question() -> None:
    card = render.card(Message("t", (), (Button("Stop", "stop", style="danger", confirm="Sure?"),)))
    teams_shapes.check(card)
    (action,) = card["body"][-1]["actions"]
    assert action["type"] == "Action.ShowCard"
    assert teams_shapes.lines(card)[-1] == "Sure?"
    (tap,) = teams_shapes.taps(card)
    assert (tap["style"], forms.decode(tap["data"])) == ("destructive", Press("stop", ""))


def test_every_button_is_there_however_many() -> None:
    buttons = tuple(Button(f"Button {n}" * 20, "press", str(n)) for n in range(30))
    card = render.card(Message("t", (), buttons))
    teams_shapes.check(card)
    assert [forms.decode(tap["data"]) for tap in teams_shapes.taps(card)] == [Press("press", str(n)) for n in range(30)]


def test_a_pick_of_few_is_buttons_and_one_of_many_a_list_and_both_show_what_is_chosen() -> None:
    few = Pick(text("Which?"), "file", "7", tuple(Option(f"goal:{n}", f"Goal {n}") for n in range(5)), "goal:2")
    many = replace(few, options=tuple(Option(f"goal,{n}", f"Goal {n}") for n in range(300)), chosen="goal,2")
    card = render.card(Message("t", (few, many), form=Form("f", "", "F", (TextField("a", "A"),))))
    teams_shapes.check(card)
    *taps, choose, send = teams_shapes.taps(card)
    assert [tap["title"] for tap in taps] == ["Goal 0", "Goal 1", "✓ Goal 2", "Goal 3", "Goal 4"]
    assert forms.decode(taps[3]["data"]) == Press("file", "7", "goal:3")
    assert forms.decode({**choose["data"], **teams_shapes.sent(card)}) == Press("file", "7", "goal,2")
    assert forms.decode({**send["data"], **teams_shapes.sent(card)}) == Sends("f", "")
    assert len(teams_shapes.inputs(card)[0]["choices"]) == 301
    assert not any(each.get("isRequired") for each in teams_shapes.inputs(card))


@given(words, words, words)
def test_what_a_button_stands_for_comes_back(press: str, subject: str, value: str) -> None:
    pick = Pick(text("Which?"), press, subject, (Option(value, "A"),))
    card = json.loads(json.dumps(render.card(Message("t", (pick,)))))
    (tap,) = teams_shapes.taps(card)
    assert forms.decode(tap["data"]) == Press(press, subject, value)
    assert forms.decode(tap["fallback"]["data"]) == Press(press, subject, value)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"act": "press"},
        {"act": "press", "press": 1, "subject": "", "value": ""},
        {"act": "send", "name": None, "subject": ""},
        {"act": "other", "name": "", "subject": ""},
    ],
)
def test_a_tap_that_is_not_of_our_making_means_nothing(data: dict[str, Any]) -> None:
    assert forms.decode(data) is None


def flood() -> list[Message]:
    """Messages that are too much in every way."""
    line = "Looked into the export that ACME asked about, again, and again 🎉 "
    first, last = text("**DECIDE** on the first"), text("**FLAGS** are the last")
    goals_300 = Facts(tuple((f"Goal {n} {'ü' * 90}", f"{n}%") for n in range(300)))
    options = tuple(Option(f"goal:{n}", f"Goal {n} {'é' * 60}") for n in range(5))
    many = tuple(Option(f"goal:{n}", f"Goal {n} {'é' * 150}") for n in range(300))
    bodies: list[tuple[Block, ...]] = [
        tuple(Quote(f"{n} {line * 4}", "late") for n in range(200)),
        tuple(part for n in range(400) for part in (text("Line {n} مرحبا مرحبا", n=n), Rule())),
        tuple(part for n in range(80) for part in (Quote(line), Pick(text("Which?"), "f", str(n), options))),
        (goals_300, goals_300),
        tuple(text("{words}", words="x" * 9_000) for _ in range(20)),
        (text("{words}", words="𝒳" * 50_000, quiet=True), Quote("y" * 50_000, "z" * 50_000), goals_300),
        tuple(Pick(text("Which?"), "f", str(n), many, "goal:299") for n in range(3)),
        tuple(Chart("t" * 99, "bars", ("l" * 99,), (Series("s", (1.0,)),), "f" * 999) for _ in range(60)),
    ]
    buttons = tuple(Button(f"Button {n} {'w' * 80}", "press", str(n)) for n in range(12))
    return [Message("T" * 150, (first, *body, last), buttons) for body in bodies]


@pytest.mark.parametrize("message", flood())
def test_what_is_too_much_is_shortened_or_summed_up_and_its_ends_and_buttons_stay(message: Message) -> None:
    card = render.card(message)
    teams_shapes.check(card)
    found = "\n".join(teams_shapes.lines(card))
    assert "DECIDE" in found
    assert "FLAGS" in found
    assert "…" in json.dumps(card, ensure_ascii=False) or " more" in found
    pressed = {forms.decode(tap["data"]) for tap in teams_shapes.taps(card)}
    assert {Press("press", str(number)) for number in range(12)} <= pressed
    for each in teams_shapes.inputs(card):
        assert each["value"] == '"goal:299"'


def test_what_is_left_out_is_counted() -> None:
    message = Message("t", tuple(Quote(f"line {n} {'x' * 990}") for n in range(300)))
    card = render.card(message)
    teams_shapes.check(card)
    found = "\n".join(teams_shapes.lines(card))
    kept = sum(f"line {n} " in found for n in range(300))
    assert 4 <= kept < 300
    assert f"and {300 - kept} more" in found
    assert all(f"line {n} " in found for n in (0, 1, 297, 298, 299))


@given(
    st.lists(
        st.one_of(
            st.builds(Quote, st.one_of(words, long_words), words),
            st.builds(lambda said: text("a **b** {said}", said=said), st.one_of(words, long_words)),
            st.builds(lambda rows: Facts(tuple(rows)), st.lists(st.tuples(words, words), max_size=30)),
            st.just(Rule()),
        ),
        max_size=60,
    ),
    words,
)
def test_no_message_is_beyond_what_teams_takes(blocks: list[Block], title: str) -> None:
    card = render.card(Message(title or "t", tuple(blocks), (Button(title, "p", title),)))
    teams_shapes.check(card)


@pytest.mark.parametrize(
    ("kind", "rows", "drawn"),
    [
        ("bars", ((30.0, 20.0),), "Chart.HorizontalBar"),
        ("bars", ((30.0, None), (1.0, 2.0)), "Chart.VerticalBar.Grouped"),
        ("lines", ((30.0, float("nan")), (1.0, 2.0)), "Chart.Line"),
        ("lines", ((None, None),), "Container"),
        ("bars", (), "Container"),
    ],
)
def test_a_chart_is_drawn_and_its_sentence_stands_by(kind: Any, rows: Any, drawn: str) -> None:
    series = tuple(Series(f"Series {at}", row) for at, row in enumerate(rows))
    card = render.card(Message("t", (Chart("Share", kind, ("A", "B"), series, "A 30%, B 20%", "%"),)))
    teams_shapes.check(card)
    assert card["body"][1]["type"] == drawn
    assert teams_shapes.lines(card)[1:] == ["Share", "A 30%, B 20%"]


def test_blank_words_make_no_empty_element() -> None:
    message = Message("", (Text(()), Quote(""), Facts((("", ""),)), text(" ", quiet=True)), (Button("", "p"),))
    teams_shapes.check(render.card(message))
