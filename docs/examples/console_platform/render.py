"""Messages and forms as words to read, and as controls: what is sent back to us, as it stands, when somebody uses
one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import assert_never

from bot.chat.events import Submitted
from bot.chat.messages import (
    Block,
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
from docs.examples.console_platform.client import Json
from docs.examples.console_platform.inbound import Act

_STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def message(value: Message) -> str:
    """All there is to read in a message."""
    return _inert("\n".join([value.title, *map(_block, value.blocks)]))


def taps(value: Message) -> Iterator[Json]:
    """What can be tapped in a message."""
    for pick in value.blocks:
        if isinstance(pick, Pick):
            for option in pick.options:
                chosen = option.value == pick.chosen
                tap = {"press": pick.press, "subject": pick.subject, "value": option.value}
                yield {"label": option.label, **tap, "chosen": chosen}
    for button in value.buttons:
        tap = {"press": button.press, "subject": button.subject}
        yield {"label": button.label, **tap, "confirm": button.confirm}
    if value.form is not None:
        yield {"label": value.form.title, "open": value.form.name, "subject": value.form.subject}


def form(value: Form) -> str:
    """All there is to read in a form."""
    intro = [value.intro.plain] if value.intro else []
    return _inert("\n".join([value.title, *intro, *map(_field, value.fields)]))


def sends(value: Form) -> Iterator[Json]:
    """The form to be sent with its values changed, and a question for each field that suggests."""
    form = {"subject": value.subject}
    yield {
        "label": value.submit,
        "submit": value.name,
        **form,
        "values": {field.name: _value(field) for field in value.fields},
    }
    for field in value.fields:
        if isinstance(field, ChoiceField) and field.suggests:
            yield {"label": field.label, "suggest": value.name, **form, "field": field.name, "typed": ""}


def options(values: tuple[Option, ...]) -> str:
    """What can be chosen, and the value that stands for it."""
    return _inert(", ".join(f"{option.value} = {option.label}" for option in values))


def again(event: Act) -> Iterator[Json]:
    """A form that was sent, with what stands in it."""
    if isinstance(event, Submitted):
        yield {
            "label": "Send again",
            "submit": event.name,
            "subject": event.subject,
            "values": dict(event.values),
        }


def errors(values: Mapping[str, str]) -> str:
    """What is wrong with a form, a line for each field and for the form as a whole."""
    return _inert("\n".join(f"{name or 'form'}: {sentence}" for name, sentence in values.items()))


def _block(value: Block) -> str:
    match value:
        case Text():
            return value.plain
        case Quote():
            return f"{value.words} ({value.note})" if value.note else value.words
        case Facts():
            return "\n".join(f"{label}: {words}" for label, words in value.rows)
        case Chart():
            return "\n".join([value.title, *_series(value), value.fallback])
        case Rule():
            return "---"
        case Pick():
            return value.prompt.plain
        case _:
            assert_never(value)


def _series(value: Chart) -> Iterator[str]:
    for series in value.series:
        points = zip(value.labels, series.values, strict=True)
        drawn = (f"{label} {number:g}{value.unit}" for label, number in points if number is not None)
        yield f"{series.name}: {', '.join(drawn)}"


def _field(value: Field) -> str:
    words = [value.label, "(may be left out)" if value.optional else "", value.hint]
    if isinstance(value, ChoiceField):
        words.append(options(value.options))
    return f"{value.name}: {' '.join(filter(None, words))}"


def _value(value: Field) -> str | list[str]:
    match value:
        case TextField():
            return value.value
        case ChoiceField():
            return list(value.chosen) if value.many else "".join(value.chosen[:1])
        case _:
            assert_never(value)


def _inert(words: str) -> str:
    """Words that steer no terminal; plain text has no other markup that somebody's words could become."""
    return _STEERS.sub("\N{REPLACEMENT CHARACTER}", words)
