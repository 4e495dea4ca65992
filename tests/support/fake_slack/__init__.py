"""A fake Slack on loopback: its Web API, Socket Mode, signed requests and OAuth. It keeps the truth.

fake = FakeSlack(limits=Limits())
await fake.start()
Settings(bot_token=fake.team.token, app_token=fake.app_token, api_url=fake.url)
...
fake.team.carrying("delivery-1")[0].posts
await fake.stop()
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal

from aiohttp import WSMsgType, web

from adapters.slack.manifest import manifest as current_manifest
from tests.support import slack_shapes
from tests.support.fake_slack.limits import NONE, Limits, Meter
from tests.support.fake_slack.methods import RULES, ApiError, MethodRule, Methods
from tests.support.fake_slack.slack_world import Json, Post, SlackChannel, SlackTeam, SlackUser, Url, View

__all__ = ["NONE", "FakeSlack", "Json", "Limits", "Post", "SlackChannel", "SlackTeam", "SlackUser", "View"]

Fault = Literal[
    "busy",
    "server error",
    "late server error",
    "timeout",
    "late timeout",
    "cut",
    "late cut",
    "html",
    "truncated",
]
"""How one call can fail; the late ones fail after they had their effect."""


class FakeSlack:
    """Slack, as one app sees it. `manifest` is what the app was made from: what is not in it is not delivered."""

    def __init__(self, limits: Limits = NONE, manifest: Json | None = None) -> None:
        self.manifest = manifest or current_manifest()
        self.meter = Meter(limits)
        self.limits = limits
        self.methods = Methods(time.time)
        self.app_token = "xapp-1-A1-fake"
        self.signing_secret = secrets.token_hex(16)
        self.client_id, self.client_secret = "1.1", secrets.token_hex(8)
        self.team = SlackTeam(token=f"xoxb-{secrets.token_hex(8)}", scopes=self.granted())
        self.teams: dict[str, SlackTeam] = {self.team.id: self.team}
        self.faults: list[tuple[str, Fault]] = []  # (method, how), each once
        self.refuse: dict[str, str] = {}  # the error a method answers with, from now on
        self.throttle_every = 0  # 429 on every so-manieth call
        self.retry_after = 0.01  # seconds, of a 429 that was ordered
        self.hang = 5.0  # seconds of a timeout
        self.calls: Counter[str] = Counter()
        self.errors: list[tuple[str, str]] = []  # (method, error) of every call that was refused
        self.organisation = False  # somebody installs into all of a company's workspaces at once
        self.codes: dict[str, SlackTeam] = {}
        self.urls: dict[str, Url] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.acks: dict[str, asyncio.Future[Json]] = {}
        self.connected, self.dropped = asyncio.Event(), asyncio.Event()
        self._news = asyncio.Condition()
        self._random = random.Random(1)

    def granted(self) -> frozenset[str]:
        """The scopes of an app made from the manifest, when nobody leaves out the optional ones."""
        return frozenset(self.manifest["oauth_config"]["scopes"]["bot"])

    def install(self, team: SlackTeam) -> SlackTeam:
        """A workspace gets the app."""
        team.token, team.scopes = f"xoxb-{team.id}-{secrets.token_hex(8)}", self.granted()
        self.teams[team.id] = team
        return team

    async def start(self) -> None:
        """Listens on loopback; `url` is where its API is from then on."""
        application = web.Application(client_max_size=2**24)
        application.router.add_post("/api/{method}", self._api)
        application.router.add_get("/link", self._link)
        application.router.add_post("/respond/{id}", self._respond)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.base}/api/"

    async def stop(self) -> None:
        """Everything ends."""
        for socket in list(self.sockets):
            await socket.close()
        await self._runner.cleanup()

    # The Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        try:
            return await self._called(request, method)
        finally:
            async with self._news:
                self._news.notify_all()

    async def called(self, method: str) -> None:
        """Waits until a method was called and has answered."""
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: self.calls[method] > 0)

    async def _called(self, request: web.Request, method: str) -> web.StreamResponse:
        low, high = self.limits.latency
        if high:
            await asyncio.sleep(self._random.uniform(low, high))
        fault = self._fault(method)
        if fault == "busy" or (self.throttle_every and sum(self.calls.values()) % self.throttle_every == 0):
            return _busy(self.retry_after)
        if fault == "server error":
            return web.Response(status=500, text="<html>our words</html>", content_type="text/html")
        if fault in {"timeout", "cut"}:
            return await self._fail(request, fault)
        rule = RULES.get(method)
        try:
            if rule is None:
                raise ApiError("unknown_method")
            given = await self._given(request, rule)
            team = self._team(request, method)
            self._may(team, rule)
            if method in self.refuse:
                raise ApiError(self.refuse[method])
            wait = self.meter.wait(team.id, method, str(given.get("channel", "")))
            if wait:
                return _busy(wait)
            answer = await self._answer(method, team, given)
        except ApiError as wrong:
            self.errors.append((method, str(wrong)))
            return web.json_response({"ok": False, "error": str(wrong)})
        if fault == "html":
            return web.Response(text="<html>our words</html>", content_type="text/html")
        if fault == "truncated":
            return web.Response(text='{"ok": tr', content_type="application/json")
        if fault == "late server error":
            return web.Response(status=503, text="{}", content_type="application/json")
        if fault is not None:
            return await self._fail(request, fault)
        scopes = {"X-OAuth-Scopes": ",".join(sorted(team.scopes))}
        return web.json_response({"ok": True, **answer}, headers=scopes)

    async def _answer(self, method: str, team: SlackTeam, given: Json) -> Json:
        if method == "apps.connections.open":
            return {"url": f"ws://127.0.0.1:{self.port}/link?ticket={secrets.token_hex(4)}"}
        if method == "oauth.v2.access":
            return self._oauth(given)
        handler: Callable[[SlackTeam, Json], Json] = getattr(self.methods, method.replace(".", "_").lower())
        return handler(team, given)

    def _fault(self, method: str) -> Fault | None:
        for at, (name, fault) in enumerate(self.faults):
            if name in (method, "*"):
                del self.faults[at]
                return fault
        return None

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.endswith("timeout"):
            await asyncio.sleep(self.hang)
        elif request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def _given(self, request: web.Request, rule: MethodRule) -> Json:
        if request.content_type == "application/json":
            if not rule.json:
                raise ApiError("invalid_post_type")
            given: Json = await request.json()
        else:
            form = await request.post()
            given = {name: str(value) for name, value in form.items()}
            if "view" in given or "blocks" in given:
                raise ApiError("invalid_post_type")
        if not rule.needs <= set(given) or not set(given) <= rule.needs | rule.takes:
            raise ApiError("invalid_arguments")
        return given

    def _team(self, request: web.Request, method: str) -> SlackTeam:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method == "oauth.v2.access":
            return self.team
        if method == "apps.connections.open":
            if token != self.app_token:
                raise ApiError("invalid_auth")
            return self.team
        for team in self.teams.values():
            if token and token == team.token:
                if team.expires_at and team.expires_at < self.methods.now():
                    raise ApiError("token_expired")
                return team
        raise ApiError("invalid_auth" if token else "not_authed")

    def _may(self, team: SlackTeam, rule: MethodRule) -> None:
        if not rule.scopes:
            return
        wanted = rule.scopes[0]
        held = (
            any(scope.endswith(wanted[1:]) for scope in team.scopes)
            if wanted.startswith("*")
            else any(scope in team.scopes for scope in rule.scopes)
        )
        if not held:
            raise ApiError("missing_scope")

    def _oauth(self, given: Json) -> Json:
        if (given["client_id"], given["client_secret"]) != (self.client_id, self.client_secret):
            raise ApiError("bad_client_secret")
        if given.get("grant_type") == "refresh_token":
            for team in self.teams.values():
                if team.refresh and team.refresh == given.get("refresh_token"):
                    return self._tokens(team)
            raise ApiError("invalid_refresh_token")
        found = self.codes.pop(str(given.get("code", "")), None)
        if found is None:
            raise ApiError("invalid_code")
        self.install(found)
        more = self._tokens(found) if found.expires_at else {}
        return {
            "access_token": found.token, "token_type": "bot", "scope": ",".join(sorted(found.scopes)),
            "bot_user_id": found.bot_user, "app_id": "A1", "team": {"id": found.id, "name": found.name},
            "enterprise": {"id": "E1"} if self.organisation else None, "is_enterprise_install": self.organisation, "authed_user": {"id": next(iter(found.people), "U1")}, **more,
        }  # fmt: skip

    def _tokens(self, team: SlackTeam) -> Json:
        """A new pair; the old refresh token is worth nothing any more."""
        team.token = f"xoxe.xoxb-{secrets.token_hex(8)}"
        team.refresh = f"xoxe-{secrets.token_hex(8)}"
        team.expires_at = self.methods.now() + 43_200
        return {
            "access_token": team.token, "refresh_token": team.refresh, "expires_in": 43_200, "token_type": "bot",
        }  # fmt: skip

    # response_url

    def url_for(self, team: SlackTeam, channel: str, user: str, post: Post | None = None) -> str:
        """A new response_url."""
        name = secrets.token_hex(6)
        self.urls[name] = Url(team.id, channel, user, post)
        return f"{self.base}/respond/{name}"

    async def _respond(self, request: web.Request) -> web.Response:
        url = self.urls.get(request.match_info["id"])
        if url is None or url.uses < 1 or url.until < time.monotonic():
            return web.Response(status=404, text="expired_url")
        if self._fault("response_url") == "busy":
            return _busy(self.retry_after)
        url.uses -= 1
        self.show(url, await request.json())
        return web.Response(text="ok")

    def show(self, url: Url, body: Mapping[str, Any]) -> None:
        """What an answer to an interaction shows. Both switches have to be given: their defaults surprise."""
        assert set(body) <= {"response_type", "replace_original", "text", "blocks"}, set(body)
        assert {"response_type", "replace_original"} <= set(body), set(body)
        slack_shapes.check_message({"text": body["text"], "blocks": body.get("blocks", [])})
        team = self.teams[url.team]
        if body["replace_original"]:
            assert url.post is not None
            url.post.text, url.post.blocks = body["text"], body.get("blocks", [])
            return
        only = url.user if body["response_type"] == "ephemeral" else ""
        team.put(Post(url.channel, team.ts(), team.bot_user, body["text"], body.get("blocks", []), only=only))

    # Socket Mode

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        self.connected.set()
        self.dropped.clear()
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    given = json.loads(message.data)
                    waiting = self.acks.get(given["envelope_id"])
                    if waiting is not None and not waiting.done():
                        waiting.set_result(given.get("payload") or {})
        finally:
            self.sockets.remove(socket)
            if not self.sockets:
                self.connected.clear()
                self.dropped.set()
        return socket

    async def drop_sockets(self) -> None:
        """The connection breaks, without a word."""
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()
        await self.dropped.wait()

    async def refresh_sockets(self) -> None:
        """Slack asks for a new connection, as it does every few hours."""
        for socket in list(self.sockets):
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})


def _busy(wait: float) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": f"{wait:.2f}"})
