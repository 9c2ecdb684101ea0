"""OCPP 2.1. Data transfer: what a vendor adds."""

from __future__ import annotations

from typing import Any

from pilotwire.ocpp.types import CustomData, Maybe, Message, String50, String255
from pilotwire.ocpp.v21.datatypes import StatusInfo
from pilotwire.ocpp.v21.enums import DataTransferStatus


class DataTransferRequest(Message):
    """Either side → the other: carries what a vendor defined (P01, P02)."""

    vendor_id: String255
    message_id: Maybe[String50] = None
    data: Maybe[Any] = None
    custom_data: Maybe[CustomData] = None


class DataTransferResponse(Message):
    """Answer: status, and the vendor's own answer."""

    status: DataTransferStatus
    status_info: Maybe[StatusInfo] = None
    data: Maybe[Any] = None
    custom_data: Maybe[CustomData] = None
