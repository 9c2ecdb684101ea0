"""J02: sampled meter values, of the beginning of a transaction and in the course of it."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import (
    BEGIN,
    PATIENCE,
    PERIODIC,
    Reading,
    apart,
    complete,
    contexts,
    in_events,
    in_main,
    in_the,
    judged,
    measured,
    measuring,
    read_at,
    read_for,
)
from pilotwire.conformance.checks import equals, present
from pilotwire.conformance.conditions import TRANSACTION_RUNS, not_, starts_at
from pilotwire.conformance.language import Acts, Case, Configures, Happened, OnlyIf, Receives, Repeats
from pilotwire.conformance.states.station201 import (
    BEGINS_OR_GOES_ON,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Known, configured, plus

_BEGINNING = "SampledDataCtrlr.TxStartedMeasurands"
_STARTED = in_the("Started")
_EARLY_POINTS = ("ParkingBayOccupancy", "Authorized")

TC_J_07_CS = Case(
    id="TC_J_07_CS",
    title="Values of the beginning, at a known EVSE",
    purpose="The first event of a transaction tells the values of its beginning.",
    requirements=(
        "J02.FR.01",
        "J02.FR.02",
        "J02.FR.03",
        "J02.FR.04",
        "J02.FR.10",
        "E01.FR.09",
        "E02.FR.09",
        "E03.FR.07",
        "E04.FR.05",
        "E05.FR.05",
    ),
    before=(
        OnlyIf(
            condition=starts_at("ParkingBayOccupancy"),
            steps=(Configures(variable="TxCtrlr.TxStartPoint", value=("EVConnected",)),),
        ),
        *measuring(_BEGINNING),
        *parking_bay_occupied(),
    ),
    main=(*ev_connected_pre_session(), *energy_transfer_started()),
    after=judged(
        contexts("the first event", _STARTED, BEGIN),
        complete("the first event", _STARTED),
    ),
    within=PATIENCE,
)


def _evse_known(reading: Reading, known: Known) -> bool:
    """In the first event that tells an EVSE, or the first of energy flowing (E01.FR.17)."""
    payloads = [one["payload"] for one in known.heard() if one["action"] == "TransactionEvent"]
    charging = (one for one in payloads if one["transactionInfo"].get("chargingState") == "Charging")
    placed = (one for one in payloads if "evse" in one)
    return reading.message in (next(placed, None), next(charging, None))


_ONCE_KNOWN = "the first event that tells the EVSE, or the one of the start of charging"

TC_J_08_CS = Case(
    id="TC_J_08_CS",
    title="Values of the beginning, before the EVSE is known",
    purpose="A transaction that begins before the cable is plugged in tells the values of its beginning once the EVSE is known.",
    requirements=(
        "J02.FR.01",
        "J02.FR.02",
        "J02.FR.03",
        "J02.FR.04",
        "J02.FR.10",
        "E01.FR.16",
        "E01.FR.17",
        "E02.FR.21",
        "E03.FR.11",
        "E04.FR.11",
        "E05.FR.08",
    ),
    before=(
        OnlyIf(
            condition=not_(starts_at(*_EARLY_POINTS)),
            steps=(Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",)),),
        ),
        *measuring(_BEGINNING),
    ),
    main=(
        Acts(
            act="present_at_station",
            details={"token": configured.valid_token, "type": configured.valid_token_type},
        ),
        Receives(number="1", action="Authorize", checks=token_is()),
        Happened(facts={"authorized": True, "remote": False}),
        OnlyIf(
            condition=TRANSACTION_RUNS,
            steps=(transaction_event("1", trigger="Authorized", checks=(*BEGINS_OR_GOES_ON, *token_is())),),
        ),
        *energy_transfer_started(),
    ),
    after=judged(
        contexts(_ONCE_KNOWN, _evse_known, BEGIN, each=False).of("E02.FR.21"),
        complete(_ONCE_KNOWN, read_for(_evse_known, BEGIN)),
    ),
    remark=(
        "The token is presented at the station and not at one of its EVSEs. The case wants the values in the first event that tells the "
        "EVSE, E01.FR.17 in that of the start of charging: each is taken."
    ),
    within=PATIENCE,
)

_SAMPLED = in_main(in_events("MeterValuePeriodic"))
_INTERVAL = configured.sampled_interval

TC_J_09_CS = Case(
    id="TC_J_09_CS",
    title="Values in the course of a transaction",
    purpose="While energy flows TransactionEvents tell the configured measurands at every interval.",
    requirements=(
        "J02.FR.01",
        "J02.FR.02",
        "J02.FR.03",
        "J02.FR.04",
        "J02.FR.10",
        "J02.FR.11",
        "J02.FR.14",
        "J02.FR.18",
        "E02.FR.10",
        "E02.FR.11",
        "E03.FR.08",
        "E03.FR.09",
        "E04.FR.06",
        "E04.FR.09",
        "E11.FR.03",
        "E11.FR.06",
        "E12.FR.03",
        "E12.FR.06",
    ),
    before=(
        *measuring("SampledDataCtrlr.TxUpdatedMeasurands"),
        Configures(variable="SampledDataCtrlr.TxUpdatedInterval", value=_INTERVAL),
        *energy_transfer_started(),
    ),
    main=(
        Repeats(
            number="1",
            steps=(
                Receives(
                    number="1",
                    action="TransactionEvent",
                    where=(present("meterValue"),),
                    checks=(
                        equals("triggerReason", "MeterValuePeriodic"),
                        equals("eventType", "Updated"),
                        *read_at(PERIODIC),
                    ),
                    within=plus(_INTERVAL, configured.message_timeout),
                ),
            ),
            until=measured(3, _SAMPLED, "samples"),
        ),
    ),
    after=judged(
        contexts("MeterValuePeriodic", _SAMPLED, PERIODIC),
        complete("MeterValuePeriodic", _SAMPLED),
        apart("MeterValuePeriodic", _SAMPLED, _INTERVAL, least=3).of("J02.FR.18"),
    ),
    remark="It lasts until values of three moments have come.",
    within=PATIENCE,
)
