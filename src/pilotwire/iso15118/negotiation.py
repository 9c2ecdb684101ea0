"""SupportedAppProtocol: the vehicle names what it speaks, the station takes the best it speaks too (ISO 15118-2, 8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilotwire.iso15118 import sap
from pilotwire.iso15118.charging import Speaks

VERSIONS: Final[dict[Speaks, tuple[int, int]]] = {
    Speaks.DIN: (2, 0),
    Speaks.ISO2: (2, 0),
    Speaks.ISO20_AC: (1, 0),
    Speaks.ISO20_DC: (1, 0),
}
"""The versions of the protocols: major and minor."""
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """The station's answer. `speaks` None: there is nothing common, and the connection ends after it."""

    response: sap.supportedAppProtocolRes
    speaks: Speaks | None


def offer(speaks: Sequence[Speaks]) -> sap.supportedAppProtocolReq:
    """A vehicle's request: its protocols, the most wanted first."""
    return sap.supportedAppProtocolReq(
        app_protocol=[
            sap.AppProtocol(
                protocol_namespace=one.value,
                version_number_major=VERSIONS[one][0],
                version_number_minor=VERSIONS[one][1],
                schema_id=number,
                priority=number,
            )
            for number, one in enumerate(speaks[:_MOST], 1)
        ]
    )


def choose(request: sap.supportedAppProtocolReq, speaks: Sequence[Speaks]) -> Choice:
    """The vehicle's most wanted protocol that the station speaks in its major version; another minor version is told so."""
    for one in sorted(request.app_protocol, key=lambda entry: entry.priority):
        known = next((each for each in speaks if each.value == one.protocol_namespace), None)
        if known is None or VERSIONS[known][0] != one.version_number_major:
            continue
        same = VERSIONS[known][1] == one.version_number_minor
        code: sap.ResponseCode = "OK_SuccessfulNegotiation" if same else "OK_SuccessfulNegotiationWithMinorDeviation"
        return Choice(sap.supportedAppProtocolRes(response_code=code, schema_id=one.schema_id), known)
    return Choice(sap.supportedAppProtocolRes(response_code="Failed_NoNegotiation"), None)


def offered(request: sap.supportedAppProtocolReq) -> tuple[str, ...]:
    """What a vehicle speaks, as `<namespace>,<major>,<minor>`, the most wanted first (2.1: ProtocolSupportedByEV)."""
    return tuple(
        f"{one.protocol_namespace},{one.version_number_major},{one.version_number_minor}"
        for one in sorted(request.app_protocol, key=lambda entry: entry.priority)
    )


def agreed(response: sap.supportedAppProtocolRes, speaks: Sequence[Speaks]) -> Speaks | None:
    """What the station took of the vehicle's `offer`; None: nothing, or something that was not offered."""
    if not response.response_code.startswith("OK") or response.schema_id is None:
        return None
    return speaks[response.schema_id - 1] if 1 <= response.schema_id <= len(speaks) else None
