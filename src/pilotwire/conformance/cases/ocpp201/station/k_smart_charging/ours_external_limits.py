"""Cases of our own for K10 to K13: limits from outside the CSMS, in a transaction and without one, and their release."""

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
    powers,
    roof,
)
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.ours_schedules import PART_2, SMART
from pilotwire.conformance.cases.ocpp201.station.k_smart_charging.profiles import (
    Steps,
    asks,
    asks_composite,
    limit,
    reports,
)
from pilotwire.conformance.checks import (
    Check,
    Judgement,
    differs,
    equals,
    every,
    present,
    satisfies,
    some,
)
from pilotwire.conformance.language import Acts, Case, Configures, ForEach, InAnyOrder, Judges, Receives, Sends
from pilotwire.conformance.states.everywhere201 import EVERY_EVSE, energy_transfer_started_everywhere
from pilotwire.conformance.states.station201 import energy_transfer_started, transaction_event
from pilotwire.conformance.values import Computed, Kept, Known, configured, resolve

_CONSTRAINTS = "ChargingStationExternalConstraints"
_TOLD: Steps = (Configures(variable="SmartChargingCtrlr.NotifyChargingLimitWithSchedules", value=True),)
"""NotifyChargingLimit tells the schedule too (EnableNotifyChargingLimitWithSchedules in the text of the requirements)."""
_PLACE = {"source": "EMS", "connector": configured.connector_id}


def _limits(amount: Any, evse: Any) -> Acts:
    """An external system limits charging to so much."""
    details = _PLACE | {"evse": evse, "limit": amount, "unit": configured.charging_rate_unit}
    return Acts(act="limit_outside", details=details)


def _tells_limit(number: str, amount: Any, by: str) -> Receives:
    """The CSMS hears of it: the limit as it was set, and not as one of the CSO's."""
    schedule = (
        equals("chargingRateUnit", configured.charging_rate_unit),
        equals("chargingSchedulePeriod[0].startPeriod", 0),
        equals("chargingSchedulePeriod[0].limit", amount),
    )
    return Receives(
        number=number,
        action="NotifyChargingLimit",
        checks=(
            present("chargingLimit").of(f"{by}.FR.02"),
            some("chargingSchedule", *schedule).of(f"{by}.FR.03"),
            differs("chargingLimit.chargingLimitSource", "CSO").of("K11.FR.05" if by == "K11" else "K12.FR.04"),
        ),
    )


def _rate_changed(number: str, requirement: str) -> Receives:
    """The transaction tells that it charges with another rate."""
    here = satisfies(
        "transactionInfo.transactionId", "is that of the transaction", lambda found, known: found == Kept(_TX).of(known)
    )
    return transaction_event(
        number, trigger="ChargingRateChanged", checks=(here.of(requirement), equals("eventType", "Updated"))
    )


_TX = "transaction_id"
_ALL_EXTERNAL = every("chargingProfile", equals("chargingProfilePurpose", _CONSTRAINTS)).of("K11.FR.06")


def _not_cleared(number: str, request: dict[str, Any], requirement: str) -> Sends:
    """ClearChargingProfile does not touch a limit from outside."""
    return Sends(
        number=number,
        action="ClearChargingProfile",
        payload=request,
        checks=(equals("status", "Unknown").of(requirement),),
    )


PW_K_18_CS = Case(
    id="PW_K_18_CS",
    title="A limit from outside in a transaction",
    purpose="The EV is given no more than a limit from outside from then on; the CSMS hears of the limit and of the new rate.",
    requirements=("K11.FR.01", "K11.FR.02", "K11.FR.03", "K11.FR.04", "K11.FR.05", "K11.FR.06"),
    needs=SMART,
    before=(*METERED, *_TOLD, *energy_transfer_started(), *looks("", gives(None, least=MORE))),
    main=(
        _limits(limit(LESS), configured.evse_id),
        InAnyOrder(
            number="1",
            steps=(_tells_limit("1", limit(LESS), "K11"), _rate_changed("3", "K11.FR.04")),
        ),
        *looks("5", kept_to(LESS).of("K11.FR.01")),
        asks("9", {"chargingProfilePurpose": _CONSTRAINTS}),
        *reports("11", checks=(_ALL_EXTERNAL,)),
    ),
    follows=PART_2,
    ours=True,
)

