"""E02, E03: a driver starts at the station, cable or token first; a vehicle that does not come, or is not ready."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON
from pilotwire.conformance.checks import both, either, equals, when
from pilotwire.conformance.conditions import TRANSACTION_RUNS, all_of, feature, kept_is, not_, starts_at, stops_at
from pilotwire.conformance.language import Acts, Case, Configures, Happened, NotReceives, OnlyIf, Sends, Step, Waits
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    parking_bay_occupied,
    present_token,
    transaction_event,
)
from pilotwire.conformance.values import Fresh, configured, plus

TC_E_03_CS = Case(
    id="TC_E_03_CS",
    title="A local start, cable first",
    purpose="A driver connects the EV, then authorizes, and charges.",
    requirements=(
        "E02.FR.01",
        "E02.FR.05",
        "E02.FR.06",
        "E02.FR.07",
        "E02.FR.13",
        "E02.FR.15",
        "E02.FR.16",
        "E02.FR.17",
        "E02.FR.20",
        "E01.FR.16",
        "C01.FR.02",
        "C02.FR.01",
        "C06.FR.02",
    ),
    before=(*AUTHORIZATION_ON, *ev_connected_pre_session()),
    main=(*authorized("local"), *energy_transfer_started()),
)

TC_E_04_CS = Case(
    id="TC_E_04_CS",
    title="A local start, token first",
    purpose="A driver authorizes, then connects the EV, and charges.",
    requirements=("E03.FR.01", "E03.FR.06", "E03.FR.12", "E01.FR.16", "C01.FR.02", "C02.FR.01", "C06.FR.02"),
    before=(*AUTHORIZATION_ON, *parking_bay_occupied()),
    main=(*authorized("local"), *energy_transfer_started()),
)

ENDED_BY_TIMEOUT = both(equals("eventType", "Ended"), equals("transactionInfo.stoppedReason", "Timeout"))
_UPDATED = equals("eventType", "Updated")


def nobody_plugged_in(number: str) -> tuple[Step, ...]:
    """EVConnectionTimeOut passes without a cable: the station tells it, if there is a transaction; nobody is authorized any more."""
    timeout = configured.ev_connection_timeout
    return (
        OnlyIf(
            condition=TRANSACTION_RUNS,
            steps=(
                transaction_event(
                    number,
                    trigger="EVConnectTimeout",
                    checks=(
                        *when(stops_at("Authorized"), ENDED_BY_TIMEOUT.of("E03.FR.05")),
                        *when(_STAYS_FOR_THE_BAY, _UPDATED.of("E03.FR.15")),
                        *when(_LEFT_OPEN, either(ENDED_BY_TIMEOUT, _UPDATED)),
                    ),
                    within=plus(timeout, configured.message_timeout),
                    keep={"timeout_event": "eventType"},
                ),
            ),
            otherwise=(Waits(seconds=plus(timeout, 1), why="EVConnectionTimeOut passes without a cable"),),
        ),
        Happened(facts={"authorized": False}),
        OnlyIf(
            condition=kept_is("timeout_event", "Ended"),
            steps=(Happened(facts={"transaction": False}),),
        ),
    )


_STAYS_FOR_THE_BAY = all_of(stops_at("ParkingBayOccupancy"), not_(stops_at("Authorized")))
_LEFT_OPEN = not_(stops_at("Authorized", "ParkingBayOccupancy"))

TC_E_05_CS = Case(
    id="TC_E_05_CS",
    title="A local start without a vehicle",
    purpose="A token is presented and no cable plugged in: the authorization ends after EVConnectionTimeOut, and the next one can charge.",
    requirements=("E03.FR.01", "E03.FR.05", "E03.FR.06", "E03.FR.12", "C01.FR.02", "C02.FR.01", "C06.FR.02"),
    before=(
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *AUTHORIZATION_ON,
        Configures(variable="AuthCacheCtrlr.Enabled", value=False, if_implemented=True),
        Configures(variable="AuthCtrlr.LocalPreAuthorize", value=False, if_implemented=True),
        *authorized("local"),
    ),
    main=(*nobody_plugged_in("1"), *authorized("local"), *energy_transfer_started()),
    remark="Where TxStopPoint has neither Authorized nor ParkingBayOccupancy the case wants Updated, E03.FR.05 that the transaction "
    "should end: both are taken.",
)

TC_E_38_CS = Case(
    id="TC_E_38_CS",
    title="An EV that is not ready",
    purpose="Authorized and connected, an EV that is not ready for energy is told as SuspendedEV.",
    needs=(not_(starts_at("EnergyTransfer")),),
    traits={"habits": {"vehicle_ready_seconds": 2}},
    before=authorized(),
    main=(
        Acts(act="not_ready"),
        *ev_connected_pre_session(),
        transaction_event(
            "2",
            trigger="ChargingStateChanged",
            where=(equals("transactionInfo.chargingState", "SuspendedEV"),),
            within=configured.long_operation_timeout,
        ),
    ),
)

_NOBODY_IS_KNOWN: tuple[Step, ...] = (
    OnlyIf(
        condition=feature("C-49"),
        steps=(Sends(action="ClearCache", checks=(equals("status", "Accepted"),)),),
    ),
    OnlyIf(
        condition=feature("Local Authorization List Management"),
        steps=(
            Sends(
                action="SendLocalList",
                payload={"versionNumber": Fresh("list_version"), "updateType": "Full"},
                checks=(equals("status", "Accepted"),),
            ),
        ),
    ),
)

TC_E_52_CS = Case(
    id="TC_E_52_CS",
    title="The CSMS may not be asked about a token",
    purpose="With DisableRemoteAuthorization a token that neither cache nor list knows is refused, and the CSMS is not asked.",
    requirements=("C01.FR.02", "C01.FR.05"),
    before=(
        Configures(variable="AuthCtrlr.Enabled", value=True, if_implemented=True, if_writable=True),
        Configures(variable="AuthCtrlr.DisableRemoteAuthorization", value=True),
        *_NOBODY_IS_KNOWN,
        *parking_bay_occupied(),
    ),
    main=(
        present_token(),
        NotReceives(number="1", action="Authorize"),
        NotReceives(number="1", action="TransactionEvent", where=(equals("triggerReason", "Authorized"),), seconds=0),
        *ev_connected_pre_session(),
        NotReceives(
            number="3",
            action="TransactionEvent",
            where=(equals("transactionInfo.chargingState", "Charging"),),
            early=True,
        ),
        NotReceives(number="3", action="Authorize", seconds=0),
    ),
)
