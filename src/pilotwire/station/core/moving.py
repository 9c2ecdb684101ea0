"""What becomes of all that a station keeps when it gets another identity, another version or another CSMS (no I/O).

The books of a CSMS are by identity, and those of 1.6 name transactions otherwise than those of 2.x: what was written for one is not
said to the other. What the station is by itself (its settings, its meters, its logs, what is out of use) goes along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pilotwire.domain.battery_swap import BatterySwapped
from pilotwire.domain.metering import MeterValuesReported
from pilotwire.domain.tariff import PaymentSettled
from pilotwire.domain.transactions import TransactionEvent
from pilotwire.station.core.actions import Action, Forget, Save
from pilotwire.station.core.battery_swap_memory import BatterySwapMemory
from pilotwire.station.core.device_model_catalogue import Catalogue
from pilotwire.station.core.memory import (
    CacheMemory,
    Entry,
    HeldReading,
    KeptFact,
    LocalListMemory,
    Part,
    ReservationsMemory,
    SavedState,
    TransactionsMemory,
    VariablesMemory,
)
from pilotwire.station.core.network_memory import NetworkMemory
from pilotwire.station.core.network_ways import IDENTITY, LEVEL, PRIORITY
from pilotwire.station.core.resumption_memory import ResumptionMemory
from pilotwire.station.core.setup_memory import SetupMemory
from pilotwire.station.core.variables import fits

_BOOKS: tuple[type[Part], ...] = (TransactionsMemory, ResumptionMemory)
"""What belongs to transactions."""
_OF_THE_IDENTITY: tuple[type[Part], ...] = (
    ReservationsMemory,
    BatterySwapMemory,
    CacheMemory,
    LocalListMemory,
)
"""What a CSMS has entrusted to one identity: who may charge there, and for whom it is kept free."""
_WAYS = (PRIORITY.casefold(), LEVEL.casefold(), IDENTITY.casefold())


@dataclass(frozen=True, slots=True)
class Move:
    """What changes: the identity, the family of the version, the place of the CSMS or the way to it."""

    identity: bool = False
    family: bool = False
    place: bool = False

    @property
    def closes_books(self) -> bool:
        """Whether transactions that are not wholly told can never be told any more."""
        return self.identity or self.family


def of_a_transaction(fact: KeptFact) -> bool:
    """Whether a fact is needed for a bill; values of no transaction are not."""
    return isinstance(fact, TransactionEvent | HeldReading | BatterySwapped | PaymentSettled)


def lost_by(move: Move, facts: Iterable[KeptFact], running: int) -> tuple[int, int, int]:
    """What a move would lose: transactions under way, transaction messages that wait, other messages that wait."""
    if not move.closes_books:
        return 0, 0, 0
    waiting = list(facts)
    booked = sum(of_a_transaction(fact) for fact in waiting)
    others = sum(_goes(move, fact) for fact in waiting) - booked
    return running, booked, others


def _goes(move: Move, fact: KeptFact) -> bool:
    """Values of meters go with the transactions of the family: 1.6 tells them by the number of a transaction."""
    return move.identity or of_a_transaction(fact) or (move.family and isinstance(fact, MeterValuesReported))


def moved(saved: SavedState, move: Move, setup: SetupMemory, catalogue: Catalogue) -> list[Action]:
    """What is to be kept, and forgotten, in one commit. `catalogue` declares the variables of the version that comes."""
    actions: list[Action] = [Save(setup)]
    if move.closes_books:
        actions += _forgotten(saved.outbox, move)
        kinds = _BOOKS + (_OF_THE_IDENTITY if move.identity else ())
        actions += [Save(kind()) for kind in kinds]
    anew = move.identity or move.family or move.place
    if anew:
        actions.append(Save(NetworkMemory()))
    values = _fitting(saved.part(VariablesMemory).values, catalogue, without=_WAYS if anew else ())
    actions.append(Save(VariablesMemory(values=values)))
    return actions


def _forgotten(outbox: tuple[Entry, ...], move: Move) -> list[Action]:
    numbers = tuple(entry.number for entry in outbox if _goes(move, entry.fact))
    return [Forget(numbers)] if numbers else []


def _fitting(values: Mapping[str, str], catalogue: Catalogue, *, without: tuple[str, ...]) -> dict[str, str]:
    """The values the variables of another version can have as well."""
    kept = {}
    for place, value in values.items():
        key, attribute, _ = place.partition("#")
        spec = catalogue.specs.get(key)
        if spec is not None and key not in without and (attribute or fits(spec, value) is not None):
            kept[place] = value
    return kept
