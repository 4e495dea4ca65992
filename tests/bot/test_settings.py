"""Settings: where they come from, and the sentence for each that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.msteams import settings as msteams_settings
from bot import settings
from bot.chat import registry
from bot.chat.registry import SettingsError


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and no file of the machine that runs this."""
    monkeypatch.chdir(tmp_path)
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(settings.variable(name), raising=False)


def test_with_nothing_set_it_runs_the_playground_on_this_machine_alone() -> None:
    found = settings.load()
    assert (found.platforms, found.host, found.port) == (("playground",), "127.0.0.1", 8080)
    assert (found.database_url, found.admins, found.only_to) == (
        "sqlite:///instep.db",
        frozenset(),
        frozenset(),
    )


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in settings.variables().values())


def test_lists_are_split_on_commas_and_may_have_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTEP_ADMINS", " playground:ana, playground:ben,,")
    monkeypatch.setenv("INSTEP_PLATFORMS", "playground, playground")
    found = settings.load()
    assert found.admins == {"playground:ana", "playground:ben"}
    assert found.platforms == ("playground",)


def test_what_is_given_beats_the_environment_and_that_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("INSTEP_PORT=1001\nINSTEP_ADMINS=playground:file\nOTHER=7\n")
    monkeypatch.setenv("INSTEP_PORT", "1002")
    assert settings.load().port == 1002
    assert settings.load(port=1003).port == 1003
    assert settings.load().admins == {"playground:file"}


def test_settings_do_not_change_once_they_are_read() -> None:
    with pytest.raises(ValidationError):
        settings.load().port = 9


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "PLATFORMS",
            "pigeon,playground,owl",
            f"INSTEP_PLATFORMS: owl, pigeon is not one of {', '.join(registry.ADAPTERS)}.",
        ),
        ("PLATFORMS", "", f"INSTEP_PLATFORMS: name at least one of {', '.join(registry.ADAPTERS)}."),
        ("ADMINS", "ana", "INSTEP_ADMINS: ana is not an address; one looks like playground:ana."),
        ("ONLY_TO", "ana", "INSTEP_ONLY_TO: ana is not an address; one looks like playground:ana."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_would_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"INSTEP_{name}", value)
    with pytest.raises(SettingsError) as error:
        settings.load()
    assert str(error.value) == told


@pytest.mark.parametrize("port", ["0", "65536", "-1", "", "http"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("INSTEP_PORT", port)
    with pytest.raises(SettingsError, match=r"^INSTEP_PORT: .+\.$"):
        settings.load()


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTEP_PORT", "0")
    monkeypatch.setenv("INSTEP_ADMINS", "ana")
    with pytest.raises(SettingsError) as error:
        settings.load()
    assert [line.partition(":")[0] for line in str(error.value).splitlines()] == [
        "INSTEP_ADMINS",
        "INSTEP_PORT",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_the_playground_is_served_to_this_machine(host: str) -> None:
    assert settings.load(host=host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com", "localhost.example.com", ""])
def test_the_playground_is_served_to_nobody_else(host: str) -> None:
    with pytest.raises(SettingsError, match="served on loopback only"):
        settings.load(host=host)


def test_a_file_of_settings_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"INSTEP_HOST=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        settings.load()


def test_nothing_runs_beside_the_playground() -> None:
    with pytest.raises(SettingsError, match="nothing else runs beside it"):
        settings.load(platforms="playground,teams")


def test_what_teams_is_told_comes_by_microsofts_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("APP_ID", "a"), ("APP_PASSWORD", "b"), ("TENANT_ID", "c"), ("TENANT_IDS", "c, d")):
        monkeypatch.setenv(f"TEAMS_{name}", value)
    found = registry.environment("teams")
    assert isinstance(found, msteams_settings.Environment)
    told = found.settings()
    assert (told.app_id, told.app_password, told.tenant_id) == ("a", "b", "c")
    assert (told.tenants, told.anonymous) == (frozenset({"c", "d"}), False)
    assert "app_password" not in repr(found)


def test_teams_is_unchecked_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK", "1")
    assert settings.load(platforms="teams").is_loopback
    with pytest.raises(SettingsError, match=r"^TEAMS_ALLOW_UNAUTHENTICATED_LOOPBACK: .* loopback only"):
        settings.load(platforms="teams", host="0.0.0.0")


@pytest.mark.parametrize("url", ["llm.acme.example", "ftp://llm.acme.example", "http://", "http://host:port"])
def test_a_language_model_needs_an_address(url: str) -> None:
    with pytest.raises(SettingsError, match="INSTEP_LLM_URL: that is not an address"):
        settings.load(llm_url=url, llm_model="small")


def test_a_language_model_needs_a_name() -> None:
    with pytest.raises(SettingsError, match="INSTEP_LLM_MODEL"):
        settings.load(llm_url="http://127.0.0.1:8000/v1")
    assert settings.load(llm_url="http://127.0.0.1:8000/v1", llm_model="small").llm_calls == 200


def test_the_key_of_a_language_model_is_never_shown() -> None:
    assert "hush" not in repr(settings.load(llm_key="hush"))
