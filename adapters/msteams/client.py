"""HTTP to Microsoft's services: one session, our tokens, and what can be known of a request that failed."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from adapters.msteams.settings import Settings
from bot.chat.platform import OutcomeUnknown, RateLimited, in_time

log = logging.getLogger(__name__)

Json: TypeAlias = dict[str, Any]

EARLY = 300.0  # seconds before a token's end at which it is fetched anew
REFUSED = 30.0  # seconds for which our credentials, once refused, are not tried again
AT_ONCE = 100  # connections
NOT_ACCEPTED = (
    "Microsoft does not accept the app: look at TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID. A client secret "
    "also ends by itself after some months."
)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: the status, the body where it was JSON, and how long we are asked to wait."""

    status: int
    body: Json | None = None
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The name of the error, as Microsoft gives it."""
        error = (self.body or {}).get("error")
        code = error.get("code") if isinstance(error, dict) else error
        return code if isinstance(code, str) else ""


@dataclass(slots=True)
class _Token:
    value: str = ""
    until: float = 0.0  # on the monotonic clock
    refused_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Client:
    """Requests with our token, each made once: nothing here is tried again by itself, but for a token that had
    expired."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._tokens: dict[str, _Token] = {}

    async def ask(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        body: Json | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """The answer, whatever its status. Raises RateLimited when nothing was sent, OutcomeUnknown when it may have
        arrived."""
        answer = Response(401)
        for _ in range(2):
            token = await self._token(scope)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await self._send(method, url, headers, body=body, params=params)
            if answer.status != 401:
                break
            self._tokens.pop(scope, None)  # it was revoked, or the secret is another one now
        return answer

    async def sign_in(self) -> None:
        """A token for the connector. Raises RateLimited when there is none to be had."""
        await self._token(self._settings.scope)

    async def fetch(self, url: str) -> Json:
        """A public document. Raises RateLimited when it cannot be had."""
        try:
            answer = await self._send("GET", url, {})
        except OutcomeUnknown as error:
            raise RateLimited(5, "Microsoft's keys could not be fetched") from error
        if answer.status != 200 or answer.body is None:
            raise RateLimited(5, "Microsoft's keys could not be fetched")
        return answer.body

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: Json | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                trace_configs=[_last_moment()],
            )
        target = URL(url, encoded=True).update_query(params or {})
        try:
            async with self._session.request(
                method, target, headers=headers, json=body, data=form, allow_redirects=False
            ) as response:
                raw = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise RateLimited(5, "Microsoft's service could not be reached") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise OutcomeUnknown("no clear answer came from Microsoft's service") from error
        return Response(response.status, _json(raw), _seconds(response.headers.get("Retry-After", "")))

    async def _token(self, scope: str) -> str:
        """A token for this scope, fetched once however many ask. Raises RateLimited when there is none to be had."""
        if self._settings.anonymous:
            return ""
        token = self._tokens.setdefault(scope, _Token())
        async with token.lock:
            now = time.monotonic()
            if token.until > now:
                return token.value
            if token.refused_until > now:
                raise RateLimited(REFUSED, NOT_ACCEPTED)
            form = {
                "grant_type": "client_credentials",
                "client_id": self._settings.app_id,
                "client_secret": self._settings.app_password,
                "scope": f"{scope}/.default",
            }
            url = f"{self._settings.login_url.rstrip('/')}/{self._settings.tenant_id}/oauth2/v2.0/token"
            try:
                answer = await self._send("POST", url, {}, form=form)
            except OutcomeUnknown as error:
                raise RateLimited(5, "Microsoft's sign-in did not answer") from error
            value = (answer.body or {}).get("access_token")
            if answer.status == 200 and isinstance(value, str) and value:
                token.value = value
                token.until = now + max(0.0, _number((answer.body or {}).get("expires_in")) - EARLY)
                return value
            if 400 <= answer.status < 500 and answer.status != 429:
                token.refused_until = now + REFUSED
                named = (answer.body or {}).get("error", "")
                log.error("%s (%s %s)", NOT_ACCEPTED, answer.status, named)
                raise RateLimited(REFUSED, NOT_ACCEPTED)
            raise RateLimited(answer.retry_after or REFUSED, "Microsoft's sign-in gave no token")


def _json(raw: bytes) -> Json | None:
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else {"value": read}


def _seconds(header: str) -> float | None:
    try:
        return max(0.0, float(header))
    except ValueError:
        return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float | str) and str(value).isdigit() else 0.0


def _last_moment() -> aiohttp.TraceConfig:
    """Asks once more, when the connection is there and nothing is written yet, whether a message may still leave."""

    async def check(*_: object) -> None:
        in_time()

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(check)
    trace.on_connection_reuseconn.append(check)
    return trace
