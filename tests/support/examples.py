"""An example of every view, by its name: what each renderer is tried on."""

from __future__ import annotations

import importlib
import pkgutil

from bot import views
from bot.chat.messages import Form, Message

EXAMPLES: dict[str, Message | Form] = {
    name: example
    for module in pkgutil.iter_modules(views.__path__)
    for name, example in importlib.import_module(f"bot.views.{module.name}").EXAMPLES.items()
}
