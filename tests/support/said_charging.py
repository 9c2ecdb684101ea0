"""Everything each protocol version can say of smart charging, as hypothesis strategies (see `tests.support.said`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from pilotwire.domain import smart_charging as sc
from pilotwire.domain import v2x
from pilotwire.domain.kinds import Command, Fact, Outcome, Verdict
from pilotwire.ocpp.v16 import enums as enums16
from pilotwire.ocpp.v21 import enums as enums21
from pilotwire.ocpp.v201 import enums as enums201
from pilotwire.ocpp.version import OcppVersion

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
Some = st.SearchStrategy
_ENUMS: dict[OcppVersion, Any] = {V16: enums16, V201: enums201, V21: enums21}
_MAX = 2**31 - 1
_PURPOSES_16 = (
    sc.ChargingProfilePurpose.CHARGING_STATION_MAX_PROFILE,
    sc.ChargingProfilePurpose.TX_DEFAULT_PROFILE,
    sc.ChargingProfilePurpose.TX_PROFILE,
)
_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_moments = st.integers(0, 10**11 * 31).map(lambda ms: _2000 + timedelta(milliseconds=ms))
_tenths: Some[Decimal] = st.integers(0, 10**6).map(lambda n: Decimal(n) / 10)
_numbers: Some[Decimal] = st.decimals(-(10**6), 10**6, places=3, allow_nan=False)
_discharge: Some[Decimal] = st.decimals(-(10**6), 0, places=1, allow_nan=False)
_counts = st.integers(0, _MAX)
_percent = st.integers(0, 100)


@cache
def _text(longest: int, shortest: int = 1) -> Some[str]:
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=shortest, max_size=longest)


@cache
def _maybe(some: Some[Any]) -> Some[Any]:
    return st.none() | some


@cache
def _enumerated(version: OcppVersion, name: str) -> Some[str]:
    return st.sampled_from(get_args(getattr(_ENUMS[version], name)))


@cache
def _purposes(version: OcppVersion) -> Some[sc.ChargingProfilePurpose]:
    if version is V16:
        return st.sampled_from(_PURPOSES_16)
    return _enumerated(version, "ChargingProfilePurpose").map(sc.ChargingProfilePurpose)


@cache
def _sources(version: OcppVersion) -> Some[str]:
    return _enumerated(V201, "ChargingLimitSource") if version is V201 else _text(20)


_UNITS = st.sampled_from(sc.ChargingRateUnit)
_SALES = (
    '{"id":1,"salesTariffEntry":[{"relativeTimeInterval":{"start":0,"duration":60},"ePriceLevel":1}],'
    '"salesTariffDescription":"night"}'
)
_LEVELS = (
    '{"priceLevelScheduleEntries":[{"duration":60,"priceLevel":1}],"timeAnchor":"2026-01-01T00:00:00Z",'
    '"priceScheduleId":1,"numberOfPriceLevels":2}'
)
_PRICES = (
    '{"timeAnchor":"2026-01-01T00:00:00Z","priceScheduleID":1,"currency":"EUR","language":"nl","priceAlgorithm":"a",'
    '"priceRuleStacks":[{"duration":60,"priceRule":[{"energyFee":{"exponent":-2,"value":31},'
    '"powerRangeStart":{"exponent":0,"value":0}}]}]}'
)


def _values(version: OcppVersion) -> dict[str, Any]:
    """2.1 has set points and single phases, the others a limit."""
    if version is not V21:
        return {"limit": _tenths if version is V16 else _numbers}
    names: tuple[str, ...] = sc.ScheduleValues.__struct_fields__  # type: ignore[attr-defined]
    return {name: _maybe(_discharge if name.startswith("discharge") else _numbers) for name in names}


@cache
def _periods(version: OcppVersion) -> Some[sc.ChargingSchedulePeriod]:
    said = _values(version) | {"start_period": _counts, "number_phases": _maybe(st.integers(0, 3))}
    if version is not V16:
        said["phase_to_use"] = _maybe(st.integers(0, 3))
    if version is V21:
        watt = st.builds(sc.FreqWattPoint, frequency=_numbers, power=_numbers)
        signal = st.builds(sc.SignalWattPoint, signal=st.integers(-100, 100), power=_numbers)
        said |= {
            "preconditioning_request": _maybe(st.booleans()),
            "evse_sleep": _maybe(st.booleans()),
            "v2x_baseline": _maybe(_numbers),
            "operation_mode": _maybe(st.sampled_from(sc.OperationMode)),
            "v2x_freq_watt_curve": st.lists(watt, max_size=2).map(tuple),
            "v2x_signal_watt_curve": st.lists(signal, max_size=2).map(tuple),
        }
    return st.builds(sc.ChargingSchedulePeriod, **said)


@cache
def _schedules(version: OcppVersion) -> Some[sc.ChargingSchedule]:
    said: dict[str, Any] = {
        "charging_rate_unit": _UNITS,
        "charging_schedule_period": st.lists(_periods(version), min_size=1, max_size=2).map(tuple),
        "start_schedule": _maybe(_moments),
        "duration": _maybe(_counts),
        "min_charging_rate": _maybe(_tenths),
    }
    if version is not V16:
        said |= {"id": _counts, "sales_tariff": _maybe(st.just(_SALES))}
    if version is V21:
        said |= {
            "limit_at_soc": _maybe(st.builds(sc.LimitAtSoC, soc=_percent, limit=_numbers)),
            "power_tolerance": _maybe(_numbers),
            "signature_id": _maybe(_counts),
            "digest_value": _maybe(_text(88)),
            "use_local_time": _maybe(st.booleans()),
            "randomized_delay": _maybe(_counts),
            "absolute_price_schedule": _maybe(st.just(_PRICES)),
            "price_level_schedule": _maybe(st.just(_LEVELS)),
        }
    return st.builds(sc.ChargingSchedule, **said)


@cache
def profiles(version: OcppVersion) -> Some[sc.ChargingProfile]:
    """Every charging profile this version can say."""
    most = 1 if version is V16 else 2
    transactions = st.integers(1, _MAX).map(str) if version is V16 else _text(36)
    said: dict[str, Any] = {
        "id": _counts,
        "stack_level": st.integers(0, 9),
        "charging_profile_purpose": _purposes(version),
        "charging_profile_kind": _enumerated(version, "ChargingProfileKind").map(sc.ChargingProfileKind),
        "charging_schedule": st.lists(_schedules(version), min_size=1, max_size=most).map(tuple),
        "recurrency_kind": _maybe(st.sampled_from(sc.RecurrencyKind)),
        "valid_from": _maybe(_moments),
        "valid_to": _maybe(_moments),
        "transaction_id": _maybe(transactions),
    }
    if version is V21:
        said |= {
            "max_offline_duration": _maybe(_counts),
            "invalid_after_offline_duration": _maybe(st.booleans()),
            "dyn_update_interval": _maybe(_counts),
            "dyn_update_time": _maybe(_moments),
            "price_schedule_signature": _maybe(_text(256)),
        }
    return st.builds(sc.ChargingProfile, **said)


# --- facts and verdicts -------------------------------------------------------------------------------------------------


@cache
def _needs(version: OcppVersion) -> Some[sc.ChargingNeeds]:
    amounts = _tenths if version is V21 else _counts.map(Decimal)
    names = ("energy_amount", "ev_min_current", "ev_max_current", "ev_max_voltage")
    ac = st.builds(sc.ACChargingParameters, **dict.fromkeys(names, amounts))
    dc = st.builds(
        sc.DCChargingParameters,
        ev_max_current=amounts,
        ev_max_voltage=amounts,
        ev_max_power=_maybe(amounts),
        ev_energy_capacity=_maybe(amounts),
        energy_amount=_maybe(amounts),
        state_of_charge=_maybe(_percent),
        full_soc=_maybe(_percent),
        bulk_soc=_maybe(_percent),
    )
    said: dict[str, Any] = {
        "requested_energy_transfer": _enumerated(version, "EnergyTransferMode"),
        "ac_charging_parameters": _maybe(ac),
        "dc_charging_parameters": _maybe(dc),
        "departure_time": _maybe(_moments),
    }
    if version is V21:
        fields: tuple[str, ...] = sc.V2XChargingParameters.__struct_fields__  # type: ignore[attr-defined]
        parts = {name: _maybe(_percent if name == "target_soc" else _numbers) for name in fields}
        offer = '{"evPowerSchedule":{"evPowerScheduleEntries":[{"duration":60,"power":-5000}],"timeAnchor":"2026-01-01T00:00:00Z"}}'
        said |= {
            "v2x_charging_parameters": _maybe(st.builds(sc.V2XChargingParameters, **parts)),
            "der_charging_parameters": _maybe(st.just('{"maxApparentPower":11000.5,"evInverterModel":"One"}')),
            "ev_energy_offer": _maybe(st.just(offer)),
            "available_energy_transfer": st.lists(_enumerated(V21, "EnergyTransferMode"), max_size=2).map(tuple),
            "control_mode": _maybe(_enumerated(V21, "ControlMode")),
            "mobility_needs_mode": _maybe(_enumerated(V21, "MobilityNeedsMode")),
        }
    return st.builds(sc.ChargingNeeds, **said)


@cache
def facts(version: OcppVersion) -> list[Some[Fact]]:
    """What stations state; those of 1.6 nothing."""
    if version is V16:
        return []
    new = version is V21
    evse = st.integers(1, 99)
    limit = st.builds(
        sc.ChargingLimit,
        charging_limit_source=_sources(version),
        is_grid_critical=_maybe(st.booleans()),
        is_local_generation=_maybe(st.booleans()) if new else st.none(),
    )
    stated: list[Some[Fact]] = [
        st.builds(
            sc.ChargingLimitNotified,
            charging_limit=limit,
            evse_id=_maybe(evse),
            charging_schedule=st.lists(_schedules(version), max_size=2).map(tuple),
        ),
        st.builds(sc.ChargingLimitCleared, charging_limit_source=_sources(version), evse_id=_maybe(evse)),
        st.builds(
            sc.ChargingProfilesReported,
            request_id=_counts,
            charging_limit_source=_sources(version),
            evse_id=_counts,
            charging_profile=st.lists(profiles(version), min_size=1, max_size=2).map(tuple),
            more=st.booleans(),
        ),
        st.builds(
            sc.EVChargingNeedsNotified,
            evse_id=evse,
            charging_needs=_needs(version),
            max_schedule_tuples=_maybe(_counts),
            timestamp=_maybe(_moments) if new else st.none(),
        ),
        st.builds(
            sc.EVChargingScheduleNotified,
            evse_id=evse,
            time_base=_moments,
            charging_schedule=_schedules(version),
            selected_charging_schedule_id=_maybe(_counts) if new else st.none(),
            power_tolerance_acceptance=_maybe(st.booleans()) if new else st.none(),
        ),
    ]
    if new:
        stated += [
            st.builds(sc.PriorityChargingNotified, transaction_id=_text(36), activated=st.booleans()),
            st.builds(sc.DynamicScheduleAsked, charging_profile_id=_counts),
        ]
    return stated


_REASONS = _maybe(st.builds(sc.Reason, code=_text(20), info=_maybe(_text(100))))
_TAKEN = st.sampled_from((sc.ChargingProfileStatus.ACCEPTED, sc.ChargingProfileStatus.REJECTED))


@cache
def _updates() -> Some[sc.ScheduleValues]:
    return st.builds(sc.ScheduleValues, **_values(V21))


def verdicts(version: OcppVersion, fact: Fact) -> Some[Verdict] | None:
    """What a station can be answered; None for a fact that is not of this street, or needs no answer."""
    if isinstance(fact, sc.EVChargingNeedsNotified):
        statuses = _enumerated(version, "NotifyEVChargingNeedsStatus").map(sc.ChargingNeedsStatus)
        return st.builds(sc.ChargingNeedsVerdict, status=statuses, reason=_REASONS)
    if isinstance(fact, sc.EVChargingScheduleNotified):
        return st.builds(sc.EVChargingScheduleVerdict, status=st.sampled_from(sc.GenericStatus), reason=_REASONS)
    if isinstance(fact, sc.DynamicScheduleAsked):
        return st.builds(sc.DynamicScheduleVerdict, status=_TAKEN, schedule_update=_maybe(_updates()), reason=_REASONS)
    return None


# --- commands and outcomes ----------------------------------------------------------------------------------------------


@cache
def commands(version: OcppVersion) -> list[Some[Command]]:
    """What the backend can say."""
    given: list[Some[Command]] = [
        st.builds(sc.SetChargingProfile, evse_id=st.integers(0, 99), charging_profile=profiles(version)),
        st.builds(
            sc.ClearChargingProfile,
            charging_profile_id=_counts,
            evse_id=_maybe(st.integers(0, 99)),
            charging_profile_purpose=_maybe(_purposes(version)),
            stack_level=_maybe(st.integers(0, 9)),
        ),
        st.builds(
            sc.GetCompositeSchedule,
            evse_id=st.integers(0, 99),
            duration=_counts,
            charging_rate_unit=_maybe(_UNITS),
        ),
    ]
    if version is not V16:
        given.append(
            st.builds(
                sc.GetChargingProfiles,
                request_id=_counts,
                evse_id=_maybe(st.integers(0, 99)),
                charging_profile_ids=st.lists(_counts, max_size=2).map(tuple),
                charging_profile_purpose=_maybe(_purposes(version)),
                stack_level=st.integers(0, 9),
                charging_limit_sources=st.lists(_sources(version), max_size=4).map(tuple),
            )
        )
    if version is V21:
        modes = st.lists(_enumerated(V21, "EnergyTransferMode"), min_size=1, max_size=3).map(tuple)
        given += [
            st.builds(sc.UpdateDynamicSchedule, charging_profile_id=_counts, schedule_update=_updates()),
            st.builds(sc.UsePriorityCharging, transaction_id=_text(36), activate=st.booleans()),
            st.builds(v2x.AFRRSignal, timestamp=_moments, signal=st.integers(-100, 100)),
            st.builds(v2x.NotifyAllowedEnergyTransfer, transaction_id=_text(36), allowed_energy_transfer=modes),
        ]
    return given


_OUTCOMES: dict[type[Command], tuple[type[Outcome], Any]] = {
    sc.ClearChargingProfile: (sc.ClearChargingProfileOutcome, sc.ClearChargingProfileStatus),
    sc.GetChargingProfiles: (sc.GetChargingProfilesOutcome, sc.GetChargingProfilesStatus),
    sc.UsePriorityCharging: (sc.UsePriorityChargingOutcome, sc.PriorityChargingStatus),
    v2x.AFRRSignal: (v2x.AFRRSignalOutcome, sc.GenericStatus),
    v2x.NotifyAllowedEnergyTransfer: (v2x.NotifyAllowedEnergyTransferOutcome, sc.GenericStatus),
}


def outcomes(version: OcppVersion, command: Command) -> Some[Outcome] | None:
    """What a station can answer; None for a command that is not of this street."""
    reasons = st.none() if version is V16 else _REASONS
    if isinstance(command, sc.SetChargingProfile):
        statuses = st.sampled_from(sc.ChargingProfileStatus) if version is V16 else _TAKEN
        return st.builds(sc.SetChargingProfileOutcome, status=statuses, reason=reasons)
    if isinstance(command, sc.UpdateDynamicSchedule):
        return st.builds(sc.UpdateDynamicScheduleOutcome, status=_TAKEN, reason=reasons)
    if isinstance(command, sc.GetCompositeSchedule):
        old = version is V16
        schedule = st.builds(
            sc.CompositeSchedule,
            evse_id=st.integers(0, 99),
            charging_rate_unit=_UNITS,
            charging_schedule_period=st.lists(_periods(version), min_size=1, max_size=2).map(tuple),
            schedule_start=_maybe(_moments) if old else _moments,
            duration=_maybe(_counts) if old else _counts,
            min_charging_rate=_maybe(_tenths) if old else st.none(),
        )
        statuses = st.sampled_from(sc.GenericStatus)
        return st.builds(sc.GetCompositeScheduleOutcome, status=statuses, schedule=_maybe(schedule), reason=reasons)
    if type(command) not in _OUTCOMES:
        return None
    outcome, status = _OUTCOMES[type(command)]
    return st.builds(outcome, status=st.sampled_from(status), reason=reasons)
