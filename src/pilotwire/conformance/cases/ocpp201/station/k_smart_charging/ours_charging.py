"""Cases of our own for K01, K06, K07 and K10: what the EV is really given by profiles, online and offline."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import sampling
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.given_power import (
    LESS,
    METERED,
    MORE,
    POWER,
    gives,
    gives_no_more,
    kept_to,
    looks,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.ours_schedules import PART_2, SMART
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    DEFAULT,
    OWN,
    Payload,
    Steps,
    asks,
    asks_composite,
    by_id,
    clears,
    limit,
    limits,
    profile,
    sets,
    starts,
)
from pilotwire.conformance.checks import Check, equals, holds, is_not
from pilotwire.conformance.language import Case, Configures, Receives, Sends, Waits
from pilotwire.conformance.states.offline201 import (
    known_offline,
    line_back,
    line_down,
    queued,
    start_offline_transaction,
)
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import OMITTED, Kept, configured, times
from pilotwire.conformance.variables import component_variable

_DEFAULT = profile("profile", DEFAULT, (0, LESS))


def phases_of(sent: Payload, **fields: Any) -> Payload:
    """The profile with these fields in each of its periods."""
    schedule = sent["chargingSchedule"][0]
    changed = [period | fields for period in schedule["chargingSchedulePeriod"]]
    return dict(sent) | {"chargingSchedule": [schedule | {"chargingSchedulePeriod": changed}]}


def _reads(name: str, *checks: Check) -> Sends:
    """A variable is what the case needs it to be."""
    return Sends(action="GetVariables", payload={"getVariableData": [component_variable(name)]}, checks=checks)


_VALUE = "getVariableResult[0].attributeValue"

PW_K_10_CS = Case(
    id="PW_K_10_CS",
    title="Limits in A are of each phase",
    purpose="An EV is given as many A of each phase as a profile says; one that names no phases is for three.",
    requirements=("K01.FR.49", "K01.FR.51", "K03.FR.03"),
    needs=SMART,
    settings={"charging_rate_unit": "A"},
    before=(_reads("SmartChargingCtrlr.RateUnit", holds(_VALUE, "A")), *METERED, *energy_transfer_started()),
    main=(
        sets("1", _DEFAULT),
        *looks("3", kept_to(LESS).of("K01.FR.51")),
        sets("7", phases_of(profile("profile", DEFAULT, (0, MORE)), numberPhases=OMITTED)),
        *looks("9", kept_to(MORE).of("K01.FR.49")),
    ),
    follows=PART_2,
    ours=True,
)

PW_K_11_CS = Case(
    id="PW_K_11_CS",
    title="Limits in W are of all phases",
    purpose="An EV is given as many W of all phases together as a profile in W says.",
    requirements=("K01.FR.50",),
    needs=SMART,
    settings={"charging_rate_unit": "W"},
    before=(_reads("SmartChargingCtrlr.RateUnit", holds(_VALUE, "W")), *METERED, *energy_transfer_started()),
    main=(
        sets("1", _DEFAULT),
        *looks("3", kept_to(LESS).of("K01.FR.50")),
        sets("7", profile("profile", DEFAULT, (0, MORE))),
        *looks("9", kept_to(MORE).of("K01.FR.50")),
    ),
    follows=PART_2,
    ours=True,
)

PW_K_12_CS = Case(
    id="PW_K_12_CS",
    title="One phase, whichever",
    purpose="A profile for one phase that does not say which is taken, and the EV is given that much of one phase.",
    requirements=("K01.FR.47",),
    needs=SMART,
    settings={"charging_rate_unit": "A"},
    before=METERED,
    main=(
        sets("1", phases_of(profile("profile", DEFAULT, (0, MORE)), numberPhases=1)),
        *energy_transfer_started(),
        *looks("3", kept_to(MORE, phases=1).of("K01.FR.47")),
    ),
    remark="A station that cannot use one phase alone refuses the profile (K01.FR.43), and is not for this case.",
    follows=PART_2,
    ours=True,
)

PW_K_13_CS = Case(
    id="PW_K_13_CS",
    title="One phase, this one",
    purpose="A station that cannot switch the phase of the EV refuses a profile for another than the one it uses.",
    requirements=("K01.FR.48",),
    needs=SMART,
    settings={"charging_rate_unit": "A"},
    before=(_reads("SmartChargingCtrlr.ACPhaseSwitchingSupported", is_not(_VALUE, "true")),),
    main=(
        *(
            Sends(
                number="1",
                action="SetChargingProfile",
                payload={
                    "evseId": configured.evse_id,
                    "chargingProfile": phases_of(
                        profile("profile", DEFAULT, (0, LESS)), numberPhases=1, phaseToUse=phase
                    ),
                },
                checks=(equals("status", "Rejected").of("K01.FR.48"),),
            )
            for phase in (2, 3)
        ),
        asks("3", by_id("profile"), status="NoProfiles"),
    ),
    remark="A station is taken to use the first phase of a connector where it uses one alone.",
    follows=PART_2,
    ours=True,
)

PW_K_14_CS = Case(
    id="PW_K_14_CS",
    title="What is cleared limits no EV",
    purpose="An EV that charges is given more as soon as the profile that limited it is cleared.",
    requirements=("K10.FR.05",),
    needs=SMART,
    before=(*METERED, sets("", _DEFAULT), *energy_transfer_started()),
    main=(
        *looks("1", kept_to(LESS)),
        clears("5", {"chargingProfileId": Kept("profile")}, "Accepted"),
        *looks("7", gives(None, least=MORE).of("K10.FR.05")),
    ),
    follows=PART_2,
    ours=True,
)

# --- without a connection -------------------------------------------------------------------------------------------------------

_OFTEN: Steps = (*sampling(), Configures(variable="SampledDataCtrlr.TxUpdatedMeasurands", value=POWER))
_AWAY = times(3, configured.sampled_interval)
_REST = Waits(seconds=configured.time_deviation, why="what waited offline comes")

_BEGAN_OFFLINE = Receives(
    number="1",
    action="TransactionEvent",
    where=(equals("eventType", "Started"),),
    checks=(equals("offline", True),),
)


def _given_offline(amps: int, requirement: str) -> Steps:
    """What was metered while the line was down: the limit, and nowhere more."""
    return (queued("", gives_no_more(amps).of(requirement), some=(kept_to(amps).of(requirement),)),)


PW_K_15_CS = Case(
    id="PW_K_15_CS",
    title="Offline by the profile of the transaction",
    purpose="A TxProfile counts on while the line is down, and after it.",
    requirements=("K06.FR.01",),
    needs=SMART,
    before=(
        *_OFTEN,
        sets("", profile("default", DEFAULT, (0, MORE))),
        *energy_transfer_started(),
        sets("", profile("own", OWN, (0, LESS), transactionId=Kept("transaction_id"))),
        *looks("", kept_to(LESS)),
    ),
    main=(
        *line_down("1"),
        Waits(seconds=_AWAY, why="energy flows offline"),
        *line_back("2"),
        _REST,
        asks_composite("3", 300, limits(starts("own"), (0, limit(LESS))).of("K06.FR.01")),
    ),
    after=_given_offline(LESS, "K06.FR.01"),
    follows=PART_2,
    ours=True,
)

PW_K_16_CS = Case(
    id="PW_K_16_CS",
    title="A start offline by the default",
    purpose="A transaction that starts while the line is down goes by the default the station has.",
    requirements=("K07.FR.01",),
    needs=SMART,
    before=(*_OFTEN, *known_offline(), sets("", _DEFAULT)),
    main=(*start_offline_transaction(), _BEGAN_OFFLINE, _REST),
    after=_given_offline(LESS, "K07.FR.01"),
    settings={"transaction_duration": 6.0},
    follows=PART_2,
    ours=True,
)

PW_K_17_CS = Case(
    id="PW_K_17_CS",
    title="A start offline without profiles",
    purpose="A transaction that starts while the line is down, at a station without profiles, is limited by none.",
    requirements=("K06.FR.02",),
    needs=SMART,
    before=(*_OFTEN, *known_offline(), clears("", {"chargingProfileCriteria": {"stackLevel": 0}}, "Unknown")),
    main=(*start_offline_transaction(), _BEGAN_OFFLINE, _REST),
    after=(queued("", some=(gives(None, least=MORE).of("K06.FR.02"),)),),
    settings={"transaction_duration": 6.0},
    follows=PART_2,
    ours=True,
)
