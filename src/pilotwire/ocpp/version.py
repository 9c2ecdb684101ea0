"""The protocol versions and their names at the WebSocket handshake (J16:3.1.2, J2:3.1.2)."""

from __future__ import annotations

from enum import StrEnum


class OcppVersion(StrEnum):
    """A version of OCPP that Pilotwire speaks as JSON; the value is how people write it."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"

    @property
    def subprotocol(self) -> str:
        """The name offered and chosen in `Sec-WebSocket-Protocol`, for example `ocpp2.0.1`."""
        return f"ocpp{self.value}"

    @classmethod
    def from_subprotocol(cls, subprotocol: str) -> OcppVersion | None:
        """The version a subprotocol name stands for, or None if it is not one of ours."""
        return _BY_SUBPROTOCOL.get(subprotocol)


_BY_SUBPROTOCOL = {version.subprotocol: version for version in OcppVersion}
