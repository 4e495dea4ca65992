"""What Teams sends, read from its JSON: where it comes from, and what somebody did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.msteams import addresses, forms, typed
from adapters.msteams.zones import zone
from bot.chat.events import Address, Edited, HomeOpened, MessageReceived, Pressed, Submitted, Suggest, Who

Json: TypeAlias = Mapping[str, Any]
Done: TypeAlias = MessageReceived | Edited | HomeOpened | Pressed | Submitted | Suggest

_SLASH = re.compile(r"/(?=[a-z][\w-]*(?:\s|$))", re.IGNORECASE)
_HOME = "home"


class RequestRefused(Exception):
    """A request that is not taken: its HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an activity comes from. `conversation` is Teams' own name of it, with the thread it is in."""

    key: str
    tenant: str
    service: str
    conversation: str
    kind: str  # personal, channel or groupChat
    where: Address  # of the channel or chat, or of the person in the conversation with us
    bot: str  # our id there
    user: str  # theirs
    who: Who | None  # None where a service acts, or somebody with no account in the tenant
    targeted: bool  # said to us so that nobody else sees it
    invoked: bool  # whether what we answer the request with is shown

    @property
    def private(self) -> bool:
        """Whether only this person and we are in it."""
        return self.kind == "personal"


def scene(raw: Json, tenants: frozenset[str]) -> Scene:
    """Where it comes from. Raises RequestRefused for what is not from Teams, or from a tenant that is not served."""
    if raw.get("channelId") != "msteams":
        raise RequestRefused(403, "Only Teams is listened to.")
    conversation = _object(raw, "conversation")
    data = _object(raw, "channelData")
    tenant = _word(_object(data, "tenant"), "id").lower()
    if not tenant or tenant not in tenants or _word(conversation, "tenantId").lower() not in ("", tenant):
        raise RequestRefused(403, "That tenant is not served here.")
    name, key = _word(conversation, "id"), _word(raw, "id")
    if not name or not key:
        raise RequestRefused(400, "An activity names itself and its conversation.")
    kind = _word(conversation, "conversationType") or ("channel" if name.startswith("19:") else "personal")
    sender, recipient = _object(raw, "from"), _object(raw, "recipient")
    person = _word(sender, "aadObjectId").lower()
    said = addresses.address(tenant, person)
    who = None
    if person and not _word(sender, "id").startswith("28:"):
        who = Who(said, addresses.workspace(tenant), said, _word(sender, "name"), _zone(raw))
    channel = _word(_object(data, "channel"), "id")
    place = addresses.address(tenant, channel or name.partition(";")[0])
    return Scene(
        key=f"teams:{tenant}:{name}:{key}",
        tenant=tenant,
        service=_word(raw, "serviceUrl"),
        conversation=name,
        kind=kind,
        where=said if kind == "personal" else place,
        bot=_word(recipient, "id"),
        user=_word(sender, "id"),
        who=who,
        targeted=recipient.get("isTargeted") is True,
        invoked=raw.get("type") == "invoke",
    )


def done(raw: Json, at: Scene, people: Mapping[str, str]) -> Done | None:
    """What the person did; None for what is not addressed to us. `people` gives ids by what Teams calls them."""
    if at.who is None:
        return None
    kind, value = _word(raw, "type"), raw.get("value")
    if kind == "invoke":
        return _invoked(raw, at, value if isinstance(value, dict) else {})
    if kind == "message" and isinstance(value, dict) and forms.decode(value) is not None:
        return _tapped(raw, at, value)
    if kind in ("message", "messageUpdate"):
        return _typed(raw, at, people)
    return None


def card_message(raw: Json, at: Scene) -> str:
    """The id, as `Sent` has it, of our message that was acted on."""
    name = _word(raw, "replyToId")
    thread = at.conversation.partition(";messageid=")[2]
    return f"{thread}/{name}" if name and thread and thread != name else name


def shown_to_one(raw: Json) -> bool:
    """Whether our card that was acted on stands in a conversation of several and is seen by this person alone."""
    value = raw.get("value")
    data = _object(_object(value, "action"), "data") if isinstance(value, dict) and "action" in value else value
    return isinstance(data, dict) and data.get("only") is True


def mentioned(raw: Json) -> list[str]:
    """What Teams calls those who are mentioned."""
    found = raw.get("entities")
    return [
        _word(_object(one, "mentioned"), "id")
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and one.get("type") == "mention"
    ]


def _typed(raw: Json, at: Scene, people: Mapping[str, str]) -> Done | None:
    assert at.who is not None
    words, called = typed.words(raw, at.bot, people)
    spoken = at.private or called or at.targeted
    if not words and not called:
        return None
    heard = (at.who, at.where, at.private, _word(raw, "id"))
    slash = _SLASH.match(words)
    plain = words[slash.end() :] if slash else words
    if _word(raw, "type") == "messageUpdate":
        # An edit has the id of what it edits: when it was made tells one from another.
        made = _word(raw, "timestamp") or _word(raw, "localTimestamp")
        return Edited(f"{at.key}:{made}", *heard, words=words) if spoken else None
    if not spoken:
        return None
    if plain.lower() == _HOME:
        return HomeOpened(at.key, *heard)
    command = bool(slash) or called or at.targeted
    return MessageReceived(at.key, *heard, words=plain if command else words, command=command)


def _invoked(raw: Json, at: Scene, value: Json) -> Done:
    match _word(raw, "name"):
        case "adaptiveCard/action":
            data = _object(_object(value, "action"), "data")
            act = _tapped(raw, at, data)
            if act is None:
                raise RequestRefused(400, "That is no action of ours.")
            return act
        case "application/search":
            assert at.who is not None
            try:
                name, subject, field = forms.query(_word(value, "dataset"))
            except (ValueError, RecursionError) as error:
                raise RequestRefused(400, "That is no search of ours.") from error
            heard = (at.key, at.who, at.where, at.private)
            words = _word(value, "queryText")
            return Suggest(*heard, name=name, subject=subject, field=field, typed=words)
        case _:
            raise RequestRefused(400, "That is nothing we know.")


def _tapped(raw: Json, at: Scene, data: Json) -> Done | None:
    assert at.who is not None
    heard = (at.key, at.who, at.where, at.private)
    message = card_message(raw, at)
    match forms.decode(data):
        case forms.Press(press, subject, value):
            return Pressed(*heard, message, press=press, subject=subject, value=value)
        case forms.Sends(name, subject, origin):
            values = forms.values(data)
            return Submitted(*heard, origin or message, name=name, subject=subject, values=values)
        case None:
            return None


def _zone(raw: Json) -> str:
    found = raw.get("entities")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, dict) and one.get("type") == "clientInfo" and zone(one.get("timezone")):
            return zone(one.get("timezone"))
    return zone(raw.get("localTimezone"))


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _word(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
