"""What the cases of block A share: connecting in one way or another, booting then, and certificates the CSMS has signed."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b01_cold_boot import ACCEPTED, boots
from pilotwire.conformance.checks import Check, equals, one_of, satisfies
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Asks, Keeps, Offers, OnlyIf, Receives, Reconnects, Sends, State, Step, Tells
from pilotwire.conformance.values import MISSING, Kept, Known, configured, made, resolve
from pilotwire.conformance.wire.authority import CSMS_ROOT
from pilotwire.conformance.wire.calling import chain_is_strong, chain_name

Steps = tuple[Step, ...]
PASSWORDS = (1, 2)
"""Security profiles with a password."""
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
)
"""TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ..._256_GCM_SHA384, and TLS_RSA_WITH_... with the same two, as OpenSSL names them."""
TLS_ENDS = one_of("kind", "tls", "closed")
"""The connection ends in the TLS handshake, or right after it: the client of TLS 1.3 is through before its certificate is judged."""
HTTP_REFUSES = equals("kind", "http")
"""The WebSocket upgrade is answered with an HTTP status."""


def with_password(planned: int) -> int:
    """The plan's security profile, or 1 where that has no password."""
    return planned if planned in PASSWORDS else 1


def arrives(number: str, *checks: Check) -> Reconnects:
    """The station connects, and is let in."""
    return Reconnects(number=number, checks=checks)


def turned_away(number: str, *checks: Check) -> Reconnects:
    """The station tries to connect, and is not let in."""
    return Reconnects(number=number, refused=True, checks=checks)


def is_accepted(boot: str, states: str) -> Steps:
    """The station boots, is accepted and tells its connectors."""
    return (boots(boot, ACCEPTED), Tells(number=states, status="Available", every="station"))


def speaks(**how: Any) -> Offers:
    """From now on the station's TLS is so."""
    return Offers(how={"context": made("station tls", **how)})


# --- certificates of the station -----------------------------------------------------------------------------------------------------


def chain_for_request(under: str) -> Check:
    """The chain is for the request that was kept as `csr`, under this root."""

    def fits(found: Any, known: Known) -> bool:
        chain = None if found is MISSING else found
        return not known.made("chain fault", chain=chain, request=Kept("csr").of(known), under=under)

    return satisfies("certificateChain", f"is for the request, under the {under}", fits)


STRONG = satisfies(
    "certificateChain", "is PEM, with a serial number and a key long enough", lambda found, _: chain_is_strong(found)
)
OF_STATION = satisfies(
    "certificateChain",
    "has the serial number of the station as its commonName",
    lambda found, known: chain_name(found) == str(resolve(configured.serial_number, known)),
)


def brings_chain(by: str, of_kind: dict[str, Any]) -> OnlyIf:
    """Where the CSMS has nobody to sign, its operator takes the request to an authority, and sends the chain."""
    chain = made("signed", csr=Kept("csr"), by=by)
    return OnlyIf(
        condition=configured_is("has_certificates_signed", False),
        steps=(Asks(action="CertificateSigned", payload={"certificateChain": chain} | of_kind),),
    )


def has_signed(message: str, kind: str, by: str, *checks: Check, answer: str = "Accepted", **request: Any) -> Steps:
    """The operator has the station ask for a certificate; the CSMS has it signed and sends it; the station answers so.

    `kind` "": the station does not say what it is for. `by`: who signs, where an operator has to see to that.
    """
    of_kind = {"certificateType": kind} if kind else {}
    return (
        Asks(action="TriggerMessage", payload={"requestedMessage": message}),
        Receives(
            number="1",
            action="TriggerMessage",
            checks=(equals("requestedMessage", message),),
            answer={"status": "Accepted"},
        ),
        Keeps(values={"csr": made("csr", name=configured.serial_number, **request)}),
        Sends(
            number="3",
            action="SignCertificate",
            payload={"csr": Kept("csr")} | of_kind,
            checks=(equals("status", "Accepted"),),
        ),
        brings_chain(by, of_kind),
        Receives(
            number="5",
            action="CertificateSigned",
            checks=checks,
            keep={"certificate_chain": "certificateChain"},
            answer={"status": answer},
            within=configured.long_operation_timeout,
        ),
    )


def renewed_certificate() -> Steps:
    """State RenewChargingStationCertificate."""
    kind = "ChargingStationCertificate"
    checks = (chain_for_request(CSMS_ROOT), STRONG, equals("certificateType", kind))
    steps = has_signed("SignChargingStationCertificate", kind, CSMS_ROOT, *checks)
    return (State(name="RenewChargingStationCertificate", steps=steps),)
