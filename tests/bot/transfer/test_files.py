"""Files that cannot be read as a whole, and files that look odd and can."""

from __future__ import annotations

import pytest

from bot.transfer import cells
from checkins.errors import UserError
from tests.support.import_workspace import ANSWERS, GOALS, PEOPLE, ImportWorkspace


def told(desk: ImportWorkspace, name: str, content: str | bytes, company: str | None = None) -> str:
    """The sentence that a file gets."""
    before = desk.counts()
    with pytest.raises(UserError) as caught:
        desk.take(desk.file(name, content), company=company)
    assert desk.counts() == before
    return caught.value.sentence


def test_a_file_that_is_not_there_is_named(empty: ImportWorkspace) -> None:
    with pytest.raises(UserError, match=r"There is no file .*/people\.csv\."):
        empty.take(empty.folder / "people.csv")


def test_a_folder_is_told_to_be_one(empty: ImportWorkspace) -> None:
    with pytest.raises(UserError, match=r"is a folder\. Name the files in it."):
        empty.take(empty.folder)


def test_an_empty_file_is_told_to_be_empty(empty: ImportWorkspace) -> None:
    assert told(empty, "people.csv", " \n") == "people.csv is empty."


def test_another_encoding_is_told_with_its_line_and_what_to_do(empty: ImportWorkspace) -> None:
    content = PEOPLE.replace("Raj", "Jürgen").encode("latin-1")
    assert told(empty, "people.csv", content) == (
        "people.csv is not in UTF-8, first seen on line 4. Save it again as UTF-8; spreadsheets call that “CSV UTF-8”."
    )


def test_a_missing_column_is_named(empty: ImportWorkspace) -> None:
    assert told(empty, "people.csv", "person,email\nplayground:ana,\n") == (
        "people.csv has no column “name”. The columns of people.csv are person,name,email,timezone,team,manager."
    )


def test_an_unknown_column_is_named_with_the_nearest_one(empty: ImportWorkspace) -> None:
    assert told(empty, "people.csv", "person,name,timezon\nplayground:ana,Ana,UTC\n").startswith(
        "people.csv has a column “timezon” I do not know. Did you mean “timezone”?"
    )


def test_a_column_that_is_there_twice_is_named(empty: ImportWorkspace) -> None:
    assert told(empty, "people.csv", "person,name,name\n") == "people.csv has the column “name” twice."


def test_columns_separated_by_semicolons_are_told_so(empty: ImportWorkspace) -> None:
    sentence = told(empty, "people.csv", PEOPLE.replace(",", ";"))
    assert "Its columns are not separated by commas." in sentence


def test_a_table_of_something_else_is_told_what_would_do(empty: ImportWorkspace) -> None:
    sentence = told(empty, "teams.csv", "team,zone\nPlatform,UTC\n")
    assert sentence.startswith("I do not know what teams.csv holds: its columns fit none of these.")


def test_json_lines_of_something_else_are_told_what_would_do(empty: ImportWorkspace) -> None:
    sentence = told(empty, "things.jsonl", '{"a": 1}\n')
    assert sentence.startswith("I do not know what things.jsonl holds: goals have the keys set, goal_id")


def test_a_quote_that_is_never_closed_is_told(empty: ImportWorkspace) -> None:
    sentence = told(empty, "people.csv", 'person,name\nplayground:ana,"Ana\nplayground:raj,Raj\n')
    assert sentence.startswith("people.csv cannot be read from line")
    assert "A quote that is opened there may never be closed." in sentence


def test_one_unreadable_file_leaves_the_others_out_too(empty: ImportWorkspace) -> None:
    before = empty.counts()
    with pytest.raises(UserError, match=r"goals\.csv is empty"):
        empty.take(empty.file("people.csv", PEOPLE), empty.file("goals.csv", ""))
    assert empty.counts() == before


def test_a_byte_order_mark_and_windows_line_ends_make_no_difference(empty: ImportWorkspace) -> None:
    content = b"\xef\xbb\xbf" + PEOPLE.replace("\n", "\r\n").encode()
    (report,) = empty.take(empty.file("people.csv", content))
    assert (report.added, report.bad) == (3, ())
    assert empty.people()["playground:raj"].name == "Raj"


def test_a_table_is_known_by_its_columns_whatever_its_name(empty: ImportWorkspace) -> None:
    reports = empty.take(empty.file("c.csv", ANSWERS), empty.file("b.csv", GOALS), empty.file("a.csv", PEOPLE))
    assert [report.kind for report in reports] == ["people", "goals", "answers"]
    assert all(report.committed for report in reports)


def test_columns_may_stand_in_any_order_and_case_with_empty_ones_at_the_end(empty: ImportWorkspace) -> None:
    (report,) = empty.take(empty.file("people.csv", "Name, PERSON ,,\nAna,playground:ana,,\n,,,\n"))
    assert (report.added, report.bad) == (1, ())


def test_a_row_with_too_many_cells_is_bad(desk: ImportWorkspace) -> None:
    assert desk.bad("people.csv", "person,name\nplayground:ana,Ana\nplayground:bo,Bo, the builder\n") == [
        (
            3,
            "This row has 3 cells and the first one has 2. Put quotes around a cell that has a comma in it.",
        )
    ]


def test_a_bad_row_is_told_with_the_line_it_begins_on(desk: ImportWorkspace) -> None:
    content = 'person,at,text\nplayground:ana,2026-03-02T10:00,"One\nTwo\nThree"\nplayground:bo,2026-03-02,x\n'
    assert [line for line, _ in desk.bad("answers.csv", content)] == [5]


def test_lines_that_are_no_json_object_are_bad(empty: ImportWorkspace) -> None:
    goal = '{"set": "acme", "goal_id": "1", "title": "Grow"}'
    assert empty.bad("goals.jsonl", f"{goal}\n{{nope}}\n\n[1]\n") == [
        (2, "This line is not JSON."),
        (4, "This line is JSON, but no object with keys."),
    ]


def test_progress_is_told_until_everything_is_done(desk: ImportWorkspace) -> None:
    desk.progress.clear()
    desk.take(desk.file("answers.csv", ANSWERS))
    assert desk.progress[-1] == (2, 2)


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe() -> None:
    for words in ("=1+1", "+1", "-1", "@sum", "\t=1", " =1", "'=1", "＝1"):
        assert cells.guarded(words) == f"'{words}"
        assert cells.plain(cells.guarded(words)) == words
    assert cells.guarded("it's 1+1") == "it's 1+1"
