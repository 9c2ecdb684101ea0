"""What a version cannot say: a sentence before a byte is sent, or what does not fit left out, and never an invalid message."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    ClearCache,
    TransactionLimit,
)
from pilotwire.domain.availability import (
    Activity,
    Availability,
    ChangeAvailability,
    ConnectorState,
    ConnectorStatus,
    Problem,
)
from pilotwire.domain.data_transfer import (
    DataTransferred,
    DataTransferStatus,
    DataTransferVerdict,
    SendData,
)
from pilotwire.domain.device_model import (
    AttributeType,
    GetVariables,
    GetVariablesOutcome,
    SetVariables,
    VariableName,
    VariableQuery,
    VariableResult,
    VariableSetting,
    VariableStatus,
)
from pilotwire.domain.identity import STATION, EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Command, Fact
from pilotwire.domain.metering import MeterReading, MeterValuesReported, Sample, SignedMeterValue, register_reading
from pilotwire.domain.provisioning import Reset, ResetKind, StationBooted, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import (
    EventKind,
    StoppedReason,
    TransactionEvent,
    TransactionVerdict,
    TriggerReason,
)
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp import v16, v21, v201
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201, answered, commands, facts, heard, maybe, moments, text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRIVER = IdToken(value="04A1B2C3", type="ISO14443")
EVERY_VERSION = pytest.mark.parametrize("version", list(OcppVersion), ids=str)


def _name(component: str, variable: str, **more: Any) -> VariableName:
    return VariableName(component=component, variable=variable, **more)


# --- commands a version has no words for -----------------------------------------------------------------------------------------------

UNSAYABLE_COMMANDS: list[tuple[OcppVersion, Command, str]] = [
    (V16, RequestStart(id_token=IdToken(value="x" * 21)), "at most 20"),
    (V16, RequestStart(id_token=DRIVER, evse=0), "connector from 1"),
    (V16, Reset(kind=ResetKind.IMMEDIATE, evse=1), "whole station"),
    (V16, Reset(kind=ResetKind.RESUME), "resume"),
    (V16, TriggerMessage(message="TransactionEvent"), "TransactionEvent"),
    (V16, TriggerMessage(message="StatusNotification", address=EvseAddress(evse=1, connector=2)), "connector 2"),
    (V16, RequestStop(transaction_id="4c1b5a1e"), "no number"),
    (V16, RequestStop(transaction_id="1_000"), "no number"),
    (V16, RequestStop(transaction_id=" 12"), "no number"),
    (V16, RequestStop(transaction_id="007"), "no number"),
    (V16, RequestStop(transaction_id="٣"), "no number"),
    (V16, UnlockConnector(evse=1, connector=2), "connector 2"),
    (V16, UnlockConnector(evse=0), "from 1 on"),
    (V16, ChangeAvailability(operative=True, address=EvseAddress(evse=2, connector=3)), "connector 3"),
    (V16, GetVariables(asked=(VariableQuery(name=_name("EVSE", "Power")),)), "no configuration key"),
    (V16, GetVariables(asked=(VariableQuery(name=_name("", "MyKey", evse=1)),)), "no configuration key"),
    (V16, GetVariables(asked=(VariableQuery(name=_name("", "k" * 51)),)), "length <= 50"),
    (
        V16,
        GetVariables(
            asked=(VariableQuery(name=_name("OCPPCommCtrlr", "HeartbeatInterval"), attribute=AttributeType.TARGET),)
        ),
        "actual value",
    ),
    (V16, SetVariables(settings=(VariableSetting(name=_name("", "MyKey"), value="v" * 501),)), "length <= 500"),
    (V16, SendData(vendor_id="org.example", data={"a": 1}), "carries text"),
    (V16, SendData(vendor_id="v" * 256), "length <= 255"),
    (V201, RequestStart(id_token=DRIVER), "remoteStartId"),
    (V201, RequestStart(id_token=DRIVER, remote_start_id=1, evse=0), "EVSE from 1"),
    (V201, RequestStart(id_token=IdToken(value="x" * 37, type="Central"), remote_start_id=1), "length <= 36"),
    (V201, RequestStart(id_token=IdToken(value="x", type="DirectPayment"), remote_start_id=1), "DirectPayment"),
    (V201, Reset(kind=ResetKind.RESUME), "ImmediateAndResume"),
    (V201, TriggerMessage(message="SignV2G20Certificate"), "SignV2G20Certificate"),
    (V201, TriggerMessage(message="DiagnosticsStatusNotification"), "DiagnosticsStatusNotification"),
    (V201, TriggerMessage(message="StatusNotification"), "one connector"),
    (V21, TriggerMessage(message="StatusNotification", address=EvseAddress(evse=1)), "one connector"),
    (V201, RequestStop(transaction_id="t" * 37), "length <= 36"),
    (V201, GetVariables(), "must name variables"),
    (V201, GetVariables(asked=(VariableQuery(name=_name("", "MyVendorKey")),)), "no variable"),
    (V201, SetVariables(settings=()), "length >= 1"),
    (V201, SendData(vendor_id="org.example", data=object()), "DataTransfer"),
    (V201, SendData(vendor_id="org.example", data=Decimal("NaN")), "DataTransfer"),
    (V201, SendData(vendor_id="half a surrogate pair: \ud800"), "DataTransfer"),
    (V21, TriggerMessage(message="CustomTrigger"), "CustomTrigger says what"),
    (V21, TriggerMessage(message="Heartbeat", custom="blink"), "CustomTrigger says what"),
    (V201, TriggerMessage(message="CustomTrigger", custom="blink"), "no custom triggers"),
    (V16, TriggerMessage(message="Heartbeat", custom="blink"), "no custom triggers"),
    (V21, Reset(kind=ResetKind.ON_IDLE, evse=-1), ">= 0"),
]


@pytest.mark.parametrize(("version", "command", "because"), UNSAYABLE_COMMANDS)
def test_a_command_without_words_is_refused_with_a_sentence(
    version: OcppVersion, command: Command, because: str
) -> None:
    """Nothing is sent, and the person learns why."""
    with pytest.raises(NotSayable, match=because) as refused:
        DIALECTS[version].write_command(command)
    assert refused.value.what.endswith(".")


def test_what_2_0_1_cannot_say_2_1_can() -> None:
    """The refusals above are those of a version, not of ours."""
    (reset,) = DIALECTS[V21].write_command(Reset(kind=ResetKind.RESUME))
    assert reset == v21.ResetRequest(type="ImmediateAndResume")
    (start,) = DIALECTS[V21].write_command(
        RequestStart(id_token=IdToken(value="x" * 255, type="DirectPayment"), remote_start_id=1)
    )
    assert isinstance(start, v21.RequestStartTransactionRequest)


# --- facts a version has no words for --------------------------------------------------------------------------------------------------


def _event(**more: Any) -> TransactionEvent:
    told: dict[str, Any] = {
        "kind": EventKind.UPDATED,
        "transaction_id": "7",
        "at": NOON,
        "trigger": TriggerReason.METER_VALUE_PERIODIC,
        "address": EvseAddress(evse=1, connector=1),
        "seq_no": 3,
    }
    return TransactionEvent(**(told | more))


REGISTER = (register_reading(NOON, Decimal(500), "Transaction.Begin"),)
STATE = ConnectorState(availability=Availability.OCCUPIED, activity=Activity.CHARGING)

UNSAYABLE_FACTS: list[tuple[OcppVersion, Fact, str]] = [
    (V16, AuthorizationAsked(id_token=IdToken(value="x" * 21)), "at most 20"),
    (V16, _event(kind=EventKind.STARTED, readings=REGISTER), "idTag"),
    (V16, _event(kind=EventKind.STARTED, id_token=DRIVER, address=None, readings=REGISTER), "connector"),
    (V16, _event(kind=EventKind.STARTED, id_token=DRIVER), "energy register"),
    (V16, _event(kind=EventKind.ENDED), "energy register"),
    (
        V16,
        _event(kind=EventKind.ENDED, readings=(register_reading(NOON, Decimal("1E+999999"), "Transaction.End"),)),
        "no meter register",
    ),
    (V16, ConnectorStatus(address=STATION, at=NOON, state=STATE), "connector 0"),
    (V16, ConnectorStatus(address=EvseAddress(evse=1, connector=2), at=NOON, state=STATE), "connector 2"),
    (
        V16,
        ConnectorStatus(
            address=EvseAddress(evse=1),
            at=NOON,
            state=ConnectorState(availability=Availability.FAULTED, problem=Problem(code="Gremlins")),
        ),
        "Gremlins",
    ),
    (V16, DataTransferred(vendor_id="org.example", data=[1]), "carries text"),
    (V16, StationBooted(station=StationIdentity(vendor="v" * 21, model="m")), "length <= 20"),
    (V201, _event(transaction_id=None), "transaction's id"),
    (V201, _event(seq_no=None), "sequence number"),
    (V201, ConnectorStatus(address=EvseAddress(evse=1, connector=1), at=None, state=STATE), "time"),
    (V201, SecurityEvent(type="t" * 51, at=NOON), "length <= 50"),
    (V21, _event(phases_used=4), "<= 3"),
]


@pytest.mark.parametrize(("version", "fact", "because"), UNSAYABLE_FACTS)
def test_a_fact_without_words_is_refused_with_a_sentence(version: OcppVersion, fact: Fact, because: str) -> None:
    """The station learns that this cannot be told, before a byte is sent."""
    with pytest.raises(NotSayable, match=because):
        DIALECTS[version].write_fact(fact, named="7")


# --- whatever is asked, nothing invalid leaves ------------------------------------------------------------------------------------------

careful = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@EVERY_VERSION
@given(said=st.one_of(*map(commands, OcppVersion)))
@careful
def test_any_command_is_said_validly_or_refused(version: OcppVersion, said: Command) -> None:
    """Commands of every version, given in each: valid on the wire, or NotSayable, never anything else."""
    try:
        requests = DIALECTS[version].write_command(said)
    except NotSayable:
        return
    for request in requests:
        heard(request)


@EVERY_VERSION
@given(said=st.one_of(*map(facts, OcppVersion)))
@careful
def test_any_fact_is_said_validly_or_refused(version: OcppVersion, said: Fact) -> None:
    """Facts of every version, stated in each."""
    try:
        request = DIALECTS[version].write_fact(said, named="7")
    except NotSayable:
        return
    if request is not None:
        heard(request)


anything = text(600, 0)
groups = st.builds(IdToken, value=anything, type=maybe(anything | st.just("Central")))
any_authorization = st.builds(
    AuthorizationVerdict,
    status=st.sampled_from(AuthorizationStatus),
    expires_at=maybe(moments),
    group=maybe(groups),
    priority=maybe(st.integers(-9, 9)),
    language=maybe(anything),
    language2=maybe(anything),
    message=maybe(anything),
)


@EVERY_VERSION
@given(verdict=any_authorization)
@careful
@pytest.mark.req("C09.FR.10", "1.6:4.1")
def test_any_judgement_reaches_the_station(version: OcppVersion, verdict: AuthorizationVerdict) -> None:
    """Whatever an operator put on record for a token, the answer is valid, and accepted stays accepted, refused refused."""
    fact = AuthorizationAsked(id_token=DRIVER)
    response = answered(DIALECTS[version].write_verdict(fact, verdict))
    told = DIALECTS[version].read_verdict(fact, response)
    assert isinstance(told, AuthorizationVerdict)
    assert told.accepted is verdict.accepted


@EVERY_VERSION
@given(verdict=any_authorization, message=maybe(anything))
@careful
@pytest.mark.req("E01.FR.12", "1.6:4.8")
def test_any_judgement_of_a_start_reaches_the_station(
    version: OcppVersion, verdict: AuthorizationVerdict, message: str | None
) -> None:
    """The same in the answer to a start."""
    start = _event(kind=EventKind.STARTED, id_token=DRIVER, readings=REGISTER)
    verdict_on_start = TransactionVerdict(transaction_id="7", authorization=verdict, message=message)
    response = answered(DIALECTS[version].write_verdict(start, verdict_on_start))
    told = DIALECTS[version].read_verdict(start, response)
    assert isinstance(told, TransactionVerdict)
    assert told.authorization is not None
    assert told.authorization.accepted is verdict.accepted


# --- what does not fit and is not worth failing for -------------------------------------------------------------------------------------


def test_a_group_that_does_not_fit_is_left_out() -> None:
    """It could match no other token's group, and the driver's answer must not fail by it."""
    verdict = AuthorizationVerdict(
        status=AuthorizationStatus.ACCEPTED, group=IdToken(value="g" * 40, type="Central"), language="far-too-long"
    )
    fact = AuthorizationAsked(id_token=DRIVER)
    accepted = AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED)
    assert DIALECTS[V16].read_verdict(fact, DIALECTS[V16].write_verdict(fact, verdict)) == accepted
    assert DIALECTS[V201].read_verdict(fact, DIALECTS[V201].write_verdict(fact, verdict)) == accepted
    in_2_1 = DIALECTS[V21].read_verdict(fact, DIALECTS[V21].write_verdict(fact, verdict))
    assert isinstance(in_2_1, AuthorizationVerdict)
    assert in_2_1.group == verdict.group  # 255 characters fit there


def test_what_a_meter_measured_elsewhere_is_left_out_not_moved_to_the_outlet() -> None:
    """2.1's `Upstream` is unknown to the others; written without a place it would become the register a driver pays by."""
    upstream = Sample(value=Decimal(5), location="Upstream")
    outlet = Sample(value=Decimal(3))
    report = MeterValuesReported(
        address=EvseAddress(evse=1, connector=1), readings=(MeterReading(at=NOON, samples=(upstream, outlet)),)
    )
    for version in (V16, V201):
        request = DIALECTS[version].write_fact(report)
        assert request is not None
        read = DIALECTS[version].read_fact(heard(request))
        assert isinstance(read, MeterValuesReported)
        assert read.readings[0].samples == (outlet,)
    only_upstream = MeterValuesReported(
        address=EvseAddress(evse=1), readings=(MeterReading(at=NOON, samples=(upstream,)),)
    )
    assert DIALECTS[V16].write_fact(only_upstream) is None
    assert DIALECTS[V201].write_fact(only_upstream) is None
    assert DIALECTS[V21].write_fact(only_upstream) is not None


