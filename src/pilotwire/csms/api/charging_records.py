"""What is known of charging at a station: its profiles, limits from outside, what vehicles need and plan, priority."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import Field
from pydantic.alias_generators import to_camel

from pilotwire.csms.api.access import READ
from pilotwire.csms.api.charging_values import (
    Amount,
    Handed,
    ProfileResource,
    ScheduleResource,
    handed_of,
    resource_of,
)
from pilotwire.csms.api.problems import READS
from pilotwire.csms.api.resource import Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands.smart_charging import station_abilities
from pilotwire.csms.registers.smart_charging import (
    LIMITS,
    NEEDS,
    PRIORITY,
    SCHEDULES,
    ActiveLimit,
    KnownNeeds,
    KnownSchedule,
    profiles_of,
)
from pilotwire.csms.store.ports import Page
from pilotwire.csms.store.registers import Register, cursor_of
from pilotwire.domain.kinds import Value
from pilotwire.domain.smart_charging import (
    ChargingNeeds,
    ChargingNeedsStatus,
    ChargingRateUnit,
    GenericStatus,
    InstalledProfile,
)

router = APIRouter(prefix="/stations/{station}", tags=["smart charging"], dependencies=[READ])
_R = TypeVar("_R", bound=Value)
_PAGE = 500


async def _all(desk: Desk, register: Register[_R], station: str, key: Any) -> AsyncIterator[_R]:
    cursor: str | None = None
    while records := await desk.store.records(register, station, Page(limit=_PAGE, after=cursor)):
        for record in records:
            yield record
        cursor = cursor_of(station, key(records[-1]))


# --- profiles -----------------------------------------------------------------------------------------------------------


class InstalledProfileResource(Resource):
    """A profile a station has: it accepted it from here (`isReported` false) or reported it, at `timestamp`.

    `transactionId` is the transaction of a TxProfile, also where the profile does not name it (1.6).
    """

    evse_id: int
    charging_limit_source: str
    is_reported: bool
    timestamp: Time
    transaction_id: str | None
    charging_profile: ProfileResource

    @classmethod
    def of(cls, installed: InstalledProfile) -> InstalledProfileResource:
        """The resource of an installed profile."""
        return resource_of(
            cls, installed, timestamp=installed.at, charging_profile=ProfileResource.of(installed.profile)
        )


@router.get("/charging-profiles", responses=READS, summary="List charging profiles")
async def charging_profiles(desk: TheDesk, station: StationIdentity) -> list[InstalledProfileResource]:
    """The charging profiles a station has, as far as is known: what it accepted and what it reported. Those of transactions that have ended
    are gone."""
    return [InstalledProfileResource.of(each) for each in await profiles_of(desk.store, station)]


class AbilitiesResource(Resource):
    """What a station has told of its smart charging by its variables; null: it has not been asked, or does not say."""

    profile_stack_level: int | None
    periods_per_schedule: int | None
    max_profiles: int | None
    rate_units: list[ChargingRateUnit] | None
    phase_switching: bool | None
    max_external_constraints_id: int | None
    additional_purposes: list[str] | None
    dynamic_profiles: bool | None
    use_local_time: bool | None
    randomized_delay: bool | None
    limit_at_soc: bool | None
    evse_sleep: bool | None
    operation_modes: list[str] | None


@router.get("/charging-abilities", responses=READS, summary="Get what a station can do of smart charging")
async def charging_abilities(desk: TheDesk, station: StationIdentity) -> AbilitiesResource:
    """What profiles are checked against before they are sent; `get-variables` and `get-base-report` ask the station."""
    told = await station_abilities(desk.store, station)
    lists = {name: getattr(told, name) for name in ("rate_units", "additional_purposes", "operation_modes")}
    listed = {name: None if each is None else list(each) for name, each in lists.items()}
    return resource_of(AbilitiesResource, told, **listed)


# --- limits and priority ------------------------------------------------------------------------------------------------


class ChargingLimitResource(Resource):
    """A limit from outside that holds at an EVSE (0: the station), since `timestamp`."""

    evse_id: int
    charging_limit_source: str
    is_grid_critical: bool | None
    is_local_generation: bool | None
    timestamp: Time
    charging_schedule: list[ScheduleResource]

    @classmethod
    def of(cls, limit: ActiveLimit) -> ChargingLimitResource:
        """The resource of a limit."""
        said = limit.charging_limit
        return cls.model_construct(
            evse_id=limit.evse_id,
            charging_limit_source=said.charging_limit_source,
            is_grid_critical=said.is_grid_critical,
            is_local_generation=said.is_local_generation,
            timestamp=limit.at,
            charging_schedule=[ScheduleResource.of(schedule) for schedule in limit.charging_schedule],
        )


@router.get("/charging-limits", responses=READS, summary="List limits from outside")
async def charging_limits(desk: TheDesk, station: StationIdentity) -> list[ChargingLimitResource]:
    """The limits that external systems have set at a station and not taken back (K12, K13)."""
    found = _all(desk, LIMITS, station, lambda each: f"{each.evse_id}:{each.charging_limit.charging_limit_source}")
    return [ChargingLimitResource.of(each) async for each in found]


class PriorityChargingResource(Resource):
    """Whether a transaction charges with priority, as the station told last."""

    transaction_id: str
    activated: bool
    timestamp: Time


@router.get("/priority-charging", responses=READS, summary="List transactions that charge with priority, or did")
async def priority_charging(desk: TheDesk, station: StationIdentity) -> list[PriorityChargingResource]:
    """What a station told of priority charging (K21, K22; 2.1)."""
    found = _all(desk, PRIORITY, station, lambda each: each.transaction_id)
    return [resource_of(PriorityChargingResource, each, timestamp=each.at) async for each in found]


# --- what vehicles say --------------------------------------------------------------------------------------------------


class ACParametersResource(Resource):
    """What a vehicle asks of AC charging: Wh, A per phase and V."""

    energy_amount: Amount
    ev_min_current: Amount
    ev_max_current: Amount
    ev_max_voltage: Amount


class DCParametersResource(Resource):
    """What a vehicle asks of DC charging: A, V, W, Wh and percent."""

    ev_max_current: Amount
    ev_max_voltage: Amount
    ev_max_power: Amount | None
    ev_energy_capacity: Amount | None
    energy_amount: Amount | None
    state_of_charge: int | None
    full_soc: int | None = Field(alias="fullSoC")
    bulk_soc: int | None = Field(alias="bulkSoC")


class ChargingNeedsResource(Resource):
    """What a vehicle needs (ChargingNeedsType)."""

    requested_energy_transfer: str
    ac_charging_parameters: ACParametersResource | None
    dc_charging_parameters: DCParametersResource | None
    departure_time: Time | None
    v2x_charging_parameters: dict[str, Amount] | None = Field(alias="v2xChargingParameters")
    der_charging_parameters: Handed | None
    ev_energy_offer: Handed | None
    available_energy_transfer: list[str]
    control_mode: str | None
    mobility_needs_mode: str | None

    @classmethod
    def of(cls, needs: ChargingNeeds) -> ChargingNeedsResource:
        """The resource of needs."""
        ac, dc = needs.ac_charging_parameters, needs.dc_charging_parameters
        return resource_of(
            cls,
            needs,
            ac_charging_parameters=None if ac is None else resource_of(ACParametersResource, ac),
            dc_charging_parameters=None if dc is None else resource_of(DCParametersResource, dc),
            v2x_charging_parameters=_v2x(needs),
            der_charging_parameters=handed_of(needs.der_charging_parameters),
            ev_energy_offer=handed_of(needs.ev_energy_offer),
            available_energy_transfer=list(needs.available_energy_transfer),
        )


def _v2x(needs: ChargingNeeds) -> dict[str, Decimal] | None:
    """V2XChargingParametersType, spelled as OCPP does."""
    told = needs.v2x_told()
    if told is None:
        return None
    names = {name: to_camel(name).replace("V2x", "V2X").replace("Soc", "SoC") for name in told}
    return {re.sub(r"L([23])$", r"_L\1", names[name]): value for name, value in told.items()}


class KnownNeedsResource(Resource):
    """What the vehicle at an EVSE said last that it needs, in which transaction if one was known, and what was answered."""

    evse_id: int
    transaction_id: str | None
    charging_needs: ChargingNeedsResource
    max_schedule_tuples: int | None
    timestamp: Time
    status: ChargingNeedsStatus

    @classmethod
    def of(cls, known: KnownNeeds) -> KnownNeedsResource:
        """The resource of needs as they were told."""
        return cls.model_construct(
            evse_id=known.told.evse_id,
            transaction_id=known.transaction_id,
            charging_needs=ChargingNeedsResource.of(known.told.charging_needs),
            max_schedule_tuples=known.told.max_schedule_tuples,
            timestamp=known.told.timestamp or known.received_at,
            status=known.status,
        )


@router.get("/ev-charging-needs", responses=READS, summary="List what vehicles need")
async def ev_charging_needs(desk: TheDesk, station: StationIdentity) -> list[KnownNeedsResource]:
    """What the vehicles at the EVSEs of a station said last that they need (K15, K17, K18)."""
    return [KnownNeedsResource.of(each) async for each in _all(desk, NEEDS, station, lambda one: str(one.told.evse_id))]


class KnownScheduleResource(Resource):
    """The schedule the vehicle at an EVSE told last, counted from `timeBase`, in which transaction if one was known, and the answer."""

    evse_id: int
    transaction_id: str | None
    time_base: Time
    charging_schedule: ScheduleResource
    selected_charging_schedule_id: int | None
    power_tolerance_acceptance: bool | None
    timestamp: Time
    status: GenericStatus

    @classmethod
    def of(cls, known: KnownSchedule) -> KnownScheduleResource:
        """The resource of a schedule as it was told."""
        return cls.model_construct(
            evse_id=known.told.evse_id,
            transaction_id=known.transaction_id,
            time_base=known.told.time_base,
            charging_schedule=ScheduleResource.of(known.told.charging_schedule),
            selected_charging_schedule_id=known.told.selected_charging_schedule_id,
            power_tolerance_acceptance=known.told.power_tolerance_acceptance,
            timestamp=known.received_at,
            status=known.status,
        )


@router.get("/ev-charging-schedules", responses=READS, summary="List what vehicles plan")
async def ev_charging_schedules(desk: TheDesk, station: StationIdentity) -> list[KnownScheduleResource]:
    """The schedules the vehicles at the EVSEs of a station told last (K15.FR.10)."""
    found = _all(desk, SCHEDULES, station, lambda each: str(each.told.evse_id))
    return [KnownScheduleResource.of(each) async for each in found]
