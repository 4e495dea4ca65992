"""Settings, frozen, from the environment and a `.env` file; a mistake in one is told, never papered over."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.chat import registry
from bot.chat.registry import SettingsError


class Settings(BaseSettings):
    """What can be set of Instep itself; each platform has settings of its own (`bot/chat/registry.py`). The README's
    table is checked against all of them."""

    model_config = SettingsConfigDict(
        env_prefix="INSTEP_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = Field(
        default="sqlite:///instep.db",
        description="where everything is kept: an SQLite file, or `postgresql://…`",
    )
    platforms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("playground",),
        description=f"what to connect to, separated by commas: {', '.join(map('`{}`'.format, registry.ADAPTERS))}",
    )
    admins: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="addresses of the first admins, separated by commas, like `playground:ana` `slack:T024BE7LD:U024BE7LH` or `teams:TENANT:ENTRA-ID`",
    )
    host: str = Field(default="127.0.0.1", description="the address the web server listens on")
    port: int = Field(default=8080, ge=1, le=65535, description="its port")
    only_to: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="while trying out: write to these addresses only, separated by commas",
    )

    llm_url: str = Field(
        default="",
        description="a language model you run yourself, like `http://127.0.0.1:8000/v1`, asked about unsure lines while few are confirmed ([what it is sent](docs/tagging.md))",
    )
    llm_model: str = Field(default="", description="what the model is called there")
    llm_key: str = Field(default="", repr=False, description="its key, where it wants one")
    llm_calls: int = Field(default=200, ge=1, description="how often a day it is asked at most")

    @field_validator("llm_url")
    @classmethod
    def _model_at(cls, value: str) -> str:
        try:
            port = urlsplit(value).port
        except ValueError:
            port = -1
        told = urlsplit(value) if port != -1 else None
        if value and (told is None or told.scheme not in ("http", "https") or not told.hostname):
            raise ValueError("that is not an address; one looks like http://127.0.0.1:8000/v1")
        return value

    @field_validator("platforms", mode="before")
    @classmethod
    def _platforms(cls, value: object) -> object:
        names = registry.listed(value)
        known = ", ".join(registry.ADAPTERS)
        unknown = sorted(set(names) - set(registry.ADAPTERS))
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is not one of {known}")
        if not names:
            raise ValueError(f"name at least one of {known}")
        return tuple(dict.fromkeys(names))

    @field_validator("admins", "only_to", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        names = registry.listed(value)
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


def variables() -> dict[str, FieldInfo]:
    """Every setting there is, of Instep and of each platform, by what it is called in the environment."""
    found = {variable(name): field for name, field in Settings.model_fields.items()}
    for adapter in registry.every():
        for name, field in adapter.environment.model_fields.items():
            found[str(field.validation_alias or name)] = field
    return found


def variable(name: str) -> str:
    """What a setting of Instep itself is called in the environment."""
    return f"INSTEP_{name.upper()}"


def load(**given: object) -> Settings:
    """The settings as they are. Raises SettingsError, with one line for each setting that cannot be used."""
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{variable(str(fault['loc'][0]))}: {fault['msg'].removeprefix('Value error, ')}."
            for fault in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}.") from None
    for name in settings.platforms:
        adapter = registry.adapter(name)
        if adapter.rehearsed and len(settings.platforms) > 1:
            raise SettingsError(
                f"INSTEP_PLATFORMS: the {name} lets anybody be anybody, so nothing else runs beside it."
            )
        refused = registry.environment(name).refused_on(settings.host, is_loopback=settings.is_loopback)
        if refused:
            raise SettingsError(refused)
    if settings.llm_url and not settings.llm_model:
        raise SettingsError("INSTEP_LLM_MODEL: name the model that is to be asked at INSTEP_LLM_URL.")
    return settings
