"""Records that are changed: stations, connectors, tokens, API keys.

Stations and connectors change with every connection and status, so the writer has them all in memory (about 1 kB each) and writes those
that changed in one go; tokens and keys are read, decided on and written at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from pilotwire.csms.store import booking
from pilotwire.csms.store.ports import (
    ApiKey,
    ConnectorRecord,
    Operation,
    PutApiKey,
    PutStatus,
    PutToken,
    RecordBoot,
    RecordConnection,
    RegisterStation,
    RemoveApiKey,
    RemoveStation,
    RemoveToken,
    Station,
)
from pilotwire.csms.store.sql.codec import connector_of, encoded, station_of, token_of
from pilotwire.csms.store.sql.pending import ManyRows, Row
from pilotwire.csms.store.sql.registers import remove_station
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed


class Records:
    """Changes records. `plans` says what each operation does; `write` writes what changed since the last time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._stations: dict[str, Station] = {}
        self._connectors: dict[str, dict[EvseAddress, ConnectorRecord]] = {}
        self._changed_stations: set[str] = set()
        self._changed_connectors: set[tuple[str, EvseAddress]] = set()
        self.plans: dict[type[Operation], Callable[[Any], Any]] = {
            RecordBoot: self._record_boot,
            RecordConnection: self._record_connection,
            RegisterStation: self._register_station,
            RemoveStation: self._remove_station,
            PutStatus: self._put_status,
            PutToken: self._put_token,
            RemoveToken: self._remove_token,
            PutApiKey: self._put_api_key,
            RemoveApiKey: self._remove_api_key,
        }

    def recall(self) -> None:
        """Read everything anew."""
        stations = self._connection.execute("SELECT content FROM stations").fetchall()
        connectors = self._connection.execute("SELECT content FROM connectors").fetchall()
        self._stations = {station.station: station for station in (station_of(content) for (content,) in stations)}
        self._connectors = {}
        for record in (connector_of(content) for (content,) in connectors):
            self._connectors.setdefault(record.station, {})[record.address] = record
        self._changed_stations.clear()
        self._changed_connectors.clear()

    def write(self) -> None:
        """Write what changed."""
        if self._changed_stations:
            stations = [self._stations[name] for name in self._changed_stations]
            _STATIONS(self._connection, [station_row(station) for station in stations])
            self._changed_stations.clear()
        if self._changed_connectors:
            connectors = [self._connectors[station][address] for station, address in self._changed_connectors]
            _CONNECTORS(self._connection, [_connector_row(record) for record in connectors])
            self._changed_connectors.clear()

    def _put_station(self, station: Station) -> Station:
        self._stations[station.station] = station
        self._changed_stations.add(station.station)
        return station

    def _record_boot(self, operation: RecordBoot) -> Station:
        return self._put_station(booking.after_boot(self._stations.get(operation.station), operation))

    def _record_connection(self, operation: RecordConnection) -> Station:
        return self._put_station(booking.after_connection(self._stations.get(operation.station), operation))

    def _register_station(self, operation: RegisterStation) -> Station:
        return self._put_station(booking.after_registration(self._stations.get(operation.station), operation))

    def _remove_station(self, operation: RemoveStation) -> bool:
        name = operation.station
        self._connection.execute("DELETE FROM connectors WHERE station = ?", (name,))
        self._connection.execute("DELETE FROM stations WHERE station = ?", (name,))
        remove_station(self._connection, name)
        self._changed_stations.discard(name)
        self._changed_connectors = {place for place in self._changed_connectors if place[0] != name}
        self._connectors.pop(name, None)
        return self._stations.pop(name, None) is not None

    def _put_status(self, operation: PutStatus) -> bool:
        connectors = self._connectors.setdefault(operation.station, {})
        record = booking.after_status(connectors.get(operation.status.address), operation)
        if record is not None:
            connectors[record.address] = record
            self._changed_connectors.add((record.station, record.address))
        return record is not None

    def _put_token(self, operation: PutToken) -> None:
        row = (*_token_place(operation.token.id_token), encoded(operation.token))
        self._connection.execute("INSERT OR REPLACE INTO tokens (key, type, content) VALUES (?, ?, ?)", row)

    def _remove_token(self, operation: RemoveToken) -> bool:
        rows = self._connection.execute(
            "SELECT content FROM tokens WHERE key = ?", (operation.id_token.key,)
        ).fetchall()
        found = booking.chosen_token((token_of(content) for (content,) in rows), operation.id_token)
        if found is None:
            return False
        self._connection.execute("DELETE FROM tokens WHERE key = ? AND type = ?", _token_place(found.id_token))
        return True

    def _put_api_key(self, operation: PutApiKey) -> ApiKey:
        row = (operation.key.name, encoded(operation.key))
        self._connection.execute("INSERT OR REPLACE INTO api_keys (name, content) VALUES (?, ?)", row)
        return operation.key

    def _remove_api_key(self, operation: RemoveApiKey) -> bool:
        return self._connection.execute("DELETE FROM api_keys WHERE name = ?", (operation.name,)).rowcount > 0


_STATIONS = ManyRows(3, "INSERT OR REPLACE INTO stations (station, connected, content)")
_CONNECTORS = ManyRows(4, "INSERT OR REPLACE INTO connectors (station, evse, connector, content)")


def disconnect_all(connection: sqlite3.Connection) -> None:
    """No station is connected to a CSMS that has just started, whatever was recorded before it went down."""
    rows = connection.execute("SELECT content FROM stations WHERE connected = 1").fetchall()
    gone = [changed(station_of(content), connected=False) for (content,) in rows]
    _STATIONS(connection, [station_row(station) for station in gone])


def station_row(station: Station) -> Row:
    """A station's row."""
    return (station.station, int(station.connected), encoded(station))


def _connector_row(record: ConnectorRecord) -> Row:
    """A connector's row: the EVSE as a whole is connector -1 and comes before its connectors."""
    connector = -1 if record.address.connector is None else record.address.connector
    return (record.station, record.address.evse, connector, encoded(record))


def _token_place(id_token: IdToken) -> tuple[str, str]:
    return (id_token.key, id_token.type or "")
