"""Whether a charging profile can be taken (K01, K05; 1.6:5.16), and the reason code where not."""

from __future__ import annotations

from typing import Final

from pilotwire.domain.kinds import changed
from pilotwire.domain.smart_charging import (
    ChargingAbilities,
    ChargingProfile,
    ChargingProfilePurpose,
    ChargingRateUnit,
    Edition,
    Flaw,
    OpenTransaction,
    OperationMode,
    ProfileContext,
    Reason,
    flaws_of,
)
from pilotwire.station.core import charging_phases, v2x_settings
from pilotwire.station.core.charging_site import ENABLED
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.evse_sleep import SUPPORTED
from pilotwire.station.core.settings import Family
from pilotwire.station.core.smart_charging_memory import ChargingMemory
from pilotwire.station.core.station import Station
from pilotwire.station.core.vehicle_sessions import VehicleSessions
from pilotwire.station.hardware.ports import AcSupply

MOST_PROFILES: Final = 100
"""How many profiles of the CSMS are kept at a time."""
TO_COME: Final = "(the transaction to come)"
_P = ChargingProfilePurpose
_CODES: Final = {
    "K01.FR.06": "DuplicateProfile",
    "K01.FR.09": "TxNotFound",
    "K01.FR.26": "UnsupportedRateUnit",
    "K01.FR.28": "UnknownEvse",
    "K01.FR.33": "TxNotFound",
    "K01.FR.39": "DuplicateProfile",
    "K01.FR.44": "NoPhaseForDC",
    "K01.FR.52": "DuplicateProfile",
    "K01.FR.53": "DuplicateProfile",
    "K01.FR.81": "InvalidProfileId",
    "K01.FR.111": "InvalidOperationMode",  # as 112 and 113, by K01.FR.114
    "K01.FR.112": "InvalidOperationMode",
    "K01.FR.113": "InvalidOperationMode",
    "K01.FR.115": "InvalidOperationMode",
    "K01.FR.120": "UnsupportedPurpose",
    "K01.FR.141": "PhaseConflict",
    "K01.FR.142": "PhaseConflict",
    "K01.FR.143": "PhaseConflict",
    "K01.FR.145": "PhaseConflict",
    "K01.FR.121": "UnsupportedKind",
    "Q08.FR.02": "NoFreqWattCurve",
    "Q09.FR.01": "UnsupportedParam",
    "Q09.FR.02": "MissingDevModelInfo",
    "SmartChargingCtrlr.ProfileStackLevel": "InvalidStackLevel",
    "SmartChargingCtrlr.Entries[ChargingProfiles]": "TooManyElements",
}
"""The reason codes of the appendices, where one is for that; else InvalidSchedule or InvalidProfile, by the place."""


def first_flaw(station: Station, evse_id: int, profile: ChargingProfile, *, to_come: bool = False) -> Flaw | None:
    """Why a profile cannot be taken; None: it can. `to_come`: it is for a transaction that has yet to begin at the EVSE (K05)."""
    if to_come:
        if profile.charging_profile_purpose is not _P.TX_PROFILE or profile.transaction_id is not None:
            what = "A profile for a transaction to come is a TxProfile that names no transaction."
            return Flaw(requirement="K05.FR.02", where="chargingProfilePurpose", what=what)
        profile = changed(profile, transaction_id=TO_COME)
    fatal = [flaw for flaw in flaws_of(profile, _context(station, evse_id, profile, to_come=to_come)) if flaw.is_fatal]
    fatal += _own(station, evse_id, profile)
    return min(fatal, key=lambda flaw: _CODES.get(flaw.requirement) != "PhaseConflict", default=None)  # K01.FR.146


def may_come(station: Station, evse_id: int, profile: ChargingProfile | None) -> bool:
    """Whether a remote start may bring this profile; where smart charging is off it is ignored (K05.FR.04, K05.FR.05)."""
    profile = of_use(station, profile)
    return profile is None or first_flaw(station, evse_id, profile, to_come=True) is None


def of_use(station: Station, profile: ChargingProfile | None) -> ChargingProfile | None:
    """The profile, None where smart charging is off."""
    return profile if station.variables.on(ENABLED) else None


def reason_of(flaw: Flaw) -> Reason:
    """In the words of 2.x (StatusInfoType); the text is cut to what fits."""
    usual = "InvalidSchedule" if flaw.where.startswith("chargingSchedule") else "InvalidProfile"
    return Reason(code=_CODES.get(flaw.requirement, usual), info=flaw.what[:512])


