"""M01, M02, M06: the CSMS gets contract certificates for EVs, and OCSP responses about a station's V2G chain."""

from __future__ import annotations

import base64
from typing import Any

from pilotwire.conformance.checks import equals, satisfies
from pilotwire.conformance.language import Case, Keeps, Sends
from pilotwire.conformance.values import Computed, Kept, Known, configured, made

CHAIN = Kept("chain")
_DISTINGUISHING_BITS = 0b10


def _is_exi(found: Any, known: Known) -> bool:
    """Base64, and the first bits those of an EXI header (W3C EXI, 5.1); the very response, if it is known which is right."""
    try:
        raw = base64.b64decode(found, validate=True)
    except (ValueError, TypeError):
        return False
    is_exi = raw.startswith(b"$EXI") or (bool(raw) and raw[0] >> 6 == _DISTINGUISHING_BITS)
    return is_exi and known.setting("expected_exi_response") in ("", found)


def asks(action: str) -> Sends:
    """An EV asks for a contract certificate by ISO 15118-2, and the station passes that on."""
    return Sends(
        number="1",
        action="Get15118EVCertificate",
        payload={
            "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
            "action": action,
            "exiRequest": configured.exi_request,
        },
        checks=(
            equals("status", "Accepted"),
            satisfies("exiResponse", "is EXI in Base64, and the answer to this request", _is_exi),
        ),
    )


def _link(number: int) -> Computed:
    """The hashes of one sub-CA of the chain: 0 has signed the station's certificate."""
    return Computed(f"the hashes of sub-CA {number + 1}", lambda known: CHAIN.of(known)["hashes"][number])


def looks_up(number: int) -> Sends:
    """The station asks for the status of a sub-CA of its chain."""

    def is_good(found: Any, known: Known) -> bool:
        wanted = str(_link(number).of(known)["serialNumber"]).lower().lstrip("0")
        return bool(known.made("ocsp response", text=found) == {"serialNumber": wanted, "status": "GOOD"})

    return Sends(
        number="1",
        action="GetCertificateStatus",
        payload={"ocspRequestData": _link(number)},
        checks=(
            equals("status", "Accepted"),
            satisfies("ocspResult", "is an OCSP response in Base64 that calls this certificate good", is_good),
        ),
    )


TC_M_24_CSMS = Case(
    id="TC_M_24_CSMS",
    title="The status of a station's V2G chain",
    purpose="The CSMS asks the OCSP responder about each sub-CA of the chain, and passes its response on.",
    requirements=("M06.FR.01", "M06.FR.02", "M06.FR.03", "M06.FR.08", "M06.FR.09"),
    before=(Keeps(values={"chain": made("station chain to look up", name=configured.secc_id)}),),
    main=(looks_up(0), looks_up(1)),
    remark="The chain is one the tester has made, and so is the responder that its certificates name.",
)
TC_M_26_CSMS = Case(
    id="TC_M_26_CSMS",
    title="A contract certificate is installed",
    purpose="The CSMS gets a contract certificate for an EV that has none.",
    requirements=("M01.FR.01",),
    main=(asks("Install"),),
)
TC_M_28_CSMS = Case(
    id="TC_M_28_CSMS",
    title="A contract certificate is updated",
    purpose="The CSMS gets a new contract certificate for an EV.",
    requirements=("M02.FR.01",),
    main=(asks("Update"),),
    remark="The document names a CertificateInstallationRes; an update is answered with a CertificateUpdateRes.",
)
