"""The error that is meant for the person: its text is shown to them word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class UserError(Exception):
    """Something the person can mend. The text is one or two plain sentences; `field` names a form's field.

    `errors` holds the sentence by its field, and further ones where more than one thing is wrong with a form.
    """

    def __init__(self, sentence: str, *, field: str = "", errors: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.errors = dict(errors or {field: sentence})


class PermissionDenied(UserError):
    """A right is missing. Told like any other problem, and audited when it was an admin's act."""


class Gathered:
    """What is wrong with a form, gathered so that all of it is told at once: the first sentence for each field."""

    def __init__(self) -> None:
        self._errors: dict[str, str] = {}

    @contextmanager
    def at(self, field: str = "") -> Iterator[None]:
        """Notes a UserError of the block for this field, unless it names its own. A missing right is raised at once."""
        try:
            yield
        except PermissionDenied:
            raise
        except UserError as problem:
            for name, sentence in problem.errors.items():
                self._errors.setdefault(name or field, sentence)

    def tell(self) -> None:
        """Raises a UserError with everything that was noted, if anything was."""
        if self._errors:
            field, sentence = next(iter(self._errors.items()))
            raise UserError(sentence, field=field, errors=self._errors)
