"""Sessions that vehicles have paused, kept in the station's storage: a vehicle that sleeps does not care that the station restarted.

One row a session, as JSON. A session is over for good when the plug is pulled. Whether that happened while the station was off nobody can
tell, so one that is older than `LONGEST` is forgotten too: a week is longer than vehicles stay at a cable, and what is kept says who was
here (EVCCID, of ISO 15118-20 the contract's certificates), which is no station's to keep without need.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
import structlog

from pilotwire.errors import StoreError
from pilotwire.iso15118.charging import Paused
from pilotwire.station.storage import Storage

SHELF: Final = "paused-sessions"
LONGEST: Final = timedelta(days=7)
"""How long a paused session is kept."""
MOST: Final = 8
"""So many of one EVSE: a vehicle is at the cable at a time, further ones are left from before."""
_log = structlog.get_logger("pilotwire.station.secc")


class KeptSession(msgspec.Struct, frozen=True):
    """A row: the session, and when it was paused."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    paused: Paused


_ROW: Final = msgspec.json.Decoder(KeptSession)


class Memory:
    """The paused sessions of one EVSE, a `PausedSessions`.

    A row that cannot be read, or a storage that cannot be written, is told in the log: the vehicle begins a new session then, after the
    next start of the station at the latest.
    """

    def __init__(self, storage: Storage, evse_id: int, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._evse = evse_id
        self._now = now
        self._kept: dict[bytes, KeptSession] = {}
        self._load()

    def recall(self, session_id: bytes) -> Paused | None:
        """See `PausedSessions`."""
        self._drop_old()
        found = self._kept.get(session_id)
        return None if found is None else found.paused

    def keep(self, paused: Paused) -> None:
        """See `PausedSessions`. It is on disk when this returns, so before the vehicle is told that it may sleep."""
        self._drop_old()
        self._kept[paused.session_id] = row = KeptSession(self._now(), paused)
        try:
            self._put(paused.session_id, msgspec.json.encode(row).decode())
        except (TypeError, ValueError) as error:
            _log.warning("a paused session is not kept for after a restart", evse=self._evse, why=str(error))
        for session_id in sorted(self._kept, key=lambda each: self._kept[each].at)[:-MOST]:
            self.forget(session_id)

    def forget(self, session_id: bytes) -> None:
        """See `PausedSessions`."""
        if self._kept.pop(session_id, None) is not None:
            self._put(session_id, None)

    def unplugged(self) -> None:
        """The vehicle has left: nothing is paused here any more."""
        for session_id in tuple(self._kept):
            self.forget(session_id)

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        try:
            rows = self._storage.shelf(SHELF)
        except StoreError as error:
            _log.warning("paused sessions cannot be read", evse=self._evse, why=str(error))
            return
        for key, content in rows.items():
            if not key.startswith(f"{self._evse}/"):
                continue
            try:
                row = _ROW.decode(content)
            except msgspec.MsgspecError as error:
                _log.warning("a paused session cannot be read", evse=self._evse, session=key, why=str(error))
                self._write(key, None)
            else:
                self._kept[row.paused.session_id] = row
        self._drop_old()

    def _drop_old(self) -> None:
        """Those from ahead stay: a board without a battery for its clock starts in the past."""
        now = self._now()
        for session_id, row in tuple(self._kept.items()):
            if now - row.at > LONGEST:
                self.forget(session_id)

    def _put(self, session_id: bytes, content: str | None) -> None:
        self._write(f"{self._evse}/{session_id.hex()}", content)

    def _write(self, key: str, content: str | None) -> None:
        try:
            self._storage.put(SHELF, key, content)
        except StoreError as error:
            _log.warning("a paused session cannot be stored", evse=self._evse, session=key, why=str(error))
