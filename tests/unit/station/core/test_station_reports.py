"""Reports of the device model (B07, B08): what is in them, in which parts they go out, and when there is none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.dialects.ocpp201 import DIALECT
from pilotwire.domain import device_model as dm
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.ocpp import registry
from pilotwire.station.core import Answer, Family, Say
from pilotwire.station.core.device_model_catalogue import Catalogue
from pilotwire.station.core.device_model_declared import catalogue_of
from pilotwire.station.core.variable_table import Declared, OtherAttribute
from pilotwire.station.core.variables import Variables
from pilotwire.station.hardware.ports import AcSupply, ConnectorLayout, EvseLayout, StationLayout
from tests.support.station_world import StationWorld

ITEMS = "DeviceDataCtrlr.ItemsPerMessage[GetReport]"
BYTES = "DeviceDataCtrlr.BytesPerMessage[GetReport]"
AC = AcSupply(3, max_current_a=Decimal(32))
LAYOUT = StationLayout(
    (
        EvseLayout(1, AC, (ConnectorLayout(1, "sType2"), ConnectorLayout(2, "cType2"))),
        EvseLayout(2, AC, (ConnectorLayout(1, "sType2"),)),
    ),
    model="three sockets",
)
ACCEPTED = dm.ReportOutcome(status=dm.ReportStatus.ACCEPTED)
REJECTED = dm.ReportOutcome(status=dm.ReportStatus.REJECTED)
NOT_SUPPORTED = dm.ReportOutcome(status=dm.ReportStatus.NOT_SUPPORTED)
EMPTY = dm.ReportOutcome(status=dm.ReportStatus.EMPTY_RESULT_SET)


def _base(base: dm.ReportBase = dm.ReportBase.FULL_INVENTORY, request_id: int = 7) -> Command:
    return dm.GetBaseReport(request_id=request_id, base=base)


def _wanted(*criteria: dm.ComponentCriterion, of: tuple[dm.ComponentVariable, ...] = ()) -> Command:
    return dm.GetReport(request_id=7, criteria=criteria, variables=of)


def _parts(world: StationWorld) -> list[dm.ReportPart]:
    return [fact for fact in world.csms.of(dm.ReportPart) if isinstance(fact, dm.ReportPart)]


def _told(world: StationWorld, command: Command, outcome: Outcome = ACCEPTED) -> dict[str, dm.ReportedVariable]:
    """The variables of a report by name and place; each is there once."""
    before = len(_parts(world))
    assert world.command(command) == outcome
    told = [one for part in _parts(world)[before:] for one in part.variables]
    found = {_written(one.name): one for one in told}
    assert len(found) == len(told)
    return found


def _written(name: dm.VariableName) -> str:
    place = [str(number) for number in (name.evse, name.connector) if number is not None]
    return f"{name}" + (f"@{'.'.join(place)}" if place else "")


def _values(told: dict[str, dm.ReportedVariable]) -> dict[str, str | None]:
    return {name: one.attributes[0].value for name, one in told.items()}


# --- base reports ---------------------------------------------------------------------------------------------------


@pytest.mark.req("B07.FR.01", "B07.FR.03", "B07.FR.04", "B07.FR.08", "B07.FR.10", "B07.FR.11", "B07.FR.12")
def test_a_full_inventory_has_every_variable() -> None:
    """All that GetVariables would give, and the password without its value; each with its attribute and characteristics."""
    world = StationWorld(station="dc-150-ac-22")
    told = _told(world, _base())
    readable = world.command(dm.GetVariables())
    assert isinstance(readable, dm.GetVariablesOutcome)
    expected = {_written(result.name): result.value for result in readable.results}
    secret = {n for n, one in told.items() if one.attributes[0].mutability is dm.Mutability.WRITE_ONLY}
    assert "SecurityCtrlr.BasicAuthPassword" in secret
    assert _values(told) == expected | dict.fromkeys(secret)
    assert all(one.characteristics is not None for one in told.values())
    assert {one.attributes[0].type for one in told.values()} == {dm.AttributeType.ACTUAL}
    parts = _parts(world)
    assert {part.request_id for part in parts} == {7}
    assert [(part.seq_no, part.more) for part in parts] == [(at, at < len(parts) - 1) for at in range(len(parts))]


@pytest.mark.req("B07.FR.07", "B07.FR.12")
def test_a_configuration_inventory_has_what_can_be_set() -> None:
    """Nothing that is read-only."""
    world = StationWorld()
    full, settable = _told(world, _base()), _told(world, _base(dm.ReportBase.CONFIGURATION_INVENTORY))
    read_only = {
        n for n, one in full.items() if {each.mutability for each in one.attributes} == {dm.Mutability.READ_ONLY}
    }
    assert settable.keys() == full.keys() - read_only
    assert {"TxCtrlr.EVConnectionTimeOut", "SecurityCtrlr.BasicAuthPassword"} <= settable.keys()
    assert "DeviceDataCtrlr.ItemsPerMessage[GetReport]" in read_only


@pytest.mark.req("B07.FR.09")
def test_a_summary_has_the_state_of_each_place_and_what_is_wrong() -> None:
    """A connector is in it only where its state is not its EVSE's."""
    world = StationWorld()
    summary = _base(dm.ReportBase.SUMMARY_INVENTORY)
    fine = {"ChargingStation.AvailabilityState": "Available", "EVSE.AvailabilityState@1": "Available"}
    assert _values(_told(world, summary)) == fine
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1))
    assert _values(_told(world, summary)) == fine | {
        "EVSE.AvailabilityState@1": "Faulted",
        "EVSE.Problem@1": "true",
        "Connector.Problem@1.1": "true",
    }


