"""Every example of every view as Teams would draw it: build/teams/pictures/, by Microsoft's own renderer in Chromium.

`make teams-pictures` brings the renderer and draws them; a Chromium has to be there.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from adapters.msteams import forms, render
from bot import views
from bot.chat.messages import Form

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "build" / "teams"
LIBRARY = TOOLS / "node_modules" / "adaptivecards" / "dist"
WIDTHS = {"desktop": 640, "phone": 340}
COLUMNS = {"desktop": 3, "phone": 5}
A_SHEET = {"desktop": 12, "phone": 20}  # cards on one picture

LIGHT = {
    "page": "#f5f5f5",
    "card": "#ffffff",
    "ink": "#242424",
    "soft": "#616161",
    "quote": "#f0f0f0",
    "line": "#e0e0e0",
}
DARK = {
    "page": "#1f1f1f",
    "card": "#292929",
    "ink": "#ffffff",
    "soft": "#adadad",
    "quote": "#333333",
    "line": "#484848",
}
THEMES = {"light": LIGHT, "dark": DARK}


def host(theme: dict[str, str]) -> dict[str, Any]:
    """What Teams' own host configuration says, as far as our cards use it."""

    def ink(usual: str, subtle: str) -> dict[str, str]:
        return {"default": usual, "subtle": subtle}

    colors = {
        "default": ink(theme["ink"], theme["soft"]),
        "accent": ink("#6264a7", "#8b8cc7"),
        "attention": ink("#c4314b", "#c4314b"),
        "good": ink("#237b4b", "#237b4b"),
        "warning": ink("#f8d22a", "#f8d22a"),
        "light": ink("#ffffff", "#eeeeee"),
        "dark": ink("#242424", "#424242"),
    }
    sizes = {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24}
    family = "Segoe UI, Selawik, Noto Sans, DejaVu Sans, sans-serif"
    return {
        "fontFamily": family,
        "fontTypes": {
            "default": {"fontFamily": family, "fontSizes": sizes},
            "monospace": {"fontFamily": "Consolas, DejaVu Sans Mono, monospace", "fontSizes": sizes},
        },
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "separator": {"lineThickness": 1, "lineColor": theme["line"]},
        "containerStyles": {
            "default": {"backgroundColor": theme["card"], "foregroundColors": colors},
            "emphasis": {"backgroundColor": theme["quote"], "foregroundColors": colors},
        },
        "inputs": {
            "label": {
                "inputSpacing": "small",
                "requiredInputs": {"suffix": " *", "suffixColor": "attention"},
                "optionalInputs": {},
            },
            "errorMessage": {"color": "attention", "size": "small", "spacing": "small"},
        },
        "actions": {
            "maxActions": 6, "buttonSpacing": 8, "actionsOrientation": "horizontal", "actionAlignment": "left",
            "showCard": {"actionMode": "inline", "inlineTopMargin": 8},
        },
    }  # fmt: skip


