"""What is peculiar to saying something on Teams: tokens, refusals, strangers, channels, threads."""

from __future__ import annotations

import asyncio
import sys

import pytest

from adapters.msteams.adapter import build, try_out
from adapters.msteams.settings import CONVERSATION_PACE, OF_A_CONVERSATION, OF_A_TENANT, PACE
from bot.chat.messages import Message
from bot.chat.platform import OutcomeUnknown, RateLimited, Sent, Unreachable
from tests.support.fake_teams import CATALOG, CHANNEL, CHAT, TEAM, TENANT, Fake, TenantUser
from tests.support.recording_handler import Ear
from tests.support.teams_harness import MemoryStore, TeamsRig

HELLO = Message("Hello")


def who(fake: Fake, key: str) -> str:
    return f"teams:{TENANT}:{fake.people[key].entra}"


# Tokens


async def test_many_messages_at_once_fetch_one_token(rig: TeamsRig) -> None:
    before = rig.fake.tokens_given
    another = build(rig.settings, rig.store)
    to = rig.a_person().address
    await asyncio.gather(*(another.send(to, HELLO, key=str(n)) for n in range(30)))
    await another.close()
    assert rig.fake.tokens_given == before + 1
    assert sorted(rig.fake.posts) == sorted(map(str, range(30)))


async def test_a_token_that_is_refused_is_fetched_anew_and_the_message_said_once(rig: TeamsRig) -> None:
    await rig.platform.send(rig.a_person().address, HELLO, key="a")
    rig.fake.revoke()
    await rig.platform.send(rig.a_person().address, HELLO, key="b")
    assert rig.fake.posts == ["a", "b"]


async def test_a_token_is_fetched_before_it_ends(rig: TeamsRig) -> None:
    rig.fake.revoke()
    rig.fake.token_life = 200  # nearer than what we take for safe
    before = rig.fake.tokens_given
    for key in ("a", "b"):
        await rig.platform.send(rig.a_person().address, HELLO, key=key)
    assert rig.fake.tokens_given >= before + 2


async def test_a_wrong_secret_makes_nobody_unreachable_and_is_not_tried_for_each_message(
    rig: TeamsRig, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = build(rig.fake.settings(app_password="wrong"), rig.store)
    for _ in range(3):
        with pytest.raises(RateLimited):
            await wrong.send(rig.a_person().address, HELLO, key="k")
    await wrong.close()
    assert caplog.text.count("TEAMS_APP_PASSWORD") == 1
    assert rig.fake.posts == []


async def test_what_was_never_connected_was_never_sent(rig: TeamsRig) -> None:
    nowhere = build(rig.fake.settings(login_url="http://127.0.0.1:9"), rig.store)
    with pytest.raises(RateLimited):
        await nowhere.send(rig.a_person().address, HELLO, key="k")
    await nowhere.close()


# Refusals


@pytest.mark.parametrize("fault", ["html", "truncated", "server error"])
async def test_no_clear_answer_is_unknown_and_nothing_is_sent_again(rig: TeamsRig, fault: str) -> None:
    rig.fake.faults.append(fault)
    with pytest.raises(OutcomeUnknown):
        await rig.platform.send(rig.a_person().address, HELLO, key="k")
    assert len([one for one in rig.fake.requests if one[0] == "POST"]) == 1


async def test_412_and_429_say_how_long_to_wait(rig: TeamsRig) -> None:
    for fault, header, seconds in (("precondition", "7", 7), ("busy", "", 2), ("busy", "soon", 2)):
        rig.fake.faults.append(fault)
        rig.fake.retry_after = header
        with pytest.raises(RateLimited) as busy:
            await rig.platform.send(rig.a_person().address, HELLO, key="k")
        assert busy.value.retry_after == seconds


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ConversationBlockedByUser", "have blocked Instep"),
        ("BotNotInConversationRoster", "not in that conversation"),
        ("BotDisabledByAdmin", "A Teams admin has blocked the app"),
        ("SomethingNew", "Teams does not let us write there"),
    ],
)
async def test_the_403_family_ends_in_words_an_admin_understands(rig: TeamsRig, code: str, words: str) -> None:
    rig.fake.people["ana"].blocked = code
    with pytest.raises(Unreachable, match=words) as refused:
        await rig.platform.send(rig.a_person().address, HELLO, key="k")
    assert code in str(refused.value)


async def test_edits_may_be_tried_again_and_say_so(rig: TeamsRig) -> None:
    sent = await rig.platform.send(rig.a_person().address, HELLO, key="k")
    rig.fake.every = (1, "busy")
    with pytest.raises(RateLimited):
        await rig.platform.edit(sent, Message("After"))
    rig.fake.every = (0, "")
    await rig.platform.edit(sent, Message("After"))
    with pytest.raises(Unreachable):
        await rig.platform.edit(Sent(sent.to, "17"), Message("After"))


# Who is written to, and where


