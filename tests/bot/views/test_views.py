"""Every view fits a chat, says something, and lets nobody's words become markup."""

from __future__ import annotations

import importlib
import pkgutil
import string
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot import views
from bot.chat.messages import (
    Block,
    Chart,
    ChoiceField,
    Facts,
    Form,
    Message,
    Pick,
    Quote,
    Rule,
    Text,
    TextField,
)
from bot.cli.render import as_text
from bot.views import accounts, checkins, digests, goals, notes, people, teams, welcome
from checkins.digest.summary import Decision, DigestSummary, Item, KeyResultOutcome
from checkins.schedule import calendar
from checkins.schedule.calendar import Week
from storage.kinds import WorkKind
from storage.tables import Goal, KeyResult
from tests.support.world import seen

MODULES = [importlib.import_module(f"bot.views.{found.name}") for found in pkgutil.iter_modules(views.__path__)]
EXAMPLES: dict[str, Message | Form] = {name: shown for module in MODULES for name, shown in module.EXAMPLES.items()}
MESSAGES = {name: shown for name, shown in EXAMPLES.items() if isinstance(shown, Message)}
FORMS = {name: shown for name, shown in EXAMPLES.items() if isinstance(shown, Form)}
PAGES = [MESSAGES["digests.whole"]]
FORMS |= {f"{name} (its form)": shown.form for name, shown in MESSAGES.items() if shown.form}
HOSTILE = "<!channel> *b* _i_ `c` **d** {0} {words} &amp; <b>@everyone</b> \u202e%s"
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def words_of(message: Message) -> int:
    """How many characters a message has, all told."""
    return len(seen(message))


def fits(message: Message) -> None:
    """The limits of the strictest chat: those of a Slack message."""
    assert 0 < len(message.title.strip()) <= 150
    assert len(message.blocks) <= 40 or message in PAGES  # a window holds more
    assert words_of(message) <= 10_000
    assert len(message.buttons) + (message.form is not None) <= 25
    for button in message.buttons:
        assert 0 < len(button.label) <= 75
        assert len(button.confirm) <= 300
        assert len(button.subject) <= 2_000
    for block in message.blocks:
        match block:
            case Text():
                assert 0 < len(block.plain) <= 3_000
            case Quote():
                assert len(block.words) + len(block.note) <= 3_000
            case Facts():
                assert block.rows
                assert all(label and value and len(label) + len(value) <= 2_000 for label, value in block.rows)
            case Chart():
                assert block.fallback
                assert all(len(series.values) == len(block.labels) for series in block.series)
            case Pick():
                assert block.prompt.plain
                offered(block.options, block.chosen)
    if message.form:
        form_fits(message.form)


def form_fits(form: Form) -> None:
    """The limits of a Slack dialog."""
    assert 0 < len(form.title) <= 24
    assert 0 < len(form.submit) <= 24
    assert 0 < len(form.fields) <= 100
    assert len({field.name for field in form.fields}) == len(form.fields)
    for field in form.fields:
        assert 0 < len(field.label) <= 75
        assert len(field.hint) <= 150
        match field:
            case TextField():
                assert len(field.value) <= 3_000
                assert len(field.placeholder) <= 150
            case ChoiceField():
                if not field.suggests:
                    offered(field.options, *field.chosen)


def offered(options: Sequence[object], *chosen: str) -> None:
    """Options that can be shown and told apart, and a choice that is one of them."""
    values = [option.value for option in options]  # type: ignore[attr-defined]
    assert 0 < len(values) <= 100
    assert len(set(values)) == len(values)
    assert all(value in values for value in chosen if value)
    assert all(0 < len(option.label) <= 75 for option in options)  # type: ignore[attr-defined]


def our_words(message: Message) -> Iterator[str]:
    """Everything of a message that is ours or was put into ours."""
    yield message.title
    for block in message.blocks:
        match block:
            case Text():
                yield block.plain
            case Quote():
                yield block.note
            case Facts():
                for row in block.rows:
                    yield from row
            case Chart():
                yield from (block.title, block.fallback, *block.labels)
            case Pick():
                yield block.prompt.plain
    for button in message.buttons:
        yield from (button.label, button.confirm)


