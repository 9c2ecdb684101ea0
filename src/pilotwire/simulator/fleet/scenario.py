"""A scenario: which stations there are, who comes when, what breaks; read from YAML.

Times are in the scenario's own time, which runs `speed` times as fast as life. A time is a number of seconds or text such as `90s`,
`1h30m`, `2d`; a range is `30m..8h`, from which every value is equally likely. Whatever cannot be becomes a `ConfigError` that says where.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pilotwire.errors import ConfigError
from pilotwire.station.habits import AS_THE_VERSION_HAS_IT, Habits
from pilotwire.station.hardware.ports import ErrorCode

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TIME = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?\Z")
DAY = 86_400.0
"""Seconds of a day."""


def seconds_of(value: object) -> float:
    """The seconds in `90`, `90s`, `1h30m` or `2d`; raises `ValueError` for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    found = _TIME.match(str(value).strip()) if str(value).strip() else None
    if found is None:
        raise ValueError(f"{value!r} is no time: write 90s, 1h30m or 2d")
    return sum(float(part) * _UNITS[unit] for part, unit in zip(found.groups(), "dhms", strict=True) if part)


def _range_of(value: object, of: Any) -> tuple[float, float]:
    low, dots, high = str(value).partition("..")
    least = of(low) if dots else of(value)
    most = of(high) if dots else least
    if most < least:
        raise ValueError(f"{value!r} ends before it begins")
    return least, most


def _times(value: object) -> object:
    return value if isinstance(value, tuple) else _range_of(value, seconds_of)


def _numbers(value: object) -> object:
    return value if isinstance(value, tuple) else _range_of(value, float)


Seconds = Annotated[float, BeforeValidator(seconds_of), Field(ge=0)]
SecondsRange = Annotated[tuple[float, float], BeforeValidator(_times)]
NumberRange = Annotated[tuple[float, float], BeforeValidator(_numbers)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(_Part):
    """One kind of station: `share` is its weight among all.

    `csms` is where it connects, None: where all do; a station of OCPP-S (`transport` soap, or 1.5) needs http there, any other ws. It
    listens at `soap_host`, at a port of its own. `driver` and `driver_options` are as in `[station]`.
    """

    share: float = Field(default=1.0, gt=0)
    ocpp: Annotated[Literal["1.5", "1.6", "2.0.1", "2.1"], BeforeValidator(str)] = "2.0.1"
    transport: Literal["json", "soap"] = "json"
    csms: str | None = None
    soap_host: str = Field(default="127.0.0.1", min_length=1)
    driver: str = Field(default="simulated", min_length=1)
    driver_options: dict[str, Any] = {}
    layout: str = "ac-22-single"
    vendor: str = Field(default="Pilotwire", min_length=1, max_length=20)
    model: str | None = Field(default=None, max_length=20)
    variables: dict[str, str] = {}
    habits: Habits = AS_THE_VERSION_HAS_IT


class Tokens(_Part):
    """Whose cards there are: `count` of them, `prefix` and a number; `unknown_percent` of those shown are of nobody the CSMS knows."""

    count: int = Field(default=1000, gt=0)
    prefix: str = Field(default="FLEET", max_length=12)
    type: str = "ISO14443"
    unknown_percent: float = Field(default=0.0, ge=0, le=100)


class Arrivals(_Part):
    """Drivers: how many come to each EVSE in a day, spread by the weights of its 24 hours, and what they want.

    `tap_first_percent` present their card before they plug in.
    """

    per_evse_per_day: float = Field(default=4.0, ge=0, le=1000)
    by_hour: tuple[float, ...] = (1.0,) * 24
    stay: SecondsRange = (1800.0, 14_400.0)
    energy_kwh: NumberRange = (5.0, 40.0)
    soc: NumberRange = (10.0, 60.0)
    tap_first_percent: float = Field(default=30.0, ge=0, le=100)

    @model_validator(mode="after")
    def _hours(self) -> Arrivals:
        if len(self.by_hour) != 24 or min(self.by_hour) < 0 or sum(self.by_hour) <= 0:
            raise ValueError("by_hour needs 24 weights of 0 or more, not all of them 0")
        return self


class Noise(_Part):
    """What happens to lines and controllers, per station and day."""

    line_drops_per_day: float = Field(default=0.0, ge=0, le=10_000)
    line_down: SecondsRange = (5.0, 300.0)
    reboots_per_day: float = Field(default=0.0, ge=0, le=1000)


class Faults(_Part):
    """What breaks, per station and day, and for how long."""

    per_day: float = Field(default=0.0, ge=0, le=1000)
    lasting: SecondsRange = (60.0, 3600.0)
    codes: tuple[ErrorCode, ...] = (
        ErrorCode.GROUND_FAILURE,
        ErrorCode.HIGH_TEMPERATURE,
        ErrorCode.CONNECTOR_LOCK_FAILURE,
    )


class Line(_Part):
    """A line of the script: `at` this time, at these `stations` (`all`, a percentage, or numbers), do something.

    `do` is a path of the control port without its slash (`plug`, `tap`, `fault/raise`, `line/cut`, ...), `give` is its body.
    """

    at: Seconds
    do: str = Field(min_length=1)
    give: dict[str, Any] = {}
    stations: str | int = "all"

    @model_validator(mode="after")
    def _whom(self) -> Line:
        self.covers(0, 0.0)
        return self

    def covers(self, number: int, lot: float) -> bool:
        """Whether it is for station `number` (from 1); `lot` from 0 to 1 is the station's own for this line."""
        whom = str(self.stations).strip()
        if whom == "all":
            return True
        if whom.endswith("%"):
            return lot < float(whom[:-1]) / 100
        return number in {int(one) for one in whom.split(",")}


class Scenario(_Part):
    """See the module. `start_rate` is how many stations are switched on in a second of life; `duration` None: until interrupted."""

    seed: int = 1
    speed: float = Field(default=1.0, gt=0, le=3600)
    duration: Annotated[float | None, BeforeValidator(lambda value: None if value is None else seconds_of(value))] = (
        None
    )
    begins: Seconds = 8 * 3600.0
    start_rate: float = Field(default=200.0, gt=0, le=10_000)
    fleet: tuple[Kind, ...] = Field(default=(Kind(),), min_length=1)
    tokens: Tokens = Tokens()
    arrivals: Arrivals | None = None
    noise: Noise = Noise()
    faults: Faults = Faults()
    script: tuple[Line, ...] = ()


def read_scenario(path: Path | str) -> Scenario:
    """The scenario in a YAML file; raises `ConfigError`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The scenario {path} cannot be read: {error}.", "Give the name of a YAML file.") from None
    return scenario_of(text, str(path))


def scenario_of(text: str, name: str = "the scenario") -> Scenario:
    """The scenario that a YAML text describes; `name` is for what is said of mistakes in it."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} is no YAML: {' '.join(str(error).split())}.", "Mend the file.") from None
    if told is None:
        told = {}
    if not isinstance(told, dict):
        raise ConfigError(f"{name} is no table of settings.", "Begin with lines such as `speed: 60`.")
    try:
        return Scenario.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "it"
        what = f"{where}: {first['msg'].removeprefix('Value error, ')}"
        raise ConfigError(f"{name} cannot be used: {what}.", "docs/station/fleets.md tells what may be said.") from None
