"""The Bot Connector: what it is asked to do, and its refusals in words that an admin understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from adapters.msteams.client import Client, Json, Response
from adapters.msteams.settings import Settings
from bot.chat.platform import OutcomeUnknown, RateLimited, Unreachable

WAIT = 2.0  # seconds, where Teams asks us to wait and does not say how long
PAGE = "500"  # members at once, the most there are

# https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis
REASONS: Mapping[str, str] = {
    "ConversationBlockedByUser": "They have blocked Instep in Teams; only they can unblock it, in its chat.",
    "BotNotInConversationRoster": "Instep is not in that conversation (any more). Add the app there again.",
    "BotDisabledByAdmin": "A Teams admin has blocked the app: Teams admin center, Teams apps, Manage apps, Instep, Allow.",
    "BotNotRegistered": "Microsoft does not know the bot: look at the Teams channel of the Azure Bot.",
    "ForbiddenOperationException": "The app is not installed for them, or not in that team.",
    "MessageWritesBlocked": "Nobody may write in that chat: they have left it, or it is locked.",
    "NotEnoughPermissions": "The app lacks a permission there. Remove it from that team and add it again.",
    "MessageSizeTooBig": "The message is larger than Teams takes.",
    "ConversationNotFound": "That conversation is not there any more.",
    "ActivityNotFoundInConversation": "That message is not there any more.",
    "BadArgument": "Teams does not know that conversation or person.",
    "BadSyntax": "Teams does not know that conversation or person.",
}


class Connector:
    """Calls of the Bot Connector. Each raises Unreachable, RateLimited or OutcomeUnknown; `service` is the address to
    call it at."""

    def __init__(self, settings: Settings, wire: Client) -> None:
        self._scope = settings.scope
        self._app_id = settings.app_id
        self._wire = wire

    async def say(self, service: str, conversation: str, activity: Json, *, only: bool = False) -> str:
        """Post it, and return its id. `only`: shown to its recipient alone, in a conversation of several."""
        body = await self._ask(
            "POST", service, f"conversations/{_in_path(conversation)}/activities", activity, only=only
        )
        name = body.get("id")
        if not isinstance(name, str) or not name:
            raise OutcomeUnknown("Teams did not say whether it took the message")
        return name

    async def show(self, service: str, conversation: str, name: str, activity: Json, *, only: bool = False) -> None:
        """Put this in the place of a message of ours."""
        await self._ask("PUT", service, _activity(conversation, name), activity | {"id": name}, only=only)

    async def take_back(self, service: str, conversation: str, name: str, *, only: bool = False) -> None:
        """Delete a message of ours."""
        await self._ask("DELETE", service, _activity(conversation, name), only=only)

    async def meet(self, service: str, user: str, tenant: str) -> str:
        """The id of the conversation with one person, whom Teams or Entra calls so; asked again it is the same."""
        asked: Json = {
            "isGroup": False,
            "bot": {"id": f"28:{self._app_id}"},
            "members": [{"id": user}],
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        name = (await self._ask("POST", service, "conversations", asked)).get("id")
        if not isinstance(name, str) or not name:
            raise OutcomeUnknown("Teams named no conversation")
        return name

    async def member(self, service: str, conversation: str, user: str) -> Json:
        """One person of a conversation."""
        path = f"conversations/{_in_path(conversation)}/members/{_in_path(user)}"
        return await self._ask("GET", service, path)

    async def members(self, service: str, conversation: str, *, all_of_them: bool = True) -> Sequence[Json]:
        """Everybody in a conversation, page by page; or one page, where that is enough."""
        found: list[Json] = []
        more = ""
        while True:
            page = await self._ask(
                "GET",
                service,
                f"conversations/{_in_path(conversation)}/pagedmembers",
                params={"pageSize": PAGE} | ({"continuationToken": more} if more else {}),
            )
            found += [one for one in page.get("members") or () if isinstance(one, dict)]
            more = str(page.get("continuationToken") or "")
            if not more or not all_of_them:
                return found

    async def channels(self, service: str, team: str) -> Sequence[Json]:
        """The channels of a team: `id`, and `name`, which the first one has none of."""
        found = await self._ask("GET", service, f"teams/{_in_path(team)}/conversations")
        return [one for one in found.get("conversations") or () if isinstance(one, dict)]

    async def _ask(
        self,
        method: str,
        service: str,
        path: str,
        body: Json | None = None,
        *,
        only: bool = False,
        params: Mapping[str, str] | None = None,
    ) -> Json:
        asked = dict(params or {}) | ({"isTargetedActivity": "true"} if only else {})
        answer = await self._wire.ask(
            method, f"{service.rstrip('/')}/v3/{path}", scope=self._scope, body=body, params=asked
        )
        if answer.status < 300:
            return answer.body or {}
        raise refusal(answer)


def refusal(answer: Response) -> Unreachable | RateLimited | OutcomeUnknown:
    """What an answer that is none of success means. 412 and 429 come before anything was done, 5xx tell nothing."""
    match answer.status:
        case 412 | 429:
            wait = answer.retry_after
            return RateLimited(WAIT if wait is None else wait, "Teams asked us to wait")
        case 401:
            return RateLimited(30, "Teams does not accept our token")
        case status if status >= 500 or status == 408:
            return OutcomeUnknown(f"Teams answered {status}")
        case status:
            code = answer.code if answer.code.isalnum() else ""
            usual = {
                403: "Teams does not let us write there: the app is not installed, or was blocked.",
                404: "That conversation or message is not there any more.",
                413: REASONS["MessageSizeTooBig"],
            }.get(status, "Teams refused it.")
            return Unreachable(f"{REASONS.get(code, usual)} ({status}{f' {code}' if code else ''})")


def _activity(conversation: str, name: str) -> str:
    return f"conversations/{_in_path(conversation)}/activities/{_in_path(name)}"


def _in_path(name: str) -> str:
    return quote(name, safe="")
