"""Slack's modals: a form goes in, what was typed comes back, and nothing is lost on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from adapters.slack import blocks, render
from bot.chat.events import Choices, Invalid
from bot.chat.messages import ChoiceField, Form, Option, TextField
from bot.views import checkins
from checkins.answers.questions import QUESTIONS
from tests.support import slack_shapes
from tests.support.examples import EXAMPLES

words = st.text(max_size=60)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_form_is_a_modal_that_slack_takes(name: str) -> None:
    example = EXAMPLES[name]
    form = example if isinstance(example, Form) else example.form
    if form is None:
        return
    view = render.modal(form, private_metadata='["goal","12"]')
    slack_shapes.check_view(view)
    assert View(**view).to_dict() == view


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """The state that comes back when the form is sent as it was shown."""
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        kind = element["type"]
        if kind == "plain_text_input":
            given_back = {"type": kind, "value": element.get("initial_value")}
        elif kind == "checkboxes" or kind.startswith("multi"):
            given_back = {"type": kind, "selected_options": element.get("initial_options", [])}
        else:
            given_back = {"type": kind, "selected_option": element.get("initial_option")}
        state[block["block_id"]] = {element["action_id"]: given_back}
    return state


fields = st.one_of(
    st.builds(
        lambda value, rows, optional: TextField("", "Label", value, "hint", "like this", rows, optional),
        st.one_of(words, st.text(alphabet="ab \n🎉", max_size=400).map(lambda part: part * 30)),
        st.integers(1, 5),
        st.booleans(),
    ),
    st.builds(
        lambda options, many, optional, suggests, first: ChoiceField(
            "",
            "Label",
            tuple(Option(value, f"Label of {value}") for value in options),
            tuple(options[: (first if many else min(first, 1))]),
            many=many,
            optional=optional,
            suggests=suggests,
        ),
        st.lists(st.text(min_size=1, max_size=20), max_size=130, unique=True),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.integers(0, 3),
    ),
)


@given(st.dictionaries(names, fields, max_size=6), words)
def test_a_form_sent_as_it_was_shown_gives_back_what_was_in_it(
    given_fields: dict[str, TextField | ChoiceField], title: str
) -> None:
    form = Form("f", "s", title, tuple(replace(field, name=name) for name, field in given_fields.items()))
    view = render.modal(form, private_metadata="")
    slack_shapes.check_view(view)
    expected: dict[str, str | tuple[str, ...]] = {
        field.name: field.value
        if isinstance(field, TextField)
        else field.chosen
        if field.many
        else "".join(field.chosen)
        for field in form.fields
    }
    assert render.values(json.loads(json.dumps(submitted(view)))) == expected


def test_an_answer_longer_than_an_input_is_spread_over_several_and_nothing_is_lost() -> None:
    answer = "\n".join(f"Line {n}: Pricing page, copy and layout, round {n}, done 2h 🎉" for n in range(200))
    view = render.modal(checkins.form(checkins._SAVED.day, answer), private_metadata="")
    slack_shapes.check_view(view)
    inputs = [block for block in view["blocks"] if render.field_name(block["block_id"]) == "words"]
    assert len(inputs) > 3
    assert [block["optional"] for block in inputs] == [False] + [True] * (len(inputs) - 1)
    assert render.values(submitted(view))["words"] == answer
    assert render.names(view) == ["words", "blockers", *(question.name for question in QUESTIONS)]
    assert render.errors(Invalid({"words": "Too long."}), render.names(view)) == {inputs[0]["block_id"]: "Too long."}


def test_three_hundred_goals_are_all_there() -> None:
    options = tuple(Option(f"goal:{n}", f"Goal {n} {'long ' * 30}") for n in range(300))
    form = Form("move", "d", "Move a line of yours somewhere", (ChoiceField("to", "To", options, ("goal:250",)),))
    view = render.modal(form, private_metadata="x")
    slack_shapes.check_view(view)
    assert View(**view).to_dict() == view
    assert sum(len(group["options"]) for group in view["blocks"][0]["element"]["option_groups"]) == 300
    assert render.values(submitted(view)) == {"to": "goal:250"}


def test_an_optional_choice_can_be_taken_back() -> None:
    options = tuple(Option(f"goal:{n}", f"Goal {n}") for n in range(20))
    field = ChoiceField("under", "Under", options, ("goal:2",), optional=True)
    for each in (field, replace(field, options=options[:3])):
        (block,) = render.modal(Form("f", "", "t", (each,)), private_metadata="")["blocks"]
        nothing = block["element"]["options"][0]
        state = {block["block_id"]: {block["element"]["action_id"]: {"selected_option": nothing}}}
        assert render.values(state) == {"under": ""}
    (block,) = render.modal(Form("f", "", "t", (replace(field, suggests=True),)), private_metadata="")["blocks"]
    assert block["element"]["type"] == "multi_external_select"
    assert block["element"]["max_selected_items"] == 1


def test_errors_stand_at_their_fields_and_those_of_the_whole_form_at_the_first() -> None:
    form = Form("f", "", "t", (TextField("a", "A"), TextField("b", "B")))
    invalid = Invalid({"": "It is frozen.", "b": "Not a date. " + "x" * 3_000, "gone": "Who?"})
    found = render.errors(invalid, [field.name for field in form.fields])
    assert found["a/"] == "It is frozen. Who?"
    assert found["b/"].startswith("Not a date.")
    assert len(found["b/"]) == 2_000


def test_suggestions_are_options_of_an_external_select() -> None:
    assert render.options(Choices(())) == {"options": []}
    many = render.options(Choices(tuple(Option(str(n), "<!channel>") for n in range(101))))
    assert [len(group["options"]) for group in many["option_groups"]] == [100, 1]


def test_what_no_modal_holds_is_refused() -> None:
    fields_101 = tuple(TextField(str(n), "Label") for n in range(101))
    with pytest.raises(ValueError, match="does not fit"):
        render.modal(Form("f", "", "t", fields_101), private_metadata="")
    with pytest.raises(ValueError, match="does not fit"):
        render.modal(Form("f", "", "t", ()), private_metadata="x" * 3_001)


@given(st.text(alphabet="ab\n🎉", max_size=300), st.integers(2, 40))
def test_pieces_fit_and_make_the_whole_again(said: str, most: int) -> None:
    pieces = blocks.pieces(said, most)
    assert "".join(before + piece for before, piece in pieces) == said
    assert all(blocks.length(piece) <= most for _, piece in pieces)
