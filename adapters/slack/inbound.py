"""What Slack delivers, read: who did what, where, and where an answer to it can be shown."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

from adapters.slack import addresses, blocks, render
from adapters.slack.blocks import Json, Opens, Press
from adapters.slack.manifest import CHECK_IN, COMMANDS, SAVE
from bot.chat.events import (
    Edited,
    HomeOpened,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Pressed,
    QuotedMessage,
    Submitted,
    Suggest,
    Who,
)

Acted: TypeAlias = MessageReceived | Edited | Opened | Submitted | Pressed | Suggest | HomeOpened | MemberJoined | Left


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    """Where somebody did something, and the ways in which they can be answered there.

    `channel` is Slack's id; `message` is ours that was acted on, or theirs; `url` a response_url; `trigger` opens one
    modal within three seconds; `view` is the open modal it came from; `home` says it came from the App Home.
    """

    team: str
    user: str
    channel: str = ""
    message: str = ""
    thread: str = ""
    url: str = ""
    ephemeral: bool = False
    trigger: str = ""
    view: str = ""
    home: bool = False

    @property
    def private(self) -> bool:
        """Nobody else is there."""
        return not self.channel or self.channel.startswith("D")

    @property
    def address(self) -> str:
        """The conversation; a private one is named by its person."""
        return addresses.of(self.team, self.user if self.private else self.channel)


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. `name` is what the payload calls them; `make` completes the event once it is known who they
    are; `words` are what they typed, as Slack escapes it, for `make` to take plain; `view` is the modal they sent;
    `author` is who wrote the message they point at, where that is somebody else."""

    place: ReplyPlace
    name: str
    make: Callable[[Who, str], Acted]
    words: str = ""
    command: bool = False
    view: Json = field(default_factory=dict)
    author: str = ""


def command(body: Json) -> Act:
    """`/goals add X` as `goals add X`. A prefix that avoids other apps' commands (`/acme-goals`) is left out."""
    name = str(body["command"]).removeprefix("/")
    name = next((known for known in COMMANDS if name.endswith(known)), name)
    place = ReplyPlace(
        str(body["team_id"]), str(body["user_id"]), str(body.get("channel_id", "")),
        url=str(body.get("response_url", "")), trigger=str(body.get("trigger_id", "")),
    )  # fmt: skip
    key = f"slack:{place.team}:command:{place.trigger}"
    return Act(
        place,
        str(body.get("user_name", "")),
        lambda who, words: MessageReceived(key, who, place.address, place.private, words=words, command=True),
        f"{name} {body.get('text', '')}".strip(),
        command=True,
    )


def typed(body: Json, event: Json, bot_user: str) -> Act | None:
    """Words in the DM with us; None for what is not somebody's own words: ours, a bot's, a deletion, an unfurled
    link."""
    key = f"slack:{body['team_id']}:{body['event_id']}"
    changed = event.get("subtype") == "message_changed"
    message = event["message"] if changed else event
    user, words = str(message.get("user", "")), str(message.get("text", ""))
    if (
        event.get("channel_type") != "im"
        or event.get("subtype") not in {None, "message_changed", "file_share", "thread_broadcast"}
        or message.get("bot_id")
        or not user
        or user == bot_user
        or not words.strip()
        or (changed and words == event.get("previous_message", {}).get("text"))
    ):
        return None
    name = addresses.message(str(event["channel"]), str(message["ts"]))
    place = ReplyPlace(str(body["team_id"]), user, str(event["channel"]), name)
    if changed:
        return Act(place, "", lambda who, said: Edited(key, who, place.address, True, name, said), words)
    mention = f"<@{bot_user}>"
    is_command = words.lstrip().startswith(mention)
    return Act(
        place,
        "",
        lambda who, said: MessageReceived(key, who, place.address, True, name, said, is_command),
        words.lstrip().removeprefix(mention).lstrip(" ,:") if is_command else words,
        is_command,
    )


