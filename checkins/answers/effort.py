"""How a day's effort is spread over its lines, and a week's over its days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.kinds import Mix, WorkKind

KINDS = tuple(WorkKind)
HOURS_A_DAY = 8.0
MOSTLY = 0.75


@dataclass(frozen=True, slots=True)
class EffortTarget:
    """Where effort goes: a goal by its id, or a kind of work that serves none."""

    kind: WorkKind
    goal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """A line as effort sees it: what was stated, and where it is filed (several goals share it equally)."""

    targets: tuple[EffortTarget, ...]
    hours: float | None = None
    percent: float | None = None


def kind_named(name: str) -> WorkKind:
    """A kind by its name; other work for a name that is none."""
    return next((kind for kind in KINDS if kind == name), WorkKind.OTHER)


def of_day(lines: Sequence[Worked], mix: str = "") -> dict[EffortTarget, float]:
    """Shares of one day by target, summing to 1.

    What is stated counts first (hours ÷ 8, percent), scaled down when it is more than the day. The rest goes
    to the lines that say nothing: by the one-tap mix where there is one, in equal parts where there is none.
    A mix that names a kind without a line of it still counts for that kind: the tap is an answer too.
    """
    stated = [
        line.percent / 100 if line.percent is not None else None if line.hours is None else line.hours / HOURS_A_DAY
        for line in lines
    ]
    total = sum(part for part in stated if part is not None)
    silent = [line for line, part in zip(lines, stated, strict=True) if part is None]
    scale = 1.0
    if total > 1 or (total > 0 and not silent and not _says_more(mix)):
        scale = 1 / total
    rest = max(0.0, 1 - total * scale)
    shares: defaultdict[EffortTarget, float] = defaultdict(float)
    for line, part in zip(lines, stated, strict=True):
        if part is not None:
            _spread(shares, line.targets, part * scale)
    for targets, part in _unstated(silent, mix, rest):
        _spread(shares, targets, part)
    return dict(shares)


def of_week(days: Iterable[Mapping[EffortTarget, float]]) -> dict[EffortTarget, float]:
    """The mean over a person's days: each person's week weighs 1, whatever they typed."""
    total: defaultdict[EffortTarget, float] = defaultdict(float)
    number = 0
    for day in days:
        number += 1
        for target, part in day.items():
            total[target] += part
    return {target: part / number for target, part in total.items()}


def _says_more(mix: str) -> bool:
    return mix not in {"", Mix.EVEN}


def _unstated(silent: Sequence[Worked], mix: str, rest: float) -> list[tuple[tuple[EffortTarget, ...], float]]:
    if rest <= 1e-9:
        return []
    if not _says_more(mix):
        return [(line.targets, rest / len(silent)) for line in silent]
    kind = WorkKind.FIREFIGHTING if mix == Mix.INCIDENT else kind_named(mix)
    inside = [line for line in silent if any(target.kind == kind for target in line.targets)]
    outside = [line for line in silent if line not in inside]
    most = rest if mix == Mix.INCIDENT or not outside else rest * MOSTLY
    parts = [(line.targets, most / len(inside)) for line in inside] or [((EffortTarget(kind),), most)]
    if most < rest:
        parts += [(line.targets, (rest - most) / len(outside)) for line in outside]
    return parts


def _spread(shares: defaultdict[EffortTarget, float], targets: tuple[EffortTarget, ...], part: float) -> None:
    for target in targets:
        shares[target] += part / len(targets)
