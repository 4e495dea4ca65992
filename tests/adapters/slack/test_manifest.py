"""The manifest says what the code does, and the code does what the manifest says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.slack import manifest
from adapters.slack import settings as slack_settings
from adapters.slack.manifest import COMMANDS, EVENTS, OPTIONAL_SCOPES, SCOPES
from bot.conversation.actions import ACTIONS
from tests.support.fake_slack.methods import RULES
from tests.support.fake_slack.slack_actions import Hands
from tests.support.recording_handler import Ear
from tests.support.slack_harness import SlackRig

ROOT = Path(__file__).parents[3]
CODE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapters/slack").glob("*.py"))


def test_every_command_is_one_of_the_grammar() -> None:
    assert set(COMMANDS) <= ACTIONS.by_words.keys()
    assert {"checkin", "goals", "team", "digest", "instep"} == set(COMMANDS)


async def test_every_event_that_is_asked_for_is_listened_to_and_no_other(rig: SlackRig, ear: Ear) -> None:
    listener = rig.platform.listener
    assert listener is not None
    assert set(listener.EVENTS) == {name.partition(".")[0] for name in EVENTS}


@pytest.mark.parametrize("kind", ["command", "shortcut", "message shortcut", "event"])
async def test_what_the_manifest_does_not_name_is_not_delivered_by_slack(rig: SlackRig, ear: Ear, kind: str) -> None:
    """The fake keeps to the manifest: so every other test that delivers something shows that the manifest names it."""
    features = rig.fake.manifest["features"]
    hands = Hands(rig.fake, app_url=rig.url)
    if kind == "command":
        features["slash_commands"] = []
        with pytest.raises(AssertionError, match="not in the manifest"):
            await hands.commands("U1ANA", "goals")
    elif kind == "event":
        rig.fake.manifest["settings"]["event_subscriptions"]["bot_events"] = []
        await hands.types("U1ANA", "hello")
    else:
        features["shortcuts"] = []
        with pytest.raises(AssertionError, match="not in the manifest"):
            await hands.shortcut("U1ANA", "checkin" if kind == "shortcut" else "save")
    assert ear.events == []
    await hands.close()


def test_every_scope_is_needed_by_a_method_or_an_event_and_every_method_has_its_scope() -> None:
    called = set(re.findall(r'"((?:chat|conversations|users|views|auth|apps)\.[a-zA-Z.]+)"', CODE))
    assert called <= set(RULES)
    by_method = {scope for name in called for scope in RULES[name].scopes}
    histories = {scope for scope in [*SCOPES, *OPTIONAL_SCOPES] if scope.endswith(":history")}
    for name in called:
        wanted = RULES[name].scopes
        assert not wanted or wanted == ("*:history",) or set(wanted) & set(SCOPES), name
    beyond_methods = {"app_mentions:read", "commands", "users:read.email"}  # an event, commands, a field
    assert set(SCOPES) | set(OPTIONAL_SCOPES) <= by_method | histories | beyond_methods


def test_every_scope_says_what_for_in_the_docs() -> None:
    page = (ROOT / "docs/slack.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z:._]+)` \| (.+?) \|$", page, re.MULTILINE))
    assert rows == {**SCOPES, **{name: f"{why} (optional)" for name, why in OPTIONAL_SCOPES.items()}}


def test_a_manifest_for_each_transport() -> None:
    socket, http = manifest.manifest(), manifest.manifest(url="https://i.example")
    assert socket["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(socket)
    assert http["settings"]["socket_mode_enabled"] is False
    assert http["oauth_config"]["redirect_urls"] == ["https://i.example/slack/oauth_redirect"]
    urls = set(re.findall(r"https://[^\"]+", json.dumps(http)))
    assert urls == {"https://i.example/slack/events", "https://i.example/slack/oauth_redirect"}


def test_a_manifest_is_within_slacks_lengths() -> None:
    made = manifest.manifest(prefix="acme-", name="Instep at Acme")
    display = made["display_information"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 174 <= len(display["long_description"]) <= 4_000
    assert re.fullmatch(r"#[0-9a-f]{6}", display["background_color"])
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
    for command in made["features"]["slash_commands"]:
        assert re.fullmatch(r"/acme-[a-z]{1,26}", command["command"])
        assert len(command["description"]) <= 2_000
        assert command["should_escape"] is True  # names come as ids, or `team add @ana` could mean another Ana
    for shortcut in made["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
    assert set(made["oauth_config"]["scopes"]["bot_optional"]) < set(made["oauth_config"]["scopes"]["bot"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "SLACK_BOT_TOKEN"),
        ({"client_id": "1"}, "SLACK_CLIENT_SECRET"),
        ({"bot_token": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"bot_token": "xoxp-1", "app_token": "xapp-1"}, "begins with xoxb-"),
        ({"bot_token": "xoxb-1", "app_token": "xoxb-1"}, "begins with xapp-"),
        ({"client_id": "1", "client_secret": "2", "signing_secret": "3"}, "INSTEP_SECRET_KEY"),
        (
            {"client_id": "1", "client_secret": "2", "signing_secret": "3", "secret_keys": ("short",)},
            "44 characters",
        ),
        ({"bot_token": "xoxb-1", "signing_secret": "3"}, ""),
        ({"bot_token": "xoxb-1", "app_token": "xapp-1"}, ""),
    ],
)
def test_what_is_missing_is_named_with_where_it_is_found(settings: dict[str, object], says: str) -> None:
    found = slack_settings.missing(slack_settings.Settings(**settings))  # type: ignore[arg-type]
    assert (says in found) if says else found == ""
