"""What a transaction may use up (E16): told to a station that keeps limits itself, else watched here."""

from __future__ import annotations

from typing import Final

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.authorization import LIMITED, LimitedTransaction
from pilotwire.csms.registers.device_model import known_value
from pilotwire.domain.authorization import NO_LIMIT, TransactionLimit
from pilotwire.domain.device_model import VariableName
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import Transaction

_SUPPORTED: Final = VariableName(component="TxCtrlr", variable="SupportedLimits")
_NAMES: Final = {"maxcost": "max_cost", "maxenergy": "max_energy", "maxtime": "max_time", "maxsoc": "max_soc"}


async def keep_limit(desk: Desk, transaction: Transaction, limit: TransactionLimit) -> TransactionLimit | None:
    """Keep for the watch what the station does not keep, and give what it is to be told (None: nothing).

    A station is told only the limits it has said that it supports (E16.FR.12, 2.1).
    """
    known = await known_value(desk.store, transaction.station, _SUPPORTED)
    told, left = parted(limit, known or "")
    if left.max_energy is not None or left.max_time is not None:
        place = (transaction.station, transaction.transaction_id)
        record = LimitedTransaction(station=place[0], transaction_id=place[1], limit=left)
        await desk.journal.append(LIMITED.put(*place, record))
    return None if told == NO_LIMIT else told


def parted(limit: TransactionLimit, supported: str) -> tuple[TransactionLimit, TransactionLimit]:
    """A limit as what a station with this SupportedLimits keeps, and the rest."""
    names = {_NAMES.get(each.strip().casefold()) for each in supported.split(",")}
    told, left = limit, limit
    for name in _NAMES.values():
        if name in names:
            left = changed(left, **{name: None})
        else:
            told = changed(told, **{name: None})
    return told, left
