"""The pages of an installation by OAuth: somebody asks for it, agrees in Slack, and comes back with a code."""

from __future__ import annotations

import html
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from logging import Logger
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Installation as Told
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.slack import manifest
from adapters.slack.client import QUIET, Api, SlackRefused
from adapters.slack.workspaces import Installation, Workspaces
from bot.chat.platform import PlatformError, Store

log = logging.getLogger(__name__)

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
STATE = "slack:state:"
STATE_LIVES = 600  # seconds between the first page and the last

Installed = Callable[[str, str, str], Awaitable[None]]
"""Told of a workspace's id and name, and of who installed us, once it is kept."""

_WHY = {
    "access_denied": "You did not agree in Slack, so nothing was installed.",
    "invalid_browser": (
        "The browser did not bring back what it was given at the start. Begin again, in the same browser, and over "
        "https: over plain http the cookie this needs is not sent."
    ),
    "invalid_state": "That took longer than ten minutes, or was used before. Begin again.",
    "invalid_code": "Slack did not accept the code it gave. Begin again; if it stays, check SLACK_CLIENT_SECRET.",
    "missing_code": "Slack sent no code along. Begin again.",
    "storage_error": "Slack agreed, but Instep could not keep it. The log says why.",
    "enterprise": "Instep is installed in one workspace at a time, not in a whole organisation. Choose a workspace.",
}


class OAuthPages:
    """`/slack/install` and `/slack/oauth_redirect`."""

    def __init__(self, workspaces: Workspaces, store: Store, *, client_id: str, client_secret: str) -> None:
        self._workspaces = workspaces
        self._store = store
        self._client_id = client_id
        self._client_secret = client_secret

    def mount(self, application: web.Application, installed: Installed) -> None:
        """Adds the two pages. The flow is made at startup: its client belongs to the running loop."""
        self._installed = installed
        application.router.add_get(INSTALL_PATH, self._install)
        application.router.add_get(REDIRECT_PATH, self._redirect)

    async def _install(self, request: web.Request) -> web.Response:
        return await to_aiohttp_response(await self._flow().handle_installation(_bolt(request)))

    async def _redirect(self, request: web.Request) -> web.Response:
        try:
            answered = await self._flow().handle_callback(_bolt(request))
        except (PlatformError, KeyError, OSError) as error:
            log.error("an installation could not be kept: %s", type(error).__name__)
            answered = _page(502, "Not installed", "Slack did not answer as expected. Begin again in a moment.")
        return await to_aiohttp_response(answered)

    def _flow(self) -> AsyncOAuthFlow:
        api = self._workspaces.api
        return _Flow(
            api,
            client=api.client(),
            logger=QUIET,
            settings=AsyncOAuthSettings(
                client_id=self._client_id,
                client_secret=self._client_secret,
                scopes=[*manifest.SCOPES, *manifest.OPTIONAL_SCOPES],
                user_scopes=[],
                install_path=INSTALL_PATH,
                install_page_rendering_enabled=False,  # straight on to Slack, whose page says all there is to say
                redirect_uri_path=REDIRECT_PATH,
                authorization_url=api.authorize_url,
                installation_store=_InstallationStore(self._workspaces),
                state_store=_States(self._store),
                callback_options=AsyncCallbackOptions(self._came_back, self._turned_back),
                logger=QUIET,
            ),
        )

    async def _came_back(self, args: AsyncSuccessArgs) -> BoltResponse:
        told = args.installation
        if not told.team_id or told.is_enterprise_install:
            return _page(400, "Not installed", _WHY["enterprise"])
        await self._installed(told.team_id, told.team_name or told.team_id, told.user_id or "")
        name = html.escape(told.team_name or "your workspace")
        return _page(200, "Installed", f"Instep is in {name} now. Open it in Slack, and say help.")

    async def _turned_back(self, args: AsyncFailureArgs) -> BoltResponse:
        reason = _WHY.get(args.reason, "Slack says that something went wrong. Begin again.")
        return _page(args.suggested_status_code, "Not installed", reason)


class _Flow(AsyncOAuthFlow):
    """Bolt's flow, whose two calls to Slack are made by us: with our patience, and our names for what goes wrong."""

    def __init__(self, api: Api, **given: Any) -> None:
        super().__init__(**given)
        self._api = api

    async def run_installation(self, code: str) -> Told | None:
        """What Slack gives for the code; None when it does not take it. Raises RateLimited or OutcomeUnknown."""
        try:
            told = await self._api.call(
                "oauth.v2.access", "", code=code, client_id=self.settings.client_id,
                client_secret=self.settings.client_secret,
            )  # fmt: skip
            us = await self._api.call("auth.test", str(told["access_token"]))
        except SlackRefused:
            return None
        team = told.get("team") or {}
        return Told(
            team_id=team.get("id"), team_name=team.get("name"), user_id=(told.get("authed_user") or {}).get("id", ""),
            bot_token=told["access_token"], bot_id=us.get("bot_id"), bot_user_id=told.get("bot_user_id"),
            bot_refresh_token=told.get("refresh_token"), bot_token_expires_in=told.get("expires_in"),
            is_enterprise_install=bool(told.get("is_enterprise_install")),
        )  # fmt: skip


class _InstallationStore(AsyncInstallationStore):
    """What Bolt's flow saves an installation with: our own, encrypted."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    @property
    def logger(self) -> Logger:
        return QUIET

    async def async_save(self, installation: Told) -> None:
        if not installation.team_id or installation.is_enterprise_install:
            return  # told to the person on the page that follows
        await self._workspaces.keep(
            Installation(
                team=installation.team_id,
                name=installation.team_name or installation.team_id,
                token=installation.bot_token or "",
                bot_user=installation.bot_user_id or "",
                bot=installation.bot_id or "",
                refresh=installation.bot_refresh_token or "",
                expires_at=float(installation.bot_token_expires_at or 0),
                installer=installation.user_id or "",
            )
        )


class _States(AsyncOAuthStateStore):
    """Each installation under way has a word that comes back once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def logger(self) -> Logger:
        return QUIET

    async def async_issue(self, *args: Sequence[object], **kwargs: object) -> str:
        for key, until in (await self._store.every(STATE)).items():
            if float(until) < time.time():
                await self._store.drop(key)
        state = secrets.token_urlsafe(24)
        await self._store.put({f"{STATE}{state}": str(time.time() + STATE_LIVES)})
        return state

    async def async_consume(self, state: str) -> bool:
        until = await self._store.get(f"{STATE}{state}")
        await self._store.drop(f"{STATE}{state}")
        return until is not None and float(until) > time.time()


def _bolt(request: web.Request) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))


def _page(status: int, title: str, words: str) -> BoltResponse:
    body = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Instep: {title}</title>"
        "<meta name=viewport content='width=device-width'>"
        "<body style='font:18px/1.5 system-ui;max-width:36rem;margin:15vh auto;padding:0 1rem'>"
        f"<h1>{title}</h1><p>{words}</p>"
        + ("" if status == 200 else f"<p><a href='{INSTALL_PATH}'>Begin again</a></p>")
    )
    return BoltResponse(status=status, body=body, headers={"content-type": "text/html; charset=utf-8"})
