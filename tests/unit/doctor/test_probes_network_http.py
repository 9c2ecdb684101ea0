"""Answers of HTTP and frames of WebSocket as bytes: read as they are, whatever they are."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.clock import ManualClock
from pilotwire.doctor.patient import Credentials, Patient, Place
from pilotwire.doctor.probes.frames import CLOSE, PING, PONG, TEXT, BadFrame, Frame, Frames, frame
from pilotwire.doctor.probes.http import NotHttp, content_length, head_ends, may_be_http, read_answer
from pilotwire.doctor.probes.knock import accept_of, close_words, request_of, usual_knock
from pilotwire.doctor.probes.speech import Speech, Tongue, judge_speech
from pilotwire.ocpp.version import OcppVersion
from tests.support.doctor_servers import pong_to


def test_an_answer_is_read() -> None:
    answer = read_answer(b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nVia: a\r\nVia: b\r\n\r\nrest")
    assert (answer.status, answer.reason, answer.line) == (301, "Moved", "HTTP/1.1 301 Moved")
    assert (answer.header("location"), answer.header("via"), answer.header("none")) == ("/x", "a, b", "")
    assert answer.tokens("via") == ("a", "b")
    assert answer.rest == b"rest"


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\n\n", b"HTTP/1.0 200\r\n\r\n"])
def test_sloppy_answers_are_read_too(data: bytes) -> None:
    assert read_answer(data).status == 200


@pytest.mark.parametrize(
    "data", [b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\n"]
)
def test_what_is_no_answer_is_none(data: bytes) -> None:
    with pytest.raises(NotHttp):
        read_answer(data)


def test_a_page_is_told_by_its_title() -> None:
    answer = read_answer(b"HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE html><title>Log in &amp;\n go</title><p>x")
    assert answer.is_page
    assert answer.words == "Log in & go"


def test_words_for_people_have_nothing_that_cannot_be_printed() -> None:
    answer = read_answer(b"HTTP/1.1 400 x\r\n\r\n\x1b[31mred\x00" + b"z" * 1000)
    assert answer.words.isprintable()
    assert len(answer.words) <= 200


def test_a_length_that_is_none_counts_as_none() -> None:
    assert content_length(read_answer(b"HTTP/1.1 200 x\r\nContent-Length: many\r\n\r\n")) == 0
    assert content_length(read_answer("HTTP/1.1 200 x\r\nContent-Length: ²\r\n\r\n".encode())) == 0


@given(st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_none(data: bytes) -> None:
    whole = b"HTTP/1.1 " + data + b"\r\n\r\n"
    assert head_ends(whole) is not None
    assert may_be_http(whole)
    with contextlib.suppress(NotHttp):
        assert 0 <= read_answer(whole).status <= 999


# --- frames ------------------------------------------------------------------------------------------------------------------


def test_a_clients_frame_is_masked() -> None:
    ping = frame(PING, b"pilotwire", b"\x01\x02\x03\x04")
    assert ping[:2] == bytes((0x89, 0x80 | 9))
    assert pong_to(ping) == b"\x8a\x09pilotwire"


def test_frames_are_heard_in_pieces_of_any_size() -> None:
    data = b"\x81\x7e\x00\x80" + bytes(128) + b"\x8a\x02hi" + b"\x01\x01a" + b"\x80\x01b" + b"\x88\x02\x03\xe8"
    frames = Frames()
    heard = [each for at in range(len(data)) for each in frames.hear(data[at : at + 1])]
    assert [each.opcode for each in heard] == [TEXT, PONG, TEXT, 0, CLOSE]
    assert heard[0].payload == bytes(128)
    assert (heard[-1].code, heard[-1].reason) == (1000, "")


def test_a_compressed_message_counts_as_a_message() -> None:
    assert [each.opcode for each in Frames().hear(b"\xc1\x01\x00")] == [TEXT]


@pytest.mark.parametrize(
    "data", [b"\x83\x00", b"\x91\x00", b"\x81\x80", b"\x89\x7e\x00\x80", b"\x81\x7f" + b"\xff" * 8, b"GET /"]
)
def test_what_no_server_may_send_is_bad(data: bytes) -> None:
    with pytest.raises(BadFrame):
        list(Frames().hear(data))


@given(st.binary(max_size=60))
def test_any_bytes_are_frames_or_bad(data: bytes) -> None:
    with contextlib.suppress(BadFrame):
        assert all(each.opcode in (0, 1, 2, 8, 9, 10) for each in Frames().hear(data))


def test_a_close_without_a_code_has_1005() -> None:
    assert close_words(Frame(CLOSE)) == "close code 1005"
    assert close_words(Frame(CLOSE, b"\x03\xf0not\nhere")) == "close code 1008: not?here"


# --- requests ----------------------------------------------------------------------------------------------------------------


def a_patient(url: str, identity: str = "CS001", password: str = "") -> Patient:
    versions = (OcppVersion.V201, OcppVersion.V16)
    return Patient(Place.of(url), identity, ManualClock(), versions, Credentials(password))


@pytest.mark.req("J2:3.1.1", "J2:3.1.2", "A00.FR.204", versions=("2.0.1",))
def test_the_request_is_a_stations() -> None:
    patient = a_patient("wss://csms.example.com/ocppj", "RDAM 123", "secret")
    lines = request_of(patient, usual_knock(patient), "key").decode().split("\r\n")
    assert lines[:2] == ["GET /ocppj/RDAM%20123 HTTP/1.1", "Host: csms.example.com"]
    assert "Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6" in lines
    assert "Authorization: Basic UkRBTSAxMjM6c2VjcmV0" in lines


@pytest.mark.parametrize(
    ("url", "host"),
    [("ws://h", "h"), ("ws://h:443", "h:443"), ("wss://[::1]", "[::1]"), ("wss://[::1]:9000", "[::1]:9000")],
)
def test_the_host_is_named_with_its_port_where_that_is_not_the_usual_one(url: str, host: str) -> None:
    patient = a_patient(url)
    assert f"\r\nHost: {host}\r\n" in request_of(patient, usual_knock(patient), "key").decode()


def test_what_may_not_stand_in_a_request_is_encoded() -> None:
    patient = a_patient("ws://bücher.example/a b/é%20/", "CS/\r\n1")
    lines = request_of(patient, usual_knock(patient), "key").decode().split("\r\n")
    assert lines[:2] == ["GET /a%20b/%C3%A9%20/CS%2F%0D%0A1 HTTP/1.1", "Host: xn--bcher-kva.example"]


def test_the_accept_is_that_of_the_rfc() -> None:
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@pytest.mark.parametrize("tongue", Tongue)
def test_whatever_is_spoken_is_fine_or_told(tongue: Tongue, scheme: str) -> None:
    patient = a_patient(f"{scheme}://csms.example.com")
    judge_speech(patient, Speech(tongue, b"\x00\x01"))
    right = Tongue.HTTP if scheme == "ws" else Tongue.TLS
    assert len(patient.chart.findings) == (0 if tongue is right else 1)
    assert all("{" not in each.what for each in patient.chart.findings)
