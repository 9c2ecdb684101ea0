"""Vendor-specific data (functional block P)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.data_transfer import DataTransferred, DataTransferStatus, DataTransferVerdict
from pilotwire.domain.findings import Severity


async def transferred(desk: Desk, station: str, fact: DataTransferred, message_id: str) -> DataTransferVerdict:
    """Ask the vendor's hook; a vendor nobody has registered is unknown (P02.FR.06).

    The data itself is in the message log, durable before anything else happens: a note is committed with what is appended next.
    """
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
    hook = desk.vendors.get(fact.vendor_id.lower())
    if hook is None and fact.fault is not None:
        desk.note(
            station, "data_transfer:plug-and-charge", Severity.BREACH, fact.fault.what, message_id, "DataTransfer"
        )
        return DataTransferVerdict(status=fact.fault.status)
    if hook is None:
        return DataTransferVerdict(status=DataTransferStatus.UNKNOWN_VENDOR_ID)
    try:
        verdict = await hook(station, fact)
        if not isinstance(verdict, DataTransferVerdict):
            raise TypeError(f"it answered with {type(verdict).__name__}, not with a DataTransferVerdict")
        return verdict
    except (
        Exception
    ) as error:  # somebody else's code: whatever it does, the station gets an answer and the operator the reason
        what = f"the hook for vendor {fact.vendor_id!r} failed: {type(error).__name__}: {error}"
        desk.note(station, "data_transfer:hook-failed", Severity.FATAL, what, message_id)
        return DataTransferVerdict(status=DataTransferStatus.REJECTED)
