"""J01: clock-aligned meter values, of an idle station and during a transaction."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import (
    CLOCK,
    PATIENCE,
    Reading,
    Which,
    aligned,
    apart,
    complete,
    contexts,
    in_events,
    in_main,
    in_meter_values,
    judged,
    measured,
    of_the_transaction,
    read_at,
    readings,
)
from pilotwire.conformance.checks import Check, Judgement, equals, moment_of, satisfies, some
from pilotwire.conformance.language import Case, Configures, NotReceives, Receives, Repeats
from pilotwire.conformance.states.station201 import energy_transfer_started, parking_bay_unoccupied
from pilotwire.conformance.values import Known, configured, plus

_INTERVAL = configured.aligned_interval
_IDLE = "values of idle EVSEs"


def _told(number: str, times: int, which: Which) -> Repeats:
    """MeterValues come until those of so many moments have."""
    return Repeats(
        number=number,
        steps=(
            Receives(
                number=number,
                action="MeterValues",
                checks=read_at(CLOCK),
                within=plus(configured.message_timeout, _INTERVAL),
            ),
        ),
        until=measured(times, which, _IDLE),
    )


TC_J_01_CS = Case(
    id="TC_J_01_CS",
    title="Clock-aligned values of an idle station",
    purpose="While nobody charges, MeterValues tell the configured measurands at every interval of the clock.",
    requirements=(
        "J01.FR.01",
        "J01.FR.02",
        "J01.FR.03",
        "J01.FR.05",
        "J01.FR.06",
        "J01.FR.07",
        "J01.FR.08",
        "J01.FR.14",
        "J01.FR.15",
        "J01.FR.17",
    ),
    before=aligned(),
    main=(_told("1", 3, in_meter_values),),
    after=judged(
        contexts("MeterValues", in_meter_values, CLOCK),
        complete("MeterValues", in_meter_values).of("J01.FR.17"),
        apart("MeterValues", in_meter_values, _INTERVAL, least=3).of("J01.FR.05"),
    ),
    within=PATIENCE,
)

_DURING = in_main(of_the_transaction)
_CLOCKED = in_main(in_events("MeterValueClock"))
_BESIDE = in_main(in_meter_values)

TC_J_02_CS = Case(
    id="TC_J_02_CS",
    title="Clock-aligned values during a transaction",
    purpose="While somebody charges, the EVSE's values are told at every interval of the clock, by TransactionEvent or MeterValues.",
    requirements=(*TC_J_01_CS.requirements, "J01.FR.22"),
    before=(
        Configures(variable="SampledDataCtrlr.RegisterValuesWithoutPhases", value=False, if_implemented=True),
        *energy_transfer_started(),
        *aligned(),
    ),
    main=(
        Repeats(
            number="1",
            steps=(
                Receives(
                    number="1", action="MeterValues", checks=read_at(CLOCK), optional=True, within=plus(_INTERVAL, 1)
                ),
                Receives(
                    number="3",
                    action="TransactionEvent",
                    where=(some("meterValue", equals("sampledValue[0].context", CLOCK)),),
                    checks=(equals("triggerReason", "MeterValueClock"), *read_at(CLOCK)),
                    optional=True,
                    within=plus(_INTERVAL, 1),
                ),
            ),
            until=measured(3, _DURING, "values of the EVSE with the transaction"),
            most=10,
        ),
    ),
    after=judged(
        contexts("the EVSE with the transaction", _DURING, CLOCK),
        complete("the EVSE with the transaction", _DURING),
        apart("the EVSE with the transaction", _DURING, _INTERVAL, least=3).of("J01.FR.22"),
        apart("TransactionEvents", _CLOCKED, _INTERVAL, none=True),
        apart("MeterValues", _BESIDE, _INTERVAL, none=True),
        complete("MeterValues", _BESIDE, none=True),
    ),
    remark=(
        "The context is Sample.Clock; Sample.Circle in the errata is a slip. Phases are as the meter has them (errata 6.2.63). The "
        "interval is set when energy flows, so that all such values come after the preparations."
    ),
    within=PATIENCE,
)


# --- only while idle -----------------------------------------------------------------------------------------------------------


def _event(everything: list[dict[str, Any]], event_type: str) -> dict[str, Any] | None:
    payloads = (one["payload"] for one in everything if one["action"] == "TransactionEvent")
    return next((one for one in payloads if one.get("eventType") == event_type), None)


def _while(begins: str, ends: str) -> Which:
    """Readings between the events of these types; "" for the beginning or the end of the case."""

    def which(reading: Reading, known: Known) -> bool:
        heard = known.heard()
        first, last = _event(heard, begins), _event(heard, ends)
        since = moment_of(first["timestamp"]) if first else None
        until = moment_of(last["timestamp"]) if last else None
        if reading.at is None or (begins and since is None):
            return False
        return (since is None or reading.at > since) and (until is None or reading.at < until)

    return which


def _meter_values(which: Which) -> Which:
    return lambda reading, known: in_meter_values(reading, known) and which(reading, known)


_BEFORE, _RUNNING, _LATER = (_while(*events) for events in (("", "Started"), ("Started", "Ended"), ("Ended", "")))
_EARLY, _LATE = _meter_values(_BEFORE), _meter_values(_LATER)


def _taken_during(found: Any, known: Known) -> bool:
    began = _event(known.heard(), "Started")
    since, taken = moment_of(began.get("timestamp")) if began else None, moment_of(found)
    return since is not None and taken is not None and taken > since


_TAKEN_DURING = satisfies("meterValue[0].timestamp", "is after the transaction began", _taken_during)


def _silent(everything: Any, known: Known) -> Judgement:
    found = [one for one in readings(everything["messages"]) if _RUNNING(one, known)]
    wrong = [one.action for one in found if one.action == "MeterValues" or one.context == CLOCK]
    began = (
        _event(everything["messages"], "Started") is not None and _event(everything["messages"], "Ended") is not None
    )
    return Judgement(
        began and not wrong, ", ".join(wrong) if wrong else "none" if began else "there was no transaction"
    )


TC_J_06_CS = Case(
    id="TC_J_06_CS",
    title="No clock-aligned values during a transaction",
    purpose="With SendDuringIdle clock-aligned values come before and after a transaction, and none while it goes on.",
    requirements=("J01.FR.20",),
    before=(*aligned(only_idle=True),),
    main=(
        _told("1", 2, _EARLY),
        *energy_transfer_started(),
        NotReceives(number="4", action="MeterValues", where=(_TAKEN_DURING,), seconds=plus(_INTERVAL, 1)),
        NotReceives(
            number="4",
            action="TransactionEvent",
            where=(some("meterValue", equals("sampledValue[0].context", CLOCK)),),
            seconds=0,
        ),
        *parking_bay_unoccupied(),
        _told("7", 2, _LATE),
    ),
    after=judged(
        Check("no clock-aligned value was told while the transaction went on", _silent, requirement="J01.FR.20"),
        contexts("MeterValues", in_meter_values, CLOCK),
        complete("MeterValues", in_meter_values),
        apart("MeterValues before the transaction", _EARLY, _INTERVAL),
        apart("MeterValues after the transaction", _LATE, _INTERVAL),
    ),
    remark=(
        "The case allows no meter values at all during the transaction. SendDuringIdle is about clock-aligned ones (J01.FR.20); what the "
        "lists of SampledDataCtrlr have the events tell is allowed."
    ),
    within=PATIENCE,
)
