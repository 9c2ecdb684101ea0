"""Commands about certificates."""

import json
from typing import Any

from tests.support.certificates import chain
from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, V21, V201, Given

_COMMANDS = "/stations/{station}/commands"
_PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
_HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0A", "issuerKeyHash": "0B", "serialNumber": "1F"}
_CHILD = _HASH | {"serialNumber": "20"}
_INSTALL, _DELETE = f"{_COMMANDS}/install-certificate", f"{_COMMANDS}/delete-certificate"
_GET, _SIGNED = f"{_COMMANDS}/get-installed-certificate-ids", f"{_COMMANDS}/certificate-signed"
_V2G = {"certificateType": "V2GRootCertificate", "certificate": _PEM}


def wrapped(message_id: str, payload: Any) -> dict[str, Any]:
    """A Plug & Charge message of 1.6."""
    data = json.dumps(payload, separators=(",", ":"))
    return {"vendorId": "org.openchargealliance.iso15118pnc", "messageId": message_id, "data": data}


def answered(payload: Any) -> dict[str, Any]:
    """The answer to one."""
    return {"status": "Accepted", "data": json.dumps(payload)}


def _told(kind: str) -> dict[str, Any]:
    chains = [{"certificateType": kind, "certificateHashData": _HASH, "childCertificateHashData": [_CHILD]}]
    return {"status": "Accepted", "certificateHashDataChain": chains}


def _shown(kind: str, *children: Any) -> dict[str, Any]:
    one = {"certificateType": kind, "certificateHashData": _HASH, "childCertificateHashData": list(children)}
    return {"status": "Accepted", "certificates": [one]}


_NONE: dict[str, Any] = {"status": "NotFound"}

_OF_16 = (
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", f"{_COMMANDS}/trigger-message", {"requestedMessage": "SignV2GCertificate"}),
        call=wrapped("TriggerMessage", {}),
        answer=answered(ACCEPTED),
        shows=ACCEPTED,
        refusal={"status": "UnknownVendorId"},
        refused={"status": "NotImplemented"},
        name="TriggerMessage",
    ),
    Given(
        version=V16,
        action="InstallCertificate",
        request=("POST", _INSTALL, {"certificateType": "CSMSRootCertificate", "certificate": _PEM}),
        call={"certificateType": "CentralSystemRootCertificate", "certificate": _PEM},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal={"status": "Failed"},
        refused={"status": "Failed"},
    ),
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", _INSTALL, _V2G),
        call=wrapped("InstallCertificate", _V2G),
        answer=answered(ACCEPTED),
        shows=ACCEPTED,
        refusal={"status": "UnknownVendorId"},
        refused=REJECTED,
        name="InstallCertificate",
    ),
    Given(
        version=V16,
        action="DeleteCertificate",
        request=("POST", _DELETE, {"certificateHashData": _HASH}),
        call={"certificateHashData": _HASH},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=_NONE,
        refused=_NONE,
    ),
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", _DELETE, {"certificateHashData": _HASH, "plugAndCharge": True}),
        call=wrapped("DeleteCertificate", {"certificateHashData": _HASH}),
        answer=answered(ACCEPTED),
        shows=ACCEPTED,
        refusal=answered(_NONE),
        refused=_NONE,
        name="DeleteCertificate",
    ),
    Given(
        version=V16,
        action="GetInstalledCertificateIds",
        request=("POST", _GET, {"certificateType": ["ManufacturerRootCertificate"]}),
        call={"certificateType": "ManufacturerRootCertificate"},
        answer={"status": "Accepted", "certificateHashData": [_HASH]},
        shows=_shown("ManufacturerRootCertificate"),
        refusal=_NONE,
        refused=_NONE,
    ),
    Given(
        version=V16,
        action="GetInstalledCertificateIds",
        request=("POST", _GET, {}),
        before=(("GetInstalledCertificateIds", {"status": "Accepted", "certificateHashData": [_HASH]}),),
        call={"certificateType": "ManufacturerRootCertificate"},
        answer=_NONE,
        shows=_shown("CSMSRootCertificate"),
        name="all",
    ),
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", _GET, {"certificateType": ["V2GCertificateChain"]}),
        call=wrapped("GetInstalledCertificateIds", {"certificateType": ["V2GCertificateChain"]}),
        answer=answered(_told("V2GCertificateChain")),
        shows=_shown("V2GCertificateChain", _CHILD),
        refusal=answered(_NONE),
        refused=_NONE | {"certificates": []},
        name="GetInstalledCertificateIds",
    ),
    Given(
        version=V16,
        action="CertificateSigned",
        request=("POST", _SIGNED, {"certificateChain": _PEM}),
        call={"certificateChain": _PEM},
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    ),
    Given(
        version=V16,
        action="DataTransfer",
        request=("POST", _SIGNED, {"certificateChain": _PEM, "certificateType": "V2GCertificate"}),
        call=wrapped("CertificateSigned", {"certificateChain": _PEM}),
        answer=answered(ACCEPTED),
        shows=ACCEPTED,
        refusal=answered(REJECTED),
        refused=REJECTED,
        name="CertificateSigned",
    ),
)
_OF_2 = tuple(
    case
    for version in V2
    for case in (
        Given(
            version=version,
            action="InstallCertificate",
            request=("POST", _INSTALL, _V2G),
            call=_V2G,
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
        ),
        Given(
            version=version,
            action="DeleteCertificate",
            request=("POST", _DELETE, {"certificateHashData": _HASH}),
            call={"certificateHashData": _HASH},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal={"status": "Failed"},
            refused={"status": "Failed"},
        ),
        Given(
            version=version,
            action="GetInstalledCertificateIds",
            request=("POST", _GET, {}),
            call={},
            answer=_told("V2GCertificateChain"),
            shows=_shown("V2GCertificateChain", _CHILD),
            refusal=_NONE,
            refused=_NONE,
        ),
    )
)


_TYPED = {"certificateType": "V2GCertificate"}
_CHAINS = tuple(
    Given(
        version=version,
        action="CertificateSigned",
        request=("POST", _SIGNED, {"certificateChain": chain()} | more),
        call={"certificateChain": chain()} | more,
        answer=ACCEPTED,
        shows=ACCEPTED,
        refusal=REJECTED,
        refused=REJECTED,
    )
    for version, more in ((V201, _TYPED), (V21, _TYPED | {"requestId": 7}))
)

GIVEN = (*_OF_16, *_OF_2, *_CHAINS)
