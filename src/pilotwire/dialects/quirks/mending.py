"""Mending messages with the tolerances a station is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from pilotwire.dialects.quirks.places import find
from pilotwire.dialects.quirks.tolerances import TOLERANCES, Tolerance
from pilotwire.errors import ConfigError
from pilotwire.ocpp.registry import ACTIONS, decode_request, decode_response
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

MOST_MENDS: Final = 200
"""Places that are mended in one message at most: more is no departure any more."""
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Use:
    """That a tolerance was used: by which message, where, and what was wrong there."""

    tolerance: str
    action: str
    path: str
    reason: str


class Tolerances:
    """A station's tolerances as the `mend` hook of its session (`pilotwire.ocpp.payloads.Mend`).

    `used` is told of each use, once the message as a whole could be mended. Raises ConfigError for a name there is not.
    """

    def __init__(self, names: Iterable[str], now: Callable[[], datetime], used: Callable[[Use], None]) -> None:
        self._allowed = tuple(map(named, names))
        self._now = now
        self._used = used

    def __call__(self, version: OcppVersion, action: str, payload: bytes, violation: SchemaViolation) -> bytes | None:
        """The payload mended, or None if the station is not allowed what is wrong with it."""
        message = self._type(version, action, payload)
        if message is None or not self._allowed:
            return None
        content = _DECODER.decode(payload)
        uses: list[Use] = []
        while len(uses) < MOST_MENDS:
            use = self._mend(content, message, violation, action)
            if use is None:
                return None
            uses.append(use)
            mended = _ENCODER.encode(content)
            try:
                _decode(version, action, message, mended)
            except SchemaViolation as next_one:
                violation = next_one
                continue
            for each in uses:
                self._used(each)
            return mended
        return None

    def _mend(self, content: Any, message: type[Message], violation: SchemaViolation, action: str) -> Use | None:
        place = find(content, message, violation.path)
        if place is None:
            return None
        for tolerance in self._allowed:
            if violation.rule in tolerance.rules and tolerance.mend(place, violation, self._now()):
                return Use(tolerance.name, action, violation.path, violation.reason)
        return None

    def _type(self, version: OcppVersion, action: str, payload: bytes) -> type[Message] | None:
        """What a station may have said: a request of an action of stations, or the response to one of ours."""
        known = ACTIONS[version].get(action)
        if known is None:
            return None
        if known.sender == "both":  # DataTransfer: only its request names a vendor
            return known.request if b'"vendorId"' in payload else known.response
        return known.request if known.sender == "station" else known.response


def check_names(names: Iterable[str]) -> None:
    """Raise ConfigError if one of the names is of no tolerance."""
    for name in names:
        named(name)


def named(name: str) -> Tolerance:
    """The tolerance of a name. Raises ConfigError if there is none."""
    tolerance = TOLERANCES.get(name)
    if tolerance is None:
        raise ConfigError(f"There is no tolerance {name!r}.", f"There are: {', '.join(TOLERANCES)}.")
    return tolerance


def _decode(version: OcppVersion, action: str, message: type[Message], payload: bytes) -> None:
    if ACTIONS[version][action].request is message:
        decode_request(version, action, payload)
    else:
        decode_response(version, action, payload)
