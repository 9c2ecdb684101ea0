"""The doctor as a backend: stations connect, are answered, asked, and judged."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from pilotwire.clock import Clock
from pilotwire.conformance.wire.counterpart import Counterpart
from pilotwire.conformance.wire.transcript import Entry
from pilotwire.doctor.certificates.station import accredited, judge_station
from pilotwire.doctor.certificates.subject import Who
from pilotwire.doctor.conversation.heard import Heard
from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.findings import Chart, Layer
from pilotwire.doctor.listening.answers import answer
from pilotwire.doctor.listening.opening import judge_arrival, judge_request
from pilotwire.doctor.listening.questions import Interview
from pilotwire.doctor.listening.relay import Arrival, Relay
from pilotwire.doctor.patient import Card
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile
from pilotwire.doctor.profiles.unjudged import SeenFrom, not_judged
from pilotwire.doctor.rules import listening as rules
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.net.server import Accept, Refuse, Server, serve
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import Certificate

BOOT_PATIENCE: Final = 30.0
"""Seconds a station may take to boot after it has connected."""
SETTLING: Final = 2.0
"""Seconds a station may talk after its boot before it is asked."""
_PRINT: Final = 64
"""Digits of a SHA-256 fingerprint."""
_ANY: Final = (OcppVersion.V21, OcppVersion.V201, OcppVersion.V16)


@dataclass(frozen=True, slots=True)
class Plan:
    """How stations are examined. `roots` are those a client certificate may end in, (): nobody has said; `ask` False only listens.

    `timeout` is how many seconds a station has for an answer, `watch` how many it is listened to after the questions.
    """

    profile: PlatformProfile = NOTHING_MORE
    roots: tuple[Certificate, ...] = ()
    ask: bool = True
    timeout: float = 30.0
    watch: float = 0.0
    boot_patience: float = BOOT_PATIENCE
    settling: float = SETTLING


@dataclass(slots=True)
class Visit:
    """A station that came; `done` when its examination is over."""

    station: str
    chart: Chart
    judge: Judge
    connections: int = 0
    examined: bool = False
    taken: int = 0
    """How many entries of the present connection the judge has heard."""
    provoked: set[str] = field(default_factory=set)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Doctor:
    """Listens; an async context manager. `told` hears of each examination that is over."""

    def __init__(self, clock: Clock, plan: Plan, told: Callable[[Visit], None] = lambda _: None) -> None:
        self._clock = clock
        self._plan = plan
        self._told = told
        self._server: Server | None = None
        self._relay: Relay | None = None
        self.visits: dict[str, Visit] = {}
        self.strangers = Chart()
        """What was found of those who gave no name: a handshake that failed, a request without an identity."""

    async def start(self, host: str, port: int, certificate: str = "", key: str = "") -> None:
        """Listen, with a certificate by TLS. Raises ConfigError if that cannot be."""
        inner = "127.0.0.1" if certificate else host
        self._server = await serve(
            self._serve, inner, 0 if certificate else port, admit=self._admit, versions=_ANY, refused=self._refused
        )
        if certificate:
            server = self._server
            self._relay = Relay(certificate, key or certificate, lambda: server.port, self._arrived)
            await self._relay.start(host, port)

    @property
    def port(self) -> int:
        """The TCP port stations connect to."""
        assert self._server is not None
        return self._relay.port if self._relay is not None else self._server.port

    async def close(self) -> None:
        """End all connections; examinations that are under way end as they are."""
        if self._relay is not None:
            await self._relay.close()
        if self._server is not None:
            await self._server.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- the opening -------------------------------------------------------------------------------------------------------------

    def _arrived(self, arrival: Arrival) -> None:
        """A TLS handshake is over. One that was good is judged when it is known whose it was."""
        if arrival.trouble:
            judge_arrival(self.strangers, arrival, self._plan.profile)

    async def _admit(self, handshake: Handshake) -> Accept | Refuse:
        return Accept(handshake)

    def _refused(self, handshake: Handshake, reason: str) -> None:
        arrival = self._arrival_of(handshake)
        chart = self.strangers
        if handshake.identity:
            chart = self._visit(handshake.identity).chart
            if arrival is not None:
                judge_arrival(chart, arrival, self._plan.profile)
        seen = f"GET {handshake.path} from {handshake.remote if arrival is None else arrival.remote}"
        offered = f"subprotocols: {', '.join(handshake.offered) or 'none'}"
        chart.find(rules.TURNED_AWAY, f"The opening request is turned away: {reason}", seen, offered)

    def _arrival_of(self, handshake: Handshake) -> Arrival | None:
        port = handshake.remote.rpartition(":")[2]
        known = self._relay.arrivals if self._relay is not None else {}
        return known.get(int(port)) if port.isdigit() else None

    def _visit(self, station: str) -> Visit:
        visit = self.visits.get(station)
        if visit is None:
            chart = Chart()
            chart.skipped += not_judged(self._plan.profile, SeenFrom.BACKEND, asks=self._plan.ask)
            visit = self.visits[station] = Visit(station, chart, Judge(self._plan.profile, chart, trusted_clock=True))
        return visit

    # --- the conversation --------------------------------------------------------------------------------------------------------

    async def _serve(self, socket: Socket) -> None:
        handshake = socket.context
        assert isinstance(handshake, Handshake)
        assert handshake.version is not None
        visit = self._visit(handshake.identity)
        visit.connections += 1
        arrival = self._arrival_of(handshake)
        version = handshake.version
        first = visit.connections == 1
        visit.taken = 0
        if first:
            visit.chart.note(Layer.UPGRADE, "OCPP", version)
            if arrival is not None:
                judge_arrival(visit.chart, arrival, self._plan.profile)
            judge_request(visit.chart, handshake, arrival, self._plan.profile)
        said = Counter[str]()
        peer = Counterpart(
            version, self._clock, lambda entry: answer(version, entry.action, entry.payload, self._clock.now())
        )
        hearing = asyncio.create_task(self._hear(peer, visit, version, visit.connections, said))
        peer.attach(socket, f"{handshake.identity} connected")
        try:
            if not visit.examined:
                await self._examine(peer, visit, arrival, said)
            await socket.wait_closed()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            self._take(peer, visit, version, visit.connections, said)
            visit.judge.parted(visit.station, self._clock.now())

    async def _examine(self, peer: Counterpart, visit: Visit, arrival: Arrival | None, said: Counter[str]) -> None:
        plan = self._plan
        booted = await self._until(peer, lambda: said["BootNotification"] > 0, plan.boot_patience)
        if not booted:
            if peer.connected:
                what = f"The station does not boot within {plan.boot_patience:g} s after it has connected."
                visit.chart.find(rules.NEVER_BOOTED, what, f"said instead: {', '.join(said) or 'nothing'}")
                self._over(visit)
            return
        visit.examined = True
        self._judge_certificate(peer, visit, arrival)
        await self._until(peer, lambda: False, plan.settling)
        if plan.ask:
            await Interview(peer, visit.chart, self._clock, plan.profile, plan.timeout, visit.provoked).hold()
        await self._until(peer, lambda: False, max(plan.watch, plan.settling))
        self._over(visit)

    def _over(self, visit: Visit) -> None:
        visit.judge.silence(self._clock.now())
        visit.done.set()
        self._told(visit)

    def _judge_certificate(self, peer: Counterpart, visit: Visit, arrival: Arrival | None) -> None:
        if arrival is None or not arrival.chain:
            return
        card = card_of(next(one for one in peer.transcript.requests() if one.action == "BootNotification"))
        plan = self._plan
        prints = [each for each in plan.profile.certificates.authorities if len(each.replace(":", "")) == _PRINT]
        authorities = accredited(prints, plan.roots, (*arrival.chain, *plan.roots))
        found = judge_station(arrival.chain, plan.profile, Who(visit.station, card), authorities, self._clock.now())
        visit.chart.findings.extend(found)

    async def _until(self, peer: Counterpart, come: Callable[[], bool], seconds: float) -> bool:
        """Wait until something has come, the line is gone, or the time is over; whether it has come."""
        end = self._clock.monotonic() + seconds
        while not come() and peer.connected and (left := end - self._clock.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.05))
        return come()

    async def _hear(
        self, peer: Counterpart, visit: Visit, version: OcppVersion, number: int, said: Counter[str]
    ) -> None:
        while True:
            peer.news.clear()
            self._take(peer, visit, version, number, said)
            await peer.news.wait()

    def _take(self, peer: Counterpart, visit: Visit, version: OcppVersion, number: int, said: Counter[str]) -> None:
        """Hand the judge what has been said since the last time."""
        entries = peer.transcript.entries[visit.taken :]
        visit.taken += len(entries)
        for entry in entries:
            if entry.direction == "line" or entry.message_id in visit.provoked:
                continue
            sender = "station" if entry.direction == "received" else "csms"
            if sender == "station" and entry.kind in ("call", "send"):
                said[entry.action] += 1
            visit.judge.hear(
                Heard(entry.at, visit.station, sender, entry.text, version, connection=number)  # type: ignore[arg-type]
            )


def card_of(boot: Entry) -> Card:
    """What a station says of itself in its BootNotification."""
    payload = boot.payload if isinstance(boot.payload, dict) else {}
    inner = payload.get("chargingStation")
    told = inner if isinstance(inner, dict) else payload

    def text(*names: str) -> str:
        return next((str(told[name]) for name in names if isinstance(told.get(name), str)), "")

    return Card(
        vendor=text("vendorName", "chargePointVendor"),
        model=text("model", "chargePointModel"),
        serial=text("serialNumber", "chargePointSerialNumber", "chargeBoxSerialNumber"),
        firmware=text("firmwareVersion"),
    )
