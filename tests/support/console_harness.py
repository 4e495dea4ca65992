"""The far side of the console in docs/examples: a program that sends what people do, and fetches the lines."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from aiohttp import ClientSession, web

from bot.chat.events import Hear, Keep
from docs.examples.console_platform import adapter, settings
from docs.examples.console_platform.addresses import CHANNEL
from docs.examples.console_platform.client import Json
from tests.support.harness import Dialog, Fault, Forgery, Shown, Somebody

KEY = "a key of nobody else"
PEOPLE = "ana Ana Duarte, ben Ben Okafor"


class ConsoleProgram:
    """What stands in front of people: it keeps all lines, and shows each of them theirs."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/console"
        self.client = ClientSession(headers={"Authorization": f"Bearer {KEY}"})
        self.lines: list[Json] = []
        self._last: Json = {}
        self._acts = 0

    async def knock(self, given: Json) -> int:
        """Send what somebody did, under an id of its own unless it has one."""
        self._acts += 1
        self._last = {"id": f"act-{self._acts}"} | given
        async with self.client.post(self.url, json=self._last) as response:
            return response.status

    async def act(self, given: Json) -> Sequence[Json]:
        """Send it until its reply was said; the lines that came of it."""
        before = len(await self.fetch())
        status = await self.knock(given)
        while status == 202:
            status = await self.knock(self._last)
        assert status == 200, status
        return (await self.fetch())[before:]

    async def again(self) -> None:
        """Send what was sent last once more."""
        await self.act(self._last)

    async def fetch(self) -> list[Json]:
        """All lines, with those that are new."""
        after = self.lines[-1]["number"] if self.lines else 0
        async with self.client.get(self.url, params={"after": str(after)}) as response:
            self.lines += [json.loads(line) for line in (await response.text()).split("\n") if line]
        return self.lines


