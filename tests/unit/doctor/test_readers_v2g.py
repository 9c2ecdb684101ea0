"""V2G messages out of captures: in their order, from both sides, with what is missing told."""

from __future__ import annotations

import ssl
import struct
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest

from pilotwire.doctor.readers.v2g import V2gRecording, read_v2g
from pilotwire.iso15118.v2gtp import frame
from tests.support.doctor_captures import START, Talk, Tls, cooked, docked, file_of, pcap

VEHICLE, STATION = ("fe80::1", 50_001), ("fe80::2", 50_002)
ASK, ANSWER = frame(0x8001, b"\x80ask"), frame(0x8001, b"\x80answer")
NO_ENCRYPT_THEN_MAC = 1 << 19
"""SSL_OP_NO_ENCRYPT_THEN_MAC of OpenSSL, which Python does not name."""
SEARCH = frame(0x9000, b"\x10\x00")


def _read(talk: Talk, key_log: str = "", link: int = 1) -> V2gRecording:
    return read_v2g(file_of(pcap(talk.packets, link)), key_log)


def _payloads(recording: V2gRecording) -> list[bytes]:
    return [each.payload for each in recording.messages]


def test_both_sides_in_the_order_of_time() -> None:
    """With who said it to whom, and the packet in which it was complete."""
    talk = Talk(VEHICLE, STATION, size=5).open().say(True, ASK).say(False, ANSWER).say(True, ASK + ASK)
    found = _read(talk)
    assert found.notes == []
    assert _payloads(found) == [b"\x80ask", b"\x80answer", b"\x80ask", b"\x80ask"]
    first = found.messages[0]
    assert (str(first.source), str(first.target)) == ("[fe80::1]:50001", "[fe80::2]:50002")
    assert (first.connection, first.payload_type, first.number) == (1, 0x8001, 6)


def test_datagrams_of_discovery_over_both_versions_of_ip() -> None:
    """Others with other content are none."""
    four = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(SEARCH), 1, 0, 64, 17, 0)
    four += IPv4Address("10.0.0.1").packed + IPv4Address("10.0.0.255").packed
    six = struct.pack(">IHBB", 6 << 28, 8 + len(SEARCH), 17, 64)
    six += IPv6Address("fe80::1").packed + IPv6Address("ff02::1").packed
    udp = struct.pack(">HHHH", 50_001, 15_118, 8 + len(SEARCH), 0) + SEARCH
    name = struct.pack(">HHHH", 50_001, 53, 12, 0) + b"name"
    cut = struct.pack(">HHHH", 50_001, 15_118, 8 + 5, 0) + SEARCH[:5]
    packets = [(four + udp, 0x0800), (six + udp, 0x86DD), (four + name, 0x0800), (six + cut, 0x86DD)]
    talk = Talk()
    talk.packets = [(START, cooked(*each)) for each in packets]
    found = _read(talk, link=113)
    assert _payloads(found) == [b"\x10\x00", b"\x10\x00"]
    assert [str(each.target) for each in found.messages] == ["10.0.0.255:15118", "[ff02::1]:15118"]
    (note,) = found.notes
    assert note.startswith("The datagram in packet 4 is no V2GTP: A datagram of 5 bytes is shorter than a V2GTP header")


def test_a_connection_that_was_joined_begins_with_the_first_whole_message() -> None:
    """What is before it is not held for V2GTP."""
    talk = Talk(VEHICLE, STATION).say(True, ASK[4:] + ASK).say(False, ANSWER)
    assert _payloads(_read(talk)) == [b"\x80ask", b"\x80answer"]


def test_bytes_that_are_no_v2gtp_are_told_and_stepped_over() -> None:
    """A length nobody sends, too."""
    talk = Talk(VEHICLE, STATION).open().say(True, ASK).say(True, b"garbage").say(True, ASK)
    talk.say(True, b"\x01\xfe\x80\x01\xff\xff\xff\xff").say(True, ASK)
    found = _read(talk)
    assert _payloads(found) == [b"\x80ask"] * 3
    assert [note.split(": ")[-1][:40] for note in found.notes] == [
        "A V2GTP message begins with 0x01 (protoc",
        "A message of payload type 0x8001 is anno",
    ]


def test_other_talk_is_left_alone() -> None:
    """A capture of a station's other side has no vehicle in it."""
    found = _read(docked())
    assert (found.messages, found.notes) == ([], [])


def test_tls_with_and_without_its_secrets(tmp_path: Path) -> None:
    """Why nothing is seen is a sentence."""
    tls = Tls(Talk(VEHICLE, STATION).open(), tmp_path).start().say(True, ASK).say(False, ANSWER)
    assert _payloads(_read(tls.talk, tls.key_log.read_text())) == [b"\x80ask", b"\x80answer"]
    (note,) = _read(tls.talk).notes
    assert note.endswith("cannot be read: there is no key log.")


SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": "ECDHE-ECDSA-AES128-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384": "ECDHE-ECDSA-AES256-SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
}


def _sealed(folder: Path, suite: str, *, outside: bool) -> Tls:
    """A session of TLS 1.2; `outside`: the MAC over what is encrypted, which both must want."""
    tls = Tls(Talk(VEHICLE, STATION).open(), folder)
    for context in (tls.client, tls.server):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(SUITES[suite])
        context.options |= 0 if outside else NO_ENCRYPT_THEN_MAC
    return tls.start()


@pytest.mark.parametrize("outside", [True, False], ids=["MAC outside", "MAC inside"])
@pytest.mark.parametrize("suite", SUITES)
def test_the_suites_of_iso_15118_2_are_opened(tmp_path: Path, suite: str, outside: bool) -> None:
    """It has CBC suites only; their records are padded, and are signed before or after they are encrypted."""
    tls = _sealed(tmp_path, suite, outside=outside)
    for length in range(1, 40):
        tls.say(length % 2 == 0, frame(0x8001, bytes(length)))
    found = _read(tls.talk, tls.key_log.read_text())
    assert (_payloads(found), found.notes) == ([bytes(length) for length in range(1, 40)], [])


def test_records_of_cbc_behind_a_hole_are_still_opened(tmp_path: Path) -> None:
    """Their numbers are found by their MAC. Without secrets it is told so."""
    tls = _sealed(tmp_path, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", outside=True).say(True, ASK)
    before = len(tls.talk.packets)
    tls.say(True, ASK)
    del tls.talk.packets[before]
    tls.say(True, ANSWER)
    assert _payloads(_read(tls.talk, tls.key_log.read_text())) == [b"\x80ask", b"\x80answer"]
    for log, why in (("", "there is no key log"), (f"CLIENT_RANDOM {'00' * 32} {'00' * 48}", "no secrets for it")):
        (note,) = _read(tls.talk, log).notes
        assert why in note


def test_a_file_that_ends_in_the_middle() -> None:
    """What was before is shown."""
    data = pcap(Talk(VEHICLE, STATION).open().say(True, ASK).say(False, ANSWER).packets)
    found = read_v2g(file_of(data[:-100]))
    assert _payloads(found) == [b"\x80ask"]
    assert "The file ends inside a packet" in found.notes[-1]
