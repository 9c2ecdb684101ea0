"""SECC discovery: the bytes of both kinds, and when a vehicle asks and what it takes for an answer."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from ipaddress import IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.errors import MisuseError
from pilotwire.iso15118.sdp import (
    INTERVAL,
    MOST_REQUESTS,
    ONGOING_LIMIT,
    Coupling,
    DiagStatus,
    Endpoints,
    Found,
    GaveUp,
    Pairing,
    SdpClient,
    SdpFault,
    SdpRequest,
    SdpResponse,
    Security,
    Transport,
    WirelessAnswer,
    WirelessAsk,
    read_request,
    read_response,
)
from pilotwire.iso15118.v2gtp import PayloadType, frame

ADDRESS = IPv6Address("fe80::1:2")
TLS = SdpResponse(ADDRESS, 50_000, Security.TLS)
PLAIN = SdpResponse(ADDRESS, 50_000, Security.NONE)
WIRELESS = SdpRequest(wireless=WirelessAsk(Pairing.PPD_ON_EV, Coupling.PANTOGRAPH_UP, "DEABC123", "DE*ABC*E1"))


def answer(status: DiagStatus) -> SdpResponse:
    return replace(TLS, wireless=WirelessAnswer(status, Coupling.PANTOGRAPH_UP, "DE*ABC*E1"))


ID = st.text(st.characters(min_codepoint=33, max_codepoint=126))
ASKS = st.builds(
    WirelessAsk, st.sampled_from(Pairing), st.integers(0, 255), ID.map(lambda text: text[:20]), ID.map(lambda t: t[:37])
)
ANSWERS = st.builds(WirelessAnswer, st.sampled_from(DiagStatus), st.integers(0, 255), ID.map(lambda text: text[:37]))
SECURITIES, TRANSPORTS = st.sampled_from(Security), st.sampled_from(Transport)


# --- bytes ---------------------------------------------------------------------------------------------------------------------


def test_a_request_over_plc() -> None:
    assert SdpRequest(Security.TLS).encode() == bytes.fromhex("01fe 9000 00000002 0000")
    assert SdpRequest(Security.NONE).encode() == bytes.fromhex("01fe 9000 00000002 1000")


def test_a_response_over_plc() -> None:
    wire = bytes.fromhex("01fe 9001 00000014 fe80000000000000 0000000000010002 c350 00 00")
    assert TLS.encode() == wire
    assert read_response(wire) == TLS


def test_a_request_of_the_wireless_kind() -> None:
    wire = (
        bytes.fromhex("01fe 9002 0000003e 00 00 0200 03") + b"DEABC123".ljust(20, b"\0") + b"DE*ABC*E1".ljust(37, b"\0")
    )
    assert WIRELESS.encode() == wire
    assert read_request(wire) == WIRELESS


def test_a_response_of_the_wireless_kind() -> None:
    wire = answer(DiagStatus.FINISHED_WITH_EVSEID).encode()
    assert wire[:8] == bytes.fromhex("01fe 9003 0000003b")
    assert wire[8 + 20 :] == b"\x01\x03" + b"DE*ABC*E1".ljust(37, b"\0")


def test_an_evseid_of_36_bytes_is_read_too() -> None:
    for sent, read in ((WIRELESS, read_request), (answer(DiagStatus.ONGOING), read_response)):
        wire = sent.encode()
        assert read(wire[:7] + bytes([wire[7] - 1]) + wire[8:-1]) == sent


@given(security=SECURITIES, transport=TRANSPORTS, wireless=st.none() | ASKS)
def test_requests_are_read_as_they_were_written(
    security: Security, transport: Transport, wireless: WirelessAsk | None
) -> None:
    request = SdpRequest(security, transport, wireless)
    assert read_request(request.encode()) == request


@given(
    address=st.ip_addresses(v=6),
    port=st.integers(0, 65535),
    security=SECURITIES,
    transport=TRANSPORTS,
    wireless=st.none() | ANSWERS,
)
def test_responses_are_read_as_they_were_written(
    address: IPv6Address, port: int, security: Security, transport: Transport, wireless: WirelessAnswer | None
) -> None:
    response = SdpResponse(address, port, security, transport, wireless)
    assert read_response(response.encode()) == response


@given(kind=st.sampled_from(PayloadType), payload=st.binary(max_size=70), raw=st.booleans())
def test_any_datagram_is_read_or_is_a_fault(kind: PayloadType, payload: bytes, raw: bool) -> None:
    for read in (read_request, read_response):
        with contextlib.suppress(SdpFault):
            assert isinstance(read(payload if raw else frame(kind, payload)), SdpRequest | SdpResponse)


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        (TLS.encode(), "An SDP request was expected, and a message of payload type 0x9001 came."),
        (frame(0xA000, b"\0\0"), "payload type 0xA000"),
        (frame(PayloadType.SDP_REQUEST, b"\0"), "has 2 bytes, and 1 came"),
        (frame(PayloadType.SDP_REQUEST, b"\x01\0"), "security 0x01 does not exist"),
        (frame(PayloadType.SDP_REQUEST, b"\0\x20"), "transport protocol 0x20 does not exist"),
        (WIRELESS.encode()[:-37] + b"\xff" * 37, "EVSEID in the datagram is not ASCII"),
    ],
)
def test_a_request_that_is_none(wire: bytes, said: str) -> None:
    with pytest.raises(SdpFault, match=said):
        read_request(wire)


def test_a_diag_status_that_does_not_exist() -> None:
    wire = bytearray(answer(DiagStatus.ONGOING).encode())
    wire[8 + 20] = 0x7F
    with pytest.raises(SdpFault, match="DiagStatus 0x7F"):
        read_response(bytes(wire))


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (replace(TLS, port=65_536), "65536 does not fit"),
        (SdpRequest(wireless=WirelessAsk(evid="X" * 21)), "EVID .* at most 20"),
        (SdpRequest(wireless=WirelessAsk(evseid="\xe4")), "EVSEID .* ASCII"),
        (SdpRequest(wireless=WirelessAsk(coupling=256)), "256 does not fit"),
    ],
)
def test_what_does_not_fit_its_field_is_our_mistake(message: SdpRequest | SdpResponse, said: str) -> None:
    with pytest.raises(MisuseError, match=said):
        message.encode()


# --- asking --------------------------------------------------------------------------------------------------------------------


def test_a_vehicle_asks_every_250_ms_and_at_most_50_times() -> None:
    client, now, sent = SdpClient(), 100.0, []
    while client.outcome is None:
        if client.due(now) is not None:
            sent.append(now)
        assert client.due(now) is None
        now = min(client.next_at, now + 1.0)
    assert len(sent) == MOST_REQUESTS
    assert {later - sooner for sooner, later in pairwise(sent)} == {INTERVAL}
    assert client.outcome == GaveUp("No station answered as it should; it was asked 50 times.")
    assert client.due(now + 100) is None


def test_the_last_request_has_its_250_ms_as_well() -> None:
    client = SdpClient(most=1)
    client.due(0.0)
    assert client.due(0.2) is None
    assert client.feed(TLS.encode(), 0.2) == Found(TLS)


def test_a_station_with_what_was_asked_for_is_found() -> None:
    client = SdpClient(SdpRequest(Security.TLS))
    client.due(0.0)
    assert client.feed(TLS.encode(), 0.01) == Found(TLS)
    assert client.due(0.25) is None


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (PLAIN, "TLS was asked for"),
        (replace(TLS, port=0), "port 0"),
        (replace(TLS, address=IPv6Address("2001:db8::1")), "not link-local"),
        (replace(TLS, transport=Transport.UDP), "another transport"),
        (answer(DiagStatus.FINISHED_WITH_EVSEID), "of the wireless kind"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_and_asking_goes_on(response: SdpResponse, why: str) -> None:
    client = SdpClient(most=2)
    client.due(0.0)
    assert client.feed(response.encode(), 0.01) is None
    assert why in client.ignored[0]
    assert client.due(0.25) is not None
    assert client.due(0.5) is None
    assert isinstance(client.outcome, GaveUp)
    assert why in client.outcome.why


def test_a_vehicle_may_take_a_station_without_tls() -> None:
    client = SdpClient(takes_downgrade=True)
    client.due(0.0)
    assert client.feed(PLAIN.encode(), 0.01) == Found(PLAIN, downgraded=True)


def test_a_station_may_insist_on_tls() -> None:
    client = SdpClient(SdpRequest(Security.NONE))
    client.due(0.0)
    assert client.feed(TLS.encode(), 0.01) == Found(TLS)


def test_datagrams_that_are_none_are_passed_over() -> None:
    client = SdpClient()
    client.due(0.0)
    assert client.feed(b"hello", 0.01) is None
    assert client.feed(TLS.encode(), 0.02) == Found(TLS)


@given(data=st.lists(st.binary(max_size=40), max_size=20))
def test_garbage_never_ends_the_asking(data: list[bytes]) -> None:
    client = SdpClient()
    client.due(0.0)
    for each in data:
        assert client.feed(each, 0.1) is None
    assert client.feed(TLS.encode(), 0.2) == Found(TLS)


def test_a_flood_of_wrong_answers_fills_no_memory() -> None:
    client = SdpClient()
    client.due(0.0)
    for _ in range(10 * MOST_REQUESTS):
        client.feed(PLAIN.encode(), 0.1)
    assert len(client.ignored) == MOST_REQUESTS


def test_while_pairing_is_ongoing_the_vehicle_goes_on_asking() -> None:
    client = SdpClient(WIRELESS, most=1)
    client.due(0.0)
    assert client.feed(answer(DiagStatus.ONGOING).encode(), 0.1) is None
    assert client.due(0.3) is None, "250 ms after the answer, not after the request"
    assert client.due(0.35) is not None
    finished = answer(DiagStatus.FINISHED_WITH_EVSEID)
    assert client.feed(finished.encode(), 0.4) == Found(finished)


def test_pairing_that_does_not_end_is_given_up() -> None:
    client = SdpClient(WIRELESS)
    client.due(0.0)
    client.feed(answer(DiagStatus.ONGOING).encode(), 0.0)
    assert client.due(ONGOING_LIMIT - 0.01) is not None
    assert client.due(ONGOING_LIMIT + 1) is None
    assert client.outcome == GaveUp("Pairing was not finished after 60 s.")


def test_no_secc_is_no_station() -> None:
    client = SdpClient(WIRELESS)
    client.due(0.0)
    assert client.feed(answer(DiagStatus.NO_SECC).encode(), 0.1) is None
    assert client.ignored == ["The answer says that there is no SECC."]


def test_asking_more_often_than_allowed_is_our_mistake() -> None:
    with pytest.raises(MisuseError, match=r"every 0\.25 s"):
        SdpClient(interval=0.1)


# --- answering -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoints", "asked", "answered"),
    [
        (Endpoints(ADDRESS, tls=1, plain=2), Security.TLS, (1, Security.TLS)),
        (Endpoints(ADDRESS, tls=1, plain=2), Security.NONE, (2, Security.NONE)),
        (Endpoints(ADDRESS, tls=1), Security.NONE, (1, Security.TLS)),
        (Endpoints(ADDRESS, plain=2), Security.TLS, (2, Security.NONE)),
    ],
)
def test_a_station_answers_with_the_security_it_will_really_use(
    endpoints: Endpoints, asked: Security, answered: tuple[int, Security]
) -> None:
    assert endpoints.answer(SdpRequest(asked)) == SdpResponse(ADDRESS, *answered)


def test_a_station_without_ports_or_asked_for_udp_answers_nothing() -> None:
    assert Endpoints(ADDRESS).answer(SdpRequest()) is None
    assert Endpoints(ADDRESS, tls=1).answer(SdpRequest(transport=Transport.UDP)) is None


def test_a_wireless_request_needs_a_wireless_answer() -> None:
    station, finished = Endpoints(ADDRESS, tls=1), WirelessAnswer(DiagStatus.FINISHED_WITH_EVSEID)
    assert station.answer(WIRELESS) is None
    assert station.answer(WIRELESS, finished) == SdpResponse(ADDRESS, 1, Security.TLS, wireless=finished)
