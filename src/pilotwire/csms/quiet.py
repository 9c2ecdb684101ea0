"""Which stations are sent nothing that nobody asked for."""

from __future__ import annotations

from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.store.ports import Store


class Quiet:
    """Called with a station's identity: whether it is quiet, by its conditions or because all are (`always`)."""

    def __init__(self, store: Store, *, always: bool) -> None:
        self._store = store
        self._always = always

    async def __call__(self, station: str) -> bool:
        """Whether the station is left alone. Raises StoreError."""
        if self._always:
            return True
        conditions = await self._store.record(CONDITIONS, station, "")
        return conditions is not None and conditions.quiet
