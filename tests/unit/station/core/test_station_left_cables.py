"""A cable that the vehicle's driver pulled out at the vehicle, and that is still in the socket."""

from __future__ import annotations

import pytest

from pilotwire.domain.availability import Activity, Availability
from pilotwire.domain.remote_control import UnlockConnector, UnlockOutcome, UnlockStatus
from tests.support.station_world import StationWorld


def _charging(**variables: str) -> StationWorld:
    world = StationWorld(ocpp16=True, variables={name.replace("_", "."): value for name, value in variables.items()})
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    return world


@pytest.mark.req("1.6:4.9")
def test_the_connector_is_finishing_until_the_cable_is_gone() -> None:
    """The transaction ended with the vehicle; the socket is free only when the cable is."""
    world = _charging()
    world.unplug(at_vehicle=True)
    assert world.csms.statuses()[-1].activity is Activity.FINISHING
    world.unplug()
    assert world.csms.statuses()[-1].availability is Availability.AVAILABLE


@pytest.mark.req("1.6:4.9")
def test_another_vehicle_at_the_left_cable_is_preparing() -> None:
    """Who comes next begins anew."""
    world = _charging(TxCtrlr_StopTxOnEVSideDisconnect="true", OCPPCommCtrlr_UnlockOnEVSideDisconnect="false")
    world.unplug(at_vehicle=True)
    assert world.csms.statuses()[-1].activity is Activity.FINISHING
    world.plug()
    assert world.csms.statuses()[-1].activity is Activity.PREPARING


@pytest.mark.req("1.6:4.10")
def test_a_transaction_that_waits_for_its_vehicle_says_so() -> None:
    """Suspended, with the reason in words; no problem any more when the vehicle is back."""
    world = _charging(TxCtrlr_StopTxOnEVSideDisconnect="false")
    world.unplug(at_vehicle=True)
    state = world.csms.statuses()[-1]
    assert state.activity is Activity.SUSPENDED_EV
    assert state.problem is not None
    assert (state.problem.code, state.problem.info) == ("NoError", "EV side disconnected")
    world.plug()
    world.pass_time(30)
    assert world.csms.statuses()[-1].activity is Activity.CHARGING
    assert world.csms.statuses()[-1].problem is None


@pytest.mark.req("1.6:5.18")
def test_an_attached_cable_has_no_lock_to_open() -> None:
    """Nothing is moved and nothing ends: there is no plug that the station holds."""
    world = StationWorld(ocpp16=True, station="wallbox-11")
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert world.command(UnlockConnector(evse=1)) == UnlockOutcome(status=UnlockStatus.NOT_SUPPORTED)
    assert world.transaction is not None
    assert world.hardware.contactor_closed(1)
