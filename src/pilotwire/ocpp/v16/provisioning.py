"""OCPP 1.6. Provisioning: boot, configuration and the device model, reset."""

from __future__ import annotations

from pilotwire.ocpp.types import (
    Datatype,
    Integer,
    LooseTimestamp,
    Maybe,
    Message,
    String20,
    String25,
    String50,
    String500,
)
from pilotwire.ocpp.v16.enums import ConfigurationStatus, RegistrationStatus, ResetStatus, ResetType


class KeyValue(Datatype):
    """One configuration key; without a value it is known but has none."""

    key: String50
    readonly: bool
    value: Maybe[String500] = None


class BootNotificationRequest(Message):
    """Charge point → central system: introduces itself after a start and asks to be accepted (1.6:4.2)."""

    charge_point_vendor: String20
    charge_point_model: String20
    charge_point_serial_number: Maybe[String25] = None
    charge_box_serial_number: Maybe[String25] = None
    firmware_version: Maybe[String50] = None
    iccid: Maybe[String20] = None
    imsi: Maybe[String20] = None
    meter_type: Maybe[String25] = None
    meter_serial_number: Maybe[String25] = None


class BootNotificationResponse(Message):
    """Central system → charge point: accepted or not, the time, and when to call again."""

    status: RegistrationStatus
    current_time: LooseTimestamp
    interval: Integer


class HeartbeatRequest(Message):
    """Charge point → central system: shows that it is alive and asks for the time (1.6:4.6)."""


class HeartbeatResponse(Message):
    """Central system → charge point: the time."""

    current_time: LooseTimestamp


class ChangeConfigurationRequest(Message):
    """Central system → charge point: writes one configuration key (1.6:5.3)."""

    key: String50
    value: String500


class ChangeConfigurationResponse(Message):
    """Charge point → central system: the answer to `ChangeConfigurationRequest`."""

    status: ConfigurationStatus


class GetConfigurationRequest(Message):
    """Central system → charge point: reads configuration keys, or all (1.6:5.8)."""

    key: Maybe[list[String50]] = None


class GetConfigurationResponse(Message):
    """Charge point → central system: the keys that exist and those that do not."""

    configuration_key: Maybe[list[KeyValue]] = None
    unknown_key: Maybe[list[String50]] = None


class ResetRequest(Message):
    """Central system → charge point: restarts the station, gracefully (Soft) or at once (Hard) (1.6:5.14)."""

    type: ResetType


class ResetResponse(Message):
    """Charge point → central system: the answer to `ResetRequest`."""

    status: ResetStatus
