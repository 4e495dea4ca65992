"""The error that is meant for the person: its text is shown to them word for word."""

from __future__ import annotations


class Problem(Exception):
    """Something the person can mend. The text is one or two plain sentences; `field` names a form's field."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Refused(Problem):
    """A right is missing. Told like any other problem, and audited when it was an admin's act."""
