"""Settings, frozen, from the environment and a `.env` file; a mistake in one is told, never papered over."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PLATFORMS = ("playground",)


class Wrong(Exception):
    """A setting cannot be used; the text names it and says what would do."""


class Settings(BaseSettings):
    """Everything that can be set. The README's table is checked against this class."""

    model_config = SettingsConfigDict(env_prefix="INSTEP_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite:///instep.db",
        description="where everything is kept: an SQLite file, or `postgresql://…`",
    )
    platforms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("playground",), description="what to connect to, separated by commas; today: `playground`"
    )
    admins: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="addresses of the first admins, separated by commas, like `playground:ana`",
    )
    host: str = Field(default="127.0.0.1", description="the address the web server listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="its port")
    only_to: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="while trying out: write to these addresses only, separated by commas",
    )

    @field_validator("platforms", mode="before")
    @classmethod
    def _platforms(cls, value: object) -> object:
        names = _list(value)
        unknown = sorted(set(names) - set(PLATFORMS))
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is not one of {', '.join(PLATFORMS)}")
        if not names:
            raise ValueError(f"name at least one of {', '.join(PLATFORMS)}")
        return tuple(dict.fromkeys(names))

    @field_validator("admins", "only_to", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        names = _list(value)
        wrong = [name for name in names if ":" not in name]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is not an address; one looks like playground:ana")
        return frozenset(names)

    @property
    def is_loopback(self) -> bool:
        """Whether the web server can be reached from this machine alone."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def load(**given: object) -> Settings:
    """The settings as they are. Raises Wrong, with one line for each setting that cannot be used."""
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"INSTEP_{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}."
            for fault in error.errors()
        ]
        raise Wrong("\n".join(lines)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f".env cannot be read: {error}.") from None
    if "playground" in settings.platforms and not settings.is_loopback:
        raise Wrong(
            f"INSTEP_HOST: the playground lets anybody be anybody, so it is served on loopback only, not on {settings.host}."
        )
    return settings


def _list(value: object) -> list[str]:
    parts = (
        value.split(",")
        if isinstance(value, str)
        else list(value)
        if isinstance(value, (list, tuple, set, frozenset))
        else []
    )
    return [str(part).strip() for part in parts if str(part).strip()]
