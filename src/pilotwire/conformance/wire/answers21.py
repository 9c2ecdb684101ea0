"""The tester's usual answers in OCPP 2.1: those of 2.0.1, and those to the messages 2.1 adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pilotwire.conformance.values import Known
from pilotwire.conformance.wire import answers
from pilotwire.conformance.wire.answers import Answer, fixed


def _chain_status(payload: Any, known: Known) -> Mapping[str, Any]:
    """No certificate is revoked; the answer is good for a day."""
    until = (known.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = payload.get("certificateStatusRequests", [])
    return {
        "certificateStatus": [
            {
                "certificateHashData": one["certificateHashData"],
                "source": one["source"],
                "status": "Good",
                "nextUpdate": until,
            }
            for one in asked
        ]
    }


def _cleared(payload: Any, _: Known) -> Mapping[str, Any]:
    ids = payload.get("tariffIds") or [None]
    return {
        "clearTariffsResult": [{"status": "NoTariff"} | ({"tariffId": one} if one is not None else {}) for one in ids]
    }


_ACCEPTED: Final = fixed({"status": "Accepted"})

CSMS: Final[Mapping[str, Answer]] = {
    **answers.CSMS,
    "GetCertificateChainStatus": _chain_status,
    "OpenPeriodicEventStream": _ACCEPTED,
    "PullDynamicScheduleUpdate": fixed({"status": "Rejected"}),
    "VatNumberValidation": lambda payload, _: {"vatNumber": payload.get("vatNumber", ""), "status": "Accepted"},
}
"""What the tester answers as a CSMS."""

STATION: Final[Mapping[str, Answer]] = {
    **answers.STATION,
    "AdjustPeriodicEventStream": _ACCEPTED,
    "AFRRSignal": _ACCEPTED,
    "ChangeTransactionTariff": _ACCEPTED,
    "ClearDERControl": fixed({"status": "NotFound"}),
    "ClearTariffs": _cleared,
    "GetDERControl": fixed({"status": "NotFound"}),
    "GetTariffs": fixed({"status": "NoTariff"}),
    "NotifyAllowedEnergyTransfer": _ACCEPTED,
    "RequestBatterySwap": _ACCEPTED,
    "SetDERControl": _ACCEPTED,
    "SetDefaultTariff": _ACCEPTED,
    "UpdateDynamicSchedule": _ACCEPTED,
    "UsePriorityCharging": _ACCEPTED,
}
"""What the tester answers as a station."""
