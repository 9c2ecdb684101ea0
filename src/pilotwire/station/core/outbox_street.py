"""The outbox as a street: its variables, and a note when it begins or ceases to keep people from charging."""

from __future__ import annotations

from dataclasses import dataclass

from pilotwire.station.core import outbox_policy
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street
from pilotwire.station.core.variable_table import Declared
from pilotwire.station.hardware.ports import StationLayout


@dataclass(slots=True)
class _Told:
    refusing: bool = False


def _variables(_family: Family, _layout: StationLayout) -> tuple[Declared, ...]:
    return outbox_policy.outbox_variables()


def _started(station: Station) -> None:
    """Readings of transactions that nobody knows any more are let go of."""
    running = {evse.tx.transaction_id for evse in station.evses.values() if evse.tx is not None}
    for transaction_id in station.outbox.held_for - running:
        station.do(*station.outbox.release(transaction_id))


def _follow(station: Station) -> None:
    told, refusing = station.moment(_Told), outbox_policy.refuses_charging(station)
    if refusing is not told.refusing:
        told.refusing = refusing
        waiting = len(station.outbox)
        station.note(
            f"The outbox is full ({waiting} messages): no charging begins until the CSMS has taken some of them."
            if refusing
            else "The outbox has room again: charging may begin."
        )


STREET = Street("outbox", variables=_variables, started=_started, follow=_follow)
