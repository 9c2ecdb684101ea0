"""The settings of a CSMS: from the command line, else the environment (`PILOTWIRE_...`), else one TOML file (section `[csms]`).

Whatever is wrong with one of them becomes a `ConfigError` that says where it was said, what was said, and what is allowed.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from pilotwire.domain.provisioning import UnknownStations
from pilotwire.errors import ConfigError

ENV_PREFIX: Final = "PILOTWIRE_"
SECTION: Final = "csms"
_PORT: Final = "a port from 0 to 65535 (0: any free one)"
LogLevel = Literal["debug", "info", "warning", "error"]


def _setting(default: Any, allowed: str, description: str, **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"allowed": allowed}, **limits)


class CsmsSettings(BaseSettings):
    """What an operator can set. Times in seconds. Built directly it takes only what it is given; see `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True, validate_default=True)

    host: str = _setting("127.0.0.1", "a host name or an address of this machine", "where to listen", min_length=1)
    ocpp_port: int = _setting(9000, _PORT, "for stations", ge=0, le=65535)
    http_port: int = _setting(8080, _PORT, "for the HTTP API", ge=0, le=65535)
    database: str = _setting("sqlite:///pilotwire.db", "a database URL", "where everything is kept", min_length=1)
    unknown_stations: UnknownStations = _setting(
        UnknownStations.PENDING, "accept, pending or reject", "what happens with a station nobody has registered"
    )
    no_auth: bool = _setting(
        False, "true or false", "for a lab: no API key, no station password; only on a loopback host"
    )
    accept_unknown_tokens: bool = _setting(False, "true or false", "for a lab: tokens nobody has recorded may charge")
    heartbeat_interval: int = _setting(
        300, "seconds from 1 to 86400", "how often an accepted station says that it is alive", ge=1, le=86_400
    )
    retry_interval: int = _setting(
        60, "seconds from 1 to 86400", "when a station that is not accepted may boot again", ge=1, le=86_400
    )
    ping_interval: float = _setting(60.0, "seconds from 0 (off) to 3600", "between pings", ge=0, le=3600)
    compression: bool = _setting(
        True, "true or false", "permessage-deflate for stations that offer it; costs memory for each of them"
    )
    max_message_bytes: int = _setting(
        1_000_000, "bytes from 4096 to 100000000", "the longest message taken", ge=4096, le=100_000_000
    )
    call_timeout: float = _setting(
        30.0, "seconds, more than 0 and at most 600", "how long a station may take to answer", gt=0, le=600
    )
    shutdown_timeout: float = _setting(
        10.0, "seconds from 0 to 300", "how long work in hand may take when stopping", ge=0, le=300
    )
    log_level: LogLevel = _setting("info", "debug, info, warning or error", "how much is told on the console")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed over; `load_settings` decides what that is and knows where each value came from."""
        return (init_settings,)


def load_settings(given: Mapping[str, Any] | None = None, *, config: Path | str | None = None) -> CsmsSettings:
    """The settings from all three places; `given` are the options of the command line (None: not given).

    `config` is the TOML file, by default the one named by PILOTWIRE_CONFIG; without either there is none. Raises ConfigError.
    """
    options = {name: value for name, value in (given or {}).items() if value is not None}
    variables = _from_environment()
    path = config if config is not None else os.environ.get(f"{ENV_PREFIX}CONFIG")
    file = _File(Path(path)) if path else None
    table = file.table if file is not None else {}
    merged = {**table, **variables, **options}

    def place(name: str) -> str:
        if name in options:
            return f"the option --{name.replace('_', '-')}"
        if name in variables:
            return f"the environment variable {ENV_PREFIX}{name.upper()}"
        return file.place(name) if file is not None and name in table else f"the setting {name}"

    try:
        settings = CsmsSettings(**merged)
    except ValidationError as error:
        raise ConfigError("; ".join(_complaint(place, detail) for detail in error.errors()), "Mend that.") from None
    _check_no_auth(settings, place("no_auth"))
    return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_no_auth(settings: CsmsSettings, place: str) -> None:
    if settings.no_auth and not is_loopback(settings.host):
        raise ConfigError(
            f"{place} switches off all passwords and keys, but the host {settings.host!r} can be reached from outside.",
            "Listen on 127.0.0.1, or leave authentication on.",
        )


def _from_environment() -> dict[str, Any]:
    source = EnvSettingsSource(CsmsSettings, env_prefix=ENV_PREFIX, env_ignore_empty=True)
    return dict(source())


class _File:
    """One TOML file and where in it things are said."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = self._read()
        self.table = self._parse()

    def place(self, name: str) -> str:
        """The line that says something, for a person."""
        in_section = False
        for number, line in enumerate(self._text.splitlines(), start=1):
            if re.match(r"\s*\[", line):
                in_section = re.match(rf"\s*\[\s*{SECTION}\s*\]", line) is not None
            elif in_section and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
                return f"{self._path}, line {number} ({name})"
        return f"{self._path} ({name})"

    def _read(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"the configuration file {self._path} cannot be read: {reason}.") from None
        except UnicodeDecodeError:
            raise ConfigError(f"the configuration file {self._path} is not UTF-8 text.") from None

    def _parse(self) -> dict[str, Any]:
        try:
            section = tomllib.loads(self._text).get(SECTION, {})
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"the configuration file {self._path} is not TOML: {error}.") from None
        if not isinstance(section, dict):
            raise ConfigError(
                f"in {self._path}, {SECTION} is not a section.", f"Write [{SECTION}] on a line of its own."
            )
        return section


def _complaint(place: Any, detail: ErrorDetails) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    where: str = place(name)
    field = CsmsSettings.model_fields.get(name)
    if field is None:
        return f"{where}: there is no setting of this name (there are {', '.join(sorted(CsmsSettings.model_fields))})"
    extra = field.json_schema_extra
    allowed = extra.get("allowed") if isinstance(extra, dict) else None
    return f"{where} is {detail['input']!r}: allowed is {allowed}"
