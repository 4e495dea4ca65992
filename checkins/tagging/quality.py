"""Whether a company's tagger still files lines where people would: by week, against its own word, against before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlmodel import Session

from checkins.privacy import FEWEST
from checkins.schedule import calendar
from checkins.schedule.calendar import Week
from storage import tags
from storage.tags import FilingStats

WEEKS, LATELY = 12, 4  # weeks that are shown, and those that are "lately"
ENOUGH = 50  # answers from which a share says something: chance alone moves it by .07
WORSE = 0.15  # how far the share that was right may fall


def weeks(tx: Session, company_id: int, today: date) -> list[tuple[Week, FilingStats]]:
    """The last weeks, this one first."""
    this = calendar.week_of(today, calendar.MONDAY_TO_FRIDAY)
    back = [timedelta(days=7 * number) for number in range(WEEKS)]
    found = tags.filings(tx, [company_id], [this.first - each for each in back], this.last)
    return [
        (Week(this.first - each, this.last - each), found.get((company_id, number), FilingStats()))
        for number, each in enumerate(back)
    ]


def lately(tx: Session, companies: Collection[int], today: date) -> dict[int, tuple[FilingStats, FilingStats]]:
    """The last four weeks of each company together, and the eight before."""
    starts = [today - timedelta(days=7 * number - 1) for number in (LATELY, WEEKS)]
    found = tags.filings(tx, companies, starts, today)
    return {each: (found.get((each, 0), FilingStats()), found.get((each, 1), FilingStats())) for each in companies}


def right(filing: FilingStats) -> float | None:
    """The share of answers that were what the tagger had thought; None when too few people answered."""
    return filing.agreed / filing.answered if filing.tappers >= FEWEST else None


def beyond(filing: FilingStats) -> float | None:
    """How much surer of its answers the tagger was than it was right; below 0 it was less sure. None as in `right`."""
    share = right(filing)
    return None if share is None else filing.expected / filing.answered - share


def asked(filing: FilingStats) -> float | None:
    """The share of lines that were asked about; None when too few people wrote."""
    return filing.asked / filing.lines if filing.writers >= FEWEST else None


def warning(now: FilingStats, before: FilingStats) -> str:
    """What an admin should know when the tagger got worse; empty while it did not, or nobody can tell."""
    share, earlier = right(now), right(before)
    if share is None or now.answered < ENOUGH:
        return ""
    expected = now.expected / now.answered
    if earlier is not None and before.answered >= ENOUGH and share + WORSE <= earlier:
        was = f"{earlier:.0%} in the eight weeks before"
    elif share + WORSE <= expected:
        was = f"{expected:.0%} expected"
    else:
        return ""
    return (
        f"Lines are filed worse than they were: of those I asked about in the last four weeks I was right "
        f"about {share:.0%}, with {was}. Titles and descriptions of goals that say what people work on help most."
    )


def told(found: Sequence[tuple[Week, FilingStats]]) -> list[tuple[str, str]]:
    """Each week that has lines, in words."""
    rows = []
    for week, filing in found:
        if not filing.lines:
            continue
        share, agreed = asked(filing), right(filing)
        if share is None:
            rows.append((week.label, f"fewer than {FEWEST} people wrote"))
            continue
        words = f"{filing.lines} lines, asked about {share:.0%}"
        if agreed is not None:
            words += f", right {agreed:.0%} of {filing.answered} answers"
        rows.append((week.label, words))
    return rows
