"""MeteringConfirmationReq: what the station's meter showed, signed with the contract's key."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilotwire.iso15118.charging import Control
from pilotwire.iso15118.evcc.iso20.talk import Next, Talk
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MeterInfo, Receipt
from pilotwire.iso15118.v2gtp import PayloadType

_ID: Final = "id1"


def request(s: Talk, meter: MeterInfo, receipt: Receipt | None, now: datetime) -> Next:
    """The MeterInfo (and receipt) as they came, the session, and the schedule in force."""
    schedule = s.charging.schedule
    scheduled = s.control is Control.SCHEDULED and schedule is not None
    data = cm.SignedMeteringData(
        id=_ID,
        session_id=s.session_id,
        meter_info=meter,
        receipt=receipt,
        scheduled_smdt_control_mode=cm.Scheduled_SMDTControlMode(selected_schedule_tuple_id=schedule.schedule_tuple_id)
        if scheduled and schedule is not None
        else None,
        dynamic_smdt_control_mode=None if scheduled else cm.Dynamic_SMDTControlMode(),
    )
    side = PayloadType.METERING_CONFIRMATION if s.options.side_streams else None
    return Next(
        cm.MeteringConfirmationReq(header=s.header(now), signed_metering_data=data), signer=s.contract, side=side
    )
