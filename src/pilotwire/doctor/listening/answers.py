"""What the doctor answers as a backend: it takes every station and every token, and promises nothing it cannot keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from pilotwire.conformance.wire.counterpart import Reply
from pilotwire.ocpp.registry import decode_response
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

HEARTBEAT: Final = 60
"""Seconds between heartbeats."""
_Answer = Callable[[Any, datetime], Mapping[str, Any]]
_transactions = count(1)


def _written(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _fixed(**payload: Any) -> _Answer:
    return lambda _, __: payload


def _boot(_: Any, now: datetime) -> Mapping[str, Any]:
    return {"currentTime": _written(now), "interval": HEARTBEAT, "status": "Accepted"}


def _transaction_event(payload: Any, _: datetime) -> Mapping[str, Any]:
    return {"idTokenInfo": {"status": "Accepted"}} if isinstance(payload, dict) and payload.get("idToken") else {}


_EVERY: Final[Mapping[str, _Answer]] = {
    "BootNotification": _boot,
    "Heartbeat": lambda _, now: {"currentTime": _written(now)},
    "DataTransfer": _fixed(status="UnknownVendorId"),
    "SignCertificate": _fixed(status="Rejected"),
}
_OLD: Final[Mapping[str, _Answer]] = {
    "Authorize": lambda _, __: {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": lambda _, __: {"transactionId": next(_transactions), "idTagInfo": {"status": "Accepted"}},
}
_NEW: Final[Mapping[str, _Answer]] = {
    "Authorize": _fixed(idTokenInfo={"status": "Accepted"}),
    "Get15118EVCertificate": _fixed(status="Failed", exiResponse=""),
    "GetCertificateStatus": _fixed(status="Failed"),
    "NotifyEVChargingNeeds": _fixed(status="Rejected"),
    "NotifyEVChargingSchedule": _fixed(status="Accepted"),
    "PullDynamicScheduleUpdate": _fixed(status="Rejected"),
    "TransactionEvent": _transaction_event,
}


def answer(version: OcppVersion, action: str, payload: Any, now: datetime) -> Reply:
    """The answer to a request; NotSupported for one that an empty answer does not fit."""
    known = {**(_OLD if version is OcppVersion.V16 else _NEW), **_EVERY}
    if action in known:
        return Reply(known[action](payload, now))
    try:
        decode_response(version, action, b"{}")
    except SchemaViolation:
        return Reply(error="NotSupported")
    return Reply({})
