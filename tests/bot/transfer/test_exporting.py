"""Export: files that import reads, with the same people, goals and answers in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.transfer import cells
from checkins import text
from checkins.answers import parse as answer_parse
from checkins.errors import UserError
from storage.tables import CheckIn, Company, KeyResult, Line, Tag
from tests.support.import_workspace import ANSWERS, NOW, ImportWorkspace

FILES = ("people.csv", "goals.csv", "answers.csv")


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def again(folder: Path, like: Path) -> tuple[list[list[list[str]]], list[list[list[str]]]]:
    """The three files of an export, and those of an export of what their import makes."""
    with TemporaryDirectory() as other, ImportWorkspace(Path(other), like) as copy:
        reports = copy.take(*(folder / name for name in FILES), company="Acme")
        assert [report.bad for report in reports] == [(), (), ()]
        second = copy.export()
        return [rows(folder / name) for name in FILES], [rows(second / name) for name in FILES]


def test_what_is_exported_comes_back_the_same(desk: ImportWorkspace, blank: Path) -> None:
    desk.take(desk.file("answers.csv", ANSWERS))
    first, second = again(desk.export(), blank)
    assert first == second
    assert [len(found) for found in first] == [4, 3, 4]


def test_an_export_imported_where_it_came_from_changes_nothing(desk: ImportWorkspace) -> None:
    desk.take(desk.file("answers.csv", ANSWERS))
    folder = desk.export()
    before = desk.counts()
    reports = desk.take(*(folder / name for name in FILES))
    assert [(report.added, report.updated) for report in reports] == [(0, 0)] * 3
    assert desk.counts() == before


def test_answers_have_a_row_for_each_line(desk: ImportWorkspace) -> None:
    desk.take(desk.file("answers.csv", ANSWERS))
    header, *found = rows(desk.export() / "answers.csv")
    assert header == ["person", "at", "text", "goals"]
    assert sorted(found) == [
        ["playground:ana", "2026-03-02T16:30:00+01:00", "Pricing page drafted 2h", "pricing"],
        ["playground:raj", "2026-03-02T16:30:00+05:30", "Fixed the footer", "pricing;growth"],
        ["playground:raj", "2026-03-02T16:30:00+05:30", "Shipped the table", "pricing;growth"],
    ]


def test_values_that_a_spreadsheet_would_run_are_disarmed_and_come_back(desk: ImportWorkspace, blank: Path) -> None:
    evil = "person,at,text,goals\nplayground:ana,2026-03-02T09:00,=HYPERLINK(1),growth\n"
    desk.take(desk.file("answers.csv", evil))
    first, second = again(desk.export(), blank)
    assert first[2][1][2] == "'=HYPERLINK(1)"
    assert first == second


def test_key_results_and_teams_are_exported_with_their_numbers(desk: ImportWorkspace) -> None:
    with desk.database.transaction() as tx:
        goal = KeyResult(goal_id=1, title="-Churn", start=-5, now=3.5, target=10, unit="%", typed_at=NOW)
        tx.add(goal)
    folder = desk.export()
    assert rows(folder / "key_results.csv")[1] == [
        "pricing", "'-Churn", "-5.0", "3.5", "10.0", "%", "2026-03-20T12:00:00+00:00",
    ]  # fmt: skip
    assert rows(folder / "teams.csv")[2] == [
        "Platform", "playground:mia", "Europe/Berlin", "Mon-Fri", "Tue and Fri", "15:30", "", "no",
    ]  # fmt: skip


def test_everything_is_in_one_file_too_and_of_one_company_alone(desk: ImportWorkspace) -> None:
    desk.take(desk.file("answers.csv", ANSWERS))
    with desk.database.transaction() as tx:
        tx.add(Company(name="Other", created_at=NOW))
    everything = json.loads((desk.export("Our company") / "everything.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in everything["company"]] == ["Our company"]
    assert next(row["text"] for row in everything["line"]) == "Shipped the table"
    assert {"membership", "tag", "change", "account"} <= everything.keys()


def test_an_export_again_takes_the_place_of_the_one_before(desk: ImportWorkspace) -> None:
    desk.export()
    desk.take(desk.file("answers.csv", ANSWERS))
    assert len(rows(desk.export() / "answers.csv")) == 4


def test_a_folder_that_is_a_file_is_told(desk: ImportWorkspace) -> None:
    desk.file("export", "x")
    with pytest.raises(UserError, match=r"export is a file\. Name a folder to export to\."):
        desk.export()


def test_a_company_that_is_not_there_is_told(desk: ImportWorkspace) -> None:
    with pytest.raises(UserError, match="There is no company “Acme”"):
        desk.export("Acme")


def test_an_empty_database_has_nothing_to_export(empty: ImportWorkspace) -> None:
    with pytest.raises(UserError, match="There is no company in the database yet"):
        empty.export()


words = st.text(max_size=40).map(text.clean)
one_line = words.map(lambda text: " ".join(text.split())).filter(bool)
titles = one_line.filter(lambda text: any(character.isalnum() for character in text))
lines = st.one_of(
    titles, st.sampled_from(["-1 day", "=cmd", "'=x", "- 1) dash", "[ ] shipped", "fixed it ✓", "2h of 50%"])
)


def _is_one_line(text: str) -> bool:
    return [piece.text for piece in answer_parse.pieces(text)] == [text]


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str, int, str]], list[tuple[int, int, str, bool, tuple[int, ...]]]]:  # fmt: skip
    """Names; goals as title, description, parent (an earlier one, or -1) and status; lines with who, day, words,
    whether finished and where they are filed (a negative number is a kind of other work)."""
    names = draw(st.lists(one_line, min_size=1, max_size=4))
    found = draw(st.lists(titles, max_size=4, unique_by=lambda title: title.casefold()))
    goals = [
        (title, draw(words), draw(st.integers(-1, number - 1)), draw(st.sampled_from(["on track", "done", "retired"])))
        for number, title in enumerate(found)
    ]  # fmt: skip
    filed = st.lists(st.integers(-4, len(goals) - 1), min_size=1, max_size=2, unique=True).map(tuple)
    said = st.tuples(
        st.integers(0, len(names) - 1), st.integers(0, 3), lines.filter(_is_one_line), st.booleans(), filed
    )
    return names, goals, draw(st.lists(said, max_size=6))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(company=companies())
def test_any_company_comes_back_the_same(
    blank: Path,
    company: tuple[list[str], list[tuple[str, str, int, str]], list[tuple[int, int, str, bool, tuple[int, ...]]]],
) -> None:
    names, goals, said = company
    with TemporaryDirectory() as folder, ImportWorkspace(Path(folder), blank) as desk:
        people = [
            ["person", "name", "timezone"],
            *([f"playground:p{at}", name, "Asia/Tokyo"] for at, name in enumerate(names)),
        ]
        table = [
            ["goal", "title", "description", "parent", "status"],
            *(
                [f"g{at}", title, description, f"g{parent}" if parent >= 0 else "", status]
                for at, (title, description, parent, status) in enumerate(goals)
            ),
        ]
        desk.take(_table(desk, "people.csv", people), _table(desk, "goals.csv", table), company="Acme")
        _write(desk, said)
        before = desk.answers()
        folder_of_export = desk.export()
        with TemporaryDirectory() as other, ImportWorkspace(Path(other), blank) as copy:
            copy.take(*(folder_of_export / name for name in FILES), company="Acme")
            assert sorted(copy.answers()) == sorted(before)
            assert _goals(copy) == _goals(desk)
            assert sorted(person.name for person in copy.people().values()) == sorted(names)


def _goals(desk: ImportWorkspace) -> dict[str, tuple[str, str, str, bool]]:
    return {
        handle: (goal.title, goal.description, goal.status, goal.retired_at is None)
        for handle, goal in desk.goals().items()
    }


def _write(desk: ImportWorkspace, said: Sequence[tuple[int, int, str, bool, tuple[int, ...]]]) -> None:
    """Lines as the chat leaves them, also those whose words say otherwise than their tick."""
    goals, everybody = desk.goals(), desk.people()
    kinds = ("other", "overhead", "firefighting", "support")
    with desk.database.transaction() as tx:
        checkins: dict[tuple[int, int], CheckIn] = {}
        for position, (who, day, text, finished, filed) in enumerate(said):
            person, moment = everybody[f"playground:p{who}"], NOW.replace(day=day + 1)
            if (who, day) not in checkins:
                checkins[who, day] = CheckIn(
                    company_id=person.company_id, person_id=person.id, day=moment.date(), zone="Asia/Tokyo",
                    state="answered", answered_at=moment, words=text,
                )  # fmt: skip
                tx.add(checkins[who, day])
                tx.flush()
            line = Line(
                company_id=person.company_id, person_id=person.id, checkin_id=checkins[who, day].id,
                position=position, day=moment.date(), text=text, finished=finished, written_at=moment,
            )  # fmt: skip
            tx.add(line)
            tx.flush()
            for target in filed:
                goal = goals[f"g{target}"].id if target >= 0 else None
                kind = "goal" if target >= 0 else kinds[target + 4]
                source = "tagger" if finished else "person"
                tx.add(
                    Tag(
                        company_id=person.company_id,
                        line_id=line.id,
                        goal_id=goal,
                        kind=kind,
                        source=source,
                        at=NOW,
                    )
                )


def _table(desk: ImportWorkspace, name: str, content: Sequence[Sequence[str]]) -> Path:
    path = desk.folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([cells.guarded(cell) for cell in row] for row in content)
    return path
