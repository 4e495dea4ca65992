"""Which lines of a check-in are worth a tap, and how many somebody is asked about."""

from collections.abc import Sequence

from checkins.tagging.suggestions import Suggestion

USUALLY, AT_FIRST, RARELY = 2, 3, 1  # lines a check-in: most people, new ones, those who do not tap
UNHEARD = 6  # lines in a row that somebody was asked about and left alone, from which they are asked less


def which(suggestions: Sequence[Suggestion], below: float, most: int) -> list[int]:
    """The places of the lines to ask about: unsure ones, those least like anything confirmed first."""
    unsure = [at for at, each in enumerate(suggestions) if each.confidence < below]
    return sorted(unsure, key=lambda at: suggestions[at].nearest)[: max(0, most)]


def most(answered: Sequence[bool], *, new: bool) -> int:
    """How many lines one check-in of a person may be asked about.

    `answered` says for each line they were asked about lately, newest first, whether they tapped.
    """
    if len(answered) >= UNHEARD and not any(answered[:UNHEARD]):
        return RARELY
    return AT_FIRST if new else USUALLY
