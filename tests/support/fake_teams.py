"""Microsoft's side of Teams, faked at the wire: sign-in, keys, the Bot Connector and Graph on one loopback port, and
the people in front of their screens. It is as strict as the real thing, and keeps the truth: every activity by its id.
"""

from __future__ import annotations

import asyncio
import base64
import html
import itertools
import json
import secrets
import socket
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import jwt
from aiohttp import ClientSession, ClientTimeout, web
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.msteams.settings import Settings
from tests.support import teams_shapes

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ISSUER = "https://api.botframework.com"
CARD = "application/vnd.microsoft.card.adaptive"
LARGEST = 80_000  # bytes of an activity in UTF-16
LIMITS = ((7, 1), (8, 2), (60, 30), (1_800, 3_600))
TENANT_LIMITS = ((50, 1),)


class TenantUser:
    """Somebody with an account in the tenant."""

    def __init__(self, key: str, name: str, zone: str = "Europe/Berlin", role: str = "user") -> None:
        self.key = key
        self.name = name
        self.zone = zone
        self.role = role
        self.tenant = TENANT  # theirs; of another one where a shared channel brings them along
        self.entra = f"{key.encode().hex():0>12}"[-12:].join(("00000000-0000-4000-8000-", ""))
        self.user = f"29:1{base64.urlsafe_b64encode(key.encode() * 8).decode().rstrip('=')}"
        self.conversation = f"a:1{base64.urlsafe_b64encode(key.encode() * 12).decode().rstrip('=')}"
        self.has_app = False
        self.knows_us = False  # whether their conversation with us exists
        self.blocked = ""  # the error their conversation answers with

    @property
    def member(self) -> Json:
        """As a roster has them."""
        guest = self.role == "guest"
        mail = f"{self.key}@acme.example"
        return {
            "id": self.user,
            "name": self.name,
            "aadObjectId": self.entra,
            "objectId": self.entra,
            "email": mail,
            "userPrincipalName": f"{self.key}_other.example#EXT#@acme.example" if guest else mail,
            "tenantId": self.tenant,
            "userRole": self.role,
        }


TENANT = "11111111-2222-4333-8444-555555555555"
APP = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SECRET = "a-secret-that-is-no-secret"
CATALOG = "cccccccc-0000-4000-8000-000000000001"
TEAM = "19:engineering@thread.tacv2"
CHANNEL = "19:platform@thread.tacv2"
DELETED = "19:closed@thread.tacv2"
CHAT = "19:5f0c7a@thread.v2"


@dataclass(frozen=True)
class Activity:
    """One message, as the conversation keeps it."""

    id: str
    where: str  # the conversation, without its thread
    thread: str  # the message it stands under
    by: str  # "bot", or what Teams calls the person
    said: Json  # the activity as it was sent
    only: str = ""  # the one person who sees it
    edits: int = 0
    deleted: bool = False

    @property
    def card(self) -> Json | None:
        """Its card."""
        for one in self.said.get("attachments") or ():
            if one["contentType"] == CARD:
                card: Json = one["content"]
                return card
        return None


@dataclass
class Throttle:
    """So many requests in so many seconds."""

    limits: tuple[tuple[int, float], ...]
    seen: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def full(self, name: str) -> bool:
        """Whether one more would be too many; counts it if not."""
        now = time.monotonic()
        times = self.seen[name]
        longest = max(seconds for _, seconds in self.limits)
        while times and times[0] <= now - longest:
            times.popleft()
        if any(sum(at > now - seconds for at in times) >= most for most, seconds in self.limits):
            return True
        times.append(now)
        return False


