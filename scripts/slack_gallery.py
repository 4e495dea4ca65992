"""Every example of every view as Slack draws it, on one page: build/slack.html and, with a Chromium, build/slack.png.

npm install --prefix DIR slack-blocks-to-jsx@1.1.1 react react-dom esbuild
.venv/bin/python scripts/slack_gallery.py DIR
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters.slack import render
from bot import views
from bot.chat.messages import Form

ROOT = Path(__file__).parent.parent
WIDTH = 420  # a phone, or a narrow window

DRAW = """
import { readFileSync, writeFileSync } from "node:fs";
import { createElement as h } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Message } from "slack-blocks-to-jsx";
const [, , given, out] = process.argv;
const drawn = JSON.parse(readFileSync(given, "utf8")).map(([name, kind, blocks]) => [name, kind,
  renderToStaticMarkup(h(Message, { blocks, logo: "data:image/gif;base64,R0lGODlhAQABAIAAAB9NOgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", name: "Instep", time: new Date(0), withoutWrapper: kind !== "message" }))]);
writeFileSync(out, JSON.stringify(drawn));
"""
STYLE = """
body { margin: 0; padding: 24px; font: 15px/1.46 Lato, 'Noto Sans', sans-serif; color: #1d1c1d; columns: WIDTHpx; column-gap: 32px; }
section { break-inside: avoid; margin: 0 0 28px; } h2 { font: 12px monospace; color: #777; margin: 0 0 6px; }
.modal { border: 1px solid #ccc; border-radius: 8px; padding: 12px 16px; } .modal h3 { margin: 0 0 8px; }
.foot { text-align: right; margin-top: 12px; } .foot b { border: 1px solid #ccc; border-radius: 4px; padding: 5px 12px; margin-left: 8px; }
.foot b.go { background: #007a5a; color: #fff; } .note { border-left: 3px solid #ddd; padding-left: 8px; color: #555; font-size: 13px; }
""".replace("WIDTH", str(WIDTH))


def examples() -> list[tuple[str, str, Any]]:
    """Name, kind and payload of each example; a message with a form counts for both."""
    found: list[tuple[str, str, Any]] = []
    for module in pkgutil.iter_modules(views.__path__):
        for name, shown in importlib.import_module(f"bot.views.{module.name}").EXAMPLES.items():
            form = shown if isinstance(shown, Form) else shown.form
            if not isinstance(shown, Form):
                found.append((name, "message", render.message(shown)))
            if form is not None:
                found.append((f"{name} (form)", "modal", render.modal(form, private_metadata="")))
    return found


def main(folder: Path, only: str = "") -> None:
    """Draws the examples whose name begins with `only`."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    chosen = [example for example in examples() if example[0].startswith(only)]
    given, drawn = build / "slack-blocks.json", build / "slack-drawn.json"
    given.write_text(json.dumps([(name, kind, shown["blocks"]) for name, kind, shown in chosen]), "utf-8")
    script = folder / "draw.mjs"
    script.write_text(DRAW, "utf-8")
    subprocess.run(["node", str(script), str(given), str(drawn)], cwd=folder, check=True)  # noqa: S603, S607
    sections = []
    for (name, kind, shown), (_, _, markup) in zip(chosen, json.loads(drawn.read_text("utf-8")), strict=True):
        if kind == "modal":
            title, go = shown["title"]["text"], shown["submit"]["text"]
            foot = f"<div class=foot><b>Cancel</b><b class=go>{go}</b></div>"
            markup = f"<div class=modal><h3>{title}</h3>{markup}{foot}</div>"
        else:
            markup += f"<p class=note>{shown['text'].replace(chr(10), '<br>')}</p>"
        sections.append(f"<section><h2>{name}</h2>{markup}</section>")
    css = (folder / "node_modules/slack-blocks-to-jsx/dist/style.css").read_text("utf-8")
    page = build / "slack.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><title>Slack</title><style>{css}{STYLE}</style>{''.join(sections)}", "utf-8"
    )  # fmt: skip
    chromium = shutil.which("chromium")
    if chromium:
        size = "--window-size=1400,2600"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size]
        subprocess.run(  # noqa: S603
            [chromium, *flags, f"--screenshot={build / 'slack.png'}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
    sys.stdout.write(f"{page}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
