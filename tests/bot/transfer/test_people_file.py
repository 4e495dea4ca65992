"""people.csv: people, their teams and managers."""

from __future__ import annotations

import pytest

from checkins import standings
from checkins.errors import UserError
from storage.tables import Company, Workspace
from tests.support.import_workspace import GOALS, NOW, PEOPLE, ImportWorkspace

HEADER = "person,name,email,timezone,team,manager\n"


def test_people_come_with_teams_zones_and_managers(empty: ImportWorkspace) -> None:
    (report,) = empty.take(empty.file("people.csv", PEOPLE))
    assert (report.added, report.updated, report.unchanged, report.committed) == (3, 0, 0, True)
    assert empty.people()["playground:raj"].zone == "Asia/Kolkata"
    platform, members = empty.teams()["Platform"]
    assert (platform.zone, members) == ("Europe/Berlin", ["Ana", "Mia", "Raj"])
    assert platform.manager_id == empty.people()["playground:mia"].id
    assert empty.teams()["Design"][1] == ["Mia"]


def test_nobody_is_asked_anything_for_being_imported(empty: ImportWorkspace) -> None:
    empty.take(empty.file("people.csv", PEOPLE))
    assert empty.teams()["Platform"][0].on_at is None
    assert {person.slot_id for person in empty.people().values()} == {None}
    assert empty.counts()["delivery"] == 0


def test_the_same_people_again_change_nothing(empty: ImportWorkspace) -> None:
    empty.take(empty.file("people.csv", PEOPLE))
    before = empty.counts()
    (report,) = empty.take(empty.file("people.csv", PEOPLE))
    assert (report.added, report.updated, report.unchanged) == (0, 0, 3)
    assert empty.counts() == before


def test_a_changed_row_changes_its_person_alone(desk: ImportWorkspace) -> None:
    changed = PEOPLE.replace("Raj,,Asia/Kolkata,Platform", "Rajesh,raj@example.com,Asia/Dubai,Design")
    (report,) = desk.take(desk.file("people.csv", changed))
    assert (report.added, report.updated, report.unchanged) == (0, 1, 2)
    raj = desk.people()["playground:raj"]
    assert (raj.name, raj.email, raj.zone) == ("Rajesh", "raj@example.com", "Asia/Dubai")
    assert desk.teams()["Platform"][1] == ["Ana", "Mia"]
    assert desk.teams()["Design"][1] == ["Mia", "Rajesh"]


def test_an_empty_cell_leaves_what_is_there(desk: ImportWorkspace) -> None:
    desk.take(desk.file("people.csv", HEADER + "playground:ana,Ana,,,,\n"))
    ana = desk.people()["playground:ana"]
    assert (ana.email, ana.zone) == ("ana@example.com", "Europe/Berlin")
    assert "Ana" in desk.teams()["Platform"][1]


def test_a_zone_that_somebody_chose_stays(desk: ImportWorkspace) -> None:
    with desk.database.transaction() as tx:
        ana = tx.merge(desk.people()["playground:ana"])
        ana.zone, ana.own_zone = "America/Lima", True
    (report,) = desk.take(desk.file("people.csv", PEOPLE))
    assert report.unchanged == 3
    assert desk.people()["playground:ana"].zone == "America/Lima"


def test_a_team_is_known_whatever_the_case(desk: ImportWorkspace) -> None:
    desk.take(desk.file("people.csv", HEADER + "playground:bo,Bo,,,PLATFORM; design ;platform,\n"))
    assert set(desk.teams()) == {"Platform", "Design"}
    assert "Bo" in desk.teams()["Platform"][1]


def test_somebody_without_a_zone_gets_that_of_their_team(desk: ImportWorkspace) -> None:
    desk.take(desk.file("people.csv", HEADER + "playground:bo,Bo,,,Platform,\n"))
    assert desk.people()["playground:bo"].zone == "Europe/Berlin"


def test_a_slack_address_brings_its_workspace(empty: ImportWorkspace) -> None:
    empty.take(empty.file("people.csv", HEADER + "slack:T01:U123,Ana,,,,\n"), company="Acme")
    with empty.database.transaction() as tx:
        assert tx.get_one(Workspace, 1).key == "slack:T01"
        assert tx.get_one(Company, 1).name == "Acme"


