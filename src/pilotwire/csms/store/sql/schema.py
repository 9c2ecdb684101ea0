"""The tables, in the words of SQLAlchemy: what migrations must lead to and what list queries are written with.

Times are microseconds since 1970 in UTC (they sort and compare as numbers); `content` is the whole neutral record as JSON, and the
columns beside it are only what is asked for. Decimals stand in the JSON as text, so no digit is lost.

Indexes are few. What every message adds goes to the end of its table, where the rows of a whole commit share a page; an index by station
or by transaction would cost each of them a page of its own. So the events of a transaction are a chain, each with the id of the one before
it, and of a station's frames it is only known in which blocks of numbers there are any.
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
    _number("last_event"),  # transaction_events.id: the end of its chain of events
    _text("content"),
    UniqueConstraint("station", "transaction_id", name="transactions_by_name"),
)
Index("transactions_by_id", transactions.c.transaction_id)
Index("open_transactions_by_token", transactions.c.token_key, sqlite_where=text("is_open = 1"))

transaction_events = Table(
    "transaction_events",
    metadata,
    _id(),
    _number("tx"),  # transactions.id
    _number("previous"),  # the event of this transaction that was booked before this one, 0 for the first
    _text("key"),  # `event_key`: once in a transaction
    _number("received_at"),
    _text("content"),
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
FRAMES_IN_BLOCK = 512
frame_blocks = Table(
    "frame_blocks",
    metadata,
    _text("station", primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),  # frames.id / FRAMES_IN_BLOCK
    sqlite_with_rowid=False,
)

findings = Table("findings", metadata, _id(), _text("station"), _number("at"), _text("content"))
Index("findings_by_station", findings.c.station)

security_events = Table("security_events", metadata, _id(), _text("station"), _number("at"), _text("content"))
Index("security_events_by_station", security_events.c.station)

register_records = Table(
    "register_records",
    metadata,
    _text("register", primary_key=True),
    _text("station", primary_key=True),  # empty: of no station
    _text("key", primary_key=True),
    _text("content"),
    sqlite_with_rowid=False,
)
Index("register_records_by_station", register_records.c.station)

diary_entries = Table(
    "diary_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),  # a number is never given twice
    _text("diary"),
    _text("station"),
    _text("key"),
    _number("at"),
    _text("content"),
    sqlite_autoincrement=True,
)
Index("diary_entries_by_station", diary_entries.c.diary, diary_entries.c.station)
