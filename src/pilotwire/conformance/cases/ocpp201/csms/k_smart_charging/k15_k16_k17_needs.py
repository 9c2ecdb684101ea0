"""K15 to K17: the CSMS makes a charging profile of what an EV needs, and negotiates again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.k_smart_charging.profiles import VALID
from pilotwire.conformance.checks import Check, equals, one_of, satisfies
from pilotwire.conformance.language import Asks, Case, NotReceives, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import (
    authorized,
    ev_connected_pre_session,
    smart_charging_15118,
    transaction_event,
)
from pilotwire.conformance.values import Computed, Kept, Known, Moment, configured

Steps = tuple[Step, ...]
TUPLES = 3
AS_OFFERED = Kept("schedule")
CONNECTED: Steps = (*authorized(), *ev_connected_pre_session())


def needs(energy: int = 20_000, hours: int = 4) -> dict[str, Any]:
    """What an EV tells that charges with three phases: so many Wh, until it leaves in so many hours."""
    return {
        "maxScheduleTuples": TUPLES,
        "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": Moment(3600 * hours),
            "acChargingParameters": {
                "energyAmount": energy,
                "evMinCurrent": 6,
                "evMaxCurrent": 32,
                "evMaxVoltage": 400,
            },
        },
    }


def _few_periods(found: Any, _: Known) -> bool:
    schedules = found if isinstance(found, list) else []
    return 0 < len(schedules) <= 3 and all(len(one.get("chargingSchedulePeriod", ())) <= TUPLES for one in schedules)


OFFER: tuple[Check, ...] = (
    equals("evseId", configured.evse_id),
    equals("chargingProfile.chargingProfilePurpose", "TxProfile"),
    equals("chargingProfile.transactionId", Kept("transaction_id")),
    satisfies(
        "chargingProfile.chargingSchedule", f"has at most 3 schedules of at most {TUPLES} periods", _few_periods
    ).of("K15.FR.07"),
    *VALID,
)
STARTED: Steps = (*CONNECTED, *smart_charging_15118(needs(), OFFER))


def tells_needs(number: str, *answers: str, wanted: Mapping[str, Any]) -> Sends:
    """The station passes the EV's needs on."""
    payload = {"evseId": configured.evse_id} | dict(wanted)
    return Sends(number=number, action="NotifyEVChargingNeeds", payload=payload, checks=(one_of("status", *answers),))


def offered(number: str) -> Receives:
    """The CSMS sets a profile for the transaction; a minute is what a CSMS that processes may take."""
    return Receives(
        number=number,
        action="SetChargingProfile",
        checks=OFFER,
        keep={"schedule": "chargingProfile.chargingSchedule[0]", "profile": "chargingProfile"},
        within=60,
    )


def tells_schedule(number: str, answer: str, schedule: Any = AS_OFFERED) -> Sends:
    """The station passes on how the EV will charge: by default as it was offered."""
    payload = {"timeBase": Moment(), "evseId": configured.evse_id, "chargingSchedule": schedule}
    return Sends(number=number, action="NotifyEVChargingSchedule", payload=payload, checks=(equals("status", answer),))


def _with_limits(schedule: Mapping[str, Any], factor: float) -> dict[str, Any]:
    periods = [one | {"limit": round(one["limit"] * factor, 1)} for one in schedule["chargingSchedulePeriod"]]
    return dict(schedule) | {"chargingSchedulePeriod": periods}


def _lower(profile: Mapping[str, Any]) -> dict[str, Any]:
    return dict(profile) | {"chargingSchedule": [_with_limits(one, 0.75) for one in profile["chargingSchedule"]]}


TOO_MUCH = Computed("a schedule of 1.5 times the limits", lambda known: _with_limits(AS_OFFERED.of(known), 1.5))
LOWER = Computed("the profile with 0.75 times the limits", lambda known: _lower(Kept("profile").of(known)))
NEGOTIATES: Steps = (
    Asks(action="SetChargingProfile", payload={"evseId": configured.evse_id, "chargingProfile": LOWER}),
    offered("1"),
)
"""The operator has a lower limit set."""

TC_K_53_CSMS = Case(
    id="TC_K_53_CSMS",
    title="A profile for what an EV needs",
    purpose="The CSMS makes a profile of the needs of an EV, accepts a schedule within it, and leaves it at that.",
    requirements=("K15.FR.02", "K15.FR.03", "K15.FR.05", "K15.FR.07", "K15.FR.11"),
    before=CONNECTED,
    main=(
        *smart_charging_15118(needs(), OFFER),
        NotReceives(number="2", action="SetChargingProfile"),
    ),
)
TC_K_55_CSMS = Case(
    id="TC_K_55_CSMS",
    title="A schedule over the limits",
    purpose="The CSMS rejects a schedule of an EV that goes over what it was offered, and negotiates anew.",
    requirements=("K15.FR.12", "K15.FR.13", "K16.FR.07", "K16.FR.08", "K17.FR.12", "K17.FR.13"),
    before=CONNECTED,
    main=(
        tells_needs("1", "Accepted", wanted=needs()),
        offered("3"),
        tells_schedule("5", "Rejected", TOO_MUCH),
        transaction_event("7", trigger="ChargingStateChanged", info={"chargingState": "Charging"}),
        offered("9"),
        tells_schedule("11", "Accepted"),
    ),
)
TC_K_57_CSMS = Case(
    id="TC_K_57_CSMS",
    title="An EV negotiates again",
    purpose="The CSMS makes a new profile of new needs of an EV.",
    requirements=("K17.FR.02", "K17.FR.03", "K17.FR.05", "K17.FR.07", "K17.FR.11"),
    before=STARTED,
    main=(
        tells_needs("1", "Accepted", "Processing", wanted=needs(energy=30_000, hours=3)),
        offered("3"),
        tells_schedule("5", "Accepted"),
    ),
    remark="By the errata (6.3.18) no change of the charging rate is told: steps are numbered without.",
)
TC_K_58_CSMS = Case(
    id="TC_K_58_CSMS",
    title="The CSMS negotiates again",
    purpose="The CSMS sets another profile in the transaction, and accepts the schedule that follows it.",
    requirements=("K16.FR.06",),
    before=STARTED,
    main=(*NEGOTIATES, tells_schedule("3", "Accepted")),
    remark="By the errata (6.3.18) no change of the charging rate is told; the profile is that of step 1.",
)
TC_K_59_CSMS = Case(
    id="TC_K_59_CSMS",
    title="The CSMS negotiates again, and the station tells the needs once more",
    purpose="The CSMS sets another profile, and answers needs that follow with a profile, although they need not be told.",
    requirements=("K16.FR.12",),
    before=STARTED,
    main=(
        *NEGOTIATES,
        tells_needs("3", "Accepted", "Processing", wanted=needs()),
        offered("5"),
        tells_schedule("7", "Accepted"),
    ),
    remark="By the errata (6.3.18) no change of the charging rate is told; the profile of step 8 is that of step 5.",
)
