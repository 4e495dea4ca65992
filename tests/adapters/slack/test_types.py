"""What we send, against Slack's own types: npm's @slack/types, compiled by TypeScript.

npm install --prefix DIR @slack/types@3.2.0 typescript
INSTEP_NODE=DIR make test
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import render
from bot.chat.messages import Form, Message
from tests.support.examples import EXAMPLES

NODE = Path(os.environ.get("INSTEP_NODE", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not (NODE / "node_modules/@slack/types").exists() or shutil.which("node") is None,
    reason="no node, or INSTEP_NODE names no folder with @slack/types and typescript",
)


def known(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what the types do not know yet."""
    return [block for block in blocks if block["type"] != "data_visualization"]


def compiled(folder: Path, messages: Any, modals: Any, homes: Any) -> str:
    """What the compiler has to say of these; "" when they are what Slack takes."""
    shown = {
        "messages": (messages, "KnownBlock[][]"),
        "modals": (modals, "ModalView[]"),
        "homes": (homes, "HomeView[]"),
    }
    lines = ['import type { HomeView, KnownBlock, ModalView } from "@slack/types";']
    lines += [f"export const {name} = {json.dumps(value)} satisfies {kind};" for name, (value, kind) in shown.items()]
    (folder / "check.ts").write_text("\n".join(lines), encoding="utf-8")
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    flags = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext"]
    found = subprocess.run(
        ["node", str(NODE / "node_modules/typescript/bin/tsc"), *flags, "check.ts"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return found.stdout


def test_every_example_is_of_slacks_types(tmp_path: Path) -> None:
    messages = [known(render.message(shown)["blocks"]) for shown in EXAMPLES.values() if isinstance(shown, Message)]
    forms = [shown if isinstance(shown, Form) else shown.form for shown in EXAMPLES.values()]
    modals = [render.modal(form, private_metadata="") for form in forms if form is not None]
    modals += [render.notice(shown, private_metadata="") for shown in EXAMPLES.values() if isinstance(shown, Message)]
    homes = [render.home(shown) for shown in EXAMPLES.values() if isinstance(shown, Message)]
    assert compiled(tmp_path, messages, modals, homes) == ""


def test_the_compiler_would_notice(tmp_path: Path) -> None:
    wrong = [[{"type": "header", "text": {"type": "mrkdwn", "text": "no"}}]]
    assert "TS" in compiled(tmp_path, wrong, [], [])
