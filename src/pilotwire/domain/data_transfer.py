"""Vendor-specific data, either way (functional block P)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict


class DataTransferStatus(StrEnum):
    """As in DataTransferStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


class DataFault(Value):
    """Why data is no message of a vendor whose messages are known here: `status` is the answer, `what` the reason."""

    status: DataTransferStatus
    what: str


class DataTransferred(Fact):
    """A station sends vendor data (P02). `data` is any JSON value in 2.x, text in 1.6.

    `fault`: it claims to be a message of the Plug & Charge application note for 1.6, and is none.
    """

    vendor_id: str
    message_id: str | None = None
    data: Any = None
    fault: DataFault | None = None


class DataTransferVerdict(Verdict):
    """The answer to vendor data."""

    status: DataTransferStatus
    data: Any = None


class SendData(Command):
    """Send vendor data to a station (P01). `fault` as in `DataTransferred`."""

    vendor_id: str
    message_id: str | None = None
    data: Any = None
    fault: DataFault | None = None


class SendDataOutcome(Outcome):
    """The station's answer to vendor data."""

    status: DataTransferStatus
    data: Any = None
