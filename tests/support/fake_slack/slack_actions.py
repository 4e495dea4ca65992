"""What people do in a fake Slack: type, tap, fill in; and how that is delivered to the app."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, ClientTimeout

from tests.support.fake_slack import FakeSlack, Json, Post, SlackTeam, View
from tests.support.fake_slack.methods import Trigger

DEADLINE = 3.0


class NotAcknowledged(AssertionError):
    """The app did not acknowledge within three seconds."""


class DeliveryRefused(AssertionError):
    """The app did not take what Slack delivered: its status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Hands:
    """People at a fake Slack. With `app_url` requests are signed and posted there, else they go over the socket."""

    def __init__(self, fake: FakeSlack, team: SlackTeam | None = None, app_url: str = "") -> None:
        self.fake = fake
        self.team = team or fake.team
        self.app_url = app_url
        self.tries = 4  # an event is delivered so often until it is taken
        self.travel = 0.0  # seconds an acknowledgement is on its way
        self.slowest = 0.0  # seconds of the slowest acknowledgement
        self._last: tuple[str, Json] | None = None
        self._session: ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    # Delivery

    async def deliver(self, kind: str, payload: Json) -> Json:
        """Once over the wire: the acknowledgement. Raises NotAcknowledged or DeliveryRefused."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(DEADLINE):
                if self.app_url:
                    return await self._post(kind, payload)
                return await self._envelope(kind, payload)
        except TimeoutError:
            raise NotAcknowledged(kind) from None
        finally:
            self.slowest = max(self.slowest, time.monotonic() - began)

    async def event(self, event: Json, event_id: str = "") -> None:
        """An event, delivered again until it is taken; one that the manifest does not name is not delivered at all."""
        name = event["type"] if event["type"] != "message" else f"message.{event['channel_type']}"
        if name not in self.fake.manifest["settings"]["event_subscriptions"]["bot_events"]:
            return
        payload = {
            "token": "x", "team_id": self.team.id, "api_app_id": "A1", "event": event, "type": "event_callback",
            "event_id": event_id or f"Ev{secrets.token_hex(5)}", "event_time": int(time.time()),
            "authorizations": [{"team_id": self.team.id, "user_id": self.team.bot_user, "is_bot": True}],
        }  # fmt: skip
        self._last = ("events_api", payload)
        for attempt in range(self.tries):
            try:
                await self.deliver("events_api", payload)
            except (NotAcknowledged, DeliveryRefused):
                if attempt == self.tries - 1:
                    raise
            else:
                return

    async def again(self) -> None:
        """What was delivered last comes once more."""
        assert self._last is not None
        await self.deliver(*self._last)

    async def _post(self, kind: str, payload: Json) -> Json:
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        else:
            fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, content = urlencode(fields), "application/x-www-form-urlencoded"
        status, answer = await self.post(body.encode(), signed(self.fake.signing_secret, body.encode(), content))
        if status != 200:
            raise DeliveryRefused(status)
        return json.loads(answer) if answer.startswith("{") else {"text": answer} if answer else {}

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """A request as it is: status and body."""
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=10))
        async with self._session.post(f"{self.app_url}/slack/events", data=body, headers=dict(headers)) as answer:
            return answer.status, await answer.text()

    async def _envelope(self, kind: str, payload: Json) -> Json:
        """Over the socket; what was not acknowledged when it broke comes again over the next one."""
        name = secrets.token_hex(8)
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.fake.acks[name] = waiting
        envelope = {"envelope_id": name, "type": kind, "accepts_response_payload": True, "payload": payload}
        while not waiting.done():
            await self.fake.connected.wait()
            socket = self.fake.sockets[-1]
            try:
                await socket.send_json(envelope)
            except ConnectionError:
                continue
            while socket in self.fake.sockets and not waiting.done():
                await asyncio.wait({waiting}, timeout=0.02)
        return waiting.result()

    # What people do

    def trigger(self, user: str) -> str:
        name = f"{time.time():.6f}.{secrets.token_hex(5)}"
        self.fake.methods.triggers[name] = Trigger(user)
        return name

    async def types(self, user: str, words: str, /, *, thread: str = "", **more: Any) -> str:
        """In the DM with the app; the id of what was typed."""
        dm = self.team.dm(user)
        post = Post(dm, self.team.ts(), user, words, thread=thread)
        self.team.put(post)
        event = {
            "type": "message",
            "channel": dm,
            "channel_type": "im",
            "user": user,
            "text": escaped(words),
            "ts": post.ts,
        }
        await self.event(event | ({"thread_ts": thread} if thread else {}) | more)
        return post.ts

    async def retypes(self, user: str, ts: str, words: str) -> None:
        """Edits what was typed in the DM."""
        post = self.team.post(self.team.dm(user), ts)
        assert post is not None
        before, post.text = post.text, words
        message = {
            "type": "message",
            "user": user,
            "ts": ts,
            "text": escaped(words),
            "edited": {"user": user},
        }
        changed = {
            "type": "message", "subtype": "message_changed", "channel": post.channel, "channel_type": "im", "hidden": True,
            "message": message, "previous_message": message | {"text": escaped(before)}, "ts": self.team.ts(),
        }  # fmt: skip
        await self.event(changed)

    async def mentions(self, user: str, channel: str, words: str, **more: Any) -> None:
        """`@Instep …` in a channel."""
        post = Post(channel, self.team.ts(), user, f"@Instep {words}")
        self.team.put(post)
        text = f"<@{self.team.bot_user}> {escaped(words)}"
        await self.event({"type": "app_mention", "channel": channel, "user": user, "text": text, "ts": post.ts, **more})

    async def commands(self, user: str, words: str, channel: str = "") -> Json:
        """`/goals …`; the acknowledgement, once it is shown."""
        name, _, text = words.partition(" ")
        known = [command["command"] for command in self.fake.manifest["features"]["slash_commands"]]
        assert f"/{name}" in known, f"/{name} is not in the manifest"
        channel = channel or self.team.dm(user)
        url = self.fake.url_for(self.team, channel, user)
        payload = {
            "command": f"/{name}", "text": escaped(text), "team_id": self.team.id, "team_domain": "acme",
            "user_id": user, "user_name": self._handle(user), "channel_id": channel,
            "channel_name": "directmessage" if channel.startswith("D") else "platform",
            "api_app_id": "A1", "is_enterprise_install": "false", "response_url": url, "trigger_id": self.trigger(user),
        }  # fmt: skip
        self._last = ("slash_commands", payload)
        answer = await self.deliver("slash_commands", payload)
        if answer:
            self.fake.show(self.fake.urls[url.rpartition("/")[2]], answer)
        return answer

    async def shortcut(self, user: str, callback: str, message: Post | None = None) -> None:
        """A shortcut, anywhere or on a message."""
        known = {each["callback_id"] for each in self.fake.manifest["features"]["shortcuts"]}
        assert callback in known, f"{callback} is not in the manifest"
        payload = {"callback_id": callback, "trigger_id": self.trigger(user), **self._by(user)}
        if message is None:
            payload["type"] = "shortcut"
        else:
            payload |= {
                "type": "message_action", "channel": {"id": message.channel, "name": "platform"},
                "message": {"type": "message", "user": message.by, "ts": message.ts, "text": escaped(message.text), **message.more},
                "message_ts": message.ts, "response_url": self.fake.url_for(self.team, message.channel, user),
            }  # fmt: skip
        await self._interacts(payload)

    async def taps(self, user: str, post: Post, element: Json, option: Json | None = None) -> None:
        """A button of a message, or an option of a select in it."""
        ephemeral = bool(post.only)
        payload = {
            "type": "block_actions", "trigger_id": self.trigger(user), **self._by(user),
            "container": {
                "type": "message", "message_ts": post.ts, "channel_id": post.channel, "is_ephemeral": ephemeral,
                **({"thread_ts": post.thread} if post.thread else {}),
            },
            "channel": {"id": post.channel, "name": "platform"},
            "response_url": self.fake.url_for(self.team, post.channel, user, post if ephemeral else None),
            "actions": [_action(element, option)],
        }  # fmt: skip
        if not ephemeral:
            payload["message"] = {"ts": post.ts, "user": post.by, "text": post.text, "blocks": post.blocks}
        await self._interacts(payload)

    async def taps_view(self, user: str, shown: Json, element: Json, name: str = "VHOME") -> None:
        """A button of the App Home, or of a modal."""
        payload = {
            "type": "block_actions", "trigger_id": self.trigger(user), **self._by(user),
            "container": {"type": "view", "view_id": name},
            "view": {"id": name, "team_id": self.team.id, "hash": "1", **shown},
            "actions": [_action(element, None)],
        }  # fmt: skip
        await self._interacts(payload)

    async def submits(self, view: View, values: Mapping[str, str | tuple[str, ...]]) -> None:
        """A modal with these values by field name; what is not named stays as it was shown."""
        state = _state(view.shown["blocks"], values)
        payload = {
            "type": "view_submission", "trigger_id": self.trigger(view.user), **self._by(view.user), "response_urls": [],
            "view": {"id": view.id, "team_id": self.team.id, "hash": view.hash, **view.shown, "state": {"values": state}},
        }  # fmt: skip
        answer = await self._interacts(payload)
        await asyncio.sleep(self.travel)
        stack = self.team.modals[view.user]
        match answer:
            case {"response_action": "errors", "errors": errors}:
                ids = {block["block_id"] for block in view.shown["blocks"] if block["type"] == "input"}
                assert set(errors) <= ids, errors
                view.errors = errors
            case {"response_action": "update", "view": shown}:
                # The hash says that what is shown is another version of this view.
                self.fake.methods._view(shown, "modal")
                view.shown, view.hash, view.errors = shown, secrets.token_hex(4), {}
            case {}:
                if view in stack:
                    stack.remove(view)

    async def suggests(self, view: View, field: str, typed: str) -> list[Json]:
        """Typing in an external select: the options it shows."""
        (block,) = [
            block
            for block in view.shown["blocks"]
            if block["type"] == "input" and block["block_id"].rpartition("/")[0] == field
        ]
        payload = {
            "type": "block_suggestion", "action_id": block["element"]["action_id"], "block_id": block["block_id"],
            "value": typed, **self._by(view.user), "container": {"type": "view", "view_id": view.id},
            "view": {"id": view.id, "team_id": self.team.id, "hash": view.hash, **view.shown},
        }  # fmt: skip
        answer = await self.deliver("interactive", payload)
        found: list[Json] = list(answer.get("options", []))
        for group in answer.get("option_groups", []):
            found += group["options"]
        return found

    async def opens_home(self, user: str, tab: str = "home") -> None:
        """Looks at the app's Home (or its Messages)."""
        await self.event(
            {
                "type": "app_home_opened",
                "user": user,
                "channel": self.team.dm(user),
                "tab": tab,
                "event_ts": "1",
            }
        )

    async def _interacts(self, payload: Json) -> Json:
        self._last = ("interactive", payload)
        return await self.deliver("interactive", payload)

    def _by(self, user: str) -> Json:
        handle = self._handle(user)
        return {
            "team": {"id": self.team.id, "domain": "acme"}, "api_app_id": "A1", "token": "x", "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": user, "username": handle, "name": handle, "team_id": self.team.id},
        }  # fmt: skip

    def _handle(self, user: str) -> str:
        person = self.team.people.get(user)
        return person.name.lower().replace(" ", ".") if person else user