PW_K_19_CS = Case(
    id="PW_K_19_CS",
    title="A limit from outside is not the CSMS's to clear",
    purpose="Clearing what an external system has set is answered with Unknown, by purpose and by id, and the limit stays.",
    requirements=("K10.FR.08", "K10.FR.09"),
    needs=SMART,
    before=(*METERED, _limits(limit(LESS), configured.evse_id), *energy_transfer_started()),
    main=(
        asks("1", {"chargingProfilePurpose": _CONSTRAINTS}),
        Receives(
            number="3",
            action="ReportChargingProfiles",
            checks=(equals("chargingProfile[0].chargingProfilePurpose", _CONSTRAINTS),),
            keep={"external": "chargingProfile[0].id", "external level": "chargingProfile[0].stackLevel"},
        ),
        _not_cleared("5", {"chargingProfileId": Kept("external")}, "K10.FR.09"),
        _not_cleared("7", {"chargingProfileCriteria": {"chargingProfilePurpose": _CONSTRAINTS}}, "K10.FR.08"),
        _not_cleared(
            "9",
            {"chargingProfileCriteria": {"evseId": configured.evse_id, "stackLevel": Kept("external level")}},
            "K10.FR.08",
        ),
        *looks("11", kept_to(LESS)),
        asks("15", {"chargingProfileId": [Kept("external")]}),
        *reports("17", checks=(_ALL_EXTERNAL,)),
    ),
    follows=PART_2,
    ours=True,
)

# --- for the whole station, before anybody charges ------------------------------------------------------------------------------

SHARE = 7
"""A for each EVSE: more than an EV must have to charge at all, and less than it takes."""
FOR_ALL = Computed(
    f"{SHARE} x limit multiplier x EVSEs",
    lambda known: resolve(limit(SHARE), known) * len(known.setting("connectors")),
)


def load(everything: Any, known: Known) -> Judgement:
    """The last power every EVSE told by MeterValues, together."""
    last: dict[int, float] = {}
    for one in everything["messages"]:
        told = list(powers(one["payload"].get("meterValue"))) if one["action"] == "MeterValues" else []
        if told and one["part"] == "main":
            last[one["payload"]["evseId"]] = told[-1]
    count = len(known.setting("connectors"))
    most = roof(SHARE * count, int(known.setting("number_phases")))
    found = ", ".join(f"EVSE {evse}: {watts:g} W" for evse, watts in sorted(last.items()))
    return Judgement(len(last) >= count and 0 < sum(last.values()) <= most, found or "no power")


PW_K_20_CS = Case(
    id="PW_K_20_CS",
    title="A limit from outside before anybody charges",
    purpose="All EVSEs together are given no more than a limit of the station that came before them; the CSMS hears of it.",
    requirements=("K12.FR.01", "K12.FR.02", "K12.FR.03", "K12.FR.04"),
    needs=SMART,
    before=(*METERED, *_TOLD, Configures(variable="AlignedDataCtrlr.Measurands", value=POWER)),
    main=(
        _limits(FOR_ALL, 0),
        _tells_limit("1", FOR_ALL, "K12"),
        asks_composite("3", 300, equals("schedule.chargingSchedulePeriod[0].limit", FOR_ALL), evse=0),
        *energy_transfer_started_everywhere(),
        *looks("5"),
        asks_for("MeterValues", number="9"),
        ForEach(
            name="asked_evse",
            values=EVERY_EVSE,
            steps=(Receives(number="11", action="MeterValues", where=(equals("evseId", Kept("asked_evse")),)),),
        ),
    ),
    after=(Judges(checks=(Check("the EVSEs together are given power within the limit", load).of("K12.FR.01"),)),),
    follows=PART_2,
    ours=True,
)

PW_K_21_CS = Case(
    id="PW_K_21_CS",
    title="A limit from outside is released in a transaction",
    purpose="The EV is given more as soon as the limit is released; the CSMS hears of the release and of the new rate.",
    requirements=("K13.FR.01", "K13.FR.02", "K13.FR.03"),
    needs=SMART,
    before=(
        *METERED,
        _limits(limit(LESS), configured.evse_id),
        *energy_transfer_started(),
        *looks("", kept_to(LESS)),
    ),
    main=(
        Acts(act="unlimit_outside", details=_PLACE | {"evse": configured.evse_id}),
        InAnyOrder(
            number="1",
            steps=(
                Receives(
                    number="1",
                    action="ClearedChargingLimit",
                    checks=(differs("chargingLimitSource", "CSO").of("K13.FR.02"),),
                ),
                _rate_changed("3", "K13.FR.03"),
            ),
        ),
        *looks("5", gives(None, least=MORE).of("K13.FR.01")),
    ),
    follows=PART_2,
    ours=True,
)
