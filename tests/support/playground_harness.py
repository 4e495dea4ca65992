"""The far side of the playground: a client that does over HTTP and WebSocket what the page does."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from aiohttp import ClientSession, ClientTimeout, web

from adapters.playground.adapter import build
from adapters.playground.settings import Settings
from bot.chat.events import Hear, Keep
from tests.support.harness import Dialog, Fault, Forgery, Shown, Somebody
from tests.support.scripted_playground import PLATFORM, Script, never

Json = dict[str, Any]

LARGEST = 32 * 1024


class PlaygroundRig:
    """The playground on a port of its own, and an honest page that can also be told to lie."""

    ways = ("slash in a DM", "mention in a DM", "slash in a channel", "mention in a channel")
    deadline = 1.0

    def __init__(self, stage: Script | None = None, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.stage = stage or Script()
        self.platform = build(Settings(port=self.port, largest=LARGEST, patience=0.1), self.stage)
        self.stage.platform = self.platform
        self._keys = 0
        self._last: Json = {}
        self._windows: dict[str, Json] = {}

    async def start(self, hear: Hear, keep: Keep = never) -> None:
        application = web.Application()
        self.platform.mount(application, hear, keep)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        self.client = ClientSession(timeout=ClientTimeout(total=10))

    async def stop(self) -> None:
        await self.client.close()
        await self.stop_serving()

    async def stop_serving(self) -> None:
        """The server goes, the client stays."""
        await self._runner.cleanup()

    # The world

    def a_person(self) -> Somebody:
        return Somebody("playground:ana", "playground:ana", "Ana Duarte")

    def another(self) -> Somebody:
        return Somebody("playground:ben", "playground:ben", "Ben Okafor")

    def a_channel(self) -> str:
        return PLATFORM

    def gone(self) -> Sequence[str]:
        return ("playground:zoe", "playground:#closed")

    def an_outsider(self) -> Somebody:
        raise NotImplementedError

    async def becomes(self, person: Somebody, *, outsider: bool) -> None:
        raise NotImplementedError

    def shares(self) -> None:
        raise NotImplementedError

    # What people do

    async def say(self, person: Somebody, words: str) -> None:
        await self.act({"kind": "say", "as": person.id, "where": person.address, "words": words})

    async def again(self) -> None:
        await self.act(self._last)

    async def command(self, person: Somebody, words: str, way: str) -> Dialog | None:
        typed = f"/{words}" if way.startswith("slash") else f"@Instep {words}"
        where = PLATFORM if "channel" in way else person.address
        at = {"as": person.id, "where": where, "message": ""}
        return _dialog(await self.act(at | {"kind": "say", "words": typed}), at)

    async def press(self, person: Somebody, where: str, label: str) -> Dialog | None:
        for entry in reversed(await self.entries(where, person)):
            if tap := _tap(entry["message"], label):
                at = {"as": person.id, "where": where, "message": entry["id"]}
                return _dialog(await self.act(at | tap), at)
        raise AssertionError(f"{person.name} sees nothing called {label!r} in {where}")

    async def submit(
        self, person: Somebody, dialog: Dialog, values: Mapping[str, str | tuple[str, ...]]
    ) -> Dialog | None:
        at = cast(Json, dialog.handle)
        answer = await self.act(at | {"kind": "submit", "values": dict(values)})
        if answer["kind"] == "invalid":
            return Dialog(dialog.title, values, answer["errors"], at)
        return _dialog(answer, at)

    async def suggest(self, person: Somebody, dialog: Dialog, name: str, typed: str) -> Sequence[str]:
        at = cast(Json, dialog.handle)
        answer = await self.act(at | {"kind": "suggest", "field": name, "typed": typed})
        return [option["label"] for option in answer["options"]]

    async def knock(self, person: Somebody, words: str) -> None:
        self._last = self.keyed({"kind": "say", "as": person.id, "where": person.address, "words": words})
        async with self._post(self._last) as response:
            assert response.status == 202

    async def settle(self) -> None:
        await self.act(self._last)

    async def act(self, given: Json) -> Json:
        """As the page does it: asked again under the same key for as long as it is told to wait."""
        self._last = self.keyed(given)
        while True:
            async with self._post(self._last) as response:
                answer: Json = await response.json()
                assert response.status in (200, 202), answer
                if response.status == 200:
                    if answer["kind"] == "page":
                        self._windows[self._last["as"]] = answer["message"]
                    return answer

    async def status(self, given: Json) -> int:
        """Ask once, whatever comes of it."""
        async with self._post(given) as response:
            return cast(int, response.status)

    def keyed(self, given: Json) -> Json:
        """The act with a key of its own, unless it has one."""
        self._keys += 1
        return {"key": f"key-{self._keys}"} | given

    def _post(self, given: Json) -> Any:
        return self.client.post(f"{self.url}/acts", json=given, headers={"Origin": self.url})

    # What people see

    async def hello(self, person: Somebody) -> Json:
        """All that a page is told when it opens."""
        async with self.client.ws_connect(
            f"{self.url}/stream", params={"as": person.id}, headers={"Origin": self.url}
        ) as stream:
            world, hello = await stream.receive_json(), await stream.receive_json()
            return cast(Json, world | hello)

    async def entries(self, where: str, person: Somebody) -> list[Json]:
        """The conversation as the wire has it."""
        return [entry for entry in (await self.hello(person))["entries"] if entry["where"] == where]

    async def shown(self, where: str, as_seen_by: Somebody) -> Sequence[Shown]:
        return [
            _read(entry["message"], entry["id"], entry["under"])
            if entry["message"]
            else Shown(entry["id"], entry["words"])
            for entry in await self.entries(where, as_seen_by)
        ]

    def window(self, person: Somebody) -> Shown | None:
        message = self._windows.get(person.id)
        return _read(message, "window", "") if message else None

    async def home(self, person: Somebody) -> Shown | None:
        await self.act({"kind": "look", "as": person.id})
        message = (await self.hello(person))["home"]
        return message and _read(message, "home", "")

    # What goes wrong

    def break_next(self, fault: Fault) -> None:
        raise NotImplementedError

    def forge(self) -> Sequence[Forgery]:
        honest = {"kind": "say", "as": "playground:ana", "where": "playground:ana", "words": "hello"}
        ours = f"127.0.0.1:{self.port}"
        json_type = {"Content-Type": "application/json"}

        def act(name: str, expected: int, /, **changes: object) -> Forgery:
            return Forgery(name, self._send(json.dumps(self.keyed(honest | changes)).encode()), expected)

        def sent(name: str, expected: int, body: bytes, headers: dict[str, str]) -> Forgery:
            return Forgery(name, self._send(body, headers), expected)

        def asked(name: str, expected: int, path: str, /, **headers: str) -> Forgery:
            return Forgery(name, self._get(path, headers), expected)

        good = json.dumps(self.keyed(honest)).encode()
        return (
            sent("another site's page", 403, good, json_type | {"Origin": "https://evil.example"}),
            sent(
                "a page at another port",
                403,
                good,
                json_type | {"Origin": f"http://127.0.0.1:{self.port + 1}"},
            ),
            sent("the same place over https", 403, good, json_type | {"Origin": f"https://{ours}"}),
            sent("an opaque origin", 403, good, json_type | {"Origin": "null"}),
            sent("no origin", 403, good, json_type),
            sent(
                "a name made to point here",
                403,
                good,
                json_type | {"Host": "evil.example", "Origin": "http://evil.example"},
            ),
            sent(
                "our name at another port",
                403,
                good,
                json_type | {"Host": "127.0.0.1:1", "Origin": "http://127.0.0.1:1"},
            ),
            sent("a form of another kind", 415, good, {"Content-Type": "text/plain", "Origin": self.url}),
            act("too much", 413, words="x" * LARGEST),
            *(
                sent(f"no JSON: {body[:12]!r}", 400, body, json_type | {"Origin": self.url})
                for body in (b"", b"{", b"[" * 20_000, b"\xff\xfe", b"null", b"[]", b'"x"', b"1" * 5_000)
            ),
            act("an unknown kind", 400, kind="dance"),
            act("a kind that is no word", 400, kind=["say"]),
            act("an unknown person", 400, **{"as": "playground:zoe"}),
            act("a person that is no word", 400, **{"as": {}}),
            act("somebody else's DM", 400, where="playground:ben"),
            act("a channel they are not in", 400, where="playground:#market"),
            act("no words", 400, words=" \n"),
            act("words that are none", 400, words=7),
            act("no key", 400, key=""),
            act("a key without end", 400, key="k" * 101),
            act("a form without values", 400, kind="submit", name="checkin"),
            act("values that are none", 400, kind="submit", name="checkin", values={"did": [1]}),
            act("somebody else's words", 400, kind="edit", message="nothing"),
            act("a time that is none", 400, kind="move", to="yesterday"),
            asked("a stream for another site", 403, "/stream?as=playground:ana", Origin="https://evil.example"),
            asked("a stream for nobody", 403, "/stream?as=playground:ana"),
            asked("a stream of an unknown person", 400, "/stream?as=playground:zoe", Origin=self.url),
            asked("a stream that is none", 400, "/stream?as=playground:ana", Origin=self.url),
            asked("the page under another name", 403, "/", Host="evil.example"),
            asked("a file that is not the page's", 404, "/page/..%2fadapter.py"),
            asked("acts by reading", 405, "/acts", Origin=self.url),
        )

    def _send(self, body: bytes, headers: dict[str, str] | None = None) -> Callable[[], Awaitable[int]]:
        async def send() -> int:
            given = headers or {"Content-Type": "application/json", "Origin": self.url}
            async with self.client.post(f"{self.url}/acts", data=body, headers=given) as response:
                return response.status

        return send

    def _get(self, path: str, headers: dict[str, str]) -> Callable[[], Awaitable[int]]:
        async def get() -> int:
            async with self.client.get(f"{self.url}{path}", headers=headers) as response:
                return response.status

        return get


def _tap(message: Json | None, label: str) -> Json | None:
    if message is None:
        return None
    form = message["form"]
    if form and form["title"] == label:
        return {"kind": "open", "name": form["name"], "subject": form["subject"]}
    for button in message["buttons"]:
        if button["label"] == label:
            return {"kind": "press", "press": button["press"], "subject": button["subject"]}
    for block in message["blocks"]:
        for option in block["options"] if block["kind"] == "pick" else []:
            if option["label"] == label:
                press, subject = block["press"], block["subject"]
                return {"kind": "press", "press": press, "subject": subject, "value": option["value"]}
    return None


def _dialog(answer: Json, at: Json) -> Dialog | None:
    if answer["kind"] != "form":
        return None
    form = answer["form"]
    values = {
        field["name"]: field["value"]
        if field["kind"] == "text"
        else tuple(field["chosen"])
        if field["many"]
        else "".join(field["chosen"][:1])
        for field in form["fields"]
    }
    return Dialog(form["title"], values, {}, at | {"name": form["name"], "subject": form["subject"]})


def _read(message: Json, name: str, under: str) -> Shown:
    """What the page draws of it, as one reads it from the top."""
    words: list[str] = [message["title"]]
    controls: list[str] = []
    live: list[str] = []
    for block in message["blocks"]:
        match block["kind"]:
            case "text":
                words.append(_text(block, live))
            case "quote":
                words += [block["words"], block["note"]]
            case "facts":
                words += [word for row in block["rows"] for word in row]
            case "chart":
                words += [block["title"], *block["labels"], *(series["name"] for series in block["series"])]
                words += [f"{value:g}" for series in block["series"] for value in series["values"] if value is not None]
                words += [block["fallback"], block["unit"]]
            case "pick":
                words.append(_text(block["prompt"], live))
                controls += [option["label"] for option in block["options"]]
    controls += [button["label"] for button in message["buttons"]]
    if message["form"]:
        controls.append(message["form"]["title"])
    return Shown(name, "\n".join(words), tuple(controls), tuple(live), under)


def _text(block: Json, live: list[str]) -> str:
    live += [span["words"] for span in block["spans"] if span["style"] != "plain"]
    return "".join(span["words"] for span in block["spans"])