STYLE = """
body { margin: 0; padding: 16px; background: PAGE; color: INK; font: 14px Segoe UI, Noto Sans, DejaVu Sans, sans-serif; }
main { columns: COLUMNS; column-gap: 16px; }
form { break-inside: avoid; width: WIDTHpx; margin: 0 0 18px; }
h2 { font: 11px DejaVu Sans Mono, monospace; color: SOFT; margin: 0 0 4px; }
.card { background: CARD; border: 1px solid LINE; border-radius: 6px; overflow: hidden; }
.ac-pushButton { font: 600 14px Segoe UI, Noto Sans, sans-serif; padding: 5px 12px; border-radius: 4px; border: 1px solid LINE;
  background: CARD; color: INK; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.ac-pushButton.style-positive { background: #5b5fc7; color: #fff; border-color: #5b5fc7; }
.ac-pushButton.style-destructive { color: #c4314b; }
.ac-input { font: 14px Segoe UI, Noto Sans, sans-serif; background: QUOTE; color: INK; border: 0; border-bottom: 2px solid LINE;
  border-radius: 4px; padding: 6px 8px; box-sizing: border-box; }
.ac-multichoiceInput { width: 100%; }
textarea.ac-input { min-height: 96px; }
"""
DRAW = """
AdaptiveCards.GlobalSettings.setTabIndexAtCardRoot = false;
window.trouble = [];
for (const [name, made] of CARDS) {
  const card = new AdaptiveCards.AdaptiveCard();
  card.hostConfig = new AdaptiveCards.HostConfig(HOST);
  const context = new AdaptiveCards.SerializationContext();
  card.parse(made, context);
  for (let at = 0; at < context.eventCount; at++) window.trouble.push(name + ": " + context.getEventAt(at).message);
  for (const one of card.validateProperties().validationEvents) window.trouble.push(name + ": " + one.message);
  const section = document.createElement("form");  // so that the radio buttons of one card know nothing of another's
  section.innerHTML = "<h2></h2><div class=card></div>";
  section.firstChild.textContent = name;
  section.lastChild.append(card.render());
  document.querySelector("main").append(section);
  for (const button of section.querySelectorAll(".ac-pushButton"))
    for (const part of [button, ...button.querySelectorAll("*")])
      if (part.scrollWidth > part.clientWidth + 1 && part.clientWidth) window.trouble.push(name + ": a clipped button: " + button.textContent);
  const wide = section.querySelector(".card");
  if (wide.scrollWidth > wide.clientWidth + 1) window.trouble.push(name + ": wider than its card");
}
"""


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Name and card of each example, in the order of the modules."""
    found = []
    for module in pkgutil.iter_modules(views.__path__):
        for name, shown in importlib.import_module(f"bot.views.{module.name}").EXAMPLES.items():
            card = forms.card(shown) if isinstance(shown, Form) else render.card(shown)
            found.append((f"{module.name}.{name}", without_charts(card)))
    return found


def without_charts(value: Any) -> Any:
    """A card with each extension of Teams' replaced by its fallback, which is what other hosts draw."""
    if isinstance(value, list):
        return [without_charts(part) for part in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("type", "")).startswith("Chart."):
        return without_charts(value["fallback"])
    return {key: without_charts(part) for key, part in value.items() if key != "msteams"}


async def draw(folder: Path) -> list[str]:
    """The pictures, and what the renderer had to say about the cards."""
    cards = examples()
    trouble: list[str] = []
    library = (LIBRARY / "adaptivecards.min.js").read_text(encoding="utf-8")
    base = (LIBRARY / "adaptivecards.css").read_text(encoding="utf-8")
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path="/usr/bin/chromium")
        for size, width in WIDTHS.items():
            for theme, colors in THEMES.items():
                for sheet, at in enumerate(range(0, len(cards), A_SHEET[size])):
                    style = STYLE.replace("WIDTH", str(width)).replace("COLUMNS", str(COLUMNS[size]))
                    for name, color in colors.items():
                        style = style.replace(name.upper(), color)
                    some = json.dumps(cards[at : at + A_SHEET[size]]).replace("<", "\\u003c")
                    script = DRAW.replace("CARDS", some, 1).replace("(HOST)", f"({json.dumps(host(colors))})", 1)
                    wide = COLUMNS[size] * (width + 16) + 32
                    page = await browser.new_page(viewport={"width": wide, "height": 800})
                    await page.set_content(f"<style>{base}{style}</style><main></main><script>{library}</script>")
                    await page.add_script_tag(content=script)
                    trouble += [f"{size} {theme} {one}" for one in await page.evaluate("window.trouble")]
                    await page.screenshot(path=folder / f"{size}-{theme}-{sheet + 1}.png", full_page=True)
                    await page.close()
        await browser.close()
    return trouble


if __name__ == "__main__":
    if not LIBRARY.is_dir():
        sys.exit("npm install --no-save --prefix build/teams adaptivecards@3.0.6")
    (TOOLS / "pictures").mkdir(parents=True, exist_ok=True)
    found = asyncio.run(draw(TOOLS / "pictures"))
    sys.stdout.write("\n".join(sorted(set(found)) or ["Nothing to complain about."]) + "\n")