def signed(secret: str, body: bytes, content: str, at: float | None = None) -> dict[str, str]:
    """The headers of a request that Slack signs."""
    timestamp = str(int(at if at is not None else time.time()))
    base = b"v0:" + timestamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"Content-Type": content, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}


def escaped(words: str) -> str:
    """As Slack sends typed words; what it has escaped already (`<@U1>`) is left as it is, marked by \\x01 and \\x02."""
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return words.replace("\x01", "<").replace("\x02", ">")


def controls(blocks: list[Json]) -> Iterator[tuple[str, Json, Json | None]]:
    """What can be tapped in blocks: label, element, and the option of a select."""
    for block in blocks:
        elements = block.get("elements", []) if block["type"] == "actions" else []
        for element in [*elements, *([block["accessory"]] if "accessory" in block else [])]:
            if element["type"] == "button":
                yield element["text"]["text"].removeprefix("✓ "), element, None
                continue
            groups = element.get("option_groups") or [{"options": element.get("options", [])}]
            for group in groups:
                for option in group["options"]:
                    yield option["text"]["text"], element, option


def _action(element: Json, option: Json | None) -> Json:
    action = {
        "type": element["type"], "action_id": element["action_id"], "block_id": "b1", "action_ts": f"{time.time():.6f}",
    }  # fmt: skip
    if option is not None:
        return action | {"selected_option": option}
    return action | {"value": element["value"], "text": element["text"]}


