"""Who may say what."""

from __future__ import annotations

import pytest

from pilotwire.ocpp.directions import directions_of
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion

versions = pytest.mark.parametrize("version", list(OcppVersion))


@versions
def test_what_one_side_may_send_the_other_may_receive(version: OcppVersion) -> None:
    """Every action has a direction; only DataTransfer has both."""
    csms, station = directions_of(version, "csms"), directions_of(version, "station")
    assert csms.may_send == station.may_receive
    assert station.may_send == csms.may_receive
    assert {*csms.may_send, *station.may_send} == {*ACTIONS[version]}
    assert {*csms.may_send} & {*station.may_send} == {"DataTransfer"}


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@versions
def test_the_refusal_tells_unknown_from_misplaced(version: OcppVersion) -> None:
    """NotImplemented for a name nobody knows (a case apart is another name), NotSupported for a known one."""
    csms = directions_of(version, "csms")
    assert csms.unwanted("heartbeat", "CALL")[0] == "NotImplemented"
    assert csms.unwanted("Reset", "CALL") == ("NotSupported", "Reset is not a message the station sends")
    assert csms.unwanted("Heartbeat", "SEND") == ("NotSupported", "Heartbeat does not travel in a SEND")
