"""Cases of our own for F01 to F04: reserved EVSEs, nobody who plugs in, a profile before the cable, and values left out at the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    starting_at,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.f_remote_control.ours_remote import PART_2
from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import RESERVATIONS_ON
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import in_the, measuring, moments
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    OWN,
    asks,
    by_id,
    profile,
    reports,
    told,
)
from pilotwire.conformance.checks import Check, Judgement, differs, equals, some
from pilotwire.conformance.conditions import configured_is, feature
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    Judges,
    NotReceives,
    Receives,
    Sends,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    id_token,
    parking_bay_occupied,
    present_token,
    reserved,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import Fresh, Kept, Known, configured, plus, times

Steps = tuple[Step, ...]

# --- reserved -------------------------------------------------------------------------------------------------------------------


def stays_reserved(requirement: str) -> Steps:
    """The connector is told to be nothing but Reserved."""
    note = f"Its status does not change ({requirement})."
    return (
        NotReceives(
            action="StatusNotification",
            where=(
                equals("evseId", configured.evse_id),
                equals("connectorId", configured.connector_id),
                differs("connectorStatus", "Reserved").of(requirement),
            ),
            note=note,
        ),
        NotReceives(
            action="NotifyEvent",
            where=(
                some(
                    "eventData",
                    equals("component.name", "Connector"),
                    equals("component.evse.id", configured.evse_id),
                    equals("variable.name", "AvailabilityState"),
                    differs("actualValue", "Reserved"),
                ).of(requirement),
            ),
            seconds=0,
            note=note,
        ),
    )


PW_F_14_CS = Case(
    id="PW_F_14_CS",
    title="An EV at a connector reserved for its driver",
    purpose="A reserved connector stays Reserved with a cable in, refuses a remote start for others, then is Occupied for its driver.",
    requirements=("F01.FR.21", "G01.FR.06", "G01.FR.09", "G03.FR.09"),
    needs=(feature("Reservation"),),
    before=(*AUTHORIZATION_ON, *RESERVATIONS_ON, *reserved(), *parking_bay_occupied()),
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        *stays_reserved("G01.FR.09"),
        Sends(
            number="1",
            action="RequestStartTransaction",
            payload={
                "idToken": id_token("valid_token2"),
                "evseId": configured.evse_id,
                "remoteStartId": Fresh("remote_start_id"),
            },
            checks=(equals("status", "Rejected").of("F01.FR.21"),),
        ),
        *stays_reserved("G03.FR.09"),
        present_token(),
        TellsStatus(number="3", status="Occupied", note="G01.FR.06"),
    ),
    follows=PART_2,
    ours=True,
)

# --- nobody plugs in --------------------------------------------------------------------------------------------------------------


def _remote_start_alone(stop_point: str) -> Steps:
    """A remote start begins a transaction, and EVConnectionTimeOut is short."""
    return (
        *AUTHORIZATION_ON,
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *stopping_at(stop_point),
        *starting_at("Authorized"),
        *parking_bay_occupied(),
        *authorized("remote"),
    )


def _timeout(number: str, *checks: Check) -> Receives:
    return transaction_event(
        number,
        trigger="EVConnectTimeout",
        checks=checks,
        within=plus(configured.ev_connection_timeout, configured.message_timeout),
    )


PW_F_15_CS = Case(
    id="PW_F_15_CS",
    title="A remote start, and nobody plugs in",
    purpose="Where the cable alone would end transactions, one that no cable comes for ends after EVConnectionTimeOut.",
    requirements=("F02.FR.07",),
    needs=(feature("Core"),),
    settings={"tx_start_points": ["Authorized"], "tx_stop_points": ["EVConnected"]},
    before=_remote_start_alone("EVConnected"),
    main=(
        _timeout(
            "1",
            equals("eventType", "Ended").of("F02.FR.07"),
            equals("transactionInfo.stoppedReason", "Timeout").of("F02.FR.07"),
        ),
    ),
    follows=PART_2,
    ours=True,
)

_NO_ENERGY = NotReceives(
    action="TransactionEvent",
    where=(equals("transactionInfo.chargingState", "Charging").of("F02.FR.08"),),
    note="The transaction is not authorized any more (F02.FR.08).",
)

PW_F_16_CS = Case(
    id="PW_F_16_CS",
    title="A remote start in the parking bay, and nobody plugs in",
    purpose="Where the parking bay holds transactions, one that no cable comes for is not authorized any more, and ends as the EV leaves.",
    requirements=("F02.FR.08",),
    needs=(feature("Core"), configured_is("has_bay_sensor", True)),
    settings={"tx_start_points": ["Authorized"], "tx_stop_points": ["ParkingBayOccupancy"]},
    before=_remote_start_alone("ParkingBayOccupancy"),
    main=(
        _timeout("1", equals("eventType", "Updated").of("F02.FR.08")),
        Acts(act="plug_in"),
        _NO_ENERGY,
        Acts(act="unplug"),
        Acts(act="drive_out"),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(equals("eventType", "Ended"),),
            checks=(equals("transactionInfo.transactionId", Kept("transaction_id")).of("F02.FR.08"),),
        ),
    ),
    follows=PART_2,
    ours=True,
)

# --- a profile ---------------------------------------------------------------------------------------------------------------------

_SENT = profile("profile", OWN, (0, 6), kind="Relative")

PW_F_17_CS = Case(
    id="PW_F_17_CS",
    title="A remote start with a profile, before the cable",
    purpose="The TxProfile of a remote start that waits for its cable is that of the transaction it starts.",
    requirements=("F02.FR.18",),
    needs=(feature("Smart Charging"),),
    before=AUTHORIZATION_ON,
    main=(
        *authorized("remote", extra={"chargingProfile": _SENT}),
        *energy_transfer_started(),
        asks("8", by_id("profile")),
        *reports("10", checks=(equals("evseId", configured.evse_id).of("F02.FR.18"),)),
    ),
    after=(Judges(checks=(told((configured.evse_id, _SENT)).of("F02.FR.18"),)),),
    follows=PART_2,
    ours=True,
)

# --- values that are left out ---------------------------------------------------------------------------------------------------

_INTERVAL = "SampledDataCtrlr.TxEndedInterval"
_TWICE = 2.5
"""Values of which every second one was dropped are twice as far apart as others; and there are the clocks."""


def _evenly(everything: Any, known: Known) -> Judgement:
    """From the first value to the last none is further from the next than one that was dropped between them explains."""
    told_at = moments(everything["messages"], known, in_the("Ended"))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(told_at)]
    interval = float(known.setting("sampled_interval"))
    found = f"{len(told_at)} values, apart: {', '.join(f'{gap:.1f}' for gap in gaps)} s"
    return Judgement(len(gaps) > 1 and max(gaps) <= _TWICE * max(interval, sorted(gaps)[len(gaps) // 2]), found)


def _all_along(requirement: str) -> Steps:
    what = "the values of the Ended event go from the beginning of the transaction to its end, none missing at either"
    return (Judges(checks=(Check(what, _evenly).of(requirement),)),)


def _valued(stop_point: str) -> Steps:
    return (
        *AUTHORIZATION_ON,
        *measuring("SampledDataCtrlr.TxEndedMeasurands"),
        Configures(variable=_INTERVAL, value=configured.sampled_interval),
        *stopping_at(stop_point),
        *energy_transfer_started(),
        Waits(seconds=times(3.5, configured.sampled_interval), why="values of some moments are collected"),
    )


_REMARK = (
    "Whether a station has room for all values is its own affair; if it drops some, every second one goes first, so that those told are "
    "evenly apart from the first to the last."
)

PW_F_18_CS = Case(
    id="PW_F_18_CS",
    title="The values of a transaction that is stopped remotely",
    purpose="What the Ended event of a remote stop tells reaches from the beginning to the end, whatever was dropped between.",
    requirements=("F03.FR.06",),
    needs=(feature("Core"),),
    settings={"tx_stop_points": ["Authorized"]},
    before=_valued("Authorized"),
    main=stop_authorized("remote"),
    after=_all_along("F03.FR.06"),
    remark=_REMARK,
    follows=PART_2,
    ours=True,
)

PW_F_19_CS = Case(
    id="PW_F_19_CS",
    title="The values of a transaction that ends with the cable after a remote stop",
    purpose="What the Ended event tells as the cable is taken out reaches from the beginning to the end, whatever was dropped between.",
    requirements=("F04.FR.06",),
    needs=(feature("Core"),),
    settings={"tx_stop_points": ["EVConnected"]},
    before=_valued("EVConnected"),
    main=(
        *stop_authorized("remote"),
        Acts(act="unplug"),
        Receives(
            number="5",
            action="TransactionEvent",
            where=(equals("eventType", "Ended"),),
        ),
    ),
    after=_all_along("F04.FR.06"),
    remark=_REMARK,
    follows=PART_2,
    ours=True,
)
