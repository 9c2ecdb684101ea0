"""The settings of a CSMS: command line, environment (`PILOTWIRE_...`), or section `[csms]` of the TOML file."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pilotwire.domain.provisioning import UnknownStations
from pilotwire.errors import ConfigError
from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting

_PORT: Final = "a port from 0 to 65535 (0: any free one)"


class CsmsSettings(Settings):
    """What an operator can set. Times in seconds. Built directly it takes only what it is given; see `load_settings`."""

    host: str = setting("127.0.0.1", "a host name or an address of this machine", "where to listen", min_length=1)
    ocpp_port: int = setting(9000, _PORT, "for stations", ge=0, le=65535)
    http_port: int = setting(8080, _PORT, "for the HTTP API", ge=0, le=65535)
    database: str = setting("sqlite:///pilotwire.db", "a database URL", "where everything is kept", min_length=1)
    unknown_stations: UnknownStations = setting(
        UnknownStations.PENDING, "accept, pending or reject", "what happens with a station nobody has registered"
    )
    no_auth: bool = setting(
        False, "true or false", "for a lab: no API key, no station password; only on a loopback host"
    )
    accept_unknown_tokens: bool = setting(False, "true or false", "for a lab: tokens nobody has recorded may charge")
    heartbeat_interval: int = setting(
        300, "seconds from 1 to 86400", "how often an accepted station says that it is alive", ge=1, le=86_400
    )
    retry_interval: int = setting(
        60, "seconds from 1 to 86400", "when a station that is not accepted may boot again", ge=1, le=86_400
    )
    ping_interval: float = setting(60.0, "seconds from 0 (off) to 3600", "between pings", ge=0, le=3600)
    compression: bool = setting(
        True, "true or false", "permessage-deflate for stations that offer it; costs memory for each of them"
    )
    max_message_bytes: int = setting(
        1_000_000, "bytes from 4096 to 100000000", "the longest message taken", ge=4096, le=100_000_000
    )
    call_timeout: float = setting(
        30.0, "seconds, more than 0 and at most 600", "how long a station may take to answer", gt=0, le=600
    )
    shutdown_timeout: float = setting(
        10.0, "seconds from 0 to 300", "how long work in hand may take when stopping", ge=0, le=300
    )
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on the console")


def load_settings(given: Mapping[str, Any] | None = None, *, config: Path | str | None = None) -> CsmsSettings:
    """The settings from all three places (see `pilotwire.settings.load`); raises ConfigError."""
    settings, sources = load(CsmsSettings, "csms", given, config=config)
    _check_no_auth(settings, sources.place("no_auth"))
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
