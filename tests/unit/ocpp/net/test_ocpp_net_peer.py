"""A session over a socket: calls both ways, order, failures and endings."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from pilotwire.clock import SystemClock
from pilotwire.errors import MisuseError, NotSayable
from pilotwire.ocpp.events import Breach, CallReceived, ResultRefused, SendReceived
from pilotwire.ocpp.net.peer import (
    Answer,
    AnswerInvalid,
    CallRefused,
    CallTimeout,
    Closed,
    ConnectionLost,
    Peer,
    Refusal,
)
from pilotwire.ocpp.net.socket import Socket
from pilotwire.ocpp.outbound import RawCall
from pilotwire.ocpp.session import Session
from pilotwire.ocpp.v201.authorization import ClearCacheRequest, ClearCacheResponse
from pilotwire.ocpp.v201.provisioning import HeartbeatRequest, HeartbeatResponse
from pilotwire.ocpp.version import OcppVersion
from tests.support.ocpp_sockets import V21, V201, Guests, masked, raw_end, serving, station, upgrade

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TIME = HeartbeatResponse(current_time=NOW)
HEARTBEAT = RawCall("Heartbeat", b"{}")
STREAM = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}
OnCall = Callable[[CallReceived], Awaitable[Answer]]


async def the_time(event: CallReceived) -> Answer:
    """Answer a Heartbeat."""
    return TIME


def cleared(event: CallReceived) -> Answer:
    """Answer a ClearCache."""
    return b'{"status":"Accepted"}'


class Pair:
    """A CSMS and a station that talk to each other, both running."""

    def __init__(self, csms: Peer, charging_station: Peer, runs: list[asyncio.Task[Closed]]) -> None:
        self.csms = csms
        self.station = charging_station
        self.runs = runs


def _peer(socket: Socket, role: str, on_call: OnCall, **options: object) -> Peer:
    ids = itertools.count()
    session = Session(socket.version, role=role, new_id=lambda: f"{role}-{next(ids)}")  # type: ignore[arg-type]
    return Peer(socket, session, SystemClock(), on_call=on_call, **options)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def pair(
    csms: OnCall = the_time, charging_station: OnCall = the_time, version: OcppVersion = V201, **options: object
) -> AsyncIterator[Pair]:
    """Options go to the CSMS's peer."""
    guests = Guests()
    async with serving(guests) as server:
        left = _peer(await station(server, "CS1", version), "station", charging_station)
        right = _peer(await guests.next(), "csms", csms, **options)
        runs = [asyncio.create_task(right.run()), asyncio.create_task(left.run())]
        async with asyncio.timeout(20):
            yield Pair(right, left, runs)
            await left.close()
            await asyncio.gather(*runs, return_exceptions=True)


async def test_two_peers_call_each_other() -> None:
    """Typed request, typed result, both ways."""

    async def clear(event: CallReceived) -> Answer:
        assert isinstance(event.message, ClearCacheRequest)
        return cleared(event)

    async with pair(charging_station=clear) as both:
        assert (await both.station.call(HeartbeatRequest())).message == TIME
        result = await both.csms.call(ClearCacheRequest())
        assert isinstance(result.message, ClearCacheResponse)
        assert result.raw == b'{"status":"Accepted"}'
        assert result.elapsed >= 0


@pytest.mark.req("J2:4.1.1")
async def test_calls_at_once_go_one_after_the_other_and_keep_their_order() -> None:
    """Never two outstanding, every caller gets its own answer."""
    open_calls, order = 0, []

    async def slow(event: CallReceived) -> Answer:
        nonlocal open_calls
        open_calls += 1
        assert open_calls == 1
        await asyncio.sleep(0)
        open_calls -= 1
        order.append(event.message_id)
        return TIME

    breaches: list[Breach] = []
    async with pair(slow, on_breach=breaches.append) as both:
        results = await asyncio.gather(*(both.station.call(HEARTBEAT) for _ in range(20)))
    assert [result.message_id for result in results] == order == [f"station-{n}" for n in range(20)]
    assert breaches == []