async def test_after_an_uninstall_nothing_is_sent_though_teams_would_take_it(rig: TeamsRig) -> None:
    await rig.platform.profile(who(rig.fake, "ben"))
    await rig.fake.removes_app("ben")
    with pytest.raises(Unreachable, match="Ben Okafor has removed the app"):
        await rig.platform.send(who(rig.fake, "ben"), HELLO, key="k")
    assert rig.fake.posts == []
    await rig.fake.adds_app("ben")
    await rig.platform.send(who(rig.fake, "ben"), HELLO, key="k")
    assert rig.fake.posts == ["k"]


async def test_somebody_of_the_team_who_said_nothing_yet_is_met_once(rig: TeamsRig) -> None:
    for key in ("a", "b"):
        await rig.platform.send(who(rig.fake, "cem"), HELLO, key=key)
    assert len([path for _, path in rig.fake.requests if path.endswith("/conversations")]) == 1
    assert len(rig.fake.cards("cem")) == 2


async def test_a_stranger_is_shown_to_admins_with_the_sentence_to_send_them(rig: TeamsRig) -> None:
    rig.fake.people["dora"] = TenantUser("dora", "Dora Weiss")
    with pytest.raises(Unreachable, match=r"has not added the app\. Send them: “Please open https://teams"):
        await rig.platform.send(who(rig.fake, "dora"), HELLO, key="k")


async def test_where_an_admin_permits_it_the_app_adds_itself_for_a_stranger(rig: TeamsRig) -> None:
    dora = rig.fake.people["dora"] = TenantUser("dora", "Dora Weiss")
    adding = build(rig.fake.settings(catalog_id=CATALOG), rig.store)
    with pytest.raises(Unreachable, match=r"has not added the app.*\(403\)"):
        await adding.send(who(rig.fake, "dora"), HELLO, key="k")
    rig.fake.may_add = True
    await adding.send(who(rig.fake, "dora"), HELLO, key="k")
    await adding.close()
    assert dora.has_app
    assert rig.fake.posts == ["k"]


async def test_a_conversation_that_could_not_be_made_is_no_uncertain_message(rig: TeamsRig) -> None:
    stranger = build(rig.fake.settings(service_url="http://127.0.0.1:9/"), MemoryStore())
    with pytest.raises(RateLimited):
        await stranger.send(who(rig.fake, "cem"), HELLO, key="k")
    await stranger.close()


async def test_everybody_of_a_channel_comes_page_by_page_and_guests_are_outsiders(rig: TeamsRig) -> None:
    rig.fake.people["gus"] = TenantUser("gus", "Gus of Elsewhere", role="guest")
    rig.fake.members[TEAM] += ["gus"]
    found = {one.name: one for one in await rig.platform.people(rig.a_channel())}
    assert set(found) == {"Ana Duarte", "Ben Okafor", "Cem Aydın", "Gus of Elsewhere"}
    assert [one.name for one in found.values() if one.outsider] == ["Gus of Elsewhere"]
    assert found["Ana Duarte"].email == "ana@acme.example"
    assert found["Gus of Elsewhere"].email == ""
    assert (await rig.platform.profile(who(rig.fake, "cem"))).name == "Cem Aydın"  # seen there, never heard


async def test_a_channel_is_found_by_its_name_wherever_it_is(rig: TeamsRig) -> None:
    rig.fake.channels[TEAM]["19:new@thread.tacv2"] = "new-things"  # nothing was heard from it yet
    for name in ("#platform", "#New-Things", "General"):
        where = rig.platform.address(name, f"teams:{TENANT}")
        assert (await rig.platform.check(where)).name.lower() == name.removeprefix("#").lower()
        await rig.platform.send(where, HELLO, key=name)
    assert len(rig.fake.cards("ana", "19:new@thread.tacv2")) == 1
    with pytest.raises(Unreachable, match="I see no channel #nowhere"):
        await rig.platform.check(rig.platform.address("#nowhere", f"teams:{TENANT}"))


async def test_a_name_that_several_channels_have_is_not_guessed_at(rig: TeamsRig) -> None:
    other = "19:sales@thread.tacv2"
    rig.fake.channels[other] = {other: None, "19:also@thread.tacv2": "platform"}
    rig.fake.members[other] = ["ana"]
    await rig.fake.adds_to_team("ana", other)
    await rig.fake.changes("ana", "channelCreated", "19:also@thread.tacv2", channel={"name": "platform"})
    with pytest.raises(Unreachable, match="2 channels called #platform"):
        await rig.platform.send(rig.platform.address("#platform", f"teams:{TENANT}"), HELLO, key="k")


