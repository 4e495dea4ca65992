"""Settings, frozen, from the environment and a `.env` file; a mistake in one is told, never papered over."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PLATFORMS = ("playground", "slack", "teams")


class SettingsError(Exception):
    """A setting cannot be used; the text names it and says what would do."""


class Settings(BaseSettings):
    """Everything that can be set. The README's table is checked against this class."""

    model_config = SettingsConfigDict(
        env_prefix="INSTEP_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = Field(
        default="sqlite:///instep.db",
        description="where everything is kept: an SQLite file, or `postgresql://…`",
    )
    platforms: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("playground",),
        description="what to connect to, separated by commas: `playground`, `slack`, `teams`",
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

    secret_key: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        repr=False,
        description="keys that encrypt tokens at rest, separated by commas; the first one encrypts",
    )
    slack_bot_token: str = Field(
        default="",
        validation_alias="SLACK_BOT_TOKEN",
        repr=False,
        description="Slack, one workspace: `xoxb-…`",
    )
    slack_app_token: str = Field(
        default="",
        validation_alias="SLACK_APP_TOKEN",
        repr=False,
        description="Slack by Socket Mode: `xapp-…`",
    )
    slack_signing_secret: str = Field(
        default="",
        validation_alias="SLACK_SIGNING_SECRET",
        repr=False,
        description="Slack by HTTP at `/slack/events`",
    )
    slack_client_id: str = Field(
        default="",
        validation_alias="SLACK_CLIENT_ID",
        description="Slack, several workspaces, at `/slack/install`",
    )
    slack_client_secret: str = Field(
        default="", validation_alias="SLACK_CLIENT_SECRET", repr=False, description="the same, its secret"
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", validation_alias="SLACK_API_URL", description="where Slack's API is"
    )

    @field_validator("secret_key", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        return tuple(_list(value))

    teams_app_id: str = Field(
        default="", validation_alias="TEAMS_APP_ID", description="Teams: the app registration, a GUID"
    )
    teams_app_password: str = Field(
        default="",
        validation_alias="TEAMS_APP_PASSWORD",
        repr=False,
        description="its client secret (the value, not its id)",
    )
    teams_tenant_id: str = Field(
        default="", validation_alias="TEAMS_TENANT_ID", description="the tenant it is registered in, a GUID"
    )
    teams_tenant_ids: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        validation_alias="TEAMS_TENANT_IDS",
        description="tenants that may use it, separated by commas; none named: its own",
    )
    teams_catalog_id: str = Field(
        default="",
        validation_alias="TEAMS_CATALOG_ID",
        description="its id in your organisation’s catalogue, to let it add itself for people",
    )
    teams_allow_unauthenticated_loopback: bool = Field(
        default=False,
        validation_alias="TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK",
        description="for trials on one machine: nobody’s identity is checked",
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

    @field_validator("teams_tenant_ids", mode="before")
    @classmethod
    def _tenants(cls, value: object) -> object:
        return frozenset(_list(value))

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


def variable(name: str) -> str:
    """What a setting is called in the environment."""
    field = Settings.model_fields.get(name)
    alias = field.validation_alias if field is not None else name
    return alias if isinstance(alias, str) and alias.isupper() else f"INSTEP_{name.upper()}"


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
    if "playground" in settings.platforms and len(settings.platforms) > 1:
        raise SettingsError(
            "INSTEP_PLATFORMS: the playground lets anybody be anybody, so nothing else runs beside it."
        )
    if "playground" in settings.platforms and not settings.is_loopback:
        raise SettingsError(
            f"INSTEP_HOST: the playground lets anybody be anybody, so it is served on loopback only, not on {settings.host}."
        )
    if (
        "teams" in settings.platforms
        and settings.teams_allow_unauthenticated_loopback
        and not settings.is_loopback
    ):
        raise SettingsError(
            "TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: nobody’s identity is checked then, so it is served on loopback "
            f"only, not on {settings.host}."
        )
    if settings.llm_url and not settings.llm_model:
        raise SettingsError("INSTEP_LLM_MODEL: name the model that is to be asked at INSTEP_LLM_URL.")
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