@pytest.mark.parametrize("name", MESSAGES)
def test_an_example_fits_every_chat(name: str) -> None:
    fits(MESSAGES[name])


@pytest.mark.parametrize("name", FORMS)
def test_a_form_fits_every_dialog(name: str) -> None:
    form_fits(FORMS[name])


@pytest.mark.parametrize("name", MESSAGES)
def test_no_sentence_is_left_half_made(name: str) -> None:
    if name == "notes.problem":
        return  # it repeats what was typed, brackets and all
    for words in our_words(MESSAGES[name]):
        assert not {field for _, field, _, _ in string.Formatter().parse(words) if field is not None}
        assert "None" not in words
        assert not words.endswith((" ", ":"))
        assert not words.startswith(("·", " "))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_view_has_an_example(module: object) -> None:
    """A function that makes a Message or a Form is looked at by everything above."""
    shown = {name.split()[0].partition(".")[2] for name in module.EXAMPLES}  # type: ignore[attr-defined]
    made = {
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__  # type: ignore[attr-defined]
        and str(getattr(value, "__annotations__", {}).get("return", "")) in {"Message", "Form", "list[Message]"}
        and not name.startswith("_")
    }
    assert made <= shown


def test_the_digest_fits_a_phone() -> None:
    rows = as_text([MESSAGES["digests.digest"]]).split("\n")
    lines = [part for row in rows if row.strip() for part in textwrap.wrap(row.strip(), 42)]
    assert len(lines) <= 30, "\n".join(lines)


def test_every_count_has_its_plural() -> None:
    for number in (0, 1, 2):
        summary = replace(
            digests._SUMMARY,
            lines=number, finished=0, late=number, blockers=(("Waiting", number),), no_goal=number, other=(),
            work=(digests._work(digests._PRICING, WorkKind.GOAL, *(Item(n, "x", False, True) for n in range(number))),),
        )  # fmt: skip
        for message in (
            digests.digest(summary),
            people.forgotten(number),
            teams.listed([("Platform", number, True)] * number, admin=True),
            goals.tree([goals.GoalRow(0, "a", "A", "on track")] * number, admin=True),
            checkins.saved(replace(checkins._SAVED, lines=checkins._SAVED.lines[:number])),
        ):
            for words in our_words(message):
                for noun in ("line", "day", "goal", "team"):
                    assert f"1 {noun}s" not in words.replace("11", "").replace("21", "")
                    for other in (0, 2):
                        assert not words.endswith(f"{other} {noun}")
                        assert f"{other} {noun} " not in words
                        assert f"{other} {noun}," not in words


# Other people's words


