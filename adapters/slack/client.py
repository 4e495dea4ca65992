"""One call to Slack, and what came of it: an answer, or one of the three errors of the port."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, TraceConfig
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.blocks import Json
from adapters.slack.settings import API
from bot.chat.platform import OutcomeUnknown, RateLimited, Unreachable, in_time

PATIENCE = 9.0  # seconds for one answer: the round that sends gives up after ten

QUIET = logging.getLogger("adapters.slack.sdk")
"""The logger of all of Slack's SDK: off, since it writes whole bodies, and those hold people's words."""
QUIET.setLevel(logging.CRITICAL + 1)

_WRITES = frozenset(
    {"chat.postMessage", "chat.postEphemeral", "chat.update", "views.open", "views.update", "views.publish"}
)  # these take JSON, the others a form
_UNCLEAR = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
_RETRY_AFTER = 30.0  # where Slack does not say
_NO_LINE = 5.0  # seconds until another try when there is no way to Slack at all

REASONS: Mapping[str, str] = {
    "account_inactive": "Instep was removed from this Slack workspace. Install it again.",
    "app_missing_action_url": "The Slack app was made from an older manifest. `instep slack manifest` prints the current one.",
    "cannot_dm_bot": "That is a bot; nobody reads its messages.",
    "channel_not_found": "That channel or person is not there, or Instep cannot see it. A private channel has to invite it first: /invite @Instep",
    "channel_is_limited_access": "Only some people may post in that channel, and Instep is not one of them.",
    "ekm_access_denied": "The company's administrators have suspended posting there.",
    "invalid_auth": "Slack does not know the bot's token any more. Install the app again, or put its current token into SLACK_BOT_TOKEN.",
    "is_archived": "That channel is archived. Unarchive it, or choose another one.",
    "message_not_found": "That message is not there any more.",
    "messages_tab_disabled": "Messages to Instep are switched off in its Slack app: App Home, Messages Tab.",
    "missing_scope": "The Slack app lacks a permission it needs. Update it from `instep slack manifest` and install it again.",
    "not_in_channel": "Instep is not in that channel. Invite it there: /invite @Instep",
    "org_login_required": "The company's Slack is being moved; it takes no messages meanwhile.",
    "restricted_action": "The workspace's settings do not let Instep post there.",
    "restricted_action_read_only_channel": "That channel is read-only.",
    "team_access_not_granted": "Instep is not approved in that Slack workspace.",
    "token_expired": "Slack's token for this workspace has run out. Install the app again.",
    "token_revoked": "Instep was removed from this Slack workspace. Install it again.",
    "user_disabled": "They were deactivated in Slack.",
    "user_not_found": "There is no such person in this Slack workspace.",
    "user_not_visible": "Slack does not let Instep see that person.",
}  # fmt: skip


class SlackRefused(Unreachable):
    """Slack said no before anything happened; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS.get(code, f"Slack refuses it ({code})."))
        self.code = code


class Api:
    """Slack's Web API under one base address. Nothing is retried here: whoever calls knows what may be repeated."""

    def __init__(self, base: str = API, patience: float = PATIENCE) -> None:
        self._base = base if base.endswith("/") else f"{base}/"
        self._patience = patience
        self._client: AsyncWebClient | None = None

    @property
    def authorize_url(self) -> str:
        """Where a person agrees to an installation: beside the API, not under it."""
        return f"{self._base.removesuffix('api/')}oauth/v2/authorize"

    def client(self) -> AsyncWebClient:
        """The SDK's client, for the parts of the SDK that make their own calls. Made at the first call: its
        connections belong to the running loop."""
        if self._client is None:
            session = ClientSession(timeout=ClientTimeout(total=self._patience), trace_configs=[_last_moment()])
            self._client = AsyncWebClient(base_url=self._base, session=session, retry_handlers=[], logger=QUIET)
        return self._client

    async def call(self, method: str, token: str, **arguments: object) -> Json:
        """The answer to one call. Raises SlackRefused, RateLimited or OutcomeUnknown; arguments that are None are left
        out."""
        data = (await self._ask(method, token, arguments)).data
        return data if isinstance(data, dict) else {}

    async def granted(self, token: str) -> frozenset[str]:
        """The scopes of a token. Raises like `call`."""
        answer = await self._ask("auth.test", token, {})
        return frozenset(scope.strip() for scope in str(answer.headers.get("X-OAuth-Scopes", "")).split(","))

    async def _ask(self, method: str, token: str, arguments: Mapping[str, object]) -> AsyncSlackResponse:
        given = {name: value for name, value in arguments.items() if value is not None}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            if method in _WRITES:
                return await self.client().api_call(method, json=given, headers=headers)
            return await self.client().api_call(method, data=_form(given), headers=headers)
        except SlackApiError as error:
            raise _named(error) from None
        except ClientConnectorError:  # there was no line, so nothing was said
            raise RateLimited(_NO_LINE, "Slack cannot be reached") from None
        except (ClientError, TimeoutError, OSError, ValueError, AttributeError):
            # The last two are the SDK's, on an answer that is not the JSON it was meant to be.
            raise OutcomeUnknown("Slack did not answer clearly") from None

    async def respond(self, url: str, payload: Json) -> None:
        """Posts to the `response_url` of an interaction: valid for 30 minutes and five times."""
        try:
            session = self.client().session
            assert session is not None
            async with session.post(url, json=payload) as answer:
                if answer.status == 429:
                    raise RateLimited(_seconds(answer.headers.get("Retry-After")))
                if answer.status >= 500:
                    raise OutcomeUnknown("Slack did not answer clearly")
                if answer.status != 200:
                    raise SlackRefused("expired_url")
        except ClientConnectorError:
            raise RateLimited(_NO_LINE, "Slack cannot be reached") from None
        except (ClientError, TimeoutError, OSError):
            raise OutcomeUnknown("Slack did not answer clearly") from None

    async def close(self) -> None:
        """Lets the connections go."""
        if self._client is not None and self._client.session is not None:
            await self._client.session.close()
        self._client = None


def _form(given: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in given.items()
    }


def _named(error: SlackApiError) -> Exception:
    answer: Any = error.response
    status = int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))
    data = getattr(answer, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return RateLimited(_seconds(answer.headers.get("Retry-After")))
    if status >= 500 or not code or code in _UNCLEAR:
        return OutcomeUnknown("Slack did not answer clearly")
    return SlackRefused(code)


def _seconds(words: str | None) -> float:
    try:
        return max(0.0, float(words or _RETRY_AFTER))
    except ValueError:
        return _RETRY_AFTER


def _last_moment() -> TraceConfig:
    """Asks once more, when the connection is there and nothing is written yet, whether a message may still leave."""

    async def check(*_: object) -> None:
        in_time()

    trace = TraceConfig()
    trace.on_connection_create_end.append(check)
    trace.on_connection_reuseconn.append(check)
    return trace
