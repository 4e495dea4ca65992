"""The workspaces we are installed in, their tokens, and the people in them as Slack knows them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from adapters.slack.blocks import Json
from adapters.slack.client import Api, SlackRefused
from bot.chat.inbound import patiently
from bot.chat.platform import Store, Unreachable

KEPT = "slack:install:"
EARLY = 2 * 3600.0  # seconds before its end at which a token is changed for the next
STALE = frozenset({"invalid_auth", "token_expired", "token_revoked", "not_authed", "account_inactive"})
REMOVED = frozenset({"token_revoked", "account_inactive"})  # with every token of that workspace


class NotInstalled(Unreachable):
    """We are not, or not any more, installed in that workspace."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One workspace that has us: who we are there, and the token that says so."""

    team: str
    name: str
    token: str
    bot_user: str
    bot: str = ""
    refresh: str = ""
    expires_at: float = 0.0  # seconds since the epoch; 0 for a token that does not end
    installer: str = ""


class Vault:
    """Text that is kept encrypted. The first key encrypts; what an older one encrypted can still be read."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """Raises ValueError for a key that is none."""
        self._fernet = MultiFernet([Fernet(key.encode()) for key in keys])

    def lock(self, words: str) -> str:
        """Encrypted with the first key."""
        return self._fernet.encrypt(words.encode()).decode()

    def unlock(self, kept: str) -> str:
        """As it was. Raises Unreachable when no key fits."""
        try:
            return self._fernet.decrypt(kept.encode()).decode()
        except InvalidToken:
            raise Unreachable(
                "Slack's tokens were encrypted with another key. Put that key back into INSTEP_SECRET_KEY, after the new one."
            ) from None

    def turn(self, kept: str) -> str:
        """The same text, encrypted with the first key. Raises Unreachable when no key fits."""
        return self.lock(self.unlock(kept))


class Workspaces:
    """Calls to Slack in the name of a workspace, with a token that is good just now.

    Either one workspace whose token never changes (`token`), or any number that were installed by OAuth: then
    they are in the store, encrypted, and their tokens are renewed before they end, whoever needs one.
    """

    def __init__(
        self,
        api: Api,
        store: Store,
        *,
        token: str = "",
        client_id: str = "",
        client_secret: str = "",
        vault: Vault | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.api = api
        self._store = store
        self._token = token
        self._client_id = client_id
        self._client_secret = client_secret
        self._vault = vault
        self._clock = clock
        self._known: dict[str, Installation] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.when_removed: Callable[[str], Awaitable[None]] | None = None  # nobody told us, and no token is taken

    async def every(self) -> list[Installation]:
        """All of them; those whose key was changed are encrypted anew. Raises Unreachable for a token or key that is
        wrong."""
        if self._token:
            return [await self._own()]
        vault = self._need_vault()
        kept = await self._store.every(KEPT)
        await self._store.put({key: vault.turn(words) for key, words in kept.items()})
        return [_read(vault.unlock(words)) for words in kept.values()]

    async def of(self, team: str) -> Installation:
        """The installation in one workspace, with a token that is good. Raises NotInstalled, RateLimited or
        OutcomeUnknown."""
        found = self._known.get(team) or await self._read(team)
        if not found.expires_at or found.expires_at > self._clock() + EARLY:
            return found
        async with self._locks.setdefault(team, asyncio.Lock()):
            found = await self._read(team)  # whoever was before us in the queue has renewed it
            if found.expires_at > self._clock() + EARLY:
                return found
            return await self._renew(found)

    async def call(self, team: str, method: str, **arguments: object) -> Json:
        """One call in the name of a workspace. Raises SlackRefused, NotInstalled, RateLimited or OutcomeUnknown."""
        installation = await self.of(team)
        try:
            return await self.api.call(method, installation.token, **arguments)
        except SlackRefused as refused:
            if refused.code not in STALE:
                raise
            again = await self._renewed(team, installation, expired=refused.code == "token_expired")
            if again is None:
                if refused.code in REMOVED and self.when_removed is not None:
                    await self.when_removed(team)
                raise
            return await self.api.call(method, again.token, **arguments)

    async def ask(self, team: str, method: str, **arguments: object) -> Json:
        """A call that changes nothing and that somebody waits for: asked again while Slack is busy."""
        return await patiently(lambda: self.call(team, method, **arguments))

    async def keep(self, installation: Installation) -> None:
        """Installed, or installed anew."""
        words = json.dumps(asdict(installation))
        await self._store.put({_key(installation.team): self._need_vault().lock(words)})
        self._known[installation.team] = installation

    async def forget(self, team: str) -> None:
        """Removed from a workspace: its tokens are deleted."""
        self._known.pop(team, None)
        await self._store.drop(_key(team))

    async def _renewed(self, team: str, old: Installation, *, expired: bool) -> Installation | None:
        """What is kept now, where that has another token: another process may have renewed it. One that Slack's clock
        says has run out, and ours does not, is renewed now."""
        if self._token:
            return None
        self._known.pop(team, None)
        now = await self.of(team)
        if now.token == old.token and expired and now.refresh:
            async with self._locks.setdefault(team, asyncio.Lock()):
                now = await self._read(team)
                if now.token == old.token:
                    now = await self._renew(now)
        return now if now.token != old.token else None

    async def _own(self) -> Installation:
        """The one workspace of a fixed token."""
        for known in self._known.values():
            return known
        told = await self.api.call("auth.test", self._token)
        found = Installation(told["team_id"], told["team"], self._token, told["user_id"], told.get("bot_id", ""))
        self._known[found.team] = found
        return found

    async def _read(self, team: str) -> Installation:
        if self._token:
            found = await self._own()
            if found.team == team:
                return found
            raise NotInstalled(f"Instep's token is for the workspace {found.name}, not for {team}.")
        kept = await self._store.get(_key(team))
        if kept is None:
            raise NotInstalled("Instep is not installed in this Slack workspace.")
        self._known[team] = _read(self._need_vault().unlock(kept))
        return self._known[team]

    async def _renew(self, old: Installation) -> Installation:
        """A refresh token works once: the new pair is kept before anybody uses it."""
        try:
            told = await self.api.call(
                "oauth.v2.access", "", client_id=self._client_id, client_secret=self._client_secret,
                grant_type="refresh_token", refresh_token=old.refresh,
            )  # fmt: skip
        except SlackRefused:
            self._known.pop(old.team, None)
            now = await self._read(old.team)
            if now.refresh != old.refresh:  # another process was faster
                return now
            if now.expires_at > self._clock():
                return now  # still good for a while; it is tried again at the next call
            raise
        new = replace(
            old,
            token=told["access_token"],
            refresh=told["refresh_token"],
            expires_at=self._clock() + float(told["expires_in"]),
        )
        await self.keep(new)
        return new

    def _need_vault(self) -> Vault:
        if self._vault is None:
            raise NotInstalled("Neither SLACK_BOT_TOKEN nor SLACK_CLIENT_ID is set.")
        return self._vault


def _key(team: str) -> str:
    """Ended, so that no key begins with another one."""
    return f"{KEPT}{team};"


def _read(words: str) -> Installation:
    return Installation(**json.loads(words))