class ConsoleRig:
    """The console on a port of its own."""

    ways = ("slash in a DM", "slash in a channel")
    deadline = 1.5

    def __init__(self) -> None:
        self.platform = adapter.Console(settings.Environment(key=KEY, people=cast(Any, PEOPLE)))

    async def start(self, hear: Hear, keep: Keep) -> None:
        application = web.Application()
        self.platform.mount(application, hear, keep)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.program = ConsoleProgram(f"http://127.0.0.1:{self._runner.addresses[0][1]}")

    async def stop(self) -> None:
        await self.program.client.close()
        await self._runner.cleanup()

    # The world

    def a_person(self) -> Somebody:
        return Somebody("console:ana", "console:ana", "Ana Duarte")

    def another(self) -> Somebody:
        return Somebody("console:ben", "console:ben", "Ben Okafor")

    def a_channel(self) -> str:
        return CHANNEL

    def gone(self) -> Sequence[str]:
        return ("console:zoe", "console:#closed")

    def an_outsider(self) -> Somebody:
        raise NotImplementedError

    async def becomes(self, person: Somebody, *, outsider: bool) -> None:
        raise NotImplementedError

    def shares(self) -> None:
        raise NotImplementedError

    # What people do

    async def say(self, person: Somebody, words: str) -> None:
        await self._act(person, {"say": words})

    async def again(self) -> None:
        await self.program.again()

    async def command(self, person: Somebody, words: str, way: str) -> Dialog | None:
        where = CHANNEL if "channel" in way else person.address
        return await self._act(person, {"say": f"/{words}", "where": where})

    async def press(self, person: Somebody, where: str, label: str) -> Dialog | None:
        for line in reversed(await self._seen(where, person)):
            for control in line["controls"]:
                if control["label"] == label:
                    return await self._act(person, control)
        raise AssertionError(f"{person.name} sees nothing called {label!r} in {where}")

    async def submit(
        self, person: Somebody, dialog: Dialog, values: Mapping[str, str | tuple[str, ...]]
    ) -> Dialog | None:
        sends, *_ = cast("list[Json]", dialog.handle)
        return await self._act(person, sends | {"values": sends["values"] | values}, dialog)

    async def suggest(self, person: Somebody, dialog: Dialog, name: str, typed: str) -> Sequence[str]:
        (asks,) = [one for one in cast("list[Json]", dialog.handle) if one.get("field") == name]
        (line,) = await self.program.act(asks | {"who": _key(person), "typed": typed})
        return [option.partition(" = ")[2] for option in line["text"].split(", ")]

    async def knock(self, person: Somebody, words: str) -> None:
        assert await self.program.knock({"who": _key(person), "say": words}) == 202

    async def settle(self) -> None:
        await self.program.again()

    async def _act(self, person: Somebody, given: Json, open_form: Dialog | None = None) -> Dialog | None:
        """Do it; the form that stands open then."""
        for line in await self.program.act(given | {"who": _key(person)}):
            if any("submit" in control for control in line["controls"]):
                return _dialog(line, open_form)
        return None

    # What people see

    async def shown(self, where: str, as_seen_by: Somebody) -> Sequence[Shown]:
        return [
            Shown(str(line["number"]), line["text"], tuple(control["label"] for control in line["controls"]))
            for line in await self._seen(where, as_seen_by)
        ]

    def window(self, person: Somebody) -> Shown | None:
        return None

    async def home(self, person: Somebody) -> Shown | None:
        raise NotImplementedError

    async def _seen(self, where: str, person: Somebody) -> list[Json]:
        if where not in (CHANNEL, person.address):
            return []
        lines = await self.program.fetch()
        return [line for line in lines if line["where"] == where and line["only"] in ("", person.id)]

    # What goes wrong

    def break_next(self, fault: Fault) -> None:
        raise NotImplementedError

    def forge(self) -> Sequence[Forgery]:
        honest = {"id": "1", "who": "ana", "say": "hello"}

        def sent(name: str, expected: int, body: bytes, key: str = f"Bearer {KEY}") -> Forgery:
            return Forgery(name, self._request("POST", body, key), expected)

        def act(name: str, expected: int, **changes: object) -> Forgery:
            return sent(name, expected, json.dumps(honest | changes).encode())

        good = json.dumps(honest).encode()
        return (
            sent("no key", 401, good, ""),
            sent("another key", 401, good, "Bearer another"),
            sent("the key alone", 401, good, KEY),
            sent("a key that is no ASCII", 401, good, "Bearer ü"),
            Forgery("reading without the key", self._request("GET", b"", ""), 401),
            sent("too much", 413, b"x" * (settings.LARGEST + 1)),
            *(
                sent(f"no act: {body[:12]!r}", 400, body)
                for body in (b"", b"{", b"[" * 20_000, b"\xff\xfe", b"null", b"[]", b'"x"', b"1" * 5_000)
            ),
            act("nobody", 400, who="zoe"),
            act("a person who is a list", 400, who=["ana"]),
            act("no id", 400, id=""),
            act("an id without end", 400, id="1" * 101),
            act("somebody else's conversation", 400, where="console:ben"),
            act("words that are a number", 400, say=7),
            sent("nothing that can be done", 400, b'{"id": "1", "who": "ana", "dance": ""}'),
            sent("a form without values", 400, b'{"id": "1", "who": "ana", "submit": "goal"}'),
            sent("a value that is none", 400, b'{"id": "1", "who": "ana", "submit": "goal", "values": {"a": [1]}}'),
        )  # fmt: skip

    def _request(self, method: str, body: bytes, key: str) -> Callable[[], Awaitable[int]]:
        async def send() -> int:
            headers = {"Authorization": key}
            async with self.program.client.request(method, self.program.url, data=body, headers=headers) as response:
                return response.status

        return send


def _key(person: Somebody) -> str:
    return person.id.removeprefix("console:")


def _dialog(line: Json, sent: Dialog | None) -> Dialog:
    """A form that was opened, or the one that was sent, with what is wrong with it."""
    sends = next(control for control in line["controls"] if "submit" in control)
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in sends["values"].items()}
    title, *rest = line["text"].split("\n")
    if sent is None or sends["label"] != "Send again":
        return Dialog(title, values, {}, line["controls"])
    told = (one.partition(": ") for one in (title, *rest))
    return Dialog(sent.title, values, {name: sentence for name, _, sentence in told}, line["controls"])
