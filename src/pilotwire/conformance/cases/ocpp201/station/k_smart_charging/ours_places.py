"""Cases of our own for K01, K04 and K16: phases, EVSEs with limits of their own and one together, and a new limit with ISO 15118."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.given_power import (
    LESS,
    METERED,
    MORE,
    POWER,
    gives,
    kept_to,
    looks,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.needs import (
    BEGUN_BEFORE_ENERGY,
    connected_and_authorized,
    own_profile,
    renegotiated,
    schedule_told,
    takes_up,
    within,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.ours_charging import phases_of
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.ours_external_limits import FOR_ALL, SHARE, load
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.ours_schedules import PART_2, SMART
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    Steps,
    asks_composite,
    profile,
    sets,
)
from pilotwire.conformance.checks import Check, Judgement, equals, one_of, satisfies
from pilotwire.conformance.conditions import feature, kept_is, not_
from pilotwire.conformance.language import Case, Configures, ForEach, Judges, NotReceives, OnlyIf, Receives, Sends
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE, ONE_EVSE, energy_transfer_started_everywhere
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Kept, Known, configured
from pilotwire.conformance.variables import component_variable

# --- phases ---------------------------------------------------------------------------------------------------------------------

PW_K_22_CS = Case(
    id="PW_K_22_CS",
    title="No more phases than a profile has",
    purpose="A station that takes a profile for two phases charges with no more than two; one that cannot see to that rejects it.",
    requirements=("K01.FR.43",),
    needs=SMART,
    settings={"charging_rate_unit": "A"},
    before=METERED,
    main=(
        Sends(
            number="1",
            action="SetChargingProfile",
            payload={
                "evseId": configured.evse_id,
                "chargingProfile": phases_of(profile("profile", DEFAULT, (0, MORE)), numberPhases=2),
            },
            checks=(one_of("status", "Accepted", "Rejected").of("K01.FR.43"),),
            keep={"two phases": "status"},
        ),
        OnlyIf(
            condition=kept_is("two phases", "Accepted"),
            steps=(*energy_transfer_started(), *looks("3", gives(MORE, phases=2).of("K01.FR.43"))),
        ),
    ),
    follows=PART_2,
    ours=True,
)

_SWITCHING = "SmartChargingCtrlr.ACPhaseSwitchingSupported"
_ENOUGH = 2.0
"""A of a phase that is used; one that is not used has less."""


def _on_phase(wanted: str) -> Check:
    """Current flows in this phase, and in no other."""

    def test(found: Any, known: Known) -> bool:
        told = {
            str(one["phase"])[:2]: float(one["value"])
            for value in (found if isinstance(found, list) else [])
            for one in value.get("sampledValue", [])
            if one.get("measurand") == "Current.Import" and "phase" in one
        }
        return told.get(wanted, 0.0) >= _ENOUGH and all(
            amps < _ENOUGH for phase, amps in told.items() if phase != wanted
        )

    return satisfies("meterValue", f"tells a Current.Import in {wanted} and in no other phase", test)


PW_K_23_CS = Case(
    id="PW_K_23_CS",
    title="The phase a profile names",
    purpose="A station that can switch phases connects the EV to the one phase a profile names.",
    requirements=("K01.FR.46",),
    needs=SMART,
    settings={"charging_rate_unit": "A"},
    traits={"evse": {"canChoosePhase": True}},
    before=(
        Sends(
            action="GetVariables",
            payload={"getVariableData": [component_variable(_SWITCHING)]},
            checks=(equals("getVariableResult[0].attributeValue", "true"),),
        ),
        *METERED,
        Configures(variable="SampledDataCtrlr.TxUpdatedMeasurands", value="Current.Import"),
    ),
    main=(
        sets("1", phases_of(profile("profile", DEFAULT, (0, MORE)), numberPhases=1, phaseToUse=2)),
        *energy_transfer_started(),
        *looks("3", _on_phase("L2").of("K01.FR.46")),
    ),
    follows=PART_2,
    ours=True,
)

# --- several EVSEs --------------------------------------------------------------------------------------------------------------

_TELLS_POWER: Steps = (*METERED, Configures(variable="AlignedDataCtrlr.Measurands", value=POWER))


def _a_limit(found: Any, _: Known) -> bool:
    return isinstance(found, (int, float)) and found > 0


PW_K_24_CS = Case(
    id="PW_K_24_CS",
    title="One limit for all EVSEs",
    purpose="All EVSEs together are given no more than the station's limit, which it has also without a profile.",
    requirements=("K04.FR.02", "K04.FR.05"),
    needs=SMART,
    before=_TELLS_POWER,
    main=(
        asks_composite(
            "1",
            300,
            satisfies("schedule.chargingSchedulePeriod[0].limit", "is a limit", _a_limit).of("K04.FR.02"),
            evse=0,
        ),
        sets("3", phases_of(profile("station", "ChargingStationMaxProfile", (0, SHARE)), limit=FOR_ALL), evse=0),
        *energy_transfer_started_everywhere(),
        *looks("5"),
        asks_for("MeterValues", number="9"),
        ForEach(
            name="asked_evse",
            values=EVERY_EVSE,
            steps=(Receives(number="11", action="MeterValues", where=(equals("evseId", Kept("asked_evse")),)),),
        ),
    ),
    after=(Judges(checks=(Check("the EVSEs together are given power within the limit", load).of("K04.FR.05"),)),),
    follows=PART_2,
    ours=True,
)

PW_K_25_CS = Case(
    id="PW_K_25_CS",
    title="A limit for each EVSE",
    purpose="Each of two EVSEs is given what its own profile allows.",
    requirements=("K04.FR.01",),
    needs=(*SMART, not_(ONE_EVSE)),
    before=(
        *_TELLS_POWER,
        sets("", profile("less", DEFAULT, (0, LESS))),
        sets("", profile("more", DEFAULT, (0, MORE)), evse=configured.evse2_id),
    ),
    main=(
        *energy_transfer_started_everywhere(),
        *looks("1"),
        asks_for("MeterValues", number="5"),
        *(
            Receives(
                number="7",
                action="MeterValues",
                where=(equals("evseId", evse),),
                checks=(kept_to(amps).of("K04.FR.01"),),
            )
            for evse, amps in ((configured.evse_id, LESS), (configured.evse2_id, MORE))
        ),
    ),
    follows=PART_2,
    ours=True,
)

# --- a new limit for an EV of ISO 15118 ---------------------------------------------------------------------------------------------


def _told_anew(everything: Any, known: Known) -> Judgement:
    told = [
        one for one in everything["messages"] if one["action"] == "NotifyEVChargingSchedule" and one["part"] == "main"
    ]
    return Judgement(bool(told), f"{len(told)} schedules")


def _beyond(amps: float) -> Check:
    """The schedule of the EV is above so many A somewhere."""
    good = within(amps)
    return satisfies("", f"has a period above {amps:g} A", lambda found, known: not good.on(found, known).passed)


PW_K_26_CS = Case(
    id="PW_K_26_CS",
    title="A lower limit while an EV of ISO 15118 charges",
    purpose="A new profile brings a new schedule for the EV, which takes up what it allows, and is given no more from then on.",
    requirements=("K16.FR.01", "K16.FR.02", "K16.FR.03", "K16.FR.04", "K16.FR.05", "K16.FR.11"),
    needs=(*SMART, feature("ISO 15118 Support"), BEGUN_BEFORE_ENERGY),
    settings={"charging_rate_unit": "A"},
    before=(*METERED, *connected_and_authorized(), *renegotiated()),
    main=(
        own_profile("1", LESS),
        takes_up(MORE),
        NotReceives(
            number="3",
            action="NotifyEVChargingSchedule",
            where=(_beyond(LESS).of("K16.FR.04"),),
            note="What is beyond the new limit is not taken from the EV (K16.FR.04).",
        ),
        takes_up(LESS),
        schedule_told("4", within(LESS).of("K16.FR.05"), optional=False, early=True),
        *looks("5", kept_to(LESS).of("K16.FR.11")),
    ),
    after=(Judges(checks=(Check("the schedule of the EV is told anew", _told_anew).of("K16.FR.05"),)),),
    remark=(
        "What the station says to the EV shows by what comes of it: charging by the new limit needs the negotiation (K16.FR.02) and the "
        "schedule that is offered then (K16.FR.03)."
    ),
    follows=PART_2,
    ours=True,
)
