"""Cases of our own for requirements of block E that no case of the document touches: signed meter values, phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_offline import SIGNED, SIGNS
from pilotwire.conformance.cases.ocpp201.station.e_transactions.ours_station import PART_2
from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import (
    AUTHORIZATION_ON,
    back_after,
    sampling,
    starting_at,
    stopping_at,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import profile, sets
from pilotwire.conformance.checks import Check, Judgement, equals, present
from pilotwire.conformance.conditions import configured_is, feature, kept_is
from pilotwire.conformance.language import Acts, Case, Happened, Judges, Keeps, OnlyIf, Receives
from pilotwire.conformance.states.offline201 import line_back, line_down
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    present_token,
)
from pilotwire.conformance.values import Kept, Known, configured, plus

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


PW_E_14_CS = Case(
    id="PW_E_14_CS",
    title="The phases that are used",
    purpose="A station that can tell how many phases are used does so when the energy starts, and when the number changes.",
    requirements=("E02.FR.18", "E02.FR.19"),
    needs=(feature("Smart Charging"), configured_is("number_phases", 3)),
    before=(*AUTHORIZATION_ON, *sampling(), *ev_connected_pre_session()),
    main=(
        present_token(),
        Receives(number="1", action="Authorize"),
        Happened(facts={"authorized": True, "energy": True}),
        Keeps(values={"phases": 0}),
        Receives(
            number="3",
            action="TransactionEvent",
            where=(present(_PHASES),),
            checks=(equals(_PHASES, configured.number_phases).of("E02.FR.18"),),
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
                    checks=(equals(_PHASES, 1).of("E02.FR.19"),),
                ),
            ),
        ),
    ),
    after=(Judges(checks=(_phases_told(),)),),
    follows=PART_2,
    ours=True,
    remark="Whether a station is able to tell the phases cannot be asked: where none are told, there is a warning and no more to see.",
)
