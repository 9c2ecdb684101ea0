"""What an installer sets about states: which are told, when a connector counts as occupied, a state that is forced."""

from __future__ import annotations

import pytest

from pilotwire.domain.availability import Activity, Availability, ChangeAvailability
from pilotwire.domain.identity import EvseAddress
from tests.support.station_world import StationWorld

AVAILABLE, OCCUPIED, UNAVAILABLE = Availability.AVAILABLE, Availability.OCCUPIED, Availability.UNAVAILABLE


def told(world: StationWorld, connector: int = 1) -> list[Availability]:
    return [state.availability for state in world.csms.statuses(1, connector)]


# --- which are told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ocpp16", [True, False], ids=["1.6", "2"])
@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_errors_with_which_charging_goes_on(ocpp16: bool, wanted: bool) -> None:
    on = str(wanted).lower()
    world = StationWorld(ocpp16=ocpp16, variables={"InstallerCtrlr.ErrorStatusNotifications": on})
    world.does(world.hardware.raise_fault("WEAK_SIGNAL", 1, 1))
    codes = [state.problem.code for state in world.csms.statuses() if state.problem is not None]
    assert codes == (["WeakSignal"] if wanted else [])


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_errors_of_usb_have_their_own_switch(wanted: bool) -> None:
    world = StationWorld(ocpp16=True, variables={"InstallerCtrlr.UsbErrorStatusNotifications": str(wanted).lower()})
    world.does(world.hardware.raise_fault("OTHER", 1, 1, vendor_error_code="USB-17"))
    world.does(world.hardware.raise_fault("WEAK_SIGNAL", 1, 1))
    codes = [state.problem.vendor_error_code for state in world.csms.statuses() if state.problem is not None]
    assert ("USB-17" in codes) is wanted


def test_a_fault_that_stops_charging_is_always_told() -> None:
    world = StationWorld(ocpp16=True, variables={"InstallerCtrlr.ErrorStatusNotifications": "false"})
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1, 1))
    last = world.csms.statuses()[-1]
    assert last.availability is Availability.FAULTED
    assert last.problem is not None
    assert last.problem.code == "GroundFailure"


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_mere_information(wanted: bool) -> None:
    """That the vehicle of a suspended transaction is gone (1.6:4.10)."""
    world = StationWorld(
        ocpp16=True,
        variables={
            "InstallerCtrlr.InformativeStatusNotifications": str(wanted).lower(),
            "TxCtrlr.StopTxOnEVSideDisconnect": "false",
        },
    )
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    world.unplug(at_vehicle=True)
    infos = [state.problem for state in world.csms.statuses() if state.problem is not None]
    assert bool(infos) is wanted


# --- when it counts as occupied -------------------------------------------------------------------------------------


def test_as_in_1_5_a_connector_is_occupied_by_a_transaction_only() -> None:
    world = StationWorld(ocpp16=True, variables={"InstallerCtrlr.ConnectorOccupiedStrategy": "Legacy15"})
    world.plug()
    assert told(world) == [AVAILABLE]
    world.tap("ANNA")
    assert told(world)[-1] is OCCUPIED
    world.pass_time(60)
    world.tap("ANNA")
    assert told(world)[-1] is AVAILABLE


def test_as_the_standard_says_by_a_cable() -> None:
    world = StationWorld(ocpp16=True)
    world.plug()
    assert told(world) == [AVAILABLE, OCCUPIED]


# --- forced ---------------------------------------------------------------------------------------------------------


def test_unavailable_whatever_the_csms_says() -> None:
    world = StationWorld()
    world._perform(world.core.write("InstallerCtrlr.ForceConnectorState", "Unavailable", world.now))
    assert told(world)[-1] is UNAVAILABLE
    world.command(ChangeAvailability(operative=True, address=EvseAddress(evse=1)))
    assert told(world)[-1] is UNAVAILABLE
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert world.hardware.meter(1).power_w == 0


def test_available_whatever_the_csms_says_and_its_will_counts_again_afterwards() -> None:
    world = StationWorld()
    world._perform(world.core.write("InstallerCtrlr.ForceConnectorState", "Available", world.now))
    world.command(ChangeAvailability(operative=False, address=EvseAddress(evse=0)))
    assert told(world)[-1] is AVAILABLE
    world._perform(world.core.write("InstallerCtrlr.ForceConnectorState", "None", world.now))
    assert told(world)[-1] is UNAVAILABLE


# --- for how long ---------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:9.1.20")
def test_a_state_that_does_not_last_is_not_told() -> None:
    world = StationWorld(ocpp16=True, variables={".MinimumStatusDuration": "10"})
    world.plug()
    world.pass_time(5, step=1)
    world.unplug()
    world.pass_time(60, step=1)
    assert told(world) == [AVAILABLE]


@pytest.mark.req("1.6:9.1.20")
def test_a_state_that_lasts_is_told_when_its_time_is_over() -> None:
    world = StationWorld(ocpp16=True, variables={".MinimumStatusDuration": "10"})
    world.plug()
    world.pass_time(9, step=1)
    assert told(world) == [AVAILABLE]
    world.pass_time(1, step=1)
    assert [state.activity for state in world.csms.statuses()] == [None, Activity.PREPARING]
