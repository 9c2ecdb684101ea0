"""What a platform demands and an examination cannot judge from where it looks: told in the report, so that silence is no praise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from pilotwire.doctor.findings import Skipped
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile


class SeenFrom(StrEnum):
    """Where an examination looks from; the value is how a report says it."""

    STATION = "station's place"
    BACKEND = "backend's place"
    CAPTURE = "capture"
    LOG = "log"


_LISTEN: Final = "let the station come to `pilotwire doctor listen` with this profile"
_CALL: Final = "run `pilotwire doctor URL` with this profile, from where the station is"
_OWN: Final = f"Here the doctor takes the station's place, and what the station itself does is not seen: {_LISTEN}."
_SET: Final = f"How often a station pings is set in the station, and here the doctor takes its place: {_LISTEN}."
_NO_CHARGING: Final = (
    f"The doctor charges nothing, so that there are no meter values: {_LISTEN}, or read a log of a transaction."
)
_WAY: Final = f"It is about the way to the backend: {_CALL}."
_KEY: Final = "Where a key lies does not show in a handshake: run `pilotwire doctor URL` with --certificate and --key."
_NO_TLS: Final = f"A record is not held against a platform's demands of TLS: {_LISTEN}."
_SILENCE: Final = f"A record is not held against it: {_LISTEN}."
_NO_CERTIFICATE: Final = f"A log holds no certificates: {_LISTEN}, or read a capture."
_UNASKED: Final = "The station was asked nothing: listen without --no-ask."
_METER: Final = ("measurands", "energy_unit", "integers", "most_interval")

_OF_RECORDS: Final[Mapping[str, str]] = {
    **{f"tls.{name}": _NO_TLS for name in ("versions", "suites", "client_certificate")},
    "certificates.secure_element": _KEY,
    "network.ports": _WAY,
    "network.most_ping_interval": _SILENCE,
    "network.idle_lasts": f"{_WAY[:-1]}, and with --idle.",
    "network.address": _WAY,
}
_UNJUDGED: Final[Mapping[SeenFrom, Mapping[str, str]]] = {
    SeenFrom.STATION: {
        "tls.sni": _OWN,
        **{f"protocol.meter.{name}": _NO_CHARGING for name in _METER},
        "protocol.stack_levels": _OWN,
        "protocol.actions": _OWN,
        "network.most_ping_interval": _SET,
    },
    SeenFrom.BACKEND: {
        "certificates.secure_element": _KEY,
        "network.ports": _WAY,
        "network.idle_lasts": f"{_WAY[:-1]}, and with --idle.",
        "network.address": _WAY,
    },
    SeenFrom.CAPTURE: _OF_RECORDS,
    SeenFrom.LOG: {
        "tls.sni": _NO_TLS,
        **{f"certificates.{name}": _NO_CERTIFICATE for name in ("authorities", "subject", "keys", "most_days")},
        **_OF_RECORDS,
    },
}
"""Why a demand is not judged, by the place and by its name in a profile."""
_WHERE_NOTHING_IS_ASKED: Final = ("protocol.stack_levels", "protocol.actions", "network.most_ping_interval")


def not_judged(
    profile: PlatformProfile, where: SeenFrom, *, patience: float = 0.0, asks: bool = True
) -> Iterator[Skipped]:
    """The demands of a profile that are not judged from there.

    `patience`: seconds that an idle line is watched, from the station's place; `asks`: the station is asked, from the backend's.
    """
    if profile is NOTHING_MORE:
        return
    unjudged = dict(_UNJUDGED[where]) | ({} if asks else dict.fromkeys(_WHERE_NOTHING_IS_ASKED, _UNASKED))
    for name, why in unjudged.items():
        if _is_said(profile, name):
            yield Skipped(_question(profile, name), why)
    lasts = profile.network.idle_lasts
    if where is SeenFrom.STATION and patience < lasts:
        why = f"An idle line has to be watched for as long, and was for {patience:g} s at most: say --idle {lasts}."
        yield Skipped(_question(profile, "network.idle_lasts"), why)


def _is_said(profile: PlatformProfile, name: str) -> bool:
    """Whether the profile asks for it; a name in the handshake (`tls.sni`) is asked for unless the profile says it is not."""
    return bool(_value(profile, name)) if name == "tls.sni" else _value(profile, name) != _value(NOTHING_MORE, name)


def _value(profile: PlatformProfile, name: str) -> Any:
    found: Any = profile
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _question(profile: PlatformProfile, name: str) -> str:
    value = _value(profile, name)
    said = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"Is the demand {name}: {said.lower() if isinstance(value, bool) else said} met?"
