"""The station's line to a CSMS of OCPP-S: its facts go as HTTP requests, what the CSMS wants comes to an HTTP endpoint of its own (S16).

OCPP-S has no connection. The line counts as up once the CSMS takes connections and until a request does not get through; then it is
looked for again with the back-off of OCPP-J.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

import structlog

from pilotwire.clock import Clock
from pilotwire.dialects import Dialect
from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.errors import NotReachable, NotSayable
from pilotwire.ocpp.net.client import ConnectError, basic_authorization
from pilotwire.ocpp.net.peer import (
    AnswerInvalid,
    CallRefused,
    Direction,
    OnFrame,
    Refusal,
    Silence,
)
from pilotwire.ocpp.net.soap_client import Carriage, SoapClient
from pilotwire.ocpp.net.soap_server import Reply, SoapServer
from pilotwire.ocpp.registry import action_of, decode_request, encode
from pilotwire.ocpp.soap import (
    ACTIONS,
    ANONYMOUS,
    Call,
    Fault,
    Header,
    Unreadable,
    read_answer,
    write_answer,
    write_call,
    write_fault,
)
from pilotwire.ocpp.soap.http import STATUS
from pilotwire.ocpp.types import Message
from pilotwire.ocpp.version import OcppVersion
from pilotwire.ocpp.violations import SchemaViolation
from pilotwire.station.client_context import server_context
from pilotwire.station.connecting import context_of, proxy_url, secret_of
from pilotwire.station.core.network_ways import Way
from pilotwire.station.endpoints import Endpoint, SoapPlace
from pilotwire.station.files import Files
from pilotwire.station.keeping_up import KeptUp
from pilotwire.station.line import Line, Owner, answer_to
from pilotwire.station.soap_link import Link

_log = structlog.get_logger("pilotwire.station.soap")

_CSMS: Final = "central-system"
_EVERY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})
_NOT_SUPPORTED: Final = frozenset({"NotImplemented", "NotSupported"})
_OUR_FAULT: Final = frozenset({"InternalError", "GenericError"})


class SoapLine(KeptUp):
    """The line of one station of OCPP-S; for what each method means see `Line`. `address` is where the CSMS is told to find the station."""

    def __init__(
        self,
        endpoint: Endpoint,
        place: SoapPlace,
        dialect: Dialect,
        owner: Owner,
        clock: Clock,
        files: Files,
        *,
        on_frame: OnFrame | None = None,
    ) -> None:
        super().__init__(owner)
        self.endpoint = endpoint
        self.address = ""
        self._place = place
        self._dialect = dialect
        self._owner = owner
        self._clock = clock
        self._files = files
        self._on_frame = on_frame
        self._link: Link | None = None
        self._port = 0
        self._identity = endpoint.identity
        self._patience = endpoint.call_timeout
        self._taking = asyncio.Lock()

    # --- what the owner asks for ---------------------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the last request got through."""
        return self._link is not None

    @property
    def version(self) -> OcppVersion:
        """The version whose messages are spoken: 1.5 is spoken in those of 1.6."""
        return self._dialect.version

    @property
    def transport(self) -> str:
        """How it is spoken."""
        return f"OCPP-S {self._place.version}"

    def _break(self) -> None:
        if self._link is not None:
            self._link.end("the line was cut")

    async def close(self, why: str) -> None:
        """Let the connections go; `run` looks for the CSMS again unless it is cancelled. There is no word of goodbye in OCPP-S."""
        if (link := self._link) is not None:
            link.end(why)
            await link.gone.wait()

    def keep_alive(self, seconds: float) -> None:
        """There is no connection to be kept alive: heartbeats do what pings do elsewhere."""

    def prepare(self, fact: Fact, named: str | None = None) -> Message | None:
        """The message that states a fact; None for one that no service of OCPP-S takes, such as those of the security extension."""
        message = self._dialect.write_fact(fact, named=named)
        if message is None or action_of(message).name not in ACTIONS[self._place.version, _CSMS]:
            return None
        return message

    async def say(self, fact: Fact, message: Message) -> Verdict:
        """Post a prepared fact and wait for the verdict. Raises as `Line.say` does."""
        return self._dialect.read_verdict(fact, await self._ask(message, self._patience))

    async def call_raw(
        self, action: str, payload: bytes, *, force: bool = False, timeout: float | None = None
    ) -> bytes:
        """Post a request given as the JSON of OCPP-J 1.6; returns the JSON of its answer. What does not fit cannot be put into XML."""
        try:
            request = decode_request(OcppVersion.V16, action, payload)
        except SchemaViolation as violation:
            hint = " What does not fit cannot be put into XML, not even with force." if force else ""
            what = f"The payload does not fit {action} of OCPP 1.6: {violation.description()}.{hint}"
            raise NotSayable(what, "Nothing was sent.") from violation
        return encode(await self._ask(request, self._patience if timeout is None else timeout))

    # --- asking --------------------------------------------------------------------------------------------------------------

    async def _ask(self, request: Message, timeout: float) -> Message:
        """One request after the other, as they came."""
        link = self._link
        if link is None:
            raise NotReachable("The CSMS cannot be reached.")
        action = action_of(request).name
        message_id = f"urn:uuid:{uuid.uuid4()}"
        header = Header(self._identity, f"/{action}", message_id, "", self.address, ANONYMOUS, link.client.url)
        data = write_call(self._place.version, _CSMS, request, header)
        async with link.turn:
            self._show("out", data)
            try:
                reply = await link.post(action, data, timeout)
            except Unreadable as error:
                raise AnswerInvalid(action, error.what, b"", processed=False) from error
            self._show("in", reply)
        self.trouble = ""
        return self._read(action, reply)

    def _read(self, action: str, reply: bytes) -> Message:
        try:
            answer, departures = read_answer(reply, self._place.version, _CSMS, action)
        except (Unreadable, SchemaViolation) as error:
            why = error.what if isinstance(error, Unreadable) else error.description()
            processed = isinstance(error, SchemaViolation)  # what is no answer of the service may be some proxy's page
            raise AnswerInvalid(action, why, reply[:500], processed=processed) from error
        for said in departures.said:
            self._departs(said)
        if isinstance(answer, Fault):
            raise CallRefused(action, answer.subcode or "GenericError", answer.reason, b"{}")
        return answer

    def _departs(self, what: str) -> None:
        _log.warning("the CSMS departs from the standard", station=self.endpoint.identity, what=what)

    def _show(self, direction: Direction, data: bytes) -> None:
        if self._on_frame is not None:
            self._on_frame(direction, data, self._clock.now())

    # --- keeping it up ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Listen, and look for the CSMS whenever it is lost, until cancelled. Raises ConfigError if the port cannot be had."""
        place = self._place
        context = server_context(self._files) if place.tls else None
        server = SoapServer("charge-point", place.host, place.port, self._on_request, ssl_context=context)
        self._port = server.port
        try:
            await server.start()
            await self._keep_up()
        finally:
            await server.close()

    async def _connection(self, way: Way) -> bool:
        """From the CSMS being found to a request that does not get through; whether any got through."""
        try:
            client = SoapClient(way.url, self._carriage(way))
        except ConnectError as error:
            self._missed(error)
            return False
        try:
            return await self._link_over(client, way)
        except ConnectError as error:
            self._missed(error)
            return False
        finally:
            await client.close()

    async def _link_over(self, client: SoapClient, way: Way) -> bool:
        """Raises ConnectError if the CSMS is not found."""
        own = await client.reach()
        if self.is_cut:  # while we were looking
            return False
        self._patience = float(way.message_timeout)
        self._identity = way.identity or self.endpoint.identity
        self._be_at(self._told(own))
        link = self._link = Link(client)
        self._owner.reached(way)
        self._owner.line_up()
        try:
            await link.over.wait()
        finally:
            self._link = None
            link.end("the line ends")
            link.gone.set()
        self._owner.line_down(link.why)
        if link.refused is not None and str(link.refused) != self.trouble:  # it is found each time: told once
            self._missed(link.refused)
        return link.spoken

    def _be_at(self, address: str) -> None:
        if address == self.address:
            return
        _log.info("the CSMS finds the station here", station=self.endpoint.identity, address=address)
        if self.address:
            self._owner.moved()
        self.address = address

    def _told(self, own: str) -> str:
        """Where the CSMS finds us; `own` is our address on the way there."""
        place = self._place
        if place.url:
            return place.url
        host = own if place.host in _EVERY_ADDRESS else place.host
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if place.tls else 'http'}://{shown}:{self._port}/"

    def _carriage(self, way: Way) -> Carriage:
        """How requests travel on a way. Raises ConnectError for what is missing at the station."""
        password = None if way.security_profile >= 3 else way.password or self.endpoint.password
        secret = secret_of(password, OcppVersion.V16)
        identity = way.identity or self.endpoint.identity
        return Carriage(
            authorization=None if secret is None else basic_authorization(identity, secret),
            ssl_context=context_of(way, self.endpoint, self._files) if way.security_profile >= 2 else None,
            proxy=None if way.proxy is None else proxy_url(way.proxy),
            packs=self.endpoint.compression,
            open_timeout=float(way.connection_timeout),
        )

    def _missed(self, error: ConnectError) -> None:
        if str(error) != self.trouble:  # the same trouble again is no news
            _log.warning("no way to the CSMS", station=self.endpoint.identity, kind=error.kind, why=str(error))
        self.trouble = str(error)
        self._owner.missed(error)

    # --- what the CSMS wants -----------------------------------------------------------------------------------------------------

    async def _on_request(self, call: Call, data: bytes) -> Reply | None:
        if self.is_cut:
            return None
        self._show("in", data)
        async with self._taking:
            try:
                answer = await self._answer(call)
            except Exception:
                _log.exception("a request could not be answered", station=self.endpoint.identity, action=call.action)
                answer = Fault("Receiver", "InternalError", "The station could not do this; its log tells more.")
        if answer is None or self.is_cut:
            return None
        reply = _written(call, answer)
        self._show("out", reply.data)
        return reply

    async def _answer(self, call: Call) -> Message | Fault | None:
        if call.header.identity != self._identity:
            return Fault("Sender", "IdentityMismatch", "This is another station.")
        if call.version is not self._place.version:
            return Fault("Receiver", "NotSupported", f"This station speaks OCPP {self._place.version}.")
        if not self.is_up:
            self.hurry()  # who asks can be reached
        try:
            request = call.message()
        except SchemaViolation as violation:
            return Fault("Sender", "ProtocolError", violation.description())
        for said in call.departures.said:
            self._departs(said)
        answer = await answer_to(request, call.action, self._owner, self._dialect, self._patience)
        if isinstance(answer, Silence):
            return None
        return _fault(answer) if isinstance(answer, Refusal) else answer


