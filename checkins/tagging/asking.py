"""Which lines of a check-in are worth a tap, and how many somebody is asked about."""

from collections.abc import Sequence

from checkins.tagging.suggestions import Suggestion

USUALLY, AT_FIRST, RARELY = 2, 3, 1  # lines a check-in: most people, new ones, those who do not tap
UNHEARD = 6  # lines in a row that somebody was asked about and left alone, from which they are asked less

# Confirmed lines in a company before which it is too sure, and what is unsure until then.
EARLY, BELOW_EARLY = 50, 0.9
# Likeness to a confirmed line from which nothing is asked later on: somebody was asked that already, and lines so
# alike that went to different places do so again whoever is asked. Before, it is not known which words are common.
FAMILIAR = 0.22


def below(wanted: float, *, early: bool) -> float:
    """The confidence below which a company's lines are asked about; 0, which is never, stays 0."""
    return max(wanted, BELOW_EARLY) if early and wanted else wanted


def which(suggestions: Sequence[Suggestion], unsure_below: float, most: int, *, early: bool) -> list[int]:
    """The places of the lines to ask about: unsure ones of a new sort, those least like anything confirmed first."""
    unsure = [
        at
        for at, each in enumerate(suggestions)
        if each.confidence < unsure_below and (early or each.nearest < FAMILIAR)
    ]
    return sorted(unsure, key=lambda at: suggestions[at].nearest)[: max(0, most)]


def most(answered: Sequence[bool], *, new: bool) -> int:
    """How many lines one check-in of a person may be asked about.

    `answered` says for each line they were asked about lately, newest first, whether they tapped.
    """
    if len(answered) >= UNHEARD and not any(answered[:UNHEARD]):
        return RARELY
    return AT_FIRST if new else USUALLY
