"""Every example of every view on one page, drawn by the playground's own code: build/gallery.html."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
from pathlib import Path

from adapters.playground import render
from bot import views
from bot.chat.messages import Form

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "adapters" / "playground" / "page"
STYLES = ("base.css", "chat.css", "form.css")

SCRIPT = """
import { card, text } from "card.js";
import { el } from "dom.js";
import { field } from "fields.js";
const nothing = async () => {};
const form = (it) => el("div", { class: "card form-shown" }, el("h3", {}, it.title),
  it.intro && text(it.intro), ...it.fields.map((one) => field(one, nothing).node), el("div", { class: "buttons end" }, el("button", { class: "button primary" }, it.submit)));
for (const [name, kind, shown] of JSON.parse(document.getElementById("examples").textContent))
  document.querySelector("main").append(el("section", { id: name }, el("h2", {}, name), kind === "form" ? form(shown) : card(shown, nothing)));
"""
STYLE = """
html, body { overflow: auto; block-size: auto; } main { columns: 400px; gap: 24px; padding: 24px; max-inline-size: 1400px; margin: auto; }
section { break-inside: avoid; margin-block-end: 22px; } section h2 { font: 12px var(--mono); color: var(--muted); } .form-shown { gap: 16px; }
"""


def examples() -> list[tuple[str, str, render.Json]]:
    """Name, kind and drawing of each example, in the order of the modules."""
    found = []
    for module in pkgutil.iter_modules(views.__path__):
        for name, shown in importlib.import_module(f"bot.views.{module.name}").EXAMPLES.items():
            if isinstance(shown, Form):
                found.append((name, "form", render.form(shown)))
            else:
                found.append((name, "message", render.message(shown)))
    return found


def page() -> str:
    """One file with nothing to load: modules become data addresses that know each other by name."""
    modules = {
        path.name: "data:text/javascript;base64,"
        + base64.b64encode(path.read_text("utf-8").replace('from "./', 'from "').encode()).decode()
        for path in sorted(PAGE.glob("*.js"))
        if path.name not in {"app.js", "theme.js"}
    }
    styles = "".join((PAGE / name).read_text("utf-8") for name in STYLES) + STYLE
    drawn = json.dumps(examples(), ensure_ascii=False).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>Every view</title><style>{styles}</style><main></main>'
        f'<script type="importmap">{json.dumps({"imports": modules})}</script>'
        f'<script type="application/json" id="examples">{drawn}</script><script type="module">{SCRIPT}</script></html>\n'
    )


def main() -> None:
    target = ROOT / "build" / "gallery.html"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(), "utf-8")
    print(f"{len(examples())} examples: {target}")  # noqa: T201  it is what the command is for


if __name__ == "__main__":
    main()