def _written(call: Call, answer: Message | Fault) -> Reply:
    if isinstance(answer, Fault):
        return Reply(write_fault(answer, call.header), STATUS[answer.code])
    try:
        return Reply(write_answer(call, answer))
    except NotSayable as error:
        return _written(call, Fault("Receiver", "InternalError", str(error)))


def _fault(refusal: Refusal) -> Fault:
    """The fault for an RPC error (S16:4)."""
    if refusal.code in _NOT_SUPPORTED:
        return Fault("Receiver", "NotSupported", refusal.description)
    if refusal.code in _OUR_FAULT:
        return Fault("Receiver", "InternalError", refusal.description)
    subcode = "SecurityError" if refusal.code == "SecurityError" else "ProtocolError"
    return Fault("Sender", subcode, refusal.description)


def line_for(
    endpoint: Endpoint, dialect: Dialect, owner: Owner, clock: Clock, files: Files, *, on_frame: OnFrame | None = None
) -> Line | SoapLine:
    """The line of a station, by the transport its endpoint names."""
    if endpoint.soap is None:
        return Line(endpoint, dialect, owner, clock, files, on_frame=on_frame)
    return SoapLine(endpoint, endpoint.soap, dialect, owner, clock, files, on_frame=on_frame)


__all__ = ["SoapLine", "line_for"]
