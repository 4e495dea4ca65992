"""What somebody did becomes an event, and the reply becomes something they see, within Slack's three seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from adapters.slack import addresses, inbound, render
from adapters.slack.blocks import Json
from adapters.slack.client import SlackRefused
from adapters.slack.directory import Directory
from adapters.slack.inbound import Act, Acted, ReplyPlace
from adapters.slack.workspaces import Workspaces
from bot.chat.events import (
    Choices,
    HomeOpened,
    Invalid,
    MessageReceived,
    Opened,
    Page,
    QuotedMessage,
    Replace,
    Reply,
    Submitted,
    Suggest,
    Who,
)
from bot.chat.inbound import TRIES, Intake, Progress, patiently
from bot.chat.messages import Form, Message, Quote, text
from bot.chat.platform import OutcomeUnknown, Platform, PlatformError, Profile, RateLimited, Sent

ACK: Json = {}
"""An acknowledgement that shows nothing."""

MEETING = 0.5  # seconds to find out what somebody is called, before the payload's own word for it has to do
TRAVEL = 0.4  # seconds an acknowledgement may take to Slack: what it shows must not come after what follows
SHORTLY = 1.0  # seconds that a trigger can wait for another try

BUSY = Message("One moment…")
SAVED = Message("Done", (text("You can close this."),))
_Ids: TypeAlias = dict[tuple[str, str], str]


class Responder:
    """The one place where acts become events and replies become something to see."""

    def __init__(
        self,
        platform: Platform,
        workspaces: Workspaces,
        directory: Directory,
        channels: _Ids,
        intake: Intake[Json],
        modal: float,
    ) -> None:
        """`modal` is how many seconds one waits for a form before something is opened in its place."""
        self._platform = platform
        self._workspaces = workspaces
        self._directory = directory
        self._channels = channels
        self._intake = intake
        self._modal_within = modal

    async def answer(self, act: Act) -> Json:
        """Hears it, and returns what to acknowledge it with; what cannot be shown by that follows by itself.

        Raises NotKept when neither its effect nor the event itself could be committed in time: then it must not be
        acknowledged, so that Slack delivers it again.
        """
        profile = await self._meet(act.place)
        event = act.make(self._who(act, profile), await self._words(act))
        if isinstance(event, Opened):
            if act.author and event.given is not None:
                author = await self._meet(replace(act.place, user=act.author))
                event = replace(event, given=_by(event.given, author))
            self._intake.later(self._open(act.place, event))
            return ACK
        if isinstance(event, HomeOpened):
            self._intake.later(self.show_home(event))
            return ACK

        async def heard(progress: Progress) -> Json:
            reply = await self._intake.reply(event)
            progress.heard = True
            if progress.waits:
                return self._at_once(act, event, reply)
            self._intake.later(self._follow(act, event, reply))
            return ACK

        kept = None if isinstance(event, Suggest) else event
        return await self._intake.take(event.key, heard, lambda: _late(act, event), kept=kept)

    async def show_home(self, event: HomeOpened) -> None:
        """What the reply to a look is goes onto the App Home."""
        reply = await self._intake.reply(event)
        if isinstance(reply, Message):
            await patiently(lambda: self._platform.home(event.who.id, reply))

    # Before

    async def _meet(self, place: ReplyPlace) -> Profile | None:
        known = self._directory.known(place.team, place.user)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(MEETING):
                return await self._directory.profile(place.team, place.user)
        except (PlatformError, TimeoutError):  # what the payload says of them has to do
            return None

    def _who(self, act: Act, profile: Profile | None) -> Who:
        address = addresses.of(act.place.team, act.place.user)
        name = profile.name if profile else act.name or act.place.user
        zone = profile.zone if profile else ""
        return Who(address, addresses.workspace(act.place.team), address, name, zone)

    async def _words(self, act: Act) -> str:
        """What they typed, plain. A command names people by id, an answer by name."""
        people, channels = inbound.mentions(act.words)
        self._channels.update({(act.place.team, name): channel for name, channel in channels.items()})
        names: Mapping[str, str] = {user: user for user in people}
        if people and not act.command:
            found = await asyncio.gather(*(self._meet(replace(act.place, user=user)) for user in people))
            names = {
                user: profile.name.replace(" ", ".")
                for user, profile in zip(people, found, strict=True)
                if profile is not None
            }
        return inbound.plain(act.words, names)

    # After

    def _at_once(self, act: Act, event: Acted, reply: Reply) -> Json:
        """The acknowledgement, with the reply in it where there is room for one."""
        place = act.place
        match event, reply:
            case Suggest(), Choices():
                return render.options(reply)
            case Suggest(), _:
                return render.options(Choices(()))
            case Submitted(), Form():
                return {"response_action": "update", "view": self._modal(place, reply)}
            case Submitted(), Invalid() if names := render.names(act.view):
                return {"response_action": "errors", "errors": render.errors(reply, names)}
            case MessageReceived(), Message() | Replace() | Page() | Invalid() if place.url:
                return {"response_type": "ephemeral", "replace_original": False, **_body(_message(reply))}
            case Submitted(), _:
                place = replace(place, view="")  # it closes
        if reply is not None or place.home:
            self._intake.later(self._show(place, event, reply))
        return ACK

    async def _follow(self, act: Act, event: Acted, reply: Reply) -> None:
        """The reply to what was acknowledged without it. A modal that was sent shows meanwhile that we are at it."""
        place = act.place
        if isinstance(event, Submitted) and place.view:
            view, place = place.view, replace(place, view="")
            match reply:
                case Form():
                    shown = self._modal(place, reply)
                case Invalid():
                    shown = render.refilled(act.view, reply)
                case _:
                    shown = render.notice(SAVED, private_metadata=_carried(place, event))
            await asyncio.sleep(TRAVEL)
            is_seen = await self._update(place, view, shown)
            if is_seen and isinstance(reply, Form | Invalid):
                return
            if isinstance(reply, Invalid):  # they closed it: nothing of what they typed is lost
                typed = [Quote(words) for words in event.values.values() if isinstance(words, str) and words]
                reply = Message(_message(reply).title, (text("You had typed:", quiet=True), *typed))
            place = replace(place, trigger="")
        await self._show(place, event, reply)

    async def _open(self, place: ReplyPlace, event: Opened) -> None:
        """A form that was asked for. A trigger opens one modal within three seconds, so where the form takes
        longer something else is opened, and the form put into its place."""
        coming = asyncio.create_task(self._intake.reply(event))
        await asyncio.wait({coming}, timeout=self._modal_within)
        if not coming.done() and not place.view:
            waiting = render.notice(BUSY, private_metadata=inbound.metadata(place, "", ""))
            place = replace(place, view=await self._pop_up(place, waiting))
        await self._show(place, event, await coming)

    async def _show(self, place: ReplyPlace, event: Acted, reply: Reply) -> None:
        match reply:
            case Form():
                await self._show_form(place, event, reply)
                return
            case Replace():
                await self._replace(place, event, reply.message)
            case Page(message=message):
                await self._show_page(place, event, message)
            case Message() | Invalid():
                await self._say(place, _message(reply), event.key)
            case Choices() | None:
                pass
            case _:
                assert_never(reply)
        if place.home:
            await self.show_home(HomeOpened("", event.who, event.where, True))

    async def _show_form(self, place: ReplyPlace, event: Acted, form: Form) -> None:
        modal = self._modal(place, form)
        if place.view and await self._update(place, place.view, modal):
            return
        if not await self._pop_up(place, modal):  # too late, or typed where nothing opens: one tap opens it
            await self._say(replace(place, trigger=""), Message(form.title, form=form), event.key)

    async def _show_page(self, place: ReplyPlace, event: Acted, message: Message) -> None:
        """In a modal, which holds ten times what a message does; where it is too late for one, said."""
        over = render.notice(message, private_metadata=inbound.metadata(place, "", ""))
        if place.view or not await self._pop_up(place, over):
            await self._say(replace(place, trigger=""), message, event.key)

    async def _replace(self, place: ReplyPlace, event: Acted, message: Message) -> None:
        if place.view or (place.home and place.trigger):
            await self._say(place, message, event.key)
        elif place.ephemeral and place.url:
            await self._respond(place, message, replace_original=True)
        elif place.message and place.private:
            sent = Sent(place.address, place.message)
            try:
                await patiently(lambda: self._platform.edit(sent, message))
            except SlackRefused:
                await self._say(place, message, event.key)
        else:
            await self._say(place, message, event.key)

    async def _say(self, place: ReplyPlace, message: Message, key: str) -> None:
        """To that person alone: in the modal they look at, in their DM, or so that nobody else in the channel sees
        it."""
        over = render.notice(message, private_metadata=inbound.metadata(place, "", ""))
        if place.view and await self._update(place, place.view, over):
            return
        if place.home and await self._pop_up(place, over):
            return  # over the App Home, where a message in the DM would not be noticed
        if place.private and (place.message or not place.url):
            await self._write(place, message, key)
        elif place.url:
            await self._respond(place, message, replace_original=False)
        else:
            await self._whisper(place, message, key)

    async def _pop_up(self, place: ReplyPlace, view: Json) -> str:
        """Opens a modal: its id, or "" when it is too late for that. Once more where Slack is busy for a moment
        only."""
        for wait in (SHORTLY, 0.0):
            try:
                if not place.trigger:
                    break
                opened = await self._workspaces.call(place.team, "views.open", trigger_id=place.trigger, view=view)
                return str(opened["view"]["id"])
            except RateLimited as busy:
                if busy.retry_after > wait:
                    break
                await asyncio.sleep(busy.retry_after)
            except PlatformError:
                break
        return ""

    async def _write(self, place: ReplyPlace, message: Message, key: str) -> None:
        """Into their DM, once, however often the line breaks."""
        to, carried = addresses.of(place.team, place.user), f"reply|{key}"
        for _ in range(TRIES):
            try:
                await patiently(lambda: self._platform.send(to, message, key=carried), until_unclear=True)
                return
            except OutcomeUnknown:
                await asyncio.sleep(1)
                if await patiently(lambda: self._platform.find(to, carried)) is not None:
                    return  # it arrived, or nobody can tell

    async def _respond(self, place: ReplyPlace, message: Message, *, replace_original: bool) -> None:
        body = {"response_type": "ephemeral", "replace_original": replace_original, **_body(message)}
        try:
            await patiently(lambda: self._workspaces.api.respond(place.url, body))
        except SlackRefused:  # after half an hour, or the sixth time
            if place.private:
                await self._write(replace(place, url=""), message, place.message or place.trigger)
            else:
                await self._whisper(place, message, place.message or place.trigger)

    async def _whisper(self, place: ReplyPlace, message: Message, key: str) -> None:
        try:
            await patiently(
                lambda: self._workspaces.call(
                    place.team, "chat.postEphemeral", channel=place.channel, user=place.user,
                    thread_ts=place.thread or None, **_body(message),
                )
            )  # fmt: skip
        except SlackRefused:  # a conversation that we are not in
            await self._write(place, message, key)

    async def _update(self, place: ReplyPlace, view: str, shown: Json) -> bool:
        """Another thing in an open modal. False when they have closed it."""
        try:
            await patiently(lambda: self._workspaces.call(place.team, "views.update", view_id=view, view=shown))
        except SlackRefused:
            return False
        return True

    def _modal(self, place: ReplyPlace, form: Form) -> Json:
        return render.modal(form, private_metadata=inbound.metadata(place, form.name, form.subject))


def _late(act: Act, event: Acted) -> Json:
    """What is acknowledged while the reply is still to come; a search has no later."""
    if isinstance(event, Suggest):
        return render.options(Choices(()))
    if isinstance(event, Submitted):
        return {
            "response_action": "update",
            "view": render.notice(BUSY, private_metadata=_carried(act.place, event)),
        }
    return ACK


def _by(given: QuotedMessage, author: Profile | None) -> QuotedMessage:
    """With who wrote it, and without an outsider's words, or those of somebody Slack does not tell us who it is."""
    if author is None or author.outsider:
        return replace(given, words="", by="", by_outsider=None if author is None else True)
    return replace(given, by=author.name)


def _carried(place: ReplyPlace, event: Submitted) -> str:
    return inbound.metadata(place, event.name, event.subject)


def _message(reply: Message | Replace | Page | Invalid) -> Message:
    match reply:
        case Message():
            return reply
        case Replace() | Page():
            return reply.message
        case Invalid():
            return Message(" ".join(reply.errors.values()))


def _body(message: Message) -> Json:
    """Where a refused chart could not be sent again without it, it is made of characters to begin with."""
    return render.message(message, native_charts=False)
