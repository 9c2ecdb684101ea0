"""What stations state in functional block C."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from pilotwire.ocpp.version import OcppVersion
from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V16, Stated

_GROUP = {"idToken": "G-1", "type": "Central"}
_RECORDS: Mapping[str, Mapping[str, Any]] = {
    "Accepted": {"groupIdToken": _GROUP, "chargingPriority": 3},
    "Blocked": {"status": "Blocked"},
    "Expired": {"cacheExpiryDateTime": "2020-01-01T00:00:00Z"},
    "NotAtThisTime": {"validFrom": "2999-01-01T00:00:00Z"},
    "NotAtThisLocation": {"stations": ["ELSEWHERE-*"]},
}
_IN_16 = {"NotAtThisTime": "Invalid", "NotAtThisLocation": "Invalid", "Unknown": "Invalid"}


def _value(status: str) -> str:
    return f"C1-{status}"[:20]


async def _on_record(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    for status, record in _RECORDS.items():
        put = await api.put(f"/tokens/{_value(status)}", params={"type": "ISO14443"}, json=record)
        assert put.is_success, put.text


def _case(version: OcppVersion, status: str) -> Stated:
    """A token of which this is to be said."""
    value = _value(status)
    token: Any = {"idToken": value, "type": "ISO14443"}
    told: Any = {"status": status}
    if status == "Accepted":
        told |= {"groupIdToken": _GROUP, "chargingPriority": 3}
    payload, answer = {"idToken": token}, {"idTokenInfo": told}
    if version is V16:
        told = {"status": _IN_16.get(status, status)} | ({"parentIdTag": "G-1"} if status == "Accepted" else {})
        payload, answer = {"idTag": value}, {"idTagInfo": told}
    return Stated(
        version=version,
        action="Authorize",
        name=status,
        payload=payload,
        answer=answer,
        read="/stations/{station}/authorizations",
        shows={"items": [{"idToken": {"idToken": value}, "status": status, "certificateStatus": None}]},
        prepare=_on_record,
    )


_HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab" * 32,
    "issuerKeyHash": "cd" * 32,
    "serialNumber": "1",
    "responderURL": "http://127.0.0.1:9/",
}

STATED = (
    *(_case(version, status) for version in (V16, *V2) for status in (*_RECORDS, "Unknown")),
    *(
        Stated(
            version=version,
            action="Authorize",
            name="by a contract nobody can verify",
            payload={
                "idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"},
                "iso15118CertificateHashData": [_HASHES],
            },
            answer={"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"},
            read="/stations/{station}/authorizations",
            shows={"items": [{"status": "Invalid", "certificateStatus": "CertChainError"}]},
        )
        for version in V2
    ),
    Stated(
        version=V16,
        action="DataTransfer",
        name="Authorize by a contract nobody can verify",
        payload={
            "vendorId": "org.openchargealliance.iso15118pnc",
            "messageId": "Authorize",
            "data": json.dumps({"idToken": {"idToken": "DE8ACC12E46L89"}, "iso15118CertificateHashData": [_HASHES]}),
        },
        answer={
            "status": "Accepted",
            "data": '{"idTokenInfo":{"status":"Invalid"},"certificateStatus":"CertChainError"}',
        },
        read="/stations/{station}/authorizations",
        shows={
            "items": [
                {
                    "idToken": {"idToken": "DE8ACC12E46L89", "type": "eMAID"},
                    "status": "Invalid",
                    "certificateStatus": "CertChainError",
                }
            ]
        },
    ),
)
