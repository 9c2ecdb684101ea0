"""Vendor data from the CSMS (P01): this station has no vendor extensions but those that are commands of their own."""

from __future__ import annotations

from pilotwire.domain.data_transfer import DataTransferStatus, SendData, SendDataOutcome
from pilotwire.station.core.station import Station


def received(station: Station, command: SendData) -> SendDataOutcome:
    """No vendor is known here (P01.FR.05), or it is one whose messages are, and this is none of them (P01.FR.06; 1.6:5.6)."""
    if command.fault is None:
        return SendDataOutcome(status=DataTransferStatus.UNKNOWN_VENDOR_ID)
    station.note(f"Data from the CSMS was not taken: {command.fault.what}.")
    return SendDataOutcome(status=command.fault.status)
