"""The server, and the two platforms under load."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from scripts import bench_slack, bench_teams
from scripts.bench.stage import Databases, Figure


def serve(databases: Databases) -> list[Figure]:
    figures = []
    for kind, url in databases():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "INSTEP_DATABASE_URL": url, "INSTEP_PORT": str(port)}
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("instep")), "serve"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.01)
        took = time.perf_counter() - began
        kept = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        memory = int(next(line for line in kept.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
        stopping = time.perf_counter()
        process.terminate()
        process.wait()
        figures.append(
            Figure(
                f"serve until it is ready, {kind}",
                "",
                f"{took:.2f} s, {memory:.0f} MB; ends {time.perf_counter() - stopping:.2f} s after SIGTERM",
                "< 2 s, < 200 MB, < 10 s",
            )
        )
    return figures


def slack(_: Databases) -> list[Figure]:
    found = asyncio.run(bench_slack.measure(200, 30))
    at = {name: f"{value * 1000:.0f} ms" for name, value in found.at.items()}
    return [
        Figure(
            "200 check-ins a second sent for 30 s over signed HTTP, database filled, SQLite",
            f"{found.kept / found.sent:.3f} of them kept",
            f"acknowledged: p50 {at['p50']}, p99 {at['p99']}, longest {at['max']}",
            "p99 < 500 ms, none over 3 s, none lost",
        )
    ]


def teams(_: Databases) -> list[Figure]:
    flood = dict(asyncio.run(bench_teams.incoming(30.0, "flood")))
    proactive = dict(asyncio.run(bench_teams.outgoing(2_000)))
    return [
        Figure(
            "200 typed answers a second for 30 s to the Teams endpoint, SQLite",
            f"{flood['not acknowledged with 200']} not acknowledged",
            f"acknowledged: median {flood['acknowledged, median']}, p99 {flood['acknowledged, p99']}, "
            f"longest {flood['acknowledged, longest']}; replies {flood['replies that arrived']}",
            "p99 < 1 s, none lost",
        ),
        Figure(
            "2,000 proactive messages in one tenant of Teams",
            f"{proactive['of the limit']} of the limit",
            f"{proactive['proactive messages']}; asked to wait: {proactive['asked to wait']}",
            "≥ 0.95",
        ),
    ]