def mentioned(body: Json, event: Json, bot_user: str) -> Act | None:
    """`@Instep goals` in a channel: what stands after the mention, or before it when nothing does."""
    user = str(event.get("user", ""))
    if not user or event.get("bot_id") or user == bot_user or event.get("edited"):
        return None
    key = f"slack:{body['team_id']}:{body['event_id']}"
    before, _, after = str(event.get("text", "")).partition(f"<@{bot_user}>")
    place = ReplyPlace(str(body["team_id"]), user, str(event["channel"]), thread=str(event.get("thread_ts", "")))
    name = addresses.message(place.channel, str(event["ts"]))
    return Act(
        place,
        "",
        lambda who, said: MessageReceived(key, who, place.address, False, name, said, True),
        after.strip(" ,:\n") or before.strip(),
        command=True,
    )


def tapped(body: Json) -> Act:
    """A button, or an option of a select, in a message, a modal or the App Home."""
    channel = str((body.get("channel") or {}).get("id", ""))
    container = body.get("container") or {}
    view = body.get("view") or {}
    place = ReplyPlace(
        _team(body), str(body["user"]["id"]), channel,
        addresses.message(channel, str(container.get("message_ts", ""))),
        thread=str(container.get("thread_ts", "")),
        url=str(body.get("response_url", "")),
        ephemeral=bool(container.get("is_ephemeral")),
        trigger=str(body.get("trigger_id", "")),
        home=view.get("type") == "home",
    )  # fmt: skip
    if view.get("type") == "modal":
        place = replace(_remembered(place, view), view=str(view["id"]))
    (action,) = list(body.get("actions") or [{}])[:1]
    key = f"slack:{place.team}:tap:{action.get('action_ts', '')}:{place.trigger}"
    common = (place.address, place.private, place.message)
    match blocks.decode(action):
        case Opens(name=name, subject=subject):
            return Act(place, _name(body), lambda who, _: Opened(key, who, *common, name, subject))
        case Press(press=press, subject=subject, value=value):
            return Act(place, _name(body), lambda who, _: Pressed(key, who, *common, press, subject, value))
        case None:  # of an older version, or nobody's: whoever hears it says so
            return Act(place, _name(body), lambda who, _: Pressed(key, who, *common))


def shortcut(body: Json) -> Act:
    """The global "Check in", and "Save as check-in" on a message."""
    channel = str((body.get("channel") or {}).get("id", ""))
    place = ReplyPlace(
        _team(body), str(body["user"]["id"]), channel,
        url=str(body.get("response_url", "")), trigger=str(body.get("trigger_id", "")),
    )  # fmt: skip
    key = f"slack:{place.team}:shortcut:{place.trigger}"
    common = (place.address, place.private)
    if body["callback_id"] == SAVE:
        message = body.get("message") or {}
        at = datetime.fromtimestamp(float(message["ts"]), UTC)
        author = "" if message.get("user") == place.user else str(message.get("user") or "")
        app = str((message.get("bot_profile") or {}).get("name") or message.get("username") or "An app")
        by = app if message.get("bot_id") else author
        return Act(
            place,
            _name(body),
            lambda who, said: Opened(key, who, *common, name=CHECK_IN, given=QuotedMessage(said, at, by)),
            str(message.get("text", "")),
            author="" if message.get("bot_id") else author,
        )
    return Act(place, _name(body), lambda who, _: Opened(key, who, *common, name=CHECK_IN))


def submitted(body: Json) -> Act:
    """A modal, sent. The same modal with the same values is the same event, however often Slack delivers it."""
    view = body["view"]
    state = view["state"]["values"]
    given = _metadata(view)
    place = _remembered(ReplyPlace(_team(body), str(body["user"]["id"]), trigger=str(body.get("trigger_id", ""))), view)
    place = replace(place, view=str(view["id"]))
    digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
    key = f"slack:{place.team}:form:{view['id']}:{view.get('hash', '')}:{digest}"
    values = render.values(state)
    return Act(
        place,
        _name(body),
        lambda who, _: Submitted(
            key, who, place.address, place.private, place.message, given["name"], given["subject"], values
        ),
        view=view,
    )


