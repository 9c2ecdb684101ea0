"""What stations ask about certificates."""

from typing import Any

from tests.support.certificates import csr
from tests.support.given.certificates import answered, wrapped
from tests.support.spoken import ACCEPTED, V2, V16, V21, Stated

_CSR = csr()
_REQUESTS = "/stations/{station}/certificate-requests"
_LOGGED = "/messages?station={station}&direction=in&action="
_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0A", "issuerKeyHash": "0B", "serialNumber": "1F"}
_EV = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJgC"}
_OCSP = {"ocspRequestData": _HASH | {"responderURL": "http://ocsp.example"}}
_FAILED: dict[str, Any] = {"status": "Failed"}


def _waits(use: str | None, **more: Any) -> dict[str, Any]:
    request = {"state": "waiting", "csr": _CSR, "subject": "CN=SN-1,O=Volta", "certificateType": use}
    return {"items": [request | more]}


def _logged(action: str) -> dict[str, Any]:
    return {"read": _LOGGED + action, "shows": {"items": [{"action": action}]}}


def _said(payload: Any) -> Any:
    return {"status": "Accepted", "data": answered(payload)["data"].replace(" ", "")}


STATED = (
    Stated(
        version=V16,
        action="SignCertificate",
        payload={"csr": _CSR},
        answer=ACCEPTED,
        read=_REQUESTS,
        shows=_waits("ChargingStationCertificate"),
    ),
    Stated(
        version=V16,
        action="DataTransfer",
        payload=wrapped("SignCertificate", {"csr": _CSR}),
        answer=_said({"status": "Accepted"}),
        read=_REQUESTS,
        shows=_waits("V2GCertificate"),
        name="SignCertificate",
    ),
    Stated(
        version=V16,
        action="DataTransfer",
        payload=wrapped("Get15118EVCertificate", _EV),
        answer=_said({"status": "Failed", "exiResponse": ""}),
        name="Get15118EVCertificate",
        **_logged("DataTransfer"),
    ),
    Stated(
        version=V16,
        action="DataTransfer",
        payload=wrapped("GetCertificateStatus", _OCSP),
        answer=_said({"status": "Failed"}),
        name="GetCertificateStatus",
        **_logged("DataTransfer"),
    ),
    *(
        Stated(
            version=version,
            action="SignCertificate",
            payload={"csr": _CSR, "certificateType": "V2GCertificate"} | more,
            answer=ACCEPTED,
            read=_REQUESTS,
            shows=_waits("V2GCertificate", **more),
        )
        for version, more in zip(V2, ({}, {"requestId": 7, "hashRootCertificate": _HASH}), strict=True)
    ),
    *(
        Stated(
            version=version,
            action="Get15118EVCertificate",
            payload=_EV,
            answer={"status": "Failed", "exiResponse": ""},
            **_logged("Get15118EVCertificate"),
        )
        for version in V2
    ),
    *(
        Stated(
            version=version,
            action="GetCertificateStatus",
            payload=_OCSP,
            answer=_FAILED,
            **_logged("GetCertificateStatus"),
        )
        for version in V2
    ),
    Stated(
        version=V21,
        action="GetCertificateChainStatus",
        payload={
            "certificateStatusRequests": [
                {"certificateHashData": _HASH, "source": "OCSP", "urls": ["http://ocsp.example"]}
            ]
        },
        answer={"certificateStatus": [{"certificateHashData": _HASH, "source": "OCSP", "status": "Failed"}]},
        **_logged("GetCertificateChainStatus"),
    ),
)
