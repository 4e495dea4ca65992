"""What the console has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from bot.chat import registry
from bot.chat.inbound import Patience

PATIENCE = Patience(answer=0.4, keep=0.5)
LARGEST = 64 * 1024  # bytes of one request's body


class Environment(registry.Environment):
    """Who is there, and what the program in front of them proves itself with."""

    key: str = Field(
        min_length=1,
        validation_alias="CONSOLE_KEY",
        repr=False,
        description="Console: the secret that each request carries",
    )
    people: Annotated[Mapping[str, str], NoDecode] = Field(
        validation_alias="CONSOLE_PEOPLE",
        description="who is there, separated by commas, like `ana Ana Duarte, ben Ben Okafor`",
    )

    @field_validator("people", mode="before")
    @classmethod
    def _people(cls, value: object) -> object:
        parted = [one.partition(" ") for one in registry.listed(value)]
        return {key: name.strip() or key for key, _, name in parted}
