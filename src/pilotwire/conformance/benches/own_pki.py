"""The certificates of our own CSMS under test: made by the bench and laid into a folder, from which bench and CSMS both read.

An authority of the bench signs for the CSMS what stations ask it for, as the certification document expects: a certificate for the
connection under the CSMS root, others under the V2G root. A pool of the bench has contracts for EVs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pilotwire.conformance.wire.authority import (
    CSMS_ROOT,
    MANUFACTURER_ROOT,
    MO_ROOT,
    STATION_ROOT,
    V2G_ROOT,
    V2G_SUB_CA_2,
    Authority,
)
from pilotwire.conformance.wire.files import FileServer
from pilotwire.conformance.wire.pki import pem_of, write_holder

_HOST = "127.0.0.1"
_CLIENTS = (STATION_ROOT, CSMS_ROOT, V2G_ROOT)
"""What certificates of stations are under."""
_FOR_STATIONS = "ChargingStationCertificate"
_EXI_HEADER = b"\x80"
"""The distinguishing bits, and no options (W3C EXI, 5)."""


@dataclass(frozen=True, slots=True)
class OwnPki:
    """The folder, and the options of `pilotwire csms` that use what is in it."""

    folder: Path
    options: tuple[str, ...]


def lay_out(folder: Path, now: datetime, partners: FileServer) -> OwnPki:
    """Make the certificates, and have `partners` sign. Raises ConfigError for a folder that cannot be written to."""
    authority = Authority(_HOST, now, str(folder))
    for name in (*_CLIENTS, V2G_SUB_CA_2, MO_ROOT, MANUFACTURER_ROOT):
        authority.root(name)
    options = ["--tls-port", "0", "--ocsp-private-addresses"]
    for number, holder in enumerate(authority.server()):
        name = f"own-server-{number}"
        write_holder(folder, name, holder)
        options += ["--tls-certificate", str(folder / f"{name}.pem"), "--tls-key", str(folder / f"{name}-key.pem")]
    clients, contracts = folder / "own-clients.pem", folder / "own-contracts.pem"
    clients.write_text(pem_of(*(authority.root(name).certificate for name in _CLIENTS)), encoding="ascii")
    contracts.write_text(authority.root(MO_ROOT).pem, encoding="ascii")
    options += ["--tls-client-ca", str(clients), "--contract-roots", str(contracts)]
    options += ["--signer-url", partners.answers(lambda question: _signed(authority, question))]
    options += ["--contracts-url", partners.answers(_contract)]
    return OwnPki(folder, tuple(options))


def answer_of_pool(exi_request: str) -> str:
    """The exiResponse that the pool of contracts gives to an exiRequest: no other request has this one."""
    return base64.b64encode(_EXI_HEADER + hashlib.sha256(exi_request.encode("ascii")).digest()).decode("ascii")


def _contract(question: bytes) -> bytes:
    """The pool's answer: JSON with `exiRequest` is answered in JSON. Raises ValueError for one that cannot be read."""
    response = answer_of_pool(str(json.loads(question).get("exiRequest", "")))
    return json.dumps({"status": "Accepted", "exiResponse": response}).encode("ascii")


def _signed(authority: Authority, question: bytes) -> bytes:
    """The chain for a request: JSON with `certificateType` and `csr`. Raises ValueError for one that cannot be read."""
    asked = json.loads(question)
    by = CSMS_ROOT if asked.get("certificateType") == _FOR_STATIONS else V2G_SUB_CA_2
    return authority.sign(str(asked.get("csr", "")), by).chain_pem.encode("ascii")
