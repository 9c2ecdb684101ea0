"""Cases of our own for requirements of block E that no case of the document touches: signed meter values, phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.c_authorization.presenting import CACHE_DECIDES
from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_offline import SIGNED, SIGNS
from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_station import PART_2, in_order
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    ev_side_disconnect,
    sampling,
    starting_at,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import profile, sets
from pilotwire.conformance.checks import Check, Judgement, equals, present
from pilotwire.conformance.conditions import configured_is, feature, kept_is
from pilotwire.conformance.language import Acts, Case, Configures, Happened, Judges, Keeps, OnlyIf, Receives, Step
from pilotwire.conformance.states.deauthorized201 import agrees_no_longer
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    id_token_cached,
    present_token,
    transaction_event,
)
from pilotwire.conformance.values import Kept, Known, configured, plus

Steps = tuple[Step, ...]
_STARTED, _ENDED = equals("eventType", "Started"), equals("eventType", "Ended")

PW_E_12_CS = Case(
    id="PW_E_12_CS",
    title="Signed values at the beginning and the end",
    purpose="With SampledDataSignReadings the first event of a transaction and its last have signed meter values.",
    requirements=("E02.FR.14", "E07.FR.12"),
    settings={"tx_start_points": ["EVConnected"], "tx_stop_points": ["Authorized"]},
    traits={"evse": {"signingMeter": True}},
    before=(
        *starting_at("EVConnected", besides=("Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer")),
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        *AUTHORIZATION_ON,
        *SIGNS,
    ),
    main=(
        Acts(act="plug_in"),
        Happened(facts={"ev_connected": True}),
        Receives(number="1", action="TransactionEvent", where=(_STARTED,), checks=(SIGNED.of("E02.FR.14"),)),
        *authorized("local"),
        *energy_transfer_started(),
        present_token(),
        Happened(facts={"authorized": False, "energy": False}),
        Receives(number="7", action="TransactionEvent", where=(_ENDED,), checks=(SIGNED.of("E07.FR.12"),)),
    ),
    follows=PART_2,
    ours=True,
)

PW_E_13_CS = Case(
    id="PW_E_13_CS",
    title="Signed values after the line was down",
    purpose="A transaction during which the line was down for a while ends with signed meter values all the same.",
    requirements=("E11.FR.08",),
    settings={"tx_stop_points": ["Authorized"]},
    traits={"evse": {"signingMeter": True}},
    before=(
        *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
        *AUTHORIZATION_ON,
        *back_after(),
        *SIGNS,
        *energy_transfer_started("local"),
    ),
    main=(
        *line_down("1"),
        *line_back("2"),
        present_token(),
        Happened(facts={"authorized": False, "energy": False}),
        Receives(number="3", action="TransactionEvent", where=(_ENDED,), checks=(SIGNED.of("E11.FR.08"),)),
    ),
    follows=PART_2,
    ours=True,
)


def _one_phase() -> Mapping[str, Any]:
    """A profile for the transaction that lets it charge with one phase."""
    sent = profile("one phase", "TxProfile", (0, 16), kind="Relative", transactionId=Kept("transaction_id"))
    schedule = sent["chargingSchedule"][0]
    periods = [one | {"numberPhases": 1} for one in schedule["chargingSchedulePeriod"]]
    return sent | {"chargingSchedule": [schedule | {"chargingSchedulePeriod": periods}]}


_PHASES = "numberOfPhasesUsed"


def _phases_told() -> Check:
    """Some event tells them; a warning if none does, as the station may be unable to."""

    def judge(everything: Any, _: Known) -> Judgement:
        told = [str(one["payload"][_PHASES]) for one in everything["messages"] if _PHASES in one["payload"]]
        return Judgement(bool(told), ", ".join(told) or "none")

    return Check("the number of phases used is told", judge, requirement="E02.FR.18").softly()


def _phases(case: str, title: str, begins: str, changes: str, *, before: Steps, authorizes: Steps) -> Case:
    """A case of the phases that are told when the energy starts (`begins`), and when their number changes."""
    return Case(
        id=case,
        title=title,
        purpose="A station that can tell how many phases are used does so when the energy starts, and when the number changes.",
        requirements=(begins, changes),
        needs=(feature("Smart Charging"), configured_is("number_phases", 3)),
        before=(*AUTHORIZATION_ON, *sampling(), *before),
        main=(
            *authorizes,
            *_phases_of_the_energy(begins, changes),
        ),
        after=(Judges(checks=(_phases_told().of(begins),)),),
        follows=PART_2,
        ours=True,
        remark="Whether a station is able to tell the phases cannot be asked: where none are told, there is a warning and no more to see.",
    )


def _phases_of_the_energy(begins: str, changes: str) -> Steps:
    return (
        Happened(facts={"authorized": True, "ev_connected": True, "energy": True}),
        Keeps(values={"phases": 0}),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(present(_PHASES),),
            checks=(equals(_PHASES, configured.number_phases).of(begins),),
            keep={"phases": _PHASES, "transaction_id": "transactionInfo.transactionId"},
            optional=True,
            early=True,
            within=plus(configured.sampled_interval, configured.silence),
            note="With the event of the energy's start or the one after it, when the meter has measured it.",
        ),
        OnlyIf(
            condition=kept_is("phases", 3),
            steps=(
                sets("5", _one_phase()),
                Receives(
                    number="7",
                    action="TransactionEvent",
                    where=(present(_PHASES),),
                    checks=(equals(_PHASES, 1).of(changes),),
                ),
            ),
        ),
    )


PW_E_14_CS = _phases(
    "PW_E_14_CS",
    "The phases that are used",
    "E02.FR.18",
    "E02.FR.19",
    before=ev_connected_pre_session(),
    authorizes=(present_token(), Receives(number="1", action="Authorize")),
)
PW_E_22_CS = _phases(
    "PW_E_22_CS",
    "The phases that are used, token first",
    "E03.FR.13",
    "E03.FR.14",
    before=authorized("local"),
    authorizes=(Acts(act="plug_in"),),
)

# --- signed, whoever ends it ----------------------------------------------------------------------------------------------------


def _ends_signed(
    case: str, title: str, requirement: str, *, before: Steps, ends: Steps, more: tuple[Check, ...] = ()
) -> Case:
    """A case of a transaction whose last event, after it `ends` so, has signed meter values. `more` are checks of that event."""
    return Case(
        id=case,
        title=title,
        purpose="With SampledDataSignReadings the last event of the transaction has signed meter values.",
        requirements=(requirement, *(one.requirement for one in more)),
        settings={"tx_stop_points": ["Authorized"]},
        traits={"evse": {"signingMeter": True}},
        before=(
            *stopping_at("Authorized", besides=("PowerPathClosed", "EVConnected", "ParkingBayOccupancy")),
            *AUTHORIZATION_ON,
            *SIGNS,
            *before,
        ),
        main=(
            *ends,
            Happened(facts={"authorized": False, "energy": False}),
            Receives(number="5", action="TransactionEvent", where=(_ENDED,), checks=(SIGNED.of(requirement), *more)),
        ),
        after=(Judges(checks=(in_order(),)),),
        follows=PART_2,
        ours=True,
    )


_PULLED = Acts(act="unplug", details={"side": "vehicle"})
_TOKEN_FIRST: Steps = (*authorized("local"), *energy_transfer_started())

PW_E_23_CS = _ends_signed(
    "PW_E_23_CS",
    "Signed values of a transaction that began with a token",
    "E03.FR.10",
    before=_TOKEN_FIRST,
    ends=(present_token(),),
)
PW_E_24_CS = _ends_signed(
    "PW_E_24_CS",
    "Signed values, the cable pulled at the EV",
    "E09.FR.08",
    before=(*ev_side_disconnect(stops=True), *energy_transfer_started("local")),
    ends=(_PULLED,),
)
PW_E_25_CS = _ends_signed(
    "PW_E_25_CS",
    "Signed values, the cable pulled at the EV, then the token",
    "E10.FR.07",
    before=(*ev_side_disconnect(stops=False), *energy_transfer_started("local")),
    ends=(
        _PULLED,
        transaction_event("1", trigger="EVCommunicationLost", checks=(equals("eventType", "Updated"),)),
        present_token(),
    ),
)

_NOT_ACCEPTED: Steps = (
    *CACHE_DECIDES,
    Configures(variable="TxCtrlr.StopTxOnInvalidId", value=True),
    Configures(variable="TxCtrlr.MaxEnergyOnInvalidId", value=0, if_implemented=True),
    *id_token_cached(),
    *ev_connected_pre_session(),
    agrees_no_longer(),
)
PW_E_26_CS = replace(
    _ends_signed(
        "PW_E_26_CS",
        "Signed values of a token the CSMS does not accept",
        "E05.FR.06",
        before=_NOT_ACCEPTED,
        ends=(present_token(),),
        more=(
            equals("triggerReason", "Deauthorized").of("E05.FR.10"),
            equals("transactionInfo.stoppedReason", "DeAuthorized").of("E05.FR.10"),
        ),
    ),
    requirements=("E05.FR.04", "E05.FR.06", "E05.FR.10"),
    after=(Judges(checks=(in_order().of("E05.FR.04"),)),),
)