def suggested(body: Json) -> Act:
    """Typing in a select that asks for its options."""
    view = body.get("view") or {}
    given = _metadata(view)
    place = _remembered(ReplyPlace(_team(body), str(body["user"]["id"])), view)
    name = render.field_name(str(body.get("block_id", "")))
    return Act(
        place,
        _name(body),
        lambda who, _: Suggest(
            "", who, place.address, place.private, place.message, given["name"], given["subject"], name,
            str(body.get("value", "")),
        ),
    )  # fmt: skip


def looked(body: Json, event: Json) -> Act:
    """The App Home was opened."""
    place = ReplyPlace(str(body["team_id"]), str(event["user"]), home=True)
    return Act(place, "", lambda who, _: HomeOpened(str(body["event_id"]), who, place.address, True))


def came(body: Json, user: Json) -> Act:
    """Joined, came back, or moved to another zone."""
    place = ReplyPlace(str(body["team_id"]), str(user["id"]))
    key = f"slack:{place.team}:{body['event_id']}"
    return Act(place, "", lambda who, _: MemberJoined(key, who, place.address, True))


def left(body: Json, user: Json) -> Act:
    """Was deactivated."""
    place = ReplyPlace(str(body["team_id"]), str(user["id"]))
    key = f"slack:{place.team}:{body['event_id']}"
    return Act(
        place,
        str(user.get("real_name") or user.get("name", "")),
        lambda who, _: Left(key, who, place.address, True),
    )


def metadata(place: ReplyPlace, name: str, subject: str) -> str:
    """What a modal carries along: its form, and where it was opened from."""
    given = {
        "name": name, "subject": subject, "channel": place.channel, "message": place.message,
        "thread": place.thread, "url": place.url, "ephemeral": place.ephemeral, "home": place.home,
    }  # fmt: skip
    return json.dumps({key: value for key, value in given.items() if value}, ensure_ascii=False)


def _metadata(view: Json) -> dict[str, Any]:
    """Raises ValueError for a modal that is not of our making."""
    given = json.loads(view.get("private_metadata") or "null")
    if not isinstance(given, dict) or not isinstance(given.get("name", ""), str):
        raise ValueError("not one of our modals")
    return {"name": "", "subject": "", **given}


def _remembered(place: ReplyPlace, view: Json) -> ReplyPlace:
    given = _metadata(view)
    return replace(
        place,
        channel=str(given.get("channel", "")),
        message=str(given.get("message", "")),
        thread=str(given.get("thread", "")),
        url=str(given.get("url", "")),
        ephemeral=given.get("ephemeral") is True,
        home=given.get("home") is True,
    )


def _team(body: Json) -> str:
    """Where we are installed; a person from elsewhere may act there, in a shared channel."""
    view = body.get("view") or {}
    return str(view.get("app_installed_team_id") or (body.get("team") or {}).get("id") or body["user"]["team_id"])


def _name(body: Json) -> str:
    user = body["user"]
    return str(user.get("name") or user.get("username") or "")


_ESCAPED = re.compile(r"<(?P<mark>[@#!]?)(?P<what>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


def mentions(words: str) -> tuple[list[str], dict[str, str]]:
    """The people named in escaped words, and the channels: ids by name."""
    found = list(_ESCAPED.finditer(words))
    people = [match["what"] for match in found if match["mark"] == "@"]
    channels = {match["label"] or match["what"]: match["what"] for match in found if match["mark"] == "#"}
    return people, channels


def plain(words: str, names: Mapping[str, str]) -> str:
    """Escaped words as they were typed: `<@U1>` is `@` and the name given for U1, `<#C1|news>` is `#news`."""

    def shown(match: re.Match[str]) -> str:
        mark, what, label = match["mark"], match["what"], match["label"] or ""
        if mark == "@":
            return f"@{names.get(what) or label or what}"
        if mark == "#":
            return f"#{label or what}"
        if mark == "!":
            return f"@{label.removeprefix('@') or what.partition('^')[0]}"
        bare = what.removeprefix("mailto:")
        return f"{label} ({bare})" if label and label not in bare else label or bare

    return html.unescape(_ESCAPED.sub(shown, words))
