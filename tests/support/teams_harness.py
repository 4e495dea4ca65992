"""The far side of Teams: the fake of Microsoft's services, and clients that read cards as Teams draws them."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from aiohttp import web

from adapters.msteams.adapter import Teams, build
from adapters.msteams.settings import Settings
from bot.chat.events import Event, Hear, InboundEvent, Keep, Reply
from bot.chat.platform import Store
from tests.support import teams_shapes
from tests.support.fake_teams import APP, CHANNEL, DELETED, TEAM, TENANT, Activity, Fake, TenantUser
from tests.support.harness import Dialog, Fault, Forgery, Shown, Somebody

Json = dict[str, Any]

LARGEST = 64 * 1024


class MemoryStore:
    """A store in memory."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.writes = 0

    async def get(self, key: str) -> str | None:
        return self.texts.get(key)

    async def put(self, texts: Mapping[str, str]) -> None:
        self.writes += 1
        self.texts |= texts

    async def drop(self, prefix: str) -> None:
        self.texts = {key: text for key, text in self.texts.items() if not key.startswith(prefix)}

    async def every(self, prefix: str) -> Mapping[str, str]:
        return {key: text for key, text in self.texts.items() if key.startswith(prefix)}


class TeamsRig:
    """The adapter on a port of its own, in front of a tenant where the app is in a team and with most people."""

    ways = ("slash in a DM", "mention in a channel", "slash in a channel")
    deadline = 1.5

    def __init__(self, store: Store | None = None, **settings: Any) -> None:
        self.fake = Fake()
        self.store = store or MemoryStore()
        self.settings: Settings = self.fake.settings(**({"largest": LARGEST, "patience": 0.5} | settings))
        self.platform: Teams = build(self.settings, self.store)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/api/messages"
        self.ready = False
        self._posts = 0

    @classmethod
    def unhurried(cls, store: Store | None = None) -> TeamsRig:
        """One before the real product: a machine that stands still for a moment must not look like a slow reply."""
        return cls(store, patience=5.0, timeout=2.0)

    async def start(self, hear: Hear, keep: Keep) -> None:
        await self.serve(hear, keep)
        for key in ("ana", "ben", "zoe"):
            await self.fake.adds_app(key)
        self.fake.channels[next(iter(self.fake.channels))][DELETED] = "closed"
        await self.fake.adds_to_team("ana")
        for channel in (CHANNEL, DELETED):
            name = "platform" if channel == CHANNEL else "closed"
            await self.fake.changes("ana", "channelCreated", channel, channel={"name": name})
        await self.fake.removes_app("zoe")
        await self.fake.changes("ana", "channelDeleted", DELETED)
        del self.fake.channels[next(iter(self.fake.channels))][DELETED]
        self.ready = True

    async def serve(self, hear: Hear, keep: Keep, application: web.Application | None = None) -> None:
        """The server alone, with nobody there yet; `application` where somebody else has mounted it."""
        await self.fake.start()
        if application is None:
            application = web.Application()

            async def once_ready(event: Event) -> Reply:
                return await hear(event) if self.ready else None

            self.platform.mount(application, once_ready, keep)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        self.fake.endpoint = self.url

    async def stop(self) -> None:
        self.fake.hung.set()
        await self._runner.cleanup()
        await self.platform.close()
        await self.fake.stop()

    # The world

    def a_person(self) -> Somebody:
        return self._somebody("ana")

    def another(self) -> Somebody:
        return self._somebody("ben")

    def a_channel(self) -> str:
        return f"teams:{TENANT}:{CHANNEL}"

    def gone(self) -> Sequence[str]:
        stranger = f"teams:{TENANT}:00000000-0000-4000-8000-ffffffffffff"
        return (self._somebody("zoe").address, stranger, f"teams:{TENANT}:{DELETED}")

    def _somebody(self, key: str) -> Somebody:
        account = self.fake.people[key]
        who = f"teams:{TENANT}:{account.entra}"
        return Somebody(who, who, account.name)

    def _account(self, person: Somebody) -> TenantUser:
        return next(one for one in self.fake.people.values() if person.id.endswith(one.entra))

    def _where(self, where: str) -> str:
        """A conversation as Teams calls it, "" for that with the person."""
        name = where.removeprefix(f"teams:{TENANT}:")
        return name if name.startswith("19:") else ""

    def an_outsider(self) -> Somebody:
        self.fake.people["gus"] = TenantUser("gus", "Gus Guest", role="guest")
        self.fake.people["gus"].has_app = self.fake.people["gus"].knows_us = True
        self.fake.members[TEAM].append("gus")
        return self._somebody("gus")

    async def becomes(self, person: Somebody, *, outsider: bool) -> None:
        self._account(person).role = "guest" if outsider else "user"

    def shares(self) -> None:
        self.fake.kinds[CHANNEL] = "shared"

    # What people do

    async def say(self, person: Somebody, words: str) -> None:
        await self.fake.types(self._account(person).key, words)

    async def again(self) -> None:
        assert (await self.fake.deliver(self.fake.last))[0] == 200

    async def command(self, person: Somebody, words: str, way: str) -> Dialog | None:
        where = CHANNEL if "channel" in way else ""
        targeted = bool(where) and way.startswith("slash")
        typed = f"/{words}" if way.startswith("slash") else words
        before = set(self.fake.activities)
        key = self._account(person).key
        await self.fake.types(key, typed, where, mention=way.startswith("mention"), targeted=targeted)
        return self._opened(key, where, before)

    async def press(self, person: Somebody, where: str, label: str) -> Dialog | None:
        key, place = self._account(person).key, self._where(where)
        for posted in reversed(self.fake.cards(key, place)):
            card = cast(Json, posted.card)
            for action in _actions(card):
                if action["title"] == label:
                    return await self.tap(key, place, posted, action)
            for listed in teams_shapes.inputs(card):  # a list of a pick, and the button beside it
                for choice in listed.get("choices", ()) if str(listed["id"]).startswith("pick/") else ():
                    if choice["title"] == label:
                        beside = [a for a in _actions(card) if a["data"].get("input") == listed["id"]]
                        return await self.tap(key, place, posted, beside[0], {listed["id"]: choice["value"]})
            if _form(card) is not None:
                return _dialog(label, posted)  # it stands in its message: whoever would open it has it open
        raise AssertionError(f"{person.name} sees nothing called {label!r} in {where}")

    async def tap(
        self, key: str, place: str, posted: Activity, action: Json, inputs: Json | None = None
    ) -> Dialog | None:
        """Use an action, and see whether a form opened."""
        before = set(self.fake.activities)
        await self.fake.taps(key, posted, action, inputs)
        return self._opened(key, place, before)

    def _opened(self, key: str, where: str, before: set[str]) -> Dialog | None:
        for place in {where, ""}:
            for posted in self.fake.cards(key, place):
                if posted.id not in before and _form(cast(Json, posted.card)) is not None:
                    return _dialog(teams_shapes.lines(cast(Json, posted.card))[0], posted)
        return None

    async def submit(
        self,
        person: Somebody,
        dialog: Dialog,
        values: Mapping[str, str | tuple[str, ...]],
        *,
        old: bool = False,
    ) -> Dialog | None:
        """Fill in what is given, leave the rest as it stands, and send it, as a client of Teams lets one."""
        key, posted = self._account(person).key, cast(Activity, dialog.handle)
        card = cast(Json, posted.card)
        inputs = teams_shapes.sent(card)
        for field in teams_shapes.inputs(card):
            kind, _, name = str(field["id"]).partition("/")
            if name in values:
                inputs[field["id"]] = _sent(kind, values[name])
            if field.get("isRequired"):
                assert inputs[field["id"]], f"{name} has to be filled in"
        answer = await self.fake.taps(key, posted, cast(Json, _form(card)), inputs, old=old)
        now = next((one for one in self.fake.cards(key, posted.where) if one.id == posted.id), None)
        if now is None or _form(cast(Json, now.card)) is None:
            return None
        if now.card != card or now.edits != posted.edits:
            return _dialog(dialog.title, now)
        if answer.get("type") == "application/vnd.microsoft.error":
            return Dialog(dialog.title, values, {"": answer["value"]["message"]}, now)
        return None  # it was taken; a form in its message stays there

    async def suggest(self, person: Somebody, dialog: Dialog, name: str, typed: str) -> Sequence[str]:
        posted = cast(Activity, dialog.handle)
        (field,) = [one for one in teams_shapes.inputs(cast(Json, posted.card)) if str(one["id"]).endswith(f"/{name}")]
        dataset = field["choices.data"]["dataset"]
        results = await self.fake.searches(self._account(person).key, posted, dataset, typed)
        return [result["title"] for result in results]

    async def knock(self, person: Somebody, words: str) -> None:
        self._posts = len(self.fake.posts)
        await self.say(person, words)

    async def settle(self) -> None:
        await self.fake.until(lambda: len(self.fake.posts) > self._posts)

    # What people see

    async def shown(self, where: str, as_seen_by: Somebody) -> Sequence[Shown]:
        place = self._where(where)
        account = self._account(as_seen_by)
        if not place and where != as_seen_by.address:
            return []
        return [_read(posted) for posted in self.fake.seen(account.key, place)]

    def window(self, person: Somebody) -> Shown | None:
        return None

    async def home(self, person: Somebody) -> Shown | None:
        await self.say(person, "home")
        return _read(self.fake.cards(self._account(person).key)[-1])

    # What goes wrong

    def break_next(self, fault: Fault) -> None:
        self.fake.faults.append(fault)

    def forge(self) -> Sequence[Forgery]:
        fake, now = self.fake, int(time.time())
        ana = fake.people["ana"]

        def sent(name: str, expected: int, body: bytes, token: str | None = None) -> Forgery:
            async def send() -> int:
                headers = {"Content-Type": "application/json"}
                if token is None:
                    headers["Authorization"] = f"Bearer {fake.token()}"
                elif token:
                    headers["Authorization"] = token
                async with fake.client.post(self.url, data=io.BytesIO(body), headers=headers) as response:
                    return response.status

            return Forgery(name, send, expected)

        def act(name: str, expected: int, **changes: object) -> Forgery:
            given = fake.typed(ana, "hello")
            kept = {key: value for key, value in (given | changes).items() if value is not None}
            return sent(name, expected, json.dumps(kept).encode())

        def signed(name: str, token: str) -> Forgery:
            return sent(name, 401, honest, token)

        def invoked(what: str, expected: int, **more: object) -> Forgery:
            given = fake.activity(ana, "invoke", **cast(Any, more))
            return sent(what, expected, json.dumps(given).encode())

        honest = json.dumps(fake.typed(ana, "hello")).encode()
        other = "22222222-2222-4333-8444-555555555555"
        theirs = fake.typed(ana, "hello")
        theirs["channelData"]["tenant"]["id"] = other
        mixed = fake.typed(ana, "hello")
        mixed["conversation"]["tenantId"] = other
        bearer = "Bearer "
        return (
            signed("nobody", ""),
            signed("no token", "Bearer"),
            signed("no scheme", fake.token()),
            signed("another scheme", f"Basic {fake.token()}"),
            signed("no JWT", bearer + "x.y.z"),
            signed("half a JWT", bearer + fake.token()[:-20]),
            signed("another key", bearer + fake.token(key=fake.other_key)),
            signed("a key nobody knows", bearer + fake.token(key=fake.other_key, name="k2")),
            signed("another issuer", bearer + fake.token(iss="https://evil.example")),
            signed("no issuer", bearer + fake.token(iss=None)),
            signed(
                "the emulator's, for us",
                bearer
                + fake.token(iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", ver="1.0", appid=APP),
            ),
            signed("for another app", bearer + fake.token(aud=other)),
            signed("for nobody", bearer + fake.token(aud=None)),
            signed("a skill's", bearer + fake.token(ver="1.0", appid=other)),
            signed("over an hour old", bearer + fake.token(exp=now - 3700, nbf=now - 7300)),
            signed("without an end", bearer + fake.token(exp=None)),
            signed("from the future", bearer + fake.token(nbf=now + 3600)),
            signed("for another service", bearer + fake.token(serviceurl="https://evil.example/")),
            signed("for no service", bearer + fake.token(serviceurl=None)),
            signed("alg none", bearer + fake.token(key="", algorithm="none")),
            signed("alg HS256", bearer + fake.token(key="k" * 64, algorithm="HS256")),
            act("a service of its own", 401, serviceUrl="https://evil.example/"),
            act("no service", 400, serviceUrl=None),
            act("a service that is none", 400, serviceUrl=""),
            act("another channel", 403, channelId="webchat"),
            act("no channel", 403, channelId=None),
            sent("another tenant", 403, json.dumps(theirs).encode()),
            sent("a tenant in two minds", 403, json.dumps(mixed).encode()),
            act("no tenant", 403, channelData={}),
            act("no name of its own", 400, id=None),
            act("no conversation", 400, conversation={"tenantId": TENANT}),
            act("a kind that is no word", 400, type=7),
            act("no kind", 400, type=None),
            *(
                sent(f"no activity: {body[:12]!r}", 400, body)
                for body in (b"", b"{", b"[" * 20_000, b"\xff\xfe", b"null", b"[]", b'"x"', b"1" * 5_000)
            ),
            act("too much", 413, text="x" * LARGEST),
            sent("10 MB", 413, b'{"type": "message", "text": "' + b"x" * 10_000_000 + b'"}'),
            invoked("an invoke nobody knows", 400, name="task/fetch", value={}),
            invoked("an invoke of no name", 400),
            invoked(
                "an action of somebody else's",
                400,
                name="adaptiveCard/action",
                value={"action": {"data": {}}},
            ),
            invoked("an action that is none", 400, name="adaptiveCard/action", value="x"),
            invoked("a search of somebody else's", 400, name="application/search", value={"dataset": "cities"}),
        )


# Cards, as Teams draws them


def _actions(card: Json) -> list[Json]:
    """What can be tapped; a button that asks first counts for the answer behind it."""
    found: list[Json] = []
    behind: list[Any] = []
    for element in teams_shapes.elements(card):
        if element["type"] == "Action.ShowCard":
            (answer,) = teams_shapes.taps(element["card"])
            found.append(dict(answer) | {"title": element["title"]})
            behind.append(answer)
        elif element["type"] == "Action.Execute" and not any(element is one for one in behind):
            found.append(dict(element))
    return found


def _form(card: Json) -> Json | None:
    """The action that sends the card's form."""
    return next((cast(Json, tap) for tap in teams_shapes.taps(card) if tap["data"]["act"] == "send"), None)


def _dialog(title: str, posted: Activity) -> Dialog:
    """A form as it stands: its values, and the sentence in red under each field or at the top."""
    values: dict[str, str | tuple[str, ...]] = {}
    errors: dict[str, str] = {}
    last = ""
    for element in cast(Json, posted.card)["body"]:
        if element["type"].startswith("Input.") and not element["id"].startswith("pick/"):
            kind, _, last = element["id"].partition("/")
            values[last] = _value(kind, str(element.get("value", "")))
        if element["type"] == "RichTextBlock" and element["inlines"][0].get("color") == "Attention":
            said = "".join(run["text"] for run in element["inlines"])
            errors[last] = f"{errors.get(last, '')} {said}".strip()
    return Dialog(title, values, errors, posted)


def _value(kind: str, given: str) -> str | tuple[str, ...]:
    if kind == "text":
        return given
    chosen = tuple(json.loads(part) for part in given.split(",") if part)
    return chosen if kind == "many" else "".join(chosen[:1])


def _sent(kind: str, value: str | tuple[str, ...]) -> str:
    if kind == "text":
        return str(value)
    several = (value,) if isinstance(value, str) else value
    return ",".join(json.dumps(one).replace(",", "\\u002c") for one in several if one)


def _read(posted: Activity) -> Shown:
    """What one reads from the top, and what can be tapped. Words in a TextBlock would be read as markdown."""
    thread = posted.thread
    name = f"{thread}/{posted.id}" if thread and posted.by == "bot" else posted.id
    card = posted.card
    if card is None:
        return Shown(name, str(posted.said.get("text", "")), under=thread)
    words: list[str] = []
    live: list[str] = []
    controls = [action["title"] for action in _actions(card)]
    for element in teams_shapes.elements({**card, "body": [_drawn(element) for element in card["body"]]}):
        match element["type"]:
            case "RichTextBlock":
                words.append("".join(run["text"] for run in element["inlines"]))
            case "TextBlock" | "FactSet" | "Image" | "Action.OpenUrl":
                live.append(str(element))
            case "Input.Text" | "Input.ChoiceSet":
                words.append(str(element.get("label", "")))
                words.append(str(element.get("value", "")))
                if str(element["id"]).startswith("pick/"):
                    controls += [choice["title"] for choice in element["choices"]]
            case "Shown":
                words += element["words"]
    live += [str(card["msteams"]["entities"])] if card["msteams"].get("entities") else []
    bare = [label.removeprefix("✓ ") for label in controls]
    return Shown(name, "\n".join(words), tuple(bare), tuple(live), thread)


def _drawn(element: Json) -> Json:
    """A chart is drawn with its labels and figures; its fallback is not seen."""
    if not str(element["type"]).startswith("Chart."):
        return element
    rows = element["data"] if "values" in element["data"][0] else [{"legend": "", "values": element["data"]}]
    words = [element["title"], *(row["legend"] for row in rows)]
    for row in rows:
        words += [f"{point['x']} {point['y']:g}" for point in row["values"]]
    return {"type": "Shown", "words": [word for word in words if word]}


async def never(event: InboundEvent) -> None:
    """A `keep` that is not to be needed."""
    raise AssertionError(f"kept: {event}")