def test_a_unit_1_6_does_not_have_is_not_dropped_from_the_number() -> None:
    """Twelve millivolt are not twelve volt."""
    millivolt = Sample(value=Decimal(12), measurand="Voltage", unit="mV")
    report = MeterValuesReported(address=STATION, readings=(MeterReading(at=NOON, samples=(millivolt,)),))
    assert DIALECTS[V16].write_fact(report) is None
    assert DIALECTS[V201].write_fact(report) is not None


def test_in_1_6_the_number_and_its_signature_are_two_samples() -> None:
    """What the meter signed is the driver's proof: it is not lost where a sample has room for one value."""
    signed = SignedMeterValue(data="OCMF|{}|{}", encoding_method="OCMF")
    report = MeterValuesReported(
        address=EvseAddress(evse=1, connector=1),
        readings=(MeterReading(at=NOON, samples=(Sample(value=Decimal(3), signed=signed),)),),
    )
    request = DIALECTS[V16].write_fact(report)
    assert request is not None
    read = DIALECTS[V16].read_fact(heard(request))
    assert isinstance(read, MeterValuesReported)
    assert read.readings[0].samples == (Sample(value=Decimal(3)), Sample(value=None, signed=signed))


@pytest.mark.parametrize("reason", [StoppedReason.REQ_ENERGY_TRANSFER_REJECTED, StoppedReason.UNLOCK_COMMAND])
def test_an_end_is_told_even_if_its_reason_has_no_word(reason: StoppedReason) -> None:
    """The reason becomes Other; the end of a transaction is worth more than why."""
    fact = _event(
        kind=EventKind.ENDED,
        trigger=TriggerReason.ABNORMAL_CONDITION,
        stopped_reason=reason,
        readings=(register_reading(NOON, Decimal(900), "Transaction.End"),),
    )
    request = DIALECTS[V201].write_fact(fact)
    assert isinstance(request, v201.TransactionEventRequest)
    assert request.transaction_info.stopped_reason == "Other"


