"""Commands of smart charging: profiles, composite schedules, priority, signals (functional blocks K and Q; 1.6:5.5, 1.6:5.7, 1.6:5.16)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from pilotwire.csms.api.access import COMMAND
from pilotwire.csms.api.charging_records import InstalledProfileResource
from pilotwire.csms.api.charging_values import (
    DAILY,
    Amount,
    PeriodResource,
    ProfileResource,
    TransactionId,
    ValuesResource,
    resource_of,
)
from pilotwire.csms.api.problems import COMMANDS, ApiError
from pilotwire.csms.api.resource import TEXT, Integer, Positive, Resource, StationIdentity, Time
from pilotwire.csms.api.rooms import Desk, TheDesk
from pilotwire.csms.commands import smart_charging, v2x
from pilotwire.csms.commands.smart_charging import Books, ProfileFlawed
from pilotwire.domain.smart_charging import (
    ChargingProfilePurpose,
    ChargingProfileStatus,
    ChargingRateUnit,
    ClearChargingProfile,
    ClearChargingProfileStatus,
    CompositeSchedule,
    Flaw,
    GenericStatus,
    GetChargingProfiles,
    GetChargingProfilesStatus,
    GetCompositeSchedule,
    PriorityChargingStatus,
    Reason,
)

router = APIRouter(prefix="/stations/{station}/commands", tags=["commands"], dependencies=[COMMAND])
Source = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]
TransferMode = Annotated[str, Field(min_length=1, max_length=20, pattern=TEXT)]


def _books(desk: Desk) -> Books:
    return Books(desk.commander, desk.store, desk.rooms.journal, desk.rooms.clock)


class StatusInfo(Resource):
    """Why, in the station's words (2.x)."""

    reason_code: str
    additional_info: str | None

    @classmethod
    def of(cls, reason: Reason | None) -> StatusInfo | None:
        """The resource of a reason, if there is one."""
        return None if reason is None else cls(reason_code=reason.code, additional_info=reason.info)


# --- profiles -----------------------------------------------------------------------------------------------------------


class SetChargingProfileRequest(Resource):
    """Install a charging profile at an EVSE, 0 for the station as a whole (K01; 1.6: a connector). One with its id is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"evseId": 0, "chargingProfile": DAILY}]})

    evse_id: Integer
    charging_profile: ProfileResource


class RemarkResource(Resource):
    """Something odd about a profile: the requirement it is about, the place in the profile, and a sentence."""

    requirement: str
    where: str
    what: str

    @classmethod
    def of(cls, flaw: Flaw) -> RemarkResource:
        """The resource of a flaw."""
        return resource_of(cls, flaw)


class SetChargingProfileResponse(Resource):
    """The station's answer; `remarks` tell what is odd about the profile though a station takes it."""

    status: ChargingProfileStatus
    status_info: StatusInfo | None
    remarks: list[RemarkResource]


@router.post("/set-charging-profile", responses=COMMANDS, summary="Set a charging profile")
async def set_charging_profile(
    desk: TheDesk,
    station: StationIdentity,
    wanted: SetChargingProfileRequest,
    force: Annotated[bool, Query(description="Send it even if the station is expected to reject it.")] = False,
) -> SetChargingProfileResponse:
    """Install a charging profile. One that the station would reject is refused here with every reason (422,
    `charging-profile-rejected`), and nothing is sent, unless `force` is set."""
    profile = wanted.charging_profile.profile()
    try:
        done = await smart_charging.set_profile(_books(desk), station, wanted.evse_id, profile, force=force)
    except ProfileFlawed as flawed:
        raise _refusal(flawed) from None
    remarks = [RemarkResource.of(flaw) for flaw in done.remarks]
    return SetChargingProfileResponse(status=done.status, status_info=StatusInfo.of(done.reason), remarks=remarks)


def _refusal(flawed: ProfileFlawed) -> ApiError:
    errors = [
        {
            "where": f"body.{flaw.where}" if flaw.where == "evseId" else f"body.chargingProfile.{flaw.where}",
            "what": f"{flaw.what} ({flaw.requirement})",
        }
        for flaw in flawed.flaws
    ]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return ApiError(status, "charging-profile-rejected", flawed.what, flawed.remedy, errors=errors)


class ClearChargingProfileRequest(Resource):
    """Which profiles go: the one with the id, or all that fit every criterion given (K10; 1.6:5.5). None at all: every one, in 1.6 only."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"chargingProfileId": 100}]})

    charging_profile_id: Integer | None = None
    evse_id: Integer | None = None
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Integer | None = None


class ClearChargingProfileResponse(Resource):
    """The station's answer; Unknown: it has no such profile."""

    status: ClearChargingProfileStatus
    status_info: StatusInfo | None


