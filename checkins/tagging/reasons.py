"""Why a line was given a target, in words the person who wrote it understands."""

import math

from checkins.tagging.features import Features
from checkins.tagging.goals import Goals
from checkins.tagging.suggestions import Kind
from checkins.tagging.vocabulary import EncodedLine

GUESS = "a guess: little in the line points anywhere"
_OFTEN = math.log(2.0)  # a speaker's share of a goal is at least twice the company's


def for_goal(number: int, heard: EncodedLine, goals: Goals, features: Features) -> str:
    """The two strongest reasons why a line may serve a goal, by its number."""
    reasons = []
    if features.named[number]:
        reasons.append("names the goal")
    if features.marked[number]:
        reasons.append("a link or ticket seen there before")
    if alike := int(features.likeness.alike[number]):
        is_yours = alike == 1 and features.likeness.own[number] >= features.likeness.best[number]
        reasons.append(f"like {_lines(alike)} {'you filed' if is_yours else 'filed'} there")
    if mentions := goals.mentions(heard, features.said[:, number]):
        reasons.append("mentions " + ", ".join(f"“{each}”" for each in mentions))
    if number in features.owned:
        reasons.append("you own this goal")
    elif features.voice.usual[number] > _OFTEN and features.voice.lines >= 3:
        reasons.append("you often work on it")
    return "; ".join(reasons[:2]) or GUESS


def for_kind(kind: Kind, cued: dict[Kind, str], features: Features) -> str:
    """Why a line may be work for no goal."""
    if kind in cued:
        return f"mentions “{cued[kind]}”"
    if alike := int(features.likeness.alike[-1]):
        return f"like {_lines(alike)} that served no goal"
    return "little in the line points to a goal"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