@pytest.mark.req("B07.FR.02", "B07.FR.05")
def test_a_station_without_the_summary_says_so_and_reports_nothing() -> None:
    world = StationWorld(summary_report=False)
    assert _told(world, _base(dm.ReportBase.SUMMARY_INVENTORY), NOT_SUPPORTED) == {}
    assert _told(world, _base()), "the full one is there"


@pytest.mark.req("B07.FR.08", "B08.FR.12")
def test_a_variable_is_told_with_all_that_is_known_of_it() -> None:
    """Type, unit, limits, choices; who may change it and whether it outlives a restart."""
    told = _told(StationWorld(), _base())

    def of(name: str) -> tuple[dm.VariableAttribute, dm.VariableCharacteristics]:
        characteristics = told[name].characteristics
        assert characteristics is not None
        return told[name].attributes[0], characteristics

    assert of("OCPPCommCtrlr.HeartbeatInterval") == (
        dm.VariableAttribute(value="300", persistent=True),
        dm.VariableCharacteristics(
            data_type=dm.DataType.INTEGER, unit="s", min_limit=Decimal(1), max_limit=Decimal(2**31 - 1)
        ),
    )
    assert of("EVSE.AvailabilityState@1") == (
        dm.VariableAttribute(value="Available", mutability=dm.Mutability.READ_ONLY),
        dm.VariableCharacteristics(
            data_type=dm.DataType.OPTION_LIST, values_list="Available,Occupied,Reserved,Unavailable,Faulted"
        ),
    )
    assert of("SecurityCtrlr.BasicAuthPassword") == (
        dm.VariableAttribute(mutability=dm.Mutability.WRITE_ONLY, persistent=True),
        dm.VariableCharacteristics(data_type=dm.DataType.STRING, max_limit=Decimal(40)),
    )
    assert of("ClockCtrlr.DateTime")[0].persistent is False


def test_every_list_says_what_can_be_in_it() -> None:
    """A list without choices could hold nothing; and what is in it is one of them."""
    for name, one in _told(StationWorld(station="dc-250-dual"), _base()).items():
        assert one.characteristics is not None
        if one.characteristics.data_type.value.endswith("List"):
            choices = (one.characteristics.values_list or "").split(",")
            held = filter(None, (one.attributes[0].value or "").split(","))
            assert choices != [""], name
            assert set(held) <= set(choices), name


def test_a_report_tells_how_things_are_at_this_moment() -> None:
    """A value that was set, the clock, and what is in use."""
    world = StationWorld()
    timeout = dm.VariableName(component="TxCtrlr", variable="EVConnectionTimeOut")
    world.command(dm.SetVariables(settings=(dm.VariableSetting(name=timeout, value="90"),)))
    world.plug()
    world.pass_time(30)
    values = _values(_told(world, _base()))
    assert values["TxCtrlr.EVConnectionTimeOut"] == "90"
    assert values["ClockCtrlr.DateTime"] == "2026-03-01T08:00:30.000Z"
    assert values["Connector.AvailabilityState@1.1"] == "Occupied"


