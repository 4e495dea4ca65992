"""Who may come in: tokens are checked by Microsoft's library, with keys that are fetched off its blocking way, and
strictly where it is lenient. This module alone imports botbuilder, and is imported when Teams is served.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter
from botbuilder.schema import Activity, ActivityTypes
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import (
    AuthenticateRequestResult,
    BotFrameworkAuthentication,
    BotFrameworkAuthenticationFactory,
    ClaimsIdentity,
    ConnectorFactory,
    JwtTokenExtractor,
    MicrosoftAppCredentials,
    PasswordServiceClientCredentialFactory,
    UserTokenClient,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from adapters.msteams.client import Client, Json
from adapters.msteams.inbound import RequestRefused
from adapters.msteams.settings import Settings, is_loopback
from bot.chat.platform import RateLimited

A_DAY = 24 * 3600.0  # seconds after which the keys are fetched anew
A_WHILE = 3600.0  # seconds between two fetches because of a key nobody knows
TRUSTED = 300.0  # seconds for which a token that was checked is not checked again: Microsoft sends one for an hour
TOKENS = 1_000  # that are remembered

# Its transport writes whole messages at DEBUG, and tokens at INFO.
for chatty in ("msrest", "msal", "urllib3", "botframework", "botbuilder"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class _Key:
    """A signing key, in the shape Microsoft's library looks for."""

    public_key: RSAPublicKey
    endorsements: tuple[str, ...]


class Keys:
    """The keys that Microsoft signs with. It takes the place of the library's own, which fetches with a blocking
    call."""

    def __init__(self, url: str, wire: Client) -> None:
        self._url = url
        self._wire = wire
        self._keys: Mapping[str, _Key] = {}
        self._fetched = -A_DAY
        self._lock = asyncio.Lock()

    async def get(self, name: str | None) -> _Key:
        """The key of this name. Raises PermissionError when there is none, RateLimited when they cannot be fetched."""
        async with self._lock:
            age = time.monotonic() - self._fetched
            if not self._keys or age > A_DAY or (name not in self._keys and age > A_WHILE):
                try:
                    self._keys = await self._fetch()
                    self._fetched = time.monotonic()
                except RateLimited:
                    if name not in self._keys:
                        raise
        if name is None or name not in self._keys:
            raise PermissionError("signed with a key that is not Microsoft's")
        return self._keys[name]

    async def _fetch(self) -> Mapping[str, _Key]:
        place = (await self._wire.fetch(self._url)).get("jwks_uri")
        if not isinstance(place, str) or not (urlsplit(place).scheme == "https" or is_loopback(place)):
            raise RateLimited(5, "Microsoft's keys could not be fetched")
        found = (await self._wire.fetch(place)).get("keys") or ()
        return {
            str(key["kid"]): _Key(_rsa(key), tuple(key.get("endorsements") or ()))
            for key in found
            if key.get("kty") == "RSA"
        }


class _Clients(ConnectorFactory):  # type: ignore[misc]
    """The library insists on a client of the connector for each turn; one for each service is enough, as nothing is
    sent through it: it blocks, and it loses what an error says."""

    def __init__(self) -> None:
        self._clients: dict[str, ConnectorClient] = {}

    async def create(self, service_url: str, audience: str | None = None) -> ConnectorClient:
        if service_url not in self._clients:
            self._clients[service_url] = ConnectorClient(MicrosoftAppCredentials.empty(), service_url)
        return self._clients[service_url]