@pytest.mark.parametrize("reason", list(StoppedReason))
def test_1_6_has_some_word_for_every_reason(reason: StoppedReason) -> None:
    """What 1.6 cannot name is Other."""
    fact = _event(
        kind=EventKind.ENDED,
        stopped_reason=reason,
        readings=(register_reading(NOON, Decimal(900), "Transaction.End"),),
    )
    request = DIALECTS[V16].write_fact(fact, named="7")
    assert isinstance(request, v16.StopTransactionRequest)
    heard(request)


def test_long_values_of_variables_and_problems_are_cut() -> None:
    """Free text is shortened to what fits, so that the rest is told."""
    name = _name("OCPPCommCtrlr", "HeartbeatInterval")
    command = GetVariables(asked=(VariableQuery(name=name),))
    outcome = GetVariablesOutcome(
        results=(VariableResult(name=name, status=VariableStatus.ACCEPTED, value="v" * 3000, read_only=False),)
    )
    for version, longest in ((V16, 500), (V201, 2500), (V21, 2500)):
        (request,) = DIALECTS[version].write_command(command)
        response = answered(DIALECTS[version].write_outcome(command, outcome, request))
        read = DIALECTS[version].read_outcome(command, (response,))
        assert isinstance(read, GetVariablesOutcome)
        assert len(read.results[0].value or "") == longest
    state = ConnectorState(
        availability=Availability.FAULTED, problem=Problem(code="OtherError", info="long story " * 9)
    )
    status = DIALECTS[V16].write_fact(ConnectorStatus(address=EvseAddress(evse=1), at=NOON, state=state))
    assert isinstance(status, v16.StatusNotificationRequest)
    assert status.info == ("long story " * 9)[:50]


