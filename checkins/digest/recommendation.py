"""The one thing a digest asks its managers to decide."""

from __future__ import annotations

from checkins.digest.summary import Decision, DigestSummary
from checkins.schedule import calendar
from storage.kinds import GoalStatus, ShareKind


def needed(summary: DigestSummary, most_firefighting: int | None) -> Decision | None:
    """The decision a week asks for, by stated rules, the most pressing first; None when there is none.

    `most_firefighting` is the share, in percent, that the team's band allows.
    """
    late = [(goal, found) for goal, found in summary.pace if found.verdict == "past its date"]
    if late:
        goal, _ = late[0]
        assert goal.by is not None
        return Decision(
            f"{goal.title} was due {calendar.shown(goal.by)} and is not done.",
            "Set a new date with its team, or retire it.",
        )
    behind = sorted(
        (
            (goal, found)
            for goal, found in summary.pace
            if found.verdict == "behind" or goal.status == GoalStatus.OFF_TRACK
        ),
        key=lambda pair: (pair[0].by is None, pair[0].by),
    )
    if behind:
        goal, found = behind[0]
        when = f", due {calendar.shown(goal.by)}" if goal.by else ""
        if found.done is not None and found.elapsed is not None:
            far = f" is at {round(found.done * 100)}% with {round(found.elapsed * 100)}% of its time gone"
            return Decision(f"{goal.title}{when},{far}.", "Give it more people, less scope, or another date.")
        return Decision(f"{goal.title}{when} is off track.", "Give it more people, less scope, or another date.")
    if summary.blockers and summary.blockers[0][1] >= 7:
        age = summary.blockers[0][1]
        return Decision(
            f"Something has been in the way for {age} days.", "Find out who can clear it; it is under Flags."
        )
    fire = next((share.percent for share in summary.kinds if share.kind == ShareKind.FIREFIGHTING), None)
    if fire is not None and most_firefighting is not None and fire > most_firefighting:
        return Decision(
            f"Firefighting took {fire}%, above the {most_firefighting}% this team aims for.",
            "Name the one cause to remove first.",
        )
    if summary.no_work and summary.answered:
        names = ", ".join(goal.title for goal in summary.no_work[:2])
        more = f" and {len(summary.no_work) - 2} more" if len(summary.no_work) > 2 else ""
        return Decision(f"Nobody worked on {names}{more}.", "Say whether it can wait, or who starts.")
    return None
