"""Forms on cards: what was typed comes back, and is still there when it was refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.msteams import forms, render
from adapters.msteams.forms import Sends
from bot.chat.events import Choices
from bot.chat.messages import ChoiceField, Form, Message, Option, Quote, TextField
from bot.views import checkins, goals
from tests.support import teams_shapes

words = st.text(max_size=60)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
fields = st.one_of(
    st.builds(
        lambda value, rows, optional: TextField("", "Label", value, "hint", "like this", rows, optional),
        st.one_of(words, st.text(alphabet="ab \n🎉", max_size=20).map(lambda part: part * 20)),
        st.integers(1, 5),
        st.booleans(),
    ),
    st.builds(
        lambda options, many, optional, suggests, first: ChoiceField(
            "",
            "Label",
            tuple(Option(value, f"Label of {value}") for value in options),
            tuple(options[len(options) - (first if many else min(first, 1)) :]),
            many=many,
            optional=optional,
            suggests=suggests,
        ),
        st.lists(st.text(min_size=1, max_size=20), min_size=3, max_size=130, unique=True),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(0, 3),
    ),
)


@given(st.dictionaries(names, fields, max_size=5), words)
def test_a_form_sent_as_it_was_shown_gives_back_what_was_in_it(
    given_fields: dict[str, TextField | ChoiceField], title: str
) -> None:
    form = Form("f", "s", title or "t", tuple(replace(field, name=name) for name, field in given_fields.items()))
    card = json.loads(json.dumps(forms.card(form)))
    teams_shapes.check(card)
    (tap,) = teams_shapes.taps(card)
    came = {**tap["data"], **teams_shapes.sent(card)}
    assert forms.decode(came) == Sends("f", "s")
    expected: dict[str, str | tuple[str, ...]] = {
        field.name: field.value
        if isinstance(field, TextField)
        else field.chosen
        if field.many
        else "".join(field.chosen)
        for field in form.fields
    }
    assert forms.values(came) == expected
    assert forms.filled(form, forms.values(came)) == form


def test_a_refused_form_keeps_what_was_typed_and_shows_each_error_at_its_field() -> None:
    form = goals.form(people=[("1", "Ana, Ruiz")], teams=["R&D, Berlin", "Legal", "Sales"])
    typed: dict[str, str | tuple[str, ...]] = {
        "title": "Pricing, *all* of it",
        "by": "someday",
        "owner": "1",
        "needs": ("R&D, Berlin", "Sales"),
    }
    again = forms.filled(form, typed)
    card = forms.card(again, {"by": "Write a day like 30 Jun.", "": "Not saved yet."})
    teams_shapes.check(card)
    came = forms.values(teams_shapes.sent(card))
    assert {name: came[name] for name in typed} == typed
    lines = teams_shapes.lines(card)
    assert lines[:2] == ["Add a goal", "Not saved yet."]
    at = [element.get("id") for element in card["body"]].index("text/by")
    below = "".join(run["text"] for element in card["body"][at + 1 : at + 3] for run in element["inlines"])
    assert below.endswith("Write a day like 30 Jun.")


def test_a_long_answer_is_kept_whole_in_its_form() -> None:
    answer = "\n".join(f"Line {n}: Pricing page, copy and layout, round {n}, done 2h" for n in range(200))
    message = Message("t", tuple(Quote("x" * 300) for _ in range(100)), form=checkins.form(checkins._SAVED.day, answer))
    card = render.card(message)
    teams_shapes.check(card)
    assert forms.values(teams_shapes.sent(card))["words"] == answer


def test_three_hundred_long_goals_are_shortened_and_searched() -> None:
    options = tuple(Option(f"goal:{n}", f"Goal {n} {'länger ' * 30}") for n in range(300))
    field = ChoiceField("to", "To", options, ("goal:250",), suggests=True)
    form = Form("move", "2026-03-05", "Move", (field, replace(field, name="also"), replace(field, name="or")))
    card = forms.card(form)
    teams_shapes.check(card)
    assert forms.values(teams_shapes.sent(card)) == {"to": "goal:250", "also": "goal:250", "or": "goal:250"}
    assert any("type to find them" in line for line in teams_shapes.lines(card))
    dataset = teams_shapes.inputs(card)[0]["choices.data"]["dataset"]
    assert forms.query(dataset) == ("move", "2026-03-05", "to")
    with pytest.raises(ValueError, match="not a search"):
        forms.query('["move"]')


def test_a_form_too_large_for_its_message_is_drawn_with_shorter_lists() -> None:
    options = tuple(Option(f"goal:{n}", f"Goal {n} {'länger ' * 30}") for n in range(300))
    form = Form("move", "", "Move", (ChoiceField("a", "A", options, ("goal:299",)), ChoiceField("b", "B", options)))
    for blocks in ((), (Quote("x"),), (Quote("x"), Quote("y"))):
        card = render.card(Message("T" * 50_000, blocks, form=form))
        teams_shapes.check(card)
        assert forms.values(teams_shapes.sent(card)) == {"a": "goal:299", "b": ""}
        assert any(" more" in line for line in teams_shapes.lines(card))


def test_an_optional_choice_can_be_taken_back() -> None:
    field = ChoiceField("under", "Under", (Option("1", "One"), Option("2", "Two")), ("1",), optional=True)
    (choice,) = teams_shapes.inputs(forms.card(Form("f", "", "t", (field,))))
    assert forms.values({choice["id"]: choice["choices"][0]["value"]}) == {"under": ""}


def test_labels_with_markdown_are_not_shown_where_it_would_be_read() -> None:
    field = ChoiceField("line", "Which line?", (Option("1", "**Pricing**"), Option("2", "Two")))
    (choice,) = teams_shapes.inputs(forms.card(Form("f", "", "t", (field,))))
    assert choice["style"] == "compact"


def test_what_was_sent_and_is_not_of_our_making_is_empty() -> None:
    assert forms.values({"one/a": "junk", "many/b": "{", "text/c": None, "act": "send", "other": 1}) == {
        "a": "",
        "b": (),
        "c": "",
    }


def test_a_search_is_answered_with_what_teams_shows() -> None:
    found = forms.suggestions(Choices(tuple(Option(f"goal,{n}", f"Goal {n}") for n in range(99))))
    assert len(found["value"]["results"]) == 15
    assert forms.values({"one/to": found["value"]["results"][2]["value"]}) == {"to": "goal,2"}
