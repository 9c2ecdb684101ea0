"""MeteringConfirmation: the vehicle signs what it was told of the meter."""

from __future__ import annotations

from datetime import UTC, datetime

from pilotwire.iso15118.charging import Control, Meter
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.iso20.common_messages import (
    MeteringConfirmationReq,
    MeteringConfirmationRes,
    SignedMeteringData,
)
from pilotwire.iso15118.iso20.common_types import MeterInfo
from pilotwire.iso15118.secc.iso20.talk import Answer, Outcome, Refusal, Talk
from pilotwire.iso15118.secc.ports import Receipt
from pilotwire.iso15118.signature import verify


def metering_confirmation(s: Talk, request: MeteringConfirmationReq, now: datetime) -> Outcome:
    """Kept as evidence if the contract's key signed it, and it says what was told."""
    data = request.signed_metering_data
    trouble = _said_otherwise(s, data) or _badly_signed(s, request)
    if trouble:
        s.find(f"MeteringConfirmationReq: {trouble}.")
        return Refusal("FAILED_MeteringSignatureNotValid", trouble)
    scheduled = data.scheduled_smdt_control_mode
    s.evse.receipt(
        Receipt(
            meter=_meter(data.meter_info, now),
            schedule_id=scheduled.selected_schedule_tuple_id if scheduled else None,
            exi=ISO20_COMMON.encode(request),
        )
    )
    s.metering.due = False
    return Answer(MeteringConfirmationRes(header=s.header(now), response_code="OK"), s.state)


def _said_otherwise(s: Talk, data: SignedMeteringData) -> str:
    """What of the data is not this session's, "" if all is."""
    if data.session_id != s.session_id:
        return "it has the session id of another session"
    if data.meter_info not in s.metering.told:
        return "its MeterInfo is none that the vehicle was told lately"
    scheduled = data.scheduled_smdt_control_mode
    if (scheduled is not None) is not (s.agreed.control is Control.SCHEDULED):
        return f"it is not for {s.agreed.control} control, which was chosen"
    if scheduled is not None and scheduled.selected_schedule_tuple_id != s.plan.schedule_id:
        return f"it names the schedule {scheduled.selected_schedule_tuple_id}, and {s.plan.schedule_id} is in force"
    return ""


def _badly_signed(s: Talk, request: MeteringConfirmationReq) -> str:
    key = s.authorizing.key
    if key is None:
        return "the vehicle was authorized without a contract, and has no key that confirms"
    verdict = verify(request, key, s.options.suites)
    return "" if verdict.good else verdict.what.rstrip(".")


def _meter(info: MeterInfo, now: datetime) -> Meter:
    told = info.meter_timestamp
    return Meter(
        id=info.meter_id,
        energy_wh=info.charged_energy_reading_wh,
        at=now if told is None else datetime.fromtimestamp(told, UTC),
        signature=info.meter_signature or b"",
        discharged_wh=info.bpt_discharged_energy_reading_wh or 0,
    )
