"""The total usage of a session as a DataTransfer (`InstallerCtrlr.UsageDataTransfer`), for platforms that want it said in one piece.

It is queued once the CSMS has taken the end of the transaction, so that it can name the transaction as the CSMS does. Vendor
`org.pilotwire`, message `SessionUsage`; the data is a JSON object as text (docs/station/metering.md).
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.metering import MeterReading, register_of
from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.evse import Evse
from pilotwire.station.core.memory import KeptTransaction
from pilotwire.station.core.metering_usage_memory import Usage, UsageMemory
from pilotwire.station.core.station import Station

VENDOR = "org.pilotwire"
MESSAGE = "SessionUsage"


def ended(station: Station, evse: Evse, at: datetime) -> None:
    """A transaction ends now."""
    tx = evse.tx
    if tx is None or not station.variables.on("InstallerCtrlr.UsageDataTransfer"):
        return
    usage = Usage(
        evse=evse.evse_id,
        started_at=tx.started_at,
        ended_at=at,
        meter_start=tx.meter_start,
        meter_stop=max(tx.register, Decimal(station.meter(evse.evse_id).energy_import_register)),
        connector=tx.connector,
        id_token=tx.owner,
        cost=tx.cost,
    )
    _remember(station, tx.transaction_id, usage)


def left_over(station: Station, kept: KeptTransaction, last: MeterReading) -> None:
    """A transaction that a restart interrupted has ended."""
    if not station.variables.on("InstallerCtrlr.UsageDataTransfer"):
        return
    usage = Usage(
        evse=kept.evse,
        started_at=kept.started_at,
        ended_at=last.at,
        meter_start=kept.meter_start,
        meter_stop=register_of((last,)) or kept.register,
        connector=kept.connector,
        id_token=kept.id_token,
        cost=kept.cost,
    )
    _remember(station, kept.transaction_id, usage)


def _remember(station: Station, transaction_id: str, usage: Usage) -> None:
    known = station.kept(UsageMemory).ended
    station.remember(UsageMemory(ended={**known, transaction_id: usage}))


def delivered(station: Station, event: TransactionEvent) -> None:
    """The CSMS has an event: if it was the end of a session, its usage follows."""
    if event.kind is not EventKind.ENDED or event.transaction_id is None:
        return
    known = dict(station.kept(UsageMemory).ended)
    usage = known.pop(event.transaction_id, None)
    if usage is None:
        return
    station.remember(UsageMemory(ended=known))
    named = station.named.get(event.transaction_id, event.transaction_id)
    station.keep(DataTransferred(vendor_id=VENDOR, message_id=MESSAGE, data=_text(usage, named)))


def forget_unheard(station: Station) -> None:
    """What was kept of sessions whose end was given up is of no use any more."""
    known = station.kept(UsageMemory).ended
    if unheard := [one for one in known if not station.outbox.has_facts_of(one)]:
        station.remember(UsageMemory(ended={one: usage for one, usage in known.items() if one not in unheard}))


def _text(usage: Usage, named: str) -> str:
    said: dict[str, object] = {
        "transactionId": named,
        "evseId": usage.evse,
        "connectorId": usage.connector,
        "idToken": usage.id_token.value if usage.id_token is not None else None,
        "startedAt": _time(usage.started_at),
        "endedAt": _time(usage.ended_at),
        "meterStartWh": _wh(usage.meter_start),
        "meterStopWh": _wh(usage.meter_stop),
        "totalUsageWh": _wh(usage.meter_stop - usage.meter_start),
        "totalCost": None if usage.cost is None else float(usage.cost),
    }
    return json.dumps({name: value for name, value in said.items() if value is not None})


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _wh(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
