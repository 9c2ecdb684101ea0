"""Cases of our own for A00, A02 and A03: passwords over TLS, suites without encryption, and requests for certificates that are none."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.a_security.a00_connecting import MODERN, OTHER_NAME
from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    HTTP_REFUSES,
    TLS_ENDS,
    arrives,
    is_accepted,
    speaks,
    turned_away,
)
from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Case, Keeps, Offers, Receives, Sends, Step
from pilotwire.conformance.values import Kept, configured, made

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_NO_ENCRYPTION = "ECDHE-ECDSA-NULL-SHA:ECDHE-RSA-NULL-SHA:@SECLEVEL=0"

PW_A_01_CSMS = Case(
    id="PW_A_01_CSMS",
    title="Identity and password over TLS",
    purpose="At security profile 2 the CSMS lets a station in by its own identity and password only.",
    requirements=("A00.FR.324",),
    needs=(feature("Core"),),
    settings={"security_profile": 2},
    main=(
        Offers(how={"username": OTHER_NAME}),
        turned_away("1", HTTP_REFUSES.of("A00.FR.324")),
        Offers(how={"username": configured.identity, "password": made("password")}),
        turned_away("3", HTTP_REFUSES.of("A00.FR.324")),
        Offers(how={"password": configured.password}),
        arrives("5", MODERN),
        *is_accepted("7", "9"),
    ),
    follows=_PART_2,
    ours=True,
)


def _without_encryption(case: str, security_profile: int, requirement: str) -> Case:
    return Case(
        id=case,
        title=f"Cipher suites without encryption, security profile {security_profile}",
        purpose="The CSMS ends the handshake with a station that has cipher suites without encryption only.",
        requirements=(requirement,),
        needs=(feature("Core"),),
        settings={"security_profile": security_profile},
        main=(
            speaks(ciphers=_NO_ENCRYPTION, newest="1.2"),
            turned_away("1", TLS_ENDS.of(requirement)),
            speaks(),
            arrives("3", MODERN),
        ),
        follows=_PART_2,
        ours=True,
    )


PW_A_02_CSMS = _without_encryption("PW_A_02_CSMS", 2, "A00.FR.322")
PW_A_03_CSMS = _without_encryption("PW_A_03_CSMS", 3, "A00.FR.425")

_NONE = "-----BEGIN CERTIFICATE REQUEST-----\nbm8gcmVxdWVzdA==\n-----END CERTIFICATE REQUEST-----\n"

PW_A_04_CSMS = Case(
    id="PW_A_04_CSMS",
    title="A station asks for a certificate by itself",
    purpose="The CSMS rejects what is no request for a certificate, and takes one that nobody triggered.",
    requirements=("A02.FR.12", "A03.FR.11", "A03.FR.12"),
    needs=(feature("Advanced Security"),),
    settings={"security_profile": 3},
    main=(
        Sends(
            number="1",
            action="SignCertificate",
            payload={"csr": _NONE, "certificateType": "ChargingStationCertificate"},
            checks=(equals("status", "Rejected").of("A02.FR.12"),),
        ),
        Keeps(values={"csr": made("csr", name=configured.serial_number)}),
        Sends(
            number="3",
            action="SignCertificate",
            payload={"csr": Kept("csr"), "certificateType": "ChargingStationCertificate"},
            checks=(equals("status", "Accepted").of("A03.FR.11"),),
        ),
        Receives(
            number="5",
            action="CertificateSigned",
            answer={"status": "Accepted"},
            optional=True,
            within=configured.silence,
            note="It comes once somebody has signed it.",
        ),
    ),
    follows=_PART_2,
    ours=True,
)

PW_A_05_CSMS = Case(
    id="PW_A_05_CSMS",
    title="A certificate of another owner",
    purpose="The CSMS does not let a station in whose certificate names another organization than the operator as its owner.",
    requirements=("A00.FR.404",),
    needs=(feature("Advanced Security"),),
    settings={"security_profile": 3},
    main=(
        speaks(certificate="wrong owner"),
        turned_away("1", one_of("kind", "tls", "closed", "http").of("A00.FR.404")),
        speaks(certificate="valid"),
        arrives("3", MODERN),
        *is_accepted("5", "7"),
    ),
    remark="The operator's name is that of the certificates of the bench: Pilotwire bench.",
    follows=_PART_2,
    ours=True,
)
