"""What the Teams adapter has to be told, and where Microsoft's services are."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from bot.chat import registry
from bot.chat.platform import Pace

# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: requests, in so many seconds. Microsoft
# calls them estimates, and blocks a bot that keeps going over them.
OF_A_CONVERSATION = ((7, 1), (8, 2), (60, 30), (1_800, 3_600))
OF_A_TENANT = ((50, 1),)


def keeping(limits: tuple[tuple[int, int], ...], *, burst: int) -> Pace:
    """The fastest pace that keeps all of these limits when it begins with a burst of so many."""
    return Pace(min((most - burst) / seconds for most, seconds in limits if most > burst), burst)


PACE = keeping(OF_A_TENANT, burst=1)
CONVERSATION_PACE = keeping(OF_A_CONVERSATION, burst=OF_A_CONVERSATION[0][0])


@dataclass(frozen=True, slots=True)
class Settings:
    """The app registration, whom it serves, and the places of Microsoft's services.

    `tenants` is the allow-list; empty means `tenant_id` alone. `catalog_id` is the app's id in the organisation's
    catalogue, with which it may add itself for people through Graph. `anonymous` switches every check of
    identity off, for trials on this machine: only loopback is listened to and spoken to then. Raises ValueError,
    in words, for what cannot work.
    """

    app_id: str
    app_password: str
    tenant_id: str
    tenants: frozenset[str] = frozenset()
    catalog_id: str = ""
    anonymous: bool = False
    login_url: str = "https://login.microsoftonline.com"
    openid_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    graph_url: str = "https://graph.microsoft.com/v1.0"
    service_url: str = "https://smba.trafficmanager.net/teams/"  # of people nothing was heard from yet
    issuer: str = "https://api.botframework.com"  # of the tokens we are sent
    scope: str = "https://api.botframework.com"  # of the tokens we send
    largest: int = 512 * 1024  # bytes of one request's body
    patience: float = 7.0  # seconds until a request is acknowledged with its answer still to come; Teams waits 10
    timeout: float = 9.0  # seconds we wait for one answer of Microsoft's
    pace: Pace | None = PACE
    conversation_pace: Pace | None = CONVERSATION_PACE

    def __post_init__(self) -> None:
        # An empty id switches authentication off in Microsoft's library.
        for name in ("tenant_id",) if self.anonymous else ("app_id", "app_password", "tenant_id"):
            if not str(getattr(self, name)).strip():
                raise ValueError(f"Teams needs TEAMS_{name.upper()}.")

    @property
    def serves(self) -> frozenset[str]:
        """Tenants that are listened to, in small letters."""
        return frozenset(tenant.lower() for tenant in self.tenants or {self.tenant_id} if tenant)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Environment(registry.Environment):
    """The app registration and whom it serves, by the names people set them under."""

    app_id: str = Field(default="", validation_alias="TEAMS_APP_ID", description="Teams: the app registration, a GUID")
    app_password: str = Field(
        default="",
        validation_alias="TEAMS_APP_PASSWORD",
        repr=False,
        description="its client secret (the value, not its id)",
    )
    tenant_id: str = Field(
        default="", validation_alias="TEAMS_TENANT_ID", description="the tenant it is registered in, a GUID"
    )
    tenant_ids: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        validation_alias="TEAMS_TENANT_IDS",
        description="tenants that may use it, separated by commas; none named: its own",
    )
    catalog_id: str = Field(
        default="",
        validation_alias="TEAMS_CATALOG_ID",
        description="its id in your organisation’s catalogue, to let it add itself for people",
    )
    allow_unauthenticated_loopback: bool = Field(
        default=False,
        validation_alias="TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK",
        description="for trials on one machine: nobody’s identity is checked",
    )

    @field_validator("tenant_ids", mode="before")
    @classmethod
    def _tenants(cls, value: object) -> object:
        return frozenset(registry.listed(value))

    def refused_on(self, host: str, *, is_loopback: bool) -> str:
        """Without any check of identity only this machine is served."""
        if not self.allow_unauthenticated_loopback or is_loopback:
            return ""
        return (
            "TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: nobody’s identity is checked then, so it is served on loopback "
            f"only, not on {host}."
        )

    def settings(self) -> Settings:
        """The same, with what is not set from outside. Raises ValueError, in words, for what cannot work."""
        return Settings(
            app_id=self.app_id,
            app_password=self.app_password,
            tenant_id=self.tenant_id,
            tenants=self.tenant_ids,
            catalog_id=self.catalog_id,
            anonymous=self.allow_unauthenticated_loopback,
        )
