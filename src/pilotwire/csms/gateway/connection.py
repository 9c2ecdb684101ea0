"""One connected station: its calls become facts and verdicts, commands become calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import uuid4

import msgspec
import structlog

from pilotwire.clock import Clock
from pilotwire.csms.commands import (
    AnswerUnusable,
    CommandRefused,
    CommandTimedOut,
    ConnectedStation,
    PayloadMisfit,
    check_permitted,
)
from pilotwire.csms.gateway.admission import Admitted
from pilotwire.csms.gateway.credentials import CredentialKeeper
from pilotwire.csms.gateway.frame_log import FrameLog
from pilotwire.csms.gateway.misfits import misfits
from pilotwire.csms.gateway.triggered import triggered_by
from pilotwire.csms.handlers import Handlers
from pilotwire.csms.registers.uptime import connection_entry
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, KeepFinding, RecordConnection
from pilotwire.dialects.every import DIALECTS
from pilotwire.dialects.quirks import Tolerances, Use
from pilotwire.domain.certificates import EvCertificateVerdict
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import Command, Fact, Outcome
from pilotwire.domain.provisioning import RegistrationStatus, StationBooted
from pilotwire.errors import MisuseError, NotSayable, StoreError
from pilotwire.ocpp.events import Breach, CallReceived, ResultReceived, ResultRefused, SendReceived
from pilotwire.ocpp.net.peer import AnswerInvalid, CallRefused, CallTimeout, Closed, Peer, Refusal
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.registry import ACTIONS, action_of, decode_request
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation, UnknownAction

_log = structlog.get_logger("pilotwire.csms.gateway")
_SEVERITIES: Final = {"note": Severity.NOTE, "warning": Severity.BREACH, "error": Severity.FATAL}
_BOOT: Final = "BootNotification"
_SLOT: Final = "SetNetworkProfile"
_NOT_STORED: Final = Refusal("InternalError", "What was said could not be stored: say it again later.")
_TRY_LATER: Final = (1013, "this CSMS cannot store anything at the moment: try again later")
_BOOKED: Final = frozenset({"TransactionEvent", "StartTransaction", "StopTransaction", "MeterValues"})
"""Actions a station gives up after some errors but keeps while it has no connection (E12, E13; 1.6:3.7)."""
_USUAL_IDENTITY: Final = 48
_PEERS_FAULT: Final = frozenset({1002, 1003, 1007, 1009})
"""Close codes by which our end tells that the peer broke the WebSocket protocol or a limit of ours (RFC 6455, 7.4.1)."""


class Connection:
    """A station on one socket. `calls_in_hand` counts those being answered at this moment."""

    def __init__(
        self,
        socket: Socket,
        handlers: Handlers,
        journal: Journal,
        clock: Clock,
        settings: CsmsSettings,
        keeper: CredentialKeeper,
    ) -> None:
        self.station = socket.identity
        self.since = self.last_seen_at = clock.now()
        self.calls_in_hand = 0
        self.on_idle: Callable[[], None] | None = None
        self._socket = socket
        self._handlers = handlers
        self._keeper = keeper
        self._journal = journal
        self._clock = clock
        self._dialect = DIALECTS[socket.version]
        self._log = FrameLog(socket.identity, journal)
        self._asked_for: set[str] = set()
        session = Session(
            socket.version,
            role="csms",
            new_id=_new_id,
            call_timeout=settings.call_timeout,
            max_message_bytes=settings.max_message_bytes,
            mend=self._mend,
        )
        self._tolerances: Tolerances | None = None
        self._uses: list[Use] = []
        self._always_tolerated = tuple(settings.tolerances)
        self._peer = Peer(
            socket,
            session,
            clock,
            on_call=self._on_call,
            on_send=self._on_send,
            on_breach=self._on_breach,
            on_refused=self._on_refused,
            on_frame=self._on_frame,
        )

    def describe(self) -> ConnectedStation:
        """What others may know of it."""
        return ConnectedStation(
            station=self.station,
            version=self._socket.version.value,
            since=self.since,
            last_seen_at=self.last_seen_at,
            standing=self._standing,
            remote=self._socket.remote,
        )

    async def run(self) -> Closed:
        """Serve until the connection ends. Raises StoreError if the station's record cannot be read or written at the beginning."""
        await self._handlers.welcome(self.station)
        await self._learn_tolerances()
        version = self._socket.version.value
        await self._journal.append(
            RecordConnection(station=self.station, connected=True, at=self.since, version=version),
            connection_entry(self.station, self.since, connected=True),
        )
        if len(self.station) > _USUAL_IDENTITY:
            what = f"the identity has {len(self.station)} characters, {_USUAL_IDENTITY} are allowed"
            self.find("J2:3.1.1", Severity.NOTE, what)
        closed = await self._peer.run()
        if closed.code in _PEERS_FAULT:
            self.find("gateway:closed", Severity.FATAL, f"connection closed with {closed.code}: {closed.reason}")
        return closed

    def begin_close(self, code: int, reason: str) -> None:
        """Start closing without waiting for the other side; what is waited for from the station fails at once (NotReachable)."""
        self._peer.end(code, reason)

    @property
    def arrived(self) -> int:
        """Its place in the order in which handshakes began."""
        context = self._socket.context
        return context.arrived if isinstance(context, Admitted) else 0

    def find(self, rule: str, severity: Severity, what: str, **place: str) -> None:
        """Keep a finding about this station."""
        finding = Finding(station=self.station, at=self._clock.now(), rule=rule, severity=severity, what=what, **place)
        self._journal.note(KeepFinding(finding=self._handlers.attributed(finding)))

    # --- what it is allowed ------------------------------------------------------------------------------------------------------

    async def _learn_tolerances(self) -> None:
        names = (*self._always_tolerated, *(await self._handlers.conditions(self.station)).tolerances)
        if names:
            self._tolerances = Tolerances(dict.fromkeys(names), self._clock.now, self._uses.append)

    def _mend(self, version: OcppVersion, action: str, payload: bytes, violation: SchemaViolation) -> bytes | None:
        return None if self._tolerances is None else self._tolerances(version, action, payload, violation)

    def _find_uses(self, message_id: str) -> None:
        """A finding for each place of a message that was understood only because the station is allowed its ways."""
        uses, self._uses[:] = tuple(self._uses), ()
        for use in uses:
            rule = f"tolerance:{use.tolerance}"
            self.find(rule, Severity.BREACH, use.reason, path=use.path, action=use.action, message_id=message_id)

    # --- the station says something --------------------------------------------------------------------------------------------

    async def _on_call(self, call: CallReceived) -> Message | Refusal:
        self.calls_in_hand += 1
        try:
            return await self._answer(call)
        except StoreError as error:
            _log.error("not stored, so not answered", station=self.station, action=call.action, error=str(error))
            if call.action in _BOOKED:
                self.begin_close(*_TRY_LATER)
            return _NOT_STORED
        except NotSayable as error:  # what a vendor's hook answered does not fit this version
            _log.error("the answer cannot be said", station=self.station, action=call.action, error=str(error))
            return Refusal("InternalError", str(error))
        finally:
            self.calls_in_hand -= 1
            if self.on_idle is not None:
                self.on_idle()

    async def _answer(self, call: CallReceived) -> Message | Refusal:
        refusal = self._refusal(call)
        if refusal is not None:
            return Refusal("SecurityError", refusal)
        fact = self._dialect.read_fact(call.message)
        if fact is None:
            return await self._answer_without_fact(call)
        if isinstance(fact, StationBooted) and (stranger := self._another_serial(fact)):
            self.find("B01.FR.12", Severity.FATAL, stranger, action=call.action, message_id=call.message_id)
            self.begin_close(1008, "serial number")
            return Refusal("SecurityError", stranger)
        verdict = await self._handlers.handle(self.station, fact, message_id=call.message_id)
        if call.action == _BOOT:
            self._asked_for.clear()
        message = self._dialect.write_verdict(fact, verdict)
        if isinstance(verdict, EvCertificateVerdict) and verdict.exi_response:
            self._find_too_long(fact, len(verdict.exi_response), message, call)
        return message

    def _find_too_long(self, fact: Fact, length: int, message: Message, call: CallReceived) -> None:
        """A response for a vehicle that this version of OCPP cannot carry: the station hears Failed, and nobody else why."""
        told = self._dialect.read_verdict(fact, message)
        if isinstance(told, EvCertificateVerdict) and not told.exi_response:
            what = f"the response for the vehicle has {length} characters, more than OCPP {self._dialect.version.value} carries"
            self.find("certificates:contracts", Severity.NOTE, what, action=call.action, message_id=call.message_id)

    def _another_serial(self, boot: StationBooted) -> str:
        """What is wrong with the serial number of a station that shows a certificate: it is that of the certificate (B01.FR.11)."""
        context, serial = self._socket.context, boot.station.serial_number
        name = context.certificate_name if isinstance(context, Admitted) else ""
        if not name or not serial or serial == name or self._socket.version is OcppVersion.V16:
            return ""
        return f"the station tells the serial number {serial!r}, and its certificate is for {name!r}"

    def _refusal(self, said: CallReceived | SendReceived) -> str | None:
        """Why the station may not say that now; the finding is kept."""
        if self._standing is RegistrationStatus.ACCEPTED:
            return None
        return self._handlers.refusal(
            self.station,
            boots=said.action == _BOOT,
            asked_for=said.action in self._asked_for,
            message_id=said.message_id,
            action=said.action,
        )

    async def _on_send(self, said: SendReceived) -> None:
        """An unconfirmed message (2.1): nobody is answered, so one that is not allowed now, or cannot be kept, is a finding."""
        fact = self._dialect.read_fact(said.message)
        if self._refusal(said) is not None or fact is None:
            return
        try:
            await self._handlers.handle(self.station, fact, message_id=said.message_id)
        except StoreError as error:
            what = f"what {said.action} said could not be stored"
            self.find("gateway:send-lost", Severity.NOTE, what, action=said.action, message_id=said.message_id)
            _log.error("not stored", station=self.station, action=said.action, error=str(error))

    async def _answer_without_fact(self, call: CallReceived) -> Message | Refusal:
        """An action whose meaning is not known here: acknowledged where that takes no content, once its frame is durable."""
        response = self._dialect.empty_response(call.message)
        if response is None:
            return Refusal("NotSupported", f"{call.action} is understood here, but there is nobody to answer it.")
        # The frame was noted before; a note is committed with or before what is appended next.
        await self._journal.append(RecordConnection(station=self.station, connected=True, at=self._clock.now()))
        return response

    @property
    def _standing(self) -> RegistrationStatus | None:
        return self._handlers.standing(self.station)

    def _on_frame(self, direction: Literal["in", "out"], data: bytes, at: datetime) -> None:
        if direction == "in":
            self.last_seen_at = at
        self._log.note(direction, data, at)

    def _on_breach(self, breach: Breach) -> None:
        if self._uses and breach.rule.startswith("schema:"):  # the breach that was mended
            self._find_uses(breach.message_id)
            return
        self.find(
            breach.rule,
            _SEVERITIES[breach.severity],
            breach.what,
            path=breach.path,
            action=breach.action,
            message_id=breach.message_id,
        )

    def _on_refused(self, refused: ResultRefused) -> None:
        what = f"the station could not use our answer: {refused.code} {refused.description}".rstrip()
        self.find("gateway:answer-refused", Severity.FATAL, what, action=refused.action, message_id=refused.message_id)

    # --- somebody wants something of it ----------------------------------------------------------------------------------------

    async def give(self, command: Command, timeout: float | None) -> Outcome:
        """As `StationBus.call`; a command that this version says in several messages sends them one after the other."""
        check_permitted(self.station, self._standing, command)
        requests = self._dialect.write_command(command)
        responses = []
        for done, request in enumerate(requests):
            told = f" (message {done + 1} of {len(requests)}, those before it were taken)" if done else ""
            result = await self._ask(action_of(request).name, request, request, timeout, told)
            assert result.message is not None  # a typed call has a typed result
            responses.append(result.message)
        return self._dialect.read_outcome(command, tuple(responses))

    async def give_raw(self, action: str, payload: bytes, *, force: bool, timeout: float | None) -> bytes:
        """As `StationBus.call_raw`. What is no part of the JSON (white space) is left out, nothing else is touched."""
        try:
            request = decode_request(self._socket.version, action, payload)
        except UnknownAction:
            request = None
        except SchemaViolation as violation:
            if not force:
                raise self._misfit(action, payload, violation) from violation
            request = None
        try:
            result = await self._ask(action, RawCall(action, _compact(payload), force=force), request, timeout)
        except MisuseError as error:  # what we were handed came from outside: a mistake there, not in our code
            raise NotSayable(f"{error.what.rstrip('.')}.", "Nothing was sent.") from error
        return result.raw

    def _misfit(self, action: str, payload: bytes, violation: SchemaViolation) -> PayloadMisfit:
        version = self._socket.version
        found = misfits(payload, ACTIONS[version][action].request) or [(violation.path, violation.reason)]
        what = f"the payload does not fit {action} of OCPP {version.value}: "
        what += "; ".join(f"{where}: {why}" for where, why in found[:3])
        more = f", and {len(found) - 3} more" if len(found) > 3 else ""
        return PayloadMisfit(f"{what}{more}.", "Mend the payload, or force the call. Nothing was sent.", found)

    async def _ask(
        self,
        action: str,
        call: Message | RawCall,
        request: Message | None,
        timeout: float | None,
        told: str = "",
    ) -> ResultReceived:
        command = None
        if request is not None:
            self._asked_for.update(triggered_by(action, request))
            command = self._dialect.read_command(request)
        password = await self._keeper.before(self.station, command)
        try:
            result = await self._peer.call(call, timeout=timeout)
        except (NotSayable, MisuseError):
            await self._keeper.refused(self.station, password)
            raise
        except CallRefused as error:
            await self._keeper.refused(self.station, password)
            what = f"station {self.station!r} answered {action} with {error.code}: {error.description or 'no reason given'}{told}"
            raise CommandRefused(error.code, error.description, _object(error.details), what=f"{what}.") from error
        except CallTimeout as error:
            what = f"station {self.station!r} did not answer {action} in time{told}."
            raise CommandTimedOut(what, "Whether it did what it was asked is not known.") from error
        except AnswerInvalid as error:
            what = (
                f"station {self.station!r} answered {action} with something that cannot be used: {error.reason}{told}."
            )
            raise AnswerUnusable(what, "The findings of the station tell more.") from error
        await self._follow(action, request, command, password, result)
        return result

    async def _follow(
        self,
        action: str,
        request: Message | None,
        command: Command | None,
        password: str | None,
        result: ResultReceived,
    ) -> None:
        """What the station's answer changes on record, whoever sent the message."""
        if request is None or result.message is None:
            return
        if command is not None:
            outcome = self._dialect.read_outcome(command, (result.message,))
            await self._keeper.answered(self.station, password, command, outcome)
        if action == _SLOT:
            await self._keeper.slot_answered(self.station, request, result.message)


def _new_id() -> str:
    return str(uuid4())


def _compact(payload: bytes) -> bytes:
    """JSON without the white space between its tokens, each token as it was; what is no JSON stays for the session to refuse."""
    try:
        return msgspec.json.format(payload, indent=-1)
    except (msgspec.MsgspecError, RecursionError):
        return payload


def _object(details: bytes) -> Mapping[str, Any]:
    found = msgspec.json.decode(details)
    return found if isinstance(found, dict) else {}
