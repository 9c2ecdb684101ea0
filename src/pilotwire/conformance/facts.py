"""What a case has brought about so far, and whether a transaction must be ongoing by it.

The documents say "this step needs to be executed when TxStartPoint contains ... OR the transaction already started". Instead of repeating
that at every step, the facts are kept here and the transaction is worked out from TxStartPoint and TxStopPoint once (E01, E06 and the
definition of both variables).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

_POINTS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "ParkingBayOccupancy": lambda facts: bool(facts.get("bay_occupied")),
    "EVConnected": lambda facts: bool(facts.get("ev_connected")),
    "Authorized": lambda facts: bool(facts.get("authorized")),
    "DataSigned": lambda facts: bool(facts.get("signed")),
    "PowerPathClosed": lambda facts: bool(facts.get("ev_connected") and facts.get("authorized")),
    "EnergyTransfer": lambda facts: bool(facts.get("energy")),
}


class Facts(Mapping[str, Any]):
    """The facts, by name.

    `transaction` tells whether one must be ongoing; `began` and `ended` whether it had to begin or end with what happened last.
    """

    def __init__(self) -> None:
        self._facts: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def happened(self, news: Mapping[str, Any], starts: Sequence[str], stops: Sequence[str]) -> None:
        """Something happened; `starts` are the TxStartPoints, `stops` the TxStopPoints."""
        before = {name: reached(self._facts) for name, reached in _POINTS.items()}
        self._facts.update(news)
        after = {name: reached(self._facts) for name, reached in _POINTS.items()}
        running = bool(self._facts.get("transaction"))
        begins = not running and any(after[point] and not before[point] for point in starts if point in _POINTS)
        ends = running and any(before[point] and not after[point] for point in stops if point in _POINTS)
        self._facts["began"], self._facts["ended"] = begins, ends
        self._facts["transaction"] = news.get("transaction", begins or (running and not ends))

    def reach(self, state: str) -> None:
        """The reusable state reached last."""
        self._facts["state"] = state
