"""Cases of our own for requirements of block C that no case of the document touches: what the CSMS says of tokens and contracts."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.c_authorization.c07_contracts import CHAIN, presented
from pilotwire.conformance.cases.ocpp201.csms.c_authorization.presenting import ACCEPTED, asks
from pilotwire.conformance.checks import absent_or, equals, one_of
from pilotwire.conformance.language import Case, Keeps, Sends, Step
from pilotwire.conformance.states.csms201 import (
    ev_connected_pre_session,
    place,
    transaction_event,
)
from pilotwire.conformance.values import configured, made
from pilotwire.conformance.wire.authority import UNKNOWN_ROOT

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
_STATUS, _EVSES = "idTokenInfo.status", "idTokenInfo.evseId"

PW_C_01_CSMS = Case(
    id="PW_C_01_CSMS",
    title="A transaction without authorization",
    purpose="The CSMS accepts the idToken of a station that needs no authorization.",
    requirements=("C02.FR.02",),
    before=ev_connected_pre_session(),
    main=(
        transaction_event(
            "1",
            trigger="Authorized",
            more={"idToken": {"idToken": "", "type": "NoAuthorization"}, "evse": place()},
            checks=(ACCEPTED.of("C02.FR.02"),),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_02_CSMS = Case(
    id="PW_C_02_CSMS",
    title="A key code",
    purpose="The CSMS accepts a key code that is valid.",
    requirements=("C04.FR.02",),
    settings={"valid_token_type": "KeyCode"},
    main=(asks("1", "valid_token", ACCEPTED.of("C04.FR.02")),),
    follows=PART_2,
    ours=True,
    remark="The CSMS must know the valid token as a KeyCode for this case.",
)

PW_C_03_CSMS = Case(
    id="PW_C_03_CSMS",
    title="A token for every EVSE",
    purpose="The CSMS names no EVSEs where a token may charge at each of them.",
    requirements=("C01.FR.19",),
    main=(asks("1", "valid_token", ACCEPTED, absent_or(_EVSES, []).of("C01.FR.19")),),
    follows=PART_2,
    ours=True,
)

PW_C_04_CSMS = Case(
    id="PW_C_04_CSMS",
    title="A token for one EVSE",
    purpose="The CSMS names the EVSE a token may charge at, where it is not all of them.",
    requirements=("C01.FR.20",),
    traits={"good_at": "evse2"},
    main=(asks("1", "valid_token2", ACCEPTED, equals(_EVSES, [configured.evse2_id]).of("C01.FR.20")),),
    follows=PART_2,
    ours=True,
)

PW_C_05_CSMS = Case(
    id="PW_C_05_CSMS",
    title="A token for other stations",
    purpose="The CSMS says NotAtThisLocation of a token that may charge at no EVSE of the station, and names none.",
    requirements=("C01.FR.22",),
    traits={"good_at": "elsewhere"},
    main=(
        asks(
            "1",
            "valid_token2",
            equals(_STATUS, "NotAtThisLocation").of("C01.FR.22"),
            absent_or(_EVSES, []).of("C01.FR.22"),
        ),
    ),
    follows=PART_2,
    ours=True,
)

_NOBODYS = "NLTNMC999999999"
"""An eMAID nobody has a contract for."""


def _contract(emaid: Any = configured.emaid, **how: Any) -> tuple[Step, ...]:
    """A contract is made for the case, and the EV is connected."""
    return (Keeps(values={"contract": made("contract to verify", emaid=emaid, **how)}), *ev_connected_pre_session())


PW_C_06_CSMS = Case(
    id="PW_C_06_CSMS",
    title="A good certificate of a contract nobody has",
    purpose="The CSMS verifies the certificate, and calls the contract cancelled, because it does not accept its eMAID.",
    requirements=("C07.FR.13",),
    before=_contract(_NOBODYS),
    main=(
        Sends(
            number="1",
            action="Authorize",
            payload={"idToken": {"idToken": _NOBODYS, "type": "eMAID"}, "certificate": CHAIN},
            checks=(
                equals("certificateStatus", "ContractCancelled").of("C07.FR.13"),
                one_of(_STATUS, "Blocked", "Expired", "Invalid", "Unknown").of("C07.FR.13"),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_07_CSMS = Case(
    id="PW_C_07_CSMS",
    title="An expired contract certificate",
    purpose="The CSMS tells that the certificate of a contract has expired.",
    requirements=("C07.FR.15",),
    before=_contract(expired=True),
    main=(
        presented(
            equals("certificateStatus", "CertificateExpired").of("C07.FR.15"),
            equals(_STATUS, "Expired").of("C07.FR.15"),
            certificate=CHAIN,
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_C_08_CSMS = Case(
    id="PW_C_08_CSMS",
    title="A contract certificate of nobody known",
    purpose="The CSMS does not accept a contract whose certificates lead to a root it does not know.",
    requirements=("C07.FR.17",),
    before=_contract(by=UNKNOWN_ROOT),
    main=(
        presented(
            equals("certificateStatus", "CertChainError").of("C07.FR.17"),
            equals(_STATUS, "Invalid").of("C07.FR.17"),
            certificate=CHAIN,
        ),
    ),
    follows=PART_2,
    ours=True,
)
