"""Cases of our own for F01 to F06: remote starts that must be refused or choose an EVSE, what they tell, and what stops and locks tell."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    held_at_station,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.h_reservation.reserving import GROUP, RESERVATIONS_ON
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import complete, in_the, measuring
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import OWN, profile
from pilotwire.conformance.checks import Check, Judgement, equals, near, satisfies
from pilotwire.conformance.conditions import CABLE_ATTACHED, feature, kept_is, not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    Happened,
    Judges,
    NotReceives,
    OnlyIf,
    Receives,
    Sends,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token,
    parking_bay_occupied,
    reserved,
    stop_authorized,
    transaction_event,
    unavailable,
)
from pilotwire.conformance.values import Fresh, Kept, Known, Moment, configured, times

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
_BY_REQUEST = (equals("triggerReason", "RemoteStart"),)


def _starts(
    number: str, *checks: Check, token: str = "valid_token", evse: Any = configured.evse_id, **more: Any
) -> Sends:
    """RequestStartTransaction, with a remoteStartId of its own."""
    request = {"idToken": id_token(token), "evseId": evse, "remoteStartId": Fresh(f"remote start {number}")}
    return Sends(number=number, action="RequestStartTransaction", payload=request | more, checks=checks)


def _refused(number: str, requirement: str, **more: Any) -> Steps:
    """A remote start that is refused; nothing is started by it."""
    return (
        _starts(number, equals("status", "Rejected").of(requirement), **more),
        NotReceives(action="TransactionEvent", where=_BY_REQUEST, note="What was refused is not done."),
    )


# --- the station chooses the EVSE -----------------------------------------------------------------------------------------------


def _chooses(requirement: str) -> Steps:
    """A remote start without evseId: a station that can choose takes it, and the transaction is at one of its EVSEs."""
    one_of_them = satisfies("evse.id", "is an EVSE of the station", lambda found, known: found in EVERY_EVSE.of(known))
    return (
        Sends(
            number="1",
            action="RequestStartTransaction",
            payload={"idToken": id_token(), "remoteStartId": Fresh("remote start 1")},
            checks=(equals("status", "Accepted").of(requirement).softly(),),
            keep={"chooses": "status"},
            note="A station that cannot choose an EVSE rejects it (F01.FR.07).",
        ),
        OnlyIf(
            condition=kept_is("chooses", "Accepted"),
            steps=(
                Receives(
                    number="3",
                    action="TransactionEvent",
                    where=(equals("transactionInfo.remoteStartId", Kept("remote start 1")),),
                    checks=(one_of_them.of(requirement),),
                ),
            ),
        ),
    )


PW_F_01_CS = Case(
    id="PW_F_01_CS",
    title="A remote start that names no EVSE, cable first",
    purpose="A station that can choose an EVSE starts at one where the request names none.",
    requirements=("F01.FR.20",),
    needs=(feature("Core"),),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=False),
        *ev_connected_pre_session(),
    ),
    settings={"authorize_remote_start": False},
    main=_chooses("F01.FR.20"),
    follows=PART_2,
    ours=True,
)

# --- refused --------------------------------------------------------------------------------------------------------------------

PW_F_02_CS = Case(
    id="PW_F_02_CS",
    title="Remote starts where nobody can charge, before the cable",
    purpose="A remote start at an EVSE that is Unavailable or Faulted is refused.",
    requirements=("F02.FR.25",),
    needs=(feature("Core"),),
    main=(
        *unavailable(evse=configured.evse_id),
        *_refused("1", "F02.FR.25"),
        Sends(
            number="3",
            action="ChangeAvailability",
            payload={"operationalStatus": "Operative", "evse": {"id": configured.evse_id}},
            checks=(equals("status", "Accepted"),),
        ),
        TellsStatus(number="5", status="Available", every="evse"),
        Acts(act="fault"),
        TellsStatus(number="7", status="Faulted"),
        *_refused("9", "F02.FR.25"),
    ),
    after=(Acts(act="clear_fault"),),
    follows=PART_2,
    ours=True,
)

PW_F_03_CS = Case(
    id="PW_F_03_CS",
    title="A remote start where nobody can charge, cable first",
    purpose="A remote start at an EVSE that is Faulted with an EV connected is refused.",
    requirements=("F01.FR.23",),
    needs=(feature("Core"),),
    before=ev_connected_pre_session(),
    main=(
        Acts(act="fault"),
        TellsStatus(number="1", status="Faulted"),
        *_refused("3", "F01.FR.23"),
    ),
    after=(Acts(act="clear_fault"),),
    follows=PART_2,
    ours=True,
)

PW_F_04_CS = Case(
    id="PW_F_04_CS",
    title="A remote start where somebody charges",
    purpose="A remote start at an EVSE with an authorized transaction is refused, for the same and for another driver.",
    requirements=("F01.FR.24",),
    needs=(feature("Core"),),
    before=energy_transfer_started(),
    main=(*_refused("1", "F01.FR.24", token="valid_token2"), *_refused("3", "F01.FR.24")),
    follows=PART_2,
    ours=True,
)

PW_F_05_CS = Case(
    id="PW_F_05_CS",
    title="A remote start where somebody is about to charge",
    purpose="A remote start at an EVSE that a driver is authorized for, without a cable yet, is refused.",
    requirements=("F02.FR.26",),
    needs=(feature("Core"),),
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",), if_writable=True),
        *authorized("local"),
    ),
    settings={"tx_start_points": ["Authorized"]},
    main=_refused("1", "F02.FR.26", token="valid_token2"),
    follows=PART_2,
    ours=True,
)

PW_F_06_CS = Case(
    id="PW_F_06_CS",
    title="Remote starts at an EVSE that is reserved for others",
    purpose="A remote start for a token, without a group or of another one, is refused where the EVSE is reserved for other drivers.",
    requirements=("F02.FR.23", "F02.FR.24"),
    needs=(feature("Reservation"),),
    before=RESERVATIONS_ON,
    main=(
        *reserved(),
        *_refused("1", "F02.FR.23", token="valid_token2"),
        Sends(
            number="3",
            action="CancelReservation",
            payload={"reservationId": Kept("reservation_id")},
            checks=(equals("status", "Accepted"),),
        ),
        TellsStatus(number="5", status="Available", every="evse"),
        *reserved(extra={"groupIdToken": GROUP}),
        *_refused("7", "F02.FR.24", token="valid_token2"),
        *_refused("9", "F02.FR.24", token="valid_token2", groupIdToken={"idToken": "ANOTHER-GROUP", "type": "Central"}),
    ),
    follows=PART_2,
    ours=True,
)


def _named(everything: Any, known: Known) -> Judgement:
    """The events that tell the remote start, and the reservation in them."""
    wanted = known.kept["reservation_id"]
    of_start = [
        one
        for one in everything["messages"]
        if one["part"] == "main"
        and one["action"] == "TransactionEvent"
        and one["payload"].get("transactionInfo", {}).get("remoteStartId") == known.kept["remote_start_id"]
    ]
    named = [one["payload"].get("reservationId") for one in of_start]
    entry = of_start[0]["index"] if of_start else None
    return Judgement(named[:1] == [wanted], f"{len(named)} events: {', '.join(map(str, named))}", entry=entry)


PW_F_07_CS = Case(
    id="PW_F_07_CS",
    title="A remote start that uses a reservation up",
    purpose="The event that tells a remote start for who has reserved the EVSE names the reservation.",
    requirements=("F02.FR.06",),
    needs=(feature("Reservation"),),
    before=(*AUTHORIZATION_ON, *RESERVATIONS_ON, *reserved()),
    main=(*parking_bay_occupied(), *authorized("remote"), *energy_transfer_started()),
    after=(
        Judges(checks=(Check("the event that tells the remote start names the reservation", _named).of("F02.FR.06"),)),
    ),
    follows=PART_2,
    ours=True,
)

# --- what is told ---------------------------------------------------------------------------------------------------------------

PW_F_08_CS = Case(
    id="PW_F_08_CS",
    title="A profile without smart charging, before the cable",
    purpose="A station that does not support smart charging takes a remote start with a profile, and charges.",
    requirements=("F02.FR.20", "K05.FR.04"),
    needs=(feature("Core"),),
    traits={"variables": {"SmartChargingCtrlr.Enabled": "false"}},
    before=AUTHORIZATION_ON,
    main=(
        *authorized("remote", extra={"chargingProfile": profile("profile", OWN, (0, 6), kind="Relative")}),
        *energy_transfer_started(),
    ),
    follows=PART_2,
    ours=True,
)

_LISTS = measuring(
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SampledDataCtrlr.TxEndedMeasurands",
)
_SAMPLED = (*_LISTS, Configures(variable="SampledDataCtrlr.TxUpdatedInterval", value=configured.sampled_interval))


def _metered(*of: tuple[str, str]) -> Steps:
    """The events of these types have every configured measurand."""
    return (
        Judges(
            checks=tuple(complete(f"of {kind}", in_the(kind)).of(requirement) for kind, requirement in of),
        ),
    )


def _stops(number: str) -> Steps:
    """The CSMS stops the transaction where the cable still holds it: energy ends, the transaction goes on."""
    return (
        Sends(
            number=number,
            action="RequestStopTransaction",
            payload={"transactionId": Kept("transaction_id")},
            checks=(equals("status", "Accepted"),),
        ),
        transaction_event(
            str(int(number) + 2), trigger="RemoteStop", checks=(equals("eventType", "Updated").of("F04.FR.02"),)
        ),
    )


def _leaves(number: str) -> Steps:
    """The driver unplugs: the transaction ends, stopped remotely."""
    return (
        Acts(act="unplug"),
        Receives(
            number=number,
            action="TransactionEvent",
            where=(equals("eventType", "Ended"),),
            checks=(
                equals("transactionInfo.stoppedReason", "Remote").of("F04.FR.03"),
                equals("transactionInfo.transactionId", Kept("transaction_id")).of("F04.FR.03"),
            ),
        ),
        Happened(facts={"ev_connected": False, "transaction": False, "authorized": False, "energy": False}),
    )


_NO_MORE_ENERGY = NotReceives(
    action="TransactionEvent",
    where=(equals("transactionInfo.chargingState", "Charging"),),
    note="The energy offer is over (F04.FR.02).",
)
_LONG = Waits(seconds=times(1.5, configured.sampled_interval), why="a sample is due")

PW_F_09_CS = Case(
    id="PW_F_09_CS",
    title="A remote start and a remote stop, cable first",
    purpose="Energy ends at the request, the cable is free, the transaction ends as it is unplugged; all events have their meter data.",
    requirements=("F01.FR.14", "F01.FR.15", "F04.FR.02", "F04.FR.03", "F04.FR.04"),
    needs=(feature("Core"),),
    settings={"tx_start_points": ["Authorized"], "tx_stop_points": ["EVConnected"]},
    before=(
        *AUTHORIZATION_ON,
        *_SAMPLED,
        *stopping_at("EVConnected"),
        Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",)),
        *ev_connected_pre_session(),
    ),
    main=(
        *authorized("remote"),
        *energy_transfer_started(),
        _LONG,
        *_stops("1"),
        _NO_MORE_ENERGY,
        *held_at_station(held=False),
        *_leaves("5"),
    ),
    after=_metered(("Started", "F01.FR.14"), ("Updated", "F01.FR.15"), ("Ended", "F04.FR.04")),
    follows=PART_2,
    ours=True,
)

PW_F_10_CS = Case(
    id="PW_F_10_CS",
    title="A remote start and a remote stop, before the cable",
    purpose="A transaction that starts and ends by requests has its meter data in all of its events.",
    requirements=("F02.FR.02", "F02.FR.03", "F03.FR.04"),
    needs=(feature("Core"),),
    settings={"tx_start_points": ["Authorized"], "tx_stop_points": ["Authorized"]},
    before=(
        *AUTHORIZATION_ON,
        *_SAMPLED,
        *stopping_at("Authorized"),
        Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",)),
    ),
    main=(
        *authorized("remote"),
        *energy_transfer_started(),
        _LONG,
        *stop_authorized("remote"),
    ),
    after=_metered(("Started", "F02.FR.02"), ("Updated", "F02.FR.03"), ("Ended", "F03.FR.04")),
    follows=PART_2,
    ours=True,
)

PW_F_11_CS = Case(
    id="PW_F_11_CS",
    title="A lock that fails",
    purpose="A lock that fails while it holds the cable of a transaction that is over is told not to have opened.",
    requirements=("F05.FR.05",),
    needs=(feature("Core"), not_(CABLE_ATTACHED)),
    settings={"tx_stop_points": ["Authorized"]},
    before=(
        *stopping_at("Authorized"),
        *energy_transfer_started(),
        Acts(act="block_lock"),
        *stop_authorized("remote"),
    ),
    main=(
        Sends(
            number="1",
            action="UnlockConnector",
            payload={"evseId": configured.evse_id, "connectorId": configured.connector_id},
            checks=(equals("status", "UnlockFailed").of("F05.FR.05"),),
        ),
    ),
    after=(Acts(act="free_lock"),),
    follows=PART_2,
    ours=True,
)

_NOW = Moment()

PW_F_12_CS = Case(
    id="PW_F_12_CS",
    title="What is asked for is of now",
    purpose="Meter values and a transaction that are asked for a while after anything happened are of the moment they are asked for.",
    requirements=("F06.FR.09",),
    needs=(feature("Core"),),
    before=(
        Configures(variable="SampledDataCtrlr.TxUpdatedInterval", value=0),
        Configures(variable="AlignedDataCtrlr.Interval", value=0),
        *energy_transfer_started(),
        Waits(seconds=times(2, configured.time_deviation), why="what was told before is old"),
    ),
    main=(
        asks_for("MeterValues", evse={"id": configured.evse_id}),
        Receives(
            number="3",
            action="MeterValues",
            where=(equals("evseId", configured.evse_id),),
            checks=(near("meterValue[0].timestamp", _NOW).of("F06.FR.09"),),
        ),
        asks_for("TransactionEvent", number="5", evse={"id": configured.evse_id}),
        transaction_event(
            "7",
            trigger="Trigger",
            checks=(
                near("timestamp", _NOW).of("F06.FR.09"),
                near("meterValue[0].timestamp", _NOW).of("F06.FR.09"),
                equals("transactionInfo.chargingState", "Charging").of("F06.FR.09"),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_F_13_CS = Case(
    id="PW_F_13_CS",
    title="A remote start that names no EVSE, before the cable",
    purpose="A station that can choose an EVSE starts at one where the request names none and no cable is in.",
    requirements=("F02.FR.22",),
    needs=(feature("Core"),),
    settings={"authorize_remote_start": False, "tx_start_points": ["Authorized"]},
    before=(
        *AUTHORIZATION_ON,
        Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=False),
        Configures(variable="TxCtrlr.TxStartPoint", value=("Authorized",), if_writable=True),
    ),
    main=_chooses("F02.FR.22"),
    follows=PART_2,
    ours=True,
)
