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
from pilotwire.domain.kinds import Reason
from pilotwire.errors import ConfigError, MisuseError
from pilotwire.station.core import Family, VariableChanged
from pilotwire.station.core.device_model_catalogue import Catalogue
from pilotwire.station.core.device_model_declared import catalogue_of
from pilotwire.station.core.variable_table import DataType, Declared, Mutability, OtherAttribute
from pilotwire.station.core.variables import Variables, fits
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
    reason = Reason(code="WriteOnly") if status is VariableStatus.REJECTED else None
    assert result == VariableResult(name=name, status=status, attribute=attribute, reason=reason)


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


@pytest.mark.req("B05.FR.07")
@pytest.mark.parametrize(
    ("type_", "value", "kept"),
    [
        (DataType.DECIMAL, "1.50", "1.50"),
        (DataType.DECIMAL, "-3", None),
        (DataType.DECIMAL, "100.1", None),
        (DataType.DECIMAL, "1,5", None),
        (DataType.DECIMAL, "1e1", None),
        (DataType.DECIMAL, "NaN", None),
        (DataType.DATE_TIME, "2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        (DataType.DATE_TIME, "2026-03-01T08:00:00.123+01:00", "2026-03-01T08:00:00.123+01:00"),
        (DataType.DATE_TIME, "2026-02-30T08:00:00Z", None),
        (DataType.DATE_TIME, "2026-03-01T08:00:00", None),
        (DataType.OPTION_LIST, "a", "a"),
        (DataType.OPTION_LIST, "a,b", None),
        (DataType.SEQUENCE_LIST, "b, a", "b,a"),
        (DataType.BOOLEAN, "TRUE", "true"),
        (DataType.BOOLEAN, "1", None),
    ],
)
def test_a_value_is_what_its_type_says(type_: DataType, value: str, kept: str | None) -> None:
    """Written as the standard writes it, and within its limits."""
    assert fits(Declared(TIMEOUT, type_, "", values=("a", "b"), low=0, high=100), value) == kept


# --- attributes, persistence, reboot --------------------------------------------------------------------------------

FAN = VariableName(component="LiquidCoolingSystem", variable="FanSpeed")
KEY = "LiquidCoolingSystem.FanSpeed"
BOUND = (OtherAttribute(AttributeType.MIN_SET), OtherAttribute(AttributeType.MAX_SET))
TARGET = OtherAttribute(AttributeType.TARGET, "1000", Mutability.READ_ONLY)
SPEED = Declared(FAN, DataType.INTEGER, "2000", low=0, high=5000, others=(*BOUND, TARGET))


def _own(spec: Declared, values: dict[str, str] | None = None) -> Variables:
    return Variables(Catalogue((spec,)), {}, values or {})


def _put(variables: Variables, value: str, attribute: AttributeType = AttributeType.ACTUAL) -> SetVariableStatus:
    setting = VariableSetting(name=FAN, value=value, attribute=attribute)
    outcome, _ = variables.set(SetVariables(settings=(setting,)))
    return outcome.results[0].status


def _read(variables: Variables, attribute: AttributeType = AttributeType.ACTUAL) -> VariableResult:
    query = VariableQuery(name=FAN, attribute=attribute)
    (result,) = variables.get(GetVariables(asked=(query,)), lambda _: None).results
    return result


@pytest.mark.req("B05.FR.03", "B06.FR.03", "B06.FR.13")
def test_attributes_have_values_and_mutabilities_of_their_own() -> None:
    """One that is not set is told as an empty text; one that is read-only stays."""
    variables = _own(SPEED)
    assert (_read(variables, AttributeType.MIN_SET).status, _read(variables, AttributeType.MIN_SET).value) == (
        VariableStatus.ACCEPTED,
        "",
    )
    assert _put(variables, "1500", AttributeType.MIN_SET) is SetVariableStatus.ACCEPTED
    assert _put(variables, "1500", AttributeType.TARGET) is SetVariableStatus.REJECTED
    assert [_read(variables, kind).value for kind in AttributeType] == ["2000", "1000", "1500", ""]
    assert [_read(variables, kind).read_only for kind in AttributeType] == [False, True, False, False]
    assert variables.text(KEY, AttributeType.MIN_SET) == "1500"


@pytest.mark.req("B05.FR.08")
def test_what_is_set_as_limit_limits() -> None:
    """Actual stays between MinSet and MaxSet, which do not cross, and lie within what the variable can be at all."""
    variables = _own(SPEED)
    assert _put(variables, "1000", AttributeType.MIN_SET) is SetVariableStatus.ACCEPTED
    assert _put(variables, "3000", AttributeType.MAX_SET) is SetVariableStatus.ACCEPTED
    assert _put(variables, "999") is SetVariableStatus.REJECTED
    assert _put(variables, "3001") is SetVariableStatus.REJECTED
    assert _put(variables, "3000") is SetVariableStatus.ACCEPTED
    assert _put(variables, "3001", AttributeType.MIN_SET) is SetVariableStatus.REJECTED
    assert _put(variables, "999", AttributeType.MAX_SET) is SetVariableStatus.REJECTED
    assert _put(variables, "5001", AttributeType.MAX_SET) is SetVariableStatus.REJECTED
    assert _read(variables).value == "3000"


def test_attributes_outlive_a_restart_with_their_variable() -> None:
    """They are among the values that are saved."""
    before = _own(SPEED)
    _put(before, "1000", AttributeType.MIN_SET)
    after = _own(SPEED, before.values)
    assert after.text(KEY, AttributeType.MIN_SET) == "1000"
    assert after.text(KEY) == "2000"


def test_what_is_not_persistent_returns_to_its_default() -> None:
    """It is kept only as long as the station runs."""
    passing = Declared(FAN, DataType.INTEGER, "2000", persistent=False)
    before = _own(passing)
    assert _put(before, "2500") is SetVariableStatus.ACCEPTED
    assert before.text(KEY) == "2500"
    assert before.values == {}
    assert _own(passing, before.values).text(KEY) == "2000"


def test_what_needs_a_reboot_counts_from_the_next_start() -> None:
    """Until then the value in force is told and followed, and nobody is told of a change."""
    spec = Declared(FAN, DataType.INTEGER, "2000", reboot_required=True)
    before = _own(spec)
    outcome, done = before.set(SetVariables(settings=(VariableSetting(name=FAN, value="2500"),)))
    assert outcome.results[0].status is SetVariableStatus.REBOOT_REQUIRED
    assert done == ()
    assert _put(before, "2600") is SetVariableStatus.REBOOT_REQUIRED
    assert (before.text(KEY), _read(before).value) == ("2000", "2000")
    assert _own(spec, before.values).text(KEY) == "2600"
    before.put(KEY, "1")
    assert before.text(KEY) == "1"  # from inside it counts at once


def test_first_values_that_cannot_be_are_refused() -> None:
    """With a sentence, when the station is set up."""
    with pytest.raises(ConfigError):
        Variables(Catalogue((SPEED,)), {KEY: "9000"}, {})
    with pytest.raises(ConfigError):
        Variables(Catalogue((SPEED,)), {"Nobody.X": "1"}, {})


def test_a_write_only_attribute_is_not_told() -> None:
    """In any of its attributes."""
    spec = Declared(
        FAN, DataType.INTEGER, "1", others=(OtherAttribute(AttributeType.TARGET, "", Mutability.WRITE_ONLY),)
    )
    assert _read(_own(spec), AttributeType.TARGET).status is VariableStatus.REJECTED


# --- instances ------------------------------------------------------------------------------------------------------


@pytest.mark.req("B05.FR.04", "B06.FR.14", "B06.FR.15")
def test_instances_of_a_component_are_components_of_their_own() -> None:
    """Each with its value; without the instance there is no such component."""
    left, right = (
        VariableName(component="LiquidCoolingSystem", variable="FanSpeed", component_instance=side)
        for side in ("L", "R")
    )
    variables = Variables(Catalogue(Declared(name, DataType.INTEGER, "1") for name in (left, right)), {}, {})
    settings = (VariableSetting(name=left, value="7"), VariableSetting(name=FAN, value="8"))
    outcome, _ = variables.set(SetVariables(settings=settings))
    assert [one.status for one in outcome.results] == [SetVariableStatus.ACCEPTED, SetVariableStatus.UNKNOWN_COMPONENT]
    asked = tuple(VariableQuery(name=name) for name in (left, right, FAN))
    results = variables.get(GetVariables(asked=asked), lambda _: None).results
    assert [one.value for one in results] == ["7", "1", None]
    assert results[2].status is VariableStatus.UNKNOWN_COMPONENT


# --- what one message may hold --------------------------------------------------------------------------------------


@pytest.mark.req("B06.FR.16", "B06.FR.17")
def test_more_than_a_message_may_hold_is_refused() -> None:
    """Too many names, and too many bytes; as many as may be are answered."""
    query = VariableQuery(name=TIMEOUT)
    setting = VariableSetting(name=TIMEOUT, value="9")
    few = StationWorld(
        variables={f"DeviceDataCtrlr.ItemsPerMessage[{name}]": "2" for name in ("GetVariables", "SetVariables")}
    )
    assert len(_get(few, query, query)) == 2
    assert few.command(GetVariables(asked=(query,) * 3)) == "OccurrenceConstraintViolation"
    assert few.command(SetVariables(settings=(setting,) * 3)) == "OccurrenceConstraintViolation"
    assert few.core.variable("TxCtrlr.EVConnectionTimeOut") == "60"
    short = StationWorld(
        variables={f"DeviceDataCtrlr.BytesPerMessage[{name}]": "200" for name in ("GetVariables", "SetVariables")}
    )
    assert len(_get(short, query)) == 1
    assert short.command(GetVariables(asked=(query,) * 4)) == "FormatViolation"
    assert short.command(SetVariables(settings=(setting,) * 4)) == "FormatViolation"


@pytest.mark.req("B05.FR.08")
def test_a_value_longer_than_the_station_says_is_rejected() -> None:
    """ConfigurationValueSize, where the variable has no limit of its own."""
    world = StationWorld()
    most = int(world.core.variable("DeviceDataCtrlr.ConfigurationValueSize"))
    specs = catalogue_of(Family.OCPP2, world.hardware.layout).specs.values()
    world.core._station.variables = Variables(Catalogue((*specs, Declared(FAN, DataType.STRING, ""))), {}, {})
    values = ["x" * (most + 1), "x" * most]
    statuses = [_set(world, VariableSetting(name=FAN, value=value)) for value in values]
    assert statuses == [[SetVariableStatus.REJECTED], [SetVariableStatus.ACCEPTED]]
