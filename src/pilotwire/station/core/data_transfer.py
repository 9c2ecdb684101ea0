"""Vendor data from the CSMS (P01): this station has no vendor extensions."""

from __future__ import annotations

from pilotwire.domain.data_transfer import DataTransferStatus, SendDataOutcome


def received() -> SendDataOutcome:
    """P01.FR.05: no vendor is known here."""
    return SendDataOutcome(status=DataTransferStatus.UNKNOWN_VENDOR_ID)
