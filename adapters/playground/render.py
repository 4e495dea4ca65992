"""Messages and forms as the JSON that the page draws."""

from __future__ import annotations

import math
from typing import TypeAlias, assert_never

from bot.chat.messages import (
    Block,
    Button,
    Chart,
    ChoiceField,
    Facts,
    Field,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Text,
    TextField,
)

Json: TypeAlias = dict[str, object]


def message(value: Message) -> Json:
    """A message; its form travels as the words of its one button."""
    form = value.form
    return {
        "title": value.title,
        "blocks": [block(part) for part in value.blocks],
        "buttons": [button(part) for part in value.buttons],
        "form": form and {"name": form.name, "subject": form.subject, "title": form.title},
    }


def block(value: Block) -> Json:
    """One part of a message."""
    match value:
        case Text():
            return text(value)
        case Quote():
            return {"kind": "quote", "words": value.words, "note": value.note}
        case Facts():
            return {"kind": "facts", "rows": [list(row) for row in value.rows]}
        case Chart():
            return chart(value)
        case Rule():
            return {"kind": "rule"}
        case Pick():
            return {
                "kind": "pick",
                "prompt": text(value.prompt),
                "press": value.press,
                "subject": value.subject,
                "options": options(value.options),
                "chosen": value.chosen,
            }
        case _:
            assert_never(value)


def text(value: Text) -> Json:
    """Our words, run by run: the page makes the styles, the words stay literal."""
    return {
        "kind": "text",
        "quiet": value.quiet,
        "spans": [{"words": span.words, "style": span.style} for span in value.spans],
    }


def chart(value: Chart) -> Json:
    """A chart's numbers. JSON has no NaN and no infinity: they are drawn as nothing, like None."""
    return {
        "kind": "chart",
        "title": value.title,
        "shape": value.kind,
        "labels": list(value.labels),
        "series": [
            {
                "name": series.name,
                "values": [
                    number if number is not None and math.isfinite(number) else None for number in series.values
                ],
            }
            for series in value.series
        ],
        "fallback": value.fallback,
        "unit": value.unit,
    }


def button(value: Button) -> Json:
    """A button under a message."""
    return {
        "label": value.label,
        "press": value.press,
        "subject": value.subject,
        "style": value.style,
        "confirm": value.confirm,
    }


def options(values: tuple[Option, ...]) -> list[Json]:
    """Options of a pick, of a field, or of one that suggests."""
    return [{"value": option.value, "label": option.label} for option in values]


def form(value: Form) -> Json:
    """A form for the page's dialog."""
    return {
        "name": value.name,
        "subject": value.subject,
        "title": value.title,
        "intro": value.intro and text(value.intro),
        "fields": [field(part) for part in value.fields],
        "submit": value.submit,
    }


def field(value: Field) -> Json:
    """One field of a form."""
    match value:
        case TextField():
            return {
                "kind": "text",
                "name": value.name,
                "label": value.label,
                "value": value.value,
                "hint": value.hint,
                "placeholder": value.placeholder,
                "rows": value.rows,
                "optional": value.optional,
            }
        case ChoiceField():
            return {
                "kind": "choice",
                "name": value.name,
                "label": value.label,
                "options": options(value.options),
                "chosen": list(value.chosen),
                "hint": value.hint,
                "many": value.many,
                "optional": value.optional,
                "suggests": value.suggests,
            }
        case _:
            assert_never(value)
