"""Rules of the house that no linter knows: one name for one thing, no alias that hides a noun, no platform named
outside its folder.

Run it as `make check` does. It reads the code as text and names each place that breaks a rule, with the reason for the
rule.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.chat import registry

ROOT = Path(__file__).parents[1]
OURS = ("bot", "adapters", "checkins", "storage", "tests", "scripts", "docs")

TWINS: Mapping[str, str] = {
    "Environment": "what each adapter is told, under the one of the registry",
    "InvalidShape": "what each platform's shapes refuse",
    "MemoryStore": "the store of each platform's harness",
    "Press": "a tap as each platform carries it",
    "Receiver": "the way in of each adapter",
    "RequestRefused": "a request that an adapter does not take",
    "Responder": "the way back of each adapter",
    "Settings": "what each adapter and the bot need to know",
}
"""Classes of one role in each adapter, which may have one name."""

PACKAGES = {package.rpartition(".")[2] for package in registry.ADAPTERS.values()}
PLATFORMS = sorted(PACKAGES | registry.ADAPTERS.keys())
MAY_NAME: Mapping[str, str] = {
    "bot/chat/registry.py": "the one list of them",
    "bot/demo": "the demo plays on the playground",
    "bot/app.py": "it hands the demo's world to a platform that is rehearsed",
    "bot/cli/serve.py": "the command that opens the demo",
    "bot/views": "sentences and their examples",
    "bot/settings.py": "the default, and examples of addresses",
    "storage/merge.py": "teams of people, in the word for what stands in the way",
    "bot/transfer/addresses.py": "examples of addresses, and where the people of a data set live",
}
"""Files and folders of the bot, check-ins and storage that name a platform, and why."""

_IDENTIFIER = re.compile("|".join(sorted(PACKAGES)), re.IGNORECASE)  # their folders: “teams” are of people, too
_VALUE = re.compile(rf"(?:{'|'.join(PLATFORMS)})(?::.*)?", re.DOTALL)


def files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of these folders, by its path in the checkout."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            yield name, ast.parse(path.read_text(encoding="utf-8"), name)


def double_names(modules: Sequence[tuple[str, ast.Module]]) -> Iterator[str]:
    """A class name that stands in two files: whoever reads it has to know which is meant."""
    at: dict[str, list[str]] = defaultdict(list)
    for path, tree in modules:
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                at[node.name].append(f"{path}:{node.lineno}")
    for name, places in sorted(at.items()):
        if len(places) > 1 and name not in TWINS:
            yield f"{', '.join(places)}: the class name {name} stands for {len(places)} things; give each its own"


def hiding_aliases(modules: Sequence[tuple[str, ast.Module]]) -> Iterator[str]:
    """A module of ours under a name that does not say which: `stored` was six of them."""
    for path, tree in modules:
        for node in ast.walk(tree):
            names: list[tuple[str, str | None]] = []
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS:
                names = [(alias.name, alias.asname) for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [
                    (alias.name.rpartition(".")[2], alias.asname)
                    for alias in node.names
                    if alias.name.partition(".")[0] in OURS
                ]
            for name, alias in names:
                if alias is not None and not _says(alias, name):
                    yield f"{path}:{node.lineno}: “{name} as {alias}” hides what it is; keep its noun"


def _says(alias: str, name: str) -> bool:
    words = set(alias.lower().split("_"))
    nouns = {name.lower(), name.lower().removesuffix("s"), name.lower().removesuffix("ies") + "y"}
    return bool(words & nouns) or any(noun and noun in alias.lower() for noun in nouns)


def named_platforms(modules: Sequence[tuple[str, ast.Module]]) -> Iterator[str]:
    """A platform named where every platform is meant."""
    for path, tree in modules:
        if any(path == place or path.startswith(f"{place}/") for place in MAY_NAME):
            continue
        docstrings = set(map(id, _docstrings(tree)))
        for node in ast.walk(tree):
            found = ""
            if isinstance(node, ast.Name) and _IDENTIFIER.search(node.id) and node.id != "SLACK":
                found = node.id
            elif isinstance(node, ast.Attribute) and _IDENTIFIER.search(node.attr):
                found = node.attr
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("adapters"):
                found = node.module or ""
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found = node.value if _VALUE.fullmatch(node.value) else ""
            if found:
                line = getattr(node, "lineno", 0)
                yield f"{path}:{line}: {found!r} names a platform; ask bot/chat/registry.py, or say it in a view"


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def broken() -> list[str]:
    """Each place that breaks a rule, in a line."""
    everything = list(files(*OURS))
    ours = [(path, tree) for path, tree in everything if path.startswith(("bot/", "checkins/", "storage/"))]
    code = [one for one in everything if "/migrations/" not in one[0]]
    named = [one for one in code if not one[0].startswith("docs/")]  # examples are there to be copied
    return [*double_names(named), *hiding_aliases(code), *named_platforms(ours)]


def main() -> int:
    """The exit code."""
    found = broken()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
