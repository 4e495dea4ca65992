"""Measures the tagger on histories of other companies, each with weights fitted without its organisation."""

import argparse
import importlib.util
import json
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from checkins.tagging import Confirmed, GoalText, LineText, Tagger, Weights, asking, model, stream, training

Record = dict[str, Any]
WEIGHTS = Path(model.__file__).with_name("weights.json")
# name, column of the scorer, which walk, the least (or, if negative, the most) that is wanted
MUST: tuple[tuple[str, str, str, float], ...] = (
    ("acc, everything confirmed", "acc", "all", 0.77),
    ("acc, first 50 lines", "acc50", "all", 0.70),
    ("acc, ask:0.75", "acc", "ask:0.75", 0.75),
    ("asked share, ask:0.75", "asked", "ask:0.75", -0.30),
    ("acc, no limit a check-in", "acc", "every", 0.0),
    ("asked share then", "asked", "every", 0.0),
    ("acc, not knowing who speaks", "acc", "nobody", 0.69),
    ("none: AUROC", "auroc", "all", 0.92),
    ("none: recall", "nR", "all", 0.75),
    ("none: precision", "nP", "all", 0.58),
    ("ECE", "ece", "all", -0.05),
    ("cov90", "cov90", "all", 0.65),
    ("acc, nothing confirmed", "acc", "none", 0.0),
)
WALKS = {"all": "all", "ask:0.75": "ask:0.75", "every": "ask:0.75", "nobody": "all", "none": "none"}
RUNS = 7  # of 200 lines each: the machine is never quite quiet
COLUMNS = ("acc", "acc50", "nP", "nR", "auroc", "ece", "cov90")


def say(line: str) -> None:
    """Print a line at once: the walks take minutes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def organisation(name: str) -> str:
    """The organisation a set is of: its name before the first dash."""
    return name.split("-")[0]


def of(records: Sequence[Record], name: str) -> list[Record]:
    """The records of a set."""
    return [record for record in records if record["set"] == name]


def rows_of(goals: Sequence[Record], statements: Sequence[Record], name: str) -> list[list[model.TrainingRow]]:
    """A set's rows with speakers and without."""
    both = (training.history(of(goals, name), of(statements, name), speakers) for speakers in (True, False))
    return list(both)


def walk(
    goals: Sequence[Record], statements: Sequence[Record], name: str, weights: Weights
) -> dict[str, tuple[list[stream.StreamPrediction], float]]:
    """Predictions and asked share of a set for each of WALKS."""
    result = {}
    for title, learn in WALKS.items():
        lines = of(statements, name)
        if title == "nobody":
            lines = [{**line, "person": None} for line in lines]
        summary = stream.StreamSummary()
        most = len(lines) if title == "every" else asking.AT_FIRST
        predictions = list(stream.run(of(goals, name), lines, learn, weights, summary, most=most))
        result[title] = (predictions, summary.asked_share)
    return result


def scorer(data: Path) -> ModuleType:
    """The data's own score.py, beside or above the folder of the data."""
    for folder in (data, data.parent):
        if (path := folder / "score.py").exists():
            spec = importlib.util.spec_from_file_location("score", path)
            if spec is None or spec.loader is None:
                break
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    sys.exit(f"no score.py in {data} or above it")


def speed() -> None:
    """Processor time and memory with 10,000 confirmed lines, at 10, 100 and 300 goals."""
    chance = np.random.default_rng(7)
    syllables = [f"{one}{two}" for one in "bdfghklmnprstvz" for two in ("a", "e", "i", "o", "ui", "an", "er")]
    words = ["".join(chance.choice(syllables, chance.integers(1, 5))) for _ in range(5_000)]
    popularity = 1 / np.arange(1, len(words) + 1)
    popularity /= popularity.sum()

    def text(count: int) -> str:
        return " ".join(chance.choice(words, count, p=popularity))

    for size in (10, 100, 300):
        goals = [GoalText(f"g{each}", text(4), text(60)) for each in range(size)]
        confirmed = [
            Confirmed(LineText(text(13), f"p{each % 200}"), frozenset({f"g{chance.integers(size)}"}))
            for each in range(10_000)
        ]
        lines = [LineText(text(13), f"p{each % 200}") for each in range(200)]
        tracemalloc.start()
        tagger = Tagger(goals)
        tagger.learn(confirmed)
        used, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        runs = []
        for _ in range(RUNS):
            began = time.process_time()
            for line in lines:
                tagger.suggest(line)
            runs.append((time.process_time() - began) / len(lines) * 1e3)
        began = time.process_time()
        tagger = Tagger(goals)
        tagger.learn(confirmed)
        rebuilt = time.process_time() - began
        slowest = meanwhile(tagger, lines, goals, confirmed)
        say(
            f"{size:4d} goals, 10,000 lines: {min(runs):.2f} to {max(runs):.2f} ms a line, "
            f"{np.median(runs):.2f} in the middle, {used / 1e6:.0f} MB "
            f"({peak / 1e6:.0f} MB while learning), {rebuilt:.1f} s to rebuild, "
            f"{slowest * 1e3:.0f} ms for the slowest line of 100 meanwhile"
        )


