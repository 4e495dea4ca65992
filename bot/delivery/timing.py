"""What the steps of the engine share: how long things may take, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take. `settle_window`: what is not found this long after its attempt never arrived."""

    lease: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=10)  # for a platform's answer
    settle_window: timedelta = timedelta(seconds=120)
    linger: timedelta = timedelta(milliseconds=50)  # so that what ends together is settled together
    edit_again: timedelta = timedelta(seconds=30)
    word_again: timedelta = timedelta(seconds=1)  # once the database is back


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. `again_at` is when what the pace held back may go on."""

    planned: int = 0
    sent: int = 0
    edited: int = 0
    failed: int = 0
    again_at: datetime | None = None

    def __add__(self, other: Done) -> Done:
        return Done(
            self.planned + other.planned,
            self.sent + other.sent,
            self.edited + other.edited,
            self.failed + other.failed,
            soonest(self.again_at, other.again_at),
        )


def soonest(*moments: datetime | None) -> datetime | None:
    """The first of those that are known."""
    return min((moment for moment in moments if moment is not None), default=None)