async def test_calls_that_arrive_together_are_handled_in_order() -> None:
    """A peer that breaks the one-call rule is noted, and still served in its order."""
    first_may_end, order, breaches = asyncio.Event(), [], list[Breach]()
    answered = asyncio.Event()

    async def handle(event: CallReceived) -> Answer:
        if event.message_id == "a":
            await first_may_end.wait()
        order.append(event.message_id)
        if event.message_id == "c":
            answered.set()
        return TIME

    guests = Guests()
    async with serving(guests) as server, raw_end(server) as end:
        await end.say(upgrade("/CS1", "ocpp2.0.1"))
        await end.head()
        run = asyncio.create_task(_peer(await guests.next(), "csms", handle, on_breach=breaches.append).run())
        await end.say(b"".join(masked(f'[2,"{name}","Heartbeat",{{}}]'.encode()) for name in "abc"))
        first_may_end.set()
        async with asyncio.timeout(10):
            await answered.wait()
            replies = [json.loads((await end.frame())[1]) for _ in range(3)]
        end.writer.close()
        assert (await run).code == 1006
    assert order == [reply[1] for reply in replies] == ["a", "b", "c"]
    assert {breach.rule for breach in breaches} == {"J2:4.1.1"}


async def test_a_handler_may_call_back() -> None:
    """Reading goes on while it waits: no deadlock."""
    both_ready: asyncio.Future[Pair] = asyncio.get_running_loop().create_future()

    async def ask_back(event: CallReceived) -> Answer:
        result = await (await both_ready).csms.call(ClearCacheRequest())
        assert result.raw == b'{"status":"Accepted"}'
        return TIME

    async def clear(event: CallReceived) -> Answer:
        return cleared(event)

    async with pair(ask_back, clear) as both:
        both_ready.set_result(both)
        assert (await both.station.call(HEARTBEAT)).message == TIME


@pytest.mark.parametrize("wrong", [RuntimeError("a secret of ours"), None])
async def test_a_failing_handler_is_an_internal_error_for_the_peer(wrong: Exception | None) -> None:
    """It raises, or answers with the wrong message: the peer learns no details, and the connection goes on."""
    failures = iter([True, False])

    async def moody(event: CallReceived) -> Answer:
        if next(failures):
            if wrong is not None:
                raise wrong
            return ClearCacheResponse(status="Accepted")  # type: ignore[arg-type]
        return TIME

    async with pair(moody) as both:
        with pytest.raises(CallRefused) as refusal:
            await both.station.call(HEARTBEAT)
        assert refusal.value.code == "InternalError"
        assert "secret" not in str(refusal.value)
        assert (await both.station.call(HEARTBEAT)).message == TIME


async def test_a_refusal_arrives_with_code_description_and_details() -> None:
    """As the handler wrote it."""

    async def refuse(event: CallReceived) -> Answer:
        return Refusal("SecurityError", "not today", {"until": "tomorrow"})

    async with pair(refuse) as both:
        with pytest.raises(CallRefused) as refusal:
            await both.station.call(HEARTBEAT)
        error = refusal.value
        assert (error.action, error.code, error.description) == ("Heartbeat", "SecurityError", "not today")
        assert json.loads(error.details) == {"until": "tomorrow"}


async def test_an_unusable_answer_is_told_apart_from_a_refusal() -> None:
    """AnswerInvalid, with the reason; a finding at our side, and in 2.1 a CALLRESULTERROR at the peer's."""
    breaches: list[Breach] = []
    guests = Guests()
    refused: asyncio.Future[ResultRefused] = asyncio.get_running_loop().create_future()

    async def nonsense(event: CallReceived) -> Answer:
        return b'{"status":"Maybe"}'

    async with serving(guests) as server:
        left = _peer(await station(server, "CS1", V21), "station", nonsense, on_refused=refused.set_result)
        right = _peer(await guests.next(), "csms", the_time, on_breach=breaches.append)
        runs = [asyncio.create_task(peer.run()) for peer in (left, right)]
        with pytest.raises(AnswerInvalid, match="ClearCache"):
            await right.call(RawCall("ClearCache", b"{}"))
        async with asyncio.timeout(10):
            assert (await refused).action == "ClearCache"
        await right.close()
        await asyncio.gather(*runs)
    assert [breach.severity for breach in breaches] == ["error"]


