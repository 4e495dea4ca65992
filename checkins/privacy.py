"""Which shares may be shown: from enough people, rounded, and so that nothing comes out by subtraction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

FEWEST = 4
ROUNDED_TO = 5

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Shares(Generic[T]):
    """Percentages by target, largest first, summing with `merged` to 100. `merged` is what small groups
    became together, 0 when there were none."""

    shown: tuple[tuple[T, int], ...]
    merged: int = 0


def withheld(answered: int, asked: int) -> str:
    """Why no share is shown, in words; empty when shares may be shown."""
    if answered < FEWEST:
        return f"Shares are shown from {FEWEST} people on."
    if answered * 2 < asked:
        return "Fewer than half of those asked answered, so no shares this time."
    return ""


def shares(weeks: Sequence[Mapping[T, float]]) -> Shares[T] | None:
    """Shares of the people's weeks (each sums to 1) by target; None when no two parts can be told apart.

    A target with fewer than four contributors is merged with the other small ones; while those have fewer
    than four contributors together, the smallest of the shown ones joins them, so that what is left of 100%
    is never the work of three people or fewer.
    """
    total: dict[T, float] = {}
    people: dict[T, set[int]] = {}
    for person, week in enumerate(weeks):
        for target, part in week.items():
            if part > 0:
                total[target] = total.get(target, 0.0) + part
                people.setdefault(target, set()).add(person)
    size = sum(total.values())
    if not size:
        return None
    shown = sorted((target for target in total if len(people[target]) >= FEWEST), key=lambda target: -total[target])
    hidden = [target for target in total if len(people[target]) < FEWEST]
    while hidden and len(set[int]().union(*(people[target] for target in hidden))) < FEWEST and shown:
        hidden.append(shown.pop())
    if not shown:
        return None
    parts = [total[target] / size for target in shown]
    if hidden:
        parts.append(sum(total[target] for target in hidden) / size)
    rounded = round_to(parts)
    merged = rounded.pop() if hidden else 0
    return Shares(tuple(zip(shown, rounded, strict=True)), merged)


def round_to(parts: Sequence[float], step: int = ROUNDED_TO) -> list[int]:
    """Parts that sum to 1 as percentages in steps that sum to 100: largest remainders get what is left."""
    steps = [part * 100 / step for part in parts]
    whole = [int(number) for number in steps]
    missing = round(sum(steps)) - sum(whole)
    by_rest = sorted(range(len(parts)), key=lambda at: (whole[at] - steps[at], at))
    for at in by_rest[:missing]:
        whole[at] += 1
    return [number * step for number in whole]
