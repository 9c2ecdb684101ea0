"""The configuration snapshot of a dossier as data: `snapshot/snapshot.json`, and what must never be in it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from pilotwire.errors import ConfigError

FOLDER: Final = "snapshot"
FILE: Final = "snapshot.json"
WITHHELD: Final = "(withheld)"
"""Stands for a password or a key."""


class Variable(msgspec.Struct, frozen=True, omit_defaults=True):
    """One configuration key of 1.6, by its name, or variable of 2.x, as `Component[instance]@evse:connector.Variable[instance]`.

    `value` is the actual one, None where the device tells none; `others` those of Target, MinSet and MaxSet. What 1.6 does not tell
    (the type) is that of the standard, "" for keys that are not in it. `mutability`: ReadOnly, ReadWrite or WriteOnly.
    """

    name: str
    value: str | None = None
    type: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    mutability: str = "ReadWrite"
    persistent: bool | None = None
    constant: bool | None = None
    monitored: bool | None = None
    others: dict[str, str] = {}


class Frame(msgspec.Struct, frozen=True):
    """A recorded frame: the run and the case (or `snapshot`) it is in, its place there, when and what it was."""

    run: str
    case: str
    index: int
    at: datetime
    what: str


class Measured(msgspec.Struct, frozen=True):
    """An interval as it was declared and as it was measured, in seconds or attempts, from these frames.

    `agrees` False: a contradiction, and `told` says it in a sentence.
    """

    about: str
    declared: str
    measured: str
    agrees: bool
    frames: tuple[Frame, ...]
    told: str


class Finding(msgspec.Struct, frozen=True):
    """What does not fit together without a frame that shows it: about what, what, and how to mend it."""

    about: str
    what: str
    mend: str


class Snapshot(msgspec.Struct):
    """What a device declares of itself at one time, what was measured, and what contradicts."""

    at: datetime
    ocpp: str
    identity: str
    vendor: str
    model: str
    serial_number: str
    firmware_version: str
    variables: list[Variable]
    measured: list[Measured] = []
    findings: list[Finding] = []
    format: int = 1

    @property
    def contradictions(self) -> int:
        """How many things do not fit together."""
        return len(self.findings) + sum(not one.agrees for one in self.measured)


def read_snapshot(place: Path) -> Snapshot:
    """The snapshot in a file, a folder `snapshot` or a dossier. Raises ConfigError if there is none."""
    tried = (place, place / FILE, place / FOLDER / FILE)
    found = next((one for one in tried if one.is_file()), None)
    if found is None:
        raise ConfigError(f"There is no snapshot in {place}.", "Take one: pilotwire certify snapshot DOSSIER.")
    try:
        snapshot = msgspec.json.decode(found.read_bytes(), type=Snapshot)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            f"{found} is not a snapshot: {error}.", "Take it again: pilotwire certify snapshot."
        ) from None
    if snapshot.format != 1:
        raise ConfigError(
            f"{found} is of a later format ({snapshot.format}).", "Read it with the Pilotwire that took it."
        )
    return snapshot


def encoded(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON text."""
    return msgspec.json.format(msgspec.json.encode(snapshot), indent=1) + b"\n"


def told_otherwise(dossier: Path, version: str) -> str:
    """How the snapshot of a dossier is of another firmwareVersion than this; "" if it is not, does not say, or is not there."""
    if not (dossier / FOLDER / FILE).is_file():
        return ""
    told = read_snapshot(dossier).firmware_version
    return f"the snapshot is of firmwareVersion {told}, not {version}" if told not in ("", version) else ""


# --- passwords and keys ------------------------------------------------------------------------------------------------------------

_SECRET: Final = re.compile(
    r"pass(word|wd|phrase|code)|secret|credential|private_?-?key|api_?-?key|(?<!public)(?<!public_)key\b|(^|[^a-z])(psk|pin)\b",
    re.IGNORECASE,
)
"""Names of variables that hold a password or a key: BasicAuthPassword, AuthorizationKey, VpnKey, ApnPassword ..."""
_IN_URL: Final = re.compile(r"(?<=://)[^/@\s]+@")
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds a password or a key."""
    return _SECRET.search(name) is not None


def without_secrets(name: str, value: Any, known: tuple[str, ...]) -> str:
    """The value as it may be kept: without what the name says is secret, what is one of the `known` passwords, keys, users in URLs."""
    text = str(value)
    if text and (is_secret(name) or any(one and one in text for one in known)):
        return WITHHELD
    return _IN_URL.sub(f"{WITHHELD}@", _PEM.sub(WITHHELD, text))
