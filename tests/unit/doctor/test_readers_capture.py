"""Captures: every container, link and way in which TCP mixes up what was said gives the same frames; what is broken is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.doctor.readers.capture import read_capture
from pilotwire.doctor.readers.recording import Recording
from pilotwire.doctor.readers.upgrade import Head
from pilotwire.doctor.rules import capture as rules
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_captures import (
    ACK,
    BACKEND6,
    BOOT,
    BOOTED,
    LINKS,
    PSH,
    RESET,
    START,
    STATION6,
    SYN,
    Squeezer,
    Talk,
    close,
    conversation,
    docked,
    file_of,
    frame,
    pcap,
    pcapng,
    request,
    taken,
)

SAID = [("station", BOOT), ("csms", BOOTED), ("csms", RESET)]


def read(talk: Talk, link: int = 1) -> Recording:
    return read_capture(file_of(pcap(talk.packets, link)))


def said(recording: Recording) -> list[tuple[str, str]]:
    return [(each.sender, each.text) for each in recording.heard]


def found(recording: Recording) -> dict[str, str]:
    return {each.rule.id: each.what for each in recording.chart.findings}


# --- containers and links ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LINKS)
def test_frames_are_read_from_every_kind_of_link(name: str) -> None:
    link, around = LINKS[name]
    for ends in ({}, {"station": STATION6, "backend": BACKEND6}):
        recording = read(conversation(Talk(link=around, **ends)), link)  # type: ignore[arg-type]
        assert said(recording) == SAID, name
        assert recording.stations == ("CS-1",)
        assert found(recording) == {}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_pcap_of_either_byte_order_and_resolution_gives_the_same_times(order: str, nano: bool) -> None:
    recording = read_capture(file_of(pcap(conversation().packets, order=order, nano=nano)))
    first = next(iter(recording.heard))
    assert (first.at, first.version, first.where) == (START + timedelta(milliseconds=8), OcppVersion.V16, "packet 8")
    assert said(recording) == SAID


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("resolution", [6, 9, 0x80 | 20])
def test_pcapng_with_interfaces_of_different_links(order: str, resolution: int) -> None:
    one = conversation()
    other = conversation(
        Talk(link=LINKS["cooked"][1], station=("10.0.0.8", 7), at=START + timedelta(hours=1)), "/CS%202"
    )
    recording = read_capture(
        file_of(pcapng([(1, one.packets), (113, other.packets)], order=order, resolution=resolution))
    )
    assert said(recording) == SAID * 2
    assert recording.stations == ("CS-1", "CS 2")
    assert abs(next(iter(recording.heard)).at - START - timedelta(milliseconds=8)) < timedelta(microseconds=3)


@pytest.mark.parametrize("form", [lambda p: pcap(p), lambda p: pcapng([(1, p)])])
def test_a_file_that_ends_in_the_middle_is_read_as_far_as_it_goes(form: object) -> None:
    whole = form(conversation().packets)  # type: ignore[operator]
    recording = read_capture(file_of(whole[:-150]))
    assert said(recording) == SAID[:2]
    assert "ends inside" in found(recording)["capture.file-broken"]


def test_links_that_are_not_known_and_fragments_are_told() -> None:
    talk = conversation()
    at, packet = talk.packets[7]
    fragment = bytearray(packet)
    fragment[20] = 0x20
    talk.packets.append((at, bytes(fragment)))
    assert "capture.ip-fragments" in found(read(talk))
    assert {"capture.link-unknown", "capture.nothing-of-ocpp"} == set(found(read(talk, 105)))


# --- TCP ---------------------------------------------------------------------------------------------------------------------


def test_segments_that_come_late_twice_or_overlapping_change_nothing() -> None:
    talk = conversation(Talk(size=7))
    packets = talk.packets[:3] + [
        each for place in range(3, len(talk.packets), 4) for each in reversed(talk.packets[place : place + 4])
    ]
    again = [each for one in packets for each in (one, one)]
    assert said(read_capture(file_of(pcap(again)))) == SAID
    mixed = docked()
    start, whole = mixed.sequence[True], frame(BOOT, masked=True)
    mixed.packet(True, PSH | ACK, whole[10:40], sequence=start + 10)
    mixed.packet(True, PSH | ACK, whole[:20], sequence=start)
    mixed.packet(True, PSH | ACK, whole[15:], sequence=start + 15)
    assert said(read(mixed)) == SAID[:1]


def test_what_waited_for_a_lost_segment_has_the_time_at_which_it_could_be_read() -> None:
    talk = docked()
    start, whole = talk.sequence[True], frame(BOOT, masked=True)
    talk.packet(True, PSH | ACK, whole[30:], sequence=start + 30)
    talk.wait(3).packet(True, PSH | ACK, whole[:30], sequence=start)
    (heard,) = read(talk).heard
    assert heard.at == talk.at


def test_a_segment_that_is_not_in_the_capture_costs_its_message_only_and_is_told() -> None:
    talk = docked()
    lost = frame(BOOT, masked=True)
    talk.sequence[True] += len(lost)
    talk.say(False, frame(BOOTED, masked=False)).say(True, frame(BOOT.replace('"1"', '"2"'), masked=True))
    recording = read(talk)
    assert said(recording) == [SAID[1], ("station", BOOT.replace('"1"', '"2"'))]
    assert "missing" in found(recording)["capture.gap"]


def test_packets_cut_by_the_snap_length_are_told() -> None:
    talk = docked()
    talk.packet(True, PSH | ACK, frame(BOOT, masked=True), shown=70)
    talk.sequence[True] += len(frame(BOOT, masked=True))
    talk.say(True, frame(RESET, masked=True))
    recording = read(talk)
    assert said(recording) == [("station", RESET)]
    assert "capture.gap" in found(recording)


def test_a_port_that_is_used_again_is_another_connection() -> None:
    talk = conversation().end(True).wait(60)
    talk.sequence = {True: 5, False: 900}
    recording = read(conversation(talk))
    assert said(recording) == SAID * 2
    assert [each.connection for each in recording.heard] == [0, 0, 0, 1, 1, 1]


def test_nobody_answers() -> None:
    talk = Talk()
    for seconds in (0, 1, 2, 4):
        talk.wait(seconds).packet(True, SYN)
    recording = read(talk)
    assert found(recording) == {
        "capture.no-answer": "192.0.2.1:80 does not answer when the station asks for a connection."
    }
    assert recording.chart.findings[0].evidence == ("4 SYN were sent in 7 s",)
    assert recording.chart.blocked_at() == rules.NO_ANSWER.layer


def test_a_refused_connection_is_told_once_however_often_and_is_not_fatal_where_it_works_later() -> None:
    talk = Talk()
    for port in range(5):
        talk.station = ("10.0.0.7", 30_000 + port)
        talk.packet(True, SYN)
        talk.wait(10).packet(False, 4 | ACK, sequence=0)
    recording = read(talk)
    assert [(each.rule.id, each.count, each.weight) for each in recording.chart.findings] == [
        ("capture.refused", 5, "fatal")
    ]
    talk.station = ("10.0.0.7", 40_000)
    assert [each.weight for each in read(conversation(talk)).chart.findings] == ["breach"]


def test_an_idle_line_that_is_reset_is_an_idle_drop_and_a_busy_one_a_reset() -> None:
    idle = found(read(conversation().wait(240).reset(False)))
    assert idle.keys() == {"capture.idle-drop"}
    assert idle["capture.idle-drop"].startswith("The backend (or a device on the way")
    busy = read(conversation().reset(True))
    assert found(busy).keys() == {"capture.reset-by"}
    assert found(busy)["capture.reset-by"].startswith("The station")
    assert found(read(conversation().say(False, close(1000, masked=False)).wait(240).end(True))).keys() == {
        "capture.closed-by"
    }


def test_what_is_sent_again_and_again_without_an_answer_is_told() -> None:
    talk = conversation().wait(400)
    start = talk.sequence[True]
    for wait in (0, 1, 2, 4, 8):
        talk.wait(wait).packet(True, PSH | ACK, frame(BOOT, masked=True), sequence=start)
    recording = read(talk)
    assert found(recording)["capture.peer-silent"].startswith("The backend does not acknowledge")
    assert recording.chart.findings[0].evidence == ("sent again 4 times without an answer",)


def test_other_traffic_is_left_out() -> None:
    talk = (
        Talk(station=("10.0.0.7", 5000), backend=("10.0.0.1", 22))
        .open()
        .say(False, b"SSH-2.0-x\r\n")
        .say(True, b"SSH-2.0-y\r\n")
    )
    web = Talk(station=("10.0.0.7", 5001)).open().say(True, b"GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n")
    recording = read_capture(file_of(pcap(talk.packets + web.packets + conversation().packets)))
    assert said(recording) == SAID
    assert found(recording) == {}
    assert len(recording.dockings) == 1


# --- the request for a WebSocket ---------------------------------------------------------------------------------------------


def refused(answer: str, **more: str) -> Recording:
    return read(
        Talk().open().say(True, request(**more)).say(False, f"HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n".encode())
    )


def test_a_refused_upgrade_says_the_status_the_path_and_what_credentials_there_were() -> None:
    recording = refused("401 Unauthorized")
    (finding,) = recording.chart.findings
    assert (finding.rule, finding.what) == (
        rules.UPGRADE_REFUSED,
        "The backend answers the request for a WebSocket with 401 Unauthorized.",
    )
    assert finding.evidence == ("asked for: /ocpp/CS-1", "no credentials were brought (no Authorization header)")
    basic = "Authorization: Basic Q1MtMjpzZWNyZXQ=\r\n"  # CS-2:secret
    (finding,) = refused("403 Forbidden", extra=basic).chart.findings
    assert finding.evidence[1] == "the user name 'CS-2' is not the identity 'CS-1'"
    assert "secret" not in str(finding)
    (finding,) = refused("301 Moved\r\nLocation: https://other.test/").chart.findings
    assert finding.evidence[-1] == "Location: https://other.test/"


def test_a_second_request_on_the_same_connection_may_be_taken() -> None:
    talk = Talk().open().say(True, request()).say(False, b"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nnope")
    talk.say(True, request(extra="Authorization: Basic Q1MtMTp4\r\n")).say(False, taken()).say(
        True, frame(BOOT, masked=True)
    )
    recording = read(talk)
    assert said(recording) == SAID[:1]
    assert [(each.rule.id, each.weight) for each in recording.chart.findings] == [("capture.upgrade-refused", "breach")]


@pytest.mark.req("J16:3.1.2", "J2:3.1.2")
@pytest.mark.parametrize(
    ("offered", "chosen", "what"),
    [
        ("", "", "The station offers no version of OCPP."),
        ("ocpp1.6", "", "The backend takes the WebSocket and chooses no version of OCPP."),
        ("ocpp2.0.1", "ocpp1.6", "The backend chooses a version of OCPP that the station has not offered."),
    ],
)
def test_versions_that_are_not_agreed_on(offered: str, chosen: str, what: str) -> None:
    recording = read(Talk().open().say(True, request(subprotocol=offered)).say(False, taken(chosen)))
    assert found(recording) == {"capture.no-subprotocol": what}


def test_headers_that_are_missing_are_named() -> None:
    broken = request().replace(b"Connection: Upgrade\r\n", b"").replace(b"Version: 13", b"Version: 8")
    recording = read(Talk().open().say(True, broken).say(False, taken().replace(b"Accept: ", b"Accept: x")))
    asked, answered = [each.what for each in recording.chart.findings if each.rule is rules.UPGRADE_BROKEN]
    assert "Connection: Upgrade is missing" in asked
    assert "not 13" in asked
    assert "Sec-WebSocket-Accept does not fit" in answered


def test_no_answer_soap_and_tls_on_one_side_only() -> None:
    assert found(read(Talk().open().say(True, request()))).keys() == {"capture.upgrade-no-answer"}
    soap = b"POST /ocpp HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\nContent-Length: 3\r\n\r\n<x>"
    assert found(read(Talk().open().say(True, soap))).keys() == {"capture.soap"}
    alert = found(read(Talk().open().say(True, request()).say(False, bytes.fromhex("15030300020246")).end(False)))
    assert alert == {
        "capture.tls-mismatch": "The station speaks without TLS (ws://) to a port on which the backend speaks TLS."
    }


def test_what_proxies_put_before_it_is_passed_over() -> None:
    connect = Talk().open().say(True, b"CONNECT backend.test:80 HTTP/1.1\r\nHost: backend.test\r\n\r\n")
    connect.say(False, b"HTTP/1.1 200 OK\r\n\r\n").say(True, request()).say(False, taken()).say(
        True, frame(BOOT, masked=True)
    )
    assert said(read(connect)) == SAID[:1]
    refusing = (
        Talk()
        .open()
        .say(True, b"CONNECT b:80 HTTP/1.1\r\nHost: b\r\n\r\n")
        .say(False, b"HTTP/1.1 407 Authenticate\r\n\r\n")
    )
    assert "407" in found(read(refusing))["capture.upgrade-refused"]
    for line in (b"PROXY TCP4 10.0.0.7 192.0.2.1 40001 80\r\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12)):
        balanced = Talk().open().say(True, line + request()).say(False, taken()).say(True, frame(BOOT, masked=True))
        assert said(read(balanced)) == SAID[:1]


# --- WebSocket ---------------------------------------------------------------------------------------------------------------


def test_messages_in_pieces_with_a_ping_between_them() -> None:
    talk = docked()
    pieces = frame(BOOT[:20], masked=True, last=False) + frame(b"p", masked=True, kind=9)
    talk.say(True, pieces + frame(BOOT[20:30], masked=True, kind=0, last=False) + frame(BOOT[30:], masked=True, kind=0))
    talk.say(
        False, frame(b"p", masked=False, kind=10) + frame("x" * 70_000, masked=False) + frame("y" * 300, masked=False)
    )
    assert said(read(talk)) == [SAID[0], ("csms", "x" * 70_000), ("csms", "y" * 300)]


@pytest.mark.parametrize("anew", [False, True])
def test_compressed_messages(anew: bool) -> None:
    extension = (
        "Sec-WebSocket-Extensions: permessage-deflate" + ("; client_no_context_takeover" if anew else "") + "\r\n"
    )
    talk, squeezer = Talk().open().say(True, request()).say(False, taken(extra=extension)), Squeezer(anew=anew)
    for number in range(4):
        talk.say(True, squeezer.frame(BOOT.replace('"1"', f'"{number}"'), masked=True))
    talk.say(True, frame(BOOT, masked=True))
    assert said(read(talk)) == [("station", BOOT.replace('"1"', f'"{n}"')) for n in range(4)] + SAID[:1]


def test_compressed_messages_behind_a_gap_are_told_as_lost() -> None:
    talk = (
        Talk().open().say(True, request()).say(False, taken(extra="Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    )
    squeezer = Squeezer()
    talk.sequence[True] += len(squeezer.frame(BOOT, masked=True))
    talk.say(True, squeezer.frame(BOOT, masked=True))
    recording = read(talk)
    assert said(recording) == []
    assert [each.rule.id for each in recording.chart.findings] == ["capture.gap"] * 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (frame(BOOT, masked=False), "must mask"),
        (frame(BOOT, masked=True, kind=3), "opcode 3"),
        (frame(BOOT, masked=True, bits=0x20), "reserved bit"),
        (frame("x" * 126, masked=True, kind=9), "at most 125"),
        (frame(BOOT, masked=True, kind=0), "has not begun"),
        (frame(BOOT, masked=True, last=False) + frame(BOOT, masked=True), "before the one before"),
        (frame(b"[2,\xff]", masked=True), "not UTF-8"),
        (frame(BOOT, masked=True, kind=2), "binary"),
    ],
)
def test_frames_against_the_standard_are_told(data: bytes, words: str) -> None:
    assert words in found(read(docked().say(True, data)))["capture.websocket-broken"]


def test_closes_and_pings() -> None:
    talk = conversation()
    for _ in range(4):
        talk.wait(30).say(True, frame(b"", masked=True, kind=9)).say(False, frame(b"", masked=False, kind=10))
    talk.say(False, close(1011, "gone", masked=False)).say(True, close(1011, masked=True)).end(False)
    recording = read(talk)
    assert [(each.what, each.weight) for each in recording.chart.findings] == [
        ("The backend closes the WebSocket with 1011 ('gone').", "breach")
    ]
    assert ("Pings of CS-1", "every 30 s") in [(each.name, each.value) for each in recording.chart.facts]
    silent = conversation().say(True, frame(b"", masked=True, kind=9)).wait(20).say(False, frame(BOOTED, masked=False))
    assert found(read(silent)) == {"capture.ping-unanswered": "The backend does not answer a ping."}


def test_a_capture_that_begins_in_the_middle_is_read_from_the_next_frame_on() -> None:
    for talk in (Talk(), Talk(station=("10.0.0.7", 80), backend=("10.0.0.9", 7000))):
        talk.say(True, frame(BOOT, masked=True)).say(False, frame(BOOTED, masked=False))
        recording = read(talk)
        assert said(recording) == SAID[:2]
        assert {each.version for each in recording.heard} == {None}
        assert found(recording).keys() == {"capture.joined-midway"}


# --- anything at all ---------------------------------------------------------------------------------------------------------

_WHOLE = {
    "pcap": pcap(conversation().say(True, close(1000, masked=True)).end(True).packets),
    "pcapng": pcapng(
        [(1, conversation().packets), (113, conversation(Talk(link=LINKS["cooked"][1])).packets)], key_log="x"
    ),
}


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(_WHOLE)),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6)), max_size=12),
    st.integers(0, 5000),
)
def test_a_mutated_capture_never_raises(name: str, changes: list[tuple[int, bytes]], end: int) -> None:
    data = bytearray(_WHOLE[name])
    for place, change in changes:
        at = place % len(data)
        data[at : at + len(change)] = change
    recording = read_capture(file_of(bytes(data[: max(end, 24)])))
    assert recording.frames == len(list(recording.heard))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=20),
    st.sampled_from([b"", request(), b"\x16\x03\x01"]),
)
def test_any_bytes_in_a_connection_never_raise(parts: list[tuple[bool, bytes]], start: bytes) -> None:
    talk = Talk().open()
    if start:
        talk.say(True, start)
    if start == request():
        talk.say(False, taken(extra="Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    for up, data in parts:
        talk.say(up, data)
    read(talk)


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_any_first_line_has_a_status_and_an_identity(line: str) -> None:
    head = Head(START, 1, line, {"authorization": line})
    assert (head.status >= 0, isinstance(head.identity, str), isinstance(head.user, str)) == (True, True, True)
