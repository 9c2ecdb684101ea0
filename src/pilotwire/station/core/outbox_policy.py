"""How the outbox is to be treated, by what the CSMS and the installer have set: patience, what is queued, what a full queue means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilotwire.domain.transactions import EventKind, TransactionEvent
from pilotwire.station.core.outbox import Patience, is_sample, is_signed
from pilotwire.station.core.variable_table import Declared, number, switch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pilotwire.station.core.memory import KeptFact
    from pilotwire.station.core.station import Station

_QUEUE_ALL = "OCPPCommCtrlr.QueueAllMessages"
_DISALLOW = "InstallerCtrlr.DisallowChargingIfQueueFull"
_RETRANSMIT = "InstallerCtrlr.RetransmitMeterValues"
FULL = "Charging is not possible now: the records of earlier sessions could not be delivered yet."
"""What a driver reads who is turned away because the outbox is full."""


def outbox_variables() -> tuple[Declared, ...]:
    """What can be set of the outbox, whatever the protocol; the standard's own `MessageAttempts` are declared with the others."""
    return (
        switch(_QUEUE_ALL, False),
        switch(_DISALLOW, False),
        switch(_RETRANSMIT, True),
        number("InstallerCtrlr.MetrologicalMessageAttempts", 0),
        number("InstallerCtrlr.MetrologicalMessageAttemptInterval", 60, unit="s"),
    )


def patience(station: Station) -> Patience:
    """How often and how long the message is tried that is first in the outbox (E13.FR.01, 1.6:3.7.1)."""
    fact = station.outbox.first
    if fact is not None and is_metrological(station, fact):
        return Patience(
            station.variables.number("InstallerCtrlr.MetrologicalMessageAttempts"),
            station.variables.number("InstallerCtrlr.MetrologicalMessageAttemptInterval"),
        )
    usual = Patience(
        station.variables.number("OCPPCommCtrlr.MessageAttempts[TransactionEvent]"),
        station.variables.number("OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]"),
    )
    return Patience(1, usual.interval) if fact is not None and is_sample(fact) and said_once(station) else usual


def is_metrological(station: Station, fact: KeptFact) -> bool:
    """Whether the law of measuring needs a message: it carries what a meter signed, or it is an end of a session at such a meter."""
    if is_signed(fact):
        return True
    if not isinstance(fact, TransactionEvent) or fact.kind is EventKind.UPDATED or fact.address is None:
        return False
    evse = station.evses.get(fact.address.evse)
    return evse is not None and evse.layout.signing_meter


def said_once(station: Station) -> bool:
    """Whether what is measured in the course of a transaction is said once, and not again if it got no answer."""
    return not station.variables.on(_RETRANSMIT)


def queues_all(station: Station) -> bool:
    """Whether every statement waits for the CSMS, not only transactions and security (2.x QueueAllMessages)."""
    return station.variables.on(_QUEUE_ALL)


def keep_parts(station: Station, parts: Iterable[KeptFact]) -> bool:
    """Queue a report that was asked for, where every statement waits; False: it is to be said part by part.

    A station that is not accepted yet may say what it was asked for, and nothing that it has queued (B02.FR.01): it says it.
    """
    if not station.online or not queues_all(station):
        return False
    for part in parts:
        station.keep(part)
    return True


def drops_when_full(station: Station) -> bool:
    """Whether a full outbox loses what matters least; else nobody new may charge."""
    return not station.variables.on(_DISALLOW)


def refuses_charging(station: Station) -> bool:
    """Whether no transaction may begin because its records could not be kept."""
    return station.outbox.full and station.variables.on(_DISALLOW)
