"""V2GTP frames: however TCP cuts them, the same messages come out, and what is no V2GTP is told at its first wrong byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.iso15118.v2gtp import (
    HEADER_BYTES,
    Frames,
    Message,
    PayloadType,
    Unknown,
    V2gtpFault,
    V2gtpFlaw,
    frame,
    read_datagram,
)

TABLE = {
    "EXI": 0x8001,
    "MAIN": 0x8002,
    "AC": 0x8003,
    "DC": 0x8004,
    "ACDP": 0x8005,
    "WPT": 0x8006,
    "SCHEDULE_RENEGOTIATION": 0x8101,
    "METERING_CONFIRMATION": 0x8102,
    "ACDP_SYSTEM_STATUS": 0x8103,
    "PARKING_STATUS": 0x8104,
    "SDP_REQUEST": 0x9000,
    "SDP_RESPONSE": 0x9001,
    "SDP_REQUEST_WIRELESS": 0x9002,
    "SDP_RESPONSE_WIRELESS": 0x9003,
}
MESSAGES = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=6)


def heard(frames: Frames) -> tuple[list[Message | Unknown], V2gtpFault | None]:
    """All that can be taken, and the fault that came then."""
    found: list[Message | Unknown] = []
    try:
        found.extend(iter(frames.take, None))
    except V2gtpFault as fault:
        return found, fault
    return found, None


def fed(stream: bytes, cuts: list[int], limit: int = 1000) -> tuple[list[Message | Unknown], V2gtpFault | None]:
    """The same for a stream that comes in pieces."""
    frames, found = Frames(limit), []
    ends = sorted(cut % (len(stream) + 1) for cut in cuts)
    for begin, end in zip([0, *ends], [*ends, len(stream)], strict=True):
        frames.feed(stream[begin:end])
        more, fault = heard(frames)
        found += more
        if fault is not None:
            return found, fault
    return found, None


def test_the_table_of_payload_types_is_complete() -> None:
    assert {each.name: each.value for each in PayloadType} == TABLE


def test_only_discovery_belongs_into_datagrams() -> None:
    assert [each for each in PayloadType if each.is_discovery] == [kind for kind in PayloadType if kind >= 0x9000]


def test_a_frame_is_version_inverse_type_length_and_payload() -> None:
    assert frame(PayloadType.DC, b"\x80\x01") == bytes.fromhex("01fe 8004 00000002 8001")


def test_a_message_may_be_empty() -> None:
    frames = Frames()
    frames.feed(frame(PayloadType.EXI, b""))
    assert frames.take() == Message(PayloadType.EXI, b"")


@pytest.mark.parametrize("kind", [-1, 0x10000])
def test_a_type_that_does_not_fit_is_our_mistake(kind: int) -> None:
    with pytest.raises(MisuseError, match="two bytes"):
        frame(kind, b"")


@given(messages=MESSAGES, cuts=st.lists(st.integers(0, 1000), max_size=8))
def test_any_cutting_of_the_stream_gives_the_same_messages(messages: list[tuple[int, bytes]], cuts: list[int]) -> None:
    found, fault = fed(b"".join(frame(kind, payload) for kind, payload in messages), cuts)
    assert fault is None
    assert [(each.payload_type, each.payload) for each in found] == messages


@given(stream=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_garbage_ends_in_the_same_fault_however_it_is_cut(stream: bytes, cuts: list[int]) -> None:
    for begin in (b"", bytes.fromhex("01fe8001")):
        found, fault = fed(begin + stream, cuts)
        whole, whole_fault = fed(begin + stream, [])
        assert found == whole
        assert str(fault) == str(whole_fault)


def test_a_type_that_is_not_known_is_told_and_the_stream_goes_on() -> None:
    frames = Frames()
    frames.feed(frame(0xA001, b"own") + frame(0x8007, b"") + frame(PayloadType.AC, b"\x80"))
    own, reserved, message = frames
    assert own == Unknown(0xA001, b"own")
    assert str(own) == "A message of payload type 0xA001 (a manufacturer's own) with 3 bytes was ignored."
    assert isinstance(reserved, Unknown)
    assert not reserved.is_of_manufacturer
    assert message == Message(PayloadType.AC, b"\x80")


@pytest.mark.parametrize(
    ("data", "flaw", "said"),
    [
        (b"\x02", V2gtpFlaw.VERSION, "0x02 came"),
        (b"\x01\xff", V2gtpFlaw.INVERSE, "0xFF came"),
        (b"\x16\x03\x01", V2gtpFlaw.VERSION, "speaks TLS on a connection without"),
        (bytes.fromhex("01fe 8001 00000011"), V2gtpFlaw.TOO_LONG, "announced with 17 bytes; at most 16"),
        (bytes.fromhex("01fe a000 ffffffff"), V2gtpFlaw.TOO_LONG, "announced with 4294967295 bytes"),
    ],
)
def test_what_is_no_v2gtp_is_told_before_more_is_waited_for(data: bytes, flaw: V2gtpFlaw, said: str) -> None:
    frames = Frames(limit=16)
    frames.feed(data)
    with pytest.raises(V2gtpFault, match=said) as told:
        frames.take()
    assert told.value.flaw is flaw
    with pytest.raises(V2gtpFault, match=said):
        frames.take()


def test_messages_before_the_fault_are_not_lost() -> None:
    frames = Frames()
    frames.feed(frame(PayloadType.EXI, b"good") + b"\x01\x01")
    assert frames.take() == Message(PayloadType.EXI, b"good")
    with pytest.raises(V2gtpFault):
        frames.take()


def test_a_payload_of_exactly_the_limit_is_taken() -> None:
    frames = Frames(limit=16)
    frames.feed(frame(PayloadType.EXI, bytes(16)))
    assert frames.take() == Message(PayloadType.EXI, bytes(16))


def test_what_is_left_of_a_message_is_pending() -> None:
    frames = Frames()
    frames.feed(frame(PayloadType.EXI, b"abc")[:-1])
    assert frames.take() is None
    assert frames.pending == HEADER_BYTES + 2


def test_a_negative_limit_is_our_mistake() -> None:
    with pytest.raises(MisuseError, match="limit of -1"):
        Frames(-1)


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", V2gtpFlaw.LENGTH),
        (frame(PayloadType.SDP_REQUEST, b"\0\0")[:-1], V2gtpFlaw.LENGTH),
        (frame(PayloadType.SDP_REQUEST, b"\0\0") + b"\0", V2gtpFlaw.LENGTH),
        (b"\x01\xfe\x90", V2gtpFlaw.LENGTH),
        (b"hello", V2gtpFlaw.VERSION),
        (bytes.fromhex("01fe 9000 00100000"), V2gtpFlaw.TOO_LONG),
    ],
)
def test_a_datagram_is_one_whole_message(data: bytes, flaw: V2gtpFlaw) -> None:
    with pytest.raises(V2gtpFault) as told:
        read_datagram(data)
    assert told.value.flaw is flaw


@given(kind=st.integers(0, 0xFFFF), payload=st.binary(max_size=60))
def test_a_datagram_is_read_as_it_was_written(kind: int, payload: bytes) -> None:
    found = read_datagram(frame(kind, payload))
    assert (found.payload_type, found.payload) == (kind, payload)
    assert isinstance(found, Message) == (kind in TABLE.values())