def _state(blocks: list[Json], values: Mapping[str, str | tuple[str, ...]]) -> Json:
    """`state.values` as Slack sends it: by block, then by action."""
    state: Json = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        name, _, part = block["block_id"].rpartition("/")
        given = values.get(name)
        kind = element["type"]
        found: Json = {"type": kind}
        if kind == "plain_text_input":
            typed = element.get("initial_value") if given is None else given if not part else None
            found["value"] = typed or None
        else:
            wanted = (given,) if isinstance(given, str) else given
            several = kind == "checkboxes" or kind.startswith("multi")
            if wanted is None:
                chosen = element.get(
                    "initial_options", [element["initial_option"]] if "initial_option" in element else []
                )
            else:
                chosen = [_option(element, value) for value in wanted if value or not several]
                chosen = [option for option in chosen if option is not None]
            if several:
                found["selected_options"] = chosen
            else:
                found["selected_option"] = chosen[0] if chosen else None
        state[block["block_id"]] = {element["action_id"]: found}
    return state


def _option(element: Json, value: str) -> Json | None:
    """The option that stands for a value; for an external select, as it was suggested."""
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for group in groups:
        for option in group["options"]:
            if json.loads(option["value"]) == value:
                found: Json = option
                return found
    if "external" in element["type"] and value:
        return {"text": {"type": "plain_text", "text": value, "emoji": False}, "value": json.dumps(value)}
    assert not value, f"{value} is not an option of {element['action_id']}"
    return None
