"""The firmware freeze of a dossier: which build goes to the lab, and which runs were not played on it.

A dossier is a folder: `pics/`, `pki/`, `snapshot/`, `freeze.json` and `runs/NAME/`, each a folder of results of `pilotwire test`. The
hash and version of a build are looked at when it is frozen, and again at each check. A case of a run counts where the build was the
frozen one at the last look before it and at the next look after it; and where the firmwareVersion the device told in it is the frozen one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from pilotwire.conformance.records import Records
from pilotwire.conformance.verdict import CaseResult
from pilotwire.errors import ConfigError

FREEZE: Final = "freeze.json"
RUNS: Final = "runs"
_CASES: Final = "cases"
_LONGEST_VERSION: Final = 50
"""firmwareVersion is a CiString50Type in 1.6 and a string of up to 50 characters in 2.x."""
_UPDATES: Final = ("UpdateFirmware", "SignedUpdateFirmware")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the build: when, at which file (`path` from the dossier on), what it was. `froze`: this build was frozen then."""

    at: datetime
    file: str
    path: str
    sha256: str
    size: int
    version: str
    froze: bool

    def same(self, other: Look) -> bool:
        """Whether it is the same build: hash and version."""
        return (self.sha256, self.version) == (other.sha256, other.version)


@dataclass(slots=True)
class Freeze:
    """`freeze.json`: the looks in the order they were taken, and the runs that were void at the last of them, with the reason."""

    looks: list[Look]
    void: list[tuple[str, str]] = field(default_factory=list)
    format: int = 1

    @property
    def frozen(self) -> Look:
        """The look whose build is frozen: the last that froze one."""
        return next(one for one in reversed(self.looks) if one.froze)

    @property
    def changed(self) -> bool:
        """Whether the last look found another build than the frozen one."""
        return not self.looks[-1].same(self.frozen)


def void_runs(dossier: Path) -> list[tuple[str, str]]:
    """The runs of a dossier that do not count for its frozen build: the name of each below `runs/`, and why, in a sentence.

    A run comes once a reason; nothing comes while no build is frozen. It is worked out from the looks at the build and from
    the runs as they are now, whatever `freeze.json` says of them. Raises ConfigError for a freeze.json or a run that cannot be read.
    """
    freeze = read_freeze(dossier)
    return [] if freeze is None else _void(dossier, freeze)


def _void(dossier: Path, freeze: Freeze) -> list[tuple[str, str]]:
    return [
        (name, why) for name in run_names(dossier) for why in reasons(freeze, Records(dossier / RUNS / name).load())
    ]


def void_of(folder: Path) -> list[str]:
    """Why the run in this folder of results is void, in sentences; nothing if it is not, or is in no dossier with a freeze."""
    dossier = dossier_of(folder)
    freeze = None if dossier is None else read_freeze(dossier)
    return [] if freeze is None else list(reasons(freeze, Records(folder).load()))


def dossier_of(folder: Path) -> Path | None:
    """The dossier a folder of results is in as `runs/NAME`, if a build is frozen there."""
    place = folder.resolve()
    if place.parent.name != RUNS or not (place.parent.parent / FREEZE).is_file():
        return None
    return place.parent.parent


def run_names(dossier: Path) -> list[str]:
    """The names of the folders below `runs/` that have results."""
    places = sorted((dossier / RUNS).glob(f"*/{_CASES}"))
    return [place.parent.name for place in places if any(place.glob("*.json"))]


def read_freeze(dossier: Path) -> Freeze | None:
    """The freeze of a dossier; None if no build is frozen. Raises ConfigError for a file that is none."""
    place = dossier / FREEZE
    if not place.exists():
        return None
    try:
        found = msgspec.json.decode(place.read_bytes(), type=Freeze)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{place} is not the record of a freeze: {error}.", "Freeze the firmware again.") from None
    if found.format != 1 or not any(one.froze for one in found.looks):
        raise ConfigError(f"{place} records no frozen build.", "Remove it, and freeze the firmware again.")
    if any(one.at.tzinfo is None for one in found.looks):
        raise ConfigError(f"{place} has a time without a time zone.", "Remove it, and freeze the firmware again.")
    return found


# --- freezing and checking ---------------------------------------------------------------------------------------------------------


def freeze_build(dossier: Path, file: Path, version: str, now: datetime) -> Freeze:
    """Freeze this build: hash, size, version and time go into `freeze.json`, behind those of earlier looks.

    Raises ConfigError for a file or version that cannot be frozen, and where nothing can be written.
    """
    version = _usable(version)
    before = read_freeze(dossier)
    look = _look(dossier, file, version, now, froze=True)
    try:
        dossier.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The dossier {dossier} cannot be made: {error.strerror}.", "Name a folder.") from None
    freeze = Freeze([*(before.looks if before else []), look])
    return _kept(dossier, freeze)


def check_build(dossier: Path, now: datetime, file: Path | None = None, version: str = "") -> Freeze:
    """Look at the build again: at `file`, else where it was when it was frozen; it is called `version`, else what it was called.

    What was seen goes into `freeze.json`, and which runs are void by it. Where the file is gone, and none is named, only the runs are
    judged again. Raises ConfigError where nothing is frozen, or the file cannot be read.
    """
    freeze = read_freeze(dossier)
    if freeze is None:
        raise ConfigError(
            f"No build is frozen in {dossier}.", "Freeze one first: name the file and --firmware-version."
        )
    place = file or dossier / freeze.frozen.path
    if file is not None or place.is_file():
        called = _usable(version) if version else freeze.frozen.version
        freeze.looks.append(_look(dossier, place, called, now, froze=False))
    return _kept(dossier, freeze)


