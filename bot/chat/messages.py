"""What can be said: a Message or a Form, made of a closed set of parts that every platform can show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

Style = Literal["plain", "bold", "italic", "code"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one style. The characters are literal: nothing in them is markup."""

    words: str
    style: Style = "plain"


@dataclass(frozen=True, slots=True)
class Text:
    """Our words. `quiet` asks for the small grey kind. Make one with `text()`."""

    spans: tuple[Span, ...]
    quiet: bool = False

    @property
    def plain(self) -> str:
        """The same words with no style."""
        return "".join(span.words for span in self.spans)


@dataclass(frozen=True, slots=True)
class Quote:
    """A person's words, verbatim: shown as typed, and inert on every platform."""

    words: str
    note: str = ""  # ours, small, after the words: "late", "2h"


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and their values, both literal, in the order given."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each label of its chart; None where there is nothing to draw."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars beside each other or lines over time, and the sentence that says the same."""

    title: str
    kind: Literal["bars", "lines"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    fallback: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line between two parts of a message."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `value` comes back, `label` is read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Pick:
    """A question answered with one tap where it stands; a tap is heard as `Pressed(press, subject, value)`."""

    prompt: Text
    press: str
    subject: str
    options: tuple[Option, ...]
    chosen: str = ""


Block: TypeAlias = Text | Quote | Facts | Chart | Rule | Pick


@dataclass(frozen=True, slots=True)
class Button:
    """A tap under a message, heard as `Pressed(press, subject)`; `confirm` is asked first where given."""

    label: str
    press: str
    subject: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class TextField:
    """Words to type; `rows` above one asks for a box."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    placeholder: str = ""
    rows: int = 1
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """One option, or several when `many`. With `suggests` the options are asked for while the person types."""

    name: str
    label: str
    options: tuple[Option, ...]
    chosen: tuple[str, ...] = ()
    hint: str = ""
    many: bool = False
    optional: bool = False
    suggests: bool = False


Field: TypeAlias = TextField | ChoiceField


@dataclass(frozen=True, slots=True)
class Form:
    """Fields to fill in. `name` and `subject` come back with the values in `Submitted`."""

    name: str
    subject: str
    title: str
    fields: tuple[Field, ...]
    submit: str = "Save"
    intro: Text | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `title` is also the notification. `form` is offered with it: behind one primary button
    that is heard as `Opened(form.name, form.subject)`, or filled in place where a platform can do that."""

    title: str
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    form: Form | None = None


_MARKS = re.compile(r"\*\*(?P<bold>.+?)\*\*|(?<!\w)_(?P<italic>.+?)_(?!\w)|`(?P<code>[^`]+)`")


def text(template: str, *, quiet: bool = False, **words: object) -> Text:
    """Our words as a Text. The template may use **bold**, _italic_ and `code`; `{name}` takes a word.

    Words are put in after the markup was read, so whatever stands in them (a goal's title, a person's name)
    is shown as it is and can never become markup or a mention.
    """
    return Text(tuple(Span(span.words.format_map(words), span.style) for span in _spans(template)), quiet)


@lru_cache(maxsize=1_000)  # templates are in the code: few, and used for every message
def _spans(template: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    position = 0
    for match in _MARKS.finditer(template):
        if match.start() > position:
            spans.append(Span(template[position : match.start()]))
        style: Style = "bold" if match["bold"] else "italic" if match["italic"] else "code"
        spans.append(Span(match[style], style))
        position = match.end()
    if position < len(template):
        spans.append(Span(template[position:]))
    return tuple(spans)
