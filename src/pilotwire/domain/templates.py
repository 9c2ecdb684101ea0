"""Configuration templates: settings that many stations are to have, and what a station has instead (B01, B02, B05)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from pilotwire.domain.device_model import KnownVariable, SetVariableStatus, VariableSetting, is_secret
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.kinds import Value

ANY: Final = "*"


class StationMatch(Value):
    """Which stations a template is for: those named in `stations`, or if none are, those that fit every pattern.

    Patterns are as for file names (`*`, `?`), without regard to case; `versions` are OCPP versions ("1.6", "2.0.1", "2.1"), () is any.
    """

    stations: tuple[str, ...] = ()
    vendor: str = ANY
    model: str = ANY
    firmware: str = ANY
    versions: tuple[str, ...] = ()

    def covers(self, station: str, identity: StationIdentity | None, version: str | None) -> bool:
        """Whether a station is meant. One that has never told what it is fits only patterns that anything fits."""
        if self.versions and version not in self.versions:
            return False
        if self.stations:
            return station in self.stations
        told = ("", "", "") if identity is None else (identity.vendor, identity.model, identity.firmware_version or "")
        patterns = (self.vendor, self.model, self.firmware)
        return all(
            fnmatchcase(text.casefold(), pattern.casefold()) for text, pattern in zip(told, patterns, strict=True)
        )


class Template(Value):
    """Settings for stations. A name without component is a 1.6 configuration key by its own name.

    `before_accepted`: a station it covers stays Pending until it has them (B02). Intervals in seconds are what such a station is told
    when it boots, None: as for all (B01, B02). `revision` rises when the settings change.
    """

    name: str
    settings: tuple[VariableSetting, ...] = ()
    match: StationMatch = StationMatch()
    before_accepted: bool = False
    heartbeat_interval: int | None = None
    retry_interval: int | None = None
    revision: int = 1
    changed_at: datetime | None = None


class SettingStatus(StrEnum):
    """What became of a setting of a template: as in SetVariableStatusEnumType, or why there is no such answer."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REBOOT_REQUIRED = "RebootRequired"
    NOT_SAYABLE = "NotSayable"
    NO_ANSWER = "NoAnswer"

    @property
    def is_good(self) -> bool:
        """Whether the station has the value, now or once it has rebooted."""
        return self in (SettingStatus.ACCEPTED, SettingStatus.REBOOT_REQUIRED)


class SettingResult(Value):
    """What became of one setting; `what` tells more where there is no answer of the station."""

    setting: VariableSetting
    status: SettingStatus
    what: str = ""


def result_of(setting: VariableSetting, status: SetVariableStatus) -> SettingResult:
    """The result of an answer."""
    return SettingResult(setting=setting, status=SettingStatus(status.value))


class RunState(StrEnum):
    """How far a template has come at one station."""

    WAITING = "Waiting"
    RUNNING = "Running"
    DONE = "Done"
    FAILED = "Failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done there."""
        return self in (RunState.DONE, RunState.FAILED)


class RunCause(StrEnum):
    """Why a template is being applied: someone asked for it, or a station that has booted must have it first."""

    ASKED = "Asked"
    BOOT = "Boot"


class TemplateRun(Value):
    """A template on its way to stations, as it was when that began.

    At most `concurrency` stations are configured at one time; those not connected are waited for until `until` (None: not at all).
    """

    id: str
    template: Template
    stations: tuple[str, ...]
    cause: RunCause
    created_at: datetime
    concurrency: int = 10
    until: datetime | None = None
    finished_at: datetime | None = None


class StationRun(Value):
    """What became of a run at one station."""

    station: str
    state: RunState
    at: datetime
    results: tuple[SettingResult, ...] = ()
    what: str = ""


class Configured(Value):
    """A station has all settings of a template, in this revision."""

    template: str
    revision: int
    at: datetime


class DriftKind(StrEnum):
    """How what a station is known to have differs from a template."""

    DIFFERENT = "Different"
    UNKNOWN = "Unknown"
    AFTER_REBOOT = "AfterReboot"


class Drift(Value):
    """A setting a station is not known to have; `has` is what it has."""

    setting: VariableSetting
    kind: DriftKind
    has: str | None = None


def drift_of(setting: VariableSetting, known: KnownVariable | None) -> Drift | None:
    """Whether a station has a setting, as far as it is known; None if it has, or if it is one nobody can read (a password)."""
    if is_secret(setting.name):
        return None
    attribute = None
    if known is not None:
        attribute = next((each for each in known.attributes if each.type is setting.attribute), None)
    if attribute is None or (attribute.value is None and attribute.after_reboot is None):
        return Drift(setting=setting, kind=DriftKind.UNKNOWN)
    if same_value(attribute.value, setting.value):
        return None
    kind = DriftKind.AFTER_REBOOT if same_value(attribute.after_reboot, setting.value) else DriftKind.DIFFERENT
    return Drift(setting=setting, kind=kind, has=attribute.value)


def same_value(one: str | None, other: str | None) -> bool:
    """Whether two values say the same: booleans in any case, lists with blanks, numbers however written."""
    if one is None or other is None or one == other:
        return one == other
    return _canonical(one) == _canonical(other)


def _canonical(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    return ",".join(_plain(part) for part in parts)


def _plain(part: str) -> str:
    folded = part.casefold()
    if folded in ("true", "false"):
        return folded
    if part.isascii() and part.isdigit():
        return part.lstrip("0") or "0"
    return part
