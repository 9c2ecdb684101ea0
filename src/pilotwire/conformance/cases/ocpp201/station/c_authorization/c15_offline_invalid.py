"""C12, C15: a token charged while the station was offline, and the CSMS calls it Invalid when it hears of it."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import (
    CACHE_DECIDES,
    CHARGING,
    EIM,
    LOCALLY_OFFLINE,
    OFFLINE,
    PRE_AUTHORIZE,
    strangers_offline,
)
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import back_after, sampling
from pilotwire.conformance.checks import Check, Judgement, absent_or, both, either, equals, one_of, present, when
from pilotwire.conformance.conditions import TRANSACTION_JUST_ENDED, TRANSACTION_RUNS, feature, not_
from pilotwire.conformance.language import (
    Case,
    Configures,
    Happened,
    Judges,
    NotReceives,
    OnlyIf,
    Reached,
    Receives,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.deauthorized201 import agrees_again, agrees_no_longer, deauthorization_told
from pilotwire.conformance.states.offline201 import line_back, line_down, queued, start_offline_transaction
from pilotwire.conformance.states.station201 import (
    ENDS_OR_GOES_ON,
    ev_connected_post_session,
    ev_connected_pre_session,
    ev_disconnected,
    id_token_cached,
    id_token_in_local_list,
    present_token,
    stop_authorized,
    token_is,
    transaction_event,
)
from pilotwire.conformance.values import Known, configured, look

Steps = tuple[Step, ...]
_CHANGED = equals("triggerReason", "ChargingStateChanged")
_NO_ENERGY = one_of("transactionInfo.chargingState", "SuspendedEVSE", "EVConnected")
_SUSPENDED = equals("transactionInfo.chargingState", "SuspendedEVSE")


def stops_on_invalid(stops: bool, *, energy: Any) -> Steps:
    """Whether a transaction stops whose token is not accepted, and how many Wh it still gets."""
    return (
        Configures(variable="TxCtrlr.StopTxOnInvalidId", value=stops),
        Configures(variable="TxCtrlr.MaxEnergyOnInvalidId", value=energy, if_implemented=True),
    )


def _known_and_connected() -> Steps:
    """The token is in the cache, and on the list where there is one; the EV is connected."""
    return (
        *id_token_cached(),
        OnlyIf(condition=feature("Local Authorization List Management"), steps=id_token_in_local_list()),
        *ev_connected_pre_session(),
    )


def _charges_offline() -> Steps:
    """The token charges while the line is down; when it is back, the CSMS calls it Invalid."""
    return (
        *line_down("1"),
        present_token(),
        Waits(seconds=configured.transaction_duration, why="energy flows while there is no connection"),
        agrees_no_longer(),
        *line_back("2"),
        Happened(facts={"authorized": True, "energy": True}),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(present("idToken"),),
            checks=(one_of("triggerReason", "Authorized", "ChargingStateChanged"), *token_is(), OFFLINE),
            early=True,
            keep={"transaction_id": "transactionInfo.transactionId"},
        ),
    )


def _told_of_charging(number: str) -> Judges:
    """The queue told of the energy: with an event of its own, or with the one that began the transaction (E02.FR.20)."""
    return queued(number, OFFLINE, some=(both(either(_CHANGED, CHARGING), OFFLINE),))


def _no_energy_any_more() -> NotReceives:
    return NotReceives(
        action="TransactionEvent", where=(CHARGING, absent_or("offline", False)), note="The energy has stopped."
    )


def _suspension_told(number: str) -> Steps:
    """The station stops the energy of a token that is not accepted, and tells it (C15.FR.06, E05.FR.02)."""
    return (
        Happened(facts={"energy": False}),
        transaction_event(
            number,
            trigger="ChargingStateChanged",
            where=(_NO_ENERGY, absent_or("offline", False)),
            checks=(
                *ENDS_OR_GOES_ON,
                *when(not_(TRANSACTION_JUST_ENDED), _SUSPENDED.of("C15.FR.06"), _SUSPENDED.of("E05.FR.02")),
            ),
            early=True,
        ),
    )


def delivered() -> Check:
    """Energy of the transaction, by the first and last register it told: about as much as MaxEnergyOnInvalidId allows."""

    def judge(everything: Any, known: Known) -> Judgement:
        events = [one["payload"] for one in everything["messages"] if one["action"] == "TransactionEvent"]
        of_it = [one for one in events if look(one, "transactionInfo.transactionId") == known.kept["transaction_id"]]
        registers = [float(value["value"]) for event in of_it for value in _registers(event)]
        if len(registers) < 2:
            return Judgement(False, f"{len(registers)} registers told")
        delivered, most = max(registers) - min(registers), known.setting("max_energy_on_invalid_id")
        return Judgement(most * 0.5 <= delivered <= most * 1.25 + 10, f"{delivered:g} Wh")

    what = "the energy delivered by the transaction is about <configured max_energy_on_invalid_id> Wh"
    return Check(what, judge, requirement="E05.FR.03")


def _registers(event: Any) -> list[Any]:
    values = [value for meter in event.get("meterValue", []) for value in meter.get("sampledValue", [])]
    default = "Energy.Active.Import.Register"
    return [one for one in values if one.get("measurand", default) == default and "phase" not in one]


TC_C_15_CS = Case(
    id="TC_C_15_CS",
    title="Charged offline, called invalid: some energy is given",
    purpose="Without StopTxOnInvalidId the transaction of a token called Invalid afterwards gets MaxEnergyOnInvalidId, and no more.",
    requirements=("C12.FR.02", "C12.FR.04", "E05.FR.03"),
    before=(
        *CACHE_DECIDES,
        LOCALLY_OFFLINE,
        strangers_offline(True),
        *stops_on_invalid(False, energy=configured.max_energy_on_invalid_id),
        *back_after(),
        *sampling(),
        Configures(variable="SampledDataCtrlr.TxStartedMeasurands", value=configured.measurands),
        *_known_and_connected(),
    ),
    main=(
        *_charges_offline(),
        NotReceives(number="3", action="TransactionEvent", where=(equals("triggerReason", "Deauthorized"),)),
        NotReceives(number="3", action="TransactionEvent", where=(_CHANGED, _SUSPENDED), seconds=0),
        _told_of_charging("3"),
    ),
    after=(
        transaction_event(
            trigger="ChargingStateChanged",
            where=(_SUSPENDED.of("E05.FR.03"),),
            within=configured.long_operation_timeout,
        ),
        transaction_event(trigger="MeterValuePeriodic", where=(_SUSPENDED,)),
        Judges(checks=(delivered(),)),
    ),
    remark=f"{EIM} Instead of 10 kWh MaxEnergyOnInvalidId is an amount of the plan, so that its end can be waited for; meter values are "
    "sampled for it.",
)

TC_C_16_CS = Case(
    id="TC_C_16_CS",
    title="Charged offline, called invalid: deauthorized",
    purpose="With StopTxOnInvalidId the transaction of a token called Invalid afterwards is deauthorized, and the energy stops.",
    requirements=("C12.FR.02", "C12.FR.04", "E05.FR.09"),
    before=(*CACHE_DECIDES, LOCALLY_OFFLINE, *stops_on_invalid(True, energy=0), *_known_and_connected()),
    main=(
        *_charges_offline(),
        *deauthorization_told("5"),
        _told_of_charging("5"),
    ),
    after=(_no_energy_any_more(),),
    remark=EIM,
)

TC_C_17_CS = Case(
    id="TC_C_17_CS",
    title="Charged offline, called invalid: suspended",
    purpose="Without StopTxOnInvalidId the transaction of a token called Invalid afterwards goes on, with its energy suspended.",
    requirements=("C12.FR.02", "C12.FR.04", "E05.FR.02"),
    before=(
        *CACHE_DECIDES,
        LOCALLY_OFFLINE,
        strangers_offline(True),
        *stops_on_invalid(False, energy=0),
        *_known_and_connected(),
    ),
    main=(
        *_charges_offline(),
        *_suspension_told("5"),
        _told_of_charging("5"),
        NotReceives(
            number="5", action="TransactionEvent", where=(equals("triggerReason", "SuspendedEVSE"),), seconds=0
        ),
    ),
    after=(
        _no_energy_any_more(),
        NotReceives(action="TransactionEvent", where=(equals("triggerReason", "Deauthorized"),), seconds=0),
    ),
    remark=f"{EIM} The case gives step 5 a triggerReason SuspendedEVSE, which there is not, and then forbids it: it is the chargingState. "
    "LocalAuthorizeOffline is set as in the cases beside it: without it the cache must not decide (C13.FR.04).",
)

TC_C_18_CS = Case(
    id="TC_C_18_CS",
    title="Charged offline, called invalid: deauthorized in spite of MaxEnergyOnInvalidId",
    purpose="StopTxOnInvalidId goes before MaxEnergyOnInvalidId: the transaction is deauthorized at once.",
    requirements=("C12.FR.02", "C12.FR.04"),
    before=(
        *CACHE_DECIDES,
        LOCALLY_OFFLINE,
        strangers_offline(True),
        *stops_on_invalid(True, energy=500),
        *back_after(),
        *_known_and_connected(),
    ),
    main=(
        *_charges_offline(),
        *deauthorization_told("5"),
        _told_of_charging("5"),
    ),
    after=(_no_energy_any_more(),),
    remark=EIM,
)

TC_C_26_CS = Case(
    id="TC_C_26_CS",
    title="A stranger charges offline, called invalid: suspended",
    purpose="A token nobody knows charges offline where that is allowed; called Invalid afterwards, it gets no more, and can stop.",
    requirements=("C15.FR.02", "C15.FR.06", "C15.FR.08", "C13.FR.04"),
    before=(
        Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True),
        *PRE_AUTHORIZE,
        strangers_offline(True),
        LOCALLY_OFFLINE,
        *stops_on_invalid(False, energy=0),
        agrees_no_longer(),
        *start_offline_transaction(),
    ),
    main=(
        TellsStatus(number="1", status="Occupied", early=True),
        Receives(
            number="1",
            action="TransactionEvent",
            where=(present("idToken"),),
            checks=(*token_is(), OFFLINE),
            early=True,
        ),
        *_suspension_told("1"),
        queued("1", OFFLINE),
        agrees_again(),
        OnlyIf(
            condition=TRANSACTION_RUNS,
            steps=(
                Reached(state="EnergyTransferStarted"),
                *stop_authorized("local"),
                *ev_connected_post_session(),
                *ev_disconnected(),
            ),
        ),
    ),
    remark="The case wants every event of step 1 marked as offline; the suspension follows from an answer, so it is told online.",
)