@router.post("/clear-charging-profile", responses=COMMANDS, summary="Clear charging profiles")
async def clear_charging_profile(
    desk: TheDesk, station: StationIdentity, wanted: ClearChargingProfileRequest
) -> ClearChargingProfileResponse:
    """Remove one charging profile, or those that fit."""
    command = ClearChargingProfile(
        charging_profile_id=wanted.charging_profile_id,
        evse_id=wanted.evse_id,
        charging_profile_purpose=wanted.charging_profile_purpose,
        stack_level=wanted.stack_level,
    )
    outcome = await smart_charging.clear_profiles(_books(desk), station, command)
    return ClearChargingProfileResponse(status=outcome.status, status_info=StatusInfo.of(outcome.reason))


class GetChargingProfilesRequest(Resource):
    """Which profiles are to be reported: those that fit every criterion given, of which there is at least one besides the EVSE (K09)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"chargingLimitSource": ["CSO", "EMS", "SO", "Other"]}]})

    evse_id: Integer | None = Field(default=None, description="0: of the station itself; null: of all places.")
    charging_profile_id: list[Integer] = Field(default=[], max_length=1000)
    charging_profile_purpose: ChargingProfilePurpose | None = None
    stack_level: Integer | None = None
    charging_limit_source: list[Source] = Field(default=[], max_length=4)


class GetChargingProfilesResponse(Resource):
    """The report, put together from all its parts."""

    status: GetChargingProfilesStatus
    status_info: StatusInfo | None
    request_id: int = Field(description="By which the message log knows the parts.")
    charging_profiles: list[InstalledProfileResource]


@router.post("/get-charging-profiles", responses=COMMANDS, summary="Get charging profiles")
async def get_charging_profiles(
    desk: TheDesk, station: StationIdentity, wanted: GetChargingProfilesRequest
) -> GetChargingProfilesResponse:
    """Ask a station for its charging profiles (2.x) and wait for all of them. 504 if one of the parts does not come in time."""
    command = GetChargingProfiles(
        request_id=desk.commander.reports.next_request_id(),
        evse_id=wanted.evse_id,
        charging_profile_ids=tuple(wanted.charging_profile_id),
        charging_profile_purpose=wanted.charging_profile_purpose,
        stack_level=wanted.stack_level,
        charging_limit_sources=tuple(wanted.charging_limit_source),
    )
    patience = desk.rooms.settings.call_timeout
    report = await smart_charging.report_profiles(_books(desk), station, command, patience=patience)
    return GetChargingProfilesResponse.model_construct(
        status=report.status,
        status_info=StatusInfo.of(report.reason),
        request_id=report.request_id,
        charging_profiles=[InstalledProfileResource.of(each) for each in report.profiles],
    )


# --- the composite schedule ---------------------------------------------------------------------------------------------


class GetCompositeScheduleRequest(Resource):
    """What results from all profiles at an EVSE (0: the station) for the next `duration` seconds (K08; 1.6:5.7)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"evseId": 1, "duration": 3600}]})

    evse_id: Integer
    duration: Positive
    charging_rate_unit: ChargingRateUnit | None = None


class CompositeScheduleResource(Resource):
    """The limits from `scheduleStart` on; 1.6 may leave out when that is and how long it lasts."""

    evse_id: int
    charging_rate_unit: ChargingRateUnit
    charging_schedule_period: list[PeriodResource]
    schedule_start: Time | None
    duration: int | None
    min_charging_rate: Amount | None

    @classmethod
    def of(cls, schedule: CompositeSchedule) -> CompositeScheduleResource:
        """The resource of a composite schedule."""
        periods = [PeriodResource.of(period) for period in schedule.charging_schedule_period]
        return resource_of(cls, schedule, charging_schedule_period=periods)


class GetCompositeScheduleResponse(Resource):
    """The station's answer."""

    status: GenericStatus
    status_info: StatusInfo | None
    schedule: CompositeScheduleResource | None


