"""The doctor at the station's place: one connection on which it calls as a station does, and answers the backend's calls honestly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pilotwire.doctor.conversation.heard import Heard, Sender
from pilotwire.doctor.conversation.judge import Judge
from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.honest import honest_answer
from pilotwire.doctor.probes.tls_lines import client_context
from pilotwire.ocpp.net.client import connect
from pilotwire.ocpp.net.socket import Socket, SocketClosed
from pilotwire.ocpp.version import OcppVersion

Payload = Mapping[str, Any]
_NEARLY: Final = 0.9
"""Two clocks measure how long we wait; by the judge's the time must be over when it is by ours."""
_MOST_CALLS: Final = 200
"""Calls of the backend that are answered; one that sends more floods the station."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call; `seconds` it took. `closed`: the connection ended instead, `why` in words."""

    kind: Literal["result", "error", "silence", "closed"]
    seconds: float
    payload: Payload = field(default_factory=dict)
    code: str = ""
    description: str = ""
    text: str = ""
    why: str = ""

    @property
    def milliseconds(self) -> str:
        """How long it took, for people."""
        return f"{self.seconds * 1000:.0f} ms"


class Docked:
    """A connection. What is said on it goes to the judge, but for what is wrong on purpose."""

    def __init__(self, patient: Patient, socket: Socket) -> None:
        self.patient = patient
        self.version: OcppVersion = socket.version
        self.judge = Judge(patient.profile, patient.chart, trusted_clock=True, patience=patient.timeout * _NEARLY)
        self.triggered: asyncio.Queue[str] = asyncio.Queue()
        """Messages the backend wants us to send."""
        self._socket = socket
        self._clock = patient.clock
        self._line = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[tuple[list[Any], str]]] = {}
        self._unheard: set[str] = set()
        self._count = 0
        self._called = 0
        self._over = asyncio.Event()
        socket.listen(self._take)
        socket.on_closed(self._end)

    @classmethod
    async def at(cls, patient: Patient) -> Docked:
        """Connect as the station does. Raises ConnectError, and ConfigError for a certificate that cannot be used."""
        credentials = patient.credentials
        socket = await connect(
            patient.place.url,
            identity=patient.identity,
            versions=patient.versions,
            password=credentials.password or None,
            ssl_context=client_context(credentials) if patient.place.secure else None,
            ping_interval=None,
            open_timeout=patient.timeout,
            proxy=f"http://{patient.proxy}" if patient.proxy else None,
        )
        return cls(patient, socket)

    @property
    def is_16(self) -> bool:
        """Whether OCPP 1.6 was agreed on."""
        return self.version is OcppVersion.V16

    @property
    def over(self) -> bool:
        """Whether the connection has ended."""
        return self._over.is_set()

    @property
    def ending(self) -> str:
        """How the connection ended, in words."""
        reason = self._socket.close_reason
        return f"{self._socket.close_code or 1006}{f', {reason}' if reason else ''}"

    # --- calls ---------------------------------------------------------------------------------------------------------------

    async def call(self, action: str, payload: Payload, *, on_purpose: bool = False) -> Reply:
        """Call the backend, one call at a time, and wait for the answer, `timeout` seconds of the patient at most.

        `on_purpose`: the call is wrong as it should be; neither it nor its answer is judged as ours.
        """
        async with self._line:
            self._count += 1
            message_id = f"doctor-{self._count}"
            text = json.dumps([2, message_id, action, payload], separators=(",", ":"))
            answer: asyncio.Future[tuple[list[Any], str]] = asyncio.get_running_loop().create_future()
            self._waiting[message_id] = answer
            if on_purpose:
                self._unheard.add(message_id)
            began = self._clock.monotonic()
            try:
                self._say(text, judged=not on_purpose)
                return await self._outcome(answer, began)
            except SocketClosed:
                return Reply("closed", self._clock.monotonic() - began, why=self.ending)
            finally:
                self._waiting.pop(message_id, None)

    async def _outcome(self, answer: asyncio.Future[tuple[list[Any], str]], began: float) -> Reply:
        ended = asyncio.ensure_future(self._over.wait())
        either: set[asyncio.Future[Any]] = {answer, ended}
        try:
            await asyncio.wait(either, timeout=self.patient.timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        seconds = self._clock.monotonic() - began
        if not answer.done():
            if self.over:
                return Reply("closed", seconds, why=self.ending)
            self.judge.silence(self._clock.now())
            return Reply("silence", seconds)
        frame, text = answer.result()
        if frame[0] == 4:
            code, description = (str(each) for each in [*frame[2:4], "", ""][:2])
            return Reply("error", seconds, code=code, description=description, text=text)
        payload = frame[2] if len(frame) > 2 and isinstance(frame[2], dict) else {}
        return Reply("result", seconds, payload, text=text)

    async def stay(self, seconds: float, *, until_wanted: str = "") -> bool:
        """Keep the line for some time, answering what the backend asks and sending what it triggers.

        Ends early, with True, when `until_wanted` is triggered, which is left to the caller.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self.over and (left := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    wanted = await self._next()
            except TimeoutError:
                break
            if wanted and wanted == until_wanted:
                return True
            if wanted:
                await self.call(wanted, self.usual(wanted))
        return False

    async def _next(self) -> str:
        """The next message that is wanted; "" if the connection ends first."""
        getting, ended = asyncio.ensure_future(self.triggered.get()), asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({getting, ended}, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() and not getting.cancelled() else ""
        finally:
            getting.cancel()
            ended.cancel()

    def usual(self, action: str) -> Payload:
        """The payload with which a station sends BootNotification, StatusNotification or Heartbeat."""
        if action == "BootNotification":
            return self._boot()
        if action == "StatusNotification":
            now = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            if self.is_16:
                return {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": now}
            return {"timestamp": now, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
        return {}

    def _boot(self) -> Payload:
        card = self.patient.card
        if self.is_16:
            more = {"chargePointSerialNumber": card.serial, "firmwareVersion": card.firmware}
            told = {name: value for name, value in more.items() if value}
            return {"chargePointVendor": card.vendor, "chargePointModel": card.model} | told
        more = {"serialNumber": card.serial, "firmwareVersion": card.firmware}
        told = {name: value for name, value in more.items() if value}
        return {"reason": "PowerUp", "chargingStation": {"vendorName": card.vendor, "model": card.model} | told}

    async def leave(self) -> None:
        """Close the connection."""
        await self._socket.close(1000, "the examination is over")

    # --- frames ----------------------------------------------------------------------------------------------------------------

    def _say(self, text: str, *, judged: bool = True) -> None:
        self._socket.write(text.encode())
        if judged:
            self._hear("station", text)

    def _hear(self, sender: Sender, text: str) -> None:
        self.judge.hear(Heard(self._clock.now(), "", sender, text, self.version))

    def _take(self, data: bytes) -> None:
        began = self._clock.monotonic()
        text = data.decode("utf-8", "replace")
        frame = _frame(text)
        message_id = frame[1] if len(frame) > 1 and isinstance(frame[1], str) else ""
        if message_id not in self._unheard:
            self._hear("csms", text)
        if frame and frame[0] == 2 and message_id:
            self._answer(frame, message_id, began)
            return
        waiting = self._waiting.get(message_id)
        if waiting is not None and not waiting.done() and frame[0] in (3, 4):
            waiting.set_result((frame, text))

    def _answer(self, frame: list[Any], message_id: str, began: float) -> None:
        self._called += 1
        if self._called > _MOST_CALLS:
            return
        action = frame[2] if len(frame) > 2 and isinstance(frame[2], str) else ""
        payload = frame[3] if len(frame) > 3 and isinstance(frame[3], dict) else {}
        answer = honest_answer(self.version, action, payload)
        error = isinstance(answer.payload, str)
        told = [4, message_id, answer.payload, answer.why, {}] if error else [3, message_id, answer.payload]
        try:
            self._say(json.dumps(told, separators=(",", ":")))
        except SocketClosed:
            return
        took = (self._clock.monotonic() - began) * 1000
        words = answer.payload if error else answer.words
        self.patient.chart.note(
            Layer.CONVERSATION, f"call of the backend: {action[:60]}", f"answered with {words} in {took:.0f} ms"
        )
        if answer.then:
            self.triggered.put_nowait(answer.then)

    def _end(self) -> None:
        self._over.set()


def _frame(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []
