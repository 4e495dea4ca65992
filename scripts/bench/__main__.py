"""The engine's figures, as a table on the screen and in docs/benchmarks.md. Ratios first: machines differ, ratios less.

Run it as `make bench`; `make bench ONLY=fan-out` does one part. A PostgreSQL comes from a wheel; nothing leaves this
machine. The far side of the fan-out is a process of its own that enforces limits like Slack's and answers 429 beyond.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.bench.digests import digests, rounds_of_digests
from scripts.bench.fan_out import fan_out
from scripts.bench.planning import planning
from scripts.bench.server import serve, slack, teams
from scripts.bench.stage import Databases, Figure, created, fresh, postgresql
from scripts.bench.throughput import throughput
from scripts.bench.workspaces import workspaces

ROOT = Path(__file__).parents[2]


def main() -> None:
    """All parts, or those named."""
    parts: dict[str, Callable[[Databases], list[Figure]]] = {
        "throughput": throughput,
        "planning": planning,
        "fan-out": fan_out,
        "workspaces": workspaces,
        "digest": digests,
        "digests": rounds_of_digests,
        "serve": serve,
        "slack": slack,
        "teams": teams,
    }
    wanted = sys.argv[1:] or list(parts)
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="instep-bench-") as folder, postgresql(folder) as server:
        count = iter(range(1000))

        def databases() -> Iterator[tuple[str, str]]:
            """A new, migrated database of each kind."""
            name = f"bench{next(count)}"
            yield "SQLite", fresh(f"sqlite:///{folder}/{name}.db")
            yield "PostgreSQL", fresh(created(server, name))

        for name in wanted:
            sys.stderr.write(f"{name} …\n")
            found = parts[name](databases)
            figures += found
            for figure in found:
                sys.stderr.write(f"  {figure.work}: {figure.ratio} {figure.measured} (wanted {figure.wanted})\n")
    table = written(figures)
    sys.stdout.write(table)
    if wanted == list(parts):
        (ROOT / "docs" / "benchmarks.md").write_text(PREFACE + table, encoding="utf-8")


PREFACE = """# Benchmarks

Made by `make bench`, on whatever machine it ran on last (2 cores that others were using, too): look at the ratios.
*of the limit* is the platform's own limit, enforced by a far side in a process of its own; *of a bare outbox* is a loop
of nothing but one claim and one settlement a batch on the same database, in the same run.

"""


def written(figures: Sequence[Figure]) -> str:
    rows = [("work", "ratio", "measured", "wanted")]
    rows += [(figure.work, figure.ratio, figure.measured, figure.wanted) for figure in figures]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- | --- | --- | --- |", *lines[1:]]) + "\n"


if __name__ == "__main__":
    main()