def test_the_same_email_on_another_platform_is_the_same_person(desk: ImportWorkspace) -> None:
    content = HEADER + "slack:T01:U1,Ana S,Ana@example.com,,Design,\n"
    desk.take(desk.file("people.csv", content))
    everybody = desk.people()
    assert everybody["slack:T01:U1"].id == everybody["playground:ana"].id
    assert everybody["playground:ana"].name == "Ana"
    (again,) = desk.take(desk.file("people.csv", content))
    assert again.unchanged == 1
    assert {name for name, (_, members) in desk.teams().items() if "Ana" in members} == {"Platform", "Design"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Bo,,,,", "This row says no person."),
        (
            "bo,Bo,,,,",
            "“bo” is not an address. One looks like playground:ana or slack:T01:U123.",
        ),
        (
            "slack:U1,Bo,,,,",
            "“slack:U1” does not say in which workspace. Write it like slack:T01:U123.",
        ),
        ("playground:#bo,Bo,,,,", "“playground:#bo” is not an address. One looks like playground:ana or slack:T01:U123."),
        ("playground:bo,,,,,", "A person's name has 1 to 100 characters."),
        ("playground:bo,Bo,bo.example.com,,,", "“bo.example.com” is not an e-mail address."),
        (
            "playground:bo,Bo,,Xyzzy,,",
            "I do not know the time zone “Xyzzy”. Write it like Europe/Berlin.",
        ),
        (f"playground:bo,Bo,,,{'x' * 61},", "A team's name has 1 to 60 characters."),
        (
            "playground:bo,Bo,,,Platform,playground:no",
            "The manager playground:no is neither in this file nor known already.",
        ),
        ("playground:bo,Bo,,,Platform,Mia", "“Mia” is not an address. One looks like playground:ana or slack:T01:U123."),
        (
            "playground:bo,Bo,,,,playground:mia",
            "playground:mia is the manager of the row's teams, and this row names no team.",
        ),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line_and_reason(settled: ImportWorkspace, row: str, reason: str) -> None:
    assert settled.bad("people.csv", f"{HEADER}playground:cy,Cy,,,,\n{row}\n") == [(3, reason)]


def test_somebody_who_is_there_twice_is_bad(desk: ImportWorkspace) -> None:
    content = HEADER + "playground:bo,Bo,,,,\nplayground:bo,Bob,,,,\n"
    assert desk.bad("people.csv", content) == [(3, "playground:bo is on line 2 already.")]


def test_two_managers_of_one_team_are_bad(desk: ImportWorkspace) -> None:
    content = HEADER + ("playground:bo,Bo,,,Sales,playground:ana\nplayground:cy,Cy,,,sales;Design,playground:mia\n")
    assert desk.bad("people.csv", content) == [
        (
            3,
            "sales has the manager playground:ana on line 2 and playground:mia here. Leave it empty for somebody in several teams.",
        )
    ]


def test_whoever_has_a_manager_on_a_bad_row_is_bad_too(desk: ImportWorkspace) -> None:
    content = HEADER + "playground:bo,,,,,\nplayground:cy,Cy,,,Sales,playground:bo\n"
    assert [line for line, _ in desk.bad("people.csv", content)] == [2, 3]


def test_a_workspace_of_another_company_is_told(desk: ImportWorkspace) -> None:
    with desk.database.transaction() as tx:
        tx.add(Company(name="Other", created_at=NOW))
    (report,) = desk.take(desk.file("people.csv", HEADER + "playground:bo,Bo,,,,\n"), company="Other")
    assert report.bad[0].reason == "playground:local belongs to another company, Our company."


def test_every_bad_row_is_reported_and_nothing_is_kept(desk: ImportWorkspace) -> None:
    content = HEADER + "playground:bo,Bo,,,,\nx,X,,,,\nplayground:cy,,,,,\n"
    assert [line for line, _ in desk.bad("people.csv", content)] == [3, 4]
    assert "playground:bo" not in desk.people()


def test_with_skip_bad_the_good_rows_are_kept(desk: ImportWorkspace) -> None:
    content = HEADER + "playground:bo,Bo,,,,\nx,X,,,,\n"
    (report,) = desk.take(desk.file("people.csv", content), skip_bad=True)
    assert (report.added, len(report.bad), report.committed) == (1, 1, True)
    assert "playground:bo" in desk.people()


def test_files_after_one_that_was_not_kept_are_not_tried(empty: ImportWorkspace) -> None:
    reports = empty.take(empty.file("goals.csv", GOALS), empty.file("people.csv", HEADER + "x,X,,,,\n"))
    assert [report.committed for report in reports] == [False, False]
    assert reports[1].skipped == {"not tried, because people.csv was not kept": 2}


def test_a_company_that_is_not_there_is_told_unless_its_people_come(desk: ImportWorkspace) -> None:
    with pytest.raises(UserError, match=r"There is no company “Acme”\. There are: Our company"):
        desk.take(desk.file("goals.csv", "goal,title\na,A\n"), company="Acme")


def test_with_several_companies_one_has_to_be_named(desk: ImportWorkspace) -> None:
    with desk.database.transaction() as tx:
        tx.add(Company(name="Other", created_at=NOW))
    with pytest.raises(UserError, match=r"Say whose file this is with --company\. There are: Our company, Other"):
        desk.take(desk.file("goals.csv", "goal,title\na,A\n"))


def test_without_any_company_goals_are_told_to_wait_for_people(empty: ImportWorkspace) -> None:
    with pytest.raises(UserError, match=r"There is no company yet. Import its people\.csv first"):
        empty.take(empty.file("goals.csv", "goal,title\na,A\n"))


def test_what_was_imported_is_in_the_audit_once(desk: ImportWorkspace) -> None:
    desk.take(desk.file("people.csv", PEOPLE))
    assert desk.said().count("imported people.csv: 3 added, 0 updated") == 1


def test_whoever_became_a_guest_is_left_out(desk: ImportWorkspace) -> None:
    with desk.database.transaction() as tx:
        standings.follow(tx, {"playground:raj": True}, NOW)
    row = HEADER + "playground:raj,Raj,,,Design,\n"
    (report,) = desk.take(desk.file("people.csv", row))
    assert report.skipped == {"of guests and people of other organisations": 1}
    assert report.committed
    assert "Raj" not in desk.teams()["Design"][1]


def test_a_team_is_the_same_however_its_name_is_written(desk: ImportWorkspace) -> None:
    desk.take(desk.file("people.csv", "person,name,team\nplayground:zoe,Zoe,Caf\u00e9\n"))
    desk.take(desk.file("people.csv", "person,name,team\nplayground:yan,Ya\x00n,CAFE\u0301\u200b\n"))
    assert {name for name in desk.teams() if name.casefold().startswith("caf")} == {"Caf\u00e9"}
    assert desk.people()["playground:yan"].name == "Yan"
