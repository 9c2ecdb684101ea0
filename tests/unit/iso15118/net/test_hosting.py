"""Sessions on real connections: what a host does with peers that begin wrongly, say nonsense, or go away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from pilotwire.iso15118 import iso2, negotiation, sap
from pilotwire.iso15118.charging import Ending, SessionEnd, Speaks
from pilotwire.iso15118.codecs import ISO2, SAP
from pilotwire.iso15118.evcc.iso20 import Iso20Session as VehicleSession
from pilotwire.iso15118.evcc.session import EvccSession
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.ending import ConnectionEnded
from pilotwire.iso15118.net.hosting import Direction, Heard, serve_vehicle, visit_station
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.secc.iso2 import Iso2Session
from pilotwire.iso15118.secc.iso20 import Iso20Session as StationSession
from pilotwire.iso15118.secc.ports import Vehicle
from pilotwire.iso15118.secc.session import SeccSession
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_ev_fake import FakeKeptPause, FakeWallet
from tests.support.iso15118_evse_fake import OFFER, FakeEvse, PausedBook, numbered
from tests.support.iso15118_station20 import Ev20

PATIENCE = 30
SETUP = iso2.V2G_Message(
    header=iso2.MessageHeader(session_id=bytes(8)),
    body=iso2.Body(body_element=iso2.SessionSetupReq(evcc_id=bytes(6))),
)


class Served:
    """A station with one session, and how it ended."""

    def __init__(self) -> None:
        self.evse = FakeEvse()
        self.sessions: list[Iso2Session] = []
        self.heard: list[Heard] = []
        self.end: asyncio.Future[SessionEnd] = asyncio.get_running_loop().create_future()

    def make(self, _: Speaks, offered: tuple[str, ...], now: datetime) -> SeccSession:
        self.sessions.append(Iso2Session(self.evse, PausedBook(), numbered(), now, offered=offered))
        return self.sessions[-1]

    async def serve(self, connection: V2gConnection) -> None:
        self.end.set_result(
            await serve_vehicle(connection, [Speaks.ISO2], self.make, listener=self.heard.append, linger=0.2)
        )


@asynccontextmanager
async def station() -> AsyncIterator[tuple[Served, V2gConnection]]:
    """A station, and a raw connection to it."""
    served = Served()
    async with asyncio.timeout(PATIENCE), V2gServer(served.serve, host="::1") as server:
        connection = await connect("::1", server.port)
        yield served, connection
        connection.abort()


async def agree(line: V2gConnection) -> None:
    """Speak ISO 15118-2 from here on."""
    await line.send(PayloadType.EXI, SAP.encode(negotiation.offer([Speaks.ISO2])))
    response = SAP.decode((await line.receive())[1])
    assert isinstance(response, sap.supportedAppProtocolRes)
    assert response.response_code.startswith("OK")


async def test_nothing_in_common() -> None:
    async with station() as (served, line):
        await line.send(PayloadType.EXI, SAP.encode(negotiation.offer([Speaks.DIN])))
        response = SAP.decode((await line.receive())[1])
        assert response == sap.supportedAppProtocolRes(response_code="Failed_NoNegotiation")
        end = await served.end
    assert end.ending is Ending.NO_PROTOCOL
    assert "urn:din:70121:2012:MsgDef,2,0" in end.reason


@pytest.mark.parametrize(
    "first", [b"", b"\x80", b"hello", SAP.encode(sap.supportedAppProtocolRes(response_code="Failed_NoNegotiation"))]
)
async def test_a_vehicle_that_begins_wrongly_gets_no_session(first: bytes) -> None:
    async with station() as (served, line):
        await line.send(PayloadType.EXI, first)
        end = await served.end
    assert end.ending is Ending.FAILED
    assert served.sessions == []


async def test_an_unreadable_message_ends_the_session_and_says_where() -> None:
    async with station() as (served, line):
        await agree(line)
        await line.send(PayloadType.EXI, ISO2.encode(SETUP)[:-4])
        end = await served.end
    assert end.ending is Ending.DROPPED
    assert "bit" in end.reason
    assert "bit" in served.sessions[0].findings[0]


async def test_a_payload_of_another_protocol_is_passed_over() -> None:
    async with station() as (served, line):
        await agree(line)
        await line.send(PayloadType.DC, b"\x80")
        await line.send(PayloadType.EXI, ISO2.encode(SETUP))
        answer = ISO2.decode((await line.receive())[1])
        assert isinstance(answer, iso2.V2G_Message)
        assert isinstance(answer.body.body_element, iso2.SessionSetupRes)
    assert "0x8004" in served.sessions[0].findings[0]


async def test_a_line_that_goes_away_ends_the_session_at_the_evse() -> None:
    async with station() as (served, line):
        await agree(line)
        await line.send(PayloadType.EXI, ISO2.encode(SETUP))
        await line.receive()
        line.abort()
        end = await served.end
    assert end.ending is Ending.DROPPED
    assert [one.ending for one in served.evse.of("ended")] == [Ending.DROPPED]


async def test_a_listener_hears_both_directions_in_order() -> None:
    async with station() as (served, line):
        await agree(line)
        await line.send(PayloadType.EXI, ISO2.encode(SETUP))
        await line.receive()
    heard = [(one.direction, one.payload_type) for one in served.heard[:4]]
    received, sent = (Direction.RECEIVED, PayloadType.EXI), (Direction.SENT, PayloadType.EXI)
    assert heard == [received, sent, received, sent]


# --- the vehicle's side --------------------------------------------------------------------------------------------------------------


Answers = Sequence[bytes]


async def visited(answer: Callable[[V2gConnection], Awaitable[None]]) -> SessionEnd:
    """A vehicle visits a station that answers as told."""

    def make(_: Speaks, now: datetime) -> object:
        raise AssertionError("nothing was agreed")

    async with asyncio.timeout(PATIENCE), V2gServer(answer, host="::1") as server:
        connection = await connect("::1", server.port)
        return await visit_station(connection, [Speaks.ISO2], make)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "ending"),
    [
        (SAP.encode(sap.supportedAppProtocolRes(response_code="Failed_NoNegotiation")), Ending.NO_PROTOCOL),
        (
            SAP.encode(sap.supportedAppProtocolRes(response_code="OK_SuccessfulNegotiation", schema_id=9)),
            Ending.NO_PROTOCOL,
        ),
        (b"\x80\xff", Ending.FAILED),
    ],
)
async def test_a_station_that_agrees_on_nothing(payload: bytes, ending: Ending) -> None:
    async def answer(line: V2gConnection) -> None:
        await line.receive()
        await line.send(PayloadType.EXI, payload)
        with pytest.raises(ConnectionEnded):
            await line.receive()

    assert (await visited(answer)).ending is ending


async def test_a_station_that_hangs_up() -> None:
    async def answer(line: V2gConnection) -> None:
        await line.receive()
        line.abort()

    assert (await visited(answer)).ending is Ending.DROPPED


async def test_a_vehicle_that_is_not_ready_is_asked_again() -> None:
    """In each pause of a moment, not only when its own 40 s are over."""
    kept = FakeKeptPause()
    vehicle = Ev20(slow=2)

    def at_station(speaks: Speaks, offered: tuple[str, ...], now: datetime) -> SeccSession:
        return StationSession(
            FakeEvse(offered=OFFER), PausedBook(), Vehicle("", speaks, offered), numbered(), now, secured=False
        )

    def in_vehicle(speaks: Speaks, now: datetime) -> EvccSession:
        return VehicleSession(vehicle, FakeWallet(), kept, numbered(), now, speaks=speaks, secured=False)

    async def serve(connection: V2gConnection) -> None:
        await serve_vehicle(connection, [Speaks.ISO20_AC], at_station, linger=0.2)

    async with asyncio.timeout(PATIENCE), V2gServer(serve, host="::1") as server:
        connection = await connect("::1", server.port)
        end = await visit_station(connection, [Speaks.ISO20_AC], in_vehicle)
    assert end == SessionEnd(Ending.TERMINATED)
    assert vehicle.contactors == [True, False]
