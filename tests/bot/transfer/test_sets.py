"""JSONL sets: each becomes a company with one team; and the real ones, where they are at hand."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.transfer import importing
from checkins.digest import build as digest_build
from checkins.errors import UserError
from checkins.schedule import parse as schedule_parse
from checkins.schedule.calendar import Week
from storage import people
from storage.tables import Company, Line, Tag
from tests.support.import_workspace import NOW, ImportWorkspace

GOALS: list[Mapping[str, Any]] = [
    {"set": "acme-2025", "goal_id": "acme/1", "title": "Open source day", "description": "", "initiatives": ["Talks"], "owner": ["p1", "p2"]},
    {"set": "acme-2025", "goal_id": "acme/2", "title": "Open source days", "description": "Many", "initiatives": [], "owner": []},
    {"set": "other-2025", "goal_id": "other/1", "title": "Grow", "description": "", "initiatives": [], "owner": ["p1"]},
]  # fmt: skip


def statement(text: str, day: str | None, *goal_ids: str, person: str | None = "p1") -> dict[str, Any]:
    return {"set": "acme-2025", "id": text, "order": 0, "text": text, "person": person, "date": day, "goal_ids": list(goal_ids)}  # fmt: skip


STATEMENTS = [
    statement("Room booked and paid, done", "2025-03-04", "acme/1", "acme/2"),
    statement("Mail queue stuck", "2025-03-04"),
    statement("Speakers found", "2025-04-02", "acme/1", person=None),
    statement("Undated words", None, "acme/1"),
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Iterator[ImportWorkspace]:
    """The sets below, shared by tests of files of which nothing is kept."""
    with ImportWorkspace(tmp_path_factory.mktemp("sets"), blank) as desk:
        start(desk)
        yield desk


def start(desk: ImportWorkspace) -> None:
    goals, statements = desk.take(desk.file("goals.jsonl", GOALS), desk.file("statements.jsonl", STATEMENTS))
    assert (goals.added, statements.added, statements.skipped) == (3, 3, {"no date": 1})


def test_each_set_becomes_a_company_with_a_team_that_is_off(empty: ImportWorkspace) -> None:
    start(empty)
    assert set(empty.teams()) == {"acme-2025", "other-2025"}
    team, members = empty.teams()["acme-2025"]
    assert (team.on_at, team.zone, members) == (None, "UTC", ["Somebody", "p1", "p2"])


def test_the_same_pseudonym_in_two_sets_is_two_people(empty: ImportWorkspace) -> None:
    start(empty)
    everybody = empty.people()
    assert everybody["playground:acme-2025:p1"].id != everybody["playground:other-2025:p1"].id


def test_goals_get_handles_of_their_own_from_their_titles(empty: ImportWorkspace) -> None:
    start(empty)
    with empty.database.transaction() as tx:
        acme = people.company_named(tx, "acme-2025")
        assert acme is not None
    handles = {goal.handle for goal in empty.goals().values() if goal.company_id == acme.id}
    assert handles == {"open-source-day", "open-source-days"}


def test_statements_are_confirmed_where_their_set_filed_them(empty: ImportWorkspace) -> None:
    start(empty)
    assert sorted(empty.answers()) == [
        ("Somebody", "2025-04-02", "Speakers found", ("open-source-day",)),
        ("p1", "2025-03-04", "Mail queue stuck", ("other",)),
        ("p1", "2025-03-04", "Room booked and paid, done", ("open-source-day", "open-source-days")),
    ]
    with empty.database.transaction() as tx:
        assert {tag.source for tag in tx.exec(select(Tag))} == {"import"}
        assert [line.text for line in tx.exec(select(Line)) if line.finished] == ["Room booked and paid, done"]


def test_the_same_sets_again_change_nothing(empty: ImportWorkspace) -> None:
    start(empty)
    before = empty.counts()
    goals, statements = empty.take(empty.folder / "statements.jsonl", empty.folder / "goals.jsonl")
    assert (goals.added, goals.updated, goals.unchanged) == (0, 0, 3)
    assert (statements.added, statements.unchanged) == (0, 3)
    assert empty.counts() == before


def test_a_goal_is_known_again_by_its_name_in_the_set(empty: ImportWorkspace) -> None:
    start(empty)
    (report,) = empty.take(empty.file("goals.jsonl", [{**GOALS[0], "title": "Open house"}]))
    assert (report.added, report.updated) == (0, 1)
    assert empty.goals()["open-source-day"].title == "Open house"


def test_digests_of_a_set_show_who_and_what_was_silent(empty: ImportWorkspace) -> None:
    start(empty)
    team, _ = empty.teams()["acme-2025"]
    with empty.database.transaction() as tx:
        found = digest_build.summarise(digest_build.gather(tx, team, Week(date(2025, 4, 1), date(2025, 4, 30))))
    assert (found.members, found.answered, found.lines) == (3, 1, 1)
    assert [goal.title for goal in found.no_work] == ["Open source days"]


def test_statements_before_their_goals_are_told_to_wait(empty: ImportWorkspace) -> None:
    assert empty.bad("statements.jsonl", STATEMENTS[:1]) == [
        (1, "The goals of acme-2025 are not here yet. Import them first.")
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": ""}, "“text” has to be words."),
        ({"text": "…"}, "I found no words in that, so nothing was saved. A few words about the work are enough."),
        ({"set": 7}, "“set” has to be words."),
        ({"set": "x" * 61}, "The name of a set has 1 to 60 characters."),
        ({"date": "2025-02-30"}, "“2025-02-30” is not a date. Write it like 2026-06-30."),
        ({"date": "2031-01-01"}, "2031-01-01 is still to come."),
        ({"goal_ids": "acme/1"}, "“goal_ids” has to be a list of words."),
        ({"goal_ids": ["acme/9"]}, "acme-2025 has no goal acme/9."),
        ({"person": 3}, "“person” has to be words."),
    ],
)  # fmt: skip
def test_a_bad_statement_is_told_with_its_line_and_reason(
    full: ImportWorkspace, change: dict[str, Any], reason: str
) -> None:
    rows = [statement("New words", "2025-03-05"), {**STATEMENTS[0], **change}]
    assert full.bad("statements.jsonl", rows) == [(2, reason)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "acme/1 is on line 1 already."),
        ({"goal_id": "acme/3"}, "There is a goal with that title already: #open-source-day."),
        ({"goal_id": "acme/3", "title": " "}, "“title” has to be words."),
        ({"goal_id": "acme/3", "title": "!!"}, "A handle needs letters or digits, like #pricing."),
        ({"goal_id": "acme/3", "owner": "p1"}, "“owner” has to be a list of words."),
    ],
)
def test_a_bad_goal_is_told_with_its_line_and_reason(
    full: ImportWorkspace, change: dict[str, Any], reason: str
) -> None:
    assert full.bad("goals.jsonl", [GOALS[0], {**GOALS[0], **change}]) == [(2, reason)]


def test_a_set_with_the_name_of_another_company_is_told(empty: ImportWorkspace) -> None:
    with empty.database.transaction() as tx:
        tx.add(Company(name="acme-2025", created_at=NOW))
    assert empty.bad("goals.jsonl", GOALS[:1]) == [
        (1, "There is a company called acme-2025 already, and it was not made from a set.")
    ]


def test_sets_name_their_companies_themselves(empty: ImportWorkspace) -> None:
    with pytest.raises(UserError, match=r"Leave out --company\."):
        empty.take(empty.file("goals.jsonl", GOALS), company="Acme")


def test_a_file_of_sources_and_licences_is_read_and_nothing_taken(empty: ImportWorkspace) -> None:
    (report,) = empty.take(
        empty.file("provenance.jsonl", [{"id": "1", "source": "a.md", "licence": "MIT", "none_kind": None}])
    )
    assert (report.committed, report.skipped) == (True, {importing.SOURCES_ONLY: 1})


@pytest.mark.skipif(
    "INSTEP_TAGGING_DATA" not in os.environ,
    reason="INSTEP_TAGGING_DATA does not name a folder with goals.jsonl and statements.jsonl",
)
def test_real_sets_come_whole_and_fast_and_make_a_digest(empty: ImportWorkspace) -> None:
    folder = Path(os.environ["INSTEP_TAGGING_DATA"])
    paths = [folder / "statements.jsonl", folder / "goals.jsonl"]
    began = time.perf_counter()
    goals, statements = importing.run(
        empty.database, paths, company=None, now=datetime.now(UTC), skip_bad=False, report=lambda *_: None
    )
    assert time.perf_counter() - began < 10
    assert (goals.bad, statements.bad) == ((), ())
    with paths[0].open(encoding="utf-8") as file:
        assert statements.added + statements.skipped.get("no date", 0) == sum(1 for _ in file)
    with empty.database.transaction() as tx:
        busiest = tx.exec(select(Line).order_by(col(Line.day).desc())).first()
        assert busiest is not None
        (team,) = people.teams(tx, busiest.company_id)
        found = digest_build.summarise(digest_build.gather(tx, team, schedule_parse.month(f"{busiest.day:%Y-%m}")))
    assert found.lines > 0
    assert found.work
