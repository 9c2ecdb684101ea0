"""The settings of a process of many stations: command line, environment (`PILOTWIRE_...`), or section `[stations]` of the TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting


class HostSettings(Settings):
    """What a person can set of it; its stations are made through the control port."""

    control_host: str = setting(
        "127.0.0.1", "an address of this machine", "where the control port listens", min_length=1
    )
    control_port: int = setting(
        0,
        "a port from 0 to 65535 (0: any free one)",
        "the control port: `/stations` and all that is done there",
        ge=0,
        le=65535,
    )
    control_token: str | None = setting(
        None,
        "16 to 200 visible ASCII characters",
        "the token programs show at the control port; made and shown where none is given and others than this machine reach it",
        pattern=r"^[!-~]{16,200}$",
    )
    control_names: tuple[str, ...] = setting(
        (), "a list of host names", "what else the control port may be called than by its address or localhost"
    )
    driver: str = setting(
        "simulated",
        "the name of a driver, or module:factory",
        "the driver of stations that name none; of drivers in modules, they may name this one only",
        min_length=1,
    )
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on the console")


def load_host_settings(given: dict[str, Any], *, config: Path | str | None = None) -> HostSettings:
    """The settings from all three places; raises ConfigError."""
    settings, _sources = load(HostSettings, "stations", given, config=config)
    return settings
