"""Messages of the maker's own that a CSMS may trigger (`custom_triggers`): what is told, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.device_model import GetVariables, VariableQuery
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.errors import ConfigError
from pilotwire.station.core.variable_table import name_of
from tests.support.station_world import StationWorld

TRIGGERS = {"org.example.power": ("EVSE@1.Power", "ChargingStation.Model"), "clock": ("ClockCtrlr.DateTime",)}


def _trigger(world: StationWorld, name: str) -> str:
    outcome: Any = world.command(TriggerMessage(message="CustomTrigger", custom=name))
    return str(outcome.status)


def _names(world: StationWorld) -> tuple[str, str | None]:
    query = VariableQuery(name=name_of("CustomizationCtrlr.CustomTriggers"))
    outcome: Any = world.command(GetVariables(asked=(query,)))
    return str(outcome.results[0].status), outcome.results[0].value


@pytest.mark.req("F06.FR.18", "F06.FR.04", "F06.FR.09")
def test_a_custom_trigger_is_accepted_and_its_message_tells_what_is_so_now() -> None:
    world = StationWorld(custom_triggers=TRIGGERS)
    assert _names(world) == ("Accepted", "org.example.power,clock")
    assert _trigger(world, "org.example.power") == "Accepted"
    world.plug()
    world.tap("ANNA")
    world.pass_time(60)
    assert _trigger(world, "org.example.power") == "Accepted"
    idle, charging = world.csms.of(DataTransferred)
    assert isinstance(idle, DataTransferred)
    assert isinstance(charging, DataTransferred)
    assert (idle.vendor_id, idle.message_id) == ("Pilotwire", "org.example.power")
    assert idle.data == {"EVSE@1.Power": "0.0", "ChargingStation.Model": "simulated"}
    assert charging.data["EVSE@1.Power"] == str(world.hardware.meter(1).power_w) != "0.0"


@pytest.mark.req("F06.FR.19")
def test_a_custom_trigger_there_is_none_of_is_not_implemented() -> None:
    """Nor is any at a station whose maker has added none; it does not name any either."""
    world = StationWorld(custom_triggers=TRIGGERS)
    assert _trigger(world, "org.example.Power") == "NotImplemented"
    assert _trigger(StationWorld(), "clock") == "NotImplemented"
    assert _names(StationWorld()) == ("UnknownComponent", None)
    assert world.csms.of(DataTransferred) == []


@pytest.mark.parametrize(
    ("triggers", "says"),
    [
        ({"a,b": ("EVSE@1.Power",)}, "'a,b'"),
        ({"": ("EVSE@1.Power",)}, "''"),
        ({"x" * 51: ("EVSE@1.Power",)}, "1 to 50"),
        ({"empty": ()}, "tells nothing"),
        ({"far": ("EVSE@7.Power",)}, "EVSE@7.Power, which this station does not have"),
        ({"odd": ("no name",)}, "does not have"),
        ({"secret": ("SecurityCtrlr.BasicAuthPassword",)}, "tells nobody"),
    ],
)
def test_a_trigger_that_cannot_be_is_told_before_the_station_begins(
    triggers: dict[str, tuple[str, ...]], says: str
) -> None:
    """A password is not given away by one."""
    with pytest.raises(ConfigError) as told:
        StationWorld(custom_triggers=triggers)
    assert says in str(told.value)