@router.post("/get-composite-schedule", responses=COMMANDS, summary="Get the composite schedule")
async def get_composite_schedule(
    desk: TheDesk, station: StationIdentity, wanted: GetCompositeScheduleRequest
) -> GetCompositeScheduleResponse:
    """Ask a station what results from all its profiles together."""
    command = GetCompositeSchedule(
        evse_id=wanted.evse_id, duration=wanted.duration, charging_rate_unit=wanted.charging_rate_unit
    )
    outcome = await smart_charging.composite_schedule(desk.commander, station, command)
    schedule = outcome.schedule
    return GetCompositeScheduleResponse.model_construct(
        status=outcome.status,
        status_info=StatusInfo.of(outcome.reason),
        schedule=None if schedule is None else CompositeScheduleResource.of(schedule),
    )


# --- 2.1 ----------------------------------------------------------------------------------------------------------------


class UpdateDynamicScheduleRequest(Resource):
    """What now holds in a dynamic profile (K28); what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chargingProfileId": 7, "scheduleUpdate": {"setpoint": -3000}}]}
    )

    charging_profile_id: Integer
    schedule_update: ValuesResource


class UpdateDynamicScheduleResponse(Resource):
    """The station's answer; Rejected: the profile is not there, or not dynamic."""

    status: ChargingProfileStatus
    status_info: StatusInfo | None


@router.post("/update-dynamic-schedule", responses=COMMANDS, summary="Update a dynamic charging profile")
async def update_dynamic_schedule(
    desk: TheDesk, station: StationIdentity, wanted: UpdateDynamicScheduleRequest
) -> UpdateDynamicScheduleResponse:
    """Set the values of a dynamic profile (2.1). A station that asks for them later is told the same."""
    outcome = await smart_charging.update_dynamic_schedule(
        _books(desk), station, wanted.charging_profile_id, wanted.schedule_update.values()
    )
    return UpdateDynamicScheduleResponse(status=outcome.status, status_info=StatusInfo.of(outcome.reason))


class UsePriorityChargingRequest(Resource):
    """Let a transaction charge with priority, or no longer (K21)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"transactionId": "tx-1", "activate": True}]})

    transaction_id: TransactionId
    activate: Annotated[bool, Field(strict=True)]


class UsePriorityChargingResponse(Resource):
    """The station's answer; NoProfile: it has no profile for priority."""

    status: PriorityChargingStatus
    status_info: StatusInfo | None


@router.post("/use-priority-charging", responses=COMMANDS, summary="Switch priority charging")
async def use_priority_charging(
    desk: TheDesk, station: StationIdentity, wanted: UsePriorityChargingRequest
) -> UsePriorityChargingResponse:
    """Switch priority charging of a transaction on or off (2.1)."""
    outcome = await smart_charging.use_priority_charging(
        desk.commander, station, wanted.transaction_id, activate=wanted.activate
    )
    return UsePriorityChargingResponse(status=outcome.status, status_info=StatusInfo.of(outcome.reason))


class AFRRSignalRequest(Resource):
    """A signal of automatic frequency restoration, as it came (Q08). `timestamp` null: now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signal": -40}]})

    signal: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
    timestamp: Time | None = None


class GenericResponse(Resource):
    """The station's answer."""

    status: GenericStatus
    status_info: StatusInfo | None


@router.post("/afrr-signal", responses=COMMANDS, summary="Send a frequency restoration signal")
async def afrr_signal(desk: TheDesk, station: StationIdentity, wanted: AFRRSignalRequest) -> GenericResponse:
    """Hand on a signal of automatic frequency restoration (2.1)."""
    at = wanted.timestamp or desk.rooms.clock.now()
    outcome = await v2x.afrr_signal(desk.commander, station, at, wanted.signal)
    return GenericResponse(status=outcome.status, status_info=StatusInfo.of(outcome.reason))


class NotifyAllowedEnergyTransferRequest(Resource):
    """Which ways of energy transfer a transaction may use from now on (Q02), as EnergyTransferModeEnumType names them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"transactionId": "tx-1", "allowedEnergyTransfer": ["DC", "DC_BPT"]}]}
    )

    transaction_id: TransactionId
    allowed_energy_transfer: list[TransferMode] = Field(min_length=1, max_length=50)


@router.post("/notify-allowed-energy-transfer", responses=COMMANDS, summary="Tell the allowed energy transfer")
async def notify_allowed_energy_transfer(
    desk: TheDesk, station: StationIdentity, wanted: NotifyAllowedEnergyTransferRequest
) -> GenericResponse:
    """Tell a station which ways of energy transfer the vehicle of a transaction may use (2.1)."""
    outcome = await v2x.allow_energy_transfer(
        desk.commander, station, wanted.transaction_id, tuple(wanted.allowed_energy_transfer)
    )
    return GenericResponse(status=outcome.status, status_info=StatusInfo.of(outcome.reason))
