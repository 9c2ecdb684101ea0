"""One station of OCPP-S: its calls come as HTTP requests and become facts, commands go as HTTP requests to the address it told."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Final
from uuid import uuid4

import httpx

from pilotwire.clock import Clock
from pilotwire.csms.commands import (
    AnswerUnusable,
    CommandRefused,
    CommandTimedOut,
    ConnectedStation,
    check_permitted,
)
from pilotwire.csms.gateway.credentials import CredentialKeeper
from pilotwire.csms.gateway.triggered import triggered_by
from pilotwire.csms.handlers import Handlers
from pilotwire.csms.store.ports import Direction, Journal, KeepFinding, LogFrame, RecordConnection
from pilotwire.dialects.every import DIALECTS
from pilotwire.dialects.ocpp16.fifteen import FIFTEEN
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.provisioning import RegistrationStatus
from pilotwire.errors import NotReachable, NotSayable
from pilotwire.ocpp.registry import action_of, decode_request, encode
from pilotwire.ocpp.soap import (
    ANONYMOUS,
    Call,
    Fault,
    Header,
    SoapVersion,
    Unreadable,
    read_answer,
    write_answer,
    write_call,
    write_fault,
)
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation

_BOOT: Final = "BootNotification"
_STATION: Final = "charge-point"
_SECRET: Final = re.compile(r"(AuthorizationKey</[^>]*key>\s*<[^>]*value>)[^<]*")
_CONTENT: Final = "application/soap+xml; charset=utf-8"


class SoapLine:
    """A station of OCPP-S as the bus sees it. `address` is where it listens ("" until it told).

    `certificate_for` is the name its certificate must have, where it listens with TLS; None: that of its address.
    """

    def __init__(
        self,
        station: str,
        version: SoapVersion,
        handlers: Handlers,
        journal: Journal,
        clock: Clock,
        client: httpx.AsyncClient,
        keeper: CredentialKeeper,
        *,
        call_timeout: float,
        here: str,
        certificate_for: str | None = None,
    ) -> None:
        self.station = station
        self.version = version
        self.address = ""
        self.remote = ""
        self.since = self.last_seen_at = clock.now()
        self.is_here = False
        self._handlers = handlers
        self._journal = journal
        self._clock = clock
        self._client = client
        self._keeper = keeper
        self._call_timeout = call_timeout
        self._here = here
        self._tls = {} if certificate_for is None else {"sni_hostname": certificate_for}
        self._dialect = FIFTEEN if version is SoapVersion.V15 else DIALECTS[OcppVersion.V16]
        self._asked_for: set[str] = set()
        self._incoming, self._outgoing = asyncio.Lock(), asyncio.Lock()

    def describe(self) -> ConnectedStation:
        """What others may know of it."""
        return ConnectedStation(
            station=self.station,
            version=OcppVersion.V16.value,
            since=self.since,
            last_seen_at=self.last_seen_at,
            standing=self._standing,
            remote=self.remote,
            transport=f"OCPP-S {self.version}",
        )

    def find(self, rule: str, severity: Severity, what: str, **place: str) -> None:
        """Keep a finding about this station."""
        finding = Finding(station=self.station, at=self._clock.now(), rule=rule, severity=severity, what=what, **place)
        self._journal.note(KeepFinding(finding=self._handlers.attributed(finding)))

    def log(self, direction: Direction, data: bytes, message_id: str, action: str) -> None:
        """Keep an envelope as it was on the wire; a password that goes out is masked."""
        frame = data.decode("utf-8", "replace")
        if direction is Direction.OUT and "AuthorizationKey" in frame:
            frame = _SECRET.sub(r"\1***", frame)
        entry = LogFrame(
            station=self.station,
            at=self._clock.now(),
            direction=direction,
            message_id=message_id[:255],
            action=action,
            frame=frame,
        )
        self._journal.note(entry)

    # --- the station says something -------------------------------------------------------------------------------------

    async def answer(self, call: Call, data: bytes) -> tuple[bytes, Fault | None]:
        """What answers a call that came as `data`, and the fault if it is one. Raises StoreError."""
        async with self._incoming:  # one after the other: what it says first is booked first
            self.log(Direction.IN, data, call.header.message_id, call.action)
            answered = await self._answer(call)
            fault = answered if isinstance(answered, Fault) else None
            reply = write_fault(answered, call.header) if isinstance(answered, Fault) else write_answer(call, answered)
            self.log(Direction.OUT, reply, call.header.message_id, call.action)
            return reply, fault

    async def _answer(self, call: Call) -> Message | Fault:
        place = {"action": call.action, "message_id": call.header.message_id[:255]}
        refusal = self._handlers.refusal(
            self.station,
            boots=call.action == _BOOT,
            asked_for=call.action in self._asked_for,
            message_id=place["message_id"],
            action=call.action,
        )
        if refusal is not None:
            return Fault("Sender", "SecurityError", refusal)
        try:
            message = call.message()
        except SchemaViolation as violation:
            rule, what = f"schema:{violation.rule}", violation.reason
            self.find(rule, Severity.FATAL, what, path=violation.path, **place)
            return Fault("Sender", "ProtocolError", violation.description())
        for said in call.departures.said:
            self.find("soap:departure", Severity.BREACH, said, **place)
        return await self._answer_message(call, message, place["message_id"])

    async def _answer_message(self, call: Call, message: Message, message_id: str) -> Message | Fault:
        fact = self._dialect.read_fact(message)
        if fact is not None:
            verdict = await self._handlers.handle(self.station, fact, message_id=message_id)
            if call.action == _BOOT:
                self._asked_for.clear()
            try:
                return self._dialect.write_verdict(fact, verdict)
            except NotSayable as error:  # what a vendor's hook answered does not fit
                return Fault("Receiver", "InternalError", str(error))
        response = self._dialect.empty_response(message)
        if response is None:
            return Fault(
                "Receiver", "NotSupported", f"{call.action} is understood here, but there is nobody to answer it."
            )
        await self._journal.append(RecordConnection(station=self.station, connected=True, at=self._clock.now()))
        return response

    @property
    def _standing(self) -> RegistrationStatus | None:
        return self._handlers.standing(self.station)

    # --- somebody wants something of it ---------------------------------------------------------------------------------

    async def give(self, command: Command, timeout: float | None) -> Outcome:
        """As `StationBus.call`; several messages go one after the other."""
        check_permitted(self.station, self._standing, command)
        requests = self._dialect.write_command(command)
        responses = [await self._ask_and_keep(request, timeout) for request in requests]
        return self._dialect.read_outcome(command, tuple(responses))

    async def give_raw(self, action: str, payload: bytes, *, force: bool, timeout: float | None) -> bytes:
        """As `StationBus.call_raw`: the payload is that of OCPP-J 1.6, and so is what is given back."""
        try:
            request = decode_request(OcppVersion.V16, action, payload)
        except SchemaViolation as error:
            hint = " What does not fit cannot be put into XML, not even with force." if force else ""
            what = f"the payload does not fit {action} of OCPP 1.6: {error.description()}.{hint}"
            raise NotSayable(what, "Nothing was sent.") from error
        return encode(await self._ask_and_keep(request, timeout))

    async def _ask_and_keep(self, request: Message, timeout: float | None) -> Message:
        """Ask, and keep what a password in the request makes of the station's credentials (A01)."""
        command = self._dialect.read_command(request)
        hashed = await self._keeper.before(self.station, command)
        try:
            response = await self._ask(request, timeout)
        except CommandRefused:
            await self._keeper.refused(self.station, hashed)
            raise
        if command is not None:
            outcome = self._dialect.read_outcome(command, (response,))
            await self._keeper.answered(self.station, hashed, command, outcome)
        return response

    async def _ask(self, request: Message, timeout: float | None) -> Message:
        action = action_of(request).name
        message_id = f"urn:uuid:{uuid4()}"
        if not self.address:
            raise NotReachable(
                f"station {self.station!r} has not told where it listens (the From of its SOAP header).",
                "Wait until it says something, or correct its configuration.",
            )
        header = Header(self.station, f"/{action}", message_id, "", self._here, ANONYMOUS, self.address)
        data = write_call(self.version, _STATION, request, header)
        self._asked_for.update(triggered_by(action, request))
        async with self._outgoing:
            self.log(Direction.OUT, data, message_id, action)
            reply = await self._post(action, data, timeout)
            self.log(Direction.IN, reply, message_id, action)
        return self._read(action, message_id, reply)

    async def _post(self, action: str, data: bytes, timeout: float | None) -> bytes:
        headers = {"Content-Type": f'{_CONTENT}; action="/{action}"', "Accept": "application/soap+xml"}
        patience = self._call_timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(patience):
                response = await self._client.post(self.address, content=data, headers=headers, extensions=self._tls)
        except (TimeoutError, httpx.ReadTimeout):
            what = f"station {self.station!r} did not answer {action} in time."
            raise CommandTimedOut(what, "Whether it did what it was asked is not known.") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            what = f"station {self.station!r} cannot be reached at {self.address}: {error or type(error).__name__}."
            raise NotReachable(what, _remedy(error)) from error
        if response.status_code in (401, 403, 404) or not response.content:
            what = f"station {self.station!r} answered {action} with HTTP {response.status_code} and no envelope."
            raise AnswerUnusable(what, "Its address may belong to something else by now.")
        return response.content

    def _read(self, action: str, message_id: str, reply: bytes) -> Message:
        try:
            answer, departures = read_answer(reply, self.version, _STATION, action)
        except (Unreadable, SchemaViolation) as error:
            why = error.what if isinstance(error, Unreadable) else error.description()
            self.find("soap:answer", Severity.FATAL, why, action=action, message_id=message_id)
            what = f"station {self.station!r} answered {action} with something that cannot be used: {why}."
            raise AnswerUnusable(what, "The findings of the station tell more.") from error
        for said in departures.said:
            self.find("soap:departure", Severity.BREACH, said, action=action, message_id=message_id)
        if isinstance(answer, Fault):
            code = answer.subcode or answer.code or "Fault"
            what = f"station {self.station!r} answered {action} with {code}: {answer.reason or 'no reason given'}."
            raise CommandRefused(code, answer.reason, {}, what=what)
        return answer


def _remedy(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return (
            "Give the CA of its certificate in soap_station_ca, and see soap_station_names: what a certificate is for."
        )
    return "Behind NAT or a firewall nothing can be sent to it: see S16:5."


def seen(line: SoapLine, call: Call, remote: str, now: datetime) -> bool:
    """Note that a station has said something; True if the address it listens at is another than before."""
    line.last_seen_at, line.remote = now, remote
    told = call.header.address
    if not told.lower().startswith(("http://", "https://")) or told == line.address:
        return False
    line.address = told
    return True


__all__ = ["SoapLine", "seen"]
