"""J01, J02: a station's meter values, told to the CSMS."""

from __future__ import annotations

from typing import Any, Literal

from pilotwire.conformance.language import Case, ForEach, Happened, Reached, Repeats, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import (
    authorized,
    begin_transaction,
    energy_transfer_started,
    ev_connected_post_session,
    place,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, Known, Moment, configured

Steps = tuple[Step, ...]
Context = Literal["Sample.Clock", "Sample.Periodic", "Transaction.Begin", "Transaction.End"]
SIGNED = {
    "signedMeterData": "AAECAw==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "AA==",
}


def _rising(known: Known) -> float:
    known.kept["register"] = known.kept.get("register", 1000.0) + 150.0
    return float(known.kept["register"])


def reading(context: Context, at: Any = None, *, signed: bool = False) -> dict[str, Any]:
    """One reading of the energy register, a little above the one before."""
    sample: dict[str, Any] = {"value": Computed("the register", _rising), "context": context}
    return {
        "timestamp": Moment() if at is None else at,
        "sampledValue": [sample | ({"signedMeterValue": SIGNED} if signed else {})],
    }


def clock_aligned(number: str, places: list[Any]) -> Step:
    """MeterValues of these EVSEs (0: the main meter), at the same moment."""
    values = Sends(
        number=number,
        action="MeterValues",
        payload={"evseId": Kept("place"), "meterValue": [reading("Sample.Clock")]},
    )
    return ForEach(name="place", values=places, steps=(values,))


def ends_with(context: Context, *, signed: bool = False) -> Steps:
    """The session ends; the last event has the readings of the whole transaction, an interval apart."""
    interval = configured.aligned_interval if context == "Sample.Clock" else configured.sampled_interval
    earlier = Computed("so many intervals before now", lambda known: -2 * float(known.setting(interval.name)))
    later = Computed("an interval before now", lambda known: -float(known.setting(interval.name)))
    readings = [
        reading(context, Moment(earlier), signed=signed),
        reading(context, Moment(later), signed=signed),
        reading("Transaction.End", signed=signed),
    ]
    return (
        Waits(seconds=configured.transaction_duration, why="energy flows for a while"),
        *ev_connected_post_session(),
        Tells(number="1", status="Available"),
        transaction_event(
            "1",
            trigger="EVCommunicationLost",
            event_type="Ended",
            info={"chargingState": "Idle", "stoppedReason": "EVDisconnected"},
            more={"meterValue": readings},
        ),
        Happened(facts={"ev_connected": False, "authorized": False}),
        Reached(state="EVDisconnected"),
    )


def sampled(trigger: str, context: Context, interval: Any, times: int) -> Step:
    """TransactionEvents with a reading, an interval apart."""
    event = transaction_event("3", trigger=trigger, more={"meterValue": [reading(context)]})
    return Repeats(steps=(event, Waits(seconds=interval, why="the next reading is due")), most=times)


def begins_with_reading(number: str, *, first: bool) -> Steps:
    """The cable is plugged in, and the event has the reading of the beginning."""
    return (
        Tells(number=number, status="Occupied"),
        *((begin_transaction(),) if first else ()),
        transaction_event(
            number,
            trigger="CablePluggedIn",
            event_type="Started" if first else "Updated",
            info={"chargingState": "EVConnected"},
            more={"evse": place(), "meterValue": [reading("Transaction.Begin")]},
        ),
        Happened(facts={"ev_connected": True}),
    )


TC_J_01_CSMS = Case(
    id="TC_J_01_CSMS",
    title="Clock-aligned values, nobody charges",
    purpose="The CSMS takes clock-aligned values of the main meter and every EVSE.",
    requirements=("J01.FR.18",),
    main=(
        Repeats(
            steps=(
                clock_aligned("1", [0, configured.evse_id, configured.evse2_id]),
                Waits(seconds=configured.aligned_interval, why="the next values are due"),
            ),
            most=3,
        ),
    ),
    settings={"aligned_interval": 1},
)
TC_J_02_CSMS = Case(
    id="TC_J_02_CSMS",
    title="Clock-aligned values while somebody charges",
    purpose="The CSMS takes clock-aligned values of the idle EVSE, and of the other in its transaction.",
    requirements=("J01.FR.18",),
    before=energy_transfer_started(),
    main=(
        Repeats(
            steps=(
                clock_aligned("1", [0, configured.evse2_id]),
                transaction_event("3", trigger="MeterValueClock", more={"meterValue": [reading("Sample.Clock")]}),
                Waits(seconds=configured.aligned_interval, why="the next values are due"),
            ),
            most=3,
        ),
    ),
    settings={"aligned_interval": 1},
)
TC_J_03_CSMS = Case(
    id="TC_J_03_CSMS",
    title="Clock-aligned values with the end",
    purpose="The CSMS takes the clock-aligned values of a transaction with its last event.",
    requirements=("J01.FR.18",),
    before=energy_transfer_started(),
    main=ends_with("Sample.Clock"),
)
TC_J_04_CSMS = Case(
    id="TC_J_04_CSMS",
    title="Signed clock-aligned values with the end",
    purpose="The CSMS takes signed clock-aligned values with the last event of a transaction.",
    requirements=("J01.FR.21",),
    before=energy_transfer_started(),
    main=ends_with("Sample.Clock", signed=True),
)
TC_J_07_CSMS = Case(
    id="TC_J_07_CSMS",
    title="The reading of the beginning, EVSE known",
    purpose="The CSMS takes the reading of the beginning with the first event.",
    requirements=("J02.FR.19",),
    main=begins_with_reading("1", first=True),
)
TC_J_08_CSMS = Case(
    id="TC_J_08_CSMS",
    title="The reading of the beginning, EVSE not known before",
    purpose="The CSMS takes the reading of the beginning with the event that tells the EVSE.",
    requirements=("J02.FR.19",),
    main=(*authorized(), *begins_with_reading("2", first=False), *energy_transfer_started()),
)
TC_J_09_CSMS = Case(
    id="TC_J_09_CSMS",
    title="Sampled values",
    purpose="The CSMS takes three sampled readings of a transaction.",
    requirements=("J02.FR.19",),
    before=energy_transfer_started(),
    main=(sampled("MeterValuePeriodic", "Sample.Periodic", configured.sampled_interval, 3),),
    settings={"sampled_interval": 1},
)
TC_J_10_CSMS = Case(
    id="TC_J_10_CSMS",
    title="Sampled values with the end",
    purpose="The CSMS takes the sampled values of a transaction with its last event.",
    requirements=("J02.FR.19",),
    before=energy_transfer_started(),
    main=ends_with("Sample.Periodic"),
)
TC_J_11_CSMS = Case(
    id="TC_J_11_CSMS",
    title="Signed sampled values with the end",
    purpose="The CSMS takes signed sampled values with the last event of a transaction.",
    requirements=("J02.FR.21",),
    before=energy_transfer_started(),
    main=ends_with("Sample.Periodic", signed=True),
)