def hostile_views() -> dict[str, Message | Form]:
    """Views with the worst of words wherever somebody's words may stand."""
    day = date(2026, 3, 5)
    goal = Goal(id=1, company_id=1, handle="h", title=HOSTILE, by=day, created_at=NOON)
    line = checkins.SavedLine(1, HOSTILE, (HOSTILE,), "2h", ask=(checkins.FilingPlace("goal:1", HOSTILE),), why="")
    filed = replace(line, ask=(), why=HOSTILE)
    saved = checkins.Saved(day, NOON, "UTC", (line, filed), blockers=(HOSTILE,))
    row = goals.GoalRow(1, "h", HOSTILE, "at risk", 5, day, HOSTILE, HOSTILE)
    summary = DigestSummary(
        team=HOSTILE, week=Week(date(2026, 3, 2), date(2026, 3, 8)), members=5, asked=5, answered=5, away=0,
        lines=1, finished=1, late=1, work=(digests._work(goal, WorkKind.GOAL, Item(1, HOSTILE, True, True)),), other=(), kinds=(), shares=(), withheld="",
        no_work=(goal,), no_goal=0, pace=(),
        outcomes=(KeyResultOutcome(goal, KeyResult(id=1, goal_id=1, title=HOSTILE, start=1, now=2, target=3)),),
        blockers=((HOSTILE, 3),), quotes=(HOSTILE,), trend=(), decision=Decision(HOSTILE, HOSTILE),
    )  # fmt: skip
    rhythm = replace(people._RHYTHM, name=HOSTILE, teams=(HOSTILE,))
    return {
        "question": checkins.question(checkins.OpenQuestion(day, HOSTILE, blockers=((1, HOSTILE, 2),))),
        "saved": checkins.saved(saved),
        "mine": checkins.mine([("week of 2 Mar", [saved])]),
        "move": checkins.move(day, [(1, HOSTILE)], [checkins.FilingPlace("goal:1", HOSTILE)]),
        "digest": digests.digest(summary),
        "details": digests.details(summary)[0],
        "tree": goals.tree([replace(row, depth=0), row], admin=True),
        "page": goals.page(replace(goals._PAGE, row=row, description=HOSTILE, under=HOSTILE), admin=True),
        "goal form": goals.form(HOSTILE, description=HOSTILE, people=[("1", HOSTILE)], goals=[("h", HOSTILE)]),
        "added": goals.added("h", HOSTILE, 1, [(1, HOSTILE)]),
        "changed": goals.changed("h", HOSTILE, "restored"),
        "ended": goals.ended("h", HOSTILE, "retired"),
        "undone": goals.undone(HOSTILE),
        "home": people.home(rhythm, [saved], people.Running(((HOSTILE, HOSTILE),), 1, 1)),
        "welcome": welcome.welcome(HOSTILE, replace(rhythm, zone_known=False, team_zone="Europe/Berlin")),
        "home of two": people.home(rhythm, places=[people.AccountPlace("1", HOSTILE, False, False, HOSTILE), people.AccountPlace("2", HOSTILE, False, True)]),
        "preferred": accounts.preferred("Teams", HOSTILE),
        "linked": accounts.linked(HOSTILE, ["Slack", "Teams"], "Slack"),
        "invited": accounts.invited(HOSTILE, "K7QFM-2X9RT", NOON),
        "joined": accounts.joined(HOSTILE, "Teams", 2, 1, HOSTILE, HOSTILE),
        "changed setting": people.changed(HOSTILE, rhythm),
        "help": people.help_page(HOSTILE, [("/goals", HOSTILE)]),
        "problem": notes.problem(HOSTILE, HOSTILE),
        "problem with more": notes.problem(f"{HOSTILE}. {HOSTILE}\n{HOSTILE}", HOSTILE),
        "unusable": notes.unusable(HOSTILE),
        "deliveries": notes.deliveries(
            [],
            [notes.Failed(1, NOON, "prompt", HOSTILE, "held", HOSTILE, again=True)],
            [notes.Waiting(HOSTILE, 2, 300, NOON)],
            [notes.AskedElsewhere(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
            "UTC",
            paused=False,
        ),
        "audit": notes.audit([(NOON, HOSTILE, HOSTILE)], "UTC"),
        "team": teams.page(replace(teams._PAGE, name=HOSTILE, people=(HOSTILE,), channel=HOSTILE), may_run=True),
        "teams": teams.listed([(HOSTILE, 2, True)], admin=False),
        "team done": teams.done(HOSTILE, HOSTILE, HOSTILE),
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile_views())
def test_hostile_words_are_shown_as_they_are_and_style_nothing(name: str) -> None:
    shown = hostile_views()[name]
    if isinstance(shown, Form):
        form_fits(shown)
        return
    fits(shown)
    found = [shown.title]
    for block in shown.blocks:
        match block:
            case Text():
                spans = block.spans
            case Pick():
                spans = block.prompt.spans
                found += [option.label for option in block.options]
            case Quote():
                found += [block.words, block.note]
                continue
            case Facts():
                found += [part for row in block.rows for part in row]
                continue
            case Chart() | Rule():
                continue
        for span in spans:
            found.append(span.words)
            # A style is ours alone: never a part of what somebody wrote.
            assert not any(span.words == part for part in ("b", "i", "c", "d"))
    assert any(HOSTILE[:40] in words for words in found), found


# More than fits


def test_an_answer_of_200_long_lines_is_shown_in_part() -> None:
    line = checkins.SavedLine(1, "word " * 4000, ("Goal " * 30,), "2h", finished=True)
    asked = replace(
        line, ask=(checkins.FilingPlace("goal:1", "Goal " * 30), checkins.FilingPlace("support", "Support"))
    )
    shown = checkins.saved(replace(checkins._SAVED, lines=(asked,) * 3 + (line,) * 197))
    fits(shown)
    assert "and 175 more lines" in seen(shown)
    weeks = [(f"week {n}", [replace(checkins._SAVED, lines=(line,) * 20)] * 5) for n in range(10)]
    mine = checkins.mine(weeks)
    fits(mine)
    assert "and 8 more" in seen(mine)
    assert "Older ones do not fit here" in seen(mine)


def test_a_move_in_a_company_of_300_goals_searches_them() -> None:
    places = [checkins.FilingPlace(f"goal:{number}", f"Goal {number}") for number in range(300)]
    form = checkins.move(date(2026, 3, 5), [(number, "x" * 200) for number in range(200)], places)
    form_fits(form)
    field = form.fields[1]
    assert isinstance(field, ChoiceField)
    assert field.suggests


def test_a_week_of_500_lines_and_50_flags_is_cut_into_messages_that_fit_and_loses_none() -> None:
    items = tuple(Item(n, f"Line number {n}.", False, False) for n in range(500))
    summary = replace(
        digests._SUMMARY,
        work=(digests._work(digests._PRICING, WorkKind.GOAL, *items),),
        blockers=tuple((f"Flag number {n}.", n) for n in range(50)),
    )
    messages = digests.details(summary)
    for message in messages:
        fits(message)
    told = "\n".join(seen(message) for message in messages)
    assert all(f"Line number {n}." in told for n in range(500))
    assert all(f"Flag number {n}." in told for n in range(50))
    fits(digests.digest(summary))


def test_a_deep_tree_is_set_in_only_so_far() -> None:
    rows = [goals.GoalRow(depth, f"g{depth}", f"Goal {depth}", "on track") for depth in range(30)]
    shown = goals.tree(rows, admin=False)
    fits(shown)
    assert "\u2003" * 7 not in seen(shown)


def test_settings_show_an_hours_reminder_once() -> None:
    for reminder, label in ((60, "After an hour"), (45, "After 45 minutes"), (0, "None"), (None, "Next working day, 09:30")):  # fmt: skip
        form = people.settings(replace(people._RHYTHM, reminder=reminder))
        field = next(field for field in form.fields if field.name == "reminder")
        assert isinstance(field, ChoiceField)
        assert [option.label for option in field.options if option.value in field.chosen] == [label]
        assert len({option.label for option in field.options}) == len(field.options)


def test_dates_are_read_in_the_zone_of_whoever_reads_them() -> None:
    late = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)
    assert checkins.at_local(late, "Asia/Kolkata") == "Friday 6 March, 04:00"
    assert "6 Mar 04:00" in seen(notes.audit([(late, "Ana", "did it")], "Asia/Kolkata"))
    saved = replace(checkins._SAVED, at=late, zone="Asia/Kolkata")
    assert checkins.saved(saved).title.startswith("Saved Friday 04:00: 3 lines for Thursday 5 March")
    assert calendar.shown(date(2026, 3, 5) + timedelta(days=1)) == "6 March"


def test_blocks_are_of_the_closed_set() -> None:
    kinds: set[type[Block]] = {type(block) for message in MESSAGES.values() for block in message.blocks}
    assert kinds <= {Text, Quote, Facts, Chart, Rule, Pick}