@pytest.mark.req("B07.FR.11")
def test_every_attribute_a_variable_has_is_told_set_or_not() -> None:
    """So the CSMS knows which there are; the configuration has those of them that can be set."""
    name = dm.VariableName(component="LiquidCoolingSystem", variable="FanSpeed")
    limits = (OtherAttribute(dm.AttributeType.MIN_SET), OtherAttribute(dm.AttributeType.MAX_SET, "5000"))
    fan = Declared(name, dm.DataType.INTEGER, "900", dm.Mutability.READ_ONLY, unit="RPM", others=limits)
    world = StationWorld()
    catalogue = catalogue_of(Family.OCPP2, world.hardware.layout)
    world.core._station.variables = Variables(Catalogue((*catalogue.specs.values(), fan)), {}, {})
    limits_told = [
        (dm.AttributeType.MIN_SET, None, dm.Mutability.READ_WRITE),
        (dm.AttributeType.MAX_SET, "5000", dm.Mutability.READ_WRITE),
    ]
    actual = (dm.AttributeType.ACTUAL, "900", dm.Mutability.READ_ONLY)

    def told(base: dm.ReportBase) -> list[tuple[dm.AttributeType, str | None, dm.Mutability]]:
        attributes = _told(world, _base(base))["LiquidCoolingSystem.FanSpeed"].attributes
        return [(one.type, one.value, one.mutability) for one in attributes]

    assert told(dm.ReportBase.FULL_INVENTORY) == [actual, *limits_told]
    assert told(dm.ReportBase.CONFIGURATION_INVENTORY) == limits_told


def test_what_never_changes_is_told_as_constant() -> None:
    """The type of a connector; not its state."""
    told = _told(StationWorld(), _base())
    assert told["Connector.ConnectorType@1.1"].attributes[0].constant
    assert told["Connector.ConnectorType@1.1"].attributes[0].persistent
    assert not told["Connector.AvailabilityState@1.1"].attributes[0].constant
    assert not told["TxCtrlr.EVConnectionTimeOut"].attributes[0].constant


# --- parts ----------------------------------------------------------------------------------------------------------


def _as_sent(world: StationWorld) -> list[int]:
    """Bytes of each part as 2.0.1 writes it."""
    messages = [DIALECT.write_fact(part) for part in _parts(world)]
    return [len(registry.encode(message)) for message in messages if message is not None]


@pytest.mark.req("B07.FR.03", "B07.FR.04", "B07.FR.10", "B08.FR.14")
@pytest.mark.parametrize(("command"), [_base(), _wanted()])
def test_a_long_report_goes_out_in_parts(command: Command) -> None:
    """Numbered from 0 under one request id, all but the last saying that more is to come, with all variables in order."""
    whole = StationWorld()
    whole.command(command)
    world = StationWorld(variables={ITEMS: "10"})
    world.command(command)
    parts = _parts(world)
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {(part.request_id, part.generated_at) for part in parts} == {(7, world.now)}
    assert {len(part.variables) for part in parts[:-1]} == {10}
    names = [one.name for part in parts for one in part.variables]
    assert names == [one.name for part in _parts(whole) for one in part.variables]


@given(st.integers(2_000, 20_000))
@settings(max_examples=15, deadline=None)
def test_no_part_has_more_bytes_than_a_message_may(most: int) -> None:
    """As the wire has them, whatever the limit (if one variable fits at all)."""
    world = StationWorld(station="dc-150-ac-22", variables={BYTES: str(most)})
    world.command(_base())
    assert len(_as_sent(world)) > 1
    assert max(_as_sent(world)) <= most


def test_what_fits_in_no_message_is_sent_all_the_same() -> None:
    """One variable a part at least, so that a report always ends."""
    world = StationWorld(variables={BYTES: "1"})
    world.command(_base())
    assert {len(part.variables) for part in _parts(world)} == {1}


@pytest.mark.req("B07.FR.01", "B08.FR.01")
def test_first_the_answer_then_a_part_then_the_next_once_it_was_answered() -> None:
    """Parts never overtake each other."""
    world = StationWorld(variables={ITEMS: "50"})
    world.csms.silent = lambda fact: isinstance(fact, dm.ReportPart)
    world.actions.clear()
    assert world.command(_base()) == ACCEPTED
    mine = [each for each in world.actions if isinstance(each, Answer) or _is_part(each)]
    assert [type(each) for each in mine] == [Answer, Say]
    assert [part.seq_no for part in _parts(world)] == [0]


def _is_part(action: Any) -> bool:
    return isinstance(action, Say) and isinstance(action.fact, dm.ReportPart)


@pytest.mark.req("B07.FR.13", "B08.FR.16")
def test_while_one_report_is_under_way_another_is_rejected() -> None:
    """It can be asked for again when the first has been told."""
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, dm.ReportPart)
    assert world.command(_base()) == ACCEPTED
    assert world.command(_base(request_id=8)) == REJECTED
    assert world.command(_wanted()) == REJECTED
    world.csms.silent = lambda _: False
    world.time_out()
    assert world.command(_base(request_id=9)) == ACCEPTED


