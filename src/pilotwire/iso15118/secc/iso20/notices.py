"""What the station asks of the vehicle beside its answers (EVSEStatus), and its meter."""

from __future__ import annotations

from typing import Final

from pilotwire.iso15118.charging import Identification, Meter, Notice
from pilotwire.iso15118.iso20.common_types import EvseNotification, EVSEStatus, MeterInfo
from pilotwire.iso15118.secc.iso20.talk import Talk
from pilotwire.iso15118.secc.ports import State

NOTIFICATIONS: Final[dict[Notice, EvseNotification]] = {
    Notice.STOP: "Terminate",
    Notice.RENEGOTIATE: "ScheduleRenegotiation",
    Notice.PAUSE: "Pause",
    Notice.EXIT_STANDBY: "ExitStandby",
    Notice.SERVICE_RENEGOTIATION: "ServiceRenegotiation",
    Notice.METERING_CONFIRMATION: "MeteringConfirmation",
}
_MOST_DELAY: Final = 65_535
_METER_ID: Final = 32
_METER_SIGNATURE: Final = 64


def evse_status(state: State, *, confirm: bool = False) -> EVSEStatus | None:
    """A fault ends the charging at once, whatever else is wanted; `confirm`: the vehicle is to confirm the meter."""
    if state.fault:
        return EVSEStatus(notification_max_delay=0, evse_notification="Terminate")
    notification = NOTIFICATIONS.get(state.notice)
    if notification is None:
        return EVSEStatus(notification_max_delay=0, evse_notification="MeteringConfirmation") if confirm else None
    delay = min(max(state.notice_s, 0), _MOST_DELAY)
    return EVSEStatus(notification_max_delay=delay, evse_notification=notification)


def meter_info(meter: Meter, *, bidirectional: bool) -> MeterInfo:
    """The meter's register as it stands."""
    return MeterInfo(
        meter_id=meter.id[:_METER_ID],
        charged_energy_reading_wh=max(meter.energy_wh, 0),
        bpt_discharged_energy_reading_wh=max(meter.discharged_wh, 0) if bidirectional else None,
        meter_signature=meter.signature[:_METER_SIGNATURE] or None,
        meter_timestamp=int(meter.at.timestamp()),
    )


def confirmation_due(s: Talk, state: State) -> bool:
    """Whether the vehicle is to confirm the meter now: the station wants it, or so many messages of the loop have passed.

    Only a vehicle with a contract can: it has the key.
    """
    metering = s.metering
    if s.authorizing.identification is not Identification.PNC or state.meter is None:
        return False
    metering.loops += 1
    if s.offer.receipts and metering.loops >= s.offer.receipts:
        if metering.due:
            s.find("MeteringConfirmation was asked for, and did not come before it was due again.")
        metering.loops, metering.due = 0, True
    return metering.due or state.notice is Notice.METERING_CONFIRMATION