class _Authentication(BotFrameworkAuthentication):  # type: ignore[misc]
    """The library's check of a token, and what it leaves out."""

    def __init__(self, settings: Settings, wire: Client) -> None:
        self._settings = settings
        self._clients = _Clients()
        self._checked: OrderedDict[str, tuple[float, AuthenticateRequestResult]] = OrderedDict()
        JwtTokenExtractor.metadataCache[settings.openid_url] = Keys(settings.openid_url, wire)
        self._inner = BotFrameworkAuthenticationFactory.create(
            validate_authority=True,
            to_channel_from_bot_login_url=settings.login_url,
            to_channel_from_bot_oauth_scope=settings.scope,
            to_bot_from_channel_token_issuer=settings.issuer,
            oauth_url=settings.scope,
            to_bot_from_channel_open_id_metadata_url=settings.openid_url,
            to_bot_from_emulator_open_id_metadata_url=settings.openid_url,
            caller_id="",
            credential_factory=PasswordServiceClientCredentialFactory(
                settings.app_id, settings.app_password, settings.tenant_id
            ),
        )

    async def authenticate_request(self, activity: Activity, auth_header: str) -> AuthenticateRequestResult:
        """Raises PermissionError for a token that is not Microsoft's, for us, and for this service."""
        until, result = self._checked.get(auth_header, (0.0, None))
        if result is None or until < time.time():
            until, result = await self._check(activity, auth_header)
            self._checked[auth_header] = until, result
            if len(self._checked) > TOKENS:
                self._checked.popitem(last=False)
        if not activity.service_url or result.claims_identity.claims.get("serviceurl") != activity.service_url:
            raise PermissionError("a token for another service")
        return result

    async def _check(self, activity: Activity, auth_header: str) -> tuple[float, AuthenticateRequestResult]:
        """The result, and until when it may be believed."""
        # Tokens of other issuers (emulator, skills) take ways through the library that look at less.
        if _unchecked(auth_header).get("iss") != self._settings.issuer:
            raise PermissionError("a token of another issuer")
        result = await self._inner.authenticate_request(activity, auth_header)
        claims: Mapping[str, Any] = result.claims_identity.claims
        if claims.get("aud") != self._settings.app_id or "exp" not in claims:
            raise PermissionError("a token for somebody else, or without an end")
        result.connector_factory = self._clients
        return min(time.time() + TRUSTED, float(claims["exp"])), result

    async def unchecked(self) -> AuthenticateRequestResult:
        """What stands for a check in trials on this machine."""
        result = AuthenticateRequestResult()
        result.claims_identity = ClaimsIdentity({}, True)
        result.audience = self._settings.scope
        result.connector_factory = self._clients
        return result

    async def authenticate_streaming_request(
        self, auth_header: str, channel_id_header: str
    ) -> AuthenticateRequestResult:
        raise PermissionError("there is no streaming here")

    def create_connector_factory(self, claims_identity: ClaimsIdentity) -> ConnectorFactory:
        return self._clients

    async def create_user_token_client(self, claims_identity: ClaimsIdentity) -> UserTokenClient | None:
        """None: nobody signs in through us."""
        return None


class Authenticator:
    """One activity in, its answer out: everything the library does for us."""

    def __init__(self, settings: Settings, wire: Client) -> None:
        self._settings = settings
        self._authentication = _Authentication(settings, wire)
        self._adapter = CloudAdapter(self._authentication)

    async def enter(
        self, raw: Json, header: str, hear: Callable[[], Awaitable[Json | None]]
    ) -> tuple[int, Json | None]:
        """Check it, have it heard, and give the status and the body of the answer.

        Raises RequestRefused for what is not to be heard, RateLimited when Microsoft's keys cannot be had; what `hear`
        raises goes through.
        """
        kind, service, channel = (raw.get(name) for name in ("type", "serviceUrl", "channelId"))
        if not isinstance(kind, str) or not isinstance(service, str) or not service:
            raise RequestRefused(400, "An activity names its service.")
        # As much of it as the library looks at: taking all of it apart costs more than everything else together.
        activity = Activity(type=kind, service_url=service, channel_id=channel if isinstance(channel, str) else "")
        result = await self._admitted(activity, header)

        async def turn(context: TurnContext) -> None:
            body = await hear()
            if activity.type == ActivityTypes.invoke:
                answer = InvokeResponse(status=200, body=body)
                await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=answer))

        response = await self._adapter.process_activity(result, activity, turn)
        return (response.status, response.body) if response is not None else (200, None)

    async def _admitted(self, activity: Activity, header: str) -> AuthenticateRequestResult:
        if self._settings.anonymous:
            if not is_loopback(activity.service_url):
                raise RequestRefused(403, "Without authentication only services of this machine are listened to.")
            return await self._authentication.unchecked()
        if not header:
            raise RequestRefused(401, "Who is asking?")
        try:
            return await self._authentication.authenticate_request(activity, header)
        except RateLimited:
            raise
        except Exception as error:
            raise RequestRefused(401, "That token is not accepted.") from error


def _unchecked(header: str) -> dict[str, Any]:
    """What a token says of itself, whoever signed it."""
    try:
        body = header.split(" ")[1].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _rsa(key: Mapping[str, str]) -> RSAPublicKey:
    e, n = (int.from_bytes(base64.urlsafe_b64decode(key[name] + "=" * (-len(key[name]) % 4))) for name in ("e", "n"))
    return RSAPublicNumbers(e, n).public_key()