def _answer_with_an_error(world: StationWorld) -> None:
    world.csms.refusing = lambda fact: "InternalError" if isinstance(fact, dm.ReportPart) else None
    world.command(_base())


def _never_answer(world: StationWorld) -> None:
    world.csms.silent = lambda fact: isinstance(fact, dm.ReportPart)
    world.command(_base())
    world.time_out()


def _cut(world: StationWorld) -> None:
    world.csms.silent = lambda fact: isinstance(fact, dm.ReportPart)
    world.command(_base())
    world.cut()
    world.connect()


@pytest.mark.parametrize("fail", [_answer_with_an_error, _never_answer, _cut])
def test_a_part_that_is_not_taken_ends_the_report(fail: Callable[[StationWorld], None]) -> None:
    """The rest is not sent, the log says so, and the next report is complete again."""
    world = StationWorld(variables={ITEMS: "20"})
    fail(world)
    assert [part.seq_no for part in _parts(world)] == [0]
    assert "Report 7 was given up at part 0: the CSMS did not take it." in world.notes
    world.csms.silent, world.csms.refusing = (lambda _: False), (lambda _: None)
    before = len(_parts(world))
    assert world.command(_base(request_id=8)) == ACCEPTED
    assert {part.request_id for part in _parts(world)[before:]} == {8}
    assert _parts(world)[-1].more is False


# --- custom reports -------------------------------------------------------------------------------------------------

ENABLED, AVAILABLE, ACTIVE, PROBLEM = (
    dm.ComponentCriterion.ENABLED,
    dm.ComponentCriterion.AVAILABLE,
    dm.ComponentCriterion.ACTIVE,
    dm.ComponentCriterion.PROBLEM,
)


def _components(told: dict[str, dm.ReportedVariable]) -> set[str]:
    return {one.name.component for one in told.values()}


@pytest.mark.req("B08.FR.01", "B08.FR.03", "B08.FR.04", "B08.FR.12")
def test_no_limit_at_all_is_everything() -> None:
    """As a full inventory; write-only values stay untold."""
    world = StationWorld()
    assert _told(world, _wanted()) == _told(world, _base())


@pytest.mark.req("B08.FR.07", "B08.FR.09")
def test_a_component_without_the_variable_meets_the_criterion() -> None:
    """One that is switched off does not."""
    world = StationWorld(variables={"AuthCacheCtrlr.Enabled": "false"})
    enabled = _components(_told(world, _wanted(ENABLED)))
    assert {"AuthCtrlr", "TxCtrlr"} <= enabled  # the one has the variable, the other has not
    assert "AuthCacheCtrlr" not in enabled
    active = _components(_told(world, _wanted(ACTIVE)))
    assert {"AuthCtrlr", "AuthCacheCtrlr", "ElectricalFeed"} <= active
    assert "PowerContactor" not in active  # it has the variable, and is open


@pytest.mark.req("B08.FR.08")
def test_what_is_not_available_is_not_reported_as_available() -> None:
    """The cache is not there; all others have `Available` true or have no such variable."""
    world = StationWorld(variables={"AuthCacheCtrlr.Available": "false"})
    assert "AuthCacheCtrlr" not in _components(_told(world, _wanted(AVAILABLE)))
    assert "TxCtrlr" in _components(_told(world, _wanted(AVAILABLE)))


@pytest.mark.req("B08.FR.10", "B08.FR.15")
def test_only_what_says_that_it_has_a_problem_has_one() -> None:
    """Nothing while all is well."""
    world = StationWorld(station="dc-150-ac-22")
    assert _told(world, _wanted(PROBLEM), EMPTY) == {}
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 2))
    told = _told(world, _wanted(PROBLEM))
    assert {(one.name.component, one.name.evse) for one in told.values()} == {("EVSE", 2), ("Connector", 2)}
    assert _values(told)["EVSE.AllowReset@2"] == "true"


@pytest.mark.req("B08.FR.13")
def test_one_of_several_criteria_is_enough() -> None:
    """Faulted places have a problem, all others are enabled."""
    world = StationWorld(variables={"AuthCacheCtrlr.Enabled": "false"})
    assert _told(world, _wanted(ENABLED, PROBLEM)) == _told(world, _wanted(ENABLED))
    assert "AuthCacheCtrlr" not in _components(_told(world, _wanted(ENABLED)))
    assert "AuthCacheCtrlr" in _components(_told(world, _wanted(ENABLED, AVAILABLE)))


