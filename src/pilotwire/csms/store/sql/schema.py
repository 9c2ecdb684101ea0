"""The tables, in the words of SQLAlchemy: what migrations must lead to and what list queries are written with.

Times are microseconds since 1970 in UTC (they sort and compare as numbers); `content` is the whole neutral record as JSON, and the
columns beside it are only what is asked for. Decimals stand in the JSON as text, so no digit is lost. Indexes are few: each costs
every write.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

metadata = MetaData()


def _text(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _id() -> Column[int]:
    """The order of writing; given by the writer."""
    return Column("id", Integer, primary_key=True)


stations = Table(
    "stations",
    metadata,
    _text("station", primary_key=True),
    _number("connected"),
    _text("content"),
    sqlite_with_rowid=False,
)
connectors = Table(
    "connectors",
    metadata,
    _text("station", primary_key=True),
    Column("evse", Integer, primary_key=True, autoincrement=False),
    Column("connector", Integer, primary_key=True, autoincrement=False),  # -1: the EVSE as a whole
    _text("content"),
    sqlite_with_rowid=False,
)
tokens = Table(
    "tokens",
    metadata,
    _text("key", primary_key=True),  # the value, casefolded
    _text("type", primary_key=True),  # empty: not told
    _text("content"),
    sqlite_with_rowid=False,
)
api_keys = Table("api_keys", metadata, _text("name", primary_key=True), _text("content"), sqlite_with_rowid=False)
sequences = Table("sequences", metadata, _text("name", primary_key=True), _number("value"), sqlite_with_rowid=False)
transaction_starts = Table(
    "transaction_starts",
    metadata,
    _text("key", primary_key=True),  # `start_key` of a 1.6 start
    _number("number"),  # what it was named
    sqlite_with_rowid=False,
)
transactions = Table(
    "transactions",
    metadata,
    _id(),
    _text("station"),
    _text("transaction_id"),
    _number("is_open"),
    _number("began_at", nullable=True),
    Column("token_key", Text, nullable=True),
    _text("content"),
    UniqueConstraint("station", "transaction_id", name="transactions_by_name"),
)
Index("open_transactions_by_token", transactions.c.token_key, sqlite_where=text("is_open = 1"))

transaction_events = Table(
    "transaction_events",
    metadata,
    _id(),
    _number("tx"),  # transactions.id
    _text("key"),  # `event_key`
    _number("received_at"),
    _text("content"),  # without its readings: they are in meter_readings
    UniqueConstraint("tx", "key", name="transaction_events_once"),
)
meter_readings = Table(
    "meter_readings",
    metadata,
    Column("event", Integer, primary_key=True, autoincrement=False),  # transaction_events.id
    Column("position", Integer, primary_key=True, autoincrement=False),
    _number("at"),
    _text("content"),
    sqlite_with_rowid=False,
)
loose_readings = Table("loose_readings", metadata, _id(), _text("station"), _number("at"), _text("content"))
Index("loose_readings_by_time", loose_readings.c.station, loose_readings.c.at)

frames = Table(
    "frames",
    metadata,
    _id(),
    _text("station"),
    _number("at"),
    _text("direction"),
    _text("message_id"),
    _text("action"),
    _text("frame"),
)
Index("frames_by_station", frames.c.station)

findings = Table("findings", metadata, _id(), _text("station"), _number("at"), _text("content"))
Index("findings_by_station", findings.c.station)

security_events = Table("security_events", metadata, _id(), _text("station"), _number("at"), _text("content"))
Index("security_events_by_station", security_events.c.station)
