"""Variables: read and set by the CSMS, kept over restarts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.device_model import (
    AttributeType,
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.errors import MisuseError
from pilotwire.station.core import Family, VariableChanged
from pilotwire.station.core.variable_table import DataType, Declared, Mutability, declared_variables
from pilotwire.station.core.variables import fits, key_of
from pilotwire.station.hardware.simulated import layout
from tests.support.station_world import StationWorld

TIMEOUT = VariableName(component="TxCtrlr", variable="EVConnectionTimeOut")


def _name(component: str, variable: str, instance: str | None = None, evse: int | None = None) -> VariableName:
    return VariableName(component=component, variable=variable, variable_instance=instance, evse=evse)


def _get(world: StationWorld, *queries: VariableQuery) -> tuple[VariableResult, ...]:
    outcome = world.command(GetVariables(asked=queries))
    assert isinstance(outcome, GetVariablesOutcome)
    return outcome.results


def _set(world: StationWorld, *settings: VariableSetting) -> list[SetVariableStatus]:
    outcome = world.command(SetVariables(settings=settings))
    assert isinstance(outcome, SetVariablesOutcome)
    assert [(one.name, one.attribute) for one in outcome.results] == [(one.name, one.attribute) for one in settings]
    return [one.status for one in outcome.results]


@pytest.mark.req("B06.FR.01", "B06.FR.02", "B06.FR.04", "B06.FR.10", "B06.FR.11")
def test_values_are_given_in_the_order_asked_for() -> None:
    """One result a query, names without regard to case."""
    attempts = _name("ocppcommctrlr", "MESSAGEATTEMPTS", "transactionevent")
    first, second = _get(StationWorld(), VariableQuery(name=TIMEOUT), VariableQuery(name=attempts))
    assert (first.name, first.value, first.attribute) == (TIMEOUT, "60", AttributeType.ACTUAL)
    assert (second.name, second.value, second.status) == (attempts, "3", VariableStatus.ACCEPTED)


@pytest.mark.req("B06.FR.06", "B06.FR.07", "B06.FR.08", "B06.FR.09", "B06.FR.03", "B06.FR.15")
@pytest.mark.parametrize(
    ("name", "attribute", "status"),
    [
        (_name("Nobody", "X"), AttributeType.ACTUAL, VariableStatus.UNKNOWN_COMPONENT),
        (_name("TxCtrlr", "X"), AttributeType.ACTUAL, VariableStatus.UNKNOWN_VARIABLE),
        (_name("OCPPCommCtrlr", "MessageAttempts"), AttributeType.ACTUAL, VariableStatus.UNKNOWN_VARIABLE),
        (TIMEOUT, AttributeType.MAX_SET, VariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE),
        (_name("SecurityCtrlr", "BasicAuthPassword"), AttributeType.ACTUAL, VariableStatus.REJECTED),
        (_name("EVSE", "Available", evse=9), AttributeType.ACTUAL, VariableStatus.UNKNOWN_COMPONENT),
    ],
)
def test_what_cannot_be_read_says_why(name: VariableName, attribute: AttributeType, status: VariableStatus) -> None:
    """The right status, the attribute asked for, and no value."""
    (result,) = _get(StationWorld(), VariableQuery(name=name, attribute=attribute))
    assert result == VariableResult(name=name, status=status, attribute=attribute)


@pytest.mark.req("B05.FR.01", "B05.FR.02", "B05.FR.10", "B05.FR.12")
def test_a_value_is_set_and_outlives_a_restart() -> None:
    """Accepted, told to the shell, kept."""
    world = StationWorld()
    assert _set(world, VariableSetting(name=TIMEOUT, value="090")) == [SetVariableStatus.ACCEPTED]
    assert VariableChanged(TIMEOUT, "90") in world.actions
    world.kill()
    assert world.core.variable("TxCtrlr.EVConnectionTimeOut") == "90"


@pytest.mark.req("B05.FR.03", "B05.FR.04", "B05.FR.05", "B05.FR.06", "B05.FR.07", "B05.FR.08", "B05.FR.09")
@pytest.mark.parametrize(
    ("name", "value", "attribute", "status"),
    [
        (_name("Nobody", "X"), "1", AttributeType.ACTUAL, SetVariableStatus.UNKNOWN_COMPONENT),
        (_name("TxCtrlr", "X"), "1", AttributeType.ACTUAL, SetVariableStatus.UNKNOWN_VARIABLE),
        (TIMEOUT, "1", AttributeType.TARGET, SetVariableStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE),
        (TIMEOUT, "soon", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (TIMEOUT, "-1", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (TIMEOUT, "1.5", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (_name("TxCtrlr", "StopTxOnInvalidId"), "yes", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (_name("TxCtrlr", "TxStartPoint"), "Authorized,Noon", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (_name("TxCtrlr", "TxStartPoint"), "Authorized,Authorized", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (_name("SecurityCtrlr", "BasicAuthPassword"), "short", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
        (_name("SecurityCtrlr", "SecurityProfile"), "1", AttributeType.ACTUAL, SetVariableStatus.REJECTED),
    ],
)
def test_what_cannot_be_set_says_why(
    name: VariableName, value: str, attribute: AttributeType, status: SetVariableStatus
) -> None:
    """Nothing is changed or told to the shell."""
    world = StationWorld()
    assert _set(world, VariableSetting(name=name, value=value, attribute=attribute)) == [status]
    assert not [action for action in world.actions if isinstance(action, VariableChanged)]


def test_good_and_bad_settings_in_one_command() -> None:
    """Each has its own result."""
    results = _set(StationWorld(), VariableSetting(name=TIMEOUT, value="x"), VariableSetting(name=TIMEOUT, value="7"))
    assert results == [SetVariableStatus.REJECTED, SetVariableStatus.ACCEPTED]


def test_no_names_means_all_that_can_be_read() -> None:
    """As 1.6 asks (1.6:5.8); the password is not among them."""
    world = StationWorld(ocpp16=True)
    results = {str(one.name): one for one in _get(world)}
    assert results["NumberOfConnectors"].value == "1"
    assert results["NumberOfConnectors"].read_only is True
    assert results["TxCtrlr.EVConnectionTimeOut"].read_only is False
    assert "SecurityCtrlr.BasicAuthPassword" not in results


def test_some_values_are_as_things_are_now() -> None:
    """The clock, and what is in use."""
    world = StationWorld()
    state = VariableName(component="EVSE", variable="AvailabilityState", evse=1)
    clock = _name("ClockCtrlr", "DateTime")
    world.plug()
    world.pass_time(60)
    values = [one.value for one in _get(world, VariableQuery(name=state), VariableQuery(name=clock))]
    assert values == ["Occupied", "2026-03-01T08:01:00.000Z"]


def test_a_name_of_ours_that_is_not_declared_is_a_bug() -> None:
    """MisuseError."""
    with pytest.raises(MisuseError):
        StationWorld().core.variable("TxCtrlr.Nonsense")


@pytest.mark.parametrize("family", list(Family))
def test_defaults_fit_their_own_declaration(family: Family) -> None:
    """Whatever can be written would be accepted as it is; names are declared once."""
    declared = declared_variables(family, layout("dc-150-ac-22"))
    for spec in declared:
        if spec.mutability is Mutability.READ_WRITE:
            assert fits(spec, spec.default) == spec.default, str(spec.name)
    keys = [key_of(spec.name) for spec in declared]
    assert len(keys) == len(set(keys))


NUMBER = Declared(TIMEOUT, DataType.INTEGER, "1", low=0, high=100)


@given(st.integers(-1000, 1000))
def test_integers_are_kept_within_their_limits(number: int) -> None:
    """What is kept is the number as it is usually written."""
    kept = fits(NUMBER, str(number))
    assert kept == (str(number) if 0 <= number <= 100 else None)


@given(st.text())
def test_any_text_is_taken_or_left(text: str) -> None:
    """No value from outside raises, and what was kept is kept again."""
    for type_ in DataType:
        spec = Declared(TIMEOUT, type_, "", values=("a", "b"), high=50)
        kept = fits(spec, text)
        assert kept is None or fits(spec, kept) == kept
