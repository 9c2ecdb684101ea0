"""The settings of a station program: command line, environment (`PILOTWIRE_...`), or section `[station]` of the TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import field_validator

from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting

_URL = r"^wss?://[^\s/]+(/\S*)?$"


class StationProgramSettings(Settings):
    """What a person can set of a station. `variables` are first values of the device model, by written name."""

    id: str = setting(..., "an identity of 1 to 48 characters", "the station's identity", min_length=1, max_length=48)
    ocpp: Literal["1.6", "2.0.1", "2.1"] = setting("2.0.1", "1.6, 2.0.1 or 2.1", "the version spoken")
    csms: str = setting(
        "ws://127.0.0.1:9000", "a ws:// or wss:// URL", "the CSMS's endpoint; the identity is appended", pattern=_URL
    )
    password: str | None = setting(
        None,
        "16 to 64 characters",
        "the first password for security profile 1; one that the CSMS has set since goes before it",
        min_length=16,
        max_length=64,
    )
    control_host: str = setting(
        "127.0.0.1", "an address of this machine", "where the control port listens", min_length=1
    )
    control_port: int = setting(
        0,
        "a port from 0 to 65535 (0: any free one)",
        "the control port: what a person does at a station",
        ge=0,
        le=65535,
    )
    layout: str = setting("ac-22-single", "the name of a station layout", "EVSEs and connectors", min_length=1)
    storage: str | None = setting(
        None, "a file name", "where the station keeps what must survive; by default <id>.station.db"
    )
    vendor: str = setting(
        "Pilotwire", "1 to 20 characters", "the vendor's name in the boot message", min_length=1, max_length=20
    )
    model: str | None = setting(
        None, "1 to 20 characters", "the model in the boot message", min_length=1, max_length=20
    )
    serial_number: str | None = setting(
        None, "up to 25 characters", "the serial number in the boot message", max_length=25
    )
    speed: float = setting(
        1.0, "a factor above 0 and at most 3600", "how much faster than life hardware and vehicles run", gt=0, le=3600
    )
    compression: bool = setting(False, "true or false", "offer permessage-deflate")
    variables: dict[str, str] = setting(
        {}, "a table of names in quotes and values", "first values of device model variables"
    )
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on the console")

    @field_validator("ocpp", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """TOML reads 2.1 without quotes as a number."""
        return str(value) if isinstance(value, float) else value

    @field_validator("variables", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """TOML has booleans of its own; the device model writes them as text."""
        if not isinstance(value, dict):
            return value
        return {name: str(one).lower() if isinstance(one, bool) else one for name, one in value.items()}


def load_settings(given: dict[str, Any] | None = None, *, config: Path | str | None = None) -> StationProgramSettings:
    """The settings from all three places; raises ConfigError."""
    settings, _sources = load(StationProgramSettings, "station", given, config=config)
    return settings
