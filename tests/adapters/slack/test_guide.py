"""The README's guide, followed to the letter against a fake Slack: the doctor says what is still missing."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import settings
from bot.cli import doctor_checks
from tests.support.fake_slack import FakeSlack, SlackUser

ROOT = Path(__file__).parents[3]


@pytest.fixture
def fake() -> Iterator[FakeSlack]:
    """A Slack in a loop of its own: the doctor brings its own as well."""
    made = FakeSlack()
    made.team.add(SlackUser("U4MARA", "Mara Lind"))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.start(), loop).result()
    yield made
    asyncio.run_coroutine_threadsafe(made.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeSlack) -> None:
    monkeypatch.chdir(tmp_path)
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(settings.variable(name), raising=False)
    monkeypatch.setenv("SLACK_API_URL", fake.url)
    monkeypatch.setenv("INSTEP_PORT", "18099")


def complaints() -> list[str]:
    return [check.said for check in doctor_checks.run() if check.about == "Slack" and not check.ok]


def test_the_guide_is_all_that_is_needed_and_each_step_is_missed(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Slack\n")[2].partition("\n### ")[0]
    steps = re.findall(r"export (\w+)=(\S+)", guide)
    values = {
        "INSTEP_PLATFORMS": "slack", "SLACK_BOT_TOKEN": fake.team.token, "SLACK_APP_TOKEN": fake.app_token,
        "INSTEP_ADMINS": "slack:T1:U4MARA",
    }  # fmt: skip
    missing = {
        "INSTEP_PLATFORMS": "SLACK_BOT_TOKEN",
        "SLACK_BOT_TOKEN": "SLACK_APP_TOKEN",
        "SLACK_APP_TOKEN": "INSTEP_ADMINS",
    }
    assert [name for name, _ in steps] == list(values)
    for name, shown in steps:
        start = shown.partition("…")[0]
        assert values[name].startswith(start), name
        monkeypatch.setenv(name, values[name])
        if name in missing:
            (said,) = complaints()
            assert missing[name] in said
    assert complaints() == []
    assert any("Acme (T1)" in check.said for check in doctor_checks.run())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-old", "SLACK_BOT_TOKEN"),
        ("SLACK_APP_TOKEN", "xapp-old", "connections:write"),
        ("INSTEP_ADMINS", "slack:T2:U4MARA", "this one is T1"),
        ("INSTEP_ADMINS", "slack:T1:U9", "no such person"),
        ("INSTEP_ADMINS", "playground:ana", "Copy member ID"),
        ("SLACK_API_URL", "http://127.0.0.1:1/api/", "does not answer from here"),
    ],
)
def test_what_is_wrong_is_told(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    given = {
        "INSTEP_PLATFORMS": "slack", "SLACK_BOT_TOKEN": fake.team.token, "SLACK_APP_TOKEN": fake.app_token,
        "INSTEP_ADMINS": "slack:T1:U4MARA", name: value,
    }  # fmt: skip
    for key, setting in given.items():
        monkeypatch.setenv(key, setting)
    said = complaints()
    assert any(says in words for words in said), said


def test_an_app_made_from_an_older_manifest_is_told_what_it_lacks(
    fake: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.team.scopes -= {"im:history", "channels:history"}
    for key, value in {
        "INSTEP_PLATFORMS": "slack", "SLACK_BOT_TOKEN": fake.team.token, "SLACK_SIGNING_SECRET": "s",
        "INSTEP_ADMINS": "slack:T1:U4MARA",
    }.items():  # fmt: skip
        monkeypatch.setenv(key, value)
    (said,) = complaints()
    assert "the app lacks im:history." in said  # the other one is optional