def abilities(station: Station) -> ChargingAbilities:
    """What the station can do, as its variables say it."""
    text, number = station.variables.text, station.variables.number
    units = text("SmartChargingCtrlr.RateUnit").split(",")
    if station.settings.family is Family.OCPP16:
        return ChargingAbilities(
            profile_stack_level=number("SmartChargingCtrlr.ProfileStackLevel"),
            periods_per_schedule=number("SmartChargingCtrlr.PeriodsPerSchedule"),
            max_profiles=MOST_PROFILES,
            rate_units=tuple(map(ChargingRateUnit, units)),
        )
    return ChargingAbilities(
        profile_stack_level=number("SmartChargingCtrlr.ProfileStackLevel"),
        periods_per_schedule=number("SmartChargingCtrlr.PeriodsPerSchedule"),
        max_profiles=MOST_PROFILES,
        rate_units=tuple(map(ChargingRateUnit, units)),
        max_external_constraints_id=number("SmartChargingCtrlr.MaxExternalConstraintsId"),
        additional_purposes=tuple(text("SmartChargingCtrlr.SupportedAdditionalPurposes").split(",")),
        dynamic_profiles=_supports(station, "DynamicProfiles"),
        use_local_time=_supports(station, "UseLocalTime"),
        randomized_delay=_supports(station, "RandomizedDelay"),
        limit_at_soc=_supports(station, "LimitAtSoC"),
        evse_sleep=station.variables.on(SUPPORTED),
        operation_modes=v2x_settings.modes(station),
    )


def _supports(station: Station, feature: str) -> bool:
    """False where the variable says so, or is absent (K01.FR.121, K01.FR.123 to K01.FR.125)."""
    name = f"SmartChargingCtrlr.SupportsFeature[{feature}]"
    return station.variables.has(name) and station.variables.on(name)


def _context(station: Station, evse_id: int, profile: ChargingProfile, *, to_come: bool) -> ProfileContext:
    open_ = [OpenTransaction(transaction_id=TO_COME, evse_id=evse_id)] if to_come else []
    for evse in station.evses.values():
        if evse.tx is not None:
            own = evse.tx.transaction_id
            open_ += [
                OpenTransaction(transaction_id=name, evse_id=evse.evse_id)
                for name in dict.fromkeys((own, station.named.get(own)))
                if name is not None
            ]
    installed = station.kept(ChargingMemory).installed
    spoken = station.moment(VehicleSessions).by_evse.get(evse_id)
    return ProfileContext(
        edition=Edition.V16 if station.settings.family is Family.OCPP16 else Edition.V21,
        evse_id=evse_id,
        transactions=tuple(open_),
        installed=tuple(each for each in installed if each.profile.id >= 0),
        abilities=abilities(station),
        evses=tuple(station.evses),
        has_needs=spoken is not None,
        v2x=None if spoken is None else spoken.needs.v2x_charging_parameters,
    )


# --- what only the station knows ------------------------------------------------------------------------------------------


def _own(station: Station, evse_id: int, profile: ChargingProfile) -> list[Flaw]:
    """Phases that cannot be had here, ids that are taken."""
    found = []
    for each in station.kept(ChargingMemory).installed:
        if each.profile.id == profile.id and each.profile.id < 0:
            what = f"The id {profile.id} belongs to a limit from outside."
            found.append(Flaw(requirement="K01.FR.81", where="id", what=what))  # K01.FR.05
    found += _balancing(station, profile)
    for evse in station.evses.values():
        if evse_id in (0, evse.evse_id):
            found += _phases(station, evse, profile, for_all=evse_id == 0)
    return found or charging_phases.conflicts(station, evse_id, profile)


def _balancing(station: Station, profile: ChargingProfile) -> list[Flaw]:
    """Local load balancing needs to be told between which loads (Q09.FR.02)."""
    wanted = any(
        period.operation_mode is OperationMode.LOCAL_LOAD_BALANCING
        for schedule in profile.charging_schedule
        for period in schedule.charging_schedule_period
    )
    if not wanted or not v2x_settings.modes(station) or v2x_settings.band_of(station) is not None:
        return []
    what = "V2XChargingCtrlr.LocalLoadBalancing has no thresholds and offsets, or the upper is not above the lower."
    return [Flaw(requirement="Q09.FR.02", where="chargingSchedule", what=what)]


def _phases(station: Station, evse: Evse, profile: ChargingProfile, *, for_all: bool) -> list[Flaw]:
    """K01.FR.43, K01.FR.44, K01.FR.48; the phases of a DC outlet that chooses are those of the grid (K01.FR.54)."""
    supply, old = evse.layout.supply, station.settings.family is Family.OCPP16
    for n, period in enumerate(profile.charging_schedule[0].charging_schedule_period):
        where = f"chargingSchedule[0].chargingSchedulePeriod[{n}]"
        if not isinstance(supply, AcSupply) and not supply.switches_phases:
            if not old and not for_all and (period.phase_to_use is not None or period.number_phases is not None):
                what = "A DC EVSE has no phases to choose from."
                return [Flaw(requirement="K01.FR.44", where=f"{where}.numberPhases", what=what)]
            continue
        most = supply.phases if isinstance(supply, AcSupply) else supply.input_phases
        fewer = period.number_phases is not None and 0 < period.number_phases < most
        if fewer and not supply.switches_phases:
            what = f"EVSE {evse.evse_id} always uses {most} phases."
            return [Flaw(requirement="K01.FR.43", where=f"{where}.numberPhases", what=what)]
        wanted = period.phase_to_use
        if wanted not in (None, 1) and not (supply.chooses_phase and 1 <= wanted <= most):
            what = f"One phase at EVSE {evse.evse_id} cannot be L{wanted}."
            return [Flaw(requirement="K01.FR.48", where=f"{where}.phaseToUse", what=what)]
    return []
