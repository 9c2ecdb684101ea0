"""What the device model has: held against the tables of the standards, and each physical component as it is now.

`tests/vectors/station` has those tables in a short form of our own: who, required or not, access, type and unit.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain.identity import StationIdentity
from pilotwire.station.core import Family, StationCore, StationSettings
from pilotwire.station.core.device_model_declared import catalogue_of, declared
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.core.variables import fits, key_of
from pilotwire.station.hardware.drivers import find_layout
from pilotwire.station.hardware.payment import PaymentTerminalLayout
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from pilotwire.station.hardware.simulated import layout
from tests.support.station_world import StationWorld

VECTORS = Path(__file__).parents[3] / "vectors" / "station"
ACCESS = {dm.Mutability.READ_ONLY: "R", dm.Mutability.READ_WRITE: "RW", dm.Mutability.WRITE_ONLY: "W"}
PHYSICAL = {
    "BayOccupancySensor",
    "ChargingStation",
    "Connector",
    "ConnectorPlugRetentionLock",
    "Controller",
    "CPPWMController",
    "ElectricalFeed",
    "EmergencyStopSensor",
    "EVSE",
    "FiscalMetering",
    "PowerContactor",
    "TokenReader",
}
NOT_YET = {"DisplayMessageCtrlr", "TariffCostCtrlr", "V2XChargingCtrlr"}
"""Components of features whose street declares them once it is whole; nothing is asked of them here until then."""
ABSENT = {
    ("SampledDataCtrlr", "SignStartedReadings"): "only with a meter that signs",
}
"""Required by the table, and why the station may do without it."""


def _table(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _declared(family: Family = Family.OCPP2, named: str = "dc-150-ac-22") -> list[Declared]:
    return list(declared(family, layout(named)))


def _found(specs: list[Declared], row: dict[str, str]) -> list[Declared]:
    """The declared variables a row of the table is about; instance `*` stands for any."""
    return [
        spec
        for spec in specs
        if (spec.name.component, spec.name.variable) == (row["component"], row["variable"])
        and row["instance"] in ("*", spec.name.variable_instance or "")
    ]


REFERENCED = _table("referenced_variables.csv")


# --- against the tables ---------------------------------------------------------------------------------------------


@pytest.mark.req("B07.FR.08")
@pytest.mark.parametrize(
    "component", sorted({row["component"] for row in REFERENCED if "yes" in row["required"]} - NOT_YET)
)
def test_what_is_required_of_a_component_is_there(component: str) -> None:
    """Every variable and instance, but for what is known to be left out."""
    specs = _declared()
    rows = [row for row in REFERENCED if row["component"] == component and "yes" in row["required"]]
    missing = {(component, row["variable"]) for row in rows if not _found(specs, row)}
    assert missing <= ABSENT.keys()


def test_what_is_there_is_as_the_table_has_it() -> None:
    """Type, unit, and who may change it."""
    specs = _declared()
    wrong = [
        (str(spec.name), spec.type, ACCESS[spec.mutability], spec.unit, row)
        for row in REFERENCED
        for spec in _found(specs, row)
        if spec.type != row["type"]
        or ACCESS[spec.mutability] not in row["access"].split("|")
        or (row["unit"] and spec.unit != row["unit"])
    ]
    assert wrong == []
    assert sum(1 for row in REFERENCED if _found(specs, row)) >= 60


@pytest.mark.parametrize("family", list(Family))
def test_each_variable_is_declared_once(family: Family) -> None:
    """Two streets that declare the same would overrule each other."""
    counted = Counter(key_of(spec.name) for spec in _declared(family))
    assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("family", list(Family))
def test_defaults_fit_their_own_declaration(family: Family) -> None:
    """Whatever can be written would be accepted as it is, whichever street declares it."""
    for spec in _declared(family):
        if spec.mutability is dm.Mutability.READ_WRITE and spec.default:
            assert fits(spec, spec.default) == spec.default, str(spec.name)


def test_the_names_are_those_of_the_standard() -> None:
    """Of the physical components and the clock; a name of our own would mean nothing to a CSMS."""
    components, variables = (
        set(part.split())
        for part in (VECTORS / "standard_names.txt").read_text().split("# components")[1].split("# variables")
    )
    specs = [spec for spec in _declared() if spec.name.component in PHYSICAL | {"ClockCtrlr", "DeviceDataCtrlr"}]
    assert {spec.name.component for spec in specs} <= components
    assert {spec.name.variable for spec in specs} <= variables


@pytest.mark.req("B08.FR.08")
def test_every_component_says_that_it_is_available() -> None:
    """Whichever street declares it, at every place."""
    specs = _declared()
    said = {
        (spec.name.component, spec.name.evse, spec.name.connector)
        for spec in specs
        if spec.name.variable == "Available"
    }
    assert said == {(spec.name.component, spec.name.evse, spec.name.connector) for spec in specs}


def test_what_must_survive_a_restart_is_persistent() -> None:
    """All that a CSMS may write."""
    assert {spec.persistent for spec in _declared() if spec.mutability is not dm.Mutability.READ_ONLY} == {True}


# --- physical components --------------------------------------------------------------------------------------------


def _value(
    world: StationWorld, component: str, variable: str, evse: int | None = None, connector: int | None = None
) -> str:
    name = dm.VariableName(component=component, variable=variable, evse=evse, connector=connector)
    outcome = world.command(dm.GetVariables(asked=(dm.VariableQuery(name=name),)))
    assert isinstance(outcome, dm.GetVariablesOutcome)
    (result,) = outcome.results
    assert result.status is dm.VariableStatus.ACCEPTED
    assert result.read_only
    assert result.value is not None
    return result.value


def test_the_layout_decides_which_components_there_are() -> None:
    """A socket has a lock, an attached cable none; a household socket has no control pilot; DC has no alternating phases."""
    own = StationLayout(
        (
            EvseLayout(1, AcSupply(1), (ConnectorLayout(1, "sType2"), ConnectorLayout(2, "sCEE-7-7"))),
            EvseLayout(2, AcSupply(3), (ConnectorLayout(1, "cType2"),)),
        )
    )
    specs = list(declared(Family.OCPP2, own))

    def places(component: str) -> set[tuple[int | None, int | None]]:
        return {(spec.name.evse, spec.name.connector) for spec in specs if spec.name.component == component}

    assert places("ConnectorPlugRetentionLock") == {(1, 1), (1, 2)}
    assert places("CPPWMController") == {(1, 1), (2, 1)}
    assert places("FiscalMetering") == {(1, None), (2, None)}
    assert places("ChargingStation") == {(None, None)}
    phases = {key_of(spec.name): spec.default for spec in specs if spec.name.variable == "SupplyPhases"}
    assert phases["evse@1.supplyphases"] == "1"
    assert phases["chargingstation.supplyphases"] == "3"
    dc = {key_of(spec.name): spec.default for spec in _declared(named="dc-250-dual")}
    assert dc["evse@1.supplyphases"] == dc["connector@1.1.supplyphases"] == "0"
    assert dc["chargingstation.supplyphases"] == ""


@pytest.mark.parametrize(("connector", "writable"), [("sType2", True), ("cType2", False)])
def test_where_there_is_no_socket_nothing_is_unlocked(connector: str, writable: bool) -> None:
    """UnlockOnEVSideDisconnect is then read-only and false."""
    own = StationLayout((EvseLayout(1, AcSupply(3), (ConnectorLayout(1, connector),)),))
    (spec,) = [one for one in declared(Family.OCPP2, own) if one.name.variable == "UnlockOnEVSideDisconnect"]
    assert (spec.mutability is dm.Mutability.READ_WRITE) is writable
    assert (spec.default == "true") is writable


def test_a_session_seen_through_the_components() -> None:
    """Pilot, lock, contactor, charging state, transaction and registers are what the hardware and the core say."""
    world = StationWorld(station="ac-22-single")

    def seen() -> tuple[str, ...]:
        return (
            _value(world, "CPPWMController", "State", 1, 1),
            _value(world, "ConnectorPlugRetentionLock", "Active", 1, 1),
            _value(world, "PowerContactor", "Active", 1),
            _value(world, "EVSE", "ChargingState", 1),
        )

    assert seen() == ("A", "false", "false", "Idle")
    world.plug()
    assert seen()[0] == "B"
    assert seen()[3] == "EVConnected"
    world.tap("ANNA")
    world.pass_time(120)
    assert seen() == ("C", "true", "true", "Charging")
    assert _value(world, "EVSE", "ActiveTransactionId", 1) == world.transaction
    assert _value(world, "ChargingStation", "ActiveTransactionId") == world.transaction
    meter = world.hardware.meter(1)
    assert int(_value(world, "FiscalMetering", "EnergyImportRegister", 1)) == meter.energy_import_register > 0
    assert float(_value(world, "EVSE", "Power", 1)) == float(meter.power_w) > 0
    world.tap("ANNA")
    world.unplug()
    assert seen() == ("A", "false", "false", "Idle")
    assert _value(world, "ChargingStation", "ActiveTransactionId") == ""


def test_what_is_wrong_shows_at_the_component_it_is_wrong_with() -> None:
    """The reader, the feed, the emergency stop, the lock."""
    world = StationWorld(station="ac-22-single")
    assert _value(world, "TokenReader", "Problem") == "false"
    world.does(world.hardware.raise_fault("READER_FAILURE", 1))
    assert _value(world, "TokenReader", "Problem") == "true"
    world.does(world.hardware.lose_power())
    assert _value(world, "ElectricalFeed", "Active") == "false"
    assert _value(world, "ElectricalFeed", "Problem") == "true"
    world.does(world.hardware.restore_power())
    assert _value(world, "ElectricalFeed", "Active") == "true"


def test_the_station_says_who_it_is() -> None:
    """As in its BootNotification, not as its layout was named."""
    world = StationWorld()
    identity = world.settings.identity
    assert _value(world, "ChargingStation", "VendorName") == identity.vendor
    assert _value(world, "ChargingStation", "Model") == identity.model
    assert _value(world, "Controller", "FirmwareVersion") == (identity.firmware_version or "")


# --- many stations --------------------------------------------------------------------------------------------------


def test_stations_of_a_kind_share_what_they_declare() -> None:
    """Equal layouts are one kind, even if each was made anew; another layout is another."""
    first, second = (catalogue_of(Family.OCPP2, layout("ac-22-dual")) for _ in range(2))
    assert first is second
    assert catalogue_of(Family.OCPP16, layout("ac-22-dual")) is not first
    assert catalogue_of(Family.OCPP2, layout("ac-22-single")) is not first


def test_what_one_station_is_set_to_another_is_not() -> None:
    """They share what can be set, not what was."""
    key = "TxCtrlr.EVConnectionTimeOut"
    one, other = StationWorld(), StationWorld()
    one.core.write(key, "77", one.now)
    assert (one.core.variable(key), other.core.variable(key)) == ("77", "60")
    fresh = StationCore(
        StationSettings.ocpp2(StationIdentity(vendor="a", model="b")),
        layout("ac-22-single"),
        meter=one.hardware.meter,
        new_id=lambda: "x",
    )
    assert fresh.variable(key) == "60"


def test_stations_that_differ_in_anything_of_their_layout_share_no_catalogue() -> None:
    """Two of one make and model, one of them with a payment terminal, made after each other in one process."""
    plain = find_layout("ac-22-dual")
    paying = replace(plain, payment_terminal=PaymentTerminalLayout())
    without, with_terminal = (catalogue_of(Family.OCPP2, layout) for layout in (plain, paying))
    assert "paymentctrlr.enabled" not in without.specs
    assert "paymentctrlr.enabled" in with_terminal.specs
    assert catalogue_of(Family.OCPP2, replace(plain)) is without
