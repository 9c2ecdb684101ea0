"""M06: the station asks whether its certificates for ISO 15118 are revoked."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.m_certificates.stored import MO, V2G
from pilotwire.conformance.checks import matches, satisfies
from pilotwire.conformance.language import Answers, Case, InAnyOrder, Receives, Step
from pilotwire.conformance.states.certificates201 import (
    certificate_installed,
    names_certificate,
    renew_v2g_charging_station_certificate,
)
from pilotwire.conformance.values import OMITTED, Known
from pilotwire.conformance.wire.authority import V2G_SUB_CA_2

Steps = tuple[Step, ...]
_CHAIN = ("the certificate", "the sub-CA that signed it", "the sub-CA above that")


def _asks_about(number: str, place: int) -> Receives:
    """The station asks about this certificate of its chain, its own first."""

    def test(found: Any, known: Known) -> bool:
        return names_certificate(found, known, known.kept.get("v2g_chain"), V2G_SUB_CA_2, place)

    return Receives(
        number=number,
        action="GetCertificateStatus",
        where=(satisfies("ocspRequestData", f"is about {_CHAIN[place]}", test).of("M06.FR.07"),),
        checks=(matches("ocspRequestData.responderURL", "https?://.+", "is a URL"),),
        early=True,
    )


def _renewed() -> Steps:
    return (
        *certificate_installed(V2G),
        *certificate_installed(MO),
        *renew_v2g_charging_station_certificate(),
    )


TC_M_24_CS = Case(
    id="TC_M_24_CS",
    title="The status of the V2G certificates",
    purpose="With a new certificate for ISO 15118 the station asks for the status of it, and of the sub-CAs above it.",
    requirements=("M06.FR.06", "M06.FR.07"),
    traits={"variables": {"ISO15118Ctrlr.SeccId": "PW-SECC-1"}},
    before=_renewed(),
    main=(InAnyOrder(number="1", steps=(_asks_about("1", 0), _asks_about("1", 1), _asks_about("1", 2))),),
    remark="The certificates the tester makes name an OCSP responder, without which there is nothing to ask about.",
)

TC_M_25_CS = Case(
    id="TC_M_25_CS",
    title="The status of the V2G certificates is not to be had",
    purpose="The station asks for the status of its new certificate for ISO 15118, and does without where there is none.",
    requirements=("M06.FR.04",),
    traits={"variables": {"ISO15118Ctrlr.SeccId": "PW-SECC-1"}},
    before=(
        Answers(action="GetCertificateStatus", payload={"status": "Failed", "ocspResult": OMITTED}),
        *_renewed(),
    ),
    main=(_asks_about("1", 0),),
)