@pytest.mark.req("J2:4.1.1")
async def test_a_call_without_an_answer_times_out_and_the_next_one_goes_out() -> None:
    """The late answer is noted, nothing else."""
    late, breaches = asyncio.Event(), list[Breach]()
    served = 0

    async def first_late(event: CallReceived) -> Answer:
        nonlocal served
        served += 1
        if served == 1:
            await late.wait()
        return cleared(event)

    async with pair(charging_station=first_late, on_breach=breaches.append) as both:
        with pytest.raises(CallTimeout, match="ClearCache"):
            await both.csms.call(ClearCacheRequest(), timeout=0.05)
        late.set()
        assert (await both.csms.call(ClearCacheRequest())).message_id == "csms-1"
    assert [breach.severity for breach in breaches] == ["note"]


async def test_a_cancelled_caller_leaves_the_session_in_order() -> None:
    """The call keeps its place on the line; the next one gets its own answer."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(event: CallReceived) -> Answer:
        asked.set()
        await go_on.wait()
        return cleared(event)

    async with pair(charging_station=wait) as both:
        caller = asyncio.create_task(both.csms.call(ClearCacheRequest()))
        await asked.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        follower = asyncio.create_task(both.csms.call(ClearCacheRequest()))
        go_on.set()
        assert (await follower).message_id == "csms-1"


async def test_calls_out_when_the_line_breaks_are_lost_and_say_whether_they_were_sent() -> None:
    """The outstanding one may have been seen, the waiting one not; run() ends with 1006 on both sides."""
    asked = asyncio.Event()

    async def never(event: CallReceived) -> Answer:
        asked.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with pair(charging_station=never) as both:
        callers = [asyncio.create_task(both.csms.call(ClearCacheRequest())) for _ in range(2)]
        await asked.wait()
        both.station.socket.abort()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ConnectionLost, ConnectionLost]
        assert [outcome.sent for outcome in outcomes] == [True, False]  # type: ignore[union-attr]
        assert (await both.runs[0]).code == 1006
        with pytest.raises(ConnectionLost):
            await both.csms.call(ClearCacheRequest())
        both.runs[1].cancel()


async def test_run_ends_with_the_code_and_reason_of_the_closer() -> None:
    """On both sides; a second run is a bug."""
    async with pair() as both:
        await both.csms.close(1000, "goodnight")
        assert await asyncio.gather(*both.runs) == [Closed(1000, "goodnight")] * 2
        with pytest.raises(MisuseError):
            await both.csms.run()


async def test_a_cancelled_run_closes_the_connection() -> None:
    """The peer sees an orderly end."""
    async with pair() as both:
        await both.station.call(HEARTBEAT)
        both.runs[0].cancel()
        assert await both.runs[1] == Closed(1001, "going away")
        with pytest.raises(asyncio.CancelledError):
            await both.runs[0]


@pytest.mark.req("J2:4.2.4")
async def test_unconfirmed_messages_arrive_in_order_and_are_not_answered() -> None:
    """SEND of 2.1; a handler that fails on one still gets the next."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    frames: list[tuple[str, bytes]] = []

    async def listen(event: SendReceived) -> None:
        heard.put_nowait(event.message_id)
        raise RuntimeError("a bug")

    def note(direction: str, frame: bytes, at: datetime) -> None:
        frames.append((direction, frame))

    async with pair(version=V21, on_send=listen, on_frame=note) as both:
        for _ in range(2):
            await both.station.send(RawCall("NotifyPeriodicEventStream", json.dumps(STREAM).encode()))
        assert [await heard.get(), await heard.get()] == ["station-0", "station-1"]
    assert [direction for direction, _ in frames] == ["in", "in"]


