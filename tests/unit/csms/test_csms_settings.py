from __future__ import annotations

from pathlib import Path

import pytest

from pilotwire.csms.settings import CsmsSettings, is_loopback, load_settings
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.errors import ConfigError


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pilotwire.toml"
    path.write_text(text)
    return path


def test_the_defaults_are_careful() -> None:
    """Nobody unknown charges, nobody from outside gets in."""
    settings = CsmsSettings()
    assert settings.unknown_stations is UnknownStations.PENDING
    assert is_loopback(settings.host)
    assert not settings.no_auth
    assert not settings.accept_unknown_tokens


def test_options_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place overrides the one below."""
    path = _file(tmp_path, "[csms]\nocpp_port = 1\nhttp_port = 2\nping_interval = 3\n[station]\nid = 'CS'\n")
    monkeypatch.setenv("PILOTWIRE_OCPP_PORT", "11")
    monkeypatch.setenv("PILOTWIRE_HTTP_PORT", "12")
    settings = load_settings({"ocpp_port": 21, "http_port": None}, config=path)
    assert (settings.ocpp_port, settings.http_port, settings.ping_interval) == (21, 12, 3)


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PILOTWIRE_CONFIG is as good as --config."""
    monkeypatch.setenv("PILOTWIRE_CONFIG", str(_file(tmp_path, "[csms]\nunknown_stations = 'accept'\n")))
    assert load_settings().unknown_stations is UnknownStations.ACCEPT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[csms]\nhost = '::1'\nocpp_port = 70000\n", ["line 3", "ocpp_port", "70000", "0 to 65535"]),
        ("[csms]\nunknown_stations = 'maybe'\n", ["line 2", "'maybe'", "accept, pending or reject"]),
        ("[csms]\nprot = 1\n", ["line 2", "prot", "no setting of this name", "ocpp_port"]),
        ("csms = 1\n", ["csms is not a section"]),
        ("[csms\n", ["not TOML", "line 1"]),
    ],
)
def test_a_bad_file_is_told_with_the_line(tmp_path: Path, text: str, says: list[str]) -> None:
    """Which line, which value, what is allowed; never a stack of frames."""
    path = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(config=path)
    assert all(part in str(caught.value) for part in [str(path), *says])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(ConfigError, match=r"missing\.toml cannot be read: No such file"):
        load_settings(config=tmp_path / "missing.toml")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    """Instead of a decoding error."""
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(config=path)


def test_a_bad_variable_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it was and what is allowed."""
    monkeypatch.setenv("PILOTWIRE_CALL_TIMEOUT", "soon")
    with pytest.raises(ConfigError, match=r"PILOTWIRE_CALL_TIMEOUT is 'soon': allowed is seconds"):
        load_settings()


def test_every_wrong_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody mends them one by one."""
    monkeypatch.setenv("PILOTWIRE_OCPP_PORT", "x")
    with pytest.raises(ConfigError) as caught:
        load_settings({"http_port": -1})
    assert "PILOTWIRE_OCPP_PORT" in str(caught.value)
    assert "--http-port is -1" in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org", "192.168.1.4"])
def test_no_auth_is_for_this_machine_only(host: str) -> None:
    """A lab without keys must not be reachable from outside."""
    with pytest.raises(ConfigError, match="--no-auth switches off"):
        load_settings({"no_auth": True, "host": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_no_auth_is_taken_on_loopback(host: str) -> None:
    """And does not let unknown tokens charge: that is another setting."""
    settings = load_settings({"no_auth": True, "host": host})
    assert settings.no_auth
    assert not settings.accept_unknown_tokens
