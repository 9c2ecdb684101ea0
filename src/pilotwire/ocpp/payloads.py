"""Payloads that broke their schema: repaired where a tolerance is declared, else told as a breach and an RPC error code."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Raw

from pilotwire.errors import MisuseError
from pilotwire.ocpp.events import EVIDENCE, Breach, Severity
from pilotwire.ocpp.frame import section
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, rpc_code

Mend = Callable[[OcppVersion, str, bytes, SchemaViolation], bytes | None]
"""Repairs the payload of an action that broke its schema, or gives None. For an action both sides may call, it sees both shapes."""
Decode = Callable[[OcppVersion, str, bytes], Message]

_RAW = msgspec.json.Decoder(Raw)


class Payloads:
    """What to do about payloads that could not be decoded, in one version, with or without a `mend` hook."""

    def __init__(self, version: OcppVersion, mend: Mend | None) -> None:
        self._version = version
        self._mend = mend

    def repair(self, decode: Decode, action: str, payload: bytes, error: Exception) -> Message | None:
        """The message as the `mend` hook repairs it; None if it cannot. A hook that fails repairs nothing."""
        if self._mend is None or not isinstance(error, SchemaViolation):
            return None
        try:
            mended = self._mend(self._version, action, payload, error)
            return None if mended is None else decode(self._version, action, mended)
        except Exception:
            return None

    def code_of(self, error: Exception) -> tuple[str, str]:
        """RPC error code and description for a payload that failed to decode."""
        if isinstance(error, SchemaViolation):
            return rpc_code(error, self._version), error.description()
        return "InternalError", f"the payload could not be processed: {type(error).__name__}"

    def breach(self, error: Exception, message_id: str, action: str, data: bytes, severity: Severity) -> Breach:
        """The breach a failed decode is."""
        evidence = data[:EVIDENCE]
        if isinstance(error, SchemaViolation):
            return Breach(f"schema:{error.rule}", severity, error.reason, error.path, message_id, action, evidence)
        what = f"the payload could not be processed: {type(error).__name__}: {error}"
        return Breach(section(self._version, "4.1.2"), severity, what, "", message_id, action, evidence)


def some(payload: bytes) -> bytes:
    """A null payload means an empty object (J16:4.2.1, J2:4.1.5)."""
    return b"{}" if payload == b"null" else payload


def json_object(payload: bytes) -> bytes:
    """The JSON of an object we are asked to send, without space around it; raises MisuseError if it is none."""
    try:
        payload.decode()
        found = bytes(_RAW.decode(payload))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MisuseError(f"the payload is not JSON: {error}") from error
    if found[:1] != b"{":
        raise MisuseError("the payload is not a JSON object")
    return found
