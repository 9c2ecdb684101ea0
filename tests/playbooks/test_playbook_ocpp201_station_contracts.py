"""Official OCPP 2.0.1 test cases of a vehicle's ISO 15118 session (E, M, N), with our station as the system under test; on 2.1 as well.

What the vehicle says reaches the core as inputs; the messages to the vehicle are not part of it.
"""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked, EvCertificateVerdict
from pilotwire.pki import hashes_of
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.certificate_status import EvCertificateWanted
from pilotwire.station.core.contracts import SessionTerminated
from tests.support.wire_certificates import PNC, Cased
from tests.support.wire_station import VERSIONS, events_of, named, told

pytestmark = pytest.mark.parametrize("version", VERSIONS)

STOPS = {
    "Authorized": True,
    "PowerPathClosed": True,
    "EnergyTransfer": True,
    "EVConnected": False,
    "ParkingBayOccupancy": False,
}
"""Whether the end of the session ends the transaction, by what ends transactions."""


def _charging(version: str, **variables: str) -> Cased:
    """A vehicle charges by its contract."""
    station = Cased(version, **PNC, **variables)
    station.with_roots()
    station.contract()
    assert station.charges
    station.said()
    return station


@pytest.mark.req("E15.FR.04", "E15.FR.05")
@pytest.mark.parametrize("stop", STOPS)
def test_tc_e_46_cs(version: str, stop: str) -> None:
    """The vehicle ends its session: the authorization is over, and with it the transaction where that depends on it."""
    station = _charging(version, **{"TxCtrlr.TxStopPoint": stop})
    station.feed(SessionTerminated(1))
    (event,) = events_of(station.said())
    assert told(event) == ("Ended" if STOPS[stop] else "Updated", "StopAuthorized", "EVConnected")
    if STOPS[stop]:
        assert event.transaction_info.stopped_reason == "StoppedByEV"
    assert not station.charges


@pytest.mark.req("E15.FR.04")
def test_a_session_that_ends_after_the_driver_stopped_tells_nothing_more(version: str) -> None:
    """StopAuthorized is told once."""
    station = _charging(version)
    station.does(station.hardware.press_stop_button(1))
    assert [told(event)[1] for event in events_of(station.said())].count("StopAuthorized") == 1
    station.feed(SessionTerminated(1))
    assert events_of(station.said()) == []


@pytest.mark.req("M01.FR.01", "M02.FR.01")
@pytest.mark.parametrize("action", list(CertificateAction), ids=["m_27", "m_29"])
def test_tc_m_27_and_m_29_cs(version: str, action: CertificateAction) -> None:
    """Where there is no contract for the vehicle, it is told so, and nobody is authorized by one."""
    station = Cased(version, **PNC)
    station.with_roots()
    station.plug()
    station.said()
    station.cpo.says["Get15118EVCertificate"] = {"status": "Failed", "exiResponse": ""}
    asked = EvCertificateAsked(schema_version="urn:iso:15118:2:2013:MsgDef", action=action, exi_request="AQ==")
    station.feed(EvCertificateWanted("car", asked))
    messages = station.said()
    (passed,) = named(messages, "Get15118EVCertificate")
    assert passed.action == action
    assert named(messages, "Authorize") == []
    (answer,) = [one.verdict for one in station.actions if isinstance(one, Inform) and one.ref == "car"]
    assert isinstance(answer, EvCertificateVerdict)
    assert not answer.accepted


@pytest.mark.req("N10.FR.01", "N10.FR.03", "N10.FR.04", "N10.FR.09")
def test_tc_n_63_cs(version: str) -> None:
    """What was kept of a contract, never the certificate itself, is told and gone when asked by its certificate, and then there is none."""
    station = _charging(version)
    station.feed(SessionTerminated(1))
    station.unplug()
    own = hashes_of(station.shown, station.mo_sub.certificate)
    certificate = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": own.issuer_name,
        "issuerKeyHash": own.issuer_key,
        "serialNumber": own.serial_number,
    }
    status, told = _information(station, 0, report=True, clear=True, customerCertificate=certificate)
    assert (status, "Contract certificate" in told, "BEGIN CERTIFICATE" in told) == ("Accepted", True, False)
    assert _information(station, 1, report=True, clear=False, customerCertificate=certificate) == (
        "Accepted",
        "",
    )


def _information(station: Cased, request_id: int, **wanted: Any) -> tuple[str, str]:
    """The status of the answer, and all that is told."""
    station.said()
    answer = station.ask("CustomerInformation", requestId=request_id, **wanted)
    parts = named(station.said(), "NotifyCustomerInformation")
    assert {part.request_id for part in parts} == {request_id}
    assert not parts[-1].tbc
    return answer.status, "".join(part.data for part in parts)
