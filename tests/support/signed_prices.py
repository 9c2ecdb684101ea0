"""Messages with prices for an operator to sign, and what OCPP 2.1 carries of its signature."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from pilotwire.iso15118 import iso2
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import MessageHeader


def of_20(schedule: cm.AbsolutePriceSchedule) -> cm.ScheduleExchangeRes:
    """A message with these prices."""
    return cm.ScheduleExchangeRes(
        header=MessageHeader(session_id=bytes(8), time_stamp=0),
        response_code="OK",
        evse_processing="Finished",
        dynamic_se_res_control_mode=cm.Dynamic_SEResControlMode(absolute_price_schedule=schedule),
    )


def of_2(tariff: iso2.SalesTariff) -> iso2.V2G_Message:
    """The same of ISO 15118-2."""
    interval = iso2.PMaxScheduleEntry(
        time_interval=iso2.RelativeTimeInterval(start=0, duration=7200),
        pmax=iso2.PhysicalValue(multiplier=0, unit="W", value=1000),
    )
    one = iso2.SAScheduleTuple(
        sa_schedule_tuple_id=1,
        pmax_schedule=iso2.PMaxSchedule(pmax_schedule_entry=[interval]),
        sales_tariff=tariff,
    )
    status = iso2.AC_EVSEStatus(notification_max_delay=0, evse_notification="None", rcd=False)
    limits = iso2.AC_EVSEChargeParameter(
        ac_evse_status=status,
        evse_nominal_voltage=iso2.PhysicalValue(multiplier=0, unit="V", value=230),
        evse_max_current=iso2.PhysicalValue(multiplier=0, unit="A", value=16),
    )
    content = iso2.ChargeParameterDiscoveryRes(
        response_code="OK",
        evse_processing="Finished",
        sa_schedules=iso2.SAScheduleList(sa_schedule_tuple=[one]),
        evse_charge_parameter=limits,
    )
    header = iso2.MessageHeader(session_id=bytes(8))
    return iso2.V2G_Message(header=header, body=iso2.Body(body_element=content))


def parts_of(message: Any) -> tuple[str, str]:
    """What OCPP carries of a signature: digestValue and priceScheduleSignature."""
    signature = message.header.signature
    (reference,) = signature.signed_info.reference
    return b64encode(reference.digest_value).decode(), b64encode(signature.signature_value.value).decode()
