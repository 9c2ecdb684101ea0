"""OCPP 1.6. Data transfer: what a vendor adds."""

from __future__ import annotations

from pilotwire.ocpp.types import Maybe, Message, String50, String255
from pilotwire.ocpp.v16.enums import DataTransferStatus


class DataTransferRequest(Message):
    """Either side → the other: carries what a vendor defined (1.6:4.3, 1.6:5.6)."""

    vendor_id: String255
    message_id: Maybe[String50] = None
    data: Maybe[str] = None


class DataTransferResponse(Message):
    """Answer: status, and the vendor's own answer."""

    status: DataTransferStatus
    data: Maybe[str] = None
