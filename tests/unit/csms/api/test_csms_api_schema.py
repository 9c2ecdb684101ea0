"""The API against its own OpenAPI description: requests made from it at random get what it promises, and never a 500."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from pilotwire.csms.commands import CommandRefused, CommandTimedOut
from pilotwire.csms.store.ports import BookEvent, RecordBoot
from pilotwire.domain import monitoring as mon
from pilotwire.domain.authorization import ClearCache, ClearCacheOutcome
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.data_transfer import DataTransferStatus, SendData, SendDataOutcome
from pilotwire.domain.device_model import (
    GetVariables,
    GetVariablesOutcome,
    ReportStatus,
    SetVariables,
    SetVariablesOutcome,
)
from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogStatus
from pilotwire.domain.identity import StationIdentity
from pilotwire.domain.local_list import (
    GetLocalListVersion,
    LocalListVersion,
    SendLocalList,
    SendLocalListOutcome,
    SendLocalListStatus,
)
from pilotwire.domain.provisioning import Reset, ResetOutcome, ResetStatus, TriggerMessage
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.domain.reservation import (
    CancelReservation,
    CancelReservationOutcome,
    CancelReservationStatus,
    ReserveNow,
    ReserveNowOutcome,
    ReserveNowStatus,
)
from pilotwire.errors import NotSayable
from tests.support.api_rooms import NOON, ApiRooms, api_of, ended, started, updated

ENDLESS = "/api/v1/events"


class _EverywhereConnected(dict[str, Any]):
    """Whatever a station is called, it is connected."""

    def __contains__(self, name: object) -> bool:
        return True


def _rooms() -> ApiRooms:
    rooms = ApiRooms()
    identity = StationIdentity(vendor="V", model="M")
    operations = [RecordBoot(station="CS-0001", identity=identity, reason=None, at=NOON)]
    booked = [BookEvent(station="CS-0001", event=each("42"), received_at=NOON) for each in (started, updated, ended)]
    asyncio.run(rooms.keep(*operations, *booked))
    rooms.bus.stations = _EverywhereConnected()
    rooms.bus.answers = {
        Reset: ResetOutcome(status=ResetStatus.ACCEPTED),
        UnlockConnector: UnlockOutcome(status=UnlockStatus.UNLOCKED),
        RequestStart: RequestStartOutcome(status=RequestStatus.ACCEPTED),
        RequestStop: RequestStopOutcome(status=RequestStatus.ACCEPTED),
        ChangeAvailability: CommandRefused("InternalError", "no", {"a": [1]}),
        TriggerMessage: NotSayable("no", "no"),
        ClearCache: ClearCacheOutcome(accepted=True),
        ReserveNow: ReserveNowOutcome(status=ReserveNowStatus.OCCUPIED),
        CancelReservation: CancelReservationOutcome(status=CancelReservationStatus.ACCEPTED),
        SendData: SendDataOutcome(status=DataTransferStatus.ACCEPTED, data={"x": [None]}),
        GetVariables: GetVariablesOutcome(results=()),
        GetLog: GetLogOutcome(status=LogStatus.ACCEPTED, file_name="log.zip"),
        SendLocalList: SendLocalListOutcome(status=SendLocalListStatus.ACCEPTED),
        GetLocalListVersion: LocalListVersion(version=3),
        mon.SetMonitors: mon.SetMonitorsOutcome(results=()),
        mon.ClearMonitors: mon.ClearMonitorsOutcome(results=()),
        mon.SetMonitoringBase: mon.MonitoringBaseOutcome(status=ReportStatus.ACCEPTED),
        mon.SetMonitoringLevel: mon.MonitoringLevelOutcome(status=mon.MonitoringAnswer.ACCEPTED),
        mon.GetMonitoringReport: mon.MonitoringReportOutcome(status=ReportStatus.EMPTY_RESULT_SET),
        mon.GetEventStreams: mon.EventStreamsOutcome(),
        mon.AdjustEventStream: mon.AdjustEventStreamOutcome(status=mon.MonitoringAnswer.ACCEPTED),
        SetVariables: SetVariablesOutcome(results=()),
        "Reset": CommandTimedOut("too slow"),
    }
    return rooms


schema = schemathesis.openapi.from_asgi("/openapi.json", api_of(_rooms())).exclude(path=ENDLESS)
OPERATIONS = [result.ok() for result in schema.get_all_operations()]


def test_all_operations_are_tried() -> None:
    """Only the endless one is left out."""
    assert len(OPERATIONS) >= 31


def _no_bug(_: Any, response: Any, __: Any) -> None:
    """502, 503 and 504 speak of stations and the database; 500 is ours."""
    assert response.status_code != 500, response.text


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
def test_responses_are_as_described(operation: Any) -> None:
    """Status, media type and shape of every response are in the description; nothing is a 500."""
    checks = [
        _no_bug,
        schemathesis.checks.status_code_conformance,
        schemathesis.checks.content_type_conformance,
        schemathesis.checks.response_schema_conformance,
    ]

    _try(operation, schemathesis.GenerationMode.POSITIVE, checks)
    if _can_be_wrong(operation.definition.raw):
        _try(operation, schemathesis.GenerationMode.NEGATIVE, checks)


def _can_be_wrong(described: dict[str, Any]) -> bool:
    """A body, or a parameter that is more than a name in the path: every text is a name, so nothing could be made of it."""
    return "requestBody" in described or any(each["in"] == "query" for each in described.get("parameters", ()))


def _try(operation: Any, mode: Any, checks: list[Any]) -> None:
    @settings(
        max_examples=4,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate(checks=checks)

    run()
