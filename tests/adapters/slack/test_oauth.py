"""Several workspaces: installed by OAuth, their tokens encrypted at rest, renewed before they end, gone when we are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from cryptography.fernet import Fernet

from adapters.slack.client import Api
from adapters.slack.workspaces import EARLY, Installation, NotInstalled, Vault, Workspaces
from bot.chat.events import Installed, MessageReceived, Uninstalled
from bot.chat.messages import Message
from bot.chat.platform import RateLimited, Sent, Unreachable
from tests.support.fake_slack import FakeSlack, SlackTeam, SlackUser
from tests.support.fake_slack.slack_actions import DeliveryRefused, Hands
from tests.support.oauth_app import KEY, House
from tests.support.slack_harness import MemoryStore

OLD_KEY = Fernet.generate_key().decode()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    made = House()
    await made.fake.start()
    await made.start()
    yield made
    await made.stop()
    await made.fake.stop()


def a_team(name: str, **more: Any) -> SlackTeam:
    return SlackTeam(name, f"Company {name} <b>", people={"U1": SlackUser("U1", "Ana Duarte")}, **more)


async def test_a_workspace_is_installed_and_then_written_to_and_heard(house: House) -> None:
    for name in ("T1", "T10"):
        status, page = await house.install(a_team(name))
        assert status == 200
        assert f"Company {name} &lt;b&gt;" in page
    assert [event.workspace for event in house.events if isinstance(event, Installed)] == [
        "slack:T1",
        "slack:T10",
    ]
    installed = [event for event in house.events if isinstance(event, Installed)]
    assert installed[0].who is not None
    assert (installed[0].who.id, installed[0].who.name) == ("slack:T1:U1", "Ana Duarte")
    for name in ("T1", "T10"):
        await house.platform.send(f"slack:{name}:U1", Message("Hello"), key="k")
        assert len(house.fake.teams[name].carrying("k")) == 1
        hands = Hands(house.fake, house.fake.teams[name], house.url)
        await hands.types("U1", "hi")
        await hands.close()
        last = house.events[-1]
        assert isinstance(last, MessageReceived)
        assert (last.who.workspace, last.who.id) == (f"slack:{name}", f"slack:{name}:U1")


@pytest.mark.parametrize("more", [{"is_restricted": True}, None], ids=["a guest", "nobody Slack tells of"])
async def test_an_installer_who_is_no_member_is_in_charge_of_nothing(
    house: House, more: dict[str, bool] | None
) -> None:
    team = a_team("T1")
    if more is None:
        del team.people["U1"]
    else:
        team.people["U1"].more |= more
    await house.install(team)
    (event,) = [event for event in house.events if isinstance(event, Installed)]
    assert event.who is None


async def test_what_is_kept_of_an_installation_can_be_read_by_nobody_without_the_key(house: House) -> None:
    await house.install(a_team("T1", expires_at=1.0))
    team = house.fake.teams["T1"]
    kept = "\n".join(house.texts.texts.values())
    assert team.token
    assert team.refresh
    for secret in (team.token, team.refresh, "xox"):
        assert secret not in kept


async def test_a_restart_knows_where_it_is_installed(house: House) -> None:
    await house.install(a_team("T1"))
    await house.stop()
    house.events.clear()
    await house.start()
    (event,) = house.events
    assert isinstance(event, Installed)
    assert (event.workspace, event.name) == ("slack:T1", "Company T1 <b>")
    await house.platform.send("slack:T1:U1", Message("Hello"), key="k")


async def test_a_new_key_takes_over_and_a_lost_one_is_told(house: House) -> None:
    await house.install(a_team("T1"))
    await house.stop()
    new = Fernet.generate_key().decode()
    await house.start(secret_keys=(new, KEY))
    await house.stop()
    await house.start(secret_keys=(new,))  # the old one is not needed any more
    await house.platform.send("slack:T1:U1", Message("Hello"), key="k")
    await house.stop()
    with pytest.raises(Unreachable, match="INSTEP_SECRET_KEY"):
        await house.start(secret_keys=(OLD_KEY,))
    await house.runner.cleanup()
    await house.start(secret_keys=(new,))


@pytest.mark.parametrize(
    ("cookie", "query", "status", "says"),
    [
        (False, {}, 400, "over plain http"),
        (True, {"state": "forged"}, 400, "browser"),
        (True, {"error": "access_denied"}, 200, "did not agree"),
        (True, {"code": "forged"}, 401, "did not accept the code"),
        (True, {"error": "<script>"}, 200, "something went wrong"),
    ],
)
async def test_an_installation_that_fails_says_why(
    house: House, cookie: bool, query: dict[str, str], status: int, says: str
) -> None:
    found, page = await house.install(a_team("T1"), cookie=cookie, **query)
    assert found == status
    assert says in page
    assert "<script>" not in page
    assert house.events == []


async def test_a_whole_organisation_is_told_to_choose_a_workspace(house: House) -> None:
    house.fake.organisation = True
    status, page = await house.install(a_team("T1"))
    assert (status, house.events) == (400, [])
    assert "one workspace at a time" in page
    assert not [key for key in house.texts.texts if key.startswith("slack:install:")]


async def test_a_state_is_good_once(house: House) -> None:
    await house.install(a_team("T1"))
    state = "used"
    async with ClientSession() as browser:
        for _ in range(2):
            async with browser.get(
                f"{house.url}/slack/oauth_redirect", params={"code": "x", "state": state},
                headers={"Cookie": f"slack-app-oauth-state={state}"},
            ) as answer:  # fmt: skip
                assert answer.status == 401
    assert not [key for key in house.texts.texts if key.startswith("slack:state:")]


async def test_removed_from_a_workspace_its_token_is_deleted_and_nothing_reaches_it(house: House) -> None:
    for name in ("T1", "T10"):
        await house.install(a_team(name))
    hands = Hands(house.fake, house.fake.teams["T1"], house.url)
    await hands.event({"type": "app_uninstalled"})
    assert house.events[-1] == Uninstalled(house.events[-1].key, "slack:T1")
    assert [key for key in house.texts.texts if key.startswith("slack:install:")] == ["slack:install:T10;"]
    with pytest.raises(Unreachable, match="not installed"):
        await house.platform.send("slack:T1:U1", Message("Hello"), key="k")
    await house.platform.send("slack:T10:U1", Message("Hello"), key="k")
    hands.tries = 1
    with pytest.raises(DeliveryRefused, match="403"):
        await hands.types("U1", "anybody there?")
    await hands.close()


async def test_being_removed_is_told_as_often_as_slack_tells_it_and_each_time_taken(house: House) -> None:
    await house.install(a_team("T1"))
    hands = Hands(house.fake, house.fake.teams["T1"], house.url)
    hands.tries = 1  # each is acknowledged
    revoked = {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}
    for event in ({"type": "app_uninstalled"}, revoked, {"type": "app_uninstalled"}, revoked):
        await hands.event(event)
    assert isinstance(house.events[-1], Uninstalled)
    await hands.close()


async def test_a_removal_that_could_not_be_noted_is_delivered_again(house: House) -> None:
    await house.install(a_team("T1"))
    hands = Hands(house.fake, house.fake.teams["T1"], house.url)
    hands.tries = 1
    house.reply = Message("I cannot save anything just now")
    with pytest.raises(DeliveryRefused, match="500"):
        await hands.event({"type": "app_uninstalled"})
    house.reply = None
    await hands.event({"type": "app_uninstalled"})
    assert [key for key in house.texts.texts if key.startswith("slack:install:")] == []
    await hands.close()


@pytest.mark.parametrize("code", ["account_inactive", "token_revoked"])
async def test_removed_while_nobody_listened_is_known_from_the_token_and_heard_once(house: House, code: str) -> None:
    await house.install(a_team("T1"))
    house.fake.refuse["chat.postMessage"] = code
    for number in range(3):
        with pytest.raises(Unreachable):
            await house.platform.send("slack:T1:U1", Message("Hello"), key=f"k{number}")
    heard = [event for event in house.events if isinstance(event, Uninstalled)]
    assert [event.workspace for event in heard] == ["slack:T1"]
    assert [key for key in house.texts.texts if key.startswith("slack:install:")] == []
    del house.fake.refuse["chat.postMessage"]
    await house.install(a_team("T1"))
    await house.platform.send("slack:T1:U1", Message("Hello"), key="again")


async def test_a_token_that_somebody_else_renewed_is_no_removal(house: House) -> None:
    await house.install(a_team("T1"))
    house.fake.refuse["chat.update"] = "invalid_auth"
    with pytest.raises(Unreachable):
        await house.platform.edit(Sent("slack:T1:U1", "DU1/1.1"), Message("Hello"))
    assert not [event for event in house.events if isinstance(event, Uninstalled)]


class Rotating:
    """A workspace whose tokens end, and those who use them."""

    def __init__(self, fake: FakeSlack) -> None:
        self.fake = fake
        self.now = time.time()
        fake.methods.now = lambda: self.now
        self.store = MemoryStore()
        self.vault = Vault((KEY,))

    def a_process(self) -> Workspaces:
        return Workspaces(
            Api(self.fake.url), self.store, client_id=self.fake.client_id, client_secret=self.fake.client_secret,
            vault=self.vault, clock=lambda: self.now,
        )  # fmt: skip

    async def installed(self) -> Workspaces:
        team = self.fake.team
        team.refresh, team.expires_at = "xoxe-1", self.now + 43_200
        found = self.a_process()
        await found.keep(Installation("T1", "Acme", team.token, "UBOT", "BBOT", team.refresh, team.expires_at))
        return found


@pytest.fixture
async def rotating() -> AsyncIterator[Rotating]:
    fake = FakeSlack()
    await fake.start()
    yield Rotating(fake)
    await fake.stop()


async def test_a_token_that_ends_soon_is_renewed_once_however_many_need_it(rotating: Rotating) -> None:
    workspaces = await rotating.installed()
    rotating.now += 43_200 - EARLY + 1
    await asyncio.gather(*(workspaces.call("T1", "auth.test") for _ in range(20)))
    assert rotating.fake.calls["oauth.v2.access"] == 1
    assert rotating.fake.errors == []
    # The next process has what was kept.
    other = rotating.a_process()
    await other.call("T1", "auth.test")
    assert rotating.fake.calls["oauth.v2.access"] == 1
    await workspaces.api.close()
    await other.api.close()


async def test_what_another_process_renewed_is_taken_over(rotating: Rotating) -> None:
    first = await rotating.installed()
    second = rotating.a_process()
    await second.call("T1", "auth.test")
    rotating.now += 43_200 - EARLY + 1
    await asyncio.gather(first.call("T1", "auth.test"), second.call("T1", "auth.test"))
    rotating.now += 60
    await asyncio.gather(first.call("T1", "auth.test"), second.call("T1", "auth.test"))
    # Where both asked at once one of them was refused, and nobody was left with a token that is none.
    assert rotating.fake.calls["oauth.v2.access"] <= 2
    assert {method for method, _ in rotating.fake.errors} <= {"oauth.v2.access", "auth.test"}
    await first.api.close()
    await second.api.close()


async def test_a_renewal_that_slack_is_too_busy_for_is_tried_again_and_the_old_token_is_not_lost(
    rotating: Rotating,
) -> None:
    workspaces = await rotating.installed()
    rotating.now += 43_200 - EARLY + 1
    rotating.fake.faults.append(("oauth.v2.access", "busy"))
    with pytest.raises(RateLimited):
        await workspaces.call("T1", "auth.test")
    await workspaces.call("T1", "auth.test")
    await workspaces.api.close()


async def test_a_token_that_has_run_out_says_so(rotating: Rotating) -> None:
    workspaces = await rotating.installed()
    rotating.fake.team.refresh = "xoxe-other"
    rotating.now += 50_000
    with pytest.raises(Unreachable):
        await workspaces.call("T1", "auth.test")
    with pytest.raises(NotInstalled):
        await workspaces.call("T2", "auth.test")
    await workspaces.api.close()
