"""Slack's renderer: everything that can be said comes out as Block Kit that Slack takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from adapters.slack import blocks as slack_blocks
from adapters.slack import render
from adapters.slack.blocks import Opens, Press
from bot.chat.messages import Block as MessageBlock
from bot.chat.messages import (
    Button,
    Chart,
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
from tests.support import slack_shapes
from tests.support.examples import EXAMPLES

HOSTILE = (
    "<!channel>",
    "<@U1>",
    "<https://evil.example|click>",
    "*bold* _it_ ~no~",
    "a & b &amp; <b>",
    "`code` ```block```",
    "> quoted",
    ":tada:",
    "مرحبا \u202eתירבע",
    "👩‍👩‍👧‍👦 𝒳" * 3,
    "\"\\ ' \x00 {}",
)
words = st.text(max_size=60)
long_words = st.text(min_size=1, max_size=40).map(lambda part: part * 400)


def shown(payload: dict[str, Any]) -> str:
    return "\n".join(slack_shapes.texts(payload["blocks"]))


def with_sdk(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        if block["type"] != "data_visualization":  # the SDK does not know it
            parsed = Block.parse(block)
            assert parsed is not None
            assert parsed.to_dict() == block


@pytest.mark.parametrize("name", [name for name, value in EXAMPLES.items() if isinstance(value, Message)])
def test_every_message_is_one_that_slack_takes(name: str) -> None:
    example = EXAMPLES[name]
    assert isinstance(example, Message)
    for native in (True, False):
        payload = render.message(example, native_charts=native)
        slack_shapes.check_message(payload)
        with_sdk(payload["blocks"])
        assert "and 1 more" not in shown(payload)
    view = render.home(example)
    slack_shapes.check_view(view)
    View(**view).to_dict()
    assert example.title.splitlines()[0][:60].replace("&", "&amp;") in render.message(example)["text"]


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
            Quote(said),
            Quote(said, said),
        ),
        (Button(said, "press", said, confirm=said),),
        Form("name", said, said, ()),
    )
    for native in (True, False):
        payload = render.message(message, native_charts=native)
        slack_shapes.check_message(payload)
        assert shown(payload).count(said) >= 12
    for character in "<>":
        assert character not in payload["text"]


def test_a_notification_is_the_title_and_the_first_paragraph() -> None:
    message = Message("R&D <3", (text("Decide **this** now."), text("Later.")))
    assert render.message(message)["text"] == "R&amp;D &lt;3\nDecide this now."


def test_a_message_of_one_sentence_is_a_sentence_and_no_heading() -> None:
    assert [block["type"] for block in render.message(Message("Resumed"))["blocks"]] == ["rich_text"]


def test_styles_of_our_words_are_kept() -> None:
    blocks = render.message(Message("t", (text("a **b** _c_ `d`"),)))["blocks"]
    styles = [run.get("style") for run in blocks[1]["elements"][0]["elements"]]
    assert styles == [None, {"bold": True}, None, {"italic": True}, None, {"code": True}]


def test_quotes_beside_each_other_are_one_list_and_one_alone_is_a_quote() -> None:
    blocks = render.message(Message("t", (Quote("a"), Rule(), Quote("b", "late"), Quote("c"))))["blocks"]
    assert [block["elements"][0]["type"] for block in (blocks[1], blocks[3])] == [
        "rich_text_quote",
        "rich_text_list",
    ]
    assert shown({"blocks": blocks}).split("\n") == ["t", "a", "b", "  late", "c"]


def test_the_forms_button_is_the_first_and_the_only_primary_one() -> None:
    form = Form("checkin", "2026-03-05", "Check in", (TextField("words", "Words"),))
    buttons = (Button("Go", "go", style="primary"), Button("Stop", "stop", style="danger", confirm="Sure?"))
    actions = render.message(Message("t", (), buttons, form))["blocks"][-1]["elements"]
    assert [(each["text"]["text"], each.get("style")) for each in actions] == [
        ("Check in", "primary"),
        ("Go", None),
        ("Stop", "danger"),
    ]
    assert slack_blocks.decode(actions[0]) == Opens("checkin", "2026-03-05")
    assert actions[2]["confirm"]["style"] == "danger"


def test_a_pick_of_few_is_buttons_and_one_of_many_is_a_select_and_both_show_what_is_chosen() -> None:
    few = Pick(text("Which?"), "file", "7", tuple(Option(f"goal:{n}", f"Goal {n}") for n in range(5)), "goal:2")
    many = replace(few, options=tuple(Option(f"goal:{n}", f"Goal {n}") for n in range(300)))
    labels = [tap["text"]["text"] for tap in slack_shapes.taps(render.message(Message("t", (few,)))["blocks"])]
    assert labels == ["Goal 0", "Goal 1", "✓ Goal 2", "Goal 3", "Goal 4"]
    payload = render.message(Message("t", (many,)))
    slack_shapes.check_message(payload)
    (select,) = slack_shapes.taps(payload["blocks"])
    offered = [option for group in select["option_groups"] for option in group["options"]]
    assert len(offered) == 300
    assert select["initial_option"] == offered[2]
    assert slack_blocks.decode({**select, "selected_option": offered[299]}) == Press("file", "7", "goal:299")


@given(words, words, words)
def test_what_a_button_stands_for_comes_back(press: str, subject: str, value: str) -> None:
    encoded = slack_blocks.encode_press(press, subject, value)
    assert slack_blocks.decode({"action_id": "tap:0", "value": encoded}) == Press(press, subject, value)
    opened = slack_blocks.encode_open(press, subject)
    assert slack_blocks.decode({"action_id": "tap:0", "value": opened}) == Opens(press, subject)


def test_a_long_subject_is_carried_whole_and_what_no_button_carries_is_said() -> None:
    answer = "\n".join(f"Pricing page {n} ümläut & <b> 2h" for n in range(150))
    (button,) = slack_shapes.taps(render.message(Message("t", (), (Button("Save it", "answer", answer),)))["blocks"])
    assert len(button["value"]) <= 2_000
    assert slack_blocks.decode(button) == Press("answer", answer)
    noise = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(6_000))
    payload = render.message(Message("t", (), (Button("Save it", "answer", noise), Button("No", "no"))))
    slack_shapes.check_message(payload)
    assert len(slack_shapes.taps(payload["blocks"])) == 1
    assert "“Save it” is not offered here" in shown(payload)


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": "tap:0"},
        {"action_id": "tap:0", "value": "junk"},
        {"action_id": "tap:0", "value": "zAAAA"},
        {"action_id": "tap:0", "value": "z💥"},
        {"action_id": "tap:0", "value": '["press","a"]'},
        {"action_id": "tap:0", "value": '["press",1,2,3]'},
        {"action_id": "tap:0", "value": "null"},
        {"action_id": "pick:7", "selected_option": {"value": '"a"'}},
        {"action_id": 'pick:["a","b"]', "selected_option": None},
    ],
)
def test_a_tap_that_is_not_of_our_making_means_nothing(action: dict[str, Any]) -> None:
    assert slack_blocks.decode(action) is None


def flood() -> list[Message]:
    """Messages that are too much in every way."""
    line = "Looked into the export that ACME asked about, again, and again 🎉 "
    first, last = text("**DECIDE** on the first"), text("**FLAGS** are the last")
    goals_300 = Facts(tuple((f"Goal {n} {'ü' * 90}", f"{n}%") for n in range(300)))
    options = tuple(Option(f"goal:{n}", f"Goal {n}") for n in range(5))
    bodies: list[tuple[MessageBlock, ...]] = [
        tuple(Quote(f"{n} {line * 4}", "late") for n in range(200)),
        tuple(part for n in range(80) for part in (text("Line {n}", n=n), Rule())),
        tuple(part for n in range(25) for part in (Quote(line), Pick(text("Which?"), "file", str(n), options))),
        (goals_300,),
        tuple(text("{words}", words="x" * 9_000) for _ in range(20)),
        (text("{words}", words="𝒳" * 50_000, quiet=True), Quote("y" * 50_000, "z" * 50_000), goals_300),
        tuple(Chart("t" * 99, "bars", ("l" * 99,), (Series("s", (1.0,)),), "f" * 999) for _ in range(30)),
    ]
    buttons = tuple(Button(f"Button {n} {'w' * 80}", "press", str(n), confirm="c" * 999) for n in range(30))
    return [Message("T" * 150, (first, *body, last), buttons) for body in bodies]


@pytest.mark.parametrize("message", flood())
def test_what_is_too_much_is_shortened_or_summed_up_and_its_ends_and_buttons_stay(message: Message) -> None:
    for native in (True, False):
        payload = render.message(message, native_charts=native)
        slack_shapes.check_message(payload)
        assert "DECIDE" in shown(payload)
        assert "FLAGS" in shown(payload)
        assert "…" in shown(payload) or " more" in shown(payload)
        pressed = {press.subject for tap in slack_shapes.taps(payload["blocks"]) if (press := _press(tap))}
        assert {str(number) for number in range(30)} <= pressed
    slack_shapes.check_view(render.home(message))


def _press(tap: slack_shapes.Json) -> Press | None:
    press = slack_blocks.decode(tap) if tap["type"] == "button" else None
    return press if isinstance(press, Press) and press.press == "press" else None


def test_what_is_left_out_is_counted() -> None:
    message = Message("t", tuple(Quote(f"line {n} {'x' * 990}") for n in range(200)))
    payload = render.message(message)
    found = shown(payload)
    kept = sum(f"line {n} " in found for n in range(200))
    assert 4 <= kept < 200
    assert f"and {200 - kept} more" in found
    assert all(f"line {n} " in found for n in (0, 1, 197, 198, 199))


def test_many_picks_become_selects_before_any_is_left_out() -> None:
    options = (Option("a", "A"), Option("b", "B"))
    picks = tuple(Pick(text("Which?"), "file", str(n), options) for n in range(30))
    taps = slack_shapes.taps(render.message(Message("t", picks))["blocks"])
    assert [tap["type"] for tap in taps] == ["static_select"] * 30


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
def test_no_message_is_beyond_what_slack_takes(blocks: list[MessageBlock], title: str) -> None:
    slack_shapes.check_message(render.message(Message(title, tuple(blocks), (Button(title, "p", title),))))


def chart(values: tuple[float | None, ...], labels: tuple[str, ...] = ("A", "B"), kind: str = "bars") -> Chart:
    shape: Any = kind
    return Chart("Share", shape, labels, (Series("Now", values),), "A 30%, B 20%", "%")


def test_a_chart_is_drawn_natively_where_that_says_all_of_it() -> None:
    (_, block) = render.message(Message("t", (chart((30.0, 20.5)),)))["blocks"]
    assert block["chart"] == {
        "type": "bar",
        "series": [
            {"name": "Now", "data": [{"label": "A", "value": 30.0}, {"label": "B", "value": 20.5}]},
        ],
        "axis_config": {"categories": ["A", "B"], "y_label": "%"},
    }


@pytest.mark.parametrize(
    "given_chart",
    [
        chart((30.0, None)),
        chart((30.0, float("nan"))),
        chart((30.0,)),
        chart((1.0, 2.0), ("A", "A")),
        chart((1.0, 2.0), ("A" * 30, "A" * 31)),
        chart(tuple(map(float, range(21))), tuple(map(str, range(21)))),
        chart((), ()),
        replace(chart((1.0, 2.0)), series=tuple(Series(str(n), (1.0, 2.0)) for n in range(7))),
        chart((None, None), kind="lines"),
    ],
)
def test_a_chart_that_slack_cannot_draw_is_made_of_characters(given_chart: Chart) -> None:
    payload = render.message(Message("t", (given_chart,)))
    slack_shapes.check_message(payload)
    assert payload["blocks"][1]["type"] == "rich_text"
    assert "Share" in shown(payload)


def test_the_third_chart_of_a_message_is_made_of_characters() -> None:
    payload = render.message(Message("t", (chart((30.0, 20.0)),) * 3))
    slack_shapes.check_message(payload)
    assert "▇▇▇ 30%" in shown(payload)


def test_blank_words_make_no_empty_element() -> None:
    message = Message(" ", (Text(()), Quote(""), Facts((("", ""),)), text(" ", quiet=True)), (Button("", "p"),))
    slack_shapes.check_message(render.message(message))
