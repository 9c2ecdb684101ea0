"""G03, G04: what is to be out of use waits for the end of a transaction."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import Where, changes, states_told
from pilotwire.conformance.checks import equals, some
from pilotwire.conformance.conditions import (
    TRANSACTION_JUST_ENDED,
    TRANSACTION_RUNS,
    all_of,
    configured_is,
    kept_is,
    not_,
)
from pilotwire.conformance.language import (
    Acts,
    Case,
    Keeps,
    NotReceives,
    OnlyIf,
    Reached,
    State,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.everywhere201 import ONE_EVSE
from pilotwire.conformance.states.station201 import (
    departure_told,
    energy_transfer_started,
    ev_connected_post_session,
    leaving_told,
    stop_authorized,
)
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]

_JUST_ENDED = all_of(TRANSACTION_JUST_ENDED, not_(kept_is("out_of_use", True)))


def _still_in_use() -> Steps:
    """While the transaction goes on, the connector is not told to be Unavailable."""
    return (
        NotReceives(
            action="StatusNotification",
            where=(
                equals("connectorStatus", "Unavailable"),
                equals("evseId", configured.evse_id),
                equals("connectorId", configured.connector_id),
            ),
            seconds=configured.transaction_duration,
            note="The transaction goes on; what was scheduled waits for its end.",
        ),
        NotReceives(
            action="NotifyEvent",
            where=(
                some(
                    "eventData",
                    equals("component.name", "Connector"),
                    equals("component.evse.id", configured.evse_id),
                    equals("component.evse.connectorId", configured.connector_id),
                    equals("variable.name", "AvailabilityState"),
                    equals("actualValue", "Unavailable"),
                ),
            ),
            seconds=0,
        ),
        NotReceives(action="TransactionEvent", where=(equals("eventType", "Ended"),), seconds=0),
    )


def _out_of_use(number: str, where: Where) -> OnlyIf:
    """If what happened last has ended the transaction, the connectors are told to be Unavailable now."""
    told = TellsStatus(number=number, status="Unavailable", every="" if where == "connector" else "evse", early=True)
    return OnlyIf(
        number=number,
        condition=_JUST_ENDED,
        steps=(told, Keeps(values={"out_of_use": True})),
    )


def _ev_disconnected() -> Steps:
    """State EVDisconnected; a connector that is out of use by then, or because of it, is not Available."""
    return (
        State(
            name="EVDisconnected",
            steps=(
                Acts(act="unplug"),
                *leaving_told("3"),
                OnlyIf(condition=TRANSACTION_RUNS, steps=(TellsStatus(number="1", status="Available"),)),
                Reached(state="EVDisconnected"),
            ),
        ),
    )


def _parking_bay_unoccupied() -> Steps:
    """State ParkingBayUnoccupied."""
    return (
        State(
            name="ParkingBayUnoccupied",
            steps=(
                OnlyIf(
                    condition=configured_is("has_bay_sensor", True),
                    steps=(Acts(act="drive_out"), *departure_told("1")),
                ),
                Reached(state="ParkingBayUnoccupied"),
            ),
        ),
    )


def _until_out_of_use(first: int, where: Where) -> Steps:
    """The session is taken back step by step; after the one that ends the transaction the place is out of use."""
    return (
        *stop_authorized(),
        _out_of_use(str(first), where),
        *ev_connected_post_session(),
        _out_of_use(str(first + 3), where),
        *_ev_disconnected(),
        _out_of_use(str(first + 6), where),
        *_parking_bay_unoccupied(),
        _out_of_use(str(first + 9), where),
    )


_ANSWERED = ("G03.FR.01", "G03.FR.02", "G03.FR.04", "G03.FR.05")
_REMARK = (
    "That the connector is not told to be Unavailable, nor the transaction to have ended, before it is stopped is checked too. Once out of "
    "use the connector is not Available when the cable is taken out, other than reusable state EVDisconnected has it."
)

TC_G_11_CS = Case(
    id="TC_G_11_CS",
    title="An EVSE is taken out of use in a transaction",
    purpose="The change is scheduled: the EVSE goes out of use when its transaction has ended.",
    requirements=_ANSWERED,
    before=energy_transfer_started(),
    main=(
        changes("1", "Inoperative", "evse", answer="Scheduled", requirement="G03.FR.05"),
        *_still_in_use(),
        *_until_out_of_use(4, "evse"),
    ),
    after=states_told("evse"),
    remark=_REMARK,
)

TC_G_14_CS = Case(
    id="TC_G_14_CS",
    title="The station is taken out of use in a transaction",
    purpose="The change is scheduled: EVSEs without a transaction go out of use at once, the other one when its transaction has ended.",
    requirements=("G04.FR.01", "G04.FR.02", "G04.FR.03", "G04.FR.05", "G04.FR.06"),
    before=energy_transfer_started(),
    main=(
        changes("1", "Inoperative", "station", answer="Scheduled", requirement="G04.FR.06"),
        OnlyIf(
            number="3",
            condition=not_(ONE_EVSE),
            steps=(TellsStatus(number="3", status="Unavailable", every="others"),),
        ),
        *_still_in_use(),
        *_until_out_of_use(6, "station"),
    ),
    after=states_told("station"),
    remark=_REMARK,
)

TC_G_17_CS = Case(
    id="TC_G_17_CS",
    title="A connector is taken out of use in a transaction",
    purpose="The change is scheduled: the connector goes out of use when its transaction has ended.",
    requirements=_ANSWERED,
    before=energy_transfer_started(),
    main=(
        changes("1", "Inoperative", "connector", answer="Scheduled", requirement="G03.FR.05"),
        *_still_in_use(),
        *_until_out_of_use(4, "connector"),
    ),
    after=states_told("connector"),
    remark=_REMARK,
)
