"""OCPP 2.1. Bidirectional charging."""

from __future__ import annotations

from pilotwire.ocpp.types import CustomData, Integer, Maybe, Message, OneOrMore, String36, Timestamp
from pilotwire.ocpp.v21.datatypes import StatusInfo
from pilotwire.ocpp.v21.enums import EnergyTransferMode, GenericStatus, NotifyAllowedEnergyTransferStatus


class AFRRSignalRequest(Message):
    """CSMS → station: tells a frequency-restoration set point that the station follows at once."""

    timestamp: Timestamp
    signal: Integer
    custom_data: Maybe[CustomData] = None


class AFRRSignalResponse(Message):
    """Station → CSMS: the answer to `AFRRSignalRequest`."""

    status: GenericStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None


class NotifyAllowedEnergyTransferRequest(Message):
    """CSMS → station: tells which energy transfer modes the vehicle may use (Q02)."""

    transaction_id: String36
    allowed_energy_transfer: OneOrMore[EnergyTransferMode]
    custom_data: Maybe[CustomData] = None


class NotifyAllowedEnergyTransferResponse(Message):
    """Station → CSMS: the answer to `NotifyAllowedEnergyTransferRequest`."""

    status: NotifyAllowedEnergyTransferStatus
    status_info: Maybe[StatusInfo] = None
    custom_data: Maybe[CustomData] = None
