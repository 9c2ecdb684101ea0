"""M01, M02: an EV asks for its contract certificate, and the station passes that on."""

from __future__ import annotations

import base64
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.m_certificates.stored import MO, V2G
from pilotwire.conformance.checks import equals, matches, satisfies
from pilotwire.conformance.language import Acts, Case, Configures, NotReceives, Receives, Step
from pilotwire.conformance.states.certificates201 import certificate_installed
from pilotwire.conformance.states.station201 import ev_connected_pre_session, token_is
from pilotwire.conformance.values import Known, configured, made

Steps = tuple[Step, ...]


def _is_exi(found: Any, _: Known) -> bool:
    """Base64, and the first bits those of an EXI header (W3C EXI, 5.1)."""
    try:
        raw = base64.b64decode(found, validate=True)
    except (ValueError, TypeError):
        return False
    return raw.startswith(b"$EXI") or (bool(raw) and raw[0] >> 6 == _DISTINGUISHING_BITS)


_DISTINGUISHING_BITS = 0b10
_SCHEMA = matches("iso15118SchemaVersion", "urn:iso:(std:iso:)?15118:.+", "is a namespace of ISO 15118").softly()


def _connected() -> Steps:
    """An EV that knows ISO 15118 is connected, and may get a certificate."""
    return (
        Configures(variable="ISO15118Ctrlr.PnCEnabled", value=True, if_implemented=True, if_writable=True),
        Configures(variable="ISO15118Ctrlr.ContractCertificateInstallationEnabled", value=True, if_implemented=True),
        *certificate_installed(V2G),
        *certificate_installed(MO),
        *ev_connected_pre_session(),
    )


def _wants(action: str, requirement: str, *, status: str, response: Any) -> Steps:
    """The EV asks, the station passes it on, and the tester answers so."""
    return (
        Acts(
            act="wants_contract",
            details={"action": action, "chain": made("contract chain", emaid=configured.emaid)},
        ),
        Receives(
            number="1",
            action="Get15118EVCertificate",
            checks=(
                equals("action", action).of(requirement),
                satisfies("exiRequest", "is EXI in Base64", _is_exi).of(requirement),
                _SCHEMA,
            ),
            answer={"status": status, "exiResponse": response},
        ),
    )


def _got(case: str, action: str, requirement: str) -> Case:
    """The EV gets a contract, and charges by it."""
    return Case(
        id=case,
        title=f"An EV gets a contract ({action})",
        purpose=f"The station passes on what the EV asks for ({action}) and what it gets, and asks for it by its contract.",
        requirements=(requirement,),
        before=_connected(),
        main=(
            *_wants(action, requirement, status="Accepted", response=configured.exi_response),
            Receives(
                number="3",
                action="Authorize",
                checks=token_is("emaid"),
                answer={"idTokenInfo": {"status": "Accepted"}},
            ),
        ),
        remark="What the EV gets is the setting exi_response; a real EV goes on only if that answers its request.",
    )


def _failed(case: str, action: str, requirement: str, named: tuple[str, ...]) -> Case:
    """The EV gets none, and does not charge by one."""
    return Case(
        id=case,
        title=f"An EV gets no contract ({action})",
        purpose=f"The station passes on what the EV asks for ({action}); it gets nothing, and nobody is asked for by a contract.",
        requirements=named,
        before=_connected(),
        main=(
            *_wants(action, requirement, status="Failed", response=""),
            NotReceives(number="3", action="Authorize"),
        ),
        remark="The document leaves out exiResponse, which the message must have: it is empty.",
    )


TC_M_26_CS = _got("TC_M_26_CS", "Install", "M01.FR.01")
TC_M_27_CS = _failed("TC_M_27_CS", "Install", "M01.FR.01", ())
TC_M_28_CS = _got("TC_M_28_CS", "Update", "M02.FR.01")
TC_M_29_CS = _failed("TC_M_29_CS", "Update", "M02.FR.01", ("M02.FR.01",))