@EVERY_VERSION
def test_vendor_data_that_does_not_fit_is_refused_in_an_answer_too(version: OcppVersion) -> None:
    """A vendor's hook may return anything; what is no JSON (or no text, in 1.6) never reaches the wire."""
    fact = DataTransferred(vendor_id="org.example")
    for data in (object(), Decimal("Infinity"), {1: object()}):
        with pytest.raises(NotSayable):
            DIALECTS[version].write_verdict(fact, DataTransferVerdict(status=DataTransferStatus.ACCEPTED, data=data))


@EVERY_VERSION
def test_an_unknown_kind_of_thing_is_no_key_error(version: OcppVersion) -> None:
    """What no dialect has a word for is NotSayable; answering it is a bug of ours and says so."""

    class Sung(Fact):
        """A fact nobody can state."""

    class Dance(Command):
        """A command nobody can give."""

    dialect = DIALECTS[version]
    with pytest.raises(NotSayable, match="Sung"):
        dialect.write_fact(Sung())
    with pytest.raises(NotSayable, match="Dance"):
        dialect.write_command(Dance())
    (request,) = dialect.write_command(ClearCache())
    with pytest.raises(MisuseError, match="Sung"):
        dialect.write_verdict(Sung(), AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED))
    with pytest.raises(MisuseError, match="Dance"):
        dialect.read_outcome(Dance(), (request,))