async def test_what_the_version_cannot_say_is_refused_before_a_byte_is_sent() -> None:
    """NotSayable and MisuseError pass through; the line is free afterwards."""
    async with pair() as both:
        with pytest.raises(NotSayable):
            await both.station.call(RawCall("NoSuchAction", b"{}"))
        with pytest.raises(NotSayable):
            await both.station.send(RawCall("NotifyPeriodicEventStream", b"{}"))
        with pytest.raises(MisuseError):
            await both.station.call(ClearCacheRequest())
        assert (await both.station.call(HEARTBEAT)).message == TIME


async def test_every_frame_is_shown_both_ways() -> None:
    """With the direction, the bytes and the time."""
    frames: list[tuple[str, list[object], datetime]] = []

    def note(direction: str, frame: bytes, at: datetime) -> None:
        frames.append((direction, json.loads(frame), at))

    async with pair(on_frame=note) as both:
        await both.station.call(HEARTBEAT)
    assert [(direction, frame[:2]) for direction, frame, _ in frames] == [
        ("in", [2, "station-0"]),
        ("out", [3, "station-0"]),
    ]
    assert all(at.tzinfo is UTC for _, _, at in frames)


@pytest.mark.parametrize(
    "noise", [b"", b"null", b"[]", b"[2]", b"{", b"[" * 5000, b'[2,"x","Nope",{}]', b'[3,"zz",{}]']
)
async def test_rubbish_is_a_breach_and_the_next_call_is_served(noise: bytes) -> None:
    """Never an exception, never the end of the connection."""
    breaches: list[Breach] = []
    async with pair(on_breach=breaches.append) as both:
        await both.station.socket.send(noise)
        assert (await both.station.call(HEARTBEAT)).message == TIME
    assert len(breaches) == 1


async def test_a_bug_in_a_hook_closes_the_connection_with_1011() -> None:
    """It is ours, so it is logged and nobody is left hanging."""

    def broken(direction: str, frame: bytes, at: datetime) -> None:
        raise RuntimeError("a bug")

    async with pair(on_frame=broken) as both:
        with pytest.raises(ConnectionLost):
            await both.station.call(HEARTBEAT)
        assert (await both.runs[1]).code == 1011


# --- handlers that do not end ------------------------------------------------------------------------------------------------------


async def test_a_handler_that_never_answers_is_given_up_after_the_connection() -> None:
    """It has a little time after the end, then it is cancelled and `run` returns."""
    began, given_up = asyncio.Event(), asyncio.Event()

    async def never(event: CallReceived) -> Answer:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        raise AssertionError

    async with pair(csms=never, grace=0.05) as both:
        asking = asyncio.create_task(both.station.call(HEARTBEAT))
        await began.wait()
        both.station.socket.abort()
        assert (await both.runs[0]).code == 1006
        assert given_up.is_set()
        with pytest.raises(ConnectionLost):
            await asking


async def test_a_handler_may_end_what_it_is_doing_after_the_connection() -> None:
    """What it stores is stored."""
    began, go_on, stored = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(event: CallReceived) -> Answer:
        began.set()
        await go_on.wait()
        stored.set()
        return TIME

    async with pair(csms=slow) as both:
        asking = asyncio.create_task(both.station.call(HEARTBEAT))
        await began.wait()
        both.station.socket.abort()
        with pytest.raises(ConnectionLost):
            await asking
        go_on.set()
        await both.runs[0]
        assert stored.is_set()


async def test_ending_a_connection_fails_what_is_waited_for_at_once() -> None:
    """The other side may be dead: nobody waits for its part of the closing handshake."""

    async def silent(event: CallReceived) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    async with pair(charging_station=silent, csms=the_time) as both:
        asking = asyncio.create_task(both.csms.call(RawCall("ClearCache", b"{}")))
        await asyncio.sleep(0)
        both.csms.end(1008, "replaced")
        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(asking, 1)
        both.station.socket.abort()
        both.runs[1].cancel()
