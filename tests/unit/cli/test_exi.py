"""`pilotwire exi`: bytes in all their forms, captures, JSON and XML; and sentences for what cannot be read."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Callable
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.iso15118 import codecs, din, iso2, sap
from pilotwire.iso15118.sdp import SdpRequest, SdpResponse, Security
from pilotwire.iso15118.v2gtp import PayloadType, frame
from tests.support.doctor_captures import START, Talk, Tls, pcap, pcapng

Run = Callable[..., Result]
STOP = "8098022185b89dee2bf2ccd008"
TREE = {"V2G_Message": {"Header": {"SessionID": "8616E277B8AFCB33"}, "Body": {"AuthorizationReq": {}}}}
VEHICLE, STATION = ("fe80::1", 50_001), ("fe80::2", 50_002)


@pytest.fixture
def run() -> Run:
    """Runs `pilotwire exi`."""

    def invoke(*words: str, given: bytes | str | None = None) -> Result:
        return CliRunner().invoke(cli.app, ["exi", *words], input=given, env={"COLUMNS": "200", "TERM": "dumb"})

    return invoke


def told(result: Result) -> str:
    """What was said to people, in one line."""
    return " ".join(result.stderr.split())


# --- bytes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        STOP,
        f"0x{STOP.upper()}",
        "80 98 02 21 85 b8 9d ee 2b f2 cc d0 08\n",
        "80:98:02:21:85:b8:9d:ee:2b:f2:cc:d0:08",
        b64encode(bytes.fromhex(STOP)).decode(),
        f"01fe8001 0000000d {STOP}",
    ],
    ids=["hex", "0x", "spaces", "colons", "base64", "V2GTP"],
)
def test_bytes_are_taken_as_people_copy_them(run: Run, given: str) -> None:
    """As the argument, and from standard input."""
    for result in (run("decode", "--json", given), run("decode", "--json", given=given)):
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout) == TREE


def test_a_file_may_hold_the_bytes_themselves_or_their_digits(run: Run, tmp_path: Path) -> None:
    """Raw bytes are seen by their first."""
    raw, digits = tmp_path / "a", tmp_path / "b.txt"
    raw.write_bytes(bytes.fromhex(STOP))
    digits.write_text(STOP)
    for file in (raw, digits):
        assert json.loads(run("decode", "--json", str(file)).stdout) == TREE
    assert json.loads(run("decode", "--json", given=bytes.fromhex(STOP)).stdout) == TREE


def test_a_message_is_shown_as_a_tree_with_how_it_was_known(run: Run) -> None:
    """And what breaks a rule of the schema that bytes do not show."""
    assert run("decode", STOP).stdout.splitlines() == [
        "protocol ISO 15118-2, bytes 13",
        "No other protocol takes these bytes.",
        "V2G_Message",
        "├── Header",
        "│   └── SessionID: 8616E277B8AFCB33",
        "└── Body",
        "    └── AuthorizationReq",
    ]
    header = iso2.MessageHeader(session_id=bytes(9))
    stream = codecs.ISO2.encode(iso2.V2G_Message(header=header, body=iso2.Body()))
    assert "SessionID: it has 9 bytes, at most 8 are allowed." in run("decode", stream.hex()).stdout
    assert "at most 8 are allowed" in run("decode", "--json", stream.hex()).stderr


def test_lists_and_control_characters_are_shown_safely(run: Run) -> None:
    """A text from outside cannot steer the terminal."""
    offer = sap.AppProtocol(
        protocol_namespace="urn\x1b[31m", version_number_major=2, version_number_minor=0, schema_id=1, priority=1
    )
    stream = codecs.SAP.encode(sap.supportedAppProtocolReq(app_protocol=[offer, offer]))
    shown = run("decode", stream.hex()).stdout
    assert "AppProtocol[1]" in shown
    assert r"ProtocolNamespace: urn\x1b[31m" in shown
    assert "\x1b" not in shown


def test_the_protocol_is_found_and_can_be_forced(run: Run) -> None:
    """DIN and -2 differ in their first bits; what is forced must fit."""
    session = din.V2G_Message(header=din.MessageHeader(session_id=b"\0"), body=din.Body())
    stream = codecs.DIN.encode(session).hex()
    assert "protocol DIN SPEC 70121" in run("decode", stream).stdout
    assert "protocol DIN SPEC 70121" in run("decode", "--protocol", "DIN", stream).stdout
    forced = run("decode", "--protocol", "iso2", stream)
    assert forced.exit_code == 1
    assert told(forced).startswith("As ISO 15118-2: The EXI stream cannot be decoded at bit ")


def test_fragments(run: Run) -> None:
    """As signatures hash them: they have codes of their own."""
    rows = Path(__file__).parents[2] / "vectors/iso15118/exi/fragments.jsonl"
    row = next(each for each in map(json.loads, rows.read_text().splitlines()) if each["message"] == "eMAID")
    shown = run("decode", "--fragment", "--json", row["exi"])
    assert json.loads(shown.stdout) == row["tree"]
    again = run("encode", "--fragment", "--protocol", "iso2", given=shown.stdout)
    assert again.stdout.strip() == row["exi"]


def test_several_messages_behind_each_other_are_a_line_each(run: Run) -> None:
    """As they come from a TCP stream; a discovery datagram is shown too."""
    found = run("decode", "--json", (frame(0x8001, bytes.fromhex(STOP)) * 2 + SdpRequest().encode()).hex())
    one, two, search = map(json.loads, found.stdout.splitlines())
    assert one == two
    assert (one["payload type"], one["protocol"], one["message"]) == ("0x8001 EXI", "ISO 15118-2", TREE)
    assert search["message"] == {"SECCDiscoveryReq": {"Security": "TLS", "TransportProtocol": "TCP"}}


# --- encoding --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["--json", "--xml"])
def test_what_was_decoded_is_encoded_again(run: Run, form: str) -> None:
    """To digits, base64 or raw bytes, with or without header."""
    text = run("decode", form, STOP).stdout
    which = ("--protocol", "iso2") if form == "--json" else ()
    assert run("encode", *which, given=text).stdout == f"{STOP}\n"
    assert run("encode", *which, text).stdout == f"{STOP}\n"
    assert run("encode", *which, "--v2gtp", given=text).stdout == f"01fe80010000000d{STOP}\n"
    assert run("encode", *which, "--payload-type", "0x8002", given=text).stdout == f"01fe80020000000d{STOP}\n"
    assert (
        run("encode", *which, "--form", "base64", given=text).stdout == f"{b64encode(bytes.fromhex(STOP)).decode()}\n"
    )
    assert run("encode", *which, "--form", "raw", given=text).stdout_bytes == bytes.fromhex(STOP)


# --- captures --------------------------------------------------------------------------------------------------------------------


def _udp(source: tuple[str, int], target: tuple[str, int], payload: bytes) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(payload) + 8, 17, 1)
    ends = IPv6Address(source[0]).packed + IPv6Address(target[0]).packed
    udp = struct.pack(">HHHH", source[1], target[1], len(payload) + 8, 0)
    return bytes(12) + b"\x86\xdd" + head + ends + udp + payload


def _session(talk: Talk) -> Talk:
    """Negotiation of DIN, then a message that needs it; both cut into segments of seven bytes."""
    offer = sap.AppProtocol(
        protocol_namespace="urn:din:70121:2012:MsgDef",
        version_number_major=2,
        version_number_minor=0,
        schema_id=7,
        priority=1,
    )
    ask = codecs.SAP.encode(sap.supportedAppProtocolReq(app_protocol=[offer]))
    answer = codecs.SAP.encode(sap.supportedAppProtocolRes(response_code="OK_SuccessfulNegotiation", schema_id=7))
    talk.say(True, frame(0x8001, ask)).say(False, frame(0x8001, answer))
    body = din.Body(body_element=din.SessionSetupReq(evcc_id=bytes(6)))
    setup = din.V2G_Message(header=din.MessageHeader(session_id=bytes(8)), body=body)
    return talk.say(True, frame(0x8001, codecs.DIN.encode(setup)))


def test_a_capture_is_shown_from_discovery_to_the_first_message(run: Run, tmp_path: Path) -> None:
    """What was negotiated says how the rest is read."""
    talk = Talk(VEHICLE, STATION, size=7)
    answer = SdpResponse(IPv6Address("fe80::2"), 50_002, Security.NONE)
    talk.packets.append((START, _udp(VEHICLE, ("ff02::1", 15118), SdpRequest(Security.NONE).encode())))
    talk.packets.append((START, _udp(("fe80::2", 15118), VEHICLE, answer.encode())))
    file = tmp_path / "car.pcap"
    file.write_bytes(pcap(_session(talk.open()).packets))
    result = run("decode", "--json", str(file))
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [next(iter(line["message"])) for line in lines] == [
        "SECCDiscoveryReq", "SECCDiscoveryRes", "supportedAppProtocolReq", "supportedAppProtocolRes", "V2G_Message",
    ]  # fmt: skip
    assert lines[1]["message"]["SECCDiscoveryRes"]["SECCPort"] == 50_002
    assert (lines[-1]["protocol"], lines[-1]["why"]) == ("DIN SPEC 70121", "It was agreed on in this connection.")
    assert (lines[-1]["from"], lines[-1]["to"]) == ("[fe80::1]:50001", "[fe80::2]:50002")
    assert run("decode", "--json", given=file.read_bytes()).stdout == result.stdout
    shown = run("decode", str(file)).stdout
    assert "EVCCID: 000000000000" in shown
    assert "<dt:" not in shown
    assert "SessionSetupReq>" in run("decode", "--xml", str(file)).stdout


def test_a_capture_of_tls_is_read_with_its_key_log(run: Run, tmp_path: Path) -> None:
    """Without one it is told why nothing is seen."""
    tls = Tls(Talk(VEHICLE, STATION).open(), tmp_path).start()
    tls.say(True, frame(0x8002, bytes.fromhex(STOP)))
    tls.say(True, frame(0x8001, bytes.fromhex(STOP)))
    file = tmp_path / "car.pcapng"
    file.write_bytes(pcapng([(1, tls.talk.packets)]))
    closed = run("decode", str(file))
    assert closed.exit_code == 1
    assert "cannot be read: there is no key log." in closed.stderr
    assert "holds no V2G message that can be read" in told(closed)
    read = run("decode", "--json", str(file), "--keylog", str(tls.key_log))
    assert json.loads(read.stdout)["message"] == TREE
    assert read.exit_code == 1
    assert "1 of 2 messages could not be decoded." in told(read)
    assert "As ISO 15118-20 CommonMessages: The EXI stream cannot be decoded" in told(read)


def test_holes_in_a_capture_are_told_and_stepped_over(run: Run, tmp_path: Path) -> None:
    """Reading goes on at the next start of a message."""
    talk = Talk(VEHICLE, STATION).open()
    message = frame(0x8001, bytes.fromhex(STOP))
    talk.say(True, message).say(True, message[:5])
    talk.sequence[True] += len(message) - 5
    talk.say(True, message).say(True, message[:9])
    file = tmp_path / "car.pcap"
    file.write_bytes(pcap(talk.packets))
    result = run("decode", "--json", str(file))
    assert [json.loads(line)["message"] for line in result.stdout.splitlines()] == [TREE, TREE]
    assert "16 bytes of [fe80::1]:50001 before packet" in result.stderr
    assert "The last message of [fe80::1]:50001 is cut short: 9 bytes of it are there." in result.stderr


# --- what cannot be done ---------------------------------------------------------------------------------------------------------

WRONG_BYTES = {
    "cut short": (["8098022185"], 1, "As ISO 15118-2: The EXI stream cannot be decoded at bit 26 in V2G_Message/MessageHeader"),
    "something else": (["47455420"], 1, "The bytes begin with 0x47, which no message does."),
    "odd digits": (["80980"], 2, "5 hexadecimal digits are no whole number of bytes."),
    "neither hex nor base64": (["what?"], 2, "The input ('what?'...) is neither hexadecimal nor base64."),
    "no file": (["/nowhere/car.pcap"], 2, "There is no file /nowhere/car.pcap."),
    "nothing": ([" "], 2, "The argument is empty."),
    "no such protocol": (["--protocol", "ocpp", STOP], 2, "There is no protocol 'ocpp'. Name one of sap, iso2, din"),
    "both forms": (["--json", "--xml", STOP], 2, "--json and --xml exclude each other."),
    "key log without capture": (["--keylog", "x", STOP], 2, "A key log opens captures only."),
    "frame cut short": ([f"01fe8001000000ff{STOP}"], 1, "The V2GTP message is cut short: 21 bytes are there"),
    "unknown payload type": ([f"01fe12340000000d{STOP}"], 1, "Payload type 0x1234 is not known."),
    "frame too long": (["01fe8001ffffffff"], 1, "is announced with 4294967295 bytes; at most 65536 are taken."),
    "broken discovery": (["01fe90010000000100"], 1, "The payload of an SDP response of this kind has 20 bytes, and 1 came."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_BYTES)
def test_what_cannot_be_decoded_gets_a_sentence(run: Run, case: str) -> None:
    """1: it is no message; 2: it cannot be looked at."""
    words, code, sentence = WRONG_BYTES[case]
    result = run("decode", *words)
    assert result.exit_code == code
    assert sentence in told(result)
    assert not result.stdout


def test_a_broken_stream_is_shown_where_it_breaks(run: Run) -> None:
    """With the bits around, and a mark under the one."""
    what, bits, mark = run("decode", "8098022185b89dee2bf2cc7008").stderr.splitlines()
    assert "cannot be decoded at bit 90 in V2G_Message/MessageHeader" in what, "the end of SessionID, which is a zero"
    assert bits == "Byte 8: ... 00101011 11110010 11001100 01110000 00001000 (end)"
    assert mark.split() == ["^", "bit", "90."]
    before = bits[: mark.index("^")].split("... ")[1]
    assert 8 * 8 + len(before.replace(" ", "")) == 90


WRONG_MESSAGES = {
    "no JSON": ("[1", 2, "The input is neither JSON nor XML: Expecting ',' delimiter: line 1 column 3"),
    "no object": ("[]", 2, "The JSON is no object with one root element."),
    "unknown root": ('{"Hello": {}}', 2, "'Hello' is no root element of any protocol."),
    "two protocols": (json.dumps(TREE).replace("AuthorizationReq", "SessionStopRes").replace("{}", '{"ResponseCode": "OK"}'), 2,
                      "The message fits several protocols: iso2, din. Say which with --protocol."),
    "missing": ('{"V2G_Message": {"Header": {"SessionID": "00"}, "Body": {"SessionSetupReq": {}}}}', 1,
                "As ISO 15118-2: V2G_Message/Body/SessionSetupReq/EVCCID: it is missing."),
    "unknown XML": ("<a/>", 1, "has no such root element in the namespace (none)"),
    "no XML": ("<a", 1, "it is no XML that is taken"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_MESSAGES)
def test_what_cannot_be_encoded_gets_a_sentence(run: Run, case: str) -> None:
    """1: it is no message; 2: it cannot be looked at, or is not said clearly enough."""
    text, code, sentence = WRONG_MESSAGES[case]
    result = run("encode", given=text)
    assert result.exit_code == code, result.stdout
    assert sentence in told(result)
    assert not result.stdout


def test_other_things_that_cannot_be_encoded(run: Run, tmp_path: Path) -> None:
    """A capture, bytes, a payload type that is none."""
    file = tmp_path / "car.pcap"
    file.write_bytes(pcap([]))
    assert "is a capture" in told(run("encode", str(file)))
    assert "The input is no UTF-8 text (byte 0)." in told(run("encode", given=b"\x80\x98"))
    wrong = run("encode", "--protocol", "iso2", "--payload-type", "0x12345", given=json.dumps(TREE))
    assert (wrong.exit_code, "'0x12345' is no payload type." in told(wrong)) == (2, True)


def test_an_empty_capture_is_told(run: Run, tmp_path: Path) -> None:
    """So is one without a message."""
    file = tmp_path / "car.pcap"
    file.write_bytes(pcap([]))
    result = run("decode", str(file))
    assert (result.exit_code, "holds no V2G message that can be read" in told(result)) == (1, True)


def test_payload_types_are_named(run: Run) -> None:
    """Of -20 in its streams."""
    rows = Path(__file__).parents[2] / "vectors/iso15118/exi/sessions.jsonl"
    for row in map(json.loads, rows.read_text().splitlines()):
        if row["seq"] > 8 or row.get("fragment") or "iso20" not in row["session"]:
            continue
        kind = int(row["payload_type"], 0)
        found = run("decode", "--json", (frame(kind, bytes.fromhex(row["exi"])) * 2).hex()).stdout.splitlines()
        assert json.loads(found[0])["payload type"] == f"0x{kind:04X} {PayloadType(kind).name}"
        assert json.loads(found[0])["message"] == row["tree"]
