"""What is stored as a state or a kind is one that the code knows, in every version of the database there was."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import pytest
from sqlmodel import SQLModel, col, select
from sqlmodel.sql.sqltypes import AutoString

from checkins.answers import questions
from storage import kinds
from storage.sql import is_now
from storage.tables import CheckIn, Delivery

KEPT = sorted((Path(__file__).parents[1] / "fixtures" / "databases").glob("*.sql"))
OF: Mapping[tuple[str, str], type[StrEnum]] = {
    ("absence", "kind"): kinds.AbsenceKind,
    ("checkin", "mix"): kinds.Mix,
    ("checkin", "state"): kinds.CheckInState,
    ("code", "kind"): kinds.CodeKind,
    ("delivery", "kind"): kinds.DeliveryKind,
    ("delivery", "state"): kinds.DeliveryState,
    ("digestshare", "kind"): kinds.ShareKind,
    ("goal", "status"): kinds.GoalStatus,
    ("guess", "kind"): kinds.WorkKind,
    ("tag", "kind"): kinds.WorkKind,
    ("tag", "source"): kinds.TagSource,
}


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.stem)
def test_every_stored_value_is_known(kept: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(kept.read_text(encoding="utf-8"))
        present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for (table, column), known in OF.items():
            if table in present:
                found = {value for (value,) in connection.execute(f"SELECT {column} FROM {table}")} - {""}
                assert found <= set(known), (table, column)


@pytest.mark.parametrize("kept", [path for path in KEPT if path.stem > "0012"], ids=lambda path: path.stem)
def test_every_stored_reply_is_an_option_of_its_question(kept: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(kept.read_text(encoding="utf-8"))
        for name, value in connection.execute("SELECT question, value FROM reply"):
            question = questions.named(name)
            assert question is not None
            assert value in question.options


def test_no_column_called_a_state_or_a_kind_is_forgotten() -> None:
    called = {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.name in {"state", "kind", "status", "source", "mix"} and isinstance(column.type, AutoString)
    }
    assert called - set(OF) == {("absence", "source")}  # the platform's own mark


def test_what_is_written_stays_as_it_was() -> None:
    """Databases are full of it, and processes of the version before read it as well."""
    written = {
        name: [*known] for name, known in vars(kinds).items() if isinstance(known, type) and issubclass(known, StrEnum)
    }
    written.pop("StrEnum")
    assert written == {
        "CheckInState": ["open", "asked", "answered", "skipped", "away", "expired"],
        "DeliveryKind": ["welcome", "prompt", "snooze", "reminder", "digest", "detail", "notice", "removed"],
        "DeliveryState": [
            "due",
            "claimed",
            "uncertain",
            "sent",
            "unreachable",
            "expired",
            "cancelled",
            "held",
        ],
        "GoalStatus": ["on track", "at risk", "off track", "done", "retired"],
        "WorkKind": ["goal", "support", "firefighting", "overhead", "other"],
        "TagSource": ["tagger", "person", "import"],
        "ShareKind": ["goal", "support", "firefighting", "overhead", "other", "merged", "other goals"],
        "AbsenceKind": ["leave", "skip", "status"],
        "Mix": ["goal", "support", "firefighting", "overhead", "even", "incident"],
        "CodeKind": ["workspace", "account"],
    }


def test_a_state_stands_in_a_statement_as_it_is_written() -> None:
    due = select(Delivery.id).where(is_now(Delivery.state, kinds.DeliveryState.DUE, kinds.DeliveryState.HELD))
    assert "IN ('due', 'held')" in str(due.compile())
    asked = select(CheckIn.id).where(is_now(col(CheckIn.state), kinds.CheckInState.ASKED))
    assert "= 'asked'" in str(asked.compile())


STORED = {value for known in OF.values() for value in known}
BARE = re.compile(r"""(?:state|source|status|kind)\)?\s*(?:==|!=|=)\s*"([a-z ]+)\"""")


def test_the_code_compares_and_assigns_members_not_bare_words() -> None:
    house = Path(__file__).parents[2]
    bare = [
        f"{path.relative_to(house)}:{number}"
        for folder in ("storage", "checkins", "bot")
        for path in sorted((house / folder).rglob("*.py"))
        if "migrations" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for found in BARE.findall(line)
        if found in STORED
    ]
    assert bare == []
