"""What stations state of transactions (functional blocks E and J)."""

from typing import Any
from unittest.mock import ANY

import httpx

from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V16, Stated

_AT = "2026-01-02T03:04:05Z"
_LATER = "2026-01-02T04:04:05Z"
_METER = [{"timestamp": _AT, "sampledValue": [{"value": "1234", "context": "Sample.Clock", "unit": "Wh"}]}]
_METER_2 = [{"timestamp": _AT, "sampledValue": [{"value": 1234, "context": "Sample.Clock"}]}]
_SHOWN = [{"timestamp": _AT, "sampledValue": [{"value": 1234, "context": "Sample.Clock", "unit": "Wh"}]}]
_STARTED: dict[str, Any] = {
    "eventType": "Started",
    "timestamp": _AT,
    "triggerReason": "CablePluggedIn",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "TX-1"},
    "evse": {"id": 1, "connectorId": 1},
}
_ENDED = {
    "eventType": "Ended",
    "timestamp": _LATER,
    "triggerReason": "EVDeparted",
    "seqNo": 2,
    "transactionInfo": {"transactionId": "TX-1", "stoppedReason": "EVDisconnected"},
}


async def _card(api: httpx.AsyncClient, _station: str, _line: RawStation) -> None:
    answer = await api.put("/tokens/STATEDCARD", json={"status": "Accepted", "maxTransactions": None})
    assert answer.status_code == 200, answer.text


async def _begun(_api: httpx.AsyncClient, _station: str, line: RawStation) -> None:
    assert await line.ask("TransactionEvent", _STARTED) == {}


STATED = (
    Stated(
        version=V16,
        action="StartTransaction",
        payload={"connectorId": 1, "idTag": "STATEDCARD", "meterStart": 100, "timestamp": _AT},
        answer={"idTagInfo": {"status": "Accepted"}, "transactionId": ANY},
        read="/transactions?station={station}",
        shows={
            "items": [
                {
                    "isOpen": True,
                    "evse": {"id": 1},
                    "idToken": {"idToken": "STATEDCARD"},
                    "startedAt": _AT,
                    "meterStart": 100,
                }
            ]
        },
        prepare=_card,
    ),
    Stated(
        version=V16,
        action="StopTransaction",
        payload={"transactionId": 2000000001, "meterStop": 400, "timestamp": _LATER, "reason": "EVDisconnected"},
        answer={},
        read="/stations/{station}/transactions/2000000001",
        shows={"isOpen": False, "endedAt": _LATER, "meterStop": 400, "stoppedReason": "EVDisconnected"},
    ),
    Stated(
        version=V16,
        action="MeterValues",
        payload={"connectorId": 1, "meterValue": _METER},
        answer={},
        read="/stations/{station}/meter-values",
        shows=_SHOWN,
    ),
    *(
        case
        for version in V2
        for case in (
            Stated(
                version=version,
                action="TransactionEvent",
                payload=_STARTED,
                answer={},
                read="/stations/{station}/transactions/TX-1",
                shows={"isOpen": True, "startedAt": _AT, "evse": {"id": 1, "connectorId": 1}, "missingSeqNos": []},
            ),
            Stated(
                version=version,
                action="TransactionEvent",
                payload=_ENDED,
                answer={},
                read="/stations/{station}/transactions/TX-1",
                shows={
                    "isOpen": False,
                    "endedAt": _LATER,
                    "stoppedReason": "EVDisconnected",
                    "eventCount": 2,
                    "missingSeqNos": [1],
                },
                prepare=_begun,
                name="ended",
            ),
            Stated(
                version=version,
                action="MeterValues",
                payload={"evseId": 1, "meterValue": _METER_2},
                answer={},
                read="/stations/{station}/meter-values",
                shows=_SHOWN,
            ),
        )
    ),
)