def meanwhile(
    tagger: Tagger, lines: Sequence[LineText], goals: Sequence[GoalText], confirmed: Sequence[Confirmed]
) -> float:
    """Seconds by the clock for a line, the 99th of 100, while another thread makes the next tagger."""
    making = threading.Thread(target=lambda: Tagger(goals).learn(confirmed))
    making.start()
    times = []
    while making.is_alive():
        began = time.perf_counter()
        tagger.suggest(lines[len(times) % len(lines)])
        times.append(time.perf_counter() - began)
        time.sleep(0.005)  # as answers come: not one after another without a breath
    return float(np.quantile(times, 0.99))


def main() -> None:
    """Fit, walk, print; with --ship fit on every set and write the weights."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", default=os.environ.get("INSTEP_TAGGING_DATA"), help="folder of goals.jsonl")
    arguments.add_argument("--ship", action="store_true", help="fit on every set and write weights.json")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--keep", type=Path, help="folder for predictions and weights of each organisation")
    options = arguments.parse_args()
    if not options.data:
        arguments.error("name the folder of the data: --data or INSTEP_TAGGING_DATA")
    data = Path(options.data)
    score = scorer(data)
    goals, statements = score.load(str(data))
    names = list(dict.fromkeys(each["set"] for each in statements))
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = dict(zip(names, pool.map(partial(rows_of, goals, statements), names), strict=True))
        if options.ship:
            WEIGHTS.write_text(model.render(training.train(list(rows.values()))), encoding="utf8")
        weights = {
            each: training.train([rows[name] for name in names if organisation(name) != each])
            for each in dict.fromkeys(map(organisation, names))
        }
        walks = [pool.submit(walk, goals, statements, name, weights[organisation(name)]) for name in names]
        walked = {name: each.result() for name, each in zip(names, walks, strict=True)}
    table(score, goals, statements, walked)
    young(score, statements, walked)
    if options.keep:
        keep(options.keep, weights, walked)
    speed()


def table(
    score: ModuleType,
    goals: Sequence[Record],
    statements: Sequence[Record],
    walked: dict[str, dict[str, tuple[list[stream.StreamPrediction], float]]],
) -> None:
    """Print what must be reached, as the mean over sets, and the same by set."""
    means: dict[str, dict[str, float]] = {}
    by_set: dict[str, dict[str, float]] = {}
    early = [each for each in statements if each["order"] < 50]
    for title in WALKS:
        predictions = {each["id"]: each for name in walked for each in walked[name][title][0]}
        sets, mean, _ = score.evaluate(goals, statements, predictions)
        early_sets, early_mean, _ = score.evaluate(goals, early, predictions)
        asked = {name: walked[name][title][1] for name in walked}
        means[title] = mean | {"acc50": early_mean["acc"], "asked": float(np.mean(list(asked.values())))}
        for name in sets:
            values = sets[name] | {"acc50": early_sets[name]["acc"]}
            if title == "all":
                by_set[name] = {column: values[column] for column in COLUMNS}
            by_set.setdefault(name, {})[title] = sets[name]["acc"]
            by_set[name][f"{title} asked"] = asked[name]
    say(f"{'':30s} {'figure':>7s} {'must':>7s}")
    for label, column, title, must in MUST:
        value = means[title][column]
        wanted = f"{'<=' if must < 0 else '>='} {abs(must):.2f}" if must else ""
        reached = "" if not must else "yes" if (value <= -must if must < 0 else value >= must) else "NO"
        say(f"{label:30s} {value:7.4f} {wanted:>7s} {reached}")
    say(f"{'set':16s}" + "".join(f"{each:>8s}" for each in (*COLUMNS, "ask", "asked", "nobody", "none")))
    for name, values in by_set.items():
        shown = [*(values[column] for column in COLUMNS), values["ask:0.75"], values["ask:0.75 asked"]]
        shown += [values["nobody"], values["none"]]
        say(f"{name:16s}" + "".join(f"{each:8.3f}" for each in shown))


def young(
    score: ModuleType,
    statements: Sequence[Record],
    walked: dict[str, dict[str, tuple[list[stream.StreamPrediction], float]]],
) -> None:
    """Print how right a tagger is that has heard little, where it is at least 0.75 sure; all sets together."""
    predictions = {each["id"]: each for walks in walked.values() for each in walks["ask:0.75"][0]}
    for first, last in ((0, 10), (10, 20), (20, 50), (50, 100), (100, 10_000)):
        sure = []
        for each in statements:
            tags, _, confidence, _ = score.decide(predictions[each["id"]])
            if first <= each["order"] < last and confidence >= 0.75:
                right = tags[0] in each["goal_ids"] if tags else not each["goal_ids"]
                sure.append((confidence, float(right)))
        said, were = np.mean(sure, axis=0)
        say(f"ask:0.75, lines {first} to {last}: {len(sure)} at least .75 sure, {said:.2f} said, {were:.2f} right")


def keep(
    folder: Path,
    weights: dict[str, Weights],
    walked: dict[str, dict[str, tuple[list[stream.StreamPrediction], float]]],
) -> None:
    """Write each organisation's weights and each walk's predictions."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in weights.items():
        (folder / f"weights-{name}.json").write_text(model.render(each), encoding="utf8")
    for title in WALKS:
        lines = [json.dumps(each) for name in walked for each in walked[name][title][0]]
        path = folder / f"{title.replace(':', '-')}.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
