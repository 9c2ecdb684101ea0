"""Cases of our own for requirements of block J that no case of the document touches: where, on which phase, of which EVSE is measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import AUTHORIZATION_ON, sampling
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import (
    NOT_IN_THE_EV,
    PATIENCE,
    PERIODIC,
    Reading,
    Which,
    aligned,
    in_meter_values,
    measured,
    of_readings,
    read_at,
)
from pilotwire.conformance.checks import Check, equals, present, some, when
from pilotwire.conformance.conditions import all_of, configured_is, implemented, not_
from pilotwire.conformance.language import (
    Acts,
    AtEvse,
    Case,
    Configures,
    Judges,
    Keeps,
    OnlyIf,
    Receives,
    Repeats,
    Step,
    Waits,
)
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus, times

Steps = tuple[Step, ...]
PART_2 = "Part 2 edition 3, errata 2025-09"
REGISTER, POWER = "Energy.Active.Import.Register", "Power.Active.Import"
_INTERVAL = configured.sampled_interval
_LINES = ("L1", "L2", "L3")


def _in_events(reading: Reading, _: Known) -> bool:
    return reading.action == "TransactionEvent"


# --- where, and on which phase -------------------------------------------------------------------------------------------------


def _phases(found: list[Reading], known: Known) -> tuple[bool, str]:
    """No two samples of a moment are alike in all but the value; what is measured of each phase is told of as many as there are."""
    wanted = {one.strip() for one in str(known.setting("phase_measurands")).split(",")}
    number, seen = known.setting("number_phases"), set()
    for reading in found:
        kinds = [
            (one.get("measurand", REGISTER), one.get("phase"), one.get("location"), one.get("context"))
            for one in reading.samples
        ]
        if len(set(kinds)) < len(kinds):
            return False, f"the same twice: {', '.join(map(str, kinds))}"
        told: dict[str, set[str]] = defaultdict(set)
        for measurand, phase, *_ in kinds:
            told[measurand].add(str(phase))
        for measurand in wanted & told.keys():
            lines = [phase for phase in told[measurand] if phase.removesuffix("-N") in _LINES]
            if number > 1 and len(lines) != number:
                return False, f"{measurand} of {', '.join(sorted(told[measurand]))}"
            seen |= told[measurand]
    return bool(seen), ", ".join(sorted(seen)) or "nothing of a phase"


def _places(found: list[Reading], _: Known) -> tuple[bool, str]:
    """What is measured of the whole station (EVSE 0) is not measured at an outlet."""
    wrong = [
        one for reading in found if reading.message.get("evseId") == 0 for one in reading.samples if _at_outlet(one)
    ]
    return not wrong, f"{len(wrong)} at an outlet, of EVSE 0"


def _at_outlet(sample: dict[str, Any]) -> bool:
    return sample.get("location", "Outlet") in ("Outlet", "Cable", "EV")


def _of_place(which: Which, what: str, location: str, phase: str) -> tuple[Check, ...]:
    names = f"{what}: phase names the phase, so that no two samples of a moment are alike"
    return (
        of_readings(names, which, _phases, path="sampledValue[0].phase").of(phase),
        of_readings(f"{what}: location is no outlet for EVSE 0", which, _places, path="sampledValue[0].location").of(
            location
        ),
        NOT_IN_THE_EV.of(location),
    )


def _measuring(name: str) -> Configures:
    return Configures(variable=name, value=configured.phase_measurands)


PW_J_01_CS = Case(
    id="PW_J_01_CS",
    title="Clock-aligned values tell place and phase",
    purpose="What is measured of each phase is told of each, with its name; what is measured in the EV or at the grid says so.",
    requirements=("J01.FR.09", "J01.FR.10"),
    before=(*aligned(), _measuring("AlignedDataCtrlr.Measurands")),
    main=(
        Repeats(
            number="1",
            steps=(
                Receives(
                    number="1",
                    action="MeterValues",
                    within=plus(configured.aligned_interval, configured.message_timeout),
                ),
            ),
            until=measured(2, in_meter_values, "values of idle EVSEs"),
        ),
    ),
    after=(Judges(checks=_of_place(in_meter_values, "MeterValues", "J01.FR.09", "J01.FR.10")),),
    follows=PART_2,
    ours=True,
    within=PATIENCE,
)

PW_J_02_CS = Case(
    id="PW_J_02_CS",
    title="Sampled values tell place and phase",
    purpose="What is measured of each phase in the course of a transaction is told of each, with its name.",
    requirements=("J02.FR.05", "J02.FR.06"),
    before=(*AUTHORIZATION_ON, *sampling(), _measuring("SampledDataCtrlr.TxUpdatedMeasurands")),
    main=(
        *energy_transfer_started("local"),
        Receives(
            number="1",
            action="TransactionEvent",
            where=(present("meterValue"),),
            checks=(
                equals("triggerReason", "MeterValuePeriodic"),
                *when(
                    not_(configured_is("number_phases", 1)),
                    some("meterValue", some("sampledValue", present("phase"))).of("J02.FR.06"),
                ),
                *read_at(PERIODIC),
            ),
            within=plus(_INTERVAL, configured.message_timeout),
        ),
    ),
    after=(Judges(checks=_of_place(_in_events, "TransactionEvents", "J02.FR.05", "J02.FR.06")),),
    follows=PART_2,
    ours=True,
    within=PATIENCE,
)

# --- the register, and whose it is ---------------------------------------------------------------------------------------------


def _values(found: list[Reading], measurand: str) -> list[float]:
    """The values of a measurand that are of all phases together, by their timestamps."""
    timed = [(one.at, sample) for one in found if one.at is not None for sample in one.samples]
    told = [(at, one) for at, one in timed if one.get("measurand", REGISTER) == measurand and "phase" not in one]
    return [_number(one) for _, one in sorted(told, key=lambda each: each[0])]


def _number(sample: dict[str, Any]) -> float:
    return float(sample["value"]) * float(10 ** sample.get("unitOfMeasure", {}).get("multiplier", 0))


def _rises(found: list[Reading], _: Known) -> tuple[bool, str]:
    values = _values(found, REGISTER)
    monotonic = all(later >= one for one, later in pairwise(values))
    return len(values) > 1 and monotonic and values[-1] > values[0], ", ".join(f"{one:g}" for one in values)


_ENERGY = Configures(variable="SampledDataCtrlr.TxUpdatedMeasurands", value=f"{REGISTER},{POWER}")

PW_J_03_CS = Case(
    id="PW_J_03_CS",
    title="The register never goes back",
    purpose="In the course of a transaction, with a pause, the energy register rises and never goes back.",
    requirements=("J02.FR.16",),
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*AUTHORIZATION_ON, *sampling(), _ENERGY),
    main=(
        *energy_transfer_started("local"),
        Waits(number="1", seconds=times(2, _INTERVAL), why="energy is counted"),
        Acts(act="suspend"),
        Receives(
            number="1",
            action="TransactionEvent",
            where=(equals("transactionInfo.chargingState", "SuspendedEV"),),
            checks=(equals("triggerReason", "ChargingStateChanged"), equals("eventType", "Updated")),
        ),
        Waits(number="1", seconds=times(2, _INTERVAL), why="the EV pauses"),
        Acts(act="resume"),
        Waits(number="1", seconds=times(2, _INTERVAL), why="energy is counted"),
        transaction_event("3", trigger="MeterValuePeriodic", checks=(present("meterValue"),), early=True),
        Judges(
            number="3",
            checks=(
                of_readings("the energy register rises, by the timestamps, and never goes back", _in_events, _rises).of(
                    "J02.FR.16"
                ),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
    within=PATIENCE,
)


def _of_transaction(name: str) -> Which:
    return lambda reading, known: reading.about == known.kept.get(name) and reading.context == PERIODIC


def _flows(amount: bool) -> Callable[[list[Reading], Known], tuple[bool, str]]:
    """Power was measured, or was never."""

    def judged(found: list[Reading], _: Known) -> tuple[bool, str]:
        values = _values(found, POWER)
        flowed = any(value > 0 for value in values)
        return bool(values) and flowed is amount, ", ".join(f"{one:g}" for one in values)

    return judged


def _of_evse(transaction: str, evse: Any) -> Check:
    """Of this transaction no event names another EVSE."""

    def judged(found: list[Reading], known: Known) -> tuple[bool, str]:
        told = {one.message["evse"]["id"] for one in found if "evse" in one.message}
        return told <= {evse.of(known)}, ", ".join(map(str, sorted(told))) or "none named"

    what = f"the events with meter values of the transaction at {evse} name no other EVSE"
    return of_readings(what, _of_transaction(transaction), judged)


PW_J_04_CS = Case(
    id="PW_J_04_CS",
    title="Meter values of the EVSE of the transaction",
    purpose="While energy flows at one EVSE and none at another, each transaction tells what its own EVSE delivers.",
    requirements=("J02.FR.22",),
    before=(*AUTHORIZATION_ON, *sampling(), _ENERGY),
    main=(
        *energy_transfer_started("local"),
        Keeps(values={"charges": Kept("transaction_id")}),
        AtEvse(
            evse=configured.evse2_id,
            connector=configured.connector2_id,
            steps=(
                Acts(act="not_ready"),
                *ev_connected_pre_session(),
                *authorized("local", token="valid_token2"),
                Keeps(values={"rests": Kept("transaction_id")}),
                Repeats(
                    number="1",
                    steps=(
                        Receives(
                            number="1",
                            action="TransactionEvent",
                            within=plus(_INTERVAL, configured.message_timeout),
                        ),
                    ),
                    until=all_of(
                        measured(3, _of_transaction("charges"), "values of the EVSE that charges"),
                        measured(2, _of_transaction("rests"), "values of the EVSE that rests"),
                    ),
                ),
            ),
        ),
        Judges(
            number="3",
            checks=(
                of_readings("power flows where the EV charges", _of_transaction("charges"), _flows(True)).of(
                    "J02.FR.22"
                ),
                of_readings("no power flows where the EV rests", _of_transaction("rests"), _flows(False)).of(
                    "J02.FR.22"
                ),
                _of_evse("charges", configured.evse_id).of("J02.FR.22"),
                _of_evse("rests", configured.evse2_id).of("J02.FR.22"),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
    within=PATIENCE,
)

# --- only while idle, at one EVSE ----------------------------------------------------------------------------------------------

_OF_ONE = "AlignedDataCtrlr@1.SendDuringIdle"


def _kept_back(found: list[Reading], known: Known) -> tuple[bool, str]:
    """Of EVSE 1 nothing clock-aligned was measured after its transaction began, but of others."""
    began = known.kept["began"]
    late = [one for one in found if one.at is not None and one.at.timestamp() > began]
    wrong = [one for one in late if one.message.get("evseId") == 1]
    return not wrong and bool(late), f"{len(wrong)} of EVSE 1, {len(late) - len(wrong)} of others"


PW_J_05_CS = Case(
    id="PW_J_05_CS",
    title="No clock-aligned values of one EVSE during its transaction",
    purpose="With SendDuringIdle of an EVSE its clock-aligned values stop while it has a transaction, and those of others go on.",
    requirements=("J01.FR.19",),
    settings={"evse_id": 1},
    before=(
        *aligned(),
        Configures(variable=_OF_ONE, value=True, if_implemented=True),
    ),
    main=(
        OnlyIf(
            condition=implemented(_OF_ONE),
            steps=(
                *energy_transfer_started("local"),
                Keeps(values={"began": Computed("now", lambda known: known.now().timestamp() + 1.0)}),
                Waits(number="1", seconds=times(3, configured.aligned_interval), why="values would be told"),
                Receives(
                    number="3",
                    action="MeterValues",
                    checks=(equals("meterValue[0].sampledValue[0].context", "Sample.Clock"),),
                ),
                Judges(
                    number="3",
                    checks=(
                        of_readings(
                            "no clock-aligned value of the EVSE with the transaction, but of another",
                            in_meter_values,
                            _kept_back,
                        ).of("J01.FR.19"),
                    ),
                ),
            ),
        ),
    ),
    follows=PART_2,
    ours=True,
    within=PATIENCE,
    remark="SendDuringIdle may be set for the whole station or for an EVSE; a station that has it not for EVSE 1 has nothing to be judged.",
)