# --- hostile content from outside -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
@EVERY_VERSION
def test_a_time_at_the_edge_of_the_calendar_does_not_stop_the_message(version: OcppVersion, at: str) -> None:
    """A clock that stands at the first or last day, in a zone where UTC has no date for it."""
    moment = datetime.fromisoformat(at)
    request: v16.SecurityEventNotificationRequest | v201.SecurityEventNotificationRequest
    room = {V16: v16, V201: v201, V21: v21}[version]
    request = room.SecurityEventNotificationRequest(type="SettingSystemTime", timestamp=moment)
    fact = DIALECTS[version].read_fact(request)
    assert isinstance(fact, SecurityEvent)
    assert fact.at == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        (TriggerReason.COST_LIMIT_REACHED, "ChargingStateChanged"),
        (TriggerReason.LIMIT_SET, "ChargingRateChanged"),
        (TriggerReason.TX_RESUMED, "AbnormalCondition"),
    ],
    ids=["CostLimitReached", "LimitSet", "TxResumed"],
)
def test_an_event_for_whose_trigger_a_version_has_no_word_is_told_in_plainer_ones(
    trigger: TriggerReason, said: str
) -> None:
    """A number left out would be a gap at the CSMS (E01.FR.07), so 2.0.1 says the nearest it has."""
    request = DIALECTS[V201].write_fact(_event(trigger=trigger))
    assert request is not None
    assert request.trigger_reason == said  # type: ignore[attr-defined]


@pytest.mark.req("E16.FR.01")
def test_what_a_transaction_may_use_up_is_read_as_it_was_told() -> None:
    """2.1 alone has a place for it."""
    event = _event(limit=TransactionLimit(max_energy=Decimal(5000), max_time=600))
    dialect = DIALECTS[V21]
    request = dialect.write_fact(event)
    assert request is not None
    read = dialect.read_fact(request)
    assert isinstance(read, TransactionEvent)
    assert read.limit == event.limit