def _usable(version: str) -> str:
    stripped = version.strip()
    if not stripped:
        raise ConfigError("The build has no version.", "Say --firmware-version as the device tells it when it boots.")
    if len(stripped) > _LONGEST_VERSION or not stripped.isprintable():
        raise ConfigError(
            f"{version!r} is no firmwareVersion.",
            f"It is what the BootNotification tells: up to {_LONGEST_VERSION} printable characters.",
        )
    return stripped


def _look(dossier: Path, file: Path, version: str, now: datetime, *, froze: bool) -> Look:
    if file.exists() and not file.is_file():
        raise ConfigError(f"The firmware {file} is no file.", "Name the file of a build.")
    try:
        with file.open("rb") as image:
            digest = hashlib.file_digest(image, "sha256").hexdigest()
            size = image.tell()
    except OSError as error:
        raise ConfigError(
            f"The firmware {file} cannot be read: {error.strerror}.", "Name the file of a build."
        ) from None
    if not size:
        raise ConfigError(f"The firmware {file} is empty.", "Name the file of a build.")
    path = os.path.relpath(file.resolve(), dossier.resolve())
    return Look(now, file.name, path, digest, size, version, froze)


def _kept(dossier: Path, freeze: Freeze) -> Freeze:
    freeze.void = _void(dossier, freeze)
    place = dossier / FREEZE
    part = place.with_suffix(".part")
    try:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(freeze), indent=2) + b"\n")
        part.replace(place)
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error.strerror}.", "Name another dossier.") from None
    return freeze


# --- which runs count --------------------------------------------------------------------------------------------------------------


def reasons(freeze: Freeze, results: Mapping[str, CaseResult]) -> Iterator[str]:
    """Why these results do not count for the frozen build, in sentences."""
    played = [one for one in results.values() if one.started is not None]
    frozen = freeze.frozen
    if freeze.changed:
        last = freeze.looks[-1]
        yield f"the build has changed: on {_day(last.at)} {_build(last)} was found, and {_build(frozen)} is frozen"
    else:
        yield from _by_looks(freeze, played)
    yield from _by_versions(frozen, freeze.looks[0].at, played)


def _by_looks(freeze: Freeze, played: list[CaseResult]) -> Iterator[str]:
    """Cases before, or after, a look that found another build."""
    doubtful: dict[Look, list[str]] = {}
    for one in played:
        assert one.started is not None
        before = [look for look in freeze.looks if look.at <= one.started]
        after = [look for look in freeze.looks if look.at > one.started]
        around = [*before[-1:], *after[:1]]
        other = next((look for look in around if not look.same(freeze.frozen)), None)
        if other is not None:
            doubtful.setdefault(other, []).append(one.id)
    for look, cases in doubtful.items():
        yield (
            f"{_cases(cases)} played when the build was, or became, another: on {_day(look.at)} it was {_build(look)}, "
            f"and {_build(freeze.frozen)} is frozen"
        )


def _by_versions(frozen: Look, first: datetime, played: list[CaseResult]) -> Iterator[str]:
    """Cases in which the device told another firmwareVersion; nothing else ties a run before the `first` look to a build."""
    others: dict[str, list[str]] = {}
    told: set[str] = set()
    for one in played:
        versions = versions_told(one)
        told.update(versions)
        for version in versions:
            if version != frozen.version:
                others.setdefault(version, []).append(one.id)
    for version, cases in sorted(others.items()):
        yield f"the device told firmwareVersion {version} in {_named(cases)}, and {frozen.version} is frozen"
    earliest = min((one.started for one in played if one.started is not None), default=None)
    if not told and earliest is not None and earliest < first:
        yield (
            f"it began on {_day(earliest)}, before a build was frozen on {_day(first)}, "
            "and the device told no firmwareVersion in it"
        )


def versions_told(result: CaseResult) -> list[str]:
    """Each firmwareVersion the device told in BootNotifications of a case; after an update was asked for they are of another build."""
    found: dict[str, None] = {}
    for entry in result.entries:
        if entry.direction == "sent" and entry.action in _UPDATES:
            break
        if entry.direction == "received" and entry.action == "BootNotification" and isinstance(entry.payload, dict):
            station = entry.payload.get("chargingStation")
            version = (station if isinstance(station, dict) else entry.payload).get("firmwareVersion")
            if isinstance(version, str):
                found[version.strip()] = None
    return list(found)


def _build(look: Look) -> str:
    return f"{look.file} {look.version} (SHA-256 {look.sha256[:12]}...)"


def _day(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")


_SHOWN: Final = 3


def _named(cases: list[str]) -> str:
    more = f" and {len(cases) - _SHOWN} more" if len(cases) > _SHOWN else ""
    return ", ".join(sorted(cases)[:_SHOWN]) + more


def _cases(cases: list[str]) -> str:
    return f"{_named(cases)} {'was' if len(cases) == 1 else 'were'}"