def _of(component: str, **more: Any) -> tuple[dm.ComponentVariable, ...]:
    return (dm.ComponentVariable(component=component, **more),)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param(
            _of("DeviceDataCtrlr", variable="ItemsPerMessage", variable_instance="getvariables"),
            {"DeviceDataCtrlr.ItemsPerMessage[GetVariables]"},
            id="one instance, without regard to case",
            marks=pytest.mark.req("B08.FR.11"),
        ),
        pytest.param(
            _of("Connector", evse=2, variable="Available"),
            {"Connector.Available@2.1"},
            id="no connector",
            marks=pytest.mark.req("B08.FR.22"),
        ),
        pytest.param(
            _of("connector", variable="available"),
            {"Connector.Available@1.1", "Connector.Available@1.2", "Connector.Available@2.1"},
            id="no EVSE",
            marks=pytest.mark.req("B08.FR.23", "B08.FR.25"),
        ),
        pytest.param(
            (*_of("Connector", evse=1, connector=1, variable="Available"), *_of("ClockCtrlr", variable="DateTime")),
            {"Connector.Available@1.1", "ClockCtrlr.DateTime"},
            id="several",
            marks=pytest.mark.req("B08.FR.05", "B08.FR.11"),
        ),
        pytest.param(
            (*_of("ClockCtrlr", variable="DateTime"), *_of("Nobody")),
            {"ClockCtrlr.DateTime"},
            id="some unknown",
            marks=pytest.mark.req("B08.FR.11"),
        ),
    ],
)
def test_what_is_left_out_of_a_name_means_all(wanted: tuple[dm.ComponentVariable, ...], names: set[str]) -> None:
    """On a station with two EVSEs, one of them with two connectors."""
    told = _told(StationWorld(station=LAYOUT), _wanted(of=wanted))
    assert told.keys() == names
    assert all(one.characteristics is not None for one in told.values())


@pytest.mark.req("B08.FR.20", "B08.FR.21")
@pytest.mark.parametrize(
    ("wanted", "prefix", "some"),
    [
        (_of("AuthCacheCtrlr"), "AuthCacheCtrlr.", {"AuthCacheCtrlr.Enabled", "AuthCacheCtrlr.LifeTime"}),
        (
            _of("DeviceDataCtrlr", variable="ItemsPerMessage"),
            "DeviceDataCtrlr.ItemsPerMessage[",
            {"DeviceDataCtrlr.ItemsPerMessage[GetReport]", "DeviceDataCtrlr.ItemsPerMessage[GetVariables]"},
        ),
    ],
)
def test_a_component_without_variable_is_all_of_it(
    wanted: tuple[dm.ComponentVariable, ...], prefix: str, some: set[str]
) -> None:
    """And a variable without instance is every instance: as many as the full inventory has, and more than one."""
    world = StationWorld()
    told = _told(world, _wanted(of=wanted))
    assert told.keys() == {name for name in _told(world, _base()) if name.startswith(prefix)}
    assert some <= told.keys()


@pytest.mark.req("B08.FR.15", "B08.FR.05")
@pytest.mark.parametrize(
    "command",
    [
        _wanted(of=_of("Nobody")),
        _wanted(of=_of("TxCtrlr", variable="Nothing")),
        _wanted(of=_of("EVSE", evse=9)),
        _wanted(of=_of("EVSE", component_instance="left")),
        _wanted(PROBLEM, of=_of("EVSE", evse=1, variable="AvailabilityState")),
    ],
)
def test_what_nothing_answers_to_is_an_empty_result_set(command: Command) -> None:
    """And no part is sent."""
    world = StationWorld()
    assert _told(world, command, EMPTY) == {}
    assert _parts(world) == []


@pytest.mark.req("B08.FR.05")
def test_criteria_and_names_limit_each_other() -> None:
    """The one variable asked for, of the EVSE that is available."""
    told = _told(StationWorld(), _wanted(AVAILABLE, of=_of("EVSE", evse=1, variable="AvailabilityState")))
    assert _values(told) == {"EVSE.AvailabilityState@1": "Available"}


@pytest.mark.req("B08.FR.18")
def test_a_request_with_more_bytes_than_a_message_may_have_is_refused() -> None:
    """With the RPC error for it."""
    world = StationWorld(variables={BYTES: "150"})
    assert world.command(_wanted(of=_of("EVSE") * 5)) == "FormatViolation"
    assert world.command(_wanted(of=_of("EVSE"))) == ACCEPTED


@pytest.mark.req("B08.FR.17")
def test_more_names_than_a_message_may_hold_are_refused() -> None:
    """With the RPC error for it."""
    world = StationWorld(variables={ITEMS: "2"})
    assert world.command(_wanted(of=_of("EVSE") * 3)) == "OccurrenceConstraintViolation"
    assert world.command(_wanted(of=_of("EVSE") * 2)) == ACCEPTED