async def test_an_answer_in_a_thread_can_be_edited_and_a_chat_has_no_threads(rig: TeamsRig) -> None:
    root = await rig.platform.send(rig.a_channel(), HELLO, key="a")
    below = await rig.platform.send(rig.a_channel(), HELLO, key="b", under=root.id)
    await rig.platform.edit(below, Message("Below, edited"))
    await rig.platform.edit(root, Message("Above, edited"))
    first, second = await rig.shown(rig.a_channel(), rig.a_person())
    assert (first.words, second.words, second.under) == ("Above, edited", "Below, edited", root.id)
    third = await rig.platform.send(rig.a_channel(), HELLO, key="c", under=below.id)
    assert third.id.partition("/")[0] == root.id
    rig.fake.chats[CHAT] = ["ana", "ben"]
    rig.fake.in_team.add(CHAT)
    await rig.fake.types("ana", "hello", CHAT, mention=True)
    sent = await rig.platform.send(f"teams:{TENANT}:{CHAT}", HELLO, key="d")
    await rig.platform.send(f"teams:{TENANT}:{CHAT}", HELLO, key="e", under=sent.id)
    await rig.platform.edit(sent, Message("Edited"))
    assert len(rig.fake.cards("ben", CHAT)) == 2


async def test_the_newest_home_card_is_the_one_that_is_kept_up(rig: TeamsRig, ear: Ear) -> None:
    await rig.platform.home(rig.a_person().id, HELLO)  # there is none yet
    ear.reply = Message("Home")
    await rig.say(rig.a_person(), "home")
    await rig.say(rig.a_person(), "/home")
    await rig.platform.home(rig.a_person().id, Message("Home, later"))
    assert [one.words for one in await rig.shown(rig.a_person().address, rig.a_person())][1::2] == [
        "Home",
        "Home, later",
    ]


# How much


def test_the_paces_keep_every_limit_there_is() -> None:
    for pace, limits in ((PACE, OF_A_TENANT), (CONVERSATION_PACE, OF_A_CONVERSATION)):
        for most, seconds in limits:
            assert int(pace.burst + pace.per_second * seconds) <= most
    assert PACE.per_second >= 0.95 * 50
    assert CONVERSATION_PACE.burst == 7


async def test_the_loop_is_free_while_microsoft_is_slow(rig: TeamsRig) -> None:
    rig.fake.faults.append("timeout")
    sending = asyncio.create_task(rig.platform.send(rig.a_person().address, HELLO, key="k"))
    turns = 0
    while not sending.done():
        await asyncio.sleep(0)
        turns += 1
    with pytest.raises(OutcomeUnknown):
        await sending
    assert turns > 1_000  # in a second of waiting; a handful, if the loop itself waited


async def test_a_process_that_only_sends_loads_none_of_microsofts_library() -> None:
    code = (
        "import sys; from adapters.msteams.adapter import build; from adapters.msteams.settings import Settings; build(Settings('a', 'b', 'c'), None); "
        "print([name for name in sys.modules if name.startswith(('botbuilder', 'botframework', 'msal'))])"
    )

    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert said.decode().strip() == "[]"


async def test_a_process_that_knows_nothing_finds_everybody_again_in_the_store(rig: TeamsRig) -> None:
    other = build(rig.settings, rig.store)
    await other.send(rig.a_person().address, HELLO, key="a")
    await other.send(rig.a_channel(), HELLO, key="b")
    await other.close()
    assert rig.fake.posts == ["a", "b"]


async def test_the_doctor_signs_in_and_says_what_is_not_accepted(rig: TeamsRig) -> None:
    await try_out(rig.settings)
    with pytest.raises(RateLimited, match="TEAMS_APP_PASSWORD"):
        await try_out(rig.fake.settings(app_password="wrong"))
    with pytest.raises(RateLimited, match="could not be reached"):
        await try_out(rig.fake.settings(login_url="http://127.0.0.1:9"))
    assert rig.fake.posts == []


# Channels with others in them


async def test_a_shared_channel_is_refused_as_its_team_lists_it(rig: TeamsRig) -> None:
    for kind, refused in (("standard", False), ("private", False), ("shared", True)):
        rig.fake.kinds[CHANNEL] = kind
        if refused:
            with pytest.raises(Unreachable, match="is a shared channel"):
                await rig.platform.check(rig.a_channel())
        else:
            assert not (await rig.platform.check(rig.a_channel())).is_public


@pytest.mark.parametrize("told", [{"eventType": "channelShared"}, {"eventType": "channelUnShared"}, {}])
async def test_a_shared_channel_that_no_list_has_is_known_by_what_it_told(rig: TeamsRig, told: dict[str, str]) -> None:
    del rig.fake.channels[TEAM][CHANNEL]
    rig.fake.channels["19:other@thread.tacv2"] = {CHANNEL: "platform"}
    rig.fake.members["19:other@thread.tacv2"] = ["ana"]
    rig.fake.in_team.add("19:other@thread.tacv2")
    at = rig.fake.activity(rig.fake.people["ana"], "conversationUpdate", CHANNEL)
    at["channelData"] |= told | {"team": {"id": TEAM}}
    at["channelData"]["channel"] |= {} if told else {"type": "shared"}
    assert (await rig.fake.deliver(at))[0] == 200
    with pytest.raises(Unreachable, match="is a shared channel"):
        await rig.platform.check(rig.a_channel())
