"""answers.csv: one check-in for a person and day, and answers kept as first imported."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select

from checkins.digest import build as digest_build
from checkins.schedule.calendar import Week
from storage.tables import CheckIn, Line, Prediction, Tag
from tests.support.import_workspace import ANSWERS, NOW, PEOPLE, ImportWorkspace

HEADER = "person,at,text,goals\n"


def take(desk: ImportWorkspace, rows: str) -> None:
    (report,) = desk.take(desk.file("answers.csv", HEADER + rows))
    assert report.committed


def test_answers_become_lines_filed_where_the_file_says(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    assert sorted(desk.answers(), key=lambda answer: answer[0]) == [
        ("Ana", "2026-03-02", "Pricing page drafted 2h", ("pricing",)),
        ("Raj", "2026-03-02", "Shipped the table", ("pricing", "growth")),
        ("Raj", "2026-03-02", "Fixed the footer", ("pricing", "growth")),
    ]


def test_effort_and_finished_are_read_from_the_words(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    with desk.database.transaction() as tx:
        lines = tx.exec(select(Line).order_by(col(Line.text))).all()
    assert [(line.hours, line.finished) for line in lines] == [(None, True), (2.0, False), (None, True)]


def test_what_an_import_files_is_confirmed_as_imported(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    with desk.database.transaction() as tx:
        assert {(tag.source, tag.confidence) for tag in tx.exec(select(Tag))} == {("import", 1.0)}


def test_without_an_offset_the_time_is_the_persons(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    with desk.database.transaction() as tx:
        found = {line.written_at for line in tx.exec(select(Line))}
    assert found == {datetime(2026, 3, 2, 15, 30, tzinfo=UTC), datetime(2026, 3, 2, 11, 0, tzinfo=UTC)}


def test_with_an_offset_the_day_is_still_the_persons(desk: ImportWorkspace) -> None:
    take(desk, "playground:raj,2026-03-02T20:00:00Z,Late work,growth\n")
    assert desk.answers()[0][1] == "2026-03-03"


def test_several_answers_of_a_day_are_one_checkin(desk: ImportWorkspace) -> None:
    take(desk, "playground:ana,2026-03-02T17:00,Second,growth\nplayground:ana,2026-03-02T09:00,First,growth\n")
    take(desk, "playground:ana,2026-03-02T18:00,Third,growth\n")
    with desk.database.transaction() as tx:
        (checkin,) = tx.exec(select(CheckIn))
        lines = tx.exec(select(Line).order_by(col(Line.position))).all()
    assert (checkin.state, checkin.words) == ("answered", "First\nSecond\nThird")
    assert [(line.position, line.text) for line in lines] == [(0, "First"), (1, "Second"), (2, "Third")]


def test_two_people_on_one_day_have_a_checkin_each(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    assert desk.counts()["checkin"] == 2


def test_an_open_question_of_the_day_is_answered_by_the_import(desk: ImportWorkspace) -> None:
    ana = desk.people()["playground:ana"]
    with desk.database.transaction() as tx:
        tx.add(CheckIn(company_id=ana.company_id, person_id=ana.id, day=date(2026, 3, 2), zone=ana.zone))
    take(desk, "playground:ana,2026-03-02T09:00,First,growth\n")
    with desk.database.transaction() as tx:
        (checkin,) = tx.exec(select(CheckIn))
    assert (checkin.state, checkin.words) == ("answered", "First")


def test_the_same_answers_again_change_nothing(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    before = desk.counts()
    (report,) = desk.take(desk.file("answers.csv", ANSWERS))
    assert (report.added, report.updated, report.unchanged) == (0, 0, 2)
    assert desk.counts() == before


def test_an_answer_is_kept_as_first_imported(desk: ImportWorkspace) -> None:
    take(desk, "playground:ana,2026-03-02T09:00,First,growth\n")
    take(desk, "playground:ana,2026-03-02T09:00,Rewritten,pricing\n")
    assert desk.answers() == [("Ana", "2026-03-02", "First", ("growth",))]


def test_the_same_answers_again_change_nothing_after_somebody_moved(desk: ImportWorkspace) -> None:
    take(desk, "playground:ana,2026-03-02T09:00,First,growth\n")
    desk.take(desk.file("people.csv", PEOPLE.replace("Europe/Berlin", "America/Lima")))
    (report,) = desk.take(desk.file("answers.csv", HEADER + "playground:ana,2026-03-02T09:00,First,growth\n"))
    assert report.unchanged == 1


def test_rows_of_one_moment_are_lines_of_one_answer(desk: ImportWorkspace) -> None:
    take(desk, "playground:ana,2026-03-02T09:00,One,growth\nplayground:ana,2026-03-02T09:00,Two,pricing\n")
    assert [words for _, _, words, _ in desk.answers()] == ["One", "Two"]


def test_a_row_repeated_in_the_file_counts_once(desk: ImportWorkspace) -> None:
    row = "playground:ana,2026-03-02T09:00,One,growth\n"
    (report,) = desk.take(desk.file("answers.csv", HEADER + row + row))
    assert (report.added, report.unchanged) == (1, 1)


def test_without_goals_the_tagger_files_and_its_guesses_are_kept(desk: ImportWorkspace) -> None:
    take(desk, "playground:ana,2026-03-02T09:00,Worked on the pricing page,\n")
    ((_, _, _, places),) = desk.answers()
    assert places == ("pricing?",)
    with desk.database.transaction() as tx:
        assert [guess.rank for guess in tx.exec(select(Prediction).order_by(col(Prediction.rank)))] == [
            0,
            1,
            2,
            3,
        ]


def test_a_kind_of_other_work_stands_in_brackets_and_a_guess_has_a_question_mark(
    desk: ImportWorkspace,
) -> None:
    take(desk, "playground:ana,2026-03-02T09:00,Mail queue stuck,(firefighting)\n")
    take(desk, "playground:ana,2026-03-03T09:00,Prices compared,#pricing?\n")
    assert [places for _, _, _, places in desk.answers()] == [("firefighting",), ("pricing?",)]


def test_digests_of_the_imported_weeks_count_the_people_who_wrote(desk: ImportWorkspace) -> None:
    take(desk, ANSWERS.removeprefix(HEADER))
    platform, _ = desk.teams()["Platform"]
    with desk.database.transaction() as tx:
        facts = digest_build.gather(tx, platform, Week(date(2026, 3, 2), date(2026, 3, 8)))
        found = digest_build.summarise(facts)
    assert (found.members, found.answered, found.lines) == (2, 2, 3)
    assert {work.goal.handle for work in found.work if work.goal} == {"pricing", "growth"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-03-02,x,", "This row says no person."),
        ("playground:no,2026-03-02,x,", "playground:no is nobody here. Import people.csv with them first."),
        ("playground:ana,,x,", "This row does not say when: “at” is empty."),
        ("playground:ana,2026-02-30T10:00,x,", "“2026-02-30T10:00” is not a moment. Write it like 2026-03-02T16:30."),
        ("playground:ana,yesterday,x,", "“yesterday” is not a moment. Write it like 2026-03-02T16:30."),
        ("playground:ana,0001-01-01T00:00,x,", "“0001-01-01T00:00” is not a moment. Write it like 2026-03-02T16:30."),
        ("playground:ana,1926-03-02T00:00,x,", "1926-03-02T00:00 is before anybody used this."),
        ("playground:ana,2027-03-02T10:00,x,", "2027-03-02T10:00 is still to come."),
        ("playground:ana,2026-03-02,,", "That was empty, so nothing was saved. Write one line for each piece of work."),
        ("playground:ana,2026-03-02,…,", "I found no words in that, so nothing was saved. A few words about the work are enough."),
        ("playground:ana,2026-03-02,x,nowhere;pricing", "There is no goal #nowhere."),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line_and_reason(settled: ImportWorkspace, row: str, reason: str) -> None:
    assert settled.bad("answers.csv", f"{HEADER}playground:raj,2026-03-02,y,growth\n{row}\n") == [(3, reason)]


def test_with_skip_bad_an_answer_with_a_bad_row_is_left_out_whole(desk: ImportWorkspace) -> None:
    content = HEADER + (
        "playground:ana,2026-03-02T09:00,One,growth\nplayground:ana,2026-03-02T09:00,Two,nowhere\n"
        "playground:raj,2026-03-02T09:00,Three,growth\n"
    )
    (report,) = desk.take(desk.file("answers.csv", content), skip_bad=True)
    assert [(row.line, row.reason) for row in report.bad] == [
        (2, "Line 3, which is of the same answer, is bad."),
        (3, "There is no goal #nowhere."),
    ]
    assert [words for _, _, words, _ in desk.answers()] == ["Three"]


def test_a_day_alone_is_its_first_moment(desk: ImportWorkspace) -> None:
    take(desk, f"playground:ana,{NOW.date()},One,growth\n")
    assert desk.answers()[0][1] == "2026-03-20"
