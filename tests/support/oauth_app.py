"""The far side of an app for several workspaces, and a browser that installs it."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession, web
from cryptography.fernet import Fernet

from adapters.slack import adapter
from adapters.slack.settings import Settings
from bot.chat.events import Event, Hear, InboundEvent, Keep, Reply
from bot.chat.platform import Store
from tests.support.fake_slack import FakeSlack, SlackTeam
from tests.support.fake_slack.slack_actions import Hands
from tests.support.slack_harness import MemoryStore

KEY = Fernet.generate_key().decode()


class House:
    """The adapter with its doors open. What is heard is noted, unless there is somebody to `listen`."""

    def __init__(self, store: Store | None = None) -> None:
        self.fake = FakeSlack()
        self.fake.teams.clear()
        self.texts = MemoryStore()
        self.store = store or self.texts
        self.events: list[Event] = []
        self.reply: Reply = None
        self.hear: Hear = self._note
        self.keep: Keep = self._refuse

    def listen(self, hear: Hear, keep: Keep) -> None:
        """From the next start on."""
        self.hear, self.keep = hear, keep

    async def _note(self, event: Event) -> Reply:
        self.events.append(event)
        return self.reply

    async def _refuse(self, event: InboundEvent) -> None:
        raise AssertionError(event)

    def settings(self, **more: Any) -> Settings:
        given = {
            "client_id": self.fake.client_id, "client_secret": self.fake.client_secret, "secret_keys": (KEY,),
            "signing_secret": self.fake.signing_secret, "api_url": self.fake.url,
        }  # fmt: skip
        return Settings(**given | more)

    async def start(self, **more: Any) -> None:
        self.platform = adapter.build(self.settings(**more), self.store)
        application = web.Application()
        self.platform.mount(application, self.hear, self.keep)
        self.runner = web.AppRunner(application, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        self.hands = Hands(self.fake, app_url=self.url)

    async def stop(self) -> None:
        await self.hands.close()
        await self.runner.cleanup()
        await self.platform.close()

    async def install(self, team: SlackTeam, *, cookie: bool = True, **query: str) -> tuple[int, str]:
        """As a browser does it: the first page, Slack's, and back with a code."""
        async with ClientSession() as browser:
            async with browser.get(f"{self.url}/slack/install", allow_redirects=False) as first:
                assert first.status == 302
                link = first.headers["Location"]
                cookies: SimpleCookie = SimpleCookie(first.headers["Set-Cookie"])
            (morsel,) = cookies.values()
            assert morsel["secure"]
            assert link.startswith(f"{self.fake.base}/oauth/v2/authorize?")
            asked = parse_qs(urlsplit(link).query)
            assert set(asked["scope"][0].split(",")) == self.fake.granted()
            self.fake.codes["a-code"] = team
            given = {"code": "a-code", "state": asked["state"][0]} | query
            headers = {"Cookie": f"{morsel.key}={morsel.value}"} if cookie else {}
            async with browser.get(f"{self.url}/slack/oauth_redirect", params=given, headers=headers) as answer:
                return answer.status, await answer.text()
