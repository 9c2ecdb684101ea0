"""The settings of a fleet: command line, environment (`PILOTWIRE_...`), or section `[fleet]` of the TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting


class FleetSettings(Settings):
    """What a person can set of a fleet beside its scenario."""

    count: int | None = setting(
        None,
        "a number of stations from 1 to 100000",
        "how many stations there are; none said: one, called as --id says",
        ge=1,
        le=100_000,
    )
    scenario: Path | None = setting(None, "the name of a YAML file", "what happens there")
    id: str = setting("SIM", "1 to 40 characters", "what identities begin with: SIM00001", min_length=1, max_length=40)
    csms: str = setting(
        "ws://127.0.0.1:9000",
        "a ws://, wss://, http:// or https:// URL",
        "the CSMS's endpoint; with http for stations of OCPP-S",
        pattern=r"^(ws|http)s?://[^\s/]+(/\S*)?$",
    )
    password: str | None = setting(
        None, "16 to 64 characters", "the password of all of them", min_length=16, max_length=64
    )
    storage: Path | None = setting(None, "a file name", "one file that keeps what must survive; by default memory does")
    speed: float | None = setting(
        None,
        "a factor above 0 and at most 3600",
        "how much faster than life it goes, over what the scenario says",
        gt=0,
        le=3600,
    )
    log_level: LogLevel = setting("error", "debug, info, warning or error", "how much is told on the console")


def load_fleet_settings(given: dict[str, Any], *, config: Path | str | None = None) -> FleetSettings:
    """The settings from all three places; raises ConfigError."""
    settings, _sources = load(FleetSettings, "fleet", given, config=config)
    return settings
