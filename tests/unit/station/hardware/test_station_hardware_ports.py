"""The seam: layouts that cannot be are refused, and both sides of the seam fit it by shape."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pilotwire.errors import ConfigError
from pilotwire.ev import vehicle
from pilotwire.station.hardware.ports import (
    AcSupply,
    ConnectorLayout,
    DcSupply,
    EvseLayout,
    HardwareDriver,
    StationLayout,
    VehicleInlet,
)
from pilotwire.station.hardware.simulated import LAYOUTS, SimulatedStation, layout


def members(protocol: type) -> set[str]:
    """The names a protocol asks for."""
    return {name for name in vars(protocol) if not name.startswith("_")}


def test_the_vehicle_fits_the_inlet_and_the_simulation_fits_the_driver():
    """Neither imports the other; each has all that its seam asks for."""
    inlet: VehicleInlet = vehicle("compact-40")
    driver: HardwareDriver = SimulatedStation(layout("wallbox-11"))
    assert members(VehicleInlet) <= set(dir(inlet))
    assert members(HardwareDriver) <= set(dir(driver))


def test_a_socket_has_no_cable_and_an_outlet_knows_its_power():
    """OCPP 2.x connector types in `s` are sockets."""
    assert not ConnectorLayout(1, "sType2").cable_attached
    assert ConnectorLayout(1, "cCCS2").cable_attached
    assert AcSupply(3).max_power_w == Decimal(22_080)


@pytest.mark.parametrize("numbers", [[], [0], [2], [1, 3], [2, 1]])
def test_evses_and_connectors_are_numbered_from_one_without_gaps(numbers: list[int]):
    """Both the EVSEs of a station and the connectors of an EVSE."""
    with pytest.raises(ConfigError, match="numbers"):
        EvseLayout(1, AcSupply(), tuple(ConnectorLayout(number, "sType2") for number in numbers))
    with pytest.raises(ConfigError, match="numbers"):
        StationLayout(tuple(EvseLayout(number, AcSupply(), (ConnectorLayout(1, "sType2"),)) for number in numbers))


@pytest.mark.parametrize(
    "build",
    [
        lambda: AcSupply(4),
        lambda: AcSupply(3, max_current_a=Decimal(5)),
        lambda: AcSupply(3, voltage_v=Decimal(0)),
        lambda: DcSupply(Decimal(0)),
    ],
)
def test_an_impossible_supply_is_refused(build):
    """A supply that cannot be raises `ConfigError`."""
    with pytest.raises(ConfigError):
        build()


def test_layouts_are_found_by_name():
    """The four common ones are there; an unknown name gets the list."""
    assert {"ac-22-single", "ac-22-dual", "dc-150-ccs", "wallbox-11"} <= set(LAYOUTS)
    assert [evse.dc for evse in layout("dc-150-ac-22").evses] == [True, False]
    with pytest.raises(ConfigError, match="wallbox-11"):
        layout("castle")
