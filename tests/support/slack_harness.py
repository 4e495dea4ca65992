"""The far side of Slack for the laws: the fake, people at it, and what they read."""

from __future__ import annotations

import html
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from aiohttp import web

from adapters.slack.adapter import Slack, build
from adapters.slack.settings import Settings
from bot.chat.events import Hear, Keep
from bot.chat.inbound import Patience
from tests.support import slack_shapes
from tests.support.fake_slack import FakeSlack, Json, Limits, Post, SlackChannel, SlackUser, View
from tests.support.fake_slack.limits import NONE
from tests.support.fake_slack.slack_actions import Hands, controls, signed
from tests.support.harness import Dialog, Fault, Forgery, Shown, Somebody

LARGEST = 64 * 1024


class MemoryStore:
    """A store in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.texts.get(key)

    async def put(self, texts: Mapping[str, str]) -> None:
        self.texts.update(texts)

    async def drop(self, prefix: str) -> None:
        for key in [key for key in self.texts if key.startswith(prefix)]:
            del self.texts[key]

    async def every(self, prefix: str) -> Mapping[str, str]:
        return {key: text for key, text in self.texts.items() if key.startswith(prefix)}


class SlackRig:
    """Slack over Socket Mode, or over HTTP."""

    ways = ("slash in a DM", "slash in a channel", "mention in a channel", "mention in a DM")
    deadline = 3.0
    patience = Patience(answer=0.5, keep=2.0)
    modal = 0.2

    def __init__(self, transport: str = "socket", limits: Limits = NONE, **settings: Any) -> None:
        self.transport = transport
        self.fake = FakeSlack(limits)
        self.fake.hang = 0.6
        self.store = MemoryStore()
        self._settings = settings
        team = self.fake.team
        team.add(
            SlackUser("U1ANA", "Ana Duarte", "Europe/Lisbon"),
            SlackUser("U2BEN", "Ben Okafor", "Africa/Lagos"),
        )
        team.add(SlackUser("U3ZOE", "Zoe Left", more={"deleted": True}))
        team.channels["C1PLATFORM"] = SlackChannel("C1PLATFORM", "platform", ["U1ANA", "U2BEN"])
        team.channels["C2OLD"] = SlackChannel("C2OLD", "old", ["U1ANA"], more={"is_archived": True})
        team.channels["C3AWAY"] = SlackChannel("C3AWAY", "away", ["U1ANA"], bot=False)

    @classmethod
    def unhurried(cls, transport: str = "socket") -> SlackRig:
        """One before the real product: a machine that stands still for a moment must not look like a slow reply."""
        return cls(transport, patience=Patience(answer=2.0, keep=0.5), modal=1.5, timeout=5.0, ping=0.5)

    async def start(self, hear: Hear, keep: Keep) -> None:
        await self.fake.start()
        self.settings = Settings(
            bot_token=self.fake.team.token,
            app_token=self.fake.app_token if self.transport == "socket" else "",
            signing_secret=self.fake.signing_secret,
            api_url=self.fake.url,
            largest=LARGEST,
            timeout=0.4,
            ping=0.1,
        )
        self.settings = replace(self.settings, **{"patience": self.patience, "modal": self.modal, **self._settings})
        self.platform: Slack = build(self.settings, self.store)
        self.application = web.Application()
        self.platform.mount(self.application, hear, keep)
        self._runner = web.AppRunner(self.application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.hands = Hands(self.fake, app_url=self.url if self.transport == "http" else "")

    async def stop(self) -> None:
        await self.hands.close()
        await self._runner.cleanup()
        await self.platform.close()
        await self.fake.stop()

    # The world

    def a_person(self) -> Somebody:
        return Somebody("slack:T1:U1ANA", "slack:T1:U1ANA", "Ana Duarte")

    def another(self) -> Somebody:
        return Somebody("slack:T1:U2BEN", "slack:T1:U2BEN", "Ben Okafor")

    def a_channel(self) -> str:
        return "slack:T1:C1PLATFORM"

    def gone(self) -> Sequence[str]:
        return (
            "slack:T1:U3ZOE",
            "slack:T1:U9NOBODY",
            "slack:T1:C2OLD",
            "slack:T1:C3AWAY",
            "slack:T1:C9NONE",
            "slack:T9:U1",
        )

    def an_outsider(self) -> Somebody:
        self.fake.team.add(SlackUser("U7GUEST", "Gus Guest", more={"is_restricted": True}))
        self.fake.team.channels["C1PLATFORM"].members.append("U7GUEST")
        return Somebody("slack:T1:U7GUEST", "slack:T1:U7GUEST", "Gus Guest")

    async def becomes(self, person: Somebody, *, outsider: bool) -> None:
        one = self.fake.team.people[_bare(person.id)]
        one.more["is_restricted"] = outsider
        await self.hands.event({"type": "user_change", "user": one.told("T1")})

    def shares(self) -> None:
        self.fake.team.channels["C1PLATFORM"].more["is_ext_shared"] = True

    # What people do

    async def say(self, person: Somebody, words: str) -> None:
        await self.hands.types(_bare(person.id), words)
        await self.settle()

    async def again(self) -> None:
        await self.hands.again()
        await self.settle()

    async def command(self, person: Somebody, words: str, way: str) -> Dialog | None:
        user = _bare(person.id)
        before = len(self._modals(user))
        match way:
            case "slash in a DM":
                await self.hands.commands(user, words)
            case "slash in a channel":
                await self.hands.commands(user, words, "C1PLATFORM")
            case "mention in a channel":
                await self.hands.mentions(user, "C1PLATFORM", words)
            case _:
                bot = self.fake.team.bot_user
                await self.hands.types(user, f"\x01@{bot}\x02 {words}")
        await self.settle()
        if len(self._modals(user)) == before and way.startswith("mention"):
            # A mention opens nothing; the form is offered behind a button, and one tap opens it.
            where = "C1PLATFORM" if "channel" in way else self.fake.team.dm(user)
            for post in reversed(self.fake.team.seen(where, user)):
                found = [c for c in controls(post.blocks) if '"open"' in c[1].get("value", "")]
                if found and post is self.fake.team.seen(where, user)[-1]:
                    await self.hands.taps(user, post, found[0][1])
                    await self.settle()
        return self._opened(user, before)

    async def press(self, person: Somebody, where: str, label: str) -> Dialog | None:
        user = _bare(person.id)
        before = len(self._modals(user))
        for post in reversed(self.fake.team.seen(self._place(where), user)):
            for name, element, option in controls(post.blocks):
                if name == label:
                    await self.hands.taps(user, post, element, option)
                    await self.settle()
                    return self._opened(user, before)
        raise AssertionError(f"{person.name} sees nothing called {label!r} in {where}")

    async def submit(
        self, person: Somebody, dialog: Dialog, values: Mapping[str, str | tuple[str, ...]]
    ) -> Dialog | None:
        view = cast(View, dialog.handle)
        await self.hands.submits(view, values)
        await self.settle()
        if view not in self._modals(view.user):
            return None
        return dialog_of(view, values if view.errors else {})

    async def suggest(self, person: Somebody, dialog: Dialog, name: str, typed: str) -> Sequence[str]:
        options = await self.hands.suggests(cast(View, dialog.handle), name, typed)
        return [option["text"]["text"] for option in options]

    async def knock(self, person: Somebody, words: str) -> None:
        await self.hands.types(_bare(person.id), words)

    async def settle(self) -> None:
        assert self.platform.listener is not None
        await self.platform.listener.intake.settle()

    # What people see

    async def shown(self, where: str, as_seen_by: Somebody) -> Sequence[Shown]:
        """Theirs to read; what they typed themselves in a channel stands there for everybody."""
        return [
            read(post) for post in self.fake.team.seen(self._place(where), _bare(as_seen_by.id))
            if post.by == self.fake.team.bot_user
        ]  # fmt: skip

    def window(self, person: Somebody) -> Shown | None:
        stack = self._modals(_bare(person.id))
        return read(Post("window", "0", "", "", stack[-1].shown["blocks"])) if stack else None

    async def home(self, person: Somebody) -> Shown | None:
        await self.hands.opens_home(_bare(person.id))
        await self.settle()
        view = self.fake.team.homes.get(_bare(person.id))
        return read(Post("home", "0", "", "", view["blocks"])) if view else None

    # What goes wrong

    def break_next(self, fault: Fault) -> None:
        self.fake.faults.append(("chat.postMessage", fault))

    def forge(self) -> Sequence[Forgery]:
        if self.transport == "socket":
            return (self._forgery("a request where there is only a socket", 404, b"{}"),)
        secret = self.fake.signing_secret
        event = {
            "type": "event_callback", "team_id": "T1", "event_id": "Ev1",
            "event": {"type": "message", "channel_type": "im", "channel": "DU1ANA", "user": "U1ANA", "text": "hello", "ts": "1.1"},
        }  # fmt: skip
        good = json.dumps(event).encode()
        kind = "application/json"
        form = "application/x-www-form-urlencoded"

        def sent(name: str, expected: int, body: bytes, content: str = kind, **changes: str) -> Forgery:
            return self._forgery(name, expected, body, signed(secret, body, content) | changes)

        foreign = json.dumps(event | {"team_id": "T9"}).encode()
        return (
            self._forgery("unsigned", 401, good, {"Content-Type": kind}),
            sent("another signature", 401, good, **{"X-Slack-Signature": "v0=" + "0" * 64}),
            sent("no signature", 401, good, **{"X-Slack-Signature": ""}),
            sent("a signature that is none", 401, good, **{"X-Slack-Signature": "ü"}),
            sent("no time", 401, good, **{"X-Slack-Request-Timestamp": ""}),
            sent("a time that is none", 401, good, **{"X-Slack-Request-Timestamp": "soon"}),
            sent("a time beyond all", 401, good, **{"X-Slack-Request-Timestamp": "9" * 400}),
            self._forgery("stale", 401, good, signed(secret, good, kind, at=_ago(301))),
            self._forgery("from the future", 401, good, signed(secret, good, kind, at=_ago(-301))),
            self._forgery("another secret", 401, good, signed("x" * 32, good, kind)),
            self._forgery("another body", 401, good + b" ", signed(secret, good, kind)),
            sent("another workspace", 403, foreign),
            sent("too much", 413, b"x" * (LARGEST + 1)),
            *(
                sent(f"no JSON: {body[:12]!r}", 400, body)
                for body in (b"", b"{", b"[" * 20_000, b"null", b"[]", b'"x"', b"1" * 5_000)
            ),
            sent("no text", 401, b"\xff\xfe"),
            sent("a form that is none", 400, b"%%%", form),
            sent("a form with no JSON in it", 400, b"payload=%7B", form),
            sent("neither JSON nor a form", 400, good, "text/plain"),
            sent("an interaction of no kind", 404, b"payload=%7B%22type%22%3A%22dance%22%2C%22team%22%3A%7B%22id%22%3A%22T1%22%7D%7D", form),
            sent("an event that is a word", 400, json.dumps(event | {"event": "hello"}).encode()),
            sent("an event of nobody", 400, json.dumps(event | {"event": {"type": "team_join"}}).encode()),
            sent("a tap by nobody", 400, _interaction({"type": "block_actions", "actions": [{"action_id": "tap:0"}]}), form),
            sent("a form of nobody", 400, _interaction({"type": "view_submission", "view": {"callback_id": "form"}}), form),
        )  # fmt: skip

    def _forgery(self, name: str, expected: int, body: bytes, headers: Mapping[str, str] | None = None) -> Forgery:
        return Forgery(name, self._sending(body, headers or {}), expected)

    def _sending(self, body: bytes, headers: Mapping[str, str]) -> Callable[[], Awaitable[int]]:
        async def send() -> int:
            hands = Hands(self.fake, app_url=self.url)
            try:
                return (await hands.post(body, headers))[0]
            finally:
                await hands.close()

        return send

    def _place(self, where: str) -> str:
        place = _bare(where)
        return self.fake.team.dm(place) if place.startswith("U") else place

    def _modals(self, user: str) -> list[View]:
        return self.fake.team.modals.setdefault(user, [])

    def _opened(self, user: str, before: int) -> Dialog | None:
        return dialog_of(self._modals(user)[-1]) if len(self._modals(user)) > before else None


def _bare(address: str) -> str:
    return address.rpartition(":")[2]


def _interaction(payload: Json) -> bytes:
    return urlencode({"payload": json.dumps({"team": {"id": "T1"}, **payload})}).encode()


def _ago(seconds: float) -> float:
    return time.time() - seconds


def dialog_of(view: View, typed: Mapping[str, str | tuple[str, ...]] | None = None) -> Dialog:
    """A modal as one sees it."""
    values: dict[str, str | tuple[str, ...]] = {}
    for block in view.shown["blocks"]:
        if block["type"] != "input":
            continue
        element, name = block["element"], block["block_id"].rpartition("/")[0]
        if element["type"] == "plain_text_input":
            values[name] = str(values.get(name, "")) + element.get("initial_value", "")
        elif element["action_id"] == "many":
            values[name] = tuple(json.loads(o["value"]) for o in element.get("initial_options", []))
        else:
            one = element.get("initial_options") or ([element["initial_option"]] if "initial_option" in element else [])
            values[name] = "".join(json.loads(o["value"]) for o in one)
    errors = {name.rpartition("/")[0]: words for name, words in view.errors.items()}
    return Dialog(view.shown["title"]["text"], values | dict(typed or {}), errors, view)


def read(post: Post) -> Shown:
    """A message as Slack shows it: its blocks, from the top; without any, its text."""
    live: list[str] = []
    words = _words(post.blocks, live) if post.blocks else [html.unescape(post.text)]
    names = tuple(name for name, _, _ in controls(post.blocks))
    name = f"{post.channel}/{post.ts}"
    return Shown(name, "\n".join(words), names, tuple(live), f"{post.channel}/{post.thread}" if post.thread else "")


def _words(blocks: list[Json], live: list[str]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        match block["type"]:
            case "rich_text":
                for element in block["elements"]:
                    parts = element["elements"] if element["type"] == "rich_text_list" else [element]
                    found += ["".join(run["text"] for run in part["elements"]) for part in parts]
            case "data_visualization":
                found.append(block["title"])
                for series in block["chart"]["series"]:
                    found += [series["name"], *(f"{p['label']} {p['value']:g}" for p in series["data"])]
            case "actions" | "divider":
                pass
            case "context" if block["elements"][0]["type"] == "mrkdwn":
                found += [re.sub(r"[*_`]", "", element["text"]) for element in block["elements"]]
            case _:
                found += list(slack_shapes.texts({key: part for key, part in block.items() if key != "accessory"}))
    return found


def a_key() -> str:
    """A key nobody used."""
    return f"key-{secrets.token_hex(4)}"