class ConnectorError(Exception):
    """A request that the connector refuses."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status


class Fake:
    """Start it, point `settings()` at it, let it know the bot's endpoint, and let people do things."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.service = f"{self.url}/emea/"
        self.bot = f"28:{APP}"
        self.endpoint = ""
        self.people = {
            key: TenantUser(key, name, zone)
            for key, name, zone in (
                ("ana", "Ana Duarte", "Europe/Lisbon"),
                ("ben", "Ben Okafor", "Europe/Berlin"),
                ("cem", "Cem Aydın", "Europe/Istanbul"),
                ("zoe", "Zoe Brandt", "Europe/Berlin"),
            )
        }
        self.members = {TEAM: ["ana", "ben", "cem"]}
        self.channels: dict[str, dict[str, str | None]] = {TEAM: {TEAM: None, CHANNEL: "platform"}}
        self.kinds: dict[str, str] = {}  # of channels that are private or shared
        self.chats: dict[str, list[str]] = {}
        self.in_team = {TEAM}  # teams and chats that have the app
        self.targeted = True  # whether the tenant has private messages in channels
        self.may_add = False  # whether Graph may add the app for people
        self.page = 2  # members of a page
        self.activities: dict[str, Activity] = {}
        self.posts: list[str] = []  # keys of everything that was posted, once for each time
        self.requests: list[tuple[str, str]] = []
        self.refused: list[tuple[str, int, str]] = []  # what was refused, as the truth about strictness
        self.faults: deque[str] = deque()  # of the next requests that post
        self.every: tuple[int, str] = (0, "")  # a fault of each so-and-so-many-th post or edit
        self.conversation_throttle: Throttle | None = None
        self.tenant_throttle: Throttle | None = None
        self.retry_after = "0"
        self.token_life = 3600
        self.tokens_given = 0
        self.keys_given = 0
        self.toasts: list[str] = []
        self.last: Json = {}
        self.twice = False  # whether each activity is delivered once more
        self._tokens: dict[str, float] = {}
        self._graph_tokens: set[str] = set()
        self._replaced: dict[tuple[str, str], Json] = {}  # cards that one person was answered with
        self._ids = itertools.count(1_772_000_000_000)
        self._counted = itertools.count(1)
        self._changed = asyncio.Event()
        self.hung = asyncio.Event()

    # Running it

    def settings(self, **more: Any) -> Settings:
        """The adapter's settings, with everything of Microsoft's moved here."""
        given: Json = {
            "app_id": APP,
            "app_password": SECRET,
            "tenant_id": TENANT,
            "login_url": self.url,
            "openid_url": f"{self.url}/openid",
            "graph_url": f"{self.url}/graph/v1.0",
            "service_url": self.service,
            "patience": 2.0,
            "timeout": 1.0,
        }
        return Settings(**(given | more))

    async def start(self) -> None:
        application = web.Application(middlewares=[self._strict], client_max_size=1024 * 1024)
        routes = application.router
        routes.add_post("/{tenant}/oauth2/v2.0/token", self._sign_in)
        routes.add_get("/openid", self._openid)
        routes.add_get("/keys", self._jwks)
        at = "/emea/v3"
        routes.add_post(f"{at}/conversations", self._meet)
        routes.add_post(f"{at}/conversations/{{where}}/activities", self._post)
        routes.add_put(f"{at}/conversations/{{where}}/activities/{{name}}", self._put)
        routes.add_delete(f"{at}/conversations/{{where}}/activities/{{name}}", self._delete)
        routes.add_get(f"{at}/conversations/{{where}}/members/{{user}}", self._member)
        routes.add_get(f"{at}/conversations/{{where}}/pagedmembers", self._paged)
        routes.add_get(f"{at}/teams/{{team}}/conversations", self._team)
        routes.add_post("/graph/v1.0/users/{user}/teamwork/installedApps", self._install_for)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        self.client = ClientSession(timeout=ClientTimeout(total=30))

    async def stop(self) -> None:
        self.hung.set()
        await self.client.close()
        await self._runner.cleanup()

    async def until(self, holds: Callable[[], object], within: float = 20.0) -> None:
        """Wait for something to be true of what was posted, so many seconds."""
        async with asyncio.timeout(within):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    # Sign-in, and the keys we sign with

    async def _sign_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        if request.match_info["tenant"] != TENANT:
            return web.json_response({"error": "invalid_request"}, status=400)
        if (form.get("client_id"), form.get("client_secret")) != (APP, SECRET):
            return web.json_response({"error": "invalid_client", "error_codes": [7000215]}, status=401)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        token = secrets.token_urlsafe(24)
        if form.get("scope") == f"{ISSUER}/.default":
            self._tokens[token] = time.monotonic() + self.token_life
        elif form.get("scope") == f"{self.url}/.default":
            self._graph_tokens.add(token)
        else:
            return web.json_response({"error": "invalid_scope"}, status=400)
        self.tokens_given += 1
        return web.json_response({"token_type": "Bearer", "expires_in": self.token_life, "access_token": token})

    def revoke(self) -> None:
        """No token given so far is good any more."""
        self._tokens.clear()

    async def _openid(self, request: web.Request) -> web.Response:
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})

    async def _jwks(self, request: web.Request) -> web.Response:
        self.keys_given += 1
        numbers = self.key.public_key().public_numbers()

        def packed(number: int) -> str:
            raw = number.to_bytes((number.bit_length() + 7) // 8)
            return base64.urlsafe_b64encode(raw).decode().rstrip("=")

        key = {"kty": "RSA", "kid": "k1", "e": packed(numbers.e), "n": packed(numbers.n)}
        return web.json_response({"keys": [key | {"endorsements": ["msteams", "webchat"]}]})

    def token(self, *, key: Any = None, algorithm: str = "RS256", name: str = "k1", **claims: Any) -> str:
        """A token as Microsoft sends us; every claim can be another, or None to be left out."""
        now = int(time.time())
        usual: Json = {
            "iss": ISSUER,
            "aud": APP,
            "serviceurl": self.service,
            "nbf": now - 10,
            "exp": now + 3600,
        }
        wanted = {claim: value for claim, value in (usual | claims).items() if value is not None}
        return jwt.encode(wanted, self.key if key is None else key, algorithm=algorithm, headers={"kid": name})

    # The connector

    @web.middleware
    async def _strict(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path
        if not path.startswith("/emea/"):
            return await handler(request)
        self.requests.append((request.method, unquote(path)))
        try:
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self._tokens.get(bearer, 0.0) < time.monotonic():
                raise ConnectorError(401, "Unauthorized")
            if self.tenant_throttle is not None and self.tenant_throttle.full(TENANT):
                raise ConnectorError(429, "TooManyRequests")
            return await handler(request)
        except ConnectorError as wrong:
            self.refused.append((request.method, wrong.status, str(wrong)))
            waits = {"Retry-After": self.retry_after} if wrong.status in (412, 429) else {}
            error = {"error": {"code": str(wrong), "message": "It cannot be done."}}
            return web.json_response(error, status=wrong.status, headers=waits)

    async def _meet(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("bot", {}).get("id") != self.bot or asked.get("isGroup") or len(asked["members"]) != 1:
            raise ConnectorError(400, "BadSyntax")
        if asked["tenantId"] != TENANT or asked["channelData"]["tenant"]["id"] != TENANT:
            raise ConnectorError(403, "BotNotInConversationRoster")
        account = self._account(asked["members"][0]["id"])
        if not self._may_write(account):
            raise ConnectorError(403, "ForbiddenOperationException")
        account.knows_us = True
        return web.json_response({"id": account.conversation}, status=201)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        where, thread = self._place(request)
        said = await self._said(request)
        only = self._only(request, where, said)
        fault = self._fault()
        if fault in ("busy", "precondition"):
            raise ConnectorError(429 if fault == "busy" else 412, "TooManyRequests")
        if fault == "server error":
            raise ConnectorError(500, "ServiceError")
        if fault == "html":
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        posted = self._keep("bot", where, thread, said, only)
        if fault == "timeout":
            await self.hung.wait()
        if fault == "cut" and request.transport is not None:
            request.transport.close()
        if fault == "truncated":
            return web.Response(status=201, body=b'{"id": "17', content_type="application/json")
        return web.json_response({"id": posted.id}, status=201)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        posted = self._ours(request)
        said = await self._said(request)
        if said.get("id") != posted.id:
            raise ConnectorError(400, "BadSyntax")
        if posted.only and request.query.get("isTargetedActivity") != "true":
            raise ConnectorError(404, "ActivityNotFoundInConversation")
        if self._fault(edit=True) == "busy":
            raise ConnectorError(429, "TooManyRequests")
        self.activities[posted.id] = replace(posted, said=said, edits=posted.edits + 1)
        for seen in [seen for seen in self._replaced if seen[0] == posted.id]:
            del self._replaced[seen]
        self._changed.set()
        return web.json_response({"id": posted.id})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        posted = self._ours(request)
        self.activities[posted.id] = replace(posted, deleted=True)
        self._changed.set()
        return web.Response(status=200)

    async def _member(self, request: web.Request) -> web.Response:
        where, _ = self._place(request)
        account = self._account(request.match_info["user"])
        if account.key not in self._roster(where):
            raise ConnectorError(404, "MemberNotFoundInConversation")
        return web.json_response(account.member)

    async def _paged(self, request: web.Request) -> web.Response:
        where, _ = self._place(request)
        keys = self._roster(where)
        first = int(request.query.get("continuationToken", "0"))
        page: Json = {"members": [self.people[key].member for key in keys[first : first + self.page]]}
        if first + self.page < len(keys):
            page["continuationToken"] = str(first + self.page)
        return web.json_response(page)

    async def _team(self, request: web.Request) -> web.Response:
        team = request.match_info["team"]
        if team not in self.channels or team not in self.in_team:
            raise ConnectorError(403, "BotNotInConversationRoster")
        found = [
            {"id": name, "type": self.kinds.get(name, "standard")} | ({"name": label} if label else {})
            for name, label in self.channels[team].items()
        ]
        return web.json_response({"conversations": found})

    async def _install_for(self, request: web.Request) -> web.Response:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if bearer not in self._graph_tokens or not self.may_add:
            return web.json_response({"error": {"code": "Forbidden", "message": "no"}}, status=403)
        asked = (await request.json()).get("teamsApp@odata.bind")
        if asked != f"{self.url}/graph/v1.0/appCatalogs/teamsApps/{CATALOG}":
            return web.json_response({"error": {"code": "NotFound"}}, status=404)
        account = self._account(request.match_info["user"])
        if account.has_app:
            return web.json_response({"error": {"code": "Conflict"}}, status=409)
        account.has_app = True
        return web.Response(status=201)

    # What it is strict about

    def _account(self, name: str) -> TenantUser:
        for account in self.people.values():
            if name in (account.user, account.entra):
                return account
        raise ConnectorError(404, "BadArgument")

    def _may_write(self, account: TenantUser) -> bool:
        return account.has_app or any(account.key in self.members.get(place, ()) for place in self.in_team)

    def _roster(self, where: str) -> list[str]:
        for team, channels in self.channels.items():
            if where in channels:
                return self.members[team]
        if where in self.chats:
            return self.chats[where]
        return [account.key for account in self.people.values() if account.conversation == where]

    def _place(self, request: web.Request) -> tuple[str, str]:
        """The conversation and the thread; refused where we may not be."""
        where, _, thread = request.match_info["where"].partition(";messageid=")
        if self.conversation_throttle is not None and self.conversation_throttle.full(where):
            raise ConnectorError(429, "TooManyRequests")
        for account in self.people.values():
            if account.conversation == where and account.knows_us:
                if account.blocked:
                    raise ConnectorError(403, account.blocked)
                if request.method == "GET" and not self._may_write(account):
                    raise ConnectorError(403, "BotNotInConversationRoster")
                return where, ""  # after an uninstall a message may still be taken
        for team, channels in self.channels.items():
            if where in channels:
                if team not in self.in_team:
                    raise ConnectorError(403, "BotNotInConversationRoster")
                if thread and (thread not in self.activities or self.activities[thread].where != where):
                    raise ConnectorError(404, "ConversationNotFound")
                return where, thread
        if where in self.chats and where in self.in_team:
            return where, ""
        raise ConnectorError(404, "ConversationNotFound")

    async def _said(self, request: web.Request) -> Json:
        if request.content_type != "application/json":
            raise ConnectorError(415, "BadSyntax")
        raw = await request.read()
        said: Json = json.loads(raw)
        if 2 * len(raw.decode()) > LARGEST:
            raise ConnectorError(413, "MessageSizeTooBig")
        if said.get("type") != "message" or not said.get("summary"):
            raise ConnectorError(400, "BadSyntax")
        for one in said.get("attachments") or ():
            if one.get("contentType") != CARD:
                raise ConnectorError(400, "BadSyntax")
            teams_shapes.check(one["content"])
        return said

    def _only(self, request: web.Request, where: str, said: Json) -> str:
        if request.query.get("isTargetedActivity") != "true":
            return ""
        if not self.targeted:
            raise ConnectorError(403, "NotEnoughPermissions")
        whom = said.get("recipient", {}).get("id", "")
        if where.startswith("a:") or self._account(whom).key not in self._roster(where):
            raise ConnectorError(400, "BadArgument")
        return str(whom)

    def _ours(self, request: web.Request) -> Activity:
        where, thread = self._place(request)
        posted = self.activities.get(request.match_info["name"])
        if posted is None or posted.deleted or posted.by != "bot" or posted.where != where:
            raise ConnectorError(404, "ActivityNotFoundInConversation")
        if thread and thread not in (posted.thread, posted.id):
            raise ConnectorError(404, "ActivityNotFoundInConversation")
        return posted

    def _fault(self, *, edit: bool = False) -> str:
        number, fault = self.every
        if number and next(self._counted) % number == 0:
            return fault
        return self.faults.popleft() if self.faults and not edit else ""

    def _keep(self, by: str, where: str, thread: str, said: Json, only: str) -> Activity:
        posted = Activity(str(next(self._ids)), where, thread, by, said, only)
        self.activities[posted.id] = posted
        if by == "bot":
            self.posts.append(str(said.get("channelData", {}).get("delivery", "")))
        self._changed.set()
        return posted

    # What people do

    async def deliver(self, activity: Json, *, token: str | None = None) -> tuple[int, Json]:
        """What Teams does with an activity: it brings it to the bot."""
        self.last = activity
        headers = {"Authorization": f"Bearer {self.token() if token is None else token}"}
        answers = []
        for _ in range(2 if self.twice else 1):
            async with self.client.post(self.endpoint, json=activity, headers=headers) as response:
                raw = await response.read()
                answers.append((response.status, json.loads(raw) if raw else {}))
        return answers[0]

    def activity(self, account: TenantUser, kind: str, where: str = "", *, thread: str = "", **more: Any) -> Json:
        """Anything somebody does, as it comes: in our conversation, or `where` it says."""
        where = where or account.conversation
        data: Json = {"tenant": {"id": TENANT}}
        conversation: Json = {"id": where, "tenantId": TENANT, "conversationType": "personal"}
        for team, channels in self.channels.items():
            if where in channels:
                data |= {"team": {"id": team}, "channel": {"id": where}}
                conversation |= {"conversationType": "channel", "isGroup": True}
                if thread:
                    conversation["id"] = f"{where};messageid={thread}"
        if where in self.chats:
            conversation |= {"conversationType": "groupChat", "isGroup": True}
        name = str(next(self._ids))
        # Whoever installs, or joins, or renames is told of by their ids alone, and without their clock.
        said = kind in ("message", "messageUpdate", "invoke")
        called = {"name": account.name} if said else {}
        clock = {
            "locale": "en-GB",
            "country": "GB",
            "platform": "Web",
            "timezone": account.zone,
            "type": "clientInfo",
        }
        return {
            "type": kind,
            "id": name if kind == "message" else f"f:{name}",
            "timestamp": "2026-03-05T15:30:00.000Z",
            **({"localTimestamp": "2026-03-05T16:30:00.000+01:00", "localTimezone": account.zone} if said else {}),
            "serviceUrl": self.service,
            "channelId": "msteams",
            "from": {"id": account.user, "aadObjectId": account.entra} | called,
            "conversation": conversation,
            "recipient": {"id": self.bot, "name": "Instep"},
            **({"entities": [clock]} if said else {}),
            "channelData": data,
            **more,
        }

    def typed(
        self,
        account: TenantUser,
        words: str,
        where: str = "",
        *,
        mention: bool = False,
        targeted: bool = False,
        also: Mapping[str, TenantUser] = {},
        kind: str = "message",
    ) -> Json:
        """Words in the way Teams has them: as HTML too, with mentions as entities."""
        at = self.activity(account, kind, where, timestamp=f"2026-03-05T15:30:00.{next(self._ids) % 1000:03}Z")
        body = html.escape(words, quote=False).replace("\n", "<br>")
        plain = words
        entities = []
        if mention:
            body, plain = f'<at id="0">Instep</at>&nbsp;{body}', f"<at>Instep</at> {plain}"
            entities.append(
                {
                    "type": "mention",
                    "text": "<at>Instep</at>",
                    "mentioned": {"id": self.bot, "name": "Instep"},
                }
            )
        for written, other in also.items():
            tag = f'<at id="{len(entities)}">{other.name}</at>'
            body, plain = body.replace(written, tag), plain.replace(written, f"<at>{other.name}</at>")
            mentioned = {"id": other.user, "name": other.name}
            entities.append({"type": "mention", "text": f"<at>{other.name}</at>", "mentioned": mentioned})
        at |= {
            "text": plain,
            "textFormat": "plain",
            "attachments": [{"contentType": "text/html", "content": f"<p>{body}</p>"}],
        }
        at["entities"] = at["entities"] + entities
        if targeted:
            at["recipient"]["isTargeted"] = True
        if where and kind == "message":
            at["conversation"]["id"] += "" if where in self.chats else f";messageid={at['id']}"
        return at

    async def types(self, key: str, words: str, where: str = "", **how: Any) -> Json:
        """Types it, and sends it."""
        account = self.people[key]
        at = self.typed(account, words, where, **how)
        self.shows(at, account.user, only=account.user if how.get("targeted") else "")
        status, _ = await self.deliver(at)
        assert status == 200, status
        return at

    def shows(self, at: Json, by: str, *, only: str = "") -> None:
        """What a person said stands in the conversation."""
        where, _, thread = at["conversation"]["id"].partition(";messageid=")
        under = thread if thread != at["id"] else ""
        self.activities[at["id"]] = Activity(at["id"], where, under, by, at, only)

    async def retypes(self, key: str, earlier: Json, words: str) -> None:
        """Edits what they typed."""
        at = self.typed(self.people[key], words, kind="messageUpdate")
        at |= {"id": earlier["id"]}
        at["channelData"]["eventType"] = "editMessage"
        assert (await self.deliver(at))[0] == 200

    async def taps(
        self, key: str, posted: Activity, action: Json, inputs: Json | None = None, *, old: bool = False
    ) -> Json:
        """Uses an action of a card; `old` is a client that knows only Action.Submit. The answer's body comes back."""
        account = self.people[key]
        given = dict(inputs or {}) if action["associatedInputs"] == "auto" else {}
        thread = (posted.thread or posted.id) if not posted.where.startswith("a:") else ""
        if old:
            value: Json = {**action["fallback"]["data"], **given}
            at = self.activity(account, "message", posted.where, thread=thread, value=value, replyToId=posted.id)
        else:
            used = {"type": "Action.Execute", "verb": action["verb"], "data": {**action["data"], **given}}
            value = {"action": used, "trigger": "manual"}
            name = "adaptiveCard/action"
            at = self.activity(
                account, "invoke", posted.where, thread=thread, name=name, value=value, replyToId=posted.id
            )
        status, body = await self.deliver(at)
        assert status == 200, (status, body)
        if old:
            return body
        match body.get("type"):
            case "application/vnd.microsoft.card.adaptive":
                teams_shapes.check(body["value"])
                self._replaced[posted.id, account.user] = body["value"]
            case "application/vnd.microsoft.activity.message":
                assert isinstance(body["value"], str), body
                assert body["value"], body
                self.toasts.append(body["value"])
            case "application/vnd.microsoft.error":
                self.toasts.append(body["value"]["message"])
            case _:
                raise AssertionError(body)
        return body

    async def searches(self, key: str, posted: Activity, dataset: str, typed: str) -> list[Json]:
        """Types in a field that is searched: the results."""
        value = {"queryText": typed, "queryOptions": {"skip": 0, "top": 15}, "dataset": dataset}
        at = self.activity(self.people[key], "invoke", posted.where, name="application/search", value=value)
        status, body = await self.deliver(at)
        assert status == 200, status
        assert body["type"] == "application/vnd.microsoft.search.searchResponse", body
        results: list[Json] = body["value"]["results"]
        return results

    async def adds_app(self, key: str) -> None:
        """Adds the app for themselves; Teams tells of it twice."""
        account = self.people[key]
        account.has_app = account.knows_us = True
        at = self.activity(account, "installationUpdate", action="add")
        members = [{"id": account.user, "aadObjectId": account.entra}, {"id": self.bot}]
        for one in (at, self.activity(account, "conversationUpdate", membersAdded=members)):
            assert (await self.deliver(one))[0] == 200

    async def removes_app(self, key: str) -> None:
        """Removes it again."""
        account = self.people[key]
        account.has_app = False
        assert (await self.deliver(self.activity(account, "installationUpdate", action="remove")))[0] == 200

    async def adds_to_team(self, key: str, team: str = TEAM) -> None:
        """Adds the app to a team."""
        self.in_team.add(team)
        at = self.activity(self.people[key], "installationUpdate", team, action="add")
        at["channelData"]["team"] |= {"name": "Engineering"}
        members = [{"id": self.bot}]
        for one in (at, self.activity(self.people[key], "conversationUpdate", team, membersAdded=members)):
            assert (await self.deliver(one))[0] == 200

    async def changes(self, key: str, what: str, where: str, **names: Json) -> None:
        """A team or a channel becomes another one: `what` is its eventType."""
        at = self.activity(self.people[key], "conversationUpdate", where)
        at["channelData"] |= {"eventType": what}
        for name, more in names.items():
            at["channelData"][name] = at["channelData"].get(name, {}) | more
        assert (await self.deliver(at))[0] == 200

    # What people see

    def seen(self, key: str, where: str = "") -> list[Activity]:
        """A conversation as somebody sees it, oldest first, with the cards they were answered with."""
        account = self.people[key]
        where = where or account.conversation
        found = []
        for posted in self.activities.values():
            if posted.where != where or posted.deleted or posted.only not in ("", account.user):
                continue
            card = self._replaced.get((posted.id, account.user))
            if card is not None:
                posted = replace(posted, said={"attachments": [{"contentType": CARD, "content": card}]})
            found.append(posted)
        return found

    def cards(self, key: str, where: str = "") -> list[Activity]:
        """Ours among them."""
        return [posted for posted in self.seen(key, where) if posted.card is not None]
