"""What handlers, commands and the API ask of a store.

Writing goes through the `Journal`: operations are appended, the journal commits those of many stations in one database transaction,
and only then is the appender told. So an answer given after `append` is an answer stored. Reading goes through `Store`.

Every operation is idempotent or recognises its repetition, so a crash between commit and answer costs nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pilotwire.csms.store.queries import Direction as Direction
from pilotwire.csms.store.queries import LogFilter as LogFilter
from pilotwire.csms.store.queries import Page as Page
from pilotwire.csms.store.queries import TransactionFilter as TransactionFilter
from pilotwire.domain.authorization import Token
from pilotwire.domain.availability import ConnectorState, ConnectorStatus
from pilotwire.domain.closing import Closing
from pilotwire.domain.findings import Finding
from pilotwire.domain.identity import EvseAddress, IdToken, StationIdentity
from pilotwire.domain.kinds import Value
from pilotwire.domain.metering import MeterReading
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.domain.security import SecurityEvent
from pilotwire.domain.transactions import Transaction, TransactionEvent

if TYPE_CHECKING:
    from pilotwire.csms.store.registers import Diary, Entry, Register

_R = TypeVar("_R", bound=Value)

# --- records -----------------------------------------------------------------------------------------------------------------------


class Station(Value):
    """A station on record. `registration` None: nobody has registered it, the policy for unknown stations decides.

    `password_hash` is an encoded hash (never the password), None where none is set. `version` is the OCPP version last spoken.
    """

    station: str
    registration: RegistrationStatus | None = None
    identity: StationIdentity | None = None
    version: str | None = None
    password_hash: str | None = None
    note: str = ""
    created_at: datetime | None = None
    last_boot_at: datetime | None = None
    last_boot_reason: str | None = None
    last_seen_at: datetime | None = None
    connected: bool = False


class ConnectorRecord(Value):
    """The newest reported state of a connector."""

    station: str
    address: EvseAddress
    state: ConnectorState
    at: datetime


class BookedEvent(Value):
    """A transaction event as booked, in the order of arrival."""

    station: str
    transaction_id: str
    key: str
    event: TransactionEvent
    received_at: datetime


class StoredReading(Value):
    """A meter reading; `transaction_id` None if it was taken outside of any transaction."""

    station: str
    transaction_id: str | None
    address: EvseAddress | None
    reading: MeterReading


class LoggedFrame(Value):
    """A frame as it was on the wire. `number` rises with the order of logging."""

    number: int
    station: str
    at: datetime
    direction: Direction
    message_id: str
    action: str
    frame: str


class StoredSecurityEvent(Value):
    """A security event of a station."""

    station: str
    event: SecurityEvent
    received_at: datetime


class Scope(StrEnum):
    """What an API key may do: look, command stations, change records, or everything (keys included)."""

    READ = "read"
    COMMAND = "command"
    WRITE = "write"
    ADMIN = "admin"


class ApiKey(Value):
    """An API key on record: `digest` is the SHA-256 of the secret, `name` who it is for.

    `sites` () is all of them; `expires_at` None: it does not expire.
    """

    name: str
    digest: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    sites: tuple[str, ...] = ()
    expires_at: datetime | None = None


# --- operations --------------------------------------------------------------------------------------------------------------------


class Operation(Value):
    """Something to be stored."""


class BookEvent(Operation):
    """Book a transaction event. Its result is `Booked`.

    An event without a transaction id (a 1.6 start) is named by the journal: the next number of the whole store, or the number it was
    given before if the same start was booked before (`start_key`).
    """

    station: str
    event: TransactionEvent
    received_at: datetime


class Booked(Value):
    """What became of an event: `repeated` if it had been booked before (nothing was changed), `conflict` if the earlier one under the
    same key had other content (2.x: a sequence number used twice). `undone` is the closing by rule that the event has undone."""

    transaction: Transaction
    repeated: bool = False
    conflict: bool = False
    undone: Closing | None = None


class CloseTransaction(Operation):
    """Close a transaction by rule, if it is open and still has told just `events` events. Its result is `Closed`."""

    station: str
    transaction_id: str
    events: int
    closing: Closing


class Closed(Value):
    """The transaction as it is now (None: there is none), and whether it was closed just now."""

    transaction: Transaction | None
    closed: bool


class KeepReadings(Operation):
    """Keep readings taken outside of any transaction."""

    station: str
    address: EvseAddress
    readings: tuple[MeterReading, ...]
    received_at: datetime


class PutStatus(Operation):
    """Keep a connector's state unless a newer one is known (a status without a time counts from `received_at`).

    The result says whether it was kept.
    """

    station: str
    status: ConnectorStatus
    received_at: datetime


class RecordBoot(Operation):
    """A station booted. Makes the station known (unregistered) if it was not. The result is its record."""

    station: str
    identity: StationIdentity
    reason: str | None
    at: datetime


class RecordConnection(Operation):
    """A station connected (with the version it speaks) or went. Makes it known if it was not.

    The result is its record. No station counts as connected when a store is opened.
    """

    station: str
    connected: bool
    at: datetime
    version: str | None = None


class LogFrame(Operation):
    """Keep a frame of the wire. The result is its number."""

    station: str
    at: datetime
    direction: Direction
    message_id: str
    action: str
    frame: str


class ForgetFrames(Operation):
    """Remove frames of the message log, the oldest first: those before `before`, and `most` at once. The result is how many.

    `oldest`: so many of the oldest, whatever their time.
    """

    before: datetime | None = None
    oldest: int = 0
    most: int = 5000


class ForgetFindings(Operation):
    """Remove findings and security events from before a time, `most` of each at once. The result is how many there were."""

    before: datetime
    most: int = 5000


class KeepFinding(Operation):
    """Keep a finding."""

    finding: Finding


class KeepSecurityEvent(Operation):
    """Keep a security event."""

    station: str
    event: SecurityEvent
    received_at: datetime


class RegisterStation(Operation):
    """Put a station on record or change what is recorded; `password_hash` None leaves a password as it is.

    The result is its record.
    """

    station: str
    registration: RegistrationStatus | None
    at: datetime
    password_hash: str | None = None
    note: str | None = None


class RemoveStation(Operation):
    """Take a station off record; its transactions and log stay. The result says whether there was one."""

    station: str


class PutToken(Operation):
    """Put a token on record, or change it: records of one value under different types are different ones."""

    token: Token


class RemoveToken(Operation):
    """Take the record that answers for an id token off record. The result says whether there was one."""

    id_token: IdToken


class PutApiKey(Operation):
    """Put an API key on record (by name)."""

    key: ApiKey


class RemoveApiKey(Operation):
    """Revoke an API key. The result says whether there was one."""

    name: str


class Amend(Operation):
    """Change a record of a register: see `registers.Register`, which makes these. Its result is `Amended`."""

    register: Any
    station: str
    key: str
    change: Callable[[Any], Any]


class Amended(Value):
    """The record before and after (None: there was or is none)."""

    before: Any
    after: Any


class KeepEntry(Operation):
    """Add an entry to a diary: see `registers.Diary`, which makes these. The result is its number."""

    diary: Any
    station: str
    at: datetime
    key: str
    entry: Any


class ForgetEntries(Operation):
    """Remove the entries of a diary that are older than a time. The result is how many there were."""

    diary: Any
    before: datetime


# --- ports -------------------------------------------------------------------------------------------------------------------------


class Journal(Protocol):
    """Where everything is written."""

    def append(self, *operations: Operation) -> Awaitable[Sequence[Any]]:
        """Store the operations together, in order; awaiting gives each one's result once all are durable.

        Raises StoreError if they could not be stored: then none of them is.
        """
        ...

    def note(self, operation: Operation) -> None:
        """Store an operation nobody waits for (the frame log): committed with or before whatever is appended next."""
        ...

    def committed(self) -> AsyncIterator[tuple[Operation, Any]]:
        """Every operation committed from now on with its result, for live views; a listener too slow to follow is told by the end of
        the iteration, never by holding up the journal."""
        ...


class Witness(Protocol):
    """Sees what is stored, and may have an entry of a diary stored along with it, in the same database transaction."""

    def saw(self, operation: Operation, result: Any) -> KeepEntry | None:
        """An operation is being stored with this result. Called where it is written, possibly more than once: it must only compute."""
        ...


class Store(Protocol):
    """Where everything is read. Lists are in a stable order: transactions newest first, the log and findings newest first."""

    async def station(self, station: str) -> Station | None:
        """One station."""
        ...

    async def stations(self, page: Page = ...) -> Sequence[Station]:
        """Stations by name; the cursor is the name."""
        ...

    async def connectors(self, station: str) -> Sequence[ConnectorRecord]:
        """A station's connectors, by address."""
        ...

    async def token(self, id_token: IdToken) -> Token | None:
        """The record for an id token (`same_token`): of its type, else of a type that one side does not tell."""
        ...

    async def tokens(self, page: Page = ...) -> Sequence[Token]:
        """Tokens by value; the cursor is the value. Records of one value stay on one page, even if that makes it longer."""
        ...

    async def transaction(self, station: str, transaction_id: str) -> Transaction | None:
        """One transaction."""
        ...

    async def transactions(self, which: TransactionFilter = ..., page: Page = ...) -> Sequence[Transaction]:
        """Transactions, the one that became known last first; the cursor is `station/transaction_id`.

        `since` and `until` (not included) ask for when it began: its start, or while that is unknown its newest event.
        """
        ...

    async def open_with(self, id_token: IdToken, *, besides: tuple[str, str] | None = None) -> int:
        """How many transactions are open with a token, one (station, transaction id) not counted."""
        ...

    async def events(self, station: str, transaction_id: str) -> Sequence[BookedEvent]:
        """A transaction's events in their place: by sequence number, else by time, the start first and the end last."""
        ...

    async def readings(
        self, station: str, transaction_id: str | None = None, *, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[StoredReading]:
        """Meter readings of a transaction, or of a station outside of any, by time."""
        ...

    async def log(
        self, station: str | None = None, *, action: str | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames, newest first; `before` is a frame's number."""
        ...

    async def search(
        self, which: LogFilter, *, before: int | None = None, after: int | None = None, limit: int = 100
    ) -> Sequence[LoggedFrame]:
        """Frames of the message log, newest first; oldest first from number `after` on if that is given (0: from the first)."""
        ...

    async def log_size(self) -> int:
        """How many bytes the frames of the message log have, about."""
        ...

    async def findings(
        self, station: str | None = None, *, since: datetime | None = None, limit: int = 100
    ) -> Sequence[Finding]:
        """Findings, newest first; `since`: only those of this time or later."""
        ...

    async def security_events(self, station: str | None = None, *, limit: int = 100) -> Sequence[StoredSecurityEvent]:
        """Security events, newest first."""
        ...

    async def api_keys(self) -> Sequence[ApiKey]:
        """All API keys, by name."""
        ...

    async def record(self, register: Register[_R], station: str, key: str) -> _R | None:
        """One record of a register."""
        ...

    async def records(self, register: Register[_R], station: str | None = None, page: Page = ...) -> Sequence[_R]:
        """Records of a register by station and key (`station` None: of all stations); the cursor is `registers.cursor_of`."""
        ...

    async def entries(
        self,
        diary: Diary[_R],
        station: str | None = None,
        *,
        key: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Sequence[Entry[_R]]:
        """Entries of a diary, the one written last first; `before` is an entry's number.

        With `after` they come oldest first, from the one behind that number on (0: from the first).
        """
        ...
